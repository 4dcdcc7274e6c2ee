"""The thread that owns the frame server. Pictures go through a one-place mailbox: the newest request wins."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from vbr_core.render.request import RenderRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.core_access import FrameServerLike

log = logging.getLogger(__name__)

THUMBNAIL_LINES = 96


class SupportsClose(Protocol):
    """What can be closed."""

    def close(self) -> None: ...


class FrameWorker(QObject):
    """Renders, samples and counts on one worker thread. All methods may be called from any thread.

    Every clip that is opened has an epoch; answers carry it, so that those of an earlier clip can be dropped.
    """

    opened = Signal(int)
    """Epoch."""
    rendered = Signal(int, int, object)
    """Epoch, generation, RenderedFrame."""
    sampled = Signal(int, object, object)
    """Epoch, token, FocusSample or None."""
    hovered = Signal(int, object, object)
    """Epoch, token, FocusSample or None; of the newest place that was asked for."""
    found = Signal(int, int, object)
    """Epoch, frame index, subjects (tuple of :class:`vbr_core.depth.subjects.Subject`) or None."""
    counted = Signal(int, int, object)
    """Epoch, frame index, histogram or None."""
    thumbnail = Signal(int, int, object)
    """Epoch, frame index, small picture (h, w, 3) uint8."""
    prerendered = Signal(int, object)
    """Epoch, RenderedFrame that nobody waits for."""
    failed = Signal(int, str, object)
    """Epoch, what was tried (``open``, ``render``, ``sample``, ``hover``, ``histogram``, ``thumbnail``,
    ``subjects``, ``prerender``), exception."""
    stopped = Signal()
    """The thread is at its end; :meth:`stop` does not wait for it any more."""

    def __init__(self, open_frames: Callable[[Path], FrameServerLike], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_frames = open_frames
        self._condition = threading.Condition()
        self._epoch = 0
        self._open_path: Path | None = None
        self._must_open = False
        self._disparity: tuple[object | None] | None = None
        self._attempt = 0
        self._samples: deque[tuple[object, int, float, float]] = deque()
        self._render_slot: tuple[int, RenderRequest] | None = None
        self._hover_slot: tuple[object, int, float, float] | None = None
        self._histogram_slot: int | None = None
        self._subjects_slot: int | None = None
        self._thumbnails: deque[int] = deque()
        self._prerender_slot: RenderRequest | None = None
        self._closings: deque[SupportsClose] = deque()
        self._stopping = False
        self._is_urgent = False
        self._calm = threading.Event()
        self._calm.set()
        self._server: FrameServerLike | None = None
        self._thread = threading.Thread(target=self._run, name="preview", daemon=True)
        self._thread.start()

    # --- requests ---------------------------------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        return self._epoch

    def open_clip(self, path: Path | None) -> int:
        """Turn to another clip, or to none. Everything asked for the earlier one is forgotten. Returns the epoch."""
        with self._condition:
            self._epoch += 1
            self._open_path, self._must_open = path, True
            self._disparity = None
            self._samples.clear()
            self._thumbnails.clear()
            self._render_slot = self._hover_slot = self._histogram_slot = self._prerender_slot = None
            self._subjects_slot = None
            self._condition.notify()
            return self._epoch

    def set_disparity(self, epoch: int, source: object | None, attempt: int = 0) -> None:
        """Use another disparity source from now on; ignored if it belongs to an earlier clip or attempt.

        Args:
            epoch: Of the clip that it belongs to.
            source: The source; None for no disparity.
            attempt: Counts depth jobs. A job that was cancelled may still come with its source after the next one did.
        """
        with self._condition:
            if epoch == self._epoch and attempt >= self._attempt:
                self._attempt = attempt
                self._disparity = (source,)
                self._condition.notify()

    def close_source(self, source: SupportsClose) -> None:
        """Close a disparity source that is not wanted any more, after what comes in its place is in use.

        It happens on the worker's thread: a source may be reading a large file, and closing it waits for that.
        """
        with self._condition:
            self._closings.append(source)
            self._condition.notify()

    def post_render(self, generation: int, request: RenderRequest) -> None:
        """Ask for a picture; replaces one that was asked for and not begun."""
        with self._condition:
            self._render_slot = (generation, request)
            self._note_urgency()
            self._condition.notify()

    def post_sample(self, token: object, frame_index: int, x: float, y: float) -> None:
        """Ask for the disparity under a point of the upright picture. Every request is answered."""
        with self._condition:
            self._samples.append((token, frame_index, x, y))
            self._note_urgency()
            self._condition.notify()

    def post_hover(self, token: object, frame_index: int, x: float, y: float) -> None:
        """Ask for the disparity under the mouse, after pictures; replaces a place asked for and not begun."""
        with self._condition:
            self._hover_slot = (token, frame_index, x, y)
            self._condition.notify()

    def post_histogram(self, frame_index: int) -> None:
        """Ask for the histogram of a frame's disparity; replaces one that was asked for and not begun."""
        with self._condition:
            self._histogram_slot = frame_index
            self._condition.notify()

    def post_subjects(self, frame_index: int) -> None:
        """Ask for what could be focused in a frame; replaces a frame that was asked for and not begun."""
        with self._condition:
            self._subjects_slot = frame_index
            self._condition.notify()

    def post_thumbnails(self, frames: list[int]) -> None:
        """Ask for small source pictures, made when nothing else is to be done; forgets those asked for before."""
        with self._condition:
            self._thumbnails = deque(frames)
            self._condition.notify()

    def post_prerender(self, request: RenderRequest) -> None:
        """Ask for a picture that nobody waits for, made after everything else; replaces one not begun."""
        with self._condition:
            self._prerender_slot = request
            self._condition.notify()

    def cancel_prerender(self) -> None:
        """A picture that nobody waits for is not wanted any more, unless it is begun."""
        with self._condition:
            self._prerender_slot = None

    def wait_until_calm(self, timeout_seconds: float) -> None:
        """For long jobs, between two of their steps: let a picture that somebody waits for go first."""
        self._calm.wait(timeout_seconds)

    def _note_urgency(self) -> None:
        """Called with the lock held, whenever work came or went."""
        if self._is_urgent or (self._server is not None and (self._samples or self._render_slot)):
            self._calm.clear()
        else:
            self._calm.set()

    def stop(self, timeout_seconds: float = 30.0) -> bool:
        """End the thread after the picture it is at. Returns whether it ended; otherwise ``stopped`` follows."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    # --- on the thread ----------------------------------------------------------------------------------------------

    def _has_work(self) -> bool:
        if self._stopping or self._must_open or self._closings:
            return True
        waiting = self._disparity or self._samples or self._render_slot or self._hover_slot or self._thumbnails
        waiting = waiting or self._prerender_slot
        frames = (self._histogram_slot, self._subjects_slot)
        return self._server is not None and (bool(waiting) or any(frame is not None for frame in frames))

    def _run(self) -> None:
        while True:
            with self._condition:
                self._is_urgent = False
                self._note_urgency()
                self._condition.wait_for(self._has_work)
                if self._stopping:
                    left = tuple(self._closings)
                    break
                self._is_urgent = bool(self._samples or self._render_slot)
                task, epoch = self._take(), self._epoch
            task(epoch)
        self._calm.set()
        self._close()
        for source in left:
            self._close_source(source)
        self.stopped.emit()

    def _take(self) -> Callable[[int], None]:
        """The most urgent task; taken out of its place. Called with the lock held."""
        if self._must_open:
            self._must_open, path = False, self._open_path
            return lambda epoch: self._open(epoch, path)
        if self._disparity is not None and self._server is not None:
            (source,), self._disparity = self._disparity, None
            return lambda epoch: self._guard(epoch, "open", lambda server: server.set_disparity(source))
        if self._closings:
            source_to_close = self._closings.popleft()
            return lambda _epoch: self._close_source(source_to_close)
        if self._samples:
            token, frame_index, x, y = self._samples.popleft()
            return lambda epoch: self._guard(
                epoch,
                "sample",
                lambda server: self.sampled.emit(epoch, token, server.sample(frame_index, x, y)),
            )
        if self._subjects_slot is not None:
            looked_at, self._subjects_slot = self._subjects_slot, None
            return lambda epoch: self._guard(
                epoch, "subjects", lambda server: self.found.emit(epoch, looked_at, server.subjects(looked_at))
            )
        if self._render_slot is not None:
            (generation, request), self._render_slot = self._render_slot, None
            return lambda epoch: self._guard(
                epoch, "render", lambda server: self.rendered.emit(epoch, generation, server.render(request))
            )
        if self._hover_slot is not None:
            (place, hover_frame, hover_x, hover_y), self._hover_slot = self._hover_slot, None
            return lambda epoch: self._guard(
                epoch,
                "hover",
                lambda server: self.hovered.emit(epoch, place, server.sample(hover_frame, hover_x, hover_y)),
            )
        if self._histogram_slot is not None:
            frame_index, self._histogram_slot = self._histogram_slot, None
            return lambda epoch: self._guard(
                epoch, "histogram", lambda server: self.counted.emit(epoch, frame_index, server.histogram(frame_index))
            )
        if not self._thumbnails and self._prerender_slot is not None:
            ahead, self._prerender_slot = self._prerender_slot, None
            return lambda epoch: self._guard(
                epoch, "prerender", lambda server: self.prerendered.emit(epoch, server.render(ahead))
            )
        small = RenderRequest(self._thumbnails.popleft(), 0.0, 0.0, view="source", lines=THUMBNAIL_LINES)
        return lambda epoch: self._guard(
            epoch,
            "thumbnail",
            lambda server: self.thumbnail.emit(epoch, small.frame_index, server.render(small).rgb),
        )

    def _guard(self, epoch: int, what: str, work: Callable[[FrameServerLike], object]) -> None:
        assert self._server is not None
        try:
            work(self._server)
        except Exception as error:
            log.info("preview: %s", what, exc_info=error)
            self.failed.emit(epoch, what, error)

    @staticmethod
    def _close_source(source: SupportsClose) -> None:
        try:
            source.close()
        except Exception as error:  # nothing of it is used any more
            log.info("preview: closing a disparity source", exc_info=error)

    def _open(self, epoch: int, path: Path | None) -> None:
        self._close()
        if path is None:
            return
        try:
            self._server = self._open_frames(path)
        except Exception as error:
            log.info("preview: open", exc_info=error)
            self.failed.emit(epoch, "open", error)
            return
        self.opened.emit(epoch)

    def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            with contextlib.suppress(Exception):  # it is thrown away: nothing is left to be told
                server.close()

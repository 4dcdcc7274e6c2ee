"""From changes of the session to a picture: resolve, compare with the last request, look it up, or ask the worker."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from vbr_core.render.request import Beside, RenderedFrame, RenderRequest, View, resolve, without_idle_bound

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from app.frame_worker import FrameWorker
    from app.session import Session
    from vbr_core.project import Project

FINAL_DELAY_MS = 150
"""How long the document must be quiet before the picture is rendered in full size."""
SLOW_FINAL_DELAY_MS = 700
"""The same where the full size takes long: a rendering cannot be stopped, and the next draft would wait for it."""
SLOW_FINAL_SECONDS = 0.8
DRAFT_LINES = (180, 216, 270, 360, 432, 540, 720)
SLOW_DRAFT_SECONDS = 0.09
QUICK_DRAFT_SECONDS = 0.03
CACHE_BYTES = 256 << 20
CACHED_DELAY_MS = 200


def is_provisional(frame: RenderedFrame) -> bool:
    """Whether a better picture may be had when more depth is there; a note says what the picture had to do without."""
    return frame.request.view != "source" and (not frame.has_depth or bool(frame.note))


class PictureCache:
    """The latest pictures, up to a number of bytes."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._frames: OrderedDict[RenderRequest, RenderedFrame] = OrderedDict()
        self._protected: frozenset[RenderRequest] = frozenset()

    @property
    def limit_bytes(self) -> int:
        return self._limit_bytes

    def __contains__(self, request: RenderRequest) -> bool:
        return request in self._frames

    def get(self, request: RenderRequest) -> RenderedFrame | None:
        frame = self._frames.get(request)
        if frame is not None:
            self._frames.move_to_end(request)
        return frame

    def put(self, frame: RenderedFrame, only_if_room: bool = False) -> bool:
        """Keep a picture; the oldest that are not protected go for it, then the oldest of all.

        With ``only_if_room`` no protected one goes: then the picture may not be kept. Returns whether it is.
        """
        before = self._frames.pop(frame.request, None)
        if before is not None:
            self._bytes -= _size(before)
        self._evict(self._limit_bytes - _size(frame), self._protected)
        if only_if_room and self._frames and self._bytes + _size(frame) > self._limit_bytes:
            return False
        self._evict(self._limit_bytes - _size(frame))
        self._frames[frame.request] = frame
        self._bytes += _size(frame)
        return True

    def protect(self, requests: Iterable[RenderRequest]) -> None:
        """Which pictures go last."""
        self._protected = frozenset(requests)

    def _evict(self, limit_bytes: int, kept: frozenset[RenderRequest] = frozenset()) -> None:
        if self._bytes <= limit_bytes:
            return
        for request in list(self._frames):
            if request not in kept:
                self._bytes -= _size(self._frames.pop(request))
                if self._bytes <= limit_bytes:
                    return

    def requests(self) -> list[RenderRequest]:
        return list(self._frames)

    def requests_of(self, frame_index: int) -> list[RenderRequest]:
        return [request for request in self._frames if request.frame_index == frame_index]

    def set_limit(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        while self._bytes > limit_bytes and len(self._frames) > 1:
            self._bytes -= _size(self._frames.popitem(last=False)[1])

    def clear(self) -> None:
        self._frames.clear()
        self._bytes = 0


def _size(frame: RenderedFrame) -> int:
    return frame.rgb.nbytes + (0 if frame.beside is None else frame.beside.nbytes)


class PreviewController(QObject):
    """Keeps the picture on screen up to date.

    While things change, a draft of fewer lines is shown; the full size follows :data:`FINAL_DELAY_MS` after the last
    change. An answer is shown only if it is newer than the one on screen and of the view that is wanted.
    """

    frame_shown = Signal(object)
    """RenderedFrame."""
    histogram_changed = Signal(object)
    """Histogram of the disparity of the frame at the playhead, or None."""
    wanted_changed = Signal()
    """View, split or size on screen: other pictures are wanted than before."""
    view_changed = Signal(str)
    beside_changed = Signal(str)
    cached_changed = Signal(object, object)
    """What :meth:`cached_frames` returns; told a little after it changed."""
    failed = Signal(object)
    """An exception; the same one is not told twice in a row."""

    def __init__(self, session: Session, worker: FrameWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._epoch = worker.epoch
        self._view: View = "result"
        self._beside: Beside = "none"
        self._compare = False
        self._revision = 0
        self._generation = 0
        self._shown_generation = 0
        self._asked: RenderRequest | None = None
        self._shown: RenderedFrame | None = None
        self._draft_step = 3
        self._display_lines = DRAFT_LINES[-1]
        self._last_failure = ""
        self.histogram: np.ndarray | None = None
        """Of the disparity at the playhead; None while it is not known."""
        self._full_seconds = 0.0
        self._is_from_cache = False
        self._cache = PictureCache()
        self._final_timer = QTimer(self)
        self._final_timer.setSingleShot(True)
        self._final_timer.setInterval(FINAL_DELAY_MS)
        self._final_timer.timeout.connect(self._ask_final)
        self._cached_timer = QTimer(self)
        self._cached_timer.setSingleShot(True)
        self._cached_timer.setInterval(CACHED_DELAY_MS)
        self._cached_timer.timeout.connect(lambda: self.cached_changed.emit(*self.cached_frames()))
        session.changed.connect(self._on_changed)
        session.playhead_changed.connect(self._on_playhead)
        session.playing_changed.connect(self._on_playing)
        session.clip_opened.connect(self._on_clip_opened)
        worker.rendered.connect(self._on_rendered)
        worker.counted.connect(self._on_counted)
        worker.failed.connect(self._on_failed)

    # --- what is wanted ---------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """The view that was chosen, also while the source is held beside it."""
        return self._view

    @property
    def shown(self) -> RenderedFrame | None:
        """The picture on screen."""
        return self._shown

    def set_cache_bytes(self, limit_bytes: int) -> None:
        """How much memory the pictures that are kept may take; the oldest go at once if it is less than now."""
        self._cache.set_limit(limit_bytes)
        self._note_cached()

    @property
    def is_behind(self) -> bool:
        """Whether the picture on screen is not that of the playhead, the view and the values as they are now."""
        if self._shown is None or self._session.clip_info is None:
            return False
        return self._shown.request != self._resolve(self._shown.request.lines)

    @property
    def is_comparing(self) -> bool:
        return self._compare

    def set_view(self, view: View) -> None:
        """Show the result, the source, the disparity or the defocus map."""
        if view != self._view:
            self._view = view
            self.view_changed.emit(view)
            self.wanted_changed.emit()
            self._note_cached()
            self._update()

    @property
    def beside(self) -> Beside:
        """What is shown on the left of a split view; ``none`` for no split."""
        return self._beside

    def set_beside(self, beside: Beside) -> None:
        """Split the picture: on the left the source, or the view without depth repairs; or do not split it."""
        if beside != self._beside:
            self._beside = beside
            self.beside_changed.emit(beside)
            self.wanted_changed.emit()
            self._note_cached()
            self._update()

    def set_compare(self, held: bool) -> None:
        """Show the source as long as ``held``."""
        if held != self._compare:
            self._compare = held
            self._update()

    def set_display_lines(self, lines: int) -> None:
        """How many lines the picture has on screen: a draft never needs more."""
        before = self.viewer_lines()
        self._display_lines = max(DRAFT_LINES[0], lines)
        if self.viewer_lines() != before:
            self.wanted_changed.emit()

    # --- pictures made ahead ----------------------------------------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """Whether the picture that belongs on screen is still to come, or the source is held beside it."""
        return self._compare or self._final_timer.isActive() or self._generation > self._shown_generation

    @property
    def is_from_cache(self) -> bool:
        """Whether the picture of the playhead was there already when it was wanted."""
        return self._is_from_cache

    @property
    def full_seconds(self) -> float:
        """How long the last picture in full size took; 0 before there was one."""
        return self._full_seconds

    @property
    def room_bytes(self) -> int:
        """How much pictures made ahead may take; the rest is for what is looked at."""
        return self._cache.limit_bytes * 7 // 8

    def picture_bytes(self, lines: int) -> int:
        """What a picture of so many lines takes; 0 for the clip's own."""
        info = self._session.clip_info
        if info is None:
            return 0
        height = min(lines or info.height, info.height)
        return height * round(info.width * height / info.height) * 3 * (1 if self._beside == "none" else 2)

    def viewer_lines(self) -> int:
        """Lines of a picture that looks right on screen, in steps; 0 if that is the clip's own size."""
        info = self._session.clip_info
        lines = next((lines for lines in DRAFT_LINES if lines >= self._display_lines), self._display_lines)
        return 0 if info is None or lines >= info.height else lines

    def request_for(self, frame: int, lines: int, project: Project | None = None) -> RenderRequest:
        """The picture of a frame as the view is now, by the document as it is or by another."""
        return self._resolve(lines, frame, project)

    def has(self, request: RenderRequest) -> bool:
        """Whether a picture is kept."""
        return request in self._cache

    def protect(self, requests: Iterable[RenderRequest]) -> None:
        """Which pictures made ahead are worth most now."""
        self._cache.protect(requests)

    def keep(self, frame: RenderedFrame) -> bool:
        """Keep a picture that was made ahead, if there is room and it is as good as it gets. Returns whether it is."""
        if frame.request.depth_revision not in (0, self._revision) or is_provisional(frame):
            return False
        is_kept = self._cache.put(frame, only_if_room=True)
        self._note_cached()
        return is_kept

    def _best_kept(self, least_lines: int) -> RenderRequest | None:
        """The largest kept picture of the playhead as it should look now, of so many lines at least."""
        at = self._session.playhead
        sizes = sorted({one.lines for one in self._cache.requests_of(at) if one.lines >= least_lines}, reverse=True)
        return next((one for one in map(self._resolve, sizes) if one in self._cache), None)

    def depth_filled(self) -> None:
        """More disparity is there: a picture that had to do without is made again."""
        if self._shown is None or is_provisional(self._shown):
            self._asked = None
            self._update()
        elif self.histogram is None and not self._session.playing:
            self._worker.post_histogram(self._session.playhead)

    def depth_replaced(self) -> None:
        """The disparity is another one now: every picture made with the old one is stale."""
        self._revision += 1
        self._cache.clear()
        self._note_cached()
        self._update()

    # --- changes ----------------------------------------------------------------------------------------------------

    def _on_clip_opened(self, info: object) -> None:
        self._epoch = self._worker.open_clip(self._session.clip_path if info is not None else None)
        self._cache.clear()
        self._note_cached()
        self._asked = self._shown = None
        self._full_seconds = 0.0
        self._shown_generation = self._generation
        self._last_failure = ""
        self._final_timer.stop()
        self.histogram = None
        self.histogram_changed.emit(None)

    def _on_changed(self, old: Project, new: Project) -> None:
        if (old.focus, old.blur, old.sharp_zone, old.look, old.renderer, old.clip, old.cut_edits) != (
            new.focus,
            new.blur,
            new.sharp_zone,
            new.look,
            new.renderer,
            new.clip,
            new.cut_edits,
        ):
            self._note_cached()
            self._update()

    def _note_cached(self) -> None:
        if not self._cached_timer.isActive():
            self._cached_timer.start()

    def _on_playhead(self, _frame: int) -> None:
        self._update()

    def _on_playing(self, speed: float) -> None:
        if speed:
            self._final_timer.stop()
        else:
            self._update()

    def _update(self) -> None:
        """Ask for a draft now and for the full size when it stays quiet."""
        if self._session.clip_info is None:
            return
        final = self._resolve(0)
        self._is_from_cache = True
        if self._show_cached(final):
            self._final_timer.stop()
        else:
            lines = self._draft_lines()
            kept = self._best_kept(lines) if lines else None
            if kept is None or not self._show_cached(kept):
                self._is_from_cache = False
                self._ask(self._resolve(lines))
            if lines and not self._session.playing:
                self._final_timer.start()
        if not self._session.playing:
            self._worker.post_histogram(self._session.playhead)

    def _ask_final(self) -> None:
        if self._session.clip_info is not None and not self._session.playing:
            self._ask(self._resolve(0))

    def _draft_lines(self) -> int:
        """Lines of a draft; 0 if it would be the full size anyway."""
        info = self._session.clip_info
        assert info is not None
        lines = min(DRAFT_LINES[self._draft_step], self._display_lines)
        return 0 if lines >= info.height else lines

    def cached_frames(self) -> tuple[list[int], list[int]]:
        """Frames whose picture, as the document and the view are now, is kept: in full size, and only as a draft."""
        if self._session.clip_info is None:
            return [], []
        kept = {(one.frame_index, one.lines == 0) for one in self._cache.requests() if one == self._resolve_again(one)}
        full = {frame for frame, is_full in kept if is_full}
        return sorted(full), sorted({frame for frame, _ in kept} - full)

    def _resolve_again(self, request: RenderRequest) -> RenderRequest:
        """The request that would be made now for the frame and the size of an earlier one."""
        return self._resolve(request.lines, request.frame_index)

    def _resolve(self, lines: int, frame: int | None = None, project: Project | None = None) -> RenderRequest:
        request = resolve(
            self._session.project if project is None else project,
            self._session.playhead if frame is None else frame,
            view="source" if self._compare else self._view,
            lines=lines,
            depth_revision=self._revision,
        )
        if request.view != "source" and self._beside != "none":
            request = dataclasses.replace(request, beside=self._beside)
        if request.view == "source":  # the source does not depend on focus and blur: one picture serves all
            request = dataclasses.replace(request, d_f=0.0, k=0.0, depth_revision=0)
        elif request.view in ("disparity", "overlay", "grey"):
            request = dataclasses.replace(request, d_f=0.0, k=0.0)
        info = self._session.clip_info
        return request if info is None else without_idle_bound(request, info.height)

    def _ask(self, request: RenderRequest) -> None:
        if request == self._asked or self._show_cached(request):
            return
        self._asked = request
        self._generation += 1
        self._worker.post_render(self._generation, request)

    def _show_cached(self, request: RenderRequest) -> bool:
        frame = self._cache.get(request)
        shown = self._shown
        if frame is None and shown is not None and shown.request == request and not is_provisional(shown):
            frame = shown
        if frame is None:
            return False
        self._asked = request
        self._generation += 1
        if self._shown is frame:
            self._shown_generation = self._generation  # what is under way is not wanted any more
        else:
            self._show(self._generation, frame)
        return True

    # --- answers ----------------------------------------------------------------------------------------------------

    def _on_rendered(self, epoch: int, generation: int, frame: RenderedFrame) -> None:
        if epoch != self._epoch:
            return
        self._last_failure = ""
        if frame.request.depth_revision in (0, self._revision) and not is_provisional(frame):
            self._cache.put(frame)
            self._note_cached()
        if frame.request.lines and frame.request.view in ("result", "peaking") and not is_provisional(frame):
            self._adapt_draft(frame)
        elif frame.request.view == "result" and not is_provisional(frame):
            self._full_seconds = frame.seconds
            slow = frame.seconds > SLOW_FINAL_SECONDS
            self._final_timer.setInterval(SLOW_FINAL_DELAY_MS if slow else FINAL_DELAY_MS)
        wanted = "source" if self._compare else self._view
        if self._is_no_better(frame):
            return
        if generation > self._shown_generation and frame.request.view == wanted:
            self._show(generation, frame)

    def _is_no_better(self, frame: RenderedFrame) -> bool:
        """Whether the picture on screen already is all that can be had before more depth is there."""
        shown = self._shown
        return (
            shown is not None
            and is_provisional(shown)
            and is_provisional(frame)
            and (shown.request.frame_index, shown.request.view) == (frame.request.frame_index, frame.request.view)
            and shown.rgb.shape[0] >= frame.rgb.shape[0]
        )

    def _show(self, generation: int, frame: RenderedFrame) -> None:
        self._shown_generation = generation
        self._shown = frame
        self.frame_shown.emit(frame)

    def _adapt_draft(self, frame: RenderedFrame) -> None:
        """Fewer lines where a draft was slow, more where it was quick."""
        if frame.seconds > SLOW_DRAFT_SECONDS:
            steps = 2 if frame.seconds > 3 * SLOW_DRAFT_SECONDS else 1
            self._draft_step = max(0, self._draft_step - steps)
        elif frame.seconds < QUICK_DRAFT_SECONDS:
            self._draft_step = min(len(DRAFT_LINES) - 1, self._draft_step + 1)

    def _on_counted(self, epoch: int, frame_index: int, histogram: np.ndarray | None) -> None:
        if epoch == self._epoch and frame_index == self._session.playhead:
            self.histogram = histogram
            self.histogram_changed.emit(histogram)

    def _on_failed(self, epoch: int, what: str, error: Exception) -> None:
        if epoch != self._epoch or what in ("hover", "histogram", "thumbnail", "subjects"):
            return
        self._asked = None
        if str(error) != self._last_failure:
            self._last_failure = str(error)
            self.failed.emit(error)

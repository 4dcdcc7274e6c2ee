"""Renders pictures that nobody asked for yet, while nothing else is to be done, so that playing finds them.

What the newest edit changed comes first, then what is nearest to the playhead. Only as much is made as the cache holds:
it never throws out what it made for the present place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from app.frame_worker import FrameWorker
    from app.job_runner import JobRunner
    from app.preview import PreviewController
    from app.session import Session
    from vbr_core.project import Project
    from vbr_core.render.request import RenderedFrame, RenderRequest

IDLE_MS = 1500
"""So long nothing must have happened."""
EDIT_MS = 120
"""Changes that follow each other so quickly are one edit: a drag."""
MOST_FRAMES = 600
"""More frames than that are not looked at, so that planning takes no time."""
BEHIND = 3
"""What lies behind the playhead counts as so many times farther: playing goes forwards."""
FULL_SECONDS = 0.35
"""Where a picture in full size takes longer, what the viewer shows is made: a picture under way cannot be stopped."""


class Prerender(QObject):
    """Fills the cache of the preview in the lowest place of its worker."""

    failed = Signal(object)
    """A VbrError, once; nothing more is made until it is switched on again or another clip is opened."""

    def __init__(
        self,
        session: Session,
        worker: FrameWorker,
        preview: PreviewController,
        runner: JobRunner,
        parent: QObject | None = None,
        idle_ms: int = IDLE_MS,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._preview = preview
        self._runner = runner
        self._enabled = True
        self._is_stopped = False
        self._queue: list[RenderRequest] = []
        self._asked: RenderRequest | None = None
        self._noted = session.project
        self._edit = 0
        self._edited: dict[int, int] = {}
        self._idle = self._timer(idle_ms, self._plan)
        self._edit_timer = self._timer(EDIT_MS, self._note_edit)
        session.changed.connect(self._on_changed)
        session.clip_opened.connect(self._on_clip_opened)
        session.playhead_changed.connect(self._on_playhead)
        session.playing_changed.connect(self._disturb)
        session.range_changed.connect(self._disturb)
        preview.wanted_changed.connect(self._disturb)
        preview.frame_shown.connect(self._on_frame_shown)
        runner.job_started.connect(self._disturb)
        runner.job_ended.connect(self._disturb)
        worker.prerendered.connect(self._on_prerendered)
        worker.failed.connect(self._on_failed)

    def _timer(self, interval_ms: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    @property
    def is_enabled(self) -> bool:
        return self._enabled

    @property
    def is_working(self) -> bool:
        """Whether a picture is under way or will be soon."""
        return self._asked is not None or self._idle.isActive()

    def set_enabled(self, enabled: bool) -> None:
        """Switch it on or off. Switching on forgets an error."""
        self._enabled = enabled
        self._is_stopped = False
        self._disturb()

    def shut(self) -> None:
        """The window closes."""
        self._enabled = False
        self._idle.stop()
        self._edit_timer.stop()
        self._pause()

    # --- when -------------------------------------------------------------------------------------------------------

    def _may_work(self) -> bool:
        return (
            self._enabled
            and not self._is_stopped
            and self._session.clip_info is not None
            and not any(job.title for job in self._runner.jobs)  # those without a title hardly compute
            and (self._preview.is_from_cache if self._session.playing else not self._preview.is_waiting)
        )

    def _pause(self) -> None:
        self._queue = []
        self._asked = None
        self._worker.cancel_prerender()

    def _disturb(self, *_: object) -> None:
        """Something else is going on: wait until it is quiet again, then look what is worth making."""
        self._pause()
        if self._enabled and not self._is_stopped and self._session.clip_info is not None:
            self._idle.start()
        else:
            self._idle.stop()

    def _on_playhead(self, _frame: int) -> None:
        if not self._session.playing or not self._preview.is_from_cache:
            self._disturb()

    def _on_frame_shown(self, _frame: object) -> None:
        if self._asked is None and not self._idle.isActive() and not self._session.playing:
            self._disturb()

    def _on_clip_opened(self, _info: object) -> None:
        self._is_stopped = False
        self._edited.clear()
        self._edit_timer.stop()
        self._noted = self._session.project
        self._disturb()

    def _on_changed(self, _old: Project, _new: Project) -> None:
        self._edit_timer.start()
        self._disturb()

    def _note_edit(self) -> None:
        """Remember which frames look different since the last edit."""
        old, self._noted = self._noted, self._session.project
        self._edit += 1
        lines = self._lines()
        for frame in self._near_frames(lines):
            if self._preview.request_for(frame, lines, old) != self._preview.request_for(frame, lines):
                self._edited[frame] = self._edit

    # --- what -------------------------------------------------------------------------------------------------------

    def _lines(self) -> int:
        """Lines of the pictures: full size (0) if all fit and are quickly made, else what the viewer shows."""
        start, stop = self._session.range
        fits = (stop - start) * self._preview.picture_bytes(0) <= self._preview.room_bytes
        if fits and 0.0 < self._preview.full_seconds <= FULL_SECONDS:
            return 0
        return self._preview.viewer_lines()

    def _near_frames(self, lines: int) -> list[int]:
        """The frames that the cache has room for, nearest to the playhead first."""
        start, stop = self._session.range
        at = self._session.playhead
        if not start <= at < stop:
            start, stop = 0, self._session.frame_count
        most = min(MOST_FRAMES, self._preview.room_bytes // max(1, self._preview.picture_bytes(lines)))
        low, high = max(start, at - most), min(stop, at + most)
        return sorted(range(low, high), key=lambda frame: frame - at if frame >= at else BEHIND * (at - frame))[:most]

    def _plan(self) -> None:
        if self._edit_timer.isActive():
            self._edit_timer.stop()
            self._note_edit()
        if not self._may_work():
            if self._session.playing or self._preview.is_waiting:
                self._idle.start()
            return
        lines = self._lines()
        requests = {frame: self._preview.request_for(frame, lines) for frame in self._near_frames(lines)}
        self._preview.protect(requests.values())
        order = sorted(requests, key=lambda frame: -self._edited.get(frame, 0))  # stable: near ones stay first
        self._queue = [requests[frame] for frame in reversed(order) if not self._preview.has(requests[frame])]
        self._next()

    def _next(self) -> None:
        while self._queue and self._preview.has(self._queue[-1]):
            self._queue.pop()
        self._asked = self._queue.pop() if self._queue else None
        if self._asked is not None:
            self._worker.post_prerender(self._asked)

    # --- answers ----------------------------------------------------------------------------------------------------

    def _on_prerendered(self, epoch: int, frame: RenderedFrame) -> None:
        if epoch != self._worker.epoch:
            return
        is_kept = self._preview.keep(frame)
        if frame.request != self._asked:
            return  # a pause came between; the picture is good all the same
        if is_kept and self._may_work():
            self._next()
        else:  # no room, or no depth of that frame yet: not again before something changed
            self._pause()

    def _on_failed(self, epoch: int, what: str, error: Exception) -> None:
        if what != "prerender" or epoch != self._worker.epoch:
            return
        self._is_stopped = True
        self._idle.stop()
        self._pause()
        text = self.tr("Rendering the preview in the background stopped: {0}").format(getattr(error, "message", error))
        hint = self.tr("It goes on when it is switched on again in the Clip menu, or with another clip.")
        self.failed.emit(VbrError(text, hint))

"""Keeps the disparity of the open clip coming: starts, follows and cancels the depth job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, Signal

from vbr_core import edits

if TYPE_CHECKING:
    from app.core_access import Core
    from app.frame_worker import FrameWorker
    from app.job_runner import Job, JobRunner
    from app.preview import PreviewController
    from app.session import Session
    from vbr_core.jobs import JobContext, Progress
    from vbr_core.project import Project

DepthState = Literal["none", "running", "ready", "failed", "cancelled"]
REFRESH_SECONDS = 0.4
"""How often, while depth is coming in, a picture without it is tried again."""


class DepthController(QObject):
    """One depth job for the open clip and the depth that the project chose."""

    state_changed = Signal(str)
    progressed = Signal(object)
    """Progress."""
    filled = Signal()
    """More disparity may be there than before."""
    failed = Signal(object)
    """An exception."""

    _source_arrived = Signal(int, object)

    def __init__(
        self,
        session: Session,
        core: Core,
        runner: JobRunner,
        worker: FrameWorker,
        preview: PreviewController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._core = core
        self._runner = runner
        self._worker = worker
        self._preview = preview
        self._job: Job | None = None
        self._attempt = 0
        self._last_refresh = 0.0
        self.state: DepthState = "none"
        self.source: object | None = None
        """The finished disparity source; None until then."""
        self.filling: object | None = None
        """The source that fills up while the job runs; None until it is there."""
        self.error: Exception | None = None
        self._source_arrived.connect(self._on_source, Qt.ConnectionType.QueuedConnection)
        session.clip_opened.connect(self._on_clip_opened)
        session.changed.connect(self._on_changed)

    def start(self) -> None:
        """Estimate or load the depth that the project asks for, from the beginning; what is stored is used again."""
        self.cancel()
        clip_path = self._session.clip_path
        if clip_path is None:
            self._set_state("none")
            return
        self._attempt += 1
        attempt, epoch = self._attempt, self._worker.epoch
        depth, reading = self._session.project.depth, self._session.project.depth_reading
        self.source = self.filling = self.error = None
        self._worker.set_disparity(epoch, None, attempt)
        self._preview.depth_replaced()

        def on_ready(source: object) -> None:  # on the job's thread
            self._worker.set_disparity(epoch, source, attempt)
            self._source_arrived.emit(attempt, source)

        def estimate(ctx: JobContext) -> object:
            source = self._core.estimate_depth(clip_path, depth, ctx, on_ready, reading)
            self._worker.set_disparity(epoch, source, attempt)
            return source

        job = self._job = self._runner.start(self.tr("Depth"), estimate)
        job.progressed.connect(lambda progress: self._on_progressed(attempt, progress))
        job.finished.connect(lambda source: self._on_finished(attempt, source))
        job.failed.connect(lambda error: self._on_failed(attempt, error))
        job.cancelled.connect(lambda: self._on_cancelled(attempt))
        self._set_state("running")

    def cancel(self) -> None:
        """Stop the job; what it finished stays stored."""
        if self._job is not None:
            self._job.cancel()

    def _set_state(self, state: DepthState) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _on_clip_opened(self, info: object) -> None:
        self._attempt += 1  # what the job of the earlier clip still has to say does not count
        self.source = self.filling = self.error = None
        if info is None:
            self.cancel()
            self._set_state("none")
        else:
            self.start()

    def _on_changed(self, old: Project, new: Project) -> None:
        # a new document starts its depth in _on_clip_opened, which comes first and takes the project as it is then
        has_changed = (old.depth, old.depth_reading) != (new.depth, new.depth_reading)
        if has_changed and old.clip == new.clip and self._session.clip_info is not None:
            self.start()

    def _on_source(self, attempt: int, source: object) -> None:
        if attempt == self._attempt:
            self.filling = source
            self._refresh()

    def _on_progressed(self, attempt: int, progress: Progress) -> None:
        if attempt != self._attempt:
            return
        self.progressed.emit(progress)
        if time.monotonic() - self._last_refresh >= REFRESH_SECONDS:
            self._refresh()

    def _refresh(self) -> None:
        self._last_refresh = time.monotonic()
        self._preview.depth_filled()
        self.filled.emit()

    def _on_finished(self, attempt: int, source: object) -> None:
        if attempt != self._attempt:
            return
        self._job = None
        self.source = source
        cuts = tuple(getattr(source, "cuts", ()))
        if cuts and not self._session.project.cuts:
            self._session.replace_quietly(edits.set_cuts(self._session.project, cuts))
        self._set_state("ready")
        self._preview.depth_replaced()
        self.filled.emit()

    def _on_failed(self, attempt: int, error: Exception) -> None:
        if attempt == self._attempt:
            self._job = None
            self.error = error
            self._set_state("failed")
            self.failed.emit(error)

    def _on_cancelled(self, attempt: int) -> None:
        if attempt == self._attempt:
            self._job = None
            self._set_state("cancelled")

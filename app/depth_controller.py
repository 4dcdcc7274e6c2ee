"""Keeps the disparity of the open clip coming: starts, follows and cancels the depth job, and has it repaired."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, Signal

from vbr_core import edits

if TYPE_CHECKING:
    from pathlib import Path

    from app.core_access import Core
    from app.frame_worker import FrameWorker
    from app.job_runner import Job, JobRunner
    from app.preview import PreviewController
    from app.session import Session
    from vbr_core.jobs import JobContext, Progress
    from vbr_core.project import DepthEdit, Project

DepthState = Literal["none", "running", "ready", "failed", "cancelled"]
REFRESH_SECONDS = 0.4
"""How often, while depth is coming in, a picture without it is tried again."""


class DepthController(QObject):
    """One depth job for the open clip and the depth that the project chose, and one that carries its repairs.

    The worker gets the disparity with the levels and repairs of the project; a change of those never starts the
    network again.
    """

    state_changed = Signal(str)
    progressed = Signal(object)
    """Progress."""
    filled = Signal()
    """More disparity may be there than before."""
    settled = Signal()
    """The disparity is complete, and every repair is on all of its frames."""
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
        self._carry_job: Job | None = None
        self._attempt = 0
        self._last_refresh = 0.0
        self.state: DepthState = "none"
        self.source: object | None = None
        """The finished disparity source, without repairs; None until then."""
        self.filling: object | None = None
        """The source that fills up while the job runs, without repairs; None until it is there."""
        self.lost: dict[DepthEdit, tuple[int | None, int | None]] = {}
        """Repairs whose part went out of sight for good: at which frame after the one it was drawn on, and before."""
        self.error: Exception | None = None
        self._source_arrived.connect(self._on_source, Qt.ConnectionType.QueuedConnection)
        session.clip_opened.connect(self._on_clip_opened)
        session.changed.connect(self._on_changed)

    def start(self) -> None:
        """Estimate or load the depth that the project asks for, from the beginning; what is stored is used again."""
        self.cancel()
        self._cancel_carrying()
        clip_path = self._session.clip_path
        if clip_path is None:
            self._drop_sources()
            self._set_state("none")
            return
        self._attempt += 1
        attempt, epoch = self._attempt, self._worker.epoch
        project = self._session.project
        self._worker.set_disparity(epoch, None, attempt)
        self._drop_sources()
        self._preview.depth_replaced()

        def on_ready(source: object) -> None:  # on the job's thread
            self._worker.set_disparity(epoch, self._repaired(source, clip_path), attempt)
            self._source_arrived.emit(attempt, source)

        def estimate(ctx: JobContext) -> object:
            source = self._core.estimate_depth(
                clip_path, project.depth, ctx, on_ready, project.depth_reading, project.cut_edits
            )
            self._worker.set_disparity(epoch, self._repaired(source, clip_path), attempt)
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

    def _drop_sources(self) -> None:
        """Forget what there is, and have its files closed. The worker has been told to use something else."""
        for source in {id(source): source for source in (self.source, self.filling)}.values():
            self._close(source)
        self.source = self.filling = self.error = None

    def _close(self, source: object | None) -> None:
        if hasattr(source, "close"):
            self._worker.close_source(source)

    def _set_state(self, state: DepthState) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _on_clip_opened(self, info: object) -> None:
        self._attempt += 1  # what the job of the earlier clip still has to say does not count
        self._cancel_carrying()
        self._drop_sources()
        if info is None:
            self.cancel()
            self._set_state("none")
        else:
            self.start()

    def _on_changed(self, old: Project, new: Project) -> None:
        # a new document starts its depth in _on_clip_opened, which comes first and takes the project as it is then
        if old.clip != new.clip or self._session.clip_info is None:
            return
        if (old.depth, old.depth_reading, old.cut_edits) != (new.depth, new.depth_reading, new.cut_edits):
            self.start()
        elif (old.depth_edits, old.depth_levels) != (new.depth_edits, new.depth_levels):
            self._repair(is_same_place=old.depth_edits == new.depth_edits)

    def _on_source(self, attempt: int, source: object) -> None:
        if attempt == self._attempt:
            self.filling = source
            if self._session.project.depth_edits or self._session.project.depth_levels:
                self._repair()  # they may have changed since the job's thread looked
            self._refresh()
        else:
            self._close(source)

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
            self._close(source)
            return
        self._job = None
        if self.filling is not source:
            self._close(self.filling)
        self.source = source
        # export goes by the cuts of both, so the preview, which has only the project, must know them too
        self._session.replace_quietly(edits.add_cuts(self._session.project, getattr(source, "cuts", ())))
        self._set_state("ready")
        self._repair()
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

    # --- repairs ----------------------------------------------------------------------------------------------------

    def present_source(self) -> object | None:
        """The disparity with the present repairs, complete or not; None if there is none."""
        source = self.source if self.source is not None else self.filling
        clip_path = self._session.clip_path
        return None if source is None or clip_path is None else self._repaired(source, clip_path)

    def _repaired(self, source: object, clip_path: Path) -> object:
        """The source with what the project says now. Used on the job's thread too: the project is a frozen value."""
        project = self._session.project
        if not project.depth_edits and not project.depth_levels:
            return source
        return self._core.repair_depth(source, project, clip_path)

    def _repair(self, *, is_same_place: bool = False) -> None:
        """Show the disparity with the present repairs, and have them carried where they are not yet.

        Args:
            is_same_place: Only levels changed: carrying goes on as it is.
        """
        source = self.source if self.source is not None else self.filling
        clip_path = self._session.clip_path
        if source is None or clip_path is None:
            return
        repaired = self._repaired(source, clip_path)
        self._worker.set_disparity(self._worker.epoch, repaired, self._attempt)
        self._preview.depth_replaced()
        if self.state != "ready" or (is_same_place and self._carry_job is not None):
            return
        self._cancel_carrying()
        is_prepared = getattr(repaired, "is_prepared", None)
        if is_prepared is None or is_prepared():
            self._settle(repaired)
            return
        attempt = self._attempt

        def carry(ctx: JobContext) -> None:
            repaired.prepare(ctx)  # type: ignore[attr-defined]

        job = self._carry_job = self._runner.start(self.tr("Carrying depth repairs"), carry)
        job.progressed.connect(lambda progress: self._on_carry_progressed(job))
        job.finished.connect(lambda _result: self._on_carried(job, attempt, repaired))
        job.failed.connect(lambda error: self._on_carry_failed(job, error))
        job.cancelled.connect(lambda: self._is_latest(job))

    @property
    def is_carrying(self) -> bool:
        """Whether repairs are being brought to their frames."""
        return self._carry_job is not None

    def _cancel_carrying(self) -> None:
        job, self._carry_job = self._carry_job, None
        if job is not None:
            job.cancel()

    def _is_latest(self, job: Job) -> bool:
        """Whether ``job`` is the carrying that counts; notes that it is over."""
        if job is not self._carry_job:
            return False
        self._carry_job = None
        return True

    def _on_carry_progressed(self, job: Job) -> None:
        if job is self._carry_job and time.monotonic() - self._last_refresh >= REFRESH_SECONDS:
            self._last_refresh = time.monotonic()
            self._preview.depth_filled()

    def _on_carried(self, job: Job, attempt: int, repaired: object) -> None:
        if self._is_latest(job) and attempt == self._attempt:
            self._preview.depth_replaced()
            self._settle(repaired)

    def _settle(self, repaired: object) -> None:
        lost_frames = getattr(repaired, "lost_frames", None)
        self.lost = {} if lost_frames is None else lost_frames()
        self.settled.emit()

    def _on_carry_failed(self, job: Job, error: Exception) -> None:
        if self._is_latest(job):
            self.failed.emit(error)

"""Feeds the timeline's row of sound: reads the clip's sound in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.core_access import Core
    from app.job_runner import Job, JobRunner
    from app.session import Session
    from app.timeline import TimelineView
    from vbr_core.jobs import Progress


class SoundFeeder(QObject):
    """Starts a quiet job for each clip with sound. What it finds for an earlier clip is dropped."""

    def __init__(
        self, session: Session, core: Core, runner: JobRunner, timeline: TimelineView, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._core = core
        self._runner = runner
        self._timeline = timeline
        self._job: Job | None = None
        session.clip_opened.connect(self._on_clip_opened)

    def _on_clip_opened(self, info: object) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        has_sound = bool(getattr(info, "audio", ()))
        self._timeline.show_sound(has_sound)
        if not has_sound:
            return
        job = self._job = self._runner.start("", lambda ctx: self._core.load_waveform(info, ctx))  # type: ignore[arg-type]
        self._timeline.sound.set_waveform(None, self.tr("Reading the sound…"))
        job.progressed.connect(lambda progress: self._on_progress(job, progress))
        job.finished.connect(lambda waveform: self._on_finished(job, waveform))
        job.failed.connect(lambda error: self._on_failed(job, error))

    def _on_progress(self, job: Job, progress: Progress) -> None:
        if job is self._job and progress.total:
            share = round(100 * progress.done / progress.total)
            self._timeline.sound.set_waveform(None, self.tr("Reading the sound: {0} %").format(share))

    def _on_finished(self, job: Job, waveform: object) -> None:
        if job is self._job:
            self._job = None
            self._timeline.sound.set_waveform(waveform, "")  # type: ignore[arg-type]

    def _on_failed(self, job: Job, error: Exception) -> None:
        if job is self._job:
            self._job = None
            self._timeline.sound.set_waveform(None, self.tr("The sound cannot be read: {0}").format(error))

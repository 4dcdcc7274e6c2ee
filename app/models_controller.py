"""The depth models on this machine: which can be chosen, and the jobs that get, check, import and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from app import preferences
from app.errors import describe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.core_access import Core
    from app.job_runner import Job, JobRunner
    from vbr_core.depth.model_files import ModelStatus
    from vbr_core.jobs import JobContext

Work = Literal["get", "verify", "import", "remove"]


class ModelsController(QObject):
    """What the Models page and the depth chooser show. Files are looked at on threads of their own."""

    statuses_changed = Signal()
    """How the models stand was looked up again, or another set of them is to be offered."""
    work_changed = Signal(str)
    """Name of a model whose job began, got further or ended."""
    arrived = Signal(str)
    """Name of a model that can be used now and could not before."""
    failed = Signal(object)
    """An exception; also kept in :attr:`problems`."""

    def __init__(self, core: Core, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._runner = runner
        self._jobs: dict[str, tuple[Work, Job]] = {}
        self._looks = 0
        self.statuses: tuple[ModelStatus, ...] = ()
        """In the order to show them; empty until the first look."""
        self.problems: dict[str, str] = {}
        """Model name -> what went wrong last, in a sentence or two."""
        self.good: set[str] = set()
        """Names of models that were verified in this session."""
        stored = preferences.preferences().value("models/commercial_only", False)
        self._commercial_only = str(stored).lower() in ("true", "1")

    @property
    def commercial_only(self) -> bool:
        """Whether only models are offered whose results may be used commercially."""
        return self._commercial_only

    def set_commercial_only(self, only: bool) -> None:
        """Offer only commercially safe models, or all; kept for the next start."""
        if only != self._commercial_only:
            self._commercial_only = only
            preferences.preferences().setValue("models/commercial_only", only)
            self.statuses_changed.emit()

    def offered(self) -> list[ModelStatus]:
        """The models to show."""
        return [each for each in self.statuses if each.entry.commercial_ok or not self._commercial_only]

    def status(self, name: str) -> ModelStatus | None:
        """How a model stands; None if it is not known (yet)."""
        return next((each for each in self.statuses if each.entry.name == name), None)

    def job(self, name: str) -> Job | None:
        """What is being done to a model now."""
        work = self._jobs.get(name)
        return work[1] if work is not None else None

    def work(self, name: str) -> Work | None:
        """What kind of thing is being done to a model now."""
        work = self._jobs.get(name)
        return work[0] if work is not None else None

    # --- looking ----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look at the files again."""
        self._looks += 1
        look = self._looks
        job = self._runner.start("", lambda _ctx: self._core.model_statuses())
        job.finished.connect(lambda statuses: self._on_looked(look, statuses))
        job.failed.connect(self.failed)

    def _on_looked(self, look: int, statuses: tuple[ModelStatus, ...]) -> None:
        if look != self._looks:
            return
        before = {each.entry.name for each in self.statuses if each.usable}
        known = bool(self.statuses)
        self.statuses = statuses
        self.statuses_changed.emit()
        for each in statuses:
            if known and each.usable and each.entry.name not in before:
                self.arrived.emit(each.entry.name)

    # --- doing ------------------------------------------------------------------------------------------------------

    def get(self, name: str) -> None:
        """Download a model."""
        title = self.tr("Getting {title}")
        self._start("get", name, title, lambda ctx: self._core.get_model(name, ctx))

    def verify(self, name: str) -> None:
        """Read a model's file and compare its hash."""
        title = self.tr("Checking {title}")
        self._start("verify", name, title, lambda ctx: self._core.verify_model(name, ctx))

    def import_file(self, name: str, path: Path) -> None:
        """Take a model from a file."""
        title = self.tr("Importing {title}")
        self._start("import", name, title, lambda ctx: self._core.import_model(name, path, ctx))

    def remove(self, name: str) -> None:
        """Delete a model's file."""
        self._start("remove", name, "", lambda _ctx: self._core.remove_model(name))

    def cancel(self, name: str) -> None:
        """Stop what is being done to a model; what a download has brought stays."""
        job = self.job(name)
        if job is not None:
            job.cancel()
            self.work_changed.emit(name)

    def _start(self, work: Work, name: str, title: str, function: Callable[[JobContext], object]) -> None:
        if name in self._jobs:
            return
        self.problems.pop(name, None)
        self.good.discard(name)
        status = self.status(name)
        text = title.format(title=status.entry.title if status else name)
        job = self._runner.start(text, function, courteous=False)
        self._jobs[name] = (work, job)
        job.progressed.connect(lambda _progress: self.work_changed.emit(name))
        job.finished.connect(lambda _result: self._on_finished(name, work))
        job.failed.connect(lambda error: self._on_failed(name, error))
        job.ended.connect(lambda: self._on_ended(name))
        self.work_changed.emit(name)

    def _on_finished(self, name: str, work: Work) -> None:
        if work == "verify":
            self.good.add(name)

    def _on_failed(self, name: str, error: Exception) -> None:
        message, hint = describe(error)
        self.problems[name] = f"{message} {hint}".strip()
        self.failed.emit(error)

    def _on_ended(self, name: str) -> None:
        self._jobs.pop(name, None)
        self.work_changed.emit(name)
        self.refresh()

"""Opening, saving and closing the document."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app import preferences
from app.core_access import OpenedClip
from vbr_core import edits
from vbr_core.errors import VbrError
from vbr_core.project import PROJECT_SUFFIX, Project, load_project, save_project

if TYPE_CHECKING:
    from app.core_access import Core
    from app.dialogs import Dialogs
    from app.job_runner import Job, JobRunner
    from app.session import Session
    from vbr_core.clip_link import ClipLink
    from vbr_core.jobs import JobContext

log = logging.getLogger(__name__)


class DocumentController(QObject):
    """Gets clips and projects in and out. The small project file is read here, the clip on a job's thread."""

    opening = Signal(str)
    """Name of what is being opened; empty when that is over."""
    failed = Signal(object)
    """An exception."""
    noted = Signal(str)
    """A sentence that the user should know, such as that the clip was moved."""
    saved = Signal(object)
    """Path of the project."""

    def __init__(
        self, session: Session, core: Core, runner: JobRunner, dialogs: Dialogs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._core = core
        self._runner = runner
        self._dialogs = dialogs
        self._job: Job | None = None

    @property
    def name(self) -> str:
        """What the document is called."""
        if self._session.path is not None:
            return self._session.path.name
        if self._session.clip_path is not None:
            return self._session.clip_path.stem + PROJECT_SUFFIX
        return self.tr("Untitled")

    # --- open -------------------------------------------------------------------------------------------------------

    def open_dialog(self) -> None:
        """Ask for a clip or a project and open it."""
        path = self._dialogs.choose_document()
        if path is not None:
            self.open_path(path)

    def open_sample(self) -> None:
        """Open the clip that ships with the program, with the true disparity that ships with it."""
        clip = self._core.sample_clip_path()
        disparity = clip.with_name("disparity.mp4")
        if not disparity.is_file():
            self.open_path(clip)
        elif self.may_discard():
            self._open_clip(Project(depth=str(disparity)), None, clip)

    def open_path(self, path: str | Path) -> None:
        """Open a clip or a project, after asking what to do with unsaved work."""
        path = Path(path).absolute()
        if not self.may_discard():
            return
        if path.suffix.lower() == PROJECT_SUFFIX:
            self._open_project(path)
        else:
            self._open_clip(Project(), None, path)

    def _open_project(self, path: Path) -> None:
        try:
            project = load_project(path)
        except VbrError as error:
            log.info("%s", error)
            self.failed.emit(error)
            return
        clip = project.clip
        if clip is None:
            self._locate(project, path, self.tr("This project names no clip."))
            return

        def find_and_open(ctx: JobContext) -> ClipLink | OpenedClip:
            link = self._core.find_clip(clip, path)
            if link.path is None or link.state == "swapped":
                return link
            return dataclasses.replace(self._core.open_clip(link.path, ctx), link=link)

        self._start(project, path, path.name, find_and_open)

    def _open_clip(self, project: Project, project_path: Path | None, clip_path: Path) -> None:
        self._start(project, project_path, clip_path.name, lambda ctx: self._core.open_clip(clip_path, ctx))

    def _start(self, project: Project, project_path: Path | None, name: str, work: object) -> None:
        if self._job is not None:
            self._job.cancel()
        job = self._runner.start(self.tr("Opening {name}").format(name=name), work)  # type: ignore[arg-type]
        self._job = job
        self.opening.emit(name)
        job.finished.connect(lambda result: self._on_found(job, project, project_path, result))
        job.failed.connect(lambda error: self._on_failed(job, error))
        job.cancelled.connect(lambda: self._on_over(job))

    def _on_over(self, job: Job) -> bool:
        """Whether ``job`` is the latest one; notes that it is over."""
        if job is not self._job:
            return False
        self._job = None
        self.opening.emit("")
        return True

    def _on_failed(self, job: Job, error: Exception) -> None:
        if self._on_over(job):
            self.failed.emit(error)

    def _on_found(self, job: Job, project: Project, project_path: Path | None, result: ClipLink | OpenedClip) -> None:
        if not self._on_over(job):
            return
        if isinstance(result, OpenedClip):
            self._take_over(project, project_path, result)
        elif result.state == "swapped" and result.path is not None:
            answer = self._dialogs.ask_swapped(result.sentence)
            if answer == "use":
                self._open_clip(project, project_path, result.path)
            elif answer == "locate":
                self._locate(project, project_path, result.sentence)
        else:
            self._locate(project, project_path, result.sentence)

    def _locate(self, project: Project, project_path: Path | None, sentence: str) -> None:
        clip_path = self._dialogs.locate_clip(sentence)
        if clip_path is not None:
            self._open_clip(project, project_path, clip_path)

    def _take_over(self, project: Project, project_path: Path | None, opened: OpenedClip) -> None:
        entry = opened.entry
        if project.clip is not None and project.clip.frame_count == entry.frame_count:
            entry = msgspec.structs.replace(entry, cuts=project.clip.cuts)
            if opened.link is not None and opened.link.state == "found":
                entry = msgspec.structs.replace(entry, path=project.clip.path)
        self._session.open_document(edits.set_clip(project, entry), project_path, opened.path, opened.info)
        preferences.add_recent_file(project_path or opened.path)
        for note in (opened.link.sentence if opened.link else "", getattr(opened.info, "note", "")):
            if note:
                self.noted.emit(note)

    # --- save and close ---------------------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save where the project lies, or ask. Returns whether it is saved."""
        return self._save_to(self._session.path) if self._session.path is not None else self.save_as()

    def save_as(self) -> bool:
        """Ask where, and save there. Returns whether it is saved."""
        beside = self._session.path or self._session.clip_path
        suggestion = beside.with_suffix(PROJECT_SUFFIX) if beside is not None else Path(self.name)
        path = self._dialogs.choose_project_target(suggestion)
        return path is not None and self._save_to(path)

    def _save_to(self, path: Path) -> bool:
        try:
            project = save_project(self._session.project, path)
        except VbrError as error:
            log.info("%s", error)
            self.failed.emit(error)
            return False
        self._session.mark_saved(project, path)
        preferences.add_recent_file(path)
        self.saved.emit(path)
        return True

    def may_discard(self) -> bool:
        """Ask about unsaved work. Returns whether the document may go."""
        if not self._session.is_dirty:
            return True
        answer = self._dialogs.ask_unsaved(self.name)
        return answer == "discard" or (answer == "save" and self.save())

    def close_document(self) -> bool:
        """Back to the welcome page, after asking about unsaved work. Returns whether it was closed."""
        if not self.may_discard():
            return False
        if self._job is not None:
            self._job.cancel()
        self._session.open_document(Project(), None, None, None)
        return True

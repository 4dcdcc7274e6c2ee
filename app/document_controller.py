"""Opening, saving and closing the document."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from app import preferences
from app.core_access import OpenedClip
from app.relink import Relinker
from vbr_core import edits
from vbr_core.clip_search import explain_difference
from vbr_core.errors import OutputError, VbrError
from vbr_core.project import PROJECT_SUFFIX, Project, load_project, save_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.autosave_store import Kept, Slot
    from app.core_access import Core
    from app.dialogs import Dialogs
    from app.job_runner import Job, JobRunner
    from app.session import Session
    from vbr_core.clip_link import ClipLink
    from vbr_core.jobs import JobContext

    Found = Project | ClipLink | OpenedClip

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """A document on its way in.

    Attributes:
        project: The document, with the clip that its file names.
        path: Its project file; None if it has none.
        is_relinked: The user chose another file as its clip: that is a change.
        is_agreed: The user knows that this file is another clip.
        slot: Where the document was kept when the program crashed; None if it was not.
    """

    project: Project
    path: Path | None = None
    is_relinked: bool = False
    is_agreed: bool = False
    slot: Slot | None = None


class DocumentController(QObject):
    """Gets clips and projects in and out. Reading is done by jobs; the small project file is written at once."""

    opening = Signal(str)
    """Name of what is being opened; empty when that is over."""
    failed = Signal(object)
    """An exception."""
    noted = Signal(str)
    """A sentence that the user should know, such as that the clip was moved."""
    saved = Signal(object)
    """Path of the project."""
    recovered = Signal(object)
    """The Slot of an autosaved document that the session shows now."""
    given_up = Signal(object)
    """The Slot of an autosaved document that could not be opened; it was let go and lies where it was."""

    def __init__(
        self, session: Session, core: Core, runner: JobRunner, dialogs: Dialogs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._core = core
        self._runner = runner
        self._dialogs = dialogs
        self._job: Job | None = None
        self._relinker = Relinker(core, runner, dialogs, self)
        self._relinker.failed.connect(self.failed)

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
            self._open_clip(Opening(Project(depth=str(disparity), renderer=preferences.choice("renderer"))), clip)

    def open_path(self, path: str | Path) -> None:
        """Open a clip or a project, after asking what to do with unsaved work."""
        path = Path(path).absolute()
        if not self.may_discard():
            return
        if path.suffix.lower() != PROJECT_SUFFIX:
            self._open_clip(Opening(Project(renderer=preferences.choice("renderer"))), path)
            return
        self._start(Opening(Project(), path), path.name, lambda _ctx: load_project(path))

    def recover(self, kept: Kept, slot: Slot) -> None:
        """Open a document that was kept when the program crashed. It counts as changed.

        ``slot`` is taken over: ``recovered`` or ``given_up`` follows.
        """
        opening = Opening(kept.project, kept.document_path, slot=slot)
        if not self.may_discard():
            self._give_up(opening)
        elif kept.project.clip is None and kept.clip_path is not None:
            self._open_clip(opening, kept.clip_path)
        else:
            self._open_project(opening, kept.name)

    def relink(self) -> None:
        """Ask for another file as the clip of the open document; keys, repairs and the rest stay."""
        clip = self._session.project.clip
        if clip is not None:
            sentence = self.tr("Which file is the clip of “{name}” now?").format(name=self.name)
            self._locate(Opening(self._session.project, self._session.path), sentence)

    def _open_project(self, opening: Opening, name: str) -> None:
        clip, path = opening.project.clip, opening.path
        if clip is None:
            self._locate(opening, self.tr("This project names no clip."))
            return

        def find_and_open(ctx: JobContext) -> ClipLink | OpenedClip:
            link = self._core.find_clip(clip, path)
            if link.path is None or link.state == "swapped":
                return link
            return dataclasses.replace(self._core.open_clip(link.path, ctx), link=link)

        self._start(opening, name, find_and_open)

    def _open_clip(self, opening: Opening, clip_path: Path) -> None:
        self._start(opening, clip_path.name, lambda ctx: self._core.open_clip(clip_path, ctx))

    def _start(self, opening: Opening, name: str, work: Callable[[JobContext], Found]) -> None:
        if self._job is not None:
            self._job.cancel()
        job = self._runner.start(self.tr("Opening {name}").format(name=name), work)
        self._job = job
        self.opening.emit(name)
        job.finished.connect(lambda result: self._on_found(job, opening, result))
        job.failed.connect(lambda error: self._on_failed(job, opening, error))
        job.cancelled.connect(lambda: self._on_cancelled(job, opening))

    def _on_over(self, job: Job) -> bool:
        """Whether ``job`` is the latest one; notes that it is over."""
        if job is not self._job:
            return False
        self._job = None
        self.opening.emit("")
        return True

    def _on_failed(self, job: Job, opening: Opening, error: Exception) -> None:
        self._give_up(opening)
        if self._on_over(job):
            self.failed.emit(error)

    def _on_cancelled(self, job: Job, opening: Opening) -> None:
        self._give_up(opening)
        self._on_over(job)

    def _give_up(self, opening: Opening) -> None:
        if opening.slot is not None:
            opening.slot.release()
            self.given_up.emit(opening.slot)

    def _on_found(self, job: Job, opening: Opening, result: Found) -> None:
        if not self._on_over(job):
            self._give_up(opening)
        elif isinstance(result, Project):  # now its clip
            self._open_project(dataclasses.replace(opening, project=result), opening.path.name if opening.path else "")
        elif isinstance(result, OpenedClip):
            clip = opening.project.clip
            difference = explain_difference(clip, result.entry) if clip is not None and not opening.is_agreed else ""
            if difference:
                self._ask_swapped(opening, difference, result.path, result)
            else:
                self._take_over(opening, result)
        elif result.state == "swapped" and result.path is not None:
            self._ask_swapped(opening, result.sentence, result.path)
        else:
            self._locate(opening, result.sentence)

    def _ask_swapped(self, opening: Opening, sentence: str, path: Path, opened: OpenedClip | None = None) -> None:
        answer = self._dialogs.ask_swapped(sentence)
        if answer == "use":
            agreed = dataclasses.replace(opening, is_relinked=True, is_agreed=True)
            if opened is not None:
                self._take_over(agreed, opened)
            else:
                self._open_clip(agreed, path)
        elif answer == "locate":
            self._locate(opening, sentence)
        else:
            self._give_up(opening)

    def _locate(self, opening: Opening, sentence: str) -> None:
        relinked = dataclasses.replace(opening, is_relinked=True)
        self._relinker.ask(
            opening.project.clip,
            sentence,
            lambda path: self._open_clip(relinked, path),
            lambda: self._give_up(opening),
        )

    def _take_over(self, opening: Opening, opened: OpenedClip) -> None:
        entry, project = opened.entry, opening.project
        if project.clip is not None and project.clip.frame_count == entry.frame_count:
            entry = msgspec.structs.replace(entry, cuts=project.clip.cuts)
            if opened.link is not None and opened.link.state == "found":
                entry = msgspec.structs.replace(entry, path=project.clip.path)
        elif project.clip is not None:
            project = edits.forget_cut_edits(project)  # they are frames of another clip
        is_changed = opening.is_relinked or opening.slot is not None
        self._session.open_document(
            edits.set_clip(project, entry), opening.path, opened.path, opened.info, Project() if is_changed else None
        )
        preferences.add_recent_file(opening.path or opened.path)
        if opening.slot is not None:
            self.recovered.emit(opening.slot)
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

    def save_copy(self) -> bool:
        """Ask where, and write a copy there; the document stays where it is. Returns whether it is written."""
        beside = self._session.path or self._session.clip_path or Path(self.name)
        stem = self.tr("{name} copy").format(name=beside.stem)
        path = self._dialogs.choose_project_target(beside.with_name(stem + PROJECT_SUFFIX))
        if path is None:
            return False
        try:
            if self._session.path is not None and path.absolute() == self._session.path.absolute():
                raise OutputError("The copy would replace the document itself.", "Choose another name for the copy.")
            save_project(self._session.project, path)
        except VbrError as error:
            log.info("%s", error)
            self.failed.emit(error)
            return False
        preferences.add_recent_file(path)
        self.noted.emit(self.tr("Copy written: {path}").format(path=path))
        return True

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

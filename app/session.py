"""The open document and what the window shows of it. The session is the only writer of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from vbr_core.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from vbr_core.project import TrackName
    from vbr_core.video.info import ClipInfo

Selection = frozenset[tuple["TrackName", int]]
"""(track, frame) of every selected key."""

UNDO_LIMIT = 1000
_MERGING_ID = 1


class ReplaceProject(QUndoCommand):
    """One undo step: the document before and after. Steps of one gesture (equal ``merge_key``) become one."""

    def __init__(self, session: Session, old: Project, new: Project, text: str, merge_key: object) -> None:
        super().__init__(text)
        self._session = session
        self.old = old
        self.new = new
        self.merge_key = merge_key

    def id(self) -> int:
        return -1 if self.merge_key is None else _MERGING_ID

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, ReplaceProject) or other.merge_key != self.merge_key:
            return False
        self.new = other.new
        self.setObsolete(self.new == self.old)  # a drag that came back to where it began leaves no step
        return True

    def redo(self) -> None:
        self._session._set_project(self.new)

    def undo(self) -> None:
        self._session._set_project(self.old)

    def rewrite(self, facts: dict[str, object]) -> None:
        """Put fields that are not undoable into both values."""
        self.old = msgspec.structs.replace(self.old, **facts)
        self.new = msgspec.structs.replace(self.new, **facts)


class Session(QObject):
    """The open project, its undo history, and the state of the editor (playhead, selection, range, playing).

    Lives in the GUI thread. The project is a frozen value: anybody may keep it, nobody can change it but
    :meth:`apply`.
    """

    changed = Signal(object, object)
    """Old and new Project; after undo and redo too."""
    playhead_changed = Signal(int)
    selection_changed = Signal(object)
    """The new Selection."""
    clip_opened = Signal(object)
    """ClipInfo, or None when there is no clip."""
    playing_changed = Signal(float)
    """Speed in clip seconds a second; negative backwards, 0 paused."""
    range_changed = Signal(int, int)
    """First frame and one past the last."""
    path_changed = Signal(object)
    """Path of the project file, or None. Also after every save."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = Project()
        self._saved = self._project
        self._playhead = 0
        self._selection: Selection = frozenset()
        self._range = (0, 0)
        self._playing = 0.0
        self._clip_info: ClipInfo | None = None
        self._clip_path: Path | None = None
        self._path: Path | None = None
        self._gesture = 0
        self._is_applying = False
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_LIMIT)
        stack = self.undo_stack
        self.destroyed.connect(lambda: stack.blockSignals(True))  # it clears itself when it goes; nobody is to react

    # --- what is there ----------------------------------------------------------------------------------------------

    @property
    def project(self) -> Project:
        return self._project

    @property
    def playhead(self) -> int:
        return self._playhead

    @property
    def selection(self) -> Selection:
        return self._selection

    @property
    def range(self) -> tuple[int, int]:
        """First frame and one past the last of the marked range; the whole clip if nothing was marked."""
        return self._range

    @property
    def playing(self) -> float:
        return self._playing

    @property
    def clip_info(self) -> ClipInfo | None:
        return self._clip_info

    @property
    def clip_path(self) -> Path | None:
        return self._clip_path

    @property
    def path(self) -> Path | None:
        return self._path

    @property
    def frame_count(self) -> int:
        if self._clip_info is not None:
            return self._clip_info.frame_count
        return self._project.clip.frame_count if self._project.clip is not None else 0

    @property
    def is_dirty(self) -> bool:
        """Whether something would be lost if the document were closed now."""
        return self._project != self._saved

    @property
    def is_applying(self) -> bool:
        """While ``changed`` is told: whether the user just did something, rather than went back or forth in history."""
        return self._is_applying

    # --- the document -----------------------------------------------------------------------------------------------

    def new_gesture(self) -> int:
        """A number to put into ``merge_key`` at mouse press, so that two separate drags stay two undo steps."""
        self._gesture += 1
        return self._gesture

    def apply(self, new: Project, text: str, merge_key: object = None) -> None:
        """Make ``new`` the document, as an undo step called ``text``.

        Args:
            new: The whole document, made by a function of ``vbr_core.edits``.
            text: What the user did, for the Edit menu.
            merge_key: Steps in a row with an equal key that is not None become one. Put the gesture number into it.
        """
        if new == self._project:
            return
        self._is_applying = True
        try:
            self.undo_stack.push(ReplaceProject(self, self._project, new, text, merge_key))
        finally:
            self._is_applying = False

    def amend(self, new: Project) -> None:
        """Make ``new`` the document, as a part of the latest undo step: what followed from it by itself.

        Raises:
            ValueError: There is no step, or it was undone.
        """
        index = self.undo_stack.index()
        command = self.undo_stack.command(index - 1) if index else None
        if not isinstance(command, ReplaceProject) or index != self.undo_stack.count():
            raise ValueError("there is no step that could be amended")
        command.new = new
        self._set_project(new)

    @property
    def latest_step(self) -> tuple[Project, Project] | None:
        """The document before and after the latest undo step; None if there is none, or it was undone."""
        index = self.undo_stack.index()
        command = self.undo_stack.command(index - 1) if index else None
        if not isinstance(command, ReplaceProject) or index != self.undo_stack.count():
            return None
        return command.old, command.new

    def replace_quietly(self, new: Project) -> None:
        """Take over facts that are not the user's doing (such as detected cuts) without an undo step.

        The fields that differ are written into every step of the history too, so that undo does not take them away,
        and they do not make the document count as changed.
        """
        facts: dict[str, object] = {
            name: getattr(new, name)
            for name in Project.__struct_fields__
            if getattr(new, name) != getattr(self._project, name)
        }
        if not facts:
            return
        for index in range(self.undo_stack.count()):
            command = self.undo_stack.command(index)
            if isinstance(command, ReplaceProject):
                command.rewrite(facts)
        self._saved = msgspec.structs.replace(self._saved, **facts)
        self._set_project(new)

    def rewrite(self, correct: Callable[[Project], Project]) -> None:
        """Correct values that were only provisional, in the document and in every step of its history.

        Unlike :meth:`replace_quietly` this makes the document count as changed, since the file still holds the
        provisional values.
        """
        for index in range(self.undo_stack.count()):
            command = self.undo_stack.command(index)
            if isinstance(command, ReplaceProject):
                command.old, command.new = correct(command.old), correct(command.new)
        self._set_project(correct(self._project))

    def open_document(
        self,
        project: Project,
        path: Path | None,
        clip_path: Path | None,
        clip_info: ClipInfo | None,
        saved: Project | None = None,
    ) -> None:
        """Start over with another document; the history is empty.

        Args:
            project: The document.
            path: Its project file, None if it has none.
            clip_path: Its clip.
            clip_info: Facts of the clip.
            saved: What counts as saved: None if ``project`` does, something else if it has changes from the start.
        """
        old = self._project
        self.set_playing(0.0)
        self.undo_stack.clear()
        self._project = project
        self._saved = project if saved is None else saved
        self._path, self._clip_path, self._clip_info = path, clip_path, clip_info
        self._playhead = 0
        self._selection = frozenset()
        self._range = (0, self.frame_count)
        self.clip_opened.emit(clip_info)
        self.changed.emit(old, project)
        self.path_changed.emit(path)
        self.range_changed.emit(*self._range)
        self.selection_changed.emit(self._selection)
        self.playhead_changed.emit(self._playhead)

    def mark_saved(self, project: Project, path: Path) -> None:
        """Note that ``project``, which is the present document but for its clip's stored path, now lies at ``path``."""
        self.replace_quietly(project)
        self._saved = project
        self._path = path
        self.undo_stack.setClean()  # a step after the save never merges into one before it
        self.path_changed.emit(path)

    def _set_project(self, new: Project) -> None:
        old, self._project = self._project, new
        if old == new:
            return
        self.changed.emit(old, new)
        there = {name: {key.frame for key in new.track(name).keys} for name in {name for name, _ in self._selection}}
        kept = frozenset((name, frame) for name, frame in self._selection if frame in there[name])
        if kept != self._selection:
            self._selection = kept
            self.selection_changed.emit(kept)

    # --- the editor's state -----------------------------------------------------------------------------------------

    def set_playhead(self, frame: int) -> None:
        """Go to ``frame``, or to the nearest frame that exists."""
        frame = max(0, min(int(frame), self.frame_count - 1))
        if frame != self._playhead:
            self._playhead = frame
            self.playhead_changed.emit(frame)

    def set_selection(self, keys: Iterable[tuple[TrackName, int]]) -> None:
        """Select exactly ``keys``, given as (track, frame)."""
        selection: Selection = frozenset(keys)
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def set_range(self, start: int, stop: int) -> None:
        """Mark frames ``start`` to ``stop - 1``; brought into the clip, at least one frame long."""
        start = max(0, min(int(start), self.frame_count - 1))
        stop = max(start + 1, min(int(stop), self.frame_count))
        if (start, stop) != self._range:
            self._range = (start, stop)
            self.range_changed.emit(start, stop)

    def set_playing(self, speed: float) -> None:
        """Only the player calls this."""
        if speed != self._playing:
            self._playing = speed
            self.playing_changed.emit(speed)

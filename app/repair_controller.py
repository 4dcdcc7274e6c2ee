"""What is marked on the picture becomes depth repairs; those and the levels of shots are changed by command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from vbr_core import depth_edits
from vbr_core.project import DepthEdit, DepthLevels

if TYPE_CHECKING:
    from app.region_tool import RegionTool, ToolMode
    from app.session import Session
    from vbr_core.project import EditKind, EditSnap, Project, Stroke


class RepairController(QObject):
    """Makes and changes depth repairs. One gesture is one undo step."""

    noted = Signal(str)
    """What the user should do next."""
    selected = Signal(int)
    """Index of the repair that is looked at; −1 for none."""

    def __init__(self, session: Session, tool: RegionTool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tool = tool
        self._frame = -1
        self._index = -1
        self.snap: EditSnap = "picture"
        """How the next repair treats a rough outline."""
        tool.strokes_changed.connect(self._on_strokes)
        tool.picked.connect(self._on_picked)
        session.playhead_changed.connect(self._on_playhead)
        session.changed.connect(self._on_changed)

    # --- marking ----------------------------------------------------------------------------------------------------

    def take_up(self, mode: ToolMode) -> None:
        """Take up a tool, or lay it down if it is the one in hand."""
        self._tool.set_mode("off" if self._tool.mode == mode else mode)
        if self._tool.mode != "off":
            self.select(-1)

    def _on_strokes(self) -> None:
        strokes, here = self._tool.strokes, self._session.playhead
        if len(strokes) > 1 and self._frame != here:  # what was marked before belongs to another frame
            self._tool.keep_last_stroke()
        if strokes:
            self._frame = here
        self._tool.set_visible(True)

    def _on_playhead(self, frame: int) -> None:
        self._tool.set_visible(frame == self._frame)
        self._show_selected()

    # --- repairs ----------------------------------------------------------------------------------------------------

    @property
    def index(self) -> int:
        """The repair that is looked at; −1 for none."""
        return self._index

    def select(self, index: int) -> None:
        """Look at a repair; −1 for none."""
        if index != self._index:
            self._index = index
            self._show_selected()
            self.selected.emit(index)

    def _show_selected(self) -> None:
        edits = self._session.project.depth_edits
        edit = edits[self._index] if 0 <= self._index < len(edits) else None
        here = edit is not None and edit.frame == self._session.playhead
        self._tool.show_strokes(edit.strokes if edit is not None and here else ())

    def _on_changed(self, old: Project, new: Project) -> None:
        if old.depth_edits != new.depth_edits:
            if self._index >= len(new.depth_edits):
                self.select(-1)
            self._show_selected()

    def repair(self, kind: EditKind) -> None:
        """Repair what is marked. ``same_as`` asks for a point first."""
        strokes = self._tool.strokes
        if not strokes:
            if self._tool.mode not in ("lasso", "brush"):
                self._tool.set_mode("lasso")
            self.noted.emit(self.tr("Mark a part of the picture first, with the lasso or the brush."))
            return
        self._session.set_playhead(self._frame)
        if kind == "same_as":
            self._tool.set_mode("point")
            self.noted.emit(self.tr("Click the place whose depth it should take. Esc: not now."))
            return
        self._add(kind, strokes, None)

    def _on_picked(self, x: float, y: float) -> None:
        strokes = self._tool.strokes
        if strokes:
            self._session.set_playhead(self._frame)
            self._add("same_as", strokes, (round(x, 1), round(y, 1)))

    def _add(self, kind: EditKind, strokes: tuple[Stroke, ...], point: tuple[float, float] | None) -> None:
        project, frame = self._session.project, self._session.playhead
        start, stop = depth_edits.shot_span(project.cuts, frame, self._session.frame_count)
        edit = DepthEdit(kind, strokes, frame, start, stop, point, snap=self.snap)
        self._tool.clear()
        self._session.apply(depth_edits.add_edit(project, edit), self.kind_text(kind))
        self.select(len(self._session.project.depth_edits) - 1)
        self._tool.show_strokes(())  # what it did is to be seen, not where it was drawn

    def kind_text(self, kind: EditKind) -> str:
        """What a kind of repair is called."""
        words = {
            "same_as": self.tr("Same depth"),
            "push_behind": self.tr("Push behind"),
            "flatten": self.tr("Flatten"),
        }
        return words[kind]

    def change(self, merge_key: object = None, **fields: Any) -> None:
        """Change fields of the repair that is looked at."""
        if self._index >= 0:
            new = depth_edits.change_edit(self._session.project, self._index, **fields)
            self._session.apply(new, self.tr("Change a depth repair"), merge_key)

    def set_enabled(self, index: int, enabled: bool) -> None:
        """Switch a repair on or off."""
        new = depth_edits.change_edit(self._session.project, index, enabled=enabled)
        text = self.tr("Switch a depth repair on") if enabled else self.tr("Switch a depth repair off")
        self._session.apply(new, text)

    def set_range(self, start: int, stop: int) -> None:
        """Set the frames of the repair that is looked at."""
        if self._index >= 0:
            new = depth_edits.set_edit_range(self._session.project, self._index, start, stop)
            self._session.apply(new, self.tr("Change the frames of a depth repair"))

    def move(self, step: int) -> None:
        """Have the repair that is looked at applied earlier or later."""
        new = depth_edits.move_edit(self._session.project, self._index, step)
        if new is not self._session.project:
            self._session.apply(new, self.tr("Change the order of depth repairs"))
            self.select(self._index + step)

    def delete(self) -> None:
        """Remove the repair that is looked at."""
        if self._index >= 0:
            index = self._index
            self.select(-1)
            self._session.apply(depth_edits.remove_edit(self._session.project, index), self.tr("Delete a depth repair"))

    # --- levels -----------------------------------------------------------------------------------------------------

    def levels(self) -> DepthLevels:
        """The levels of the shot at the playhead."""
        project, frame = self._session.project, self._session.playhead
        found = depth_edits.levels_at(project.depth_levels, project.cuts, frame)
        return found or DepthLevels(depth_edits.shot_span(project.cuts, frame, frame + 1)[0])

    def set_levels(self, gesture: int | None = None, **values: float) -> None:
        """Set near, far or gamma of the shot at the playhead. Changes of one gesture become one undo step."""
        new = depth_edits.set_levels(self._session.project, self._session.playhead, **values)
        key = None if gesture is None else ("levels", gesture)
        self._session.apply(new, self.tr("Set depth levels"), key)

    def reset_levels(self) -> None:
        """Take the levels of the shot at the playhead away."""
        new = depth_edits.reset_levels(self._session.project, self._session.playhead)
        self._session.apply(new, self.tr("Reset depth levels"))

"""Depth repairs in the window: what is drawn, what becomes of it, and that clicked focus follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.depth_panel import gamma_to_slider, slider_to_gamma
from tests.helpers.fakes import FRAMES
from vbr_core.errors import ClipError
from vbr_core.project import Clip, DepthLevels, FocusAnchor, Keyframe, Project, Track, save_project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import WindowRig

LASSO = ((40, 40), (100, 40), (110, 90), (70, 120), (40, 90))
NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def drag(
    rig: WindowRig,
    points: tuple[tuple[float, float], ...],
    release: bool = True,
    modifiers: Qt.KeyboardModifier = NO_KEY,
) -> None:
    """Press at the first point of the clip, move over the others, release."""
    viewer = rig.window.viewer
    places = [viewer.clip_to_widget(*point) for point in points]
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind: QEvent.Type, place: QPointF, button: Qt.MouseButton, buttons: Qt.MouseButton) -> None:
        where = QPointF(viewer.mapToGlobal(place))
        QApplication.sendEvent(viewer, QMouseEvent(kind, place, where, button, buttons, modifiers))

    send(QEvent.Type.MouseButtonPress, places[0], left, left)
    for place in places[1:]:
        send(QEvent.Type.MouseMove, place, none, left)
    if release:
        send(QEvent.Type.MouseButtonRelease, places[-1], left, none)


def mark(rig: WindowRig) -> None:
    rig.key(Qt.Key.Key_L, SHIFT)
    drag(rig, LASSO)


def test_a_lasso_becomes_a_repair_of_the_whole_shot(rig: WindowRig) -> None:
    rig.core.cuts = (10, 30)
    rig.open()
    rig.session.set_playhead(20)
    mark(rig)
    (stroke,) = rig.window.viewer.tool.strokes
    assert stroke.radius_px == 0.0
    for found, wanted in zip(stroke.points, LASSO, strict=True):
        assert found == pytest.approx(wanted, abs=0.6)
    rig.window.depth_panel.behind_button.click()
    (edit,) = rig.session.project.depth_edits
    assert (edit.kind, edit.frame, edit.start, edit.stop, edit.strokes) == ("push_behind", 20, 10, 30, (stroke,))
    assert rig.window.viewer.tool.strokes == ()
    assert not rig.session.project.focus.keys  # drawing is no click
    rig.session.undo_stack.undo()
    assert rig.session.project.depth_edits == ()
    rig.session.undo_stack.redo()
    assert rig.session.project.depth_edits == (edit,)
    assert rig.core.depth_asked == ["starter"]  # the network never runs again


def test_escape_goes_back_step_by_step(rig: WindowRig) -> None:
    rig.open()
    tool, back = rig.window.viewer.tool, rig.window.actions_.get("repair_back")
    assert not back.isEnabled()
    mark(rig)
    assert back.isEnabled()
    drag(rig, LASSO, release=False)
    assert tool.is_drawing
    back.trigger()
    assert not tool.is_drawing
    assert len(tool.strokes) == 1  # the stroke under way is gone, the one before is not
    back.trigger()
    assert tool.strokes == ()
    assert tool.mode == "lasso"
    back.trigger()
    assert tool.mode == "off"
    assert not back.isEnabled()
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)


def test_the_brush_adds_and_has_a_size(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_B, SHIFT)
    panel, tool = rig.window.depth_panel, rig.window.viewer.tool
    panel.size_slider.setValue(12)
    drag(rig, ((50, 50), (80, 50)))
    drag(rig, ((120, 90),))
    assert [(len(stroke.points), stroke.radius_px) for stroke in tool.strokes] == [(2, 12.0), (1, 12.0)]
    rig.session.set_playhead(5)  # what was marked belongs to its frame
    drag(rig, ((60, 60), (90, 60)))
    assert len(tool.strokes) == 1
    panel.flatten_button.click()
    assert rig.session.project.depth_edits[0].frame == 5


def test_a_lasso_replaces_unless_shift_is_held_and_a_slip_is_nothing(rig: WindowRig) -> None:
    rig.open()
    mark(rig)
    tool = rig.window.viewer.tool
    drag(rig, LASSO)
    assert len(tool.strokes) == 1
    drag(rig, LASSO, modifiers=SHIFT)
    assert len(tool.strokes) == 2
    tool.clear()
    drag(rig, ((60, 60), (60, 61)))
    assert tool.strokes == ()


def test_same_depth_asks_where(rig: WindowRig) -> None:
    rig.open()
    mark(rig)
    rig.window.depth_panel.same_button.click()
    assert rig.window.viewer.tool.mode == "point"
    assert "Click the place" in rig.window.status.note_label.text()
    assert rig.session.project.depth_edits == ()
    rig.click(200, 100)
    (edit,) = rig.session.project.depth_edits
    assert edit.kind == "same_as"
    assert edit.point == pytest.approx((200, 100), abs=1.0)
    assert not rig.session.project.focus.keys
    assert rig.window.viewer.tool.mode == "lasso"


def test_taking_up_a_tool_brings_its_buttons_into_sight(rig: WindowRig) -> None:
    rig.open()
    inspector, panel = rig.window.inspector, rig.window.depth_panel
    inspector.setFixedHeight(300)
    inspector.verticalScrollBar().setValue(0)
    assert panel.flatten_button.visibleRegion().isEmpty()
    rig.key(Qt.Key.Key_L, SHIFT)
    rig.wait(lambda: not panel.flatten_button.visibleRegion().isEmpty())
    assert not panel.lasso_button.visibleRegion().isEmpty()


def test_a_repair_without_a_mark_asks_for_one(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_F, SHIFT)
    assert rig.window.viewer.tool.mode == "lasso"
    assert "Mark a part" in rig.window.status.note_label.text()
    assert not rig.session.is_dirty


def test_the_list_changes_repairs(rig: WindowRig) -> None:
    rig.open()
    panel = rig.window.depth_panel
    for button in (panel.behind_button, panel.flatten_button):
        mark(rig) if rig.window.viewer.tool.mode == "off" else drag(rig, LASSO)
        button.click()
    assert panel.list.count() == 2
    assert panel.list.item(0).text() == f"Push behind · frames 0–{FRAMES - 1}"
    panel.list.setCurrentRow(0)
    assert panel.amount_spin.isVisibleTo(panel)
    panel.amount_spin.setValue(0.2)
    panel.last_spin.setValue(9)
    first = rig.session.project.depth_edits[0]
    assert (first.amount, first.start, first.stop) == (0.2, 0, 10)
    panel.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert not rig.session.project.depth_edits[1].enabled
    panel.later_button.click()
    assert [edit.kind for edit in rig.session.project.depth_edits] == ["flatten", "push_behind"]
    assert panel.list.currentRow() == 1
    panel.delete_button.click()
    assert [edit.kind for edit in rig.session.project.depth_edits] == ["flatten"]
    assert rig.session.undo_stack.count() == 7
    for _ in range(7):
        rig.session.undo_stack.undo()
    assert panel.list.count() == 0


def test_levels_are_one_step_a_drag_and_belong_to_the_shot(rig: WindowRig) -> None:
    rig.core.cuts = (24,)
    rig.open()
    panel = rig.window.depth_panel
    rig.session.set_playhead(30)
    slider = panel.level_sliders["near"]
    slider.sliderPressed.emit()
    for position in (900, 850, 800):
        slider.setValue(position)
    slider.sliderReleased.emit()
    assert rig.session.undo_stack.count() == 1
    assert rig.session.project.depth_levels == (DepthLevels(24, 0.8),)
    rig.session.set_playhead(3)
    assert panel.level_spins["near"].value() == 1.0
    rig.session.set_playhead(40)
    assert panel.level_spins["near"].value() == 0.8
    panel.reset_button.click()
    assert rig.session.project.depth_levels == ()
    for gamma in (0.2, 0.5, 1.0, 2.0, 5.0):
        assert slider_to_gamma(gamma_to_slider(gamma)) == pytest.approx(gamma, rel=0.01)


def test_clicked_focus_follows_a_repair_within_its_step_and_says_so(rig: WindowRig) -> None:
    rig.open()
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)
    mark(rig)
    rig.window.depth_panel.flatten_button.click()
    rig.wait(lambda: rig.session.project.focus.keys[0].value == pytest.approx(0.25, abs=0.01))
    assert rig.session.undo_stack.count() == 2
    assert rig.window.status.note_label.text() == "One clicked focus key follows the new depth."
    rig.session.undo_stack.undo()
    assert rig.session.project.depth_edits == ()
    assert rig.session.project.focus.keys[0].value == pytest.approx(0.5, abs=0.01)
    assert rig.session.undo_stack.canRedo()
    rig.session.undo_stack.redo()
    assert rig.session.project.focus.keys[0].value == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(("known", "follows"), [("what it was", True), ("starter-1", False), ("", False)])
def test_clicked_focus_follows_depth_that_changed_while_the_document_was_closed(
    rig: WindowRig, tmp_path: Path, known: str, follows: bool
) -> None:
    anchor = FocusAnchor(12, 160.0, 90.0)
    key = Keyframe(12, 0.9, anchor=anchor)
    clip = Clip("/clips/fake.mp4", "/clips/fake.mp4", frame_count=48)
    save_project(Project(clip, Track(keys=(key,)), depth_fingerprint=known), tmp_path / "a.vbr")
    rig.window.open_path(tmp_path / "a.vbr")
    rig.wait(lambda: rig.window.depth.state == "ready" and rig.session.project.depth_fingerprint == "starter-1")
    assert rig.window.resampler._calm_timer.isActive() is follows
    if follows:
        rig.wait(lambda: rig.session.project.focus.keys[0].value == pytest.approx(0.5, abs=0.01))
        assert rig.session.undo_stack.count() == 1
        assert rig.window.status.note_label.text() == "One clicked focus key follows the new depth."
        rig.session.undo_stack.undo()
        assert rig.session.project.focus.keys[0].value == 0.9


def test_clicked_focus_follows_levels_and_a_later_step_stays_its_own(rig: WindowRig) -> None:
    rig.open()
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)
    rig.window.depth_panel.level_spins["near"].setValue(0.6)
    rig.session.apply(rig.session.project.with_track("blur", rig.session.project.focus), "something else")
    rig.wait(lambda: rig.session.project.focus.keys[0].value == pytest.approx(0.3, abs=0.01))
    assert rig.session.undo_stack.count() == 4


def test_focus_is_sampled_only_when_the_repair_is_on_all_frames(rig: WindowRig) -> None:
    rig.open()
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)
    rig.core.carry_gate.clear()
    mark(rig)
    anchor = rig.session.project.focus.keys[0].anchor
    assert anchor is not None
    place = (anchor.frame, anchor.x, anchor.y)  # the mouse asks for other places
    asked = rig.core.server.sampled.count(place)
    assert asked > 0
    rig.window.depth_panel.flatten_button.click()
    rig.wait(lambda: any(job.title == "Carrying depth repairs" and job.progress for job in rig.window.runner.jobs))
    assert rig.core.server.sampled.count(place) == asked
    rig.core.carry_gate.set()
    rig.wait(lambda: rig.session.project.focus.keys[0].value == pytest.approx(0.25, abs=0.01))


def test_a_repair_that_cannot_be_carried_is_told(rig: WindowRig) -> None:
    rig.open()
    rig.core.carry_error = ClipError("Frame 9 of 'fake.mp4' cannot be read.", "Check that the file is still there.")
    mark(rig)
    rig.window.depth_panel.flatten_button.click()
    rig.wait(lambda: "Frame 9" in rig.window.status.failure_button.text())


def test_a_repair_that_goes_out_of_sight_says_where(rig: WindowRig) -> None:
    rig.open()
    rig.core.carry_gate.clear()
    rig.core.repairs_lost = (30, 4)
    mark(rig)
    panel = rig.window.depth_panel
    panel.flatten_button.click()
    assert panel.list.item(0).text() == f"Flatten · frames 0–{FRAMES - 1}"
    rig.core.carry_gate.set()
    rig.wait(lambda: panel.list.item(0).text() == "Flatten · lost at 4 and 30")
    assert "From frame 30 on nothing of it is in sight" in panel.list.item(0).toolTip()
    rig.core.repairs_lost = (30, None)
    panel.last_spin.setValue(40)
    rig.wait(lambda: panel.list.item(0).text() == "Flatten · lost at 30")
    rig.core.repairs_lost = (None, None)
    panel.last_spin.setValue(20)  # within what was carried
    rig.wait(lambda: panel.list.item(0).text() == "Flatten · frames 0–20")


def test_the_preview_and_the_export_get_the_repairs(rig: WindowRig) -> None:
    rig.open()
    mark(rig)
    rig.window.depth_panel.flatten_button.click()
    rig.wait(lambda: getattr(rig.core.server.disparity, "edits", ()) == rig.session.project.depth_edits)
    assert rig.window.depth.source is rig.core.source  # the export repairs it again, by the project it gets
    rig.session.undo_stack.undo()
    rig.wait(lambda: rig.core.server.disparity is rig.core.source)


def test_split_view_and_its_divider(rig: WindowRig) -> None:
    rig.open()
    viewer = rig.window.viewer
    rig.key(Qt.Key.Key_W, SHIFT)
    assert rig.window.panel.split_box.currentData() == "source"
    rig.wait(lambda: rig.window.preview.shown.request.beside == "source")
    drag(rig, ((160, 90), (80, 90)))
    assert viewer.divider == pytest.approx(0.5, abs=0.01)  # the fake has no second picture: nothing to divide
    frame = rig.window.preview.shown
    object.__setattr__(frame, "beside", frame.rgb[:, ::-1].copy())
    viewer.show_frame(frame)
    drag(rig, ((160, 90), (80, 90)))
    assert viewer.divider == pytest.approx(0.25, abs=0.01)
    assert rig.window.focus.pending is None
    image = viewer.grab().toImage()
    assert not image.isNull()
    rig.key(Qt.Key.Key_W, SHIFT)
    assert rig.window.preview.beside == "none"


def test_panel_needs_a_clip(rig: WindowRig) -> None:
    assert not rig.window.depth_panel.isEnabled()
    rig.open()
    assert rig.window.depth_panel.isEnabled()
    mark(rig)
    QTest.mouseMove(rig.window.viewer)
    rig.window.document.close_document()
    assert rig.window.viewer.tool.mode == "off"
    assert not rig.window.depth_panel.isEnabled()

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from tests.helpers.fakes import FRAMES, make_info
from vbr_core import edits
from vbr_core.errors import DepthError
from vbr_core.project import Clip, Project

if TYPE_CHECKING:
    from tests.app.conftest import WindowRig

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def test_click_sets_a_key_with_its_reason(rig: WindowRig) -> None:
    rig.open()
    rig.session.set_playhead(12)
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)
    (key,) = rig.session.project.focus.keys
    assert (key.frame, key.easing) == (12, "smooth")
    assert key.value == pytest.approx(0.5, abs=0.01)
    assert key.anchor is not None
    assert (key.anchor.x, key.anchor.y) == pytest.approx((160, 90), abs=1.0)
    reticle = rig.window.viewer.reticle
    assert reticle is not None
    assert (reticle.kind, reticle.text) == ("focus", f"d_f {key.value:.3f}")


def test_shift_click_cuts(rig: WindowRig) -> None:
    rig.open()
    rig.click(80, 90)
    rig.wait(lambda: len(rig.session.project.focus.keys) == 1)
    rig.session.set_playhead(20)
    rig.click(240, 90, SHIFT)
    rig.wait(lambda: len(rig.session.project.focus.keys) == 2)
    assert rig.session.project.focus.keys[0].easing == "hold"


def test_alt_click_only_looks(rig: WindowRig) -> None:
    rig.open()
    rig.click(80, 90, ALT)
    rig.wait(lambda: rig.window.viewer.reticle is not None and rig.window.viewer.reticle.text)
    reticle = rig.window.viewer.reticle
    assert reticle is not None
    assert reticle.kind == "candidate"
    assert reticle.text.startswith("d_f 0.2")
    assert not rig.session.is_dirty


def test_click_before_depth_is_kept_and_applied_when_it_comes(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.session.set_playhead(30)
    rig.click(160, 90)
    rig.wait(lambda: rig.window.viewer.reticle is not None and rig.window.viewer.reticle.kind == "waiting")
    reticle = rig.window.viewer.reticle
    assert reticle is not None
    assert "waiting for the depth" in reticle.text
    assert not rig.session.project.focus.keys
    rig.session.set_playhead(5)  # the key still goes where the click was
    rig.core.depth_gate.set()
    rig.wait(lambda: rig.session.project.focus.keys)
    assert rig.session.project.focus.keys[0].frame == 30
    assert rig.window.focus.pending is None


def test_click_is_applied_as_soon_as_its_own_frame_has_depth(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.click(160, 90)
    rig.wait(lambda: rig.window.focus.pending is not None and rig.core.server.sampled)
    assert rig.core.source is not None
    rig.core.source.ready_frames = 1
    rig.wait(lambda: rig.session.project.focus.keys)
    assert rig.window.depth.state == "running"


def test_a_later_click_replaces_one_that_waits(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.click(80, 90)
    rig.click(240, 90)
    rig.core.depth_gate.set()
    rig.wait(lambda: rig.session.project.focus.keys)
    (key,) = rig.session.project.focus.keys
    assert key.value == pytest.approx(0.75, abs=0.01)


def test_a_waiting_click_is_forgotten_with_its_clip(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.click(80, 90)
    rig.window.open_path(Path("/clips/other.mp4"))
    rig.wait(lambda: rig.session.clip_path == Path("/clips/other.mp4"))
    assert rig.window.focus.pending is None
    rig.core.depth_gate.set()
    rig.wait(lambda: rig.window.depth.state == "ready")
    assert not rig.session.project.focus.keys


def test_cuts_come_with_the_depth_and_are_no_undo_step(rig: WindowRig) -> None:
    rig.core.cuts = (24,)
    rig.open()
    assert rig.session.project.cuts == (24,)
    assert rig.session.undo_stack.count() == 0
    assert not rig.session.is_dirty
    rig.core.cuts = (9,)  # another depth tells another cut: export goes by both, and so must the preview
    rig.window.depth.start()
    rig.wait(lambda: rig.window.depth.state == "ready")
    assert rig.session.project.cuts == (9, 24)
    assert not rig.session.is_dirty


def test_a_cut_of_the_user_is_a_step_and_depth_is_made_for_it(rig: WindowRig) -> None:
    rig.core.cuts = (24,)
    rig.open()
    rig.session.set_playhead(10)
    keyed = edits.add_key(edits.add_key(rig.session.project, "focus", 0, 0.2, "linear"), "focus", 20, 0.8)
    rig.session.replace_quietly(keyed)
    rig.wait(lambda: rig.window.preview.shown.request.d_f == pytest.approx(0.5))
    rig.window.actions_.get("cut_here").trigger()
    assert rig.session.project.cuts == (10, 24)
    rig.wait(lambda: rig.window.preview.shown.request.d_f == pytest.approx(0.8))  # nothing is eased across it
    rig.wait(lambda: len(rig.core.depth_asked) == 2 and rig.window.depth.state == "ready")
    rig.window.actions_.get("cut_here").trigger()
    assert rig.window.status.note_label.text() == "A shot begins at this frame already."
    rig.session.set_playhead(30)
    rig.window.actions_.get("join_shots").trigger()
    assert rig.session.project.cuts == (10,)
    rig.wait(lambda: len(rig.core.depth_asked) == 3 and rig.window.depth.state == "ready")
    assert rig.session.undo_stack.undoText() == "Join shots"
    for wanted in ((10, 24), (24,)):
        rig.session.undo_stack.undo()
        assert rig.session.project.cuts == wanted
        rig.wait(lambda: rig.window.depth.state == "ready")
    assert not rig.session.is_dirty
    rig.session.set_playhead(3)
    rig.window.actions_.get("join_shots").trigger()
    assert rig.session.undo_stack.canRedo()
    assert "first shot" in rig.window.status.note_label.text()


def test_cancelled_depth_can_be_started_again(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.window.inspector.depth_button.click()
    rig.wait(lambda: rig.window.depth.state == "cancelled")
    assert rig.window.inspector.depth_text.text() == "Cancelled"
    rig.core.depth_gate.set()
    rig.window.inspector.depth_button.click()
    rig.wait(lambda: rig.window.depth.state == "ready")


def test_failed_depth_stays_in_the_status_bar_until_read(rig: WindowRig) -> None:
    rig.core.depth_error = DepthError("The folder holds 3 pictures, the clip 48 frames.", "Give one a frame.")
    rig.open(depth=False)
    rig.wait(lambda: rig.window.depth.state == "failed")
    button = rig.window.status.failure_button
    assert button.isVisible()
    assert "3 pictures" in button.text()
    button.click()
    rig.wait(lambda: rig.window.errors.dialog is not None)
    dialog = rig.window.errors.dialog
    assert dialog is not None
    assert dialog.hint_label.text() == "Give one a frame."
    assert "DepthError" in dialog.details.toPlainText()
    assert "vbr-studio.log" in dialog.details.toPlainText()
    assert not button.isVisible()
    dialog.accept()


def test_choosing_other_depth_starts_it_and_undo_goes_back(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.dialogs.depth = tmp_path
    box = rig.window.inspector.depth_box
    box.activated.emit(box.findText("Import a folder…"))
    assert rig.session.project.depth == str(tmp_path)
    rig.wait(lambda: rig.core.depth_asked == ["starter", str(tmp_path)] and rig.window.depth.state == "ready")
    assert box.currentText() == tmp_path.name
    rig.session.undo_stack.undo()
    rig.wait(lambda: rig.core.depth_asked[-1] == "starter" and rig.window.depth.state == "ready")


def test_depth_of_an_earlier_clip_does_not_reach_the_new_one(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.core.cuts = (7,)
    rig.open(depth=False)
    old_attempt = rig.window.depth._attempt
    rig.session.open_document(Project(clip=Clip(path="b", frame_count=FRAMES)), None, Path("/clips/b.mp4"), make_info())
    rig.window.depth._on_finished(old_attempt, rig.core.source)
    assert rig.session.project.cuts == ()
    assert rig.window.depth.source is None


def test_reticle_follows_the_key_at_the_playhead(rig: WindowRig) -> None:
    rig.open()
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)
    rig.session.set_playhead(10)
    assert rig.window.viewer.reticle is None
    rig.session.set_playhead(0)
    assert rig.window.viewer.reticle is not None
    rig.session.undo_stack.undo()
    assert rig.window.viewer.reticle is None


def test_histogram_marks_the_sample(rig: WindowRig) -> None:
    rig.open()
    marked: list[object] = []
    rig.window.focus.marker_changed.connect(marked.append)
    rig.click(160, 90)
    rig.wait(lambda: marked)
    assert marked[0] == pytest.approx(0.5, abs=0.01)


def test_slider_drag_is_one_step(rig: WindowRig) -> None:
    rig.open()
    slider = rig.window.inspector.focus_slider
    slider.drag_started.emit()
    for n in range(20):
        slider.value_dragged.emit(0.1 + n / 100)
    slider.drag_finished.emit()
    assert rig.session.undo_stack.count() == 1
    assert rig.session.project.focus.base == pytest.approx(0.29)
    assert rig.window.inspector.focus_spin.value() == pytest.approx(0.29)


def test_blur_slider_and_box_agree(rig: WindowRig) -> None:
    rig.open()
    inspector = rig.window.inspector
    inspector.blur_spin.setValue(100.0)
    assert rig.session.project.blur.base == 100.0
    assert inspector.blur_slider.value() == 500
    inspector.blur_slider.setValue(1000)
    assert rig.session.project.blur.base == 400.0
    assert inspector.blur_spin.value() == 400.0


def test_easing_box_is_about_the_selected_keys(rig: WindowRig) -> None:
    rig.open()
    project = rig.session.project
    for frame in (0, 10, 20):
        project = edits.add_key(project, "focus", frame, frame / 20)
    rig.session.apply(project, "keys")
    rig.session.set_selection({("focus", 0), ("focus", 10)})
    box = rig.window.inspector.easing_box
    box.activated.emit(box.findData("linear"))
    assert [key.easing for key in rig.session.project.focus.keys] == ["linear", "linear", "smooth"]
    rig.session.set_selection(())
    rig.session.set_playhead(25)
    assert box.currentData() == "smooth"


def test_sampling_failure_frees_the_click(rig: WindowRig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.open()

    def fail(*_args: object) -> None:
        raise DepthError("The disparity of this frame is damaged.")

    monkeypatch.setattr(rig.core.server, "sample", fail)
    rig.click(160, 90)
    rig.wait(lambda: rig.window.status.failure_button.isVisible())
    assert rig.window.focus.pending is None


def test_right_click_offers_the_same(rig: WindowRig) -> None:
    rig.open()
    place = rig.window.viewer.clip_to_widget(240, 90).toPoint()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, rig.window.viewer.mapToGlobal(place))
    QApplication.sendEvent(rig.window.viewer, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.actions()[0].trigger()
    menu.close()
    rig.wait(lambda: rig.session.project.focus.keys)
    assert rig.session.project.focus.keys[0].value == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 4 / 3])
@pytest.mark.parametrize("zoom", [None, 1.0, 3.0])
def test_clicks_tell_pixels_of_the_clip(rig: WindowRig, aspect: float, zoom: float | None) -> None:
    rig.open()
    viewer = rig.window.viewer
    viewer.set_clip_size(320, 180, aspect)
    if zoom is not None:
        viewer.zoom_full()
        for _ in range(round(zoom) - 1):
            viewer.zoom_in()
    told: list[tuple[float, float]] = []
    viewer.clicked.connect(lambda x, y, _modifiers: told.append((x, y)))
    point = viewer.clip_to_widget(150, 80).toPoint()
    QTest.mouseClick(viewer, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
    assert told == [pytest.approx((150, 80), abs=1.2 / aspect)]


def test_return_in_a_field_gives_the_keys_back(rig: WindowRig) -> None:
    rig.open()
    spin = rig.window.inspector.blur_spin
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, "55")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert rig.session.project.blur.base == 55.0
    rig.wait(rig.window.viewer.hasFocus)


def test_a_key_set_while_depth_comes_in_is_corrected_when_it_is_complete(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.core.partial_frames = FRAMES
    rig.core.final_gain["starter"] = 0.5
    rig.open(depth=False)
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)
    assert rig.session.project.focus.keys[0].value == pytest.approx(0.5, abs=0.01)
    rig.session.apply(edits.set_value(rig.session.project, "blur", 0, 99.0), "Set blur")
    rig.core.depth_gate.set()
    rig.wait(lambda: rig.session.project.focus.keys[0].value == pytest.approx(0.25, abs=0.01))
    assert rig.session.undo_stack.count() == 2
    rig.session.undo_stack.undo()
    assert rig.session.project.focus.keys[0].value == pytest.approx(0.25, abs=0.01)
    rig.session.undo_stack.undo()
    assert rig.session.project.focus.keys == ()


def test_clicked_keys_follow_another_depth_as_one_step(rig: WindowRig, tmp_path: Path) -> None:
    rig.core.final_gain[str(tmp_path)] = 0.5
    rig.open()
    rig.click(160, 90)
    rig.wait(lambda: rig.session.project.focus.keys)
    rig.session.apply(edits.add_key(rig.session.project, "focus", 9, 0.9), "by hand")
    rig.session.apply(edits.set_depth(rig.session.project, str(tmp_path)), "Choose the depth")
    rig.wait(lambda: [key.value for key in rig.session.project.focus.keys] == pytest.approx([0.25, 0.9], abs=0.01))
    assert rig.session.undo_stack.count() == 3  # the change and what followed from it are one step
    assert "One clicked focus key" in rig.window.status.note_label.text()
    rig.session.undo_stack.undo()
    assert [key.value for key in rig.session.project.focus.keys] == pytest.approx([0.5, 0.9], abs=0.01)
    assert rig.session.project.depth == "starter"
    rig.wait(lambda: rig.window.depth.state == "ready")
    rig.session.undo_stack.redo()
    assert [key.value for key in rig.session.project.focus.keys] == pytest.approx([0.25, 0.9], abs=0.01)
    assert rig.session.project.depth == str(tmp_path)


def test_a_cancelled_depth_job_that_comes_late_does_not_replace_the_new_source(rig: WindowRig) -> None:
    rig.open()
    worker, attempt = rig.window.worker, rig.window.depth._attempt
    rig.wait(lambda: rig.core.server.disparity is rig.core.source)
    worker.set_disparity(worker.epoch, "late", attempt - 1)
    with rig.qtbot.waitSignal(worker.counted, timeout=5000):
        worker.post_histogram(0)
    assert rig.core.server.disparity is rig.core.source


def test_a_disparity_source_that_was_replaced_is_closed_on_the_worker(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    first = rig.core.source
    assert first.closed_on == []
    rig.session.apply(edits.set_depth(rig.session.project, str(tmp_path)), "Choose the depth")
    rig.wait(lambda: first.closed_on)
    rig.wait(lambda: rig.window.depth.state == "ready")
    second = rig.core.source
    rig.wait(lambda: rig.core.server.disparity is second)
    rig.window.depth._on_clip_opened(None)
    rig.wait(lambda: second.closed_on)
    assert first.closed_on == second.closed_on == ["preview"]


def test_a_source_that_comes_after_its_job_was_replaced_is_closed(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.wait(lambda: rig.window.depth.filling is not None)
    late = type(rig.core.source)()
    attempt = rig.window.depth._attempt
    rig.window.depth._on_source(attempt - 1, late)
    rig.wait(lambda: late.closed_on)
    assert rig.window.depth.filling is rig.core.source
    assert rig.core.source.closed_on == []
    rig.core.depth_gate.set()
    rig.wait(lambda: rig.window.depth.state == "ready")
    assert rig.core.source.closed_on == []

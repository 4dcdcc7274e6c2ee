from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QWidget

from app import preferences
from app.actions import ACTIONS
from tests.app.conftest import CLIP, WindowRig
from vbr_core import edits
from vbr_core.clip_link import ClipLink
from vbr_core.errors import ClipError, OutputError
from vbr_core.project import Clip, Project, load_project, save_project

if TYPE_CHECKING:
    from collections.abc import Callable

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_no_heavy_import_before_the_window() -> None:
    code = (
        "import sys, app.main_window, app.__main__\n"
        "heavy = [n for n in ('torch', 'torchvision', 'av', 'numba', 'cv2', 'pyqtgraph') if n in sys.modules]\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_no_two_commands_share_a_key() -> None:
    keys = [QKeySequence(text).toString() for spec in ACTIONS for text in spec.shortcuts]
    assert "" not in keys
    assert len(keys) == len(set(keys))


def test_every_command_has_a_handler_and_a_menu(rig: WindowRig) -> None:
    for spec in ACTIONS:
        action = rig.window.actions_.get(spec.id)
        signal = "2toggled(bool)" if spec.checkable else "2triggered(bool)"
        assert action.receivers(signal) > 0, spec.id


def test_commands_need_a_clip(rig: WindowRig) -> None:
    get = rig.window.actions_.get
    assert get("open").isEnabled()
    assert not get("play_pause").isEnabled()
    assert not rig.window.export_button.isEnabled()
    rig.open()
    assert get("play_pause").isEnabled()
    assert rig.window.export_button.isEnabled()
    assert not get("delete_keys").isEnabled()
    assert not get("undo").isEnabled()


def test_controls_have_names(rig: WindowRig) -> None:
    rig.open()
    nameless = [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for kind in (QAbstractButton, QAbstractSpinBox, QComboBox)
        for widget in rig.window.findChildren(kind)
        if isinstance(widget, QWidget)
        and widget.isVisible()
        and not (widget.accessibleName() or widget.toolTip() or getattr(widget, "text", str)())
        and not widget.objectName().startswith("qt_")
    ]
    assert nameless == []


def test_opening_failure_is_told_and_leaves_the_document(rig: WindowRig) -> None:
    rig.open()
    rig.core.open_error = ClipError("'x.mp4' is not a video.", "Choose another file.")
    rig.window.open_path("/clips/x.mp4")
    rig.wait(lambda: rig.window.errors.dialog is not None)
    dialog = rig.window.errors.dialog
    assert dialog is not None
    assert dialog.message_label.text() == "'x.mp4' is not a video."
    dialog.accept()
    assert rig.session.clip_path == CLIP


def test_errors_wait_for_one_another(rig: WindowRig) -> None:
    rig.window.errors.report(ClipError("first"))
    rig.window.errors.report(ClipError("second"))
    rig.wait(lambda: rig.window.errors.dialog is not None)
    first = rig.window.errors.dialog
    assert first is not None
    assert first.message_label.text() == "first"
    first.accept()
    rig.wait(lambda: rig.window.errors.dialog is not None)
    second = rig.window.errors.dialog
    assert second is not None
    assert second.message_label.text() == "second"
    second.details_button.click()
    assert second.details.isVisible()
    second.accept()


def test_drop_opens(rig: WindowRig) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/clips/fake.mp4")])
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    rig.window.dropEvent(event)
    rig.wait(lambda: rig.session.clip_path == CLIP)


def test_keys_move_the_playhead(rig: WindowRig) -> None:
    rig.open()
    for key, modifier, frame in (
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 47),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 46),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, 36),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 37),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
    ):
        rig.key(key, modifier)
        assert rig.session.playhead == frame


def test_shuttle_and_space(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_L)
    assert rig.session.playing == 1.0
    rig.key(Qt.Key.Key_K)
    assert rig.session.playing == 0.0
    rig.session.set_playhead(40)
    rig.key(Qt.Key.Key_J)
    assert rig.session.playing == -1.0
    rig.key(Qt.Key.Key_Space)
    assert rig.session.playing == 0.0
    rig.key(Qt.Key.Key_Space)
    assert rig.session.playing == 1.0
    rig.window.player.stop()


def test_space_drag_moves_the_picture_and_does_not_play(rig: WindowRig) -> None:
    rig.open()
    viewer = rig.window.viewer
    rig.window.actions_.get("zoom_full").trigger()
    viewer.zoom_in()
    before = viewer.view_geometry.centre_x
    QTest.keyPress(viewer, Qt.Key.Key_Space)
    QTest.mousePress(viewer, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
    QTest.mouseMove(viewer, QPoint(60, 100))
    QTest.mouseRelease(viewer, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(60, 100))
    QTest.keyRelease(viewer, Qt.Key.Key_Space)
    assert viewer.view_geometry.centre_x > before
    assert rig.session.playing == 0.0
    assert not rig.session.project.focus.keys


def test_holding_w_compares(rig: WindowRig) -> None:
    rig.open()
    QTest.keyPress(rig.window.viewer, Qt.Key.Key_W)
    rig.wait(lambda: rig.window.preview.shown.request.view == "source")
    assert rig.window.panel.badge.text().startswith("Source")
    QTest.keyRelease(rig.window.viewer, Qt.Key.Key_W)
    rig.wait(lambda: rig.window.preview.shown.request.view == "result")


def test_views_by_key(rig: WindowRig) -> None:
    rig.open()
    for key, view in ((Qt.Key.Key_2, "source"), (Qt.Key.Key_3, "disparity"), (Qt.Key.Key_D, "overlay")):
        rig.key(key)
        assert rig.window.preview.view == view
        assert rig.window.panel.view_box.currentData() == view


def test_keyframe_keys(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_F)
    rig.session.set_playhead(20)
    rig.key(Qt.Key.Key_B)
    assert rig.session.selection == {("blur", 20)}
    rig.key(Qt.Key.Key_BracketLeft)
    assert rig.session.playhead == 0
    rig.key(Qt.Key.Key_BracketRight)
    assert rig.session.playhead == 20
    rig.key(Qt.Key.Key_A, CONTROL)
    rig.key(Qt.Key.Key_Delete)
    assert rig.session.project.focus.keys == rig.session.project.blur.keys == ()
    rig.key(Qt.Key.Key_Z, CONTROL)
    assert len(rig.session.project.focus.keys) == 1


def test_nudging_is_one_step_a_frame(rig: WindowRig) -> None:
    rig.open()
    for _ in range(4):
        rig.key(Qt.Key.Key_Period)
    assert rig.session.project.focus.base == pytest.approx(0.52)
    assert rig.session.undo_stack.count() == 1


def test_badge_tells_the_truth(rig: WindowRig) -> None:
    rig.open()
    rig.wait(lambda: rig.window.preview.shown is not None and rig.window.preview.shown.has_depth)
    assert rig.window.panel.badge.text() == "Final 180p · 50 ms"


def test_graph_editor_and_sheet_open(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_G)
    assert rig.window.curves is not None
    assert rig.window.curves.isVisible()
    rig.window.actions_.get("graph_editor").trigger()
    assert not rig.window.curves.isVisible()


def test_the_graph_editor_shows_what_lies_at_each_disparity(rig: WindowRig) -> None:
    rig.open()
    rig.wait(lambda: rig.window.preview.histogram is not None)
    rig.window.actions_.get("graph_editor").trigger()
    curves = rig.window.curves
    assert curves is not None
    share = curves.plot.share_near(0.9)  # the fake's histogram rises towards 1
    assert share is not None
    assert share > (curves.plot.share_near(0.1) or 0.0)
    rig.window.document.close_document()
    assert curves.plot.share_near(0.9) is None
    rig.window.actions_.get("shortcuts").trigger()
    sheets = [w for w in QApplication.topLevelWidgets() if type(w).__name__ == "ShortcutSheet" and w.isVisible()]
    assert len(sheets) == 1
    sheets[0].close()


# --- saving, opening and closing --------------------------------------------------------------------------------------


def change(rig: WindowRig) -> None:
    rig.session.apply(edits.set_value(rig.session.project, "blur", 0, 99.0), "Set blur")


def test_save_open_and_title(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    change(rig)
    assert rig.window.isWindowModified()
    rig.dialogs.project_target = tmp_path / "été 🎬.vbr"
    rig.key(Qt.Key.Key_S, CONTROL)
    assert not rig.window.isWindowModified()
    assert "été 🎬.vbr" in rig.window.windowTitle()
    assert "saved" in rig.window.status.saved_label.text()
    assert load_project(tmp_path / "été 🎬.vbr").blur.base == 99.0
    rig.window.open_path(tmp_path / "été 🎬.vbr")
    rig.wait(lambda: rig.session.undo_stack.count() == 0 and not rig.window.runner.jobs)
    assert rig.session.project.blur.base == 99.0
    assert not rig.session.is_dirty
    assert preferences.recent_files() == [str(tmp_path / "été 🎬.vbr")]


def test_save_that_fails_is_told(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    change(rig)
    rig.dialogs.project_target = tmp_path / "missing" / "a.vbr"
    assert not rig.window.document.save()
    rig.wait(lambda: rig.window.errors.dialog is not None)
    dialog = rig.window.errors.dialog
    assert dialog is not None
    dialog.accept()
    assert rig.session.is_dirty


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"version": 99}', b'{"version": 1, "colour": 3}'])
def test_damaged_projects_are_told(rig: WindowRig, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.vbr"
    path.write_bytes(content)
    rig.window.open_path(path)
    rig.wait(lambda: rig.window.errors.dialog is not None)
    dialog = rig.window.errors.dialog
    assert dialog is not None
    assert "a.vbr" in dialog.message_label.text()
    dialog.accept()


@pytest.mark.parametrize(("answer", "opens"), [("use", True), ("cancel", False)])
def test_swapped_clip_is_asked_about(rig: WindowRig, tmp_path: Path, answer: str, opens: bool) -> None:
    path = tmp_path / "a.vbr"
    save_project(Project(clip=Clip(path="old.mp4", frame_count=48)), path)
    rig.core.link = ClipLink("swapped", Path("/clips/old.mp4"), "It is another clip.")
    rig.dialogs.swapped = answer
    rig.window.open_path(path)
    rig.wait(lambda: "swapped" in rig.dialogs.asked and not rig.window.runner.jobs)
    assert (rig.session.clip_path == Path("/clips/old.mp4")) is opens


def test_missing_clip_can_be_found(rig: WindowRig, tmp_path: Path) -> None:
    path = tmp_path / "a.vbr"
    save_project(Project(clip=Clip(path="old.mp4", frame_count=48, cuts=(9,))), path)
    rig.core.link = ClipLink("missing", None, "The clip was not found.")
    rig.dialogs.clip = CLIP
    rig.window.open_path(path)
    rig.wait(lambda: rig.session.clip_path == CLIP)
    assert rig.session.project.cuts == (9,)
    assert rig.session.path == path


def close_and_wait(rig: WindowRig) -> None:
    rig.window.close()
    rig.wait(lambda: not rig.window.isVisible())


def test_closing_asks_for_unsaved_work(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    change(rig)
    rig.window.close()
    assert rig.window.isVisible()
    assert rig.dialogs.asked == ["unsaved: fake.vbr"]
    rig.dialogs.unsaved = "save"  # but no file is chosen: stays open
    rig.window.close()
    assert rig.window.isVisible()
    rig.dialogs.project_target = tmp_path / "a.vbr"
    close_and_wait(rig)
    assert load_project(tmp_path / "a.vbr").blur.base == 99.0


def test_opening_another_asks_first(rig: WindowRig) -> None:
    rig.open()
    change(rig)
    rig.window.open_path("/clips/other.mp4")
    assert rig.dialogs.asked == ["unsaved: fake.vbr"]
    assert not rig.window.runner.jobs
    assert rig.session.clip_path == CLIP


def busy_depth(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)


def busy_export(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    rig.window.export_dialog.open_for_document()
    rig.window.export_dialog.path_edit.setText(str(preferences.config_folder().parent / "out.mp4"))
    rig.window.export_dialog.start()


def playing(rig: WindowRig) -> None:
    rig.open()
    rig.window.player.play(1.0)


@pytest.mark.parametrize("state", [lambda rig: None, busy_depth, busy_export, playing])
def test_closing_in_any_state_stops_everything(rig: WindowRig, state: Callable[[WindowRig], None]) -> None:
    state(rig)
    close_and_wait(rig)
    assert not rig.window.runner.jobs
    assert not rig.window.worker._thread.is_alive()


def test_close_document_goes_back_to_the_welcome_page(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_W, CONTROL)
    assert rig.window.stack.currentWidget() is rig.window.welcome
    assert rig.session.clip_info is None
    assert rig.window.windowTitle() == "VBR Studio"


# --- export -----------------------------------------------------------------------------------------------------------


def test_export_form_fills_the_settings(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.session.set_range(10, 20)
    dialog = rig.window.export_dialog
    dialog.open_for_document()
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    dialog.codec_box.setCurrentIndex(dialog.codec_box.findData("hevc"))
    dialog.quality_box.setCurrentIndex(dialog.quality_box.findData(23))
    dialog.renderer_box.setCurrentIndex(dialog.renderer_box.findData("layered"))
    rig.wait(lambda: dialog.estimate_label.text() == "about 2 to 5 min")
    dialog.export_button.click()
    rig.wait(lambda: dialog.pages.currentIndex() == 2)
    ((project, clip_path, settings, disparity),) = rig.core.exported
    assert (settings.start, settings.stop, settings.codec, settings.quality) == (10, 20, "hevc", 23)
    assert settings.output == str(tmp_path / "out.mp4")
    assert project.renderer == settings.render.renderer == "layered"
    assert clip_path == CLIP
    assert disparity is rig.core.source
    assert "48 frames" in dialog.done_label.text()
    dialog.accept()


@pytest.mark.parametrize("name", ["", "out.txt", "missing/out.mp4", "fake.mp4"])
def test_export_refuses_bad_names(rig: WindowRig, tmp_path: Path, name: str) -> None:
    rig.open()
    dialog = rig.window.export_dialog
    dialog.open_for_document()
    dialog.path_edit.setText(str(CLIP) if name == "fake.mp4" else str(tmp_path / name) if name else "")
    rig.wait(lambda: not dialog.export_button.isEnabled() and dialog.path_note.text())
    dialog.reject()


def test_export_shows_progress_and_can_be_cancelled(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.core.export_gate.clear()
    dialog = rig.window.export_dialog
    dialog.open_for_document()
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    dialog.export_button.click()
    rig.wait(lambda: "of 48" in dialog.progress_label.text())
    dialog.cancel_button.click()
    rig.wait(lambda: dialog.pages.currentIndex() == 0)
    assert not dialog.is_exporting
    assert rig.core.exported == []
    dialog.reject()


def test_export_waits_for_depth_on_its_way(rig: WindowRig, tmp_path: Path) -> None:
    busy_depth(rig)
    dialog = rig.window.export_dialog
    dialog.open_for_document()
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    dialog.start()
    rig.wait(lambda: dialog.progress_label.text().startswith("Waiting for the depth"))
    rig.core.depth_gate.set()
    rig.wait(lambda: dialog.pages.currentIndex() == 2)
    assert rig.core.exported[0][3] is rig.core.source
    dialog.accept()


def test_export_that_fails_is_told(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.core.export_error = OutputError("The disk is full.", "Make room.")
    dialog = rig.window.export_dialog
    dialog.open_for_document()
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    dialog.start()
    rig.wait(lambda: rig.window.errors.dialog is not None)
    shown = rig.window.errors.dialog
    assert shown is not None
    assert shown.message_label.text() == "The disk is full."
    shown.accept()
    dialog.reject()


# --- the whole way ----------------------------------------------------------------------------------------------------


def test_journey(rig: WindowRig, tmp_path: Path) -> None:
    """Open, click to focus, drag K, undo, export, cancel, close."""
    rig.dialogs.document = CLIP
    rig.key(Qt.Key.Key_O, CONTROL)
    rig.wait(lambda: rig.window.depth.state == "ready")
    rig.click(80, 90)
    rig.wait(lambda: len(rig.session.project.focus.keys) == 1)
    rig.key(Qt.Key.Key_End)
    rig.click(240, 90)
    rig.wait(lambda: len(rig.session.project.focus.keys) == 2)
    slider = rig.window.inspector.blur_slider
    steps = rig.session.undo_stack.count()
    y = slider.height() // 2
    handle = QPoint(round(slider.value() / 1000 * (slider.width() - 14)) + 7, y)
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, handle)
    for dx in range(5, 45, 5):
        QTest.mouseMove(slider, handle + QPoint(dx, 0))
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, handle + QPoint(40, 0))
    dragged = rig.session.project.blur.base
    assert dragged > 60.0
    assert rig.session.undo_stack.count() == steps + 1
    rig.key(Qt.Key.Key_Z, CONTROL)
    assert rig.session.project.blur.base == 40.0
    rig.key(Qt.Key.Key_Y, CONTROL)
    assert rig.session.project.blur.base == dragged
    rig.wait(lambda: rig.window.preview.shown is not None and rig.window.preview.shown.request.k == dragged)
    rig.core.export_gate.clear()
    rig.key(Qt.Key.Key_E, CONTROL)
    dialog = rig.window.export_dialog
    assert dialog.isVisible()
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    rig.wait(lambda: "of 48" in dialog.progress_label.text())
    QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    rig.wait(lambda: not dialog.is_exporting)
    dialog.reject()
    rig.dialogs.unsaved = "discard"
    close_and_wait(rig)
    assert rig.core.server.closed


def test_badge_says_when_an_earlier_frame_is_still_shown(rig: WindowRig) -> None:
    rig.open()
    rig.wait(lambda: rig.window.preview.shown is not None and rig.window.preview.shown.has_depth)
    rig.core.server.gate.clear()
    rig.session.set_playhead(9)
    assert rig.window.panel.badge.text().startswith("Rendering… frame 0 is still shown")
    rig.core.server.gate.set()
    rig.wait(lambda: rig.window.panel.badge.text().startswith("Final 180p"))


def test_rendering_ahead_is_switched_by_its_command_and_remembered(rig: WindowRig) -> None:
    action = rig.window.actions_.get("prerender")
    assert action.isChecked()
    assert rig.window.playback.prerender.is_enabled
    action.trigger()
    assert not rig.window.playback.prerender.is_enabled
    assert preferences.preferences().value("playback/prerender") in (False, "false")

"""The window never waits for the engine or the disk: a journey by mouse and key on a core that is slow everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from tests.app.conftest import WindowRig
from tests.helpers.fakes import FRAMES, make_info
from tests.helpers.slow_core import SlowCore, Watch, watch_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SAVING = ("save_project",)
"""A project is a few kilobytes, and who saves waits for the answer."""


@pytest.fixture
def watch(qapp: object) -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.stop()


@pytest.fixture
def slow(qtbot: QtBot, watch: Watch) -> Iterator[WindowRig]:
    rig = WindowRig(qtbot, SlowCore(watch))
    yield rig
    if rig.window.isVisible():
        rig.close()
    rig.window.deleteLater()


def drag(widget: object, *points: QPointF) -> None:
    """Press at the first point, move over the others, release at the last."""
    places = [point.toPoint() for point in points]
    QTest.mousePress(widget, LEFT, NONE, places[0])
    for place in places[1:]:
        QTest.mouseMove(widget, place)
    QTest.mouseRelease(widget, LEFT, NONE, places[-1])


def test_a_journey_on_a_slow_core(
    slow: WindowRig, watch: Watch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rig, window, session = slow, slow.window, slow.session
    clip = tmp_path / "clip.mp4"
    clip.touch()
    rig.core.info = make_info(clip)
    watch_disk(watch, monkeypatch, tmp_path, SAVING)
    window.open_path(clip)
    rig.wait(lambda: window.depth.state == "ready" and window.preview.shown is not None)

    rig.click(80, 90)
    rig.wait(lambda: session.project.focus.keys)
    ruler, axis = window.timeline.ruler, window.timeline.viewport.axis
    drag(ruler, *(QPointF(axis.x(frame), 4) for frame in range(0, 40, 4)))
    assert session.playhead == 36
    rig.click(240, 90)
    rig.wait(lambda: len(session.project.focus.keys) == 2)
    rows = window.timeline.key_rows
    start = rows.key_center(("focus", 36))
    drag(rows, start, *(start - QPointF(axis.pixels_per_frame * step, 0) for step in (1, 3, 6)))
    assert session.project.focus.keys[-1].frame == 30
    rig.key(Qt.Key.Key_B)
    window.inspector.blur_spin.setFocus()
    QTest.keyClick(window.inspector.blur_spin, Qt.Key.Key_Up)
    for key in (Qt.Key.Key_D, Qt.Key.Key_D, Qt.Key.Key_Space):
        rig.key(key)
    assert session.playing
    rig.wait(lambda: session.playhead == FRAMES - 1)
    count = session.undo_stack.count()
    for _ in range(count):
        rig.key(Qt.Key.Key_Z, CONTROL)
    assert not session.project.focus.keys
    for _ in range(count):
        rig.key(Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert len(session.project.focus.keys) == 2

    rig.dialogs.project_target = tmp_path / "film.vbr"
    rig.key(Qt.Key.Key_S, CONTROL)
    assert not session.is_dirty
    dialog = window.export_dialog
    rig.key(Qt.Key.Key_E, CONTROL)
    assert dialog.isVisible()
    dialog.path_edit.selectAll()
    QTest.keyClicks(dialog.path_edit, str(tmp_path / "film out.mp4"))
    rig.wait(dialog.export_button.isEnabled)
    rig.wait(lambda: "min" in dialog.estimate_label.text())
    QTest.mouseClick(dialog.export_button, LEFT)
    rig.wait(lambda: dialog.pages.currentIndex() == 2)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    menu = window.menuBar().actions()[0].menu()
    menu.popup(window.mapToGlobal(QPoint(0, 20)))
    menu.close()
    window.open_path(tmp_path / "film.vbr")
    rig.wait(lambda: session.undo_stack.count() == 0 and window.depth.state == "ready")
    session.set_playhead(3)  # a picture is under way when the window goes
    rig.close()
    assert watch.faults == [], "\n".join(dict.fromkeys(watch.faults))
    for name in ("open_clip", "open_frames", "render", "sample", "histogram", "estimate_depth", "export", "close"):
        assert watch.calls.get(name), f"the journey never came to {name}"


@pytest.mark.parametrize("busy", ["opening", "rendering", "depth", "export", "estimate"])
def test_the_hand_does_not_wait_for_what_is_under_way(rig: WindowRig, tmp_path: Path, busy: str) -> None:
    """Each step has its effect at once, in the call that delivers the event, while the slow call is held."""
    window, session, core = rig.window, rig.session, rig.core
    dialog = window.export_dialog
    if busy == "depth":
        core.depth_gate.clear()
    rig.open(depth=busy != "depth")
    if busy == "opening":
        core.open_gate.clear()
        window.open_path("/clips/other.mp4")
        rig.wait(lambda: window.runner.jobs[0].progress is not None)
    elif busy == "rendering":
        core.server.gate.clear()
        core.server.began.clear()
        session.set_playhead(20)
        rig.wait(core.server.began.is_set)
    elif busy in ("export", "estimate"):
        (core.export_gate if busy == "export" else core.estimate_gate).clear()
        dialog.open_for_document()
        dialog.path_edit.setText(str(tmp_path / "out.mp4"))
        if busy == "export":
            QTest.mouseClick(dialog.export_button, LEFT)
        rig.wait(lambda: window.runner.jobs and window.runner.jobs[0].progress is not None)
        window.activateWindow()  # the dialog is not in its way
        rig.wait(window.isActiveWindow)
    jobs = window.runner.jobs
    ruler, axis = window.timeline.ruler, window.timeline.viewport.axis
    drag(ruler, QPointF(axis.x(2), 4), QPointF(axis.x(9), 4))
    assert session.playhead == 9
    rig.key(Qt.Key.Key_F)
    rig.key(Qt.Key.Key_Right)
    rig.key(Qt.Key.Key_F)
    assert [key.frame for key in session.project.focus.keys] == [9, 10]
    rows = window.timeline.key_rows
    begin = rows.key_center(("focus", 10))
    drag(rows, begin, begin + QPointF(axis.pixels_per_frame * 2, 0), begin + QPointF(axis.pixels_per_frame * 5, 0))
    assert [key.frame for key in session.project.focus.keys] == [9, 15]
    rig.key(Qt.Key.Key_Z, CONTROL)
    assert [key.frame for key in session.project.focus.keys] == [9, 10]
    rig.key(Qt.Key.Key_L)
    assert session.playing == 1.0
    rig.key(Qt.Key.Key_K)
    rig.key(Qt.Key.Key_G)
    assert window.curves is not None
    assert window.curves.isVisible()
    assert window.runner.jobs == jobs  # still under way
    assert busy != "rendering" or not core.server.gate.is_set()

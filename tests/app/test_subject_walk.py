"""Tab from thing to thing in the picture, Return to focus there, and never a trap."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]  # offscreen says so


@pytest.fixture
def core(rig):
    return rig.core


@pytest.fixture
def window(rig):
    rig.open()
    focus_picture(rig)
    return rig.window


def focus_picture(rig):
    rig.window.activateWindow()
    rig.window.viewer.setFocus()
    rig.wait(rig.window.viewer.hasFocus)


def tab(window, back=False):
    QTest.keyClick(window.viewer, Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab)


def mark(window):
    reticle = window.viewer.reticle
    return None if reticle is None or reticle.kind != "candidate" else (reticle.x, reticle.y)


def marked(qtbot, window, x):
    qtbot.waitUntil(lambda: mark(window) is not None and mark(window)[0] == pytest.approx(x))


def test_tab_goes_through_the_subjects_and_out(qtbot, window):
    for x in (256, 160, 64):
        tab(window)
        marked(qtbot, window, x)
        assert window.viewer.hasFocus()
    assert "3 of 3" in window.viewer.accessibleDescription()
    tab(window)
    assert not window.viewer.hasFocus()
    assert mark(window) is None
    assert not window.session.is_dirty  # looking is no edit


def test_backwards_from_the_farthest(qtbot, window):
    tab(window, back=True)
    marked(qtbot, window, 64)
    tab(window, back=True)
    marked(qtbot, window, 160)


@pytest.mark.parametrize(("modifiers", "easing"), [("NoModifier", None), ("ShiftModifier", "hold")])
def test_return_focuses_there(qtbot, window, modifiers, easing):
    session = window.session
    if easing:  # a cut of focus needs a key before it
        QTest.mouseClick(window.viewer, Qt.MouseButton.LeftButton, pos=window.viewer.rect().center())
        qtbot.waitUntil(lambda: len(session.project.focus.keys) == 1)
        session.set_playhead(10)
    tab(window)
    marked(qtbot, window, 256)
    QTest.keyClick(window.viewer, Qt.Key.Key_Return, getattr(Qt.KeyboardModifier, modifiers))
    qtbot.waitUntil(lambda: session.playhead in [key.frame for key in session.project.focus.keys])
    key = session.project.focus.keys[-1]
    assert key.value == pytest.approx(0.8)
    assert (key.anchor.x, key.anchor.y) == pytest.approx((256, 90))
    assert window.viewer.reticle.kind == "focus"
    if easing:
        assert session.project.focus.keys[0].easing == easing


@pytest.mark.parametrize("how", ["escape", "mouse", "frame", "edit"])
def test_the_mark_goes(qtbot, window, how):
    tab(window)
    marked(qtbot, window, 256)
    if how == "escape":
        QTest.keyClick(window.viewer, Qt.Key.Key_Escape)
    elif how == "mouse":
        QTest.mouseClick(window.viewer, Qt.MouseButton.MiddleButton, pos=QPoint(5, 5))
    elif how == "frame":
        window.session.set_playhead(3)
    else:
        window.inspector.blur_spin.setValue(77.0)
    assert mark(window) is None
    assert "1 of 3" not in window.viewer.accessibleDescription()
    tab(window)  # and begins anew
    marked(qtbot, window, 256)


def test_without_depth_tab_goes_on(rig):
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    focus_picture(rig)
    tab(rig.window)
    rig.wait(lambda: not rig.window.viewer.hasFocus())
    assert mark(rig.window) is None
    rig.core.depth_gate.set()


def test_a_frame_without_subjects_lets_tab_through(qtbot, window, core, monkeypatch):
    monkeypatch.setattr(core.server, "subjects", lambda frame: ())
    tab(window)
    qtbot.waitUntil(lambda: not window.viewer.hasFocus())
    assert mark(window) is None


def test_a_failure_leaves_the_keyboard_free(qtbot, window, core, monkeypatch):

    def fail(frame):
        raise ValueError("no")

    monkeypatch.setattr(core.server, "subjects", fail)
    tab(window)
    qtbot.wait(100)
    monkeypatch.undo()
    tab(window)
    marked(qtbot, window, 256)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QListView,
    QScrollBar,
    QWidget,
)

from tests.app.session_stub import use_dark_theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.conftest import WindowRig

DIALOGS = ("preferences", "palette", "shortcuts", "export", "queue", "models", "errors", "about")


def open_dialog(rig: WindowRig, name: str) -> None:
    commands = {"queue": "export_queue"}
    rig.window.actions_.get(commands.get(name, name)).trigger()
    QTest.qWait(0)


def unnamed(root: QWidget) -> list[str]:
    """Widgets that take the keyboard and that a screen reader could only call by their kind."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or isinstance(widget, QScrollBar):
            continue
        if isinstance(widget, QAbstractScrollArea) and not widget.accessibleName() and not hasattr(widget, "model"):
            continue  # a frame around something that has a name
        if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QDialogButtonBox):
            continue
        if isinstance(widget, QLabel) or (isinstance(widget, QListView) and type(widget.parent()) is QFrame):
            continue  # a label is called what it says; the list of a combo box belongs to the box
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is None or not interface.text(QAccessible.Text.Name):
            found.append(f"{type(widget).__name__} {widget.objectName()} in {type(widget.parent()).__name__}")
    return found


def test_everything_in_the_window_has_a_name(rig: WindowRig) -> None:
    rig.open()
    rig.window.actions_.get("graph_editor").trigger()
    rig.window.look_panel.more_button.setChecked(True)
    assert unnamed(rig.window) == []


@pytest.mark.parametrize("name", DIALOGS)
def test_everything_in_a_dialog_has_a_name(rig: WindowRig, name: str) -> None:
    rig.open()
    open_dialog(rig, name)
    dialogs = [dialog for dialog in rig.window.findChildren(QDialog) if dialog.isVisible()]
    assert dialogs, name
    for dialog in dialogs:
        assert dialog.windowTitle()
        assert unnamed(dialog) == []
    rig.wait(lambda: not rig.window.runner.jobs)
    for dialog in dialogs:
        dialog.reject()


@pytest.fixture
def mirrored(qapp: QApplication) -> Iterator[None]:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def test_from_right_to_left_panels_change_sides_and_time_does_not(mirrored: None, rig: WindowRig) -> None:
    use_dark_theme()
    rig.open()
    window = rig.window
    window.actions_.get("graph_editor").trigger()
    assert window.inspector.mapTo(window, QRect().topLeft()).x() < window.viewer.mapTo(window, QRect().topLeft()).x()
    for widget in (
        window.timeline,
        window.curves,
        window.viewer,
        window.transport,
        *window.timeline.findChildren(QWidget),
    ):
        assert widget is not None
        assert widget.layoutDirection() == Qt.LayoutDirection.LeftToRight
    rig.session.set_playhead(0)
    step_back, step_on = (window.actions_.get(name) for name in ("step_back", "step_forward"))
    step_on.trigger()
    assert rig.session.playhead == 1
    step_back.trigger()
    assert rig.session.playhead == 0
    slider = window.inspector.focus_slider
    assert slider.layoutDirection() == Qt.LayoutDirection.LeftToRight, "near is at the right, as in the graph of it"


def test_picture_and_timeline_tell_where_the_playhead_is_and_what_is_sharp_there(rig: WindowRig) -> None:
    rig.open()
    window = rig.window
    rig.session.set_playhead(2)
    QTest.keyClick(window.viewer, Qt.Key.Key_Period)
    told = f"Frame 2, focus {window.keys.value('focus'):.3f}, blur {window.keys.value('blur'):.1f}."
    for widget in (window.viewer, window.timeline):
        interface = QAccessible.queryAccessibleInterface(widget)
        rig.wait(lambda interface=interface: told in interface.text(QAccessible.Text.Description))


@pytest.mark.parametrize(
    ("key", "direction"),
    [(Qt.Key.Key_Period, 1), (Qt.Key.Key_Comma, -1), (Qt.Key.Key_Up, 1), (Qt.Key.Key_Down, -1)],
)
def test_a_key_press_nudges_the_focus(rig: WindowRig, key: Qt.Key, direction: int) -> None:
    rig.open()
    rig.session.set_playhead(2)
    before = rig.window.keys.value("focus")
    rig.window.activateWindow()
    rig.window.viewer.setFocus()
    rig.wait(rig.window.viewer.hasFocus)
    QTest.keyClick(rig.window.viewer, key)
    assert (rig.window.keys.value("focus") - before) * direction > 0


def test_tab_reaches_every_control(rig: WindowRig) -> None:
    rig.open()
    window = rig.window
    window.activateWindow()
    window.viewer.setFocus()
    rig.wait(window.viewer.hasFocus)
    wanted = {
        widget
        for widget in window.findChildren(QWidget)
        if (widget.focusPolicy() & Qt.FocusPolicy.TabFocus) == Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and widget.isEnabled()
        and widget.focusProxy() is None
    }
    reached = set()
    for _ in range(3 * len(wanted)):
        here = QApplication.focusWidget()
        assert here is not None
        reached.add(here)
        QTest.keyClick(here, Qt.Key.Key_Tab)
        if here is window.viewer:  # it walks through the subjects first, which come from the worker
            QTest.qWait(50)
    missed = [f"{type(widget).__name__} {widget.accessibleName()}" for widget in wanted - reached]
    assert {window.viewer, window.timeline.key_rows, window.inspector.focus_slider} <= reached
    assert missed == []

"""The focus slider: gestures, keyboard, what it shows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.histogram_slider import HistogramSlider
from tests.app.session_stub import use_dark_theme

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]  # offscreen says so
LEFT, NONE, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def slider(qtbot):
    use_dark_theme()
    widget = HistogramSlider()
    qtbot.addWidget(widget)
    widget.resize(218, 68)  # 200 px from 0 to 1
    return widget


@pytest.fixture
def heard(slider):
    events = []
    slider.drag_started.connect(lambda: events.append("start"))
    slider.value_dragged.connect(lambda value: events.append(round(value, 4)))
    slider.drag_finished.connect(lambda: events.append("end"))
    return events


def test_set_value_is_silent_and_confined(slider, heard):
    slider.set_value(0.25)
    assert slider.value == 0.25
    slider.set_value(7)
    assert slider.value == 1.0
    slider.set_value(float("nan"))
    assert slider.value == 1.0
    assert heard == []
    assert slider.accessibleDescription() == "1.000"


def test_a_drag_is_one_gesture(slider, heard):
    QTest.mousePress(slider, LEFT, NONE, QPoint(9 + 20, 50))
    QTest.mouseMove(slider, QPoint(9 + 40, 50))
    QTest.mouseMove(slider, QPoint(9 + 400, 50))
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(9 + 400, 50))
    QTest.mouseMove(slider, QPoint(9 + 10, 50))
    assert heard == ["start", 0.1, 0.2, 1.0, "end"]


def test_a_press_on_the_histogram_goes_there(slider, heard):
    QTest.mouseClick(slider, LEFT, NONE, QPoint(9 + 150, 12))
    assert slider.value == pytest.approx(0.75)
    assert heard == ["start", 0.75, "end"]


@pytest.mark.parametrize(
    ("key", "modifiers", "expected"),
    [
        (Qt.Key.Key_Right, NONE, 0.505),
        (Qt.Key.Key_Left, NONE, 0.495),
        (Qt.Key.Key_Up, SHIFT, 0.52),
        (Qt.Key.Key_Left, SHIFT, 0.48),
        (Qt.Key.Key_PageUp, NONE, 0.6),
        (Qt.Key.Key_PageDown, NONE, 0.4),
        (Qt.Key.Key_Home, NONE, 0.0),
        (Qt.Key.Key_End, NONE, 1.0),
    ],
)
def test_each_key_press_is_a_gesture_of_its_own(slider, heard, key, modifiers, expected):
    QTest.keyClick(slider, key, modifiers)
    assert slider.value == pytest.approx(expected)
    assert heard == ["start", pytest.approx(expected), "end"]


def test_other_keys_are_left_to_the_window(slider, heard):
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_F, NONE, "f")
    QApplication.sendEvent(slider, event)
    assert not event.isAccepted()
    for key, taken in ((Qt.Key.Key_Left, True), (Qt.Key.Key_Space, False)):
        override = QKeyEvent(QEvent.Type.ShortcutOverride, key, NONE)
        override.ignore()
        QApplication.sendEvent(slider, override)
        assert override.isAccepted() == taken
    assert heard == []


def test_histogram_heights_are_square_roots_of_shares(slider):
    slider.set_histogram([0, 25, 100, -3])
    assert slider.bars == [0, 0.5, 1.0, 0]
    slider.set_histogram([0, 0])
    assert slider.bars == []
    slider.set_histogram(None)
    assert slider.bars == []


def test_the_marker_and_the_histogram_are_painted(slider):
    slider.set_value(0.9)
    plain = slider.grab().toImage()
    slider.set_histogram([100.0] * 10)
    bars = slider.grab().toImage()
    assert bars.pixelColor(9 + 40, 30) != plain.pixelColor(9 + 40, 30)
    slider.set_marker(0.5)
    marked = slider.grab().toImage()
    assert marked.pixelColor(9 + 100, 3).lightness() > bars.pixelColor(9 + 100, 3).lightness()
    slider.set_marker(None)
    assert slider.grab().toImage() == bars


def test_value_line_is_amber(slider):
    slider.set_value(0.5)
    color = slider.grab().toImage().pixelColor(9 + 100, 10)
    assert color.red() > 170
    assert color.blue() < 60


def test_it_has_a_name_for_screen_readers(slider):
    assert slider.accessibleName() == "Focus d_f"

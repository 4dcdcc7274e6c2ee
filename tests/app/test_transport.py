"""The transport bar shows the time and the speed, and its buttons are the actions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.actions import Actions
from app.session import Session
from app.transport import TransportBar
from tests.app.session_stub import make_session

pytestmark = pytest.mark.gui
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def session():
    return make_session(frame_count=235, rate=Fraction(24))


@pytest.fixture
def actions(session):
    return Actions(session)


@pytest.fixture
def bar(qtbot, session, actions):
    widget = TransportBar(session, actions)
    qtbot.addWidget(widget)
    return widget


def test_time_follows_the_playhead(bar, session):
    assert bar.time_text() == "00:00:00:00 / 00:00:09:19"
    session.set_playhead(58)
    assert bar.time_text() == "00:00:02:10 / 00:00:09:19"


def test_click_on_the_time_shows_frames(qtbot, bar, session):
    session.set_playhead(58)
    with qtbot.waitSignal(bar.as_frames_changed) as changed:
        QTest.mouseClick(bar._time, LEFT, NONE, QPoint(4, 4))
    assert changed.args == [True]
    assert bar.time_text() == "58 / 235"
    bar.set_as_frames(False)
    assert bar.time_text().startswith("00:00:02:10")


def test_buttons_trigger_their_actions(qtbot, bar, actions):
    with qtbot.waitSignal(actions.get("step_forward").triggered):
        QTest.mouseClick(bar.button("step_forward"), LEFT)
    assert bar.button("play_pause").isEnabled()


def test_buttons_have_names_and_are_large_enough(bar):
    for name, button in bar._buttons.items():
        assert button.accessibleName(), name
        assert button.minimumWidth() >= 28
        assert button.minimumHeight() >= 28
        assert not button.icon().isNull(), name


def test_the_speed_is_shown_and_play_becomes_pause(bar, session):
    def picture():
        return bar.button("play_pause").icon().pixmap(24, 24).toImage()

    paused = picture()
    session.set_playing(2.0)
    assert bar.speed_text == "▶ 2×"
    assert picture() != paused
    session.set_playing(-0.5)
    assert bar.speed_text == "◀ 0.5×"
    session.set_playing(0.0)
    assert bar.speed_text == ""
    assert picture() == paused


def test_without_a_clip(qtbot):
    session = Session()
    bar = TransportBar(session, Actions(session))
    qtbot.addWidget(bar)
    assert bar.time_text() == "--:--:--:-- / --:--:--:--"
    assert not bar.button("play_pause").isEnabled()

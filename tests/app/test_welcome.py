"""The first page and the shortcut sheet."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from app.actions import ACTIONS, Actions
from app.shortcut_sheet import ShortcutSheet
from app.welcome import RECENT_SHOWN, Welcome
from tests.app.session_stub import make_session

pytestmark = pytest.mark.gui
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def page(qtbot):
    widget = Welcome()
    qtbot.addWidget(widget)
    widget.resize(1000, 700)
    return widget


def test_buttons_ask_for_what_they_say(qtbot, page):
    with qtbot.waitSignal(page.open_requested):
        QTest.mouseClick(page._open, LEFT)
    with qtbot.waitSignal(page.sample_requested):
        QTest.mouseClick(page._sample, LEFT)
    assert page._open.property("primary") is True


def drop(zone, urls):
    data = QMimeData()
    data.setUrls(urls)
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, LEFT, NONE)
    enter.ignore()
    QApplication.sendEvent(zone, enter)
    if enter.isAccepted():
        QApplication.sendEvent(zone, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, NONE))
    return enter.isAccepted()


def test_a_dropped_file_is_taken_whatever_its_name(qtbot, page, tmp_path):
    path = tmp_path / 'it\'s a "clip" 🎬 #1.mp4'
    with qtbot.waitSignal(page.path_dropped) as dropped:
        assert drop(page.drop_zone, [QUrl.fromLocalFile(str(path))])
    assert dropped.args == [str(path)]


def test_a_web_address_is_not_taken(page):
    heard = []
    page.path_dropped.connect(heard.append)
    assert not drop(page.drop_zone, [QUrl("https://example.org/clip.mp4")])
    assert heard == []


def test_what_can_be_set_up_first_is_a_click_away(qtbot, page):
    for name in ("models", "preferences", "shortcuts"):
        with qtbot.waitSignal(page.command_requested) as heard:
            qtbot.mouseClick(page.link_buttons[name], Qt.MouseButton.LeftButton)
        assert heard.args == [name]


def test_a_low_window_shows_fewer_recent_files_and_clips_nothing(qtbot, page):
    page.resize(960, 2000)
    page.set_recent([f"/films/{number}.vbr" for number in range(RECENT_SHOWN)])
    page.show()
    page.resize(960, page.minimumSizeHint().height() - 50)
    shown = [button for button in page.recent_buttons if button.isVisible()]
    assert 0 < len(shown) < RECENT_SHOWN
    assert shown == page.recent_buttons[: len(shown)]
    qtbot.waitUntil(lambda: page.link_buttons["models"].geometry().bottom() < page.height())
    mark = page.drop_zone.findChild(QLabel)
    qtbot.waitUntil(lambda: mark.height() >= mark.pixmap().deviceIndependentSize().height())
    page.resize(960, 2000)
    qtbot.waitUntil(lambda: all(button.isVisible() for button in page.recent_buttons))


def test_recent_files_are_listed_and_open(qtbot, page):
    assert not page._recent_title.isVisibleTo(page)
    paths = [f"/films/salt & pepper {number}.vbr" for number in range(RECENT_SHOWN + 3)]
    page.set_recent(paths)
    assert page._recent_title.isVisibleTo(page)
    assert len(page.recent_buttons) == RECENT_SHOWN
    assert "salt && pepper 0.vbr" in page.recent_buttons[0].text()
    with qtbot.waitSignal(page.recent_requested) as asked:
        page.recent_buttons[1].click()
    assert asked.args == [paths[1]]
    page.set_recent([])
    assert page.recent_buttons == []


def test_the_sheet_lists_every_command_that_has_a_key(qtbot):
    session = make_session()
    sheet = ShortcutSheet(Actions(session))
    qtbot.addWidget(sheet)
    shown = {text: keys for keys, text in sheet.shown}
    for spec in ACTIONS:
        if spec.shortcuts:
            assert spec.text.replace("&", "").rstrip("…") in shown, spec.id
    assert shown["Save"] == "Ctrl+S"
    assert "Hold: compare with the source" in shown
    assert all("&" not in text for text in shown)

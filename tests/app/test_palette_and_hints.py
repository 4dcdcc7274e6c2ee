"""The command palette and the hints of the first document."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app import preferences
from app.actions import Actions
from app.command_palette import CommandPalette, recent, score
from app.hints import STEPS, Hints
from tests.app.session_stub import make_session
from vbr_core import edits
from vbr_core.project import Project

pytestmark = pytest.mark.gui


@pytest.fixture
def palette(qtbot):
    session = make_session()
    actions = Actions(session)
    dialog = CommandPalette(actions)
    dialog.keep = session
    qtbot.addWidget(dialog)
    dialog.open_page()
    return dialog, actions, session


def test_letters_fit_in_their_order_and_beginnings_fit_best():
    assert score("xyz", "Zoom in") is None
    assert score("ni", "in") is None
    assert score("zi", "Zoom in") > score("zi", "Resizing")
    assert score("SAVE", "Save as") is not None


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("save co", "save_copy"), ("zin", "zoom_in"), ("ctrl+e", "export"), ("blurkey", "key_blur_here"), ("go", None)],
)
def test_typing_finds_the_command(palette, typed, wanted):
    dialog, _actions, _session = palette
    QTest.keyClicks(dialog.field, typed)
    assert dialog.shown
    if wanted:
        assert dialog.current == wanted


def test_arrows_and_enter_run_a_command_which_comes_first_the_next_time(palette):
    dialog, actions, _session = palette
    heard = []
    actions.get("zoom_out").triggered.connect(lambda: heard.append(1))
    QTest.keyClicks(dialog.field, "zoom")
    steps = dialog.shown.index("zoom_out")
    for _ in range(steps):
        QTest.keyClick(dialog.field, Qt.Key.Key_Down)
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert heard == [1]
    assert not dialog.isVisible()
    assert recent() == ["zoom_out"]
    dialog.open_page()
    assert dialog.current == "zoom_out"
    QTest.keyClick(dialog.field, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_what_cannot_be_used_says_why_and_does_not_run(palette):
    dialog, actions, session = palette
    session.open_document(Project(), None, None, None)
    heard = []
    actions.get("export").triggered.connect(lambda: heard.append(1))
    QTest.keyClicks(dialog.field, "export video")
    assert dialog.current == "export"
    assert dialog.list.currentItem().text(1) == "open a clip first"
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert heard == []
    assert dialog.isVisible()


def test_nonsense_finds_nothing_and_says_so(palette):
    dialog, _actions, _session = palette
    QTest.keyClicks(dialog.field, "qqqqzzzz")
    assert dialog.shown == []
    QTest.keyClick(dialog.field, Qt.Key.Key_Down)
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    assert dialog.isVisible()


def test_a_damaged_list_of_recent_commands_is_empty():
    preferences.store("palette/recent", '{"a": [')
    assert recent() == []
    preferences.store("palette/recent", '["export", 3, "gone"]')
    assert recent() == ["export"]


@pytest.fixture
def hints(qtbot):
    session = make_session()
    actions = Actions(session)
    picture = QWidget()
    picture.resize(640, 360)
    qtbot.addWidget(picture)
    note = Hints(session, actions, picture)
    picture.show()
    session.clip_opened.emit(session.clip_info)
    return note, session, actions, picture


def test_every_hint_goes_when_it_is_done_and_none_comes_again(hints, qtbot):
    note, session, actions, picture = hints
    session.apply(edits.remove_keys(session.project, "focus", [key.frame for key in session.project.focus.keys]), "")
    note.restart()
    assert note.isVisible()
    assert "sharp" in note.label.text()
    assert picture.rect().contains(note.geometry())
    session.apply(edits.add_key(session.project, "focus", 1, 0.5), "")
    assert note.step == 1
    session.apply(edits.add_key(session.project, "focus", 5, 0.2), "")
    assert note.step == 2
    actions.get("export").trigger()
    assert note.step == STEPS
    assert not note.isVisible()
    session.clip_opened.emit(session.clip_info)
    assert not note.isVisible()
    note.restart()
    assert note.isVisible()
    QTest.mouseClick(note.close_button, Qt.MouseButton.LeftButton)
    assert not note.isVisible()
    assert note.step == STEPS


def test_a_small_picture_keeps_the_hint_inside(hints):
    note, _session, _actions, picture = hints
    note.restart()
    picture.resize(260, 300)
    assert picture.rect().contains(note.geometry())

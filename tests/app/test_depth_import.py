"""The window asks what imported depth means where that is not sure, once, and takes the answer over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from vbr_core import edits
from vbr_core.depth.import_rules import Reading

if TYPE_CHECKING:
    from tests.app.conftest import WindowRig

QUESTION = "'maps' is read as disparity, but then the top of the pictures would be nearer than the bottom."


@pytest.fixture
def doubtful(rig: WindowRig, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The core's depth is unsure unless it is told what it means; gives the meanings that were asked for."""
    asked: list[str] = []
    estimate = rig.core.estimate_depth

    def doubt(*arguments: Any) -> Any:
        asked.append(arguments[4])
        source: Any = estimate(*arguments)
        sure = arguments[4] != "auto" or arguments[1] == "starter"
        source.reading = Reading("disparity", sure=sure, question="" if sure else QUESTION)
        source.note = "'maps' has 8 bits."
        return source

    monkeypatch.setattr(rig.core, "estimate_depth", doubt)
    rig.open()
    return asked


def choose(rig: WindowRig) -> None:
    session = rig.session
    session.apply(edits.set_depth(session.project, "/maps"), "Choose the depth")


def test_the_answer_is_taken_over_and_can_be_undone(rig: WindowRig, doubtful: list[str]) -> None:
    question = rig.window.depth_question
    assert question.dialog is None  # the starter's own disparity is sure
    choose(rig)
    rig.wait(lambda: question.dialog is not None)
    assert QUESTION in question.dialog.text.text()
    assert question.dialog.answers["disparity"].isChecked()
    question.dialog.answers["inverted"].click()
    QTest.mouseClick(question.dialog.use, Qt.MouseButton.LeftButton)
    assert rig.session.project.depth_reading == "inverted"
    assert question.dialog is None
    rig.wait(lambda: rig.window.depth.state == "ready" and doubtful == ["auto", "auto", "inverted"])
    assert question.dialog is None
    rig.session.undo_stack.undo()
    assert (rig.session.project.depth, rig.session.project.depth_reading) == ("/maps", "auto")
    rig.wait(lambda: rig.window.depth.state == "ready" and len(doubtful) == 4)
    assert question.dialog is None  # asked once


def test_it_can_be_left_as_it_is(rig: WindowRig, doubtful: list[str]) -> None:
    question = rig.window.depth_question
    notes: list[str] = []
    question.noted.connect(notes.append)
    choose(rig)
    rig.wait(lambda: question.dialog is not None)
    QTest.keyClick(question.dialog, Qt.Key.Key_Escape)
    assert question.dialog is None
    assert rig.session.project.depth_reading == "auto"
    assert notes == ["'maps' has 8 bits."]
    rig.window.depth.start()
    rig.wait(lambda: rig.window.depth.state == "ready" and len(doubtful) == 3)
    assert question.dialog is None


def test_another_choice_of_depth_closes_it(rig: WindowRig, doubtful: list[str]) -> None:
    question = rig.window.depth_question
    choose(rig)
    rig.wait(lambda: question.dialog is not None)
    rig.session.apply(edits.set_depth(rig.session.project, "starter"), "Choose the depth")
    assert question.dialog is None
    rig.wait(lambda: rig.window.depth.state == "ready")
    assert question.dialog is None

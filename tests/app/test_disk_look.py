"""Looks at the disk: only the newest question is answered, and a slow disk holds nobody."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent

from app.disk_look import DiskLook

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_only_the_newest_question_is_answered(qtbot: QtBot) -> None:
    look, gate, asked = DiskLook(), threading.Event(), []
    answers: list[object] = []
    look.answered.connect(answers.append)

    def question(number: int) -> int:
        asked.append(number)
        assert gate.wait(20)
        return number

    for number in range(5):
        look.ask(lambda number=number: question(number))  # type: ignore[misc]
    assert look.is_looking
    gate.set()
    qtbot.waitUntil(lambda: not look.is_looking)
    assert (answers, asked[-1]) == ([4], 4)
    assert len(asked) == 2  # those between were never begun
    gate.clear()
    look.ask(lambda: question(9))
    look.forget()
    gate.set()
    qtbot.waitUntil(lambda: not look.is_looking)
    assert answers == [4]


def test_what_cannot_be_looked_at_has_no_answer(qtbot: QtBot) -> None:
    look = DiskLook()
    with qtbot.waitSignal(look.answered) as told:
        look.ask(lambda: os.stat("\0"))
    assert told.args == [None]


def test_a_look_outlives_the_window_without_harm(qtbot: QtBot) -> None:
    look, began, gate, over = DiskLook(), threading.Event(), threading.Event(), threading.Event()

    def question() -> None:
        began.set()
        gate.wait(20)
        over.set()

    look.ask(question)
    qtbot.waitUntil(began.is_set)
    look.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gate.set()
    qtbot.waitUntil(over.is_set)

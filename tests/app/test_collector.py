"""Garbage with Qt objects in it: on which thread it goes."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, QTimer

from app.collector import GuiCollector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GuiCollector]:
    collector = GuiCollector()
    yield collector
    collector.stop()
    gc.disable()  # as the whole suite has it


class Loop(QObject):
    """A Qt object in a reference cycle, that notes the thread on which it ends."""

    def __init__(self, ends: list[str]) -> None:
        super().__init__()
        self.timer = QTimer(self)
        self.timer.start(100_000)
        self.me = self
        self.ends = ends

    def __del__(self) -> None:
        self.ends.append(threading.current_thread().name)


def allocate_much() -> None:
    """What would start Python's own collector many times."""
    kept: list[object] = []
    for _ in range(200_000):
        kept.append([kept])


def test_cycles_end_on_the_gui_thread_only(qtbot: QtBot, collector: GuiCollector) -> None:
    ends: list[str] = []
    Loop(ends)
    worker = threading.Thread(target=allocate_much, name="worker")
    worker.start()
    worker.join()
    assert ends == []
    for _ in range(200):  # the object has to grow old first, or not: whichever generation it is in, it goes
        if ends:
            break
        allocate_much()
        collector.look()
    assert ends == ["MainThread"]


def test_stopping_gives_the_work_back(collector: GuiCollector) -> None:
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0

"""A whole window on fakes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.helpers.fakes import FakeCore, FakeDialogs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from app.core_access import Core
    from app.dialogs import Dialogs

CLIP = Path("/clips/fake.mp4")


class WindowRig:
    """The main window with a fake core and dialogs that answer from attributes."""

    def __init__(self, qtbot: QtBot, core: FakeCore | None = None) -> None:
        from app.main_window import MainWindow

        self.qtbot = qtbot
        self.core = core or FakeCore()
        self.dialogs = FakeDialogs()
        self.window = MainWindow(cast("Core", self.core), cast("Dialogs", self.dialogs))
        self.window.resize(1280, 720)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.session = self.window.session

    def wait(self, condition: Callable[[], Any]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=5000)

    def open(self, depth: bool = True) -> None:
        """Open the fake clip and wait for its first picture (and its depth)."""
        self.window.open_path(CLIP)
        self.wait(lambda: self.window.preview.shown is not None)
        if depth:
            self.wait(lambda: self.window.depth.state == "ready")
            self.wait(lambda: not self.window.runner.jobs)

    def click(self, x: float, y: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Click the picture at a point of the clip."""
        place = self.window.viewer.view_geometry.to_widget(x, y)
        point = QPoint(round(place[0]), round(place[1]))
        QTest.mouseClick(self.window.viewer, Qt.MouseButton.LeftButton, modifiers, point)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.window.viewer, key, modifiers)

    def close(self) -> None:
        self.dialogs.unsaved = "discard"
        core = self.core
        for gate in (core.open_gate, core.server.gate, core.depth_gate, core.carry_gate, core.export_gate):
            gate.set()
        self.window.close()
        self.wait(lambda: not self.window.isVisible())


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[WindowRig]:
    rig = WindowRig(qtbot)
    yield rig
    if rig.window.isVisible():
        rig.close()
    rig.window.deleteLater()

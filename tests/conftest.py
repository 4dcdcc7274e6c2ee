"""For the whole suite: the user's folders are temporary, nothing asks questions, nothing is left behind."""

from __future__ import annotations

import gc
import logging
import os
import sys
from typing import TYPE_CHECKING

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUI_FIXTURES = {"qapp", "qtbot"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expect_logs: the test provokes log messages of WARNING or above")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if GUI_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.gui)
            # the offscreen platform says so for every dialog
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@pytest.fixture(autouse=True)
def private_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and caches of the user are neither read nor written."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("VBR_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("VBR_CONFIG_DIR", str(folder / "config"))
    return folder


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_unexpected_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """A message of WARNING or above fails the test unless it is marked ``expect_logs``."""
    collector = _Collector()
    root = logging.getLogger()
    root.addHandler(collector)
    yield
    root.removeHandler(collector)
    if request.node.get_closest_marker("expect_logs") is None:
        ours = [record for record in collector.records if not record.name.startswith(("numba", "asyncio"))]
        assert not ours, "logged: " + "; ".join(f"{record.name}: {record.getMessage()}" for record in ours)


@pytest.fixture(autouse=True)
def clean_window_state(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With a Qt application: modal questions are refused, and no window, running timer or thread stays behind."""
    if not GUI_FIXTURES & set(request.fixturenames):
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("a modal question was asked; give the window dialogs that answer")

    for kind in (QDialog, QMessageBox, QFileDialog):
        monkeypatch.setattr(kind, "exec", refuse)
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, refuse)
    for name in ("question", "information", "warning", "critical", "about"):
        monkeypatch.setattr(QMessageBox, name, refuse)
    request.getfixturevalue("qapp")
    before = set(QApplication.topLevelWidgets())
    yield
    if "qtbot" in request.fixturenames:  # closes what the test gave it
        from pytestqt.qtbot import _close_widgets

        _close_widgets(request.node)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    left = [widget for widget in QApplication.topLevelWidgets() if widget not in before and widget.isVisible()]
    names = [f"{type(widget).__name__} {widget.objectName()}" for widget in left]
    for widget in left:
        widget.close()
        widget.deleteLater()
    assert not names, f"windows left open: {names}"
    application = QApplication.instance()
    assert application is not None
    timers = [timer for timer in application.findChildren(QTimer) if timer.isActive()]
    assert not timers, f"timers left running: {timers}"
    threads = [thread for thread in application.findChildren(QThread) if thread.isRunning()]
    assert not threads, f"threads left running: {threads}"


@pytest.fixture(autouse=True)
def no_left_threads(request: pytest.FixtureRequest) -> Iterator[None]:
    """The window's own threads (preview, jobs) end with the test that started them."""
    import threading

    def ours() -> set[threading.Thread]:
        return {t for t in threading.enumerate() if t.name in ("preview", "autosave") or t.name.startswith("job: ")}

    before = ours()
    yield
    left = ours() - before
    for thread in left:
        thread.join(5.0)
    alive = [thread.name for thread in left if thread.is_alive()]
    assert not alive, f"threads left running: {alive}"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Qt objects must not be destroyed on a worker thread, so nothing is collected while a test runs."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """What the tests have imported stays; looking through it after each of them took longer than many a test."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Back to Python's own ways, so that libraries find nothing left over when they are unloaded.

    The offscreen platform keeps what was copied until after the interpreter's end; what Python made of it (the copied
    keys) cannot be destroyed then.
    """
    gc.unfreeze()
    gc.enable()
    if "PySide6.QtWidgets" in sys.modules:
        from PySide6.QtWidgets import QApplication

        if isinstance(QApplication.instance(), QApplication):
            QApplication.clipboard().clear()


@pytest.fixture(autouse=True)
def collected_on_the_main_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """What :class:`app.collector.GuiCollector` does in the program. What a test imported is not looked at again."""
    modules = len(sys.modules)
    yield
    if len(sys.modules) > modules + 50:
        gc.freeze()
    gc.collect(2 if "qapp" in request.fixturenames else 1)
    if gc.isenabled():  # the program's own collector was stopped, and has let all go
        gc.disable()
        gc.freeze()

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from app import errors, preferences
from app.__main__ import main
from vbr_core.errors import ClipError

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

QUICK_QUIT = """
import sys
from PySide6.QtCore import QTimer
import app.main_window
show = app.main_window.MainWindow.show
def show_and_close(window):
    show(window)
    QTimer.singleShot(0, window, window.close)
app.main_window.MainWindow.show = show_and_close
from app.__main__ import main
sys.exit(main([]))
"""


def test_starts_shows_the_window_and_ends(private_folders: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUICK_QUIT], capture_output=True, text=True, timeout=60, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    text = preferences.log_file().read_text(encoding="utf-8")
    assert "starting" in text
    assert "ended with status 0" in text


def test_help_names_the_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert ".vbr" in capsys.readouterr().out


def test_log_without_a_writable_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setenv("VBR_CONFIG_DIR", str(blocked))
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    errors.start_logging()
    (added,) = [handler for handler in root.handlers if handler not in before]
    root.removeHandler(added)
    root.setLevel(level)
    assert type(added) is logging.StreamHandler


@pytest.mark.expect_logs
def test_hooks_tell_what_nobody_caught(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    reporter = errors.ErrorReporter()
    reporter.install_hooks()

    def fail() -> None:
        raise RuntimeError("boom")

    thread = threading.Thread(target=fail)
    with qtbot.waitSignal(reporter.reported, timeout=5000) as told:
        thread.start()
        thread.join()
    assert str(told.args[0]) == "boom"
    assert reporter.dialog is not None
    assert "boom" in reporter.dialog.message_label.text()
    assert "Traceback" in reporter.dialog.details.toPlainText()
    reporter.dialog.accept()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ClipError("No clip.", "Choose one."), ("No clip.", "Choose one.")),
        (MemoryError(), ("There is not enough memory for this.", "Close other programs, or choose a smaller size.")),
    ],
)
def test_errors_in_words(error: Exception, message: tuple[str, str]) -> None:
    assert errors.describe(error) == message


def test_recent_files_newest_first_without_those_gone(private_folders: Path, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.mp4", "b ü.mp4", "c.vbr")]
    for path in paths:
        path.touch()
        preferences.add_recent_file(path)
    preferences.add_recent_file(paths[0])
    paths[2].unlink()
    assert preferences.find_gone() == [str(paths[0]), str(paths[1])] == preferences.recent_files()
    paths[2].touch()
    preferences.add_recent_file(paths[2])
    assert preferences.recent_files()[0] == str(paths[2])

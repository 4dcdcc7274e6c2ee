"""A window in a process of its own is killed in the middle of a drag; the next one gets the work back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app import preferences
from app.autosave_store import read_kept
from tests.app.conftest import WindowRig
from vbr_core import edits
from vbr_core.errors import ClipError, ProjectError
from vbr_core.project import Project, load_project, save_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from app.recovery import RecoveryDialog

pytestmark = pytest.mark.slow
PATIENCE_SECONDS = 120

CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.main_window import MainWindow
from tests.helpers.fakes import FakeCore, FakeDialogs
from vbr_core import edits

application = QApplication([])
window = MainWindow(FakeCore(), FakeDialogs())
window.life.autosave._timer.setInterval(200)  # the test waits for it
window.show()
window.open_path(sys.argv[1])
value = 0

def drag():
    global value
    if window.session.clip_info is not None:
        value += 1
        window.session.apply(edits.set_base(window.session.project, "blur", value % 400), "Drag", "gesture")

timer = QTimer()
timer.timeout.connect(drag)
timer.start(5)
application.exec()
"""


@pytest.fixture
def killed(tmp_path: Path, private_folders: Path) -> Iterator[Callable[[Path], Path]]:
    """A function that edits a document in another process, kills it, and returns the file that it left."""
    children: list[subprocess.Popen[bytes]] = []

    def run_and_kill(document: Path) -> Path:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(document)], cwd=Path(__file__).parents[2], stderr=subprocess.PIPE
        )
        children.append(child)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            assert child.poll() is None, child.stderr.read() if child.stderr else b""
            found = sorted(preferences.autosave_folder().glob("*.autosave"))
            if found and read_kept(found[-1]).project.blur.base > 20:  # several writes, the drag goes on
                os.kill(child.pid, signal.SIGKILL)
                child.wait(PATIENCE_SECONDS)
                return found[-1]
            time.sleep(0.05)
        raise AssertionError("the child never kept its work")

    yield run_and_kill
    for child in children:
        if child.poll() is None:
            child.kill()
        child.communicate()


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[WindowRig]:
    rig = WindowRig(qtbot)
    yield rig
    if rig.window.isVisible():
        rig.close()
    rig.window.deleteLater()


def offered(rig: WindowRig) -> RecoveryDialog:
    rig.window.life.recovery.look()
    rig.wait(lambda: rig.window.life.recovery.dialog is not None)
    dialog = rig.window.life.recovery.dialog
    assert dialog is not None
    return dialog


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_recovered_saved(rig: WindowRig, killed: Callable[[Path], Path], tmp_path: Path) -> None:
    document = tmp_path / "a “film” 🎬.vbr"
    rig.open()
    first = save_project(rig.session.project, document)
    rig.window.document.close_document()

    path = killed(document)
    kept = read_kept(path)
    assert kept.project.blur.base > 20
    assert load_project(document) == first  # the document itself was not touched

    dialog = offered(rig)
    assert dialog.list.count() == 1
    assert document.name in dialog.list.item(0).text()
    dialog.recover_button.click()
    rig.wait(lambda: rig.session.clip_info is not None)
    assert rig.session.path == document
    assert rig.session.project.blur.base == kept.project.blur.base
    assert rig.session.is_dirty
    assert rig.window.isWindowModified()
    assert path.exists()  # kept until it is saved

    rig.session.apply(edits.set_base(rig.session.project, "focus", 0.25), "Focus")
    assert rig.window.document.save()
    assert load_project(document).blur.base == kept.project.blur.base
    assert list(preferences.autosave_folder().iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_later_failed_and_thrown_away(rig: WindowRig, killed: Callable[[Path], Path]) -> None:
    path = killed(Path("/clips/fake.mp4"))
    dialog = offered(rig)
    dialog.later_button.click()
    assert path.exists()

    rig.core.open_error = ClipError("'fake.mp4' is gone.")
    offered(rig).recover_button.click()
    rig.wait(lambda: rig.window.errors.dialog is not None)
    assert rig.window.errors.dialog is not None
    rig.window.errors.dialog.accept()
    assert read_kept(path).project.blur.base > 20  # it lies there for another try

    dialog = offered(rig)
    dialog.forget_button.click()  # asked, and not agreed
    assert dialog.list.count() == 1
    rig.dialogs.forget_kept = True
    dialog.forget_button.click()
    assert "forget: fake.mp4" in rig.dialogs.asked
    with pytest.raises(ProjectError):
        read_kept(path)
    assert list(preferences.autosave_folder().iterdir()) == []
    assert rig.session.project == Project()


def test_a_proper_end_leaves_nothing_to_recover(rig: WindowRig) -> None:
    rig.open()
    rig.session.apply(edits.set_base(rig.session.project, "blur", 99.0), "Blur")
    rig.window.life.autosave.keep_now()
    rig.wait(lambda: rig.window.life.autosave.path is not None)
    rig.close()
    assert list(preferences.autosave_folder().iterdir()) == []

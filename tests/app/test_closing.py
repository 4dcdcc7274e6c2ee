"""Closing the window in every state: the question that belongs there, then nothing is left.

More states of export and queue are in test_document_life, a download that stalls is in test_models_page.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app import preferences
from app.autosave_store import Slot
from tests.app.conftest import CLIP
from tests.app.test_sound import FakeDevice
from vbr_core import edits
from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.app.conftest import WindowRig
    from vbr_core.jobs import JobContext

deaf = pytest.mark.qt_log_ignore("This plugin does not support", "Keyboard event not accepted", extend=True)
"""That a key is not accepted is what is wanted here."""
CONTROL = Qt.KeyboardModifier.ControlModifier
OURS = ("preview", "autosave", "sound", "job: ")


def ours() -> list[str]:
    """Threads of the window."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(OURS)]


def act(rig: WindowRig, name: str) -> None:
    rig.window.actions_.get(name).trigger()


def held(rig: WindowRig) -> Callable[..., object]:
    """Work that goes on until it is stopped."""

    def work(*arguments: Any) -> object:
        ctx: JobContext = next(each for each in arguments if hasattr(each, "token"))
        while True:
            ctx.step(1, 10, "Working")
            threading.Event().wait(0.005)

    return work


def under_way(rig: WindowRig) -> None:
    rig.wait(lambda: any(job.progress is not None for job in rig.window.runner.jobs))


# --- states ----------------------------------------------------------------------------------------------------------


def opening(rig: WindowRig) -> None:
    rig.open()
    rig.core.open_gate.clear()
    rig.window.open_path("/clips/other.mp4")
    under_way(rig)


def estimating(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    under_way(rig)


def rendering(rig: WindowRig) -> None:
    rig.open()
    rig.core.server.gate.clear()
    rig.core.server.began.clear()
    rig.session.set_playhead(9)
    rig.wait(rig.core.server.began.is_set)


def sounding(rig: WindowRig) -> None:
    def silence(*_: object) -> Iterator[np.ndarray]:
        while True:
            yield np.zeros((512, 2), np.int16)

    rig.open()
    device = FakeDevice()
    sound = rig.window.playback.sound
    sound._open_device = lambda: (device, "")
    sound.set_source(silence)
    rig.key(Qt.Key.Key_L)
    rig.wait(lambda: len(device.given))
    assert "sound" in ours()


def making_ahead(rig: WindowRig) -> None:
    rig.open()
    ahead = rig.window.playback.prerender
    ahead._idle.setInterval(0)
    ahead.set_enabled(True)
    rig.wait(lambda: len(rig.window.preview.cached_frames()[0]) > 2)


def exporting(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    act(rig, "export")
    rig.window.export_dialog.path_edit.setText(str(preferences.config_folder().parent / "x.mp4"))
    QTest.mouseClick(rig.window.export_dialog.export_button, Qt.MouseButton.LeftButton)
    under_way(rig)


def measuring(rig: WindowRig) -> None:
    rig.open()
    rig.core.estimate_gate.clear()
    act(rig, "export")
    rig.wait(lambda: rig.core.estimated)


def getting_model(rig: WindowRig) -> None:
    rig.open()
    rig.core.get_model = held(rig)  # type: ignore[attr-defined]
    rig.window.models.get("any")
    under_way(rig)


def taking_model(rig: WindowRig) -> None:
    rig.core.import_model = held(rig)  # type: ignore[attr-defined]
    rig.window.models.import_file("any", CLIP)
    act(rig, "models")
    under_way(rig)


def importing_depth(rig: WindowRig) -> None:
    rig.open()
    rig.core.estimate_depth = held(rig)  # type: ignore[method-assign]
    rig.session.apply(edits.set_depth(rig.session.project, "/clips/maps"), "Import depth")
    under_way(rig)


def depth_failed(rig: WindowRig) -> None:
    rig.core.depth_error = DepthError("No depth.")
    rig.open(depth=False)
    rig.wait(lambda: rig.window.depth.state == "failed")


def following(rig: WindowRig) -> None:
    rig.open()
    rig.core.follow_point = held(rig)  # type: ignore[attr-defined]
    rig.window.focus_tools.follow(100, 90)
    under_way(rig)


def repairing(rig: WindowRig) -> None:
    rig.open()
    act(rig, "repair_lasso")


def saving_still(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_still = held(rig)  # type: ignore[method-assign]
    rig.dialogs.still_target = preferences.config_folder() / "still.png"
    act(rig, "export_still")
    under_way(rig)


def moving_cache(rig: WindowRig) -> None:
    act(rig, "preferences")
    page = rig.window.desk.page
    assert page is not None
    rig.window.runner.start("Moving the cache", held(rig))
    under_way(rig)


def offering_work(rig: WindowRig) -> None:
    slot = Slot.create(preferences.autosave_folder())
    slot.write(edits.set_value(rig.session.project, "blur", 0, 9.0), None, CLIP)
    slot.release()
    act(rig, "recover")
    rig.wait(lambda: rig.window.life.recovery.dialog is not None)


def menu_open(rig: WindowRig) -> None:
    rig.open()
    rig.window._show_picture_menu(50, 50, rig.window.mapToGlobal(QPoint(200, 200)))
    assert any(menu.isVisible() for menu in rig.window.findChildren(QMenu))


def full_screen(rig: WindowRig) -> None:
    rig.open()
    act(rig, "full_screen")


def page(name: str) -> Callable[[WindowRig], None]:
    def show(rig: WindowRig) -> None:
        rig.open()
        act(rig, name)

    show.__name__ = name
    return show


PAGES = ("preferences", "palette", "models", "export", "export_queue", "about", "errors", "shortcuts", "hints")
STATES = (
    opening,
    estimating,
    rendering,
    sounding,
    making_ahead,
    exporting,
    measuring,
    getting_model,
    taking_model,
    importing_depth,
    depth_failed,
    following,
    repairing,
    saving_still,
    moving_cache,
    offering_work,
    menu_open,
    full_screen,
    *map(page, PAGES),
)


@deaf
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_closing_leaves_nothing(rig: WindowRig, state: Callable[[WindowRig], None]) -> None:
    state(rig)
    window, offered = rig.window, state is offering_work
    has_document = rig.session.clip_info is not None
    if has_document:
        rig.session.apply(edits.set_value(rig.session.project, "blur", 0, 99.0), "Set blur")
        window.life.autosave.keep_now()
        rig.wait(lambda: window.life.autosave.path is not None and window.life.autosave._thread is None)
        jobs = window.runner.jobs
        window.close()  # the answer is cancel: all goes on
        assert window.isVisible()
        assert window.isEnabled()
        assert window.runner.jobs == jobs
        assert not any(job.is_cancelling for job in jobs)
    rig.dialogs.unsaved = "discard"
    rig.dialogs.asked.clear()
    window.close()
    if state is rendering:
        assert window.isVisible()  # it waits for the picture, and takes no commands meanwhile
        rig.key(Qt.Key.Key_O, CONTROL)
        rig.core.server.gate.set()
    rig.wait(lambda: not window.isVisible())
    asked = ["stop exports: An export is not finished."] if state is exporting else []
    assert rig.dialogs.asked == asked + ["unsaved: fake.vbr"] * has_document
    rig.wait(lambda: window.runner.jobs == ())
    assert ours() == []
    QApplication.processEvents()
    assert [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()] == []
    rig.wait(lambda: not any(timer.isActive() for timer in window.findChildren(QTimer)))
    assert rig.core.server.closed is has_document
    kept = preferences.autosave_folder()
    assert len(list(kept.iterdir()) if kept.exists() else []) == 2 * offered  # what was offered is for the next start


def test_saving_at_the_end_keeps_the_work_and_a_failure_keeps_the_window(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.core.server.gate.clear()
    rig.session.apply(edits.set_value(rig.session.project, "blur", 0, 99.0), "Set blur")
    rig.dialogs.unsaved = "save"
    rig.dialogs.project_target = tmp_path / "no folder" / "a.vbr"
    rig.window.close()
    assert rig.window.isVisible()
    assert rig.session.is_dirty
    rig.wait(lambda: rig.window.errors.dialog is not None)
    rig.dialogs.project_target = tmp_path / "a.vbr"
    rig.window.close()
    rig.core.server.gate.set()
    rig.wait(lambda: not rig.window.isVisible())
    assert [path.name for path in tmp_path.iterdir()] == ["a.vbr"]


@deaf
def test_what_ends_while_the_window_goes_begins_nothing_new(rig: WindowRig) -> None:
    rig.open()
    rig.core.server.gate.clear()
    rig.core.server.began.clear()
    rig.session.set_playhead(9)
    rig.wait(rig.core.server.began.is_set)
    rig.window.close()
    asked = len(rig.core.server.requests)
    for key in (Qt.Key.Key_End, Qt.Key.Key_Space, Qt.Key.Key_D):
        rig.key(key)
    assert not rig.session.playing
    rig.core.server.gate.set()
    rig.wait(lambda: not rig.window.isVisible())
    assert len(rig.core.server.requests) == asked

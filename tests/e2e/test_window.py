"""The window on a real 12-frame clip and the real core: open, click, blur, export, save, reopen; bad files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.main_window import MainWindow
from tests.helpers.clips import frame_number, make_clip
from tests.helpers.fakes import FakeDialogs
from vbr_core import edits
from vbr_core.pipeline import probe
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.slow
WIDTH, HEIGHT, FRAMES = 160, 96, 12
PATIENCE_MS = 120_000
"""The first picture compiles the renderer."""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    folder = tmp_path / "a clip's “folder” 🎬"
    folder.mkdir()
    return make_clip(folder / "twelve.mp4", width=WIDTH, height=HEIGHT, frames=FRAMES, audio=1)


@pytest.fixture
def depth_folder(tmp_path: Path) -> Path:
    """Disparity that is near on the left half and far on the right."""
    folder = tmp_path / "depth"
    folder.mkdir()
    picture = np.full((HEIGHT, WIDTH), 13107, np.uint16)
    picture[:, : WIDTH // 2] = 52428
    picture[0, 0], picture[0, 1] = 0, 65535
    for number in range(FRAMES):
        data = cv2.imencode(".png", picture)[1]
        (folder / f"{number:05d}.png").write_bytes(data.tobytes())
    return folder


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(dialogs=FakeDialogs())  # type: ignore[arg-type]
    window.resize(1280, 720)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.dialogs.unsaved = "discard"  # type: ignore[attr-defined]
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE_MS)
    window.deleteLater()


def test_open_click_blur_export_save_reopen(
    qtbot: QtBot, window: MainWindow, clip: Path, depth_folder: Path, tmp_path: Path
) -> None:
    def wait(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    session, viewer = window.session, window.viewer
    window.open_path(clip)
    wait(lambda: session.clip_info is not None)
    session.apply(edits.set_depth(session.project, str(depth_folder)), "Choose the depth")
    wait(lambda: window.depth.state == "ready")
    source = session.clip_info
    assert source is not None
    assert (source.width, source.height, session.frame_count) == (WIDTH, HEIGHT, FRAMES)

    QTest.keyClick(viewer, Qt.Key.Key_Right)
    assert session.playhead == 1
    place = viewer.view_geometry.to_widget(WIDTH * 0.25, HEIGHT * 0.7)
    QTest.mouseClick(
        viewer,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        QPoint(round(place[0]), round(place[1])),
    )
    wait(lambda: session.project.focus.keys)
    (key,) = session.project.focus.keys
    assert (key.frame, key.value) == (1, pytest.approx(0.8, abs=0.02))

    window.inspector.blur_spin.setValue(200.0)
    wait(
        lambda: (
            window.preview.shown is not None
            and window.preview.shown.request.k == 200.0
            and window.preview.shown.has_depth
            and not window.preview.shown.is_draft
        )
    )
    shown = window.preview.shown
    assert shown is not None
    with VideoReader(clip) as reader:
        original = reader.frame(1).rgb
    half = WIDTH // 2
    near = np.abs(shown.rgb[:, : half - 16].astype(int) - original[:, : half - 16])
    far = np.abs(shown.rgb[:, half + 16 :].astype(int) - original[:, half + 16 :])
    assert near.mean() < 1.0  # the side that was clicked stays as it was
    assert far.mean() > 2.0

    output = tmp_path / "out.mp4"
    dialog = window.export_dialog
    QTest.keyClick(viewer, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog.path_edit.setText(str(output))
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    wait(lambda: dialog.pages.currentIndex() == 2)
    dialog.accept()
    written = probe(output)
    assert (written.width, written.height, written.frame_count) == (WIDTH, HEIGHT, FRAMES)
    assert len(written.audio) == 1

    project_path = clip.parent / "twelve.vbr"
    window.dialogs.project_target = project_path  # type: ignore[attr-defined]
    assert window.document.save()
    moved = tmp_path / "elsewhere"
    os.rename(clip.parent, moved)
    before = session.project.focus
    window.open_path(moved / "twelve.vbr")
    wait(lambda: session.clip_path is not None and session.clip_path.parent == moved)
    assert session.project.focus == before
    assert not session.is_dirty


def test_closing_in_the_middle_of_an_export_leaves_no_half_file(
    qtbot: QtBot, window: MainWindow, clip: Path, depth_folder: Path
) -> None:
    def wait(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE_MS)

    window.open_path(clip)
    wait(lambda: window.session.clip_info is not None)
    session, dialog, output = window.session, window.export_dialog, clip.parent / "out.mp4"
    session.apply(edits.set_depth(session.project, str(depth_folder)), "Choose the depth")
    wait(lambda: window.depth.state == "ready")
    output.write_bytes(b"earlier")
    dialog.open_for_document()
    dialog.path_edit.setText(str(output))
    dialog.start()
    job = dialog._job
    assert job is not None
    with qtbot.waitSignal(job.progressed, timeout=PATIENCE_MS):  # it is at it
        pass
    window.dialogs.unsaved = "discard"  # type: ignore[attr-defined]
    window.close()
    wait(lambda: not window.isVisible())
    assert output.read_bytes() == b"earlier"
    assert sorted(path.name for path in clip.parent.iterdir()) == ["out.mp4", "twelve.mp4"]


def test_bad_files_are_told_in_one_sentence(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("this is no video")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    for path in (tmp_path / "missing.mp4", tmp_path, text, empty):
        window.open_path(path)
        qtbot.waitUntil(lambda: window.errors.dialog is not None, timeout=PATIENCE_MS)
        dialog = window.errors.dialog
        assert dialog is not None
        message = dialog.message_label.text()
        assert message
        assert "unexpected" not in message
        dialog.accept()
    assert window.session.clip_info is None


def test_scrubbing_shows_the_frame_of_the_playhead(qtbot: QtBot, window: MainWindow, clip: Path) -> None:
    window.open_path(clip)
    qtbot.waitUntil(lambda: window.preview.shown is not None, timeout=PATIENCE_MS)
    window.depth.cancel()
    window.preview.set_view("source")
    for frame in (11, 3, 7, 0, 5):
        window.session.set_playhead(frame)

    def is_there() -> bool:
        shown = window.preview.shown
        return shown is not None and shown.request.frame_index == 5 and not shown.is_draft

    qtbot.waitUntil(is_there, timeout=PATIENCE_MS)
    shown = window.preview.shown
    assert shown is not None
    assert frame_number(shown.rgb) == 5

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from app import preferences
from tests.app.conftest import CLIP, WindowRig
from vbr_core import edits
from vbr_core.clip_link import ClipLink
from vbr_core.errors import OutputError
from vbr_core.project import Clip, ClipFingerprint, Project, load_project, save_project
from vbr_core.settings import ExportSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.export_queue import QueueItem

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def change(rig: WindowRig, value: float = 99.0) -> None:
    rig.session.apply(edits.set_base(rig.session.project, "blur", value), "Blur")


def note(rig: WindowRig) -> str:
    return rig.window.status.note_label.text()


# --- documents -------------------------------------------------------------------------------------------------------


def test_a_copy_is_written_and_the_document_stays_where_it_is(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    change(rig)
    rig.dialogs.project_target = tmp_path / "copy.vbr"
    rig.window.actions_.get("save_copy").trigger()
    assert "save: fake copy.vbr" in rig.dialogs.asked
    assert load_project(tmp_path / "copy.vbr").blur.base == 99.0
    assert rig.session.is_dirty
    assert rig.window.isWindowModified()
    assert rig.session.path is None
    assert preferences.recent_files()[0] == str(tmp_path / "copy.vbr")

    rig.dialogs.project_target = tmp_path / "real.vbr"
    assert rig.window.document.save()
    assert not rig.window.isWindowModified()
    rig.window.actions_.get("save_copy").trigger()  # onto itself
    rig.wait(lambda: rig.window.errors.dialog is not None)
    rig.window.errors.dialog.accept()  # type: ignore[union-attr]


def test_recent_files_are_in_the_menu(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.dialogs.project_target = tmp_path / "a & b.vbr"
    change(rig)
    assert rig.window.document.save()
    rig.window.document.close_document()
    menu = rig.window.life.recent_menu
    assert menu is not None
    menu.aboutToShow.emit()
    first = menu.actions()[0]
    assert "a && b.vbr" in first.text()
    first.trigger()
    rig.wait(lambda: rig.session.path == tmp_path / "a & b.vbr")
    menu.actions()[-1].trigger()
    assert preferences.recent_files() == []


def saved_project(tmp_path: Path) -> Path:
    clip = Clip("old.mp4", "/clips/old.mp4", ClipFingerprint(1000, 2.0, "ab"), 48, (24,))
    path = tmp_path / "film.vbr"
    save_project(edits.add_key(Project(clip=clip), "focus", 3, 0.25), path)
    return path


@pytest.mark.parametrize("way", ["file", "folder", "folder, not there"])
def test_a_missing_clip_is_linked_again(rig: WindowRig, tmp_path: Path, way: str) -> None:
    path = saved_project(tmp_path)
    rig.core.link = ClipLink("missing", None, "The clip 'old.mp4' of this project was not found.")
    rig.dialogs.relink = "file" if way == "file" else "folder"
    rig.dialogs.search_folder = tmp_path
    rig.core.search_result = CLIP if way == "folder" else None
    rig.dialogs.clip = CLIP if way != "folder" else None
    rig.window.open_path(path)
    rig.wait(lambda: rig.session.clip_info is not None)
    assert rig.session.clip_path == CLIP
    assert rig.session.project.clip is not None
    assert rig.session.project.clip.absolute_path == str(CLIP)
    assert rig.session.project.cuts == (24,)
    assert rig.session.project.focus.keys[0].value == 0.25
    assert rig.session.is_dirty  # or the new place would be forgotten
    if way == "folder, not there":
        assert any("is not in" in text for text in rig.dialogs.asked)
    assert rig.window.document.save()
    assert load_project(path).clip == rig.session.project.clip


def test_backing_out_of_the_search_leaves_the_window_as_it_was(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.wait(lambda: rig.session.project.depth_fingerprint != "")  # comes with the depth, after the clip
    before = rig.session.project
    rig.core.link = ClipLink("missing", None, "It was not found.")
    rig.dialogs.relink = "cancel"
    rig.window.open_path(saved_project(tmp_path))
    rig.wait(lambda: "relink: It was not found." in rig.dialogs.asked and not rig.window.runner.jobs)
    assert rig.session.project == before
    assert rig.session.clip_path == CLIP


@pytest.mark.parametrize(("answer", "linked"), [("use", True), ("cancel", False)])
def test_another_clip_is_asked_about(
    rig: WindowRig, monkeypatch: pytest.MonkeyPatch, answer: str, linked: bool
) -> None:
    rig.open()
    old = edits.set_clip(rig.session.project, Clip("a.mp4", "/clips/a.mp4", ClipFingerprint(9, 2.0, "ab"), 48))
    rig.session.open_document(old, None, CLIP, rig.core.info)
    open_clip = rig.core.open_clip

    def other(path: Path, ctx: object) -> object:
        import dataclasses

        import msgspec

        opened = open_clip(path, ctx)  # type: ignore[arg-type]
        entry = msgspec.structs.replace(opened.entry, fingerprint=ClipFingerprint(8, 2.0, "cd"))
        return dataclasses.replace(opened, entry=entry)

    monkeypatch.setattr(rig.core, "open_clip", other)
    rig.dialogs.clip = Path("/clips/b.mp4")
    rig.dialogs.swapped = answer
    rig.window.actions_.get("relink").trigger()
    rig.wait(lambda: "swapped" in rig.dialogs.asked and not rig.window.runner.jobs)
    assert (rig.session.clip_path == Path("/clips/b.mp4")) is linked
    assert rig.session.is_dirty is linked


# --- stills and the command ------------------------------------------------------------------------------------------


def test_the_frame_at_the_playhead_is_saved_as_a_picture(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.session.set_playhead(7)
    rig.dialogs.still_target = tmp_path / "still.png"
    rig.key(Qt.Key.Key_E, CONTROL | SHIFT)
    rig.wait(lambda: rig.core.stills)
    assert rig.core.stills == [(rig.session.project, 7, tmp_path / "still.png", rig.window.depth.source)]
    assert "still: fake 00007.png" in rig.dialogs.asked
    rig.wait(lambda: "still.png" in note(rig))


def test_the_command_says_what_the_dialog_says(rig: WindowRig, tmp_path: Path) -> None:
    rig.open()
    rig.session.set_range(4, 10)
    command = rig.window.actions_.get("copy_command")
    command.trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:3] == ["vbr", "render", str(CLIP)]
    assert words[words.index("--range") + 1] == "4:10"
    assert words[words.index("--blur") + 1] == str(rig.session.project.blur.base)

    dialog = rig.window.export_dialog
    rig.window.actions_.get("export").trigger()
    dialog.path_edit.setText(str(tmp_path / "x.mov"))
    dialog.codec_box.setCurrentIndex(dialog.codec_box.findData("hevc"))
    dialog.reject()
    command.trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[words.index("-o") + 1] == str(tmp_path / "x.mov")
    assert words[words.index("--codec") + 1] == "hevc"

    rig.session.apply(edits.add_key(rig.session.project, "focus", 3, 0.5), "Key")
    command.trigger()  # keys need a file
    rig.wait(lambda: rig.window.errors.dialog is not None)
    assert "Save it first" in rig.window.errors.dialog.hint_label.text()  # type: ignore[union-attr]
    rig.window.errors.dialog.accept()  # type: ignore[union-attr]


# --- the queue -------------------------------------------------------------------------------------------------------


def put(rig: WindowRig, name: str) -> QueueItem:
    queue = rig.window.life.queue
    return queue.add(rig.session.project, CLIP, ExportSettings(f"/out/{name}.mp4"))


def written(rig: WindowRig) -> list[str]:
    return [Path(settings.output).stem for _, _, settings, _ in rig.core.exported]


def test_exports_run_one_after_the_other_in_their_order(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    queue = rig.window.life.queue
    a, b, c = put(rig, "a"), put(rig, "b"), put(rig, "c")
    with pytest.raises(OutputError, match="Another export"):
        put(rig, "b")
    assert [item.state for item in (a, b, c)] == ["running", "waiting", "waiting"]
    queue.move(c, -1)
    change(rig)  # what is queued stays as it was
    rig.core.export_gate.set()
    rig.wait(lambda: queue.open_count == 0)
    assert written(rig) == ["a", "c", "b"]
    assert all(project.blur.base != 99.0 for project, *_ in rig.core.exported)
    queue.clear_ended()
    assert queue.items == ()


def test_an_export_waits_for_the_depth_of_its_clip(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.wait(lambda: rig.window.depth.state == "running")
    a = put(rig, "a")
    assert a.state == "waiting"
    rig.core.depth_gate.set()
    rig.wait(lambda: a.state == "done")


def test_a_pause_holds_the_running_export_and_the_next(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    queue = rig.window.life.queue
    a = put(rig, "a")
    rig.wait(lambda: a.progress is not None)
    queue.set_paused(True)
    b = put(rig, "b")
    rig.core.export_gate.set()
    rig.qtbot.wait(250)  # were it not held, it would be written by now
    assert written(rig) == []
    assert (a.state, b.state) == ("running", "waiting")
    queue.set_paused(False)
    rig.wait(lambda: queue.open_count == 0)
    assert written(rig) == ["a", "b"]


def test_a_failure_does_not_stop_the_others_and_can_be_tried_again(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    rig.core.export_error = OutputError("The disk is full.")
    queue = rig.window.life.queue
    a = put(rig, "a")
    rig.core.export_gate.set()
    rig.wait(lambda: a.state == "failed")
    assert "The disk is full." in rig.window.status.failure_button.text()
    rig.core.export_error = None
    rig.core.export_gate.clear()
    b = put(rig, "b")
    queue.retry(a)
    queue.remove(b)  # running: it is stopped
    rig.wait(lambda: b.state == "cancelled")
    rig.wait(lambda: a.state == "running")
    rig.core.export_gate.set()
    rig.wait(lambda: a.state == "done")
    assert written(rig) == ["a"]


def test_the_panel_by_mouse(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    rig.window.actions_.get("export").trigger()
    dialog = rig.window.export_dialog
    for name in ("one", "two", "three"):
        dialog.open_for_document()
        dialog.path_edit.setText(str(preferences.config_folder().parent / f"{name}.mp4"))
        QTest.mouseClick(dialog.queue_button, Qt.MouseButton.LeftButton)
        assert not dialog.isVisible()
    rig.key(Qt.Key.Key_Q, CONTROL | SHIFT)
    panel = rig.window.life.queue_panel
    assert panel is not None

    def rows() -> list[str]:
        return [panel.list.topLevelItem(row).text(0) for row in range(panel.list.topLevelItemCount())]  # type: ignore[attr-defined]

    assert rows() == ["one.mp4", "two.mp4", "three.mp4"]
    panel.list.setCurrentItem(panel.list.topLevelItem(2))  # type: ignore[attr-defined]
    QTest.mouseClick(panel.up_button, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert rows() == ["one.mp4", "three.mp4", "two.mp4"]
    assert panel.current.output.name == "three.mp4"  # type: ignore[attr-defined]
    QTest.mouseClick(panel.pause_button, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert rig.window.life.queue.is_paused
    assert panel.list.topLevelItem(1).text(2) == "held"  # type: ignore[attr-defined]
    QTest.mouseClick(panel.remove_button, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert rows() == ["one.mp4", "two.mp4"]
    QTest.mouseClick(panel.pause_button, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    rig.core.export_gate.set()
    assert not panel.clear_button.isEnabled()  # type: ignore[attr-defined]
    rig.wait(lambda: rig.window.life.queue.open_count == 0)
    assert written(rig) == ["one", "two"]
    assert rows() == ["one.mp4", "two.mp4"]
    QTest.mouseClick(panel.clear_button, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert rows() == []
    assert not panel.clear_button.isEnabled()  # type: ignore[attr-defined]


# --- closing in every state ------------------------------------------------------------------------------------------


def estimating(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.wait(lambda: rig.window.depth.state == "running")


def playing(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_L)


def drawing(rig: WindowRig) -> None:
    rig.open()
    rig.core.server.gate.clear()
    rig.session.set_playhead(9)
    rig.qtbot.waitUntil(lambda: rig.core.server.began.is_set())
    rig.core.server.gate.set()


def exporting(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    rig.window.actions_.get("export").trigger()
    rig.window.export_dialog.path_edit.setText(str(preferences.config_folder().parent / "x.mp4"))
    rig.window.export_dialog.start()


def queued(rig: WindowRig) -> None:
    rig.open()
    rig.core.export_gate.clear()
    put(rig, "a")
    rig.window.life.queue.set_paused(True)
    put(rig, "b")


def error_open(rig: WindowRig) -> None:
    rig.open()
    rig.window.errors.report(OutputError("one"))
    rig.window.errors.report(OutputError("two"))
    rig.wait(lambda: rig.window.errors.dialog is not None)


def dialogs_open(rig: WindowRig) -> None:
    rig.open()
    for name in ("shortcuts", "models", "export", "export_queue", "about"):
        rig.window.actions_.get(name).trigger()


def opening(rig: WindowRig) -> None:
    rig.window.open_path(CLIP)


def nothing(_rig: WindowRig) -> None:
    pass


@pytest.mark.parametrize(
    ("state", "question", "dirty"),
    [
        (nothing, "", False),
        (opening, "", False),
        (estimating, "", True),
        (playing, "", False),
        (drawing, "", True),
        (exporting, "stop exports: An export is not finished.", True),
        (queued, "stop exports: 2 exports are not finished.", False),
        (error_open, "", False),
        (dialogs_open, "", True),
    ],
)
def test_closing(rig: WindowRig, state: Callable[[WindowRig], None], question: str, dirty: bool) -> None:
    state(rig)
    if dirty:
        change(rig)
        rig.window.life.autosave.keep_now()
    expected = [question] if question else []
    if question:  # first the answer that keeps everything as it is
        rig.dialogs.stop_exports = False
        rig.window.close()
        assert rig.window.isVisible()
        assert rig.dialogs.asked == expected
        assert rig.window.runner.jobs
        rig.dialogs.stop_exports = True
        expected = expected * 2
    rig.dialogs.unsaved = "discard"
    rig.window.close()
    rig.wait(lambda: not rig.window.isVisible())
    assert rig.dialogs.asked == expected + (["unsaved: fake.vbr"] if dirty else [])
    assert rig.window.runner.jobs == ()
    assert rig.core.exported == []
    left = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog) and widget.isVisible()]
    assert left == []
    folder = preferences.autosave_folder()
    assert not folder.exists() or list(folder.iterdir()) == []

"""Presets, estimate, progress and notice of the export dialog, on fakes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest

from app import export_notice, export_presets, export_progress, preferences, timecode
from app.export_notice import ExportNotice
from app.export_presets import Preset, built_in
from app.export_target import look_at_name, look_at_place, with_suffix
from vbr_core import edits
from vbr_core.errors import InputError, OutputError
from vbr_core.settings import DepthSettings, ExportSettings, StillSettings

if TYPE_CHECKING:
    from pathlib import Path

    from app.export_dialog import ExportDialog
    from tests.app.conftest import WindowRig


def opened(rig: WindowRig) -> ExportDialog:
    rig.open()
    dialog = rig.window.export_dialog
    dialog.open_for_document()
    return dialog


def choose(dialog: ExportDialog, number: int) -> None:
    """Choose a preset from its list."""
    box = dialog.form.preset_box
    box.setCurrentIndex(number)
    box.activated.emit(number)


def pick(box: Any, value: object) -> None:
    box.setCurrentIndex(box.findData(value))


# --- presets ---------------------------------------------------------------------------------------------------------


def test_each_preset_asks_for_what_it_says(rig: WindowRig, tmp_path: Path) -> None:
    rig.core.info.width, rig.core.info.height = 3840, 2160
    dialog = opened(rig)
    rig.session.set_playhead(7)
    dialog.path_edit.setText(str(tmp_path / "my film.mp4"))
    choose(dialog, 1)
    share = dialog.settings()
    assert isinstance(share, ExportSettings)
    assert (share.codec, share.short_side_px, share.bit_depth) == ("h264", 1080, 8)
    assert dialog.form.size_note.text() == "1920 × 1080"
    choose(dialog, 2)
    master = dialog.settings()
    assert isinstance(master, ExportSettings)
    assert (master.codec, master.short_side_px, master.bit_depth) == ("hevc", None, 10)
    assert master.output == str(tmp_path / "my film.mov")
    assert dialog.form.size_note.text() == "3840 × 2160"
    choose(dialog, 3)
    depth = dialog.settings()
    assert isinstance(depth, DepthSettings)
    assert (depth.output, depth.form) == (str(tmp_path / "my film"), "png16")
    assert not dialog.codec_box.isVisible()
    pick(dialog.form.form_box, "ffv1")
    assert dialog.path_edit.text() == str(tmp_path / "my film.mkv")
    choose(dialog, 4)
    still = dialog.settings()
    assert isinstance(still, StillSettings)
    assert (still.output, still.frame, still.bit_depth) == (str(tmp_path / "my film.png"), 7, 16)
    assert not dialog.range_box.isVisible()
    dialog.start()
    rig.wait(lambda: rig.core.exported)
    assert rig.core.exported[0][2] == still
    dialog.accept()


def test_a_changed_preset_is_called_so_and_can_be_kept(rig: WindowRig) -> None:
    dialog = opened(rig)
    form = dialog.form
    choose(dialog, 1)
    pick(form.size_box, 720)
    assert form.preset_box.currentText() == "Own choices"
    rig.dialogs.preset_name = "  For  my phone "
    QTest.mouseClick(form.save_preset_button, Qt.MouseButton.LeftButton)
    assert form.preset_box.currentText() == "For my phone"
    assert form.delete_preset_button.isVisible()
    choose(dialog, 2)
    assert not form.delete_preset_button.isVisible()
    choose(dialog, 5)
    assert (form.size_box.currentData(), form.codec_box.currentData()) == (720, "h264")
    assert export_presets.last_name() == "For my phone"
    form.delete_preset_button.click()
    assert export_presets.own_presets() == ()
    assert form.size_box.currentData() == 720  # the choices stay
    dialog.reject()


def test_ten_bits_and_h264_are_never_chosen_together(rig: WindowRig) -> None:
    form = opened(rig).form
    pick(form.codec_box, "h264")
    pick(form.bits_box, 10)
    assert form.codec_box.currentData() == "hevc"
    pick(form.codec_box, "h264")
    assert form.bits_box.currentData() is None


def test_presets_come_back_and_bad_ones_are_left_out() -> None:
    mine = Preset("Mine", "video", "hevc", 20, 720, 10, False, suffix=".mkv")
    export_presets.save_preset(mine)
    export_presets.save_preset(replace(mine, name="mine", quality=30))
    (found,) = export_presets.own_presets()
    assert found == replace(mine, name="mine", quality=30, own=True)
    for name in ("", " ", built_in()[1].name, "x" * 61):
        with pytest.raises(InputError):
            export_presets.save_preset(replace(mine, name=name))
    for text in ("{", "[1, 2]", '[{"name": "a", "codec": "vp9"}]', '[{"name": "a", "quality": 99}]', '{"name": "a"}'):
        preferences.preferences().setValue(export_presets.KEY, text)
        assert export_presets.own_presets() == ()


def test_the_depth_forms_are_those_that_can_be_written() -> None:
    from vbr_core.depth.export import FORMATS

    assert {name: found.suffixes for name, found in FORMATS.items()} == export_presets.DEPTH_SUFFIXES


# --- the path --------------------------------------------------------------------------------------------------------


def test_paths_are_looked_at_by_kind(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.png").touch()
    (tmp_path / "a.mkv").touch()
    clip = tmp_path / "clip.mp4"
    for text, endings, part in (
        ("full", (), "not empty"),
        ("a.mkv", (), "need a folder"),
        ("new", (), ""),
        ("a.mkv", (".mp4",), "must end in .mp4"),
        ("clip.mp4", (".mp4",), "the clip itself"),
        ("no/a.mp4", (".mp4",), "does not exist"),
    ):
        path = str(tmp_path / text)
        problem = look_at_name(path, endings, clip) or look_at_place(path, endings)[0]
        assert part in problem
        assert bool(problem) is bool(part)
    assert "replaced" in look_at_place(str(tmp_path / "a.mkv"), (".mkv",))[1]
    assert with_suffix("/a/film.v2.mp4", (".png",), ".png") == "/a/film.v2.png"
    assert with_suffix("/a/film.v2", (".png",), ".png") == "/a/film.v2.png"
    assert with_suffix("/a/film.MOV", (".mov",), ".mp4") == "/a/film.MOV"


# --- the estimate ----------------------------------------------------------------------------------------------------


def test_the_estimate_follows_the_choices_and_stops_with_the_dialog(rig: WindowRig) -> None:
    dialog = opened(rig)
    rig.wait(lambda: dialog.estimate.estimate is not None)
    assert dialog.estimate.time_label.text() == "about 2 to 5 min"
    assert dialog.estimate.size_label.text() == "about 20 to 35 MB · 100 GB free on the disk"
    rig.core.estimate_gate.clear()
    pick(dialog.codec_box, "hevc")
    assert dialog.estimate.time_label.text() == "measuring…"
    rig.wait(lambda: len(rig.core.estimated) == 2)
    pick(dialog.codec_box, "h264")  # what was being measured is given up
    rig.core.estimate = replace(rig.core.estimate, seconds=(600.0, 620.0))
    rig.wait(lambda: len(rig.core.estimated) == 3)
    rig.wait(lambda: len(rig.window.runner.jobs) == 1)
    assert [settings.codec for settings in rig.core.estimated] == ["auto", "hevc", "h264"]
    dialog.reject()
    rig.wait(lambda: not rig.window.runner.jobs)
    assert dialog.estimate.estimate is None
    rig.core.estimate_gate.set()
    dialog.open_for_document()
    rig.wait(lambda: dialog.estimate.time_label.text() == "about 10 min")
    dialog.reject()


def test_what_cannot_be_measured_says_why(rig: WindowRig) -> None:
    rig.core.estimate_error = OutputError("The clip is HDR (PQ), which 8-bit h264 cannot carry faithfully.")
    dialog = opened(rig)
    rig.wait(lambda: "HDR" in dialog.estimate.time_label.text())
    assert not rig.window.status.failure_button.isVisible()
    dialog.reject()


def test_a_short_disk_is_warned_of_and_asked_about(rig: WindowRig, tmp_path: Path) -> None:
    rig.core.estimate = replace(rig.core.estimate, free_bytes=30_000_000)
    dialog = opened(rig)
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    rig.wait(lambda: dialog.estimate.warning_label.isVisible())
    assert "30 MB are free, and 20 to 35 MB" in dialog.estimate.warning_label.text()
    for button in (dialog.export_button, dialog.queue_button):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert rig.dialogs.asked[-1].startswith("short disk: ")
        assert not dialog.is_exporting
        assert dialog.isVisible()
    assert not rig.window.life.queue.items
    rig.dialogs.export_anyway = True
    QTest.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    rig.wait(lambda: rig.core.exported)
    dialog.accept()


def test_much_memory_is_warned_of(rig: WindowRig) -> None:
    rig.core.estimate = replace(rig.core.estimate, memory_bytes=int(7.5e9))
    dialog = opened(rig)
    rig.wait(lambda: "memory" in dialog.estimate.warning_label.text())
    assert dialog.estimate.disk_warning() == ""
    dialog.reject()


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(180, 300, "3 to 5 min"), (40, 130, "40 s to 2 min"), (600, 610, "10 min"), (3, 5, "3 to 5 s")],
)
def test_ranges_of_time(low: float, high: float, text: str) -> None:
    assert timecode.about_range(low, high) == text


@pytest.mark.parametrize(
    ("low", "high", "text"), [(2e7, 3.5e7, "20 to 35 MB"), (9e5, 2.1e6, "900 kB to 2.1 MB"), (1e9, 1.04e9, "1.0 GB")]
)
def test_ranges_of_size(low: float, high: float, text: str) -> None:
    assert timecode.size_range(low, high) == text


# --- progress, result, notice ----------------------------------------------------------------------------------------


def test_the_frame_that_is_written_is_shown_and_the_result_can_be_opened(
    rig: WindowRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths: list[Path] = []
    monkeypatch.setattr(export_progress, "open_path", paths.append)
    dialog = opened(rig)
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    rig.core.export_gate.clear()
    dialog.start()
    picture = dialog.progress_page.picture
    rig.wait(lambda: picture.frame_index == 7)
    shown = picture.grab().toImage()
    assert shown.pixelColor(picture.width() // 2, picture.height() // 2).getRgb()[:3] == (10, 200, 30)
    rig.wait(lambda: "frame" in dialog.progress_label.text() and "of 48" in dialog.progress_label.text())
    rig.core.export_gate.set()
    rig.wait(lambda: dialog.pages.currentIndex() == 2)
    QTest.mouseClick(dialog.done_page.folder_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(dialog.done_page.file_button, Qt.MouseButton.LeftButton)
    assert paths == [tmp_path, tmp_path / "out.mp4"]
    dialog.accept()


def test_the_queue_shows_the_frame_too(rig: WindowRig, tmp_path: Path) -> None:
    dialog = opened(rig)
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    rig.window.life.show_queue()
    panel: Any = rig.window.life.queue_panel
    rig.core.export_gate.clear()
    dialog.enqueue()
    rig.wait(lambda: panel.picture.isVisible())
    rig.core.export_gate.set()
    rig.wait(lambda: not panel.picture.isVisible())
    assert [item.state for item in rig.window.life.queue.items] == ["done"]
    panel.close()


class FakeTray(QObject):
    """Remembers what a desktop would show."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, str]] = []
        self.messageClicked = self.activated = self
        self.is_visible = False

    def connect(self, *_: object) -> None: ...

    def setToolTip(self, text: str) -> None: ...

    def show(self) -> None:
        self.is_visible = True

    def hide(self) -> None:
        self.is_visible = False

    def showMessage(self, title: str, text: str, *_: object) -> None:
        self.shown.append((title, text))


def test_who_looks_away_is_told(rig: WindowRig, monkeypatch: pytest.MonkeyPatch) -> None:
    tray, alerts, beeps = FakeTray(), [], []
    notice = ExportNotice(rig.window, lambda _parent: tray)  # type: ignore[arg-type,return-value]
    notice._alert = lambda window, _ms: alerts.append(window)
    notice._beep = lambda: beeps.append(1)
    active = [rig.window]
    monkeypatch.setattr(export_notice.QApplication, "activeWindow", lambda: active[0])
    assert not notice.tell("Done", "a.mp4")
    assert (tray.shown, alerts, beeps) == ([], [], [])
    active[0] = None  # type: ignore[call-overload]
    monkeypatch.setattr(type(rig.window), "isActiveWindow", lambda _window: False)
    export_notice.set_wants_sound(True)
    assert notice.tell("Done", "b.mp4")
    assert (tray.shown, alerts, beeps) == ([("Done", "b.mp4")], [rig.window], [1])
    active[0] = rig.window
    notice._on_state()
    assert not tray.is_visible


def test_the_end_of_an_export_and_of_the_queue_is_told(rig: WindowRig, tmp_path: Path) -> None:
    told: list[str] = []
    dialog = opened(rig)
    dialog.notice.tell = lambda title, text: told.append(f"{title}: {text}")  # type: ignore[method-assign,func-returns-value]
    dialog.path_edit.setText(str(tmp_path / "out.mp4"))
    dialog.start()
    rig.wait(lambda: dialog.pages.currentIndex() == 2)
    assert told == ["The export is done: out.mp4"]
    dialog._show_form()
    rig.core.export_error = OutputError("The disk is full.")
    dialog.enqueue()
    rig.wait(lambda: len(told) == 2)
    assert told[1] == "The queued exports are done: 1 of them failed."


# --- licence ---------------------------------------------------------------------------------------------------------


def test_a_model_that_is_not_for_commercial_work_is_said(rig: WindowRig) -> None:
    def status(name: str, commercial_ok: bool) -> Any:
        entry = SimpleNamespace(name=name, title=f"The {name}", licence="CC BY-NC 4.0", commercial_ok=commercial_ok)
        return SimpleNamespace(entry=entry, usable=True)

    rig.core.model_statuses = lambda: (status("starter", True), status("bound", False))  # type: ignore[method-assign]
    dialog = opened(rig)
    rig.wait(lambda: rig.window.models.statuses)
    assert not dialog.licence_note.isVisible()
    rig.session.apply(edits.set_depth(rig.session.project, "bound"), "Choose the depth")
    assert dialog.licence_note.isVisible()
    words = "The depth is made with The bound, under CC BY-NC 4.0: not for commercial work."
    assert dialog.licence_note.text() == words
    rig.session.undo_stack.undo()
    assert not dialog.licence_note.isVisible()

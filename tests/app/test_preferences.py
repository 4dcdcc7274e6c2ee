"""Preferences: choices that last, damaged files, the dialog's pages, the user's own keys, the cache folder."""

from __future__ import annotations

import os

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app import cache_folder, preferences, shortcuts, theme
from app.actions import ACTIONS, Actions
from app.export_progress import ProgressPage
from app.job_runner import JobRunner
from app.preferences_dialog import PreferencesDialog
from app.shortcut_sheet import ShortcutSheet
from tests.app.session_stub import make_session
from tests.helpers.fakes import FakeCore
from vbr_core.depth.cache import size_limit_bytes
from vbr_core.errors import InputError, OutputError
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.render.devices import pick_device

pytestmark = pytest.mark.gui


@pytest.fixture
def page(qtbot):
    session = make_session()
    runner = JobRunner()
    actions = Actions(session, runner)
    dialog = PreferencesDialog(session, FakeCore(), runner, actions)
    dialog.keep = (session, runner)
    qtbot.addWidget(dialog)
    yield dialog, actions, session
    qtbot.waitUntil(lambda: not runner.jobs)


def test_a_choice_lasts_and_a_bad_one_is_not_stored():
    preferences.set_choice("theme", "light")
    with pytest.raises(ValueError, match="purple"):
        preferences.set_choice("theme", "purple")
    assert preferences.choice("theme") == "light"


@pytest.mark.parametrize(
    "text", ["\x00\xff[[[ not a file %%%", "[choices]\ntheme=@Variant(xx)\nlanguage=, , ,\n[", "[%General]\n"]
)
def test_a_damaged_file_gives_defaults_and_can_be_written_again(text):
    path = preferences.config_folder() / "settings.ini"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="latin-1")
    assert all(preferences.choice(name) == known.default for name, known in preferences.CHOICES.items())
    assert shortcuts.load() == shortcuts.defaults()
    assert preferences.recent_files() == []
    preferences.set_choice("theme", "light")
    assert preferences.choice("theme") == "light"


def test_settings_that_cannot_be_written_are_told(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(preferences.CONFIG_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(OutputError, match="cannot be written"):
        preferences.set_choice("theme", "light")


def test_cpu_only_reaches_the_core(monkeypatch):
    monkeypatch.delenv(preferences.DEVICE_VARIABLE, raising=False)
    monkeypatch.setattr(preferences, "_told", {})
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == "cuda"
    preferences.set_choice("device", "cpu")
    preferences.apply_environment()
    assert pick_device("auto") == "cpu"
    preferences.set_choice("device", "auto")
    preferences.apply_environment()
    assert preferences.DEVICE_VARIABLE not in os.environ


def test_the_size_of_the_cache_reaches_the_core_unless_the_environment_names_one(monkeypatch):
    monkeypatch.setenv(preferences.SIZE_VARIABLE, "")
    monkeypatch.setattr(preferences, "_told", {})
    preferences.set_choice("disk_cache_gib", "5")
    preferences.apply_environment()
    assert size_limit_bytes() == 5 << 30
    preferences.set_choice("disk_cache_gib", "50")
    preferences.apply_environment()
    assert size_limit_bytes() == 50 << 30
    monkeypatch.setenv(preferences.SIZE_VARIABLE, "7")
    preferences.set_choice("disk_cache_gib", "10")
    preferences.apply_environment()
    assert size_limit_bytes() == 7 << 30


def test_the_chosen_size_reaches_qt_unless_the_environment_names_one(monkeypatch):
    monkeypatch.setenv(preferences.SCALE_VARIABLE, "3")
    preferences.set_choice("scale", "150")
    preferences.apply_scale()
    assert os.environ[preferences.SCALE_VARIABLE] == "3"
    monkeypatch.delenv(preferences.SCALE_VARIABLE)
    preferences.apply_scale()
    assert os.environ[preferences.SCALE_VARIABLE] == "1.5"
    monkeypatch.delenv(preferences.SCALE_VARIABLE)
    preferences.set_choice("scale", "100")
    preferences.apply_scale()
    assert preferences.SCALE_VARIABLE not in os.environ


def test_without_motion_nothing_is_animated_and_the_systems_choice_comes_back(qapp, monkeypatch):
    general = Qt.UIEffect.UI_General
    before = qapp.isEffectEnabled(general)
    for system in (True, False):
        monkeypatch.setattr(theme, "_system_effects", None)
        qapp.setEffectEnabled(general, system)
        for motion, moves in (("off", False), ("on", system)):
            preferences.set_choice("motion", motion)
            theme.apply_chosen()
            assert qapp.isEffectEnabled(general) is moves
    qapp.setEffectEnabled(general, before)


@pytest.mark.parametrize("motion", ["on", "off"])
def test_the_bar_of_an_export_that_starts_stands_still_without_motion(qtbot, motion):
    preferences.set_choice("motion", motion)
    page = ProgressPage()
    qtbot.addWidget(page)
    page.begin("a.mp4")
    assert (page.bar.maximum() == 0) is (motion == "on")


def test_the_environment_goes_before_the_stored_folder(monkeypatch, tmp_path):
    preferences.store("cache_folder", str(tmp_path / "stored"))
    monkeypatch.setenv(preferences.CACHE_VARIABLE, str(tmp_path / "given"))
    preferences.apply_environment()
    assert preferences.cache_folder() == tmp_path / "given"
    monkeypatch.delenv(preferences.CACHE_VARIABLE)
    preferences.apply_environment()
    assert preferences.cache_folder() == tmp_path / "stored"


# --- the dialog ------------------------------------------------------------------------------------------------------


def test_choosing_stores_and_says_so(page, qtbot):
    dialog, _actions, _session = page
    with qtbot.waitSignal(dialog.chosen) as heard:
        dialog.combo("theme").setCurrentIndex(dialog.combo("theme").findData("light"))
    assert heard.args == ["theme"]
    assert preferences.choice("theme") == "light"
    assert theme.chosen_theme() == "light"
    dialog.motion_box.setChecked(True)
    assert not theme.motion_allowed()


def test_what_cannot_be_stored_is_told_in_the_dialog(page, monkeypatch, tmp_path):
    dialog, _actions, _session = page
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(preferences.CONFIG_VARIABLE, str(tmp_path / "file" / "below"))
    dialog.combo("theme").setCurrentIndex(1)
    assert "cannot be written" in dialog.word.text()


def test_devices_and_sizes_are_asked_on_workers(page, qtbot):
    dialog, _actions, _session = page
    dialog.open_page()
    qtbot.waitUntil(lambda: "CPU, 2 cores" in dialog.device_label.text())
    dialog.device_label.clear()
    dialog.combo("device").setCurrentIndex(dialog.combo("device").findData("cpu"))
    qtbot.waitUntil(lambda: "CPU, 2 cores" in dialog.device_label.text())
    qtbot.waitUntil(lambda: "free on this disk" in dialog.storage.size_label.text())


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_is_recorded_by_pressing_and_lasts(page):
    dialog, actions, session = page
    editor = dialog.shortcuts
    editor.select("loop")
    QTest.keyClick(editor.field, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    assert actions.get("loop").shortcut().toString() == "Ctrl+U"
    assert "Ctrl+U" in actions.get("loop").toolTip()
    assert shortcuts.load()["loop"] == ("Ctrl+U",)
    sheet = ShortcutSheet(actions)
    assert ("Ctrl+U", "Loop") in sheet.shown
    sheet.deleteLater()
    fresh = Actions(session, dialog)
    shortcuts.apply(fresh)
    assert fresh.get("loop").shortcut().toString() == "Ctrl+U"
    editor.reset_current()
    assert actions.get("loop").shortcut().toString() == "Ctrl+L"
    assert shortcuts.load() == shortcuts.defaults()


def test_a_taken_key_is_told_and_replaced_only_when_asked(page):
    dialog, actions, _session = page
    editor = dialog.shortcuts
    editor.select("loop")
    QTest.keyClick(editor.field, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert "Save" in editor.word.text()
    assert actions.get("loop").shortcut().toString() == "Ctrl+L"
    QTest.mouseClick(editor.replace_button, Qt.MouseButton.LeftButton)
    assert actions.get("loop").shortcut().toString() == "Ctrl+S"
    assert actions.get("save").shortcuts() == []
    editor.reset_all()
    assert actions.get("save").shortcut().toString() == "Ctrl+S"


def test_a_fixed_key_is_refused(page):
    editor = page[0].shortcuts
    editor.select("loop")
    QTest.keyClick(editor.field, Qt.Key.Key_W)
    assert "fixed meaning" in editor.word.text()
    assert shortcuts.load()["loop"] == ("Ctrl+L",)


@pytest.mark.parametrize(
    "text",
    ["{", "[1]", '{"loop": 3, "nobody": ["A"]}', '{"loop": ["W", "", 7, "nonsense+"]}'],
)
def test_damaged_keys_leave_the_others_alone(text):
    preferences.store(shortcuts.KEY, text)
    keys = shortcuts.load()
    del keys["loop"]
    wanted = shortcuts.defaults()
    del wanted["loop"]
    assert keys == wanted


def test_no_key_is_given_twice_even_by_the_file():
    preferences.store(shortcuts.KEY, '{"loop": ["Ctrl+S"], "undo": ["Ctrl+S"]}')
    given = [key for keys in shortcuts.load().values() for key in keys]
    assert len(given) == len(set(given))
    assert shortcuts.load()["loop"] == ("Ctrl+S",)


def test_the_table_itself_has_no_key_twice():
    given = [key for keys in shortcuts.defaults().values() for key in keys]
    assert len(given) == len(set(given))
    assert not shortcuts.RESERVED & set(given)
    assert {spec.id for spec in ACTIONS} == set(shortcuts.defaults())


# --- the cache folder ------------------------------------------------------------------------------------------------


def context():
    return JobContext(lambda _progress: None, CancelToken())


def fill(root):
    for name in ("disparity/a/0.npz", "waveforms/w.bin", "models/m.pt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * 1000)
    (root / "mine.txt").write_text("not the cache's")


def test_clearing_keeps_models_and_what_is_not_ours(tmp_path):
    fill(tmp_path)
    assert cache_folder.measure(tmp_path, context()).made_bytes == 2000
    assert cache_folder.clear(tmp_path, context()) == 2000
    size = cache_folder.measure(tmp_path, context())
    assert (size.made_bytes, size.fetched_bytes) == (0, 1000)
    assert (tmp_path / "mine.txt").exists()


def test_moving_copies_everything_and_a_stopped_move_leaves_nothing(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    fill(old)

    token = CancelToken()
    with pytest.raises(Cancelled):
        cache_folder.move(old, new, JobContext(lambda _progress: token.cancel(), token))
    assert not [path for path in new.rglob("*") if path.is_file()]
    assert cache_folder.move(old, new, context()) == 3
    assert (new / "models" / "m.pt").read_bytes() == b"x" * 1000
    with pytest.raises(InputError, match="already"):
        cache_folder.move(old, new, context())
    with pytest.raises(InputError, match="present cache folder"):
        cache_folder.move(old, old / "below", context())
    assert cache_folder.remove(old, context()) == 0
    assert (old / "mine.txt").exists()


def test_the_page_moves_the_cache_and_uses_the_new_folder(page, qtbot, tmp_path, monkeypatch):
    dialog, _actions, session = page
    monkeypatch.setenv(preferences.CACHE_VARIABLE, str(tmp_path / "old"))
    fill(tmp_path / "old")
    assert session.clip_info is not None
    assert "Close the document" in dialog.storage.reason()
    assert not dialog.storage.move_button.isEnabled()
    from vbr_core.project import Project

    session.open_document(Project(), None, None, None)
    assert dialog.storage.move_button.isEnabled()
    dialog.storage.move_to(tmp_path / "new")
    qtbot.waitUntil(lambda: not (tmp_path / "old" / "models").exists())
    assert preferences.cache_folder() == tmp_path / "new"
    assert (tmp_path / "new" / "disparity" / "a" / "0.npz").exists()

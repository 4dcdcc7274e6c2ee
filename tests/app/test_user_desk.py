"""Preferences, keys and palette in the whole window, by real keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app import preferences, shortcuts, theme
from app.icons import IconLabel
from app.shortcut_sheet import ShortcutSheet
from tests.app.conftest import WindowRig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.gui
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def as_before(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply_theme(qapp, "dark")


def test_the_palette_runs_a_command_in_the_window(rig: WindowRig) -> None:
    rig.open()
    before = rig.window.viewer.view_geometry.scale
    rig.key(Qt.Key.Key_K, CONTROL)
    palette = rig.window.desk.palette
    assert palette is not None
    assert palette.isVisible()
    QTest.keyClicks(palette.field, "zoom in")
    assert "zoom in" in palette.field.accessibleDescription().lower()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert rig.window.viewer.view_geometry.scale > before


def test_another_key_works_in_the_window_and_the_old_one_no_more(rig: WindowRig) -> None:
    rig.open()
    keys = rig.window.desk
    keys.show_preferences()
    assert keys.page is not None
    keys.page.tabs.setCurrentIndex(4)
    keys.page.shortcuts.select("export")
    QTest.keyClick(keys.page.shortcuts.field, Qt.Key.Key_U, CONTROL)
    keys.page.shortcuts.select("key_blur_here")
    QTest.keyClick(keys.page.shortcuts.field, Qt.Key.Key_Q)
    keys.page.reject()
    assert "Ctrl+U" in rig.window.export_button.toolTip()
    rig.window.activateWindow()
    rig.key(Qt.Key.Key_B)
    assert not rig.session.project.blur.keys
    rig.key(Qt.Key.Key_Q)
    assert len(rig.session.project.blur.keys) == 1


def test_the_theme_follows_the_system_when_asked_to(
    rig: WindowRig, as_before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def system(name: theme.ThemeName, scheme: Qt.ColorScheme) -> None:
        monkeypatch.setattr(theme, "system_theme", lambda: name)
        QGuiApplication.styleHints().colorSchemeChanged.emit(scheme)

    preferences.set_choice("theme", "dark")
    system("light", Qt.ColorScheme.Light)
    assert theme.roles() is theme.DARK
    preferences.set_choice("theme", "system")
    rig.window.desk.apply("theme")
    assert theme.roles() is theme.LIGHT
    system("dark", Qt.ColorScheme.Dark)
    assert theme.roles() is theme.DARK


def test_the_welcome_page_opens_the_preferences(rig: WindowRig) -> None:
    QTest.mouseClick(rig.window.welcome.link_buttons["preferences"], Qt.MouseButton.LeftButton)
    page = rig.window.desk.page
    assert page is not None
    assert page.isVisible()
    rig.wait(lambda: not rig.window.runner.jobs)
    page.reject()


def test_the_sheet_stays_on_the_screen_and_can_be_scrolled(rig: WindowRig) -> None:
    sheet = ShortcutSheet(rig.window.actions_, rig.window)
    sheet.show()
    screen = rig.window.screen().availableSize()
    assert sheet.width() <= screen.width()
    assert sheet.height() <= screen.height()
    bar = sheet.area.verticalScrollBar()
    assert bar.maximum() > 0
    assert sheet.area.horizontalScrollBar().maximum() == 0
    assert len(sheet.shown) == len(set(sheet.shown))
    QTest.keyClick(sheet.area, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    sheet.close()
    sheet.deleteLater()


@pytest.mark.parametrize("value", ["@Invalid()", "@ByteArray(\\xff\\xfe)", "{[", "-1", '"a, b"', "@Size(1 2)"])
def test_settings_of_any_kind_let_the_window_start(qtbot: QtBot, value: str) -> None:
    names = {
        "General": ("recent", "last_folder", "cache_folder", "shortcuts"),
        "choices": tuple(preferences.CHOICES),
        "hints": ("step",),
        "palette": ("recent",),
        "models": ("commercial_only",),
        "playback": ("muted", "prerender", "volume"),
        "layout": ("version", "geometry", "upper", "split"),
    }
    path = preferences.config_folder() / "settings.ini"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join(f"[{group}]\n" + "\n".join(f"{name}={value}" for name in each) for group, each in names.items())
    )
    preferences.apply_scale()
    rig = WindowRig(qtbot)
    rig.window.desk.show_palette()
    rig.window.desk.show_preferences()
    assert rig.window.desk.page is not None
    assert rig.window.desk.page.combo("theme").currentData() == "dark"
    rig.wait(lambda: not rig.window.runner.jobs)
    assert shortcuts.load() == shortcuts.defaults()
    rig.open()
    rig.close()
    rig.window.deleteLater()


def test_texts_and_drawings_with_colours_of_their_own_follow_the_theme(rig: WindowRig, as_before: None) -> None:
    rig.window.desk.apply("theme")
    drawing = rig.window.welcome.findChild(IconLabel)
    for name in ("light", "dark"):
        preferences.set_choice("theme", name)
        rig.window.desk.apply("theme")
        colors = theme.THEMES[name]
        shown = drawing.pixmap().toImage()
        found = {
            shown.pixelColor(x, y).name() for x in range(20) for y in range(20) if shown.pixelColor(x, y).alpha() == 255
        }
        assert colors.quiet in found
        assert colors.text in rig.window.transport._time.text()

"""The theme: roles that can be read, a complete style sheet, and figures of one width."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QPushButton

from app import theme

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def dark_again(qapp):
    yield
    theme.apply_theme(qapp, "dark")


def test_contrast_of_black_and_white_is_21():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert theme.contrast("#808080", "#808080") == pytest.approx(1.0)


@pytest.mark.parametrize("name", sorted(theme.THEMES))
@pytest.mark.parametrize("text", ["text", "quiet", "focus", "blur", "error"])
@pytest.mark.parametrize("ground", ["background", "panel", "raised"])
def test_text_can_be_read(name, text, ground):
    colors = theme.THEMES[name]
    assert theme.contrast(getattr(colors, text), getattr(colors, ground)) >= 4.5


@pytest.mark.parametrize("name", sorted(theme.THEMES))
def test_text_on_accents_and_selections_can_be_read(name):
    colors = theme.THEMES[name]
    assert theme.contrast(colors.on_accent, colors.focus) >= 4.5
    assert theme.contrast(colors.text, colors.selection) >= 4.5
    assert theme.contrast(colors.text, colors.hover) >= 4.5


@pytest.mark.parametrize("name", sorted(theme.THEMES))
def test_style_sheet_has_no_role_left_to_fill(name):
    sheet = theme.make_style_sheet(theme.THEMES[name])
    assert "$" not in sheet
    assert theme.THEMES[name].panel in sheet
    for part in sheet.split("url(icons:")[1:]:
        assert (theme.ICON_FOLDER / part.split(")")[0]).is_file()


WITHOUT_TEXT = (
    "::handle",
    "::groove",
    "::sub-page",
    "::indicator",
    "separator",
    "slim",
    "QScrollBar",
    "line=",
    "corner",
)


@pytest.mark.parametrize("name", sorted(theme.THEMES))
def test_every_rule_of_the_style_sheet_can_be_read(name):
    colors = theme.THEMES[name]
    sheet = re.sub(r"/\*.*?\*/", "", theme.make_style_sheet(colors), flags=re.DOTALL)
    seen = 0
    for selectors, body in re.findall(r"([^{}]+)\{([^}]*)\}", sheet):
        chosen = [one.strip() for one in selectors.split(",") if ":disabled" not in one]
        chosen = [one for one in chosen if not any(part in one for part in WITHOUT_TEXT)]
        values = dict(re.findall(r"(?:^|;)\s*([\w-]+):\s*([^;]+)", body))
        ground, ink = values.get("background", "transparent"), values.get("color", colors.text)
        primary = any('primary="true"' in one for one in chosen)
        if not chosen or not ground.startswith("#") or ink == "transparent":
            continue
        if any("QStatusBar QProgressBar" in one for one in chosen):  # its words are transparent
            continue
        ink = colors.on_accent if primary else ink
        assert theme.contrast(ink, ground) >= 4.5, f"{chosen}: {ink} on {ground}"
        seen += 1
    assert seen > 30


def test_apply_theme_changes_palette_and_roles(qapp):
    theme.apply_theme(qapp, "light")
    assert theme.roles() is theme.LIGHT
    assert QApplication.palette().color(QPalette.ColorRole.Window).name() == theme.LIGHT.panel
    theme.apply_theme(qapp, "dark")
    assert theme.roles() is theme.DARK
    assert QApplication.palette().color(QPalette.ColorRole.Window).name() == theme.DARK.panel


def test_primary_button_is_filled_with_the_accent(qtbot, qapp):
    theme.apply_theme(qapp, "dark")
    button = QPushButton("Export")
    qtbot.addWidget(button)
    button.resize(120, 30)
    theme.set_property(button, "primary", True)
    picture = button.grab().toImage()
    assert picture.pixelColor(picture.width() // 8, picture.height() // 2).name() == theme.DARK.focus


def test_tabular_figures_have_one_width(qapp):
    for small in (False, True):
        metrics = QFontMetricsF(theme.tabular_font(small))
        widths = {round(metrics.horizontalAdvance(figure * 8), 2) for figure in "0123456789"}
        assert len(widths) == 1
    assert theme.tabular_font().pixelSize() > theme.tabular_font(small=True).pixelSize()

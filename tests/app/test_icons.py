"""Icons: every drawing is drawable, takes its colour from the theme, and is sharp at any scale."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon

from app import icons, theme
from app.actions import ACTIONS

pytestmark = pytest.mark.gui


def strongest_color(picture) -> QColor:
    image = picture.toImage()
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return max(pixels, key=lambda color: color.alpha())


def test_every_icon_has_the_grid_and_the_stroke(qapp):
    assert len(icons.names()) >= 30
    for name in icons.names():
        source = icons.svg_source(name)
        assert 'viewBox="0 0 24 24"' in source, name
        assert 'stroke-width="1.6"' in source, name
        assert "#" not in source, f"{name} has a colour of its own"


@pytest.mark.parametrize("name", icons.names())
def test_icon_draws_something_inside_its_frame(qapp, name):
    image = icons.pixmap(name, 48).toImage()
    inked = [(x, y) for x in range(48) for y in range(48) if image.pixelColor(x, y).alpha() > 32]
    assert len(inked) > 40
    assert all(2 <= x < 46 and 2 <= y < 46 for x, y in inked)


def test_states_have_the_colours_of_their_roles(qapp):
    icon = icons.icon("loop")
    size = QSize(48, 48)
    states = {
        theme.DARK.text: icon.pixmap(size, QIcon.Mode.Normal, QIcon.State.Off),
        theme.DARK.disabled: icon.pixmap(size, QIcon.Mode.Disabled, QIcon.State.Off),
        theme.DARK.focus: icon.pixmap(size, QIcon.Mode.Normal, QIcon.State.On),
    }
    for color, picture in states.items():
        assert strongest_color(picture).name() == color


def test_icon_follows_a_change_of_theme(qapp):
    icon = icons.icon("play")
    try:
        theme.apply_theme(qapp, "light")
        assert strongest_color(icon.pixmap(QSize(31, 31))).name() == theme.LIGHT.text
    finally:
        theme.apply_theme(qapp, "dark")
    assert strongest_color(icon.pixmap(QSize(33, 33))).name() == theme.DARK.text


def test_high_resolution_icon_has_the_device_pixels(qapp):
    picture = icons.icon("save").pixmap(QSize(20, 20), 2.0, QIcon.Mode.Normal, QIcon.State.Off)
    assert picture.size() == QSize(40, 40)
    assert picture.devicePixelRatio() == 2.0
    assert icons.pixmap("save", 20, pixel_ratio=1.5).size() == QSize(30, 30)


def test_unknown_icon_is_an_error(qapp):
    with pytest.raises(KeyError, match="no icon called 'nonsense'"):
        icons.icon("nonsense")


def test_every_action_finds_its_icon(qapp):
    missing = {spec.icon for spec in ACTIONS if spec.icon} - set(icons.names())
    assert not missing


def test_app_icon_has_all_sizes(qapp):
    sizes = {size.width() for size in icons.app_icon().availableSizes()}
    assert sizes == set(icons.APP_ICON_SIZES_PX)
    assert strongest_color(icons.app_icon().pixmap(QSize(64, 64))).alpha() == 255

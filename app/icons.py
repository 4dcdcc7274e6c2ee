"""Icons: SVG drawings of one stroke weight on a 24 px grid, coloured by role when they are painted.

An icon is drawn at exactly the device pixels that are asked for, so it is sharp at any scale, and it takes its colour
from the theme in force at that moment, so it follows a change of theme.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel, QWidget

from app import theme

APP_ICON_SIZES_PX = (16, 24, 32, 48, 64, 128, 256)


def names() -> list[str]:
    """Names of all icons, sorted; ``app`` (the program's own mark) is not among them."""
    return sorted(path.stem for path in theme.ICON_FOLDER.glob("*.svg") if path.stem != "app")


@lru_cache(maxsize=256)
def svg_source(name: str) -> str:
    """The drawing called ``name``.

    Raises:
        KeyError: There is no such drawing.
    """
    path = theme.ICON_FOLDER / f"{name}.svg"
    if not path.is_file():
        raise KeyError(f"there is no icon called '{name}'")
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _renderer(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(svg_source(name).replace("currentColor", color).encode("utf-8")))


class RoleIconEngine(QIconEngine):
    """Paints one drawing in the colour of a role; disabled and checked states have roles of their own."""

    def __init__(self, name: str, role: str, checked_role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role
        self._checked_role = checked_role

    def color(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        """The colour, ``#rrggbb``, that the icon has in ``mode`` and ``state`` under the theme in force."""
        if mode == QIcon.Mode.Disabled:
            return theme.roles().disabled
        role = self._checked_role if state == QIcon.State.On else self._role
        return str(getattr(theme.roles(), role))

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the icon, square and centred, into ``rect``."""
        side = min(rect.width(), rect.height())
        target = QRectF(rect.x() + (rect.width() - side) / 2, rect.y() + (rect.height() - side) / 2, side, side)
        _renderer(self._name, self.color(mode, state)).render(painter, target)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon at ``size`` device pixels."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """A copy."""
        return RoleIconEngine(self._name, self._role, self._checked_role)


def icon(name: str, role: str = "text", checked_role: str = "focus") -> QIcon:
    """The icon called ``name``.

    Args:
        name: File name in the icon folder, without its suffix.
        role: Colour role (a field of :class:`app.theme.Roles`) it has normally.
        checked_role: Colour role while its button or action is checked.

    Raises:
        KeyError: There is no such icon.
    """
    svg_source(name)
    return QIcon(RoleIconEngine(name, role, checked_role))


def pixmap(name: str, size_px: int, role: str = "text", pixel_ratio: float = 1.0) -> QPixmap:
    """The icon as a picture of ``size_px`` logical pixels, for labels and own painting."""
    device = round(size_px * pixel_ratio)
    picture = RoleIconEngine(name, role, role).pixmap(QSize(device, device), QIcon.Mode.Normal, QIcon.State.Off)
    picture.setDevicePixelRatio(pixel_ratio)
    return picture


class IconLabel(QLabel):
    """A drawing in the colour of a role, which follows the theme."""

    def __init__(self, name: str, size_px: int, role: str = "quiet", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size_px = size_px
        self.set_drawing(name, role)

    def set_drawing(self, name: str, role: str = "quiet") -> None:
        """Show another drawing.

        Raises:
            KeyError: There is no such icon.
        """
        self._name, self._role = name, role
        self.setPixmap(pixmap(name, self._size_px, role, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        """Draw again after a change of theme or screen."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.DevicePixelRatioChange):
            self.set_drawing(self._name, self._role)


def app_icon() -> QIcon:
    """The program's mark, an aperture, in the sizes that window managers ask for."""
    result = QIcon()
    for size in APP_ICON_SIZES_PX:
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        _renderer("app", "#000000").render(painter, QRectF(0, 0, size, size))
        painter.end()
        result.addPixmap(picture)
    return result

"""How keys and curves look in the timeline. The shape tells the easing, so that colour is not needed to tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from app import theme

if TYPE_CHECKING:
    from vbr_core.project import Easing

KEY_RADIUS_PX = 5.5
DENSE_PX = 9.0
"""Keys nearer to each other than this are drawn as small ticks."""


def key_path(center: QPointF, easing: Easing, radius: float = KEY_RADIUS_PX) -> QPainterPath:
    """Outline of a key: hold a square, linear and bezier a diamond, smooth a disc."""
    path = QPainterPath()
    x, y = center.x(), center.y()
    if easing == "hold":
        side = radius * 0.86
        path.addRect(QRectF(x - side, y - side, 2 * side, 2 * side))
    elif easing == "smooth":
        path.addEllipse(center, radius * 0.93, radius * 0.93)
    else:
        r = radius * 1.12
        path.addPolygon(QPolygonF([QPointF(x, y - r), QPointF(x + r, y), QPointF(x, y + r), QPointF(x - r, y)]))
        path.closeSubpath()
    return path


def draw_key(
    painter: QPainter, center: QPointF, easing: Easing, color: QColor, *, selected: bool = False, hovered: bool = False
) -> None:
    """Draw a key; a bezier one carries short handles at its sides."""
    colors = theme.roles()
    if hovered:
        halo = QColor(color)
        halo.setAlphaF(0.28)
        painter.setPen(QPen(halo, 5.0))
        painter.drawPath(key_path(center, easing, KEY_RADIUS_PX + 1))
    if easing == "bezier":
        painter.setPen(QPen(colors.color("text") if selected else color, 1.2))
        for side in (-1, 1):
            end = QPointF(center.x() + side * 12, center.y())
            painter.drawLine(QPointF(center.x() + side * 6, center.y()), end)
            painter.drawEllipse(end, 1.2, 1.2)
    if selected:
        painter.setPen(QPen(color, 2.0))
        painter.setBrush(colors.color("text"))
    else:
        painter.setPen(QPen(colors.color("background"), 1.2))
        painter.setBrush(color)
    painter.drawPath(key_path(center, easing))
    painter.setBrush(QColor(0, 0, 0, 0))


def draw_dense_key(painter: QPainter, center: QPointF, color: QColor, selected: bool) -> None:
    """Draw one of many keys that lie too near to each other for shapes."""
    ink = theme.roles().color("text") if selected else color
    painter.fillRect(QRectF(center.x() - 1, center.y() - 4.5, 2, 9), ink)


def draw_focus_ring(painter: QPainter, center: QPointF) -> None:
    """Mark the key that the keyboard is at."""
    painter.setPen(QPen(theme.roles().color("text"), 1.4))
    painter.setBrush(QColor(0, 0, 0, 0))
    painter.drawRoundedRect(QRectF(center.x() - 10, center.y() - 10, 20, 20), 4, 4)

"""What is painted on the picture besides it: the reticle with its patch, names, boxes with words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from app import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

RETICLE_HALF_PT = 18.0
NAME_COLOUR = "#d9dade"


@dataclass(frozen=True, slots=True)
class Reticle:
    """A mark on the picture.

    Attributes:
        x: Pixels from the left of the upright picture.
        y: Pixels from the top.
        kind: ``focus`` (focused here), ``candidate`` (what would be focused) or ``waiting`` (no depth there yet).
        text: Beside it.
        outline: Corners of the patch that was sampled, (x, y) in pixels of the upright picture; empty if not known.
    """

    x: float
    y: float
    kind: str
    text: str
    outline: tuple[tuple[float, float], ...] = ()


def paint_reticle(
    painter: QPainter, reticle: Reticle, to_widget: Callable[[float, float], QPointF], widget_width: float
) -> None:
    """Brackets, the sampled patch, and the words beside them.

    Args:
        painter: With antialiasing on.
        reticle: What to paint.
        to_widget: From pixels of the clip to points of the widget.
        widget_width: In points: the words stay inside.
    """
    place = to_widget(reticle.x, reticle.y)
    x, y = place.x(), place.y()
    color = theme.roles().color("focus") if reticle.kind == "focus" else QColor("white")
    if reticle.outline:
        patch = QPolygonF([to_widget(*corner) for corner in reticle.outline])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(0, 0, 0, 130), 2.6), QPen(color, 1.2)):
            painter.setPen(pen)
            painter.drawPolygon(patch)
    half, arm = RETICLE_HALF_PT, RETICLE_HALF_PT * 0.45
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    for pen in (QPen(QColor(0, 0, 0, 150), 4.0), QPen(color, 2.0)):
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if reticle.kind == "waiting" and pen.color() == color:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        for sx, sy in corners:
            corner = QPointF(x + sx * half, y + sy * half)
            painter.drawLine(corner, corner - QPointF(sx * arm, 0))
            painter.drawLine(corner, corner - QPointF(0, sy * arm))
    if reticle.text:
        painter.setFont(theme.tabular_font(small=True))
        size = QFontMetricsF(painter.font()).boundingRect(reticle.text).size()
        box = QRectF(x + half + 8, y - size.height() / 2 - 3, size.width() + 14, size.height() + 6)
        if box.right() > widget_width - 4:
            box.moveRight(x - half - 8)
        paint_box(painter, box, reticle.text, color)


def paint_box(painter: QPainter, box: QRectF, text: str, color: QColor) -> None:
    """Words on a dark box, readable on any picture."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(20, 21, 22, 205))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(color if color.lightnessF() > 0.5 else QColor(NAME_COLOUR))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def paint_name(painter: QPainter, name: str, corner: QPointF, room: QRectF, *, to_left: bool = False) -> None:
    """What a picture is called, with the box's upper left (or right) corner at a point; nothing if it lacks room."""
    painter.setFont(theme.tabular_font(small=True))
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(name) + 14
    box = QRectF(corner.x() - (width if to_left else 0.0), corner.y(), width, metrics.height() + 6)
    if name and room.left() <= box.left() and box.right() <= room.right():
        paint_box(painter, box, name, QColor(NAME_COLOUR))


def as_image(rgb: NDArray[np.uint8]) -> QImage:
    """A copy of (h, w, 3) uint8 sRGB as an image."""
    h, w, _ = rgb.shape
    return QImage(rgb.tobytes(), w, h, 3 * w, QImage.Format.Format_RGB888).copy()

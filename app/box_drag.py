"""A box that is drawn around a thing in the picture, to follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_PT = 8.0
"""A box smaller than this on either side was a slip of the hand."""


class BoxDrag:
    """From the press to the release; places are points of the widget.

    Attributes:
        rect: The box so far; None while none is drawn.
    """

    def __init__(self) -> None:
        self.rect: QRectF | None = None
        self._start: QPointF | None = None

    def press(self, place: QPointF) -> None:
        """The first corner."""
        self._start, self.rect = place, None

    def move(self, place: QPointF) -> bool:
        """The corner across. False if no box is being drawn."""
        if self._start is None:
            return False
        self.rect = QRectF(self._start, place).normalized()
        return True

    def stop(self) -> QRectF | None:
        """The box that was drawn, if it is one; nothing is drawn any more."""
        rect, self._start, self.rect = self.rect, None, None
        return rect if rect is not None and min(rect.width(), rect.height()) >= LEAST_PT else None

    def paint(self, painter: QPainter) -> None:
        """The box, light on dark, readable on any picture."""
        if self.rect is None:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(0, 0, 0, 150), 3.0), QPen(QColor("white"), 1.4, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawRect(self.rect)


def in_clip(
    rect: QRectF, to_clip: Callable[[QPointF], tuple[float, float]], size: tuple[float, float]
) -> tuple[float, float, float, float] | None:
    """A box in pixels of the clip.

    Args:
        rect: In points of the widget.
        to_clip: From a point of the widget to pixels of the clip.
        size: Width and height of the clip.

    Returns:
        Middle (x, y), width and height of what lies in the picture; None if nothing does.
    """
    (left, top), (right, bottom) = to_clip(rect.topLeft()), to_clip(rect.bottomRight())
    left, right = max(0.0, left), min(size[0], right)
    top, bottom = max(0.0, top), min(size[1], bottom)
    if right - left < 1.0 or bottom - top < 1.0:
        return None
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top

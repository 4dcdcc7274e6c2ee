"""Drawing on the picture: a lasso or a brush marks a part of it, or a point is picked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from vbr_core.project import Stroke

if TYPE_CHECKING:
    from collections.abc import Callable

ToolMode = Literal["off", "lasso", "brush", "point"]
BRUSH_LIMITS_PX = (2.0, 400.0)
SPACING_PT = 3.0
"""Points of a stroke are at least so far apart on screen."""

LEAST_LASSO_PT = 6.0
"""A lasso that reaches less far is a slip of the hand."""


class RegionTool(QObject):
    """What is being drawn, in pixels of the upright clip. The viewer hands it the mouse and lets it paint."""

    changed = Signal()
    """Something that is painted changed."""
    mode_changed = Signal(str)
    strokes_changed = Signal()
    """The finished strokes changed."""
    picked = Signal(float, float)
    """A point was picked, x and y in pixels of the clip."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode: ToolMode = "off"
        self._before_point: ToolMode = "off"
        self._strokes: tuple[Stroke, ...] = ()
        self._path: list[tuple[float, float]] = []
        self._last_pt = QPointF()
        self._reach_pt = 0.0
        self._hover: tuple[float, float] | None = None
        self._shown: tuple[Stroke, ...] = ()
        self._is_visible = True
        self._radius_px = 24.0

    # --- state ------------------------------------------------------------------------------------------------------

    @property
    def mode(self) -> ToolMode:
        """What a drag on the picture does; ``off``: nothing, a click sets focus."""
        return self._mode

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """What was marked and not used yet."""
        return self._strokes

    @property
    def is_drawing(self) -> bool:
        """Whether a stroke is under way."""
        return bool(self._path)

    @property
    def radius_px(self) -> float:
        """Of the brush, in pixels of the clip."""
        return self._radius_px

    def set_radius(self, radius_px: float) -> None:
        """Set the size of the brush, brought into its limits."""
        self._radius_px = min(BRUSH_LIMITS_PX[1], max(BRUSH_LIMITS_PX[0], radius_px))
        self.changed.emit()

    def set_mode(self, mode: ToolMode) -> None:
        """Take up a tool, or lay it down. What was marked stays, unless the tool is laid down."""
        if mode == self._mode:
            return
        if mode == "point":
            self._before_point = self._mode
        self._path = []
        self._mode = mode
        if mode == "off":
            self._set_strokes(())
        self.mode_changed.emit(mode)
        self.changed.emit()

    def clear(self) -> None:
        """Forget what was marked."""
        self._path = []
        self._set_strokes(())
        self.changed.emit()

    def keep_last_stroke(self) -> None:
        """Forget what was marked but the stroke that came last."""
        self._strokes = self._strokes[-1:]
        self.changed.emit()

    def set_visible(self, visible: bool) -> None:
        """Whether what was marked belongs to the frame on screen."""
        if visible != self._is_visible:
            self._is_visible = visible
            self.changed.emit()

    def show_strokes(self, strokes: tuple[Stroke, ...]) -> None:
        """Show where an existing repair was drawn."""
        if strokes != self._shown:
            self._shown = strokes
            self.changed.emit()

    def back(self) -> None:
        """One step back: the stroke under way, the point to be picked, what was marked, the tool."""
        if self._path:
            self._path = []
            self.changed.emit()
        elif self._mode == "point":
            self.set_mode(self._before_point)
        elif self._strokes:
            self.clear()
        else:
            self.set_mode("off")

    def _set_strokes(self, strokes: tuple[Stroke, ...]) -> None:
        if strokes != self._strokes:
            self._strokes = strokes
            self.strokes_changed.emit()

    # --- mouse ------------------------------------------------------------------------------------------------------

    def press(self, x: float, y: float, place: QPointF) -> None:
        """The left button went down at ``x, y`` of the clip and ``place`` of the widget."""
        if self._mode == "point":
            self.set_mode(self._before_point)
            self.picked.emit(x, y)
        elif self._mode != "off":
            self._path = [(round(x, 1), round(y, 1))]
            self._last_pt, self._reach_pt = place, 0.0
            self.changed.emit()

    def move(self, x: float, y: float, place: QPointF) -> None:
        """The pointer moved, with the button down or not."""
        self._hover = (x, y)
        if self._path:
            far = math.hypot(place.x() - self._last_pt.x(), place.y() - self._last_pt.y())
            if far >= SPACING_PT:
                self._path.append((round(x, 1), round(y, 1)))
                self._reach_pt += far
                self._last_pt = place
        if self._path or self._mode == "brush":
            self.changed.emit()

    def leave(self) -> None:
        """The pointer left the picture."""
        self._hover = None
        self.changed.emit()

    def release(self, *, add: bool) -> None:
        """The button went up: the stroke is finished.

        Args:
            add: A lasso joins what was marked before instead of replacing it. The brush always does.
        """
        path, self._path = self._path, []
        if not path:
            return
        if self._mode == "brush":
            self._set_strokes((*self._strokes, Stroke(tuple(path), self._radius_px)))
        elif len(path) >= 3 and self._reach_pt >= LEAST_LASSO_PT:
            stroke = Stroke(tuple(path))
            self._set_strokes((*self._strokes, stroke) if add else (stroke,))
        self.changed.emit()

    # --- painting ---------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, to_widget: Callable[[float, float], QPointF]) -> None:
        """Paint what is marked, what is under way, and the brush. White: the accents mean other things."""
        unit = to_widget(1.0, 0.0) - to_widget(0.0, 0.0)
        scale = unit.x()
        strokes = self._strokes if self._is_visible else ()
        if self._shown and not strokes and not self._path:
            self._paint_area(painter, _outline(self._shown, to_widget, scale), fill=0, dashed=True)
        if strokes:
            self._paint_area(painter, _outline(strokes, to_widget, scale), fill=56, dashed=False)
        if self._path:
            radius = self._radius_px if self._mode == "brush" else 0.0
            if radius or len(self._path) >= 3:
                part = Stroke(tuple(self._path), radius)
                self._paint_area(painter, _outline((part,), to_widget, scale), fill=56 if radius else 20, dashed=False)
        if self._mode == "brush" and self._hover is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in (QPen(QColor(0, 0, 0, 150), 3.0), QPen(QColor("white"), 1.4)):
                painter.setPen(pen)
                painter.drawEllipse(to_widget(*self._hover), self._radius_px * scale, self._radius_px * scale)

    @staticmethod
    def _paint_area(painter: QPainter, area: QPainterPath, *, fill: int, dashed: bool) -> None:
        painter.setBrush(QColor(255, 255, 255, fill))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPath(area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 170), 3.5))
        painter.drawPath(area)
        painter.setPen(QPen(QColor("white"), 1.6, Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine))
        painter.drawPath(area)


def _outline(strokes: tuple[Stroke, ...], to_widget: Callable[[float, float], QPointF], scale: float) -> QPainterPath:
    """The union of strokes, in points of the widget."""
    from PySide6.QtGui import QPainterPathStroker

    area = QPainterPath()
    for stroke in strokes:
        points = [to_widget(x, y) for x, y in stroke.points]
        path = QPainterPath()
        if stroke.radius_px == 0.0:
            path.addPolygon(QPolygonF(points))
            path.closeSubpath()
            path.setFillRule(Qt.FillRule.WindingFill)
        else:
            radius = stroke.radius_px * scale
            if len(points) == 1:
                path.addEllipse(points[0], radius, radius)
            else:
                line = QPainterPath(points[0])
                for point in points[1:]:
                    line.lineTo(point)
                stroker = QPainterPathStroker(QPen(Qt.GlobalColor.black, 2.0 * radius))
                stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
                stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                path = stroker.createStroke(line).simplified()
        area = path if area.isEmpty() else area.united(path)
    return area

"""A slider for d_f with the histogram of the frame's disparity above it: one sees what lies at each value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleValueChangeEvent, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

PADDING_PX = 9.0
TRACK_PX = 22.0
STEP, BIG_STEP, PAGE = 0.005, 0.02, 0.1


class HistogramSlider(QWidget):
    """Value 0..1. A drag is one gesture: ``drag_started``, any number of ``value_dragged``, ``drag_finished``.

    A key press or a turn of the wheel is a whole gesture of its own, so that each is one undo step.
    """

    value_dragged = Signal(float)
    """The user moved it. Not sent by :meth:`set_value`."""
    drag_started = Signal()
    drag_finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # whatever the language: near is at the right
        self._value = 0.5
        self._marker: float | None = None
        self._bars: list[float] = []
        self._dragging = False
        self._hover = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumSize(120, 44)
        self.setAccessibleName(self.tr("Focus d_f"))
        self._describe()

    # --- value -------------------------------------------------------------------------------------------------------

    @property
    def value(self) -> float:
        """The value, 0..1."""
        return self._value

    def set_value(self, value: float) -> None:
        """Show ``value``, brought into 0..1. Emits nothing; ignored unless finite."""
        if not math.isfinite(value):
            return
        value = min(1.0, max(0.0, float(value)))
        if value != self._value:
            self._value = value
            self._describe()
            self.update()

    def set_marker(self, value: float | None) -> None:
        """Show a second, quiet mark: what a click would focus. None for none."""
        self._marker = None if value is None else min(1.0, max(0.0, float(value)))
        self.update()

    def set_histogram(self, counts: Sequence[float] | None) -> None:
        """Show how often each disparity occurs: counts in equal bins from 0 to 1; None for no histogram.

        Heights are square roots, so that small things stay visible beside a large background.
        """
        values = [] if counts is None else [max(0.0, float(count)) for count in counts]
        top = max(values, default=0.0)
        self._bars = [math.sqrt(value / top) for value in values] if top > 0 else []
        self.update()

    @property
    def bars(self) -> list[float]:
        """Heights of the histogram, 0..1."""
        return list(self._bars)

    def _describe(self) -> None:
        self.setAccessibleDescription(f"{self._value:.3f}")
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleValueChangeEvent(self, self._value))

    def x_of(self, value: float) -> float:
        """Pixels of a value."""
        return PADDING_PX + value * (self.width() - 2 * PADDING_PX)

    def value_at(self, x: float) -> float:
        """The value at a pixel, 0..1."""
        return min(1.0, max(0.0, (x - PADDING_PX) / max(1.0, self.width() - 2 * PADDING_PX)))

    def _take(self, value: float) -> None:
        value = min(1.0, max(0.0, value))
        if value != self._value:
            self.set_value(value)
            self.value_dragged.emit(value)

    def _step(self, delta: float) -> None:
        self.drag_started.emit()
        self._take(round((self._value + delta) / STEP) * STEP)
        self.drag_finished.emit()

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        enabled = self.isEnabled()
        accent = colors.color("focus" if enabled else "disabled")
        well = QRectF(PADDING_PX, 2, self.width() - 2 * PADDING_PX, self.height() - TRACK_PX - 2)
        painter.fillRect(well, colors.color("background"))
        self._paint_bars(painter, well)
        middle = self.height() - TRACK_PX / 2
        x = self.x_of(self._value)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("line_strong"))
        painter.drawRoundedRect(QRectF(well.left(), middle - 2, well.width(), 4), 2, 2)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(well.left(), middle - 2, x - well.left(), 4), 2, 2)
        if self._marker is not None:
            self._paint_marker(painter, well)
        painter.setPen(QPen(accent, 1.5))
        painter.drawLine(QPointF(x, well.top()), QPointF(x, middle - 7))
        radius = 7.5 if self._hover or self._dragging else 6.5
        painter.setPen(QPen(accent if self.hasFocus() else colors.color("panel"), 2))
        painter.setBrush(colors.color("text" if enabled else "disabled"))
        painter.drawEllipse(QPointF(x, middle), radius, radius)

    def _paint_bars(self, painter: QPainter, well: QRectF) -> None:
        colors = theme.roles()
        if not self._bars:
            painter.setPen(colors.color("disabled"))
            painter.setFont(theme.small_font())
            painter.drawText(well, Qt.AlignmentFlag.AlignCenter, self.tr("no depth yet"))
            return
        step = well.width() / len(self._bars)
        path = QPainterPath(QPointF(well.left(), well.bottom()))
        for index, bar in enumerate(self._bars):
            y = well.bottom() - bar * (well.height() - 3)
            path.lineTo(well.left() + index * step, y)
            path.lineTo(well.left() + (index + 1) * step, y)
        path.lineTo(well.right(), well.bottom())
        path.closeSubpath()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("quiet", 0.55))
        painter.drawPath(path)
        near = QRectF(self.x_of(self._value) - 0.02 * well.width(), well.top(), 0.04 * well.width(), well.height())
        painter.save()
        painter.setClipRect(near)
        painter.setBrush(colors.color("focus", 0.85))
        painter.drawPath(path)
        painter.restore()

    def _paint_marker(self, painter: QPainter, well: QRectF) -> None:
        assert self._marker is not None
        x = self.x_of(self._marker)
        painter.setBrush(theme.roles().color("text"))
        corners = (QPointF(x - 4, well.top()), QPointF(x + 4, well.top()), QPointF(x, well.top() + 6))
        painter.drawPolygon(QPolygonF(list(corners)))
        painter.setPen(QPen(theme.roles().color("text", 0.6), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, well.top() + 6), QPointF(x, well.bottom()))

    def sizeHint(self) -> QSize:
        return QSize(240, 68)

    # --- mouse and keyboard ------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._dragging = True
        self.drag_started.emit()
        self._take(self.value_at(event.position().x()))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._take(self.value_at(event.position().x()))
            return
        near = abs(event.position().x() - self.x_of(self._value)) < 10 and event.position().y() > self.height() - 26
        if near != self._hover:
            self._hover = near
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._dragging:
            self._dragging = False
            self.drag_finished.emit()
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():  # scrolling a panel must not change the focus of a film
            event.ignore()
            return
        self._step(math.copysign(STEP, event.angleDelta().y() or 1))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = BIG_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STEP
        deltas = {
            Qt.Key.Key_Left: -step,
            Qt.Key.Key_Down: -step,
            Qt.Key.Key_Right: step,
            Qt.Key.Key_Up: step,
            Qt.Key.Key_PageUp: PAGE,
            Qt.Key.Key_PageDown: -PAGE,
            Qt.Key.Key_Home: -1.0,
            Qt.Key.Key_End: 1.0,
        }
        delta = deltas.get(Qt.Key(event.key()))
        if delta is None:
            super().keyPressEvent(event)
        else:
            self._step(delta)

    def event(self, event: QKeyEvent) -> bool:  # type: ignore[override]
        """Keep the arrow keys from the window's shortcuts while the slider has the keyboard."""
        if event.type() == event.Type.ShortcutOverride and event.key() in (
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_PageUp,
            Qt.Key.Key_PageDown,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
        ):
            event.accept()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

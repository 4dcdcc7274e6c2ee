"""The picture: fit and zoom, clicks that set the focus, and the marks that say where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QCursor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.region_tool import RegionTool
from app.view_geometry import ZOOM_STEP, ViewGeometry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from vbr_core.render.request import RenderedFrame

DRAG_THRESHOLD_PT = 4.0
RETICLE_HALF_PT = 18.0
DIVIDER_REACH_PT = 7.0
"""How near to the divider of a split view the mouse takes hold of it."""

BRUSH_STEP = 1.15


@dataclass(frozen=True, slots=True)
class Reticle:
    """A mark on the picture.

    Attributes:
        x: Pixels from the left of the upright picture.
        y: Pixels from the top.
        kind: ``focus`` (focused here), ``candidate`` (what would be focused) or ``waiting`` (no depth there yet).
        text: Beside it.
    """

    x: float
    y: float
    kind: str
    text: str


class Viewer(QWidget):
    """Shows a picture and tells what is done to it in pixels of the upright clip."""

    clicked = Signal(float, float, object)
    """x, y in picture pixels and the keyboard modifiers."""
    double_clicked = Signal(float, float)
    """x, y in picture pixels. The first of the two clicks was told as ``clicked`` before."""
    menu_requested = Signal(float, float, object)
    """x, y in picture pixels and the place on screen (QPoint): the right button, or the menu key at the middle."""
    display_lines_changed = Signal(int)
    """How many device pixels high the picture is on screen."""
    zoom_changed = Signal(float, bool)
    """Device pixels per picture pixel, and whether the picture is fitted."""
    space_tapped = Signal()
    """The space bar was pressed and released without moving the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._beside: QImage | None = None
        self._divider = 0.5
        self._holds_divider = False
        self._side_names = ("", "")
        self.tool = RegionTool(self)
        self.tool.changed.connect(self.update)
        self.tool.mode_changed.connect(self._show_cursor)
        self._geometry = ViewGeometry(16, 9, 16, 9)
        self._reticle: Reticle | None = None
        self._message = ""
        self._press: QPointF | None = None
        self._press_modifiers = Qt.KeyboardModifier.NoModifier
        self._pan_from: QPointF | None = None
        self._space_held = False
        self._space_panned = False
        self._has_clip = False
        self._pixel_aspect = 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Picture"))
        self.setAccessibleDescription(
            self.tr("Click to set the focus at the playhead. Shift-click: without easing. Alt-click: only look.")
        )

    def sizeHint(self) -> QSize:
        return QSize(960, 540)

    # --- what is shown ----------------------------------------------------------------------------------------------

    @property
    def view_geometry(self) -> ViewGeometry:
        """Where the picture lies."""
        return self._geometry

    @property
    def reticle(self) -> Reticle | None:
        return self._reticle

    @property
    def message(self) -> str:
        return self._message

    @property
    def image(self) -> QImage | None:
        return self._image

    def set_clip_size(self, width: int, height: int, pixel_aspect: float = 1.0) -> None:
        """A clip with pictures of this size (upright) is coming; 0 for none.

        Args:
            width: Columns.
            height: Rows.
            pixel_aspect: Width of a pixel divided by its height; the picture is stretched by it.
        """
        self._pixel_aspect = pixel_aspect
        self._has_clip = width > 0 and height > 0
        self._image = self._beside = None
        self._reticle = None
        self._message = ""
        self.tool.set_mode("off")
        self._set_geometry(
            ViewGeometry(
                max(1, round(width * pixel_aspect)),
                max(1, height),
                self.width(),
                self.height(),
                self.devicePixelRatioF(),
            )
        )

    def show_frame(self, frame: RenderedFrame) -> None:
        """Show a picture; of any size, it fills the place of the clip's picture."""
        self._image = _as_image(frame.rgb)
        self._beside = None if frame.beside is None else _as_image(frame.beside)
        self.update()

    @property
    def divider(self) -> float:
        """Where a split view is divided, 0 (left) to 1 of the picture's width."""
        return self._divider

    def set_divider(self, place: float) -> None:
        self._divider = min(1.0, max(0.0, place))
        self.update()

    def set_side_names(self, left: str, right: str) -> None:
        """What the two sides of a split view are called."""
        self._side_names = (left, right)
        self.update()

    def set_reticle(self, reticle: Reticle | None) -> None:
        if reticle != self._reticle:
            self._reticle = reticle
            self.update()

    def set_message(self, text: str) -> None:
        """A sentence in the middle of the picture; empty for none."""
        if text != self._message:
            self._message = text
            self.update()

    # --- zoom -------------------------------------------------------------------------------------------------------

    def zoom_fit(self) -> None:
        self._set_geometry(self._geometry.fitted())

    def zoom_full(self) -> None:
        self._set_geometry(self._geometry.zoomed(1.0))

    def zoom_in(self) -> None:
        self._set_geometry(self._geometry.zoomed(self._geometry.shown_zoom * ZOOM_STEP))

    def zoom_out(self) -> None:
        self._set_geometry(self._geometry.zoomed(self._geometry.shown_zoom / ZOOM_STEP))

    def _set_geometry(self, geometry: ViewGeometry) -> None:
        if geometry == self._geometry:
            return
        self._geometry = geometry
        self.zoom_changed.emit(geometry.shown_zoom, geometry.is_fitting)
        self.display_lines_changed.emit(round(geometry.rect[3] * geometry.pixel_ratio))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_geometry(self._geometry.resized(self.width(), self.height(), self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._set_geometry(self._geometry.resized(self.width(), self.height(), self.devicePixelRatioF()))

    # --- mouse and keys ---------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._has_clip or event.angleDelta().y() == 0:
            return
        at = event.position()
        if self.tool.mode == "brush" and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.tool.set_radius(self.tool.radius_px * BRUSH_STEP ** (event.angleDelta().y() / 120))
            event.accept()
            return
        factor = ZOOM_STEP ** (event.angleDelta().y() / 120)
        self._set_geometry(self._geometry.zoomed(self._geometry.shown_zoom * factor, at.x(), at.y()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._has_clip:
            return
        if event.button() == Qt.MouseButton.MiddleButton or (
            event.button() == Qt.MouseButton.LeftButton and self._space_held
        ):
            self._pan_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() != Qt.MouseButton.LeftButton:
            return
        elif self._is_at_divider(event.position()):
            self._holds_divider = True
        elif self.tool.mode != "off":
            self.tool.press(*self._clip_point(event.position()), event.position())
        else:
            self._press = event.position()
            self._press_modifiers = event.modifiers()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        is_plain = event.button() == Qt.MouseButton.LeftButton and not event.modifiers() and not self._space_held
        is_free = self._has_clip and self.tool.mode == "off" and not self._is_at_divider(place)
        if is_plain and is_free and self._is_on_picture(place):
            self.double_clicked.emit(*self._clip_point(place))
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            delta = event.position() - self._pan_from
            self._pan_from = event.position()
            self._space_panned = self._space_panned or self._space_held
            self._set_geometry(self._geometry.panned(delta.x(), delta.y()))
        elif self._holds_divider:
            left, _, width, _ = self._geometry.rect
            self.set_divider((event.position().x() - left) / width)
        elif self.tool.mode != "off" and self._has_clip:
            self.tool.move(*self._clip_point(event.position()), event.position())
        if not event.buttons():
            self._show_cursor()

    def leaveEvent(self, event: QEvent) -> None:
        self.tool.leave()
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pan_from is not None:
            self._pan_from = None
            self._show_cursor()
            return
        if event.button() == Qt.MouseButton.LeftButton:
            self._holds_divider = False
            self.tool.release(add=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        if event.button() != Qt.MouseButton.LeftButton or self._press is None:
            return
        press, self._press = self._press, None
        moved = event.position() - press
        if abs(moved.x()) > DRAG_THRESHOLD_PT or abs(moved.y()) > DRAG_THRESHOLD_PT:
            return
        if self._geometry.contains(press.x(), press.y()):
            self.clicked.emit(*self._clip_point(press), self._press_modifiers)

    def _is_at_divider(self, place: QPointF) -> bool:
        """Whether a point of the widget is on the handle of a split view."""
        if self._beside is None or not self._geometry.contains(place.x(), place.y()):
            return False
        left, _, width, _ = self._geometry.rect
        return abs(place.x() - (left + self._divider * width)) <= DIVIDER_REACH_PT

    def clip_to_widget(self, x: float, y: float) -> QPointF:
        """Where a point of the clip, in its own pixels, lies in the widget."""
        return QPointF(*self._geometry.to_widget(x * self._pixel_aspect, y))

    def _clip_point(self, place: QPointF) -> tuple[float, float]:
        """The point of the clip, in its own pixels, under a point of the widget."""
        x, y = self._geometry.to_picture(place.x(), place.y())
        return x / self._pixel_aspect, y

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = QPointF(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = QPointF(self.rect().center())
        if self._has_clip and self.tool.mode == "off" and self._geometry.contains(place.x(), place.y()):
            self.menu_requested.emit(*self._clip_point(place), self.mapToGlobal(place.toPoint()))

    def event(self, event: QEvent) -> bool:
        # the space bar belongs to "play" in the whole window, but held over the picture it moves the picture: the
        # viewer takes it from the shortcut and hands a mere tap on
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and not event.modifiers()
            and self._has_clip
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self._has_clip:
            if not event.isAutoRepeat():
                self._space_held, self._space_panned = True, False
                self._show_cursor()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self._space_held:
            if not event.isAutoRepeat():
                self._space_held = False
                self._show_cursor()
                if not self._space_panned:
                    self.space_tapped.emit()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QEvent) -> None:
        self._space_held = False
        self._show_cursor()
        super().focusOutEvent(event)  # type: ignore[arg-type]

    def _show_cursor(self, *_: object) -> None:
        if self._holds_divider or self._is_at_divider(QPointF(self.mapFromGlobal(QCursor.pos()))):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self._space_held and self.underMouse():
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor if self._has_clip else Qt.CursorShape.ArrowCursor)

    # --- painting ---------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.roles().color("surround"))
        if self._image is not None:
            enlarged = self._geometry.shown_zoom >= 3 and self._image.height() == self._geometry.picture_h
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
            painter.drawImage(QRectF(*self._geometry.rect), self._image)
            if self._beside is not None:
                self._paint_beside(painter, self._beside)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image is not None:
            self.tool.paint(painter, self.clip_to_widget)
        if self._reticle is not None and self._image is not None:
            self._paint_reticle(painter, self._reticle)
        if self._message:
            self._paint_message(painter)
        if self.hasFocus():
            painter.setPen(QPen(theme.roles().color("line_strong"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_beside(self, painter: QPainter, image: QImage) -> None:
        """The left side of a split view, the divider, and what the two sides are called."""
        whole = QRectF(*self._geometry.rect)
        x = whole.left() + self._divider * whole.width()
        painter.save()
        painter.setClipRect(QRectF(whole.left(), whole.top(), x - whole.left(), whole.height()))
        painter.drawImage(whole, image)
        painter.restore()
        seen = whole.intersected(QRectF(self.rect()))
        for pen in (QPen(QColor(0, 0, 0, 150), 4.0), QPen(QColor("white"), 1.5)):
            painter.setPen(pen)
            painter.drawLine(QPointF(x, seen.top()), QPointF(x, seen.bottom()))
        painter.setFont(theme.tabular_font(small=True))
        metrics = QFontMetricsF(painter.font())
        for text, direction in zip(self._side_names, (-1, 1), strict=True):
            width = metrics.horizontalAdvance(text) + 14
            left = x - 8 - width if direction < 0 else x + 8
            if text and whole.left() <= left and left + width <= whole.right():
                box = QRectF(left, seen.top() + 8, width, metrics.height() + 6)
                self._paint_box(painter, box, text, QColor("#d9dade"))

    def _paint_reticle(self, painter: QPainter, reticle: Reticle) -> None:
        place = self.clip_to_widget(reticle.x, reticle.y)
        x, y = place.x(), place.y()
        color = theme.roles().color("focus") if reticle.kind == "focus" else QColor("white")
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
            if box.right() > self.width() - 4:
                box.moveRight(x - half - 8)
            self._paint_box(painter, box, reticle.text, color)

    def _paint_message(self, painter: QPainter) -> None:
        painter.setFont(theme.body_font())
        room = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        box = painter.boundingRect(room, flags, self._message).adjusted(-16, -10, 16, 10)
        self._paint_box(painter, box, self._message, theme.roles().color("text"))

    @staticmethod
    def _paint_box(painter: QPainter, box: QRectF, text: str, color: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 21, 22, 205))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(color if color.lightnessF() > 0.5 else QColor("#d9dade"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def _as_image(rgb: NDArray[np.uint8]) -> QImage:
    h, w, _ = rgb.shape
    return QImage(rgb.tobytes(), w, h, 3 * w, QImage.Format.Format_RGB888).copy()

"""The picture: fit and zoom, clicks that set the focus, and the marks that say where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QCursor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.box_drag import BoxDrag, in_clip
from app.region_tool import RegionTool
from app.view_geometry import ZOOM_STEP, ViewGeometry
from app.viewer_marks import Reticle, as_image, paint_box, paint_name, paint_reticle

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from app.subject_walk import SubjectWalk
    from vbr_core.render.request import RenderedFrame

DRAG_THRESHOLD_PT = 4.0
DIVIDER_REACH_PT = 7.0
"""How near to the divider of a split view the mouse takes hold of it."""

PANE_GAP_PT = 4.0
"""Between the two pictures that are shown side by side."""

BRUSH_STEP = 1.15


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
    hovered = Signal(object)
    """(x, y) in picture pixels under the mouse, or None where there is no picture."""
    boxed = Signal(float, float, float, float)
    """A box was drawn with Ctrl held: middle (x, y), width and height in picture pixels."""
    space_tapped = Signal()
    """The space bar was pressed and released without moving the picture."""

    pressed = Signal()
    """A mouse button went down on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # whatever the language: it is a picture
        self._image: QImage | None = None
        self._beside: QImage | None = None
        self._side_by_side = False
        self._divider = 0.5
        self._holds_divider = False
        self._side_names = ("", "")
        self.tool = RegionTool(self)
        self.tool.changed.connect(self.update)
        self.tool.mode_changed.connect(self._show_cursor)
        self._geometry = ViewGeometry(16, 9, 16, 9)
        self.keyboard: SubjectWalk | None = None
        """What Tab, Return and Escape do in the picture."""
        self._reticle: Reticle | None = None
        self._message = ""
        self._press: QPointF | None = None
        self._box = BoxDrag()
        self._press_modifiers = Qt.KeyboardModifier.NoModifier
        self._pan_from: QPointF | None = None
        self._space_held = False
        self._space_panned = False
        self._has_clip = False
        self._pixel_aspect = 1.0
        self._clip_size = (0.0, 0.0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Picture"))
        self.setAccessibleDescription(
            self.tr(
                "Click to set the focus at the playhead. Shift-click: without easing. Alt-click: only look. Tab goes "
                "through the things in the picture, Return focuses."
            )
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
        self._clip_size = (float(width), float(height))
        self._has_clip = width > 0 and height > 0
        self._image = self._beside = None
        self._reticle = None
        self._message = ""
        self.tool.set_mode("off")
        self._set_geometry(
            ViewGeometry(
                max(1, round(width * pixel_aspect)),
                max(1, height),
                self._pane_width(),
                self.height(),
                self.devicePixelRatioF(),
            )
        )

    def show_frame(self, frame: RenderedFrame) -> None:
        """Show a picture; of any size, it fills the place of the clip's picture."""
        self._image = as_image(frame.rgb)
        self._beside = None if frame.beside is None else as_image(frame.beside)
        self._lay_out()
        self.update()

    @property
    def divider(self) -> float:
        """Where a split view is divided, 0 (left) to 1 of the picture's width."""
        return self._divider

    def set_divider(self, place: float) -> None:
        self._divider = min(1.0, max(0.0, place))
        self.update()

    @property
    def is_side_by_side(self) -> bool:
        """Whether the two pictures of a split view are shown side by side instead of under a divider."""
        return self._side_by_side

    def set_side_by_side(self, on: bool) -> None:
        """Show the two pictures of a split view side by side, zoomed and moved together."""
        if on != self._side_by_side:
            self._side_by_side = on
            self._lay_out()
            self.update()

    def _has_panes(self) -> bool:
        return self._side_by_side and self._beside is not None

    def _pane_width(self) -> float:
        return max(1.0, (self.width() - PANE_GAP_PT) / 2) if self._has_panes() else float(self.width())

    def _pane_left(self) -> float:
        """Where the pane of the main picture begins: at the right if there are two."""
        return self.width() - self._pane_width()

    def _in_pane(self, place: QPointF) -> QPointF:
        """A point of the widget in the coordinates of the pane that it lies in."""
        left = self._pane_left()
        return place - QPointF(left, 0.0) if self._has_panes() and place.x() >= left else place

    def _lay_out(self) -> None:
        self._set_geometry(self._geometry.resized(self._pane_width(), self.height(), self.devicePixelRatioF()))

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
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._lay_out()

    # --- mouse and keys ---------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self._has_clip or event.angleDelta().y() == 0:
            return
        at = self._in_pane(event.position())
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
        self.pressed.emit()
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
            if event.modifiers() == Qt.KeyboardModifier.ControlModifier:
                self._box.press(event.position())

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
        elif self._box.move(event.position()):
            self.update()
        if not event.buttons():
            self._show_cursor()
        self._tell_hovered(event.position())

    def _tell_hovered(self, place: QPointF) -> None:
        self.hovered.emit(self._clip_point(place) if self._has_clip and self._is_on_picture(place) else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.tool.leave()
        self.hovered.emit(None)
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
        drawn = self._box.stop()
        self.update()
        if drawn is not None:
            box = in_clip(drawn, self._clip_point, self._clip_size)
            if box is not None:
                self.boxed.emit(*box)
            return
        moved = event.position() - press
        if abs(moved.x()) > DRAG_THRESHOLD_PT or abs(moved.y()) > DRAG_THRESHOLD_PT:
            return
        if self._is_on_picture(press):
            self.clicked.emit(*self._clip_point(press), self._press_modifiers)

    def _is_at_divider(self, place: QPointF) -> bool:
        """Whether a point of the widget is on the handle of a split view."""
        if self._beside is None or self._side_by_side or not self._is_on_picture(place):
            return False
        left, _, width, _ = self._geometry.rect
        return abs(place.x() - (left + self._divider * width)) <= DIVIDER_REACH_PT

    def _is_on_picture(self, place: QPointF) -> bool:
        local = self._in_pane(place)
        return 0 <= local.x() < self._pane_width() and self._geometry.contains(local.x(), local.y())

    def clip_to_widget(self, x: float, y: float) -> QPointF:
        """Where a point of the clip, in its own pixels, lies in the widget (of two panes: in the right one)."""
        return QPointF(*self._geometry.to_widget(x * self._pixel_aspect, y)) + QPointF(self._pane_left(), 0.0)

    def _clip_point(self, place: QPointF) -> tuple[float, float]:
        """The point of the clip, in its own pixels, under a point of the widget."""
        local = self._in_pane(place)
        x, y = self._geometry.to_picture(local.x(), local.y())
        return x / self._pixel_aspect, y

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = QPointF(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = QPointF(self.rect().center())
        if self._has_clip and self.tool.mode == "off" and self._is_on_picture(place):
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

    def focusNextPrevChild(self, forward: bool) -> bool:
        # a child (the hint's button) asks its parent too
        if self.hasFocus() and self.keyboard is not None and self.keyboard.tab(1 if forward else -1):
            return True
        return super().focusNextPrevChild(forward)

    def move_on(self, step: int) -> None:
        """Give the keyboard to the next control (1) or the one before (-1)."""
        if self.hasFocus():
            super().focusNextPrevChild(step > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self._has_clip:
            if not event.isAutoRepeat():
                self._space_held, self._space_panned = True, False
                self._show_cursor()
        elif self.keyboard is not None and (
            (event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.keyboard.enter(event.modifiers()))
            or (event.key() == Qt.Key.Key_Escape and self.keyboard.leave())
        ):
            event.accept()
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
            if self._has_panes():
                self._paint_panes(painter, self._image)
            else:
                painter.drawImage(QRectF(*self._geometry.rect), self._image)
                if self._beside is not None:
                    self._paint_beside(painter, self._beside)
                self._paint_marks(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._message:
            self._paint_message(painter)
        if self.hasFocus():
            painter.setPen(QPen(theme.roles().color("line_strong"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_marks(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.tool.paint(painter, self.clip_to_widget)
        if self._reticle is not None:
            paint_reticle(painter, self._reticle, self.clip_to_widget, self.width())
        self._box.paint(painter)

    def _paint_panes(self, painter: QPainter, image: QImage) -> None:
        """Both pictures at the same zoom and place, each with all marks and its name."""
        assert self._beside is not None
        width, right = self._pane_width(), self._pane_left()
        for left, shown, name in ((0.0, self._beside, self._side_names[0]), (right, image, self._side_names[1])):
            pane = QRectF(left, 0.0, width, self.height())
            painter.save()
            painter.setClipRect(pane)
            painter.drawImage(QRectF(*self._geometry.rect).translated(left, 0.0), shown)
            painter.translate(left - right, 0.0)
            self._paint_marks(painter)
            painter.restore()
            seen = QRectF(*self._geometry.rect).translated(left, 0.0).intersected(pane)
            paint_name(painter, name, seen.topLeft() + QPointF(8, 8), seen)
        painter.fillRect(QRectF(width, 0.0, right - width, self.height()), theme.roles().color("background"))

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
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._side_names
        paint_name(painter, left, QPointF(x - 8, seen.top() + 8), whole, to_left=True)
        paint_name(painter, right, QPointF(x + 8, seen.top() + 8), whole)

    def _paint_message(self, painter: QPainter) -> None:
        painter.setFont(theme.body_font())
        room = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        box = painter.boundingRect(room, flags, self._message).adjusted(-16, -10, 16, 10)
        paint_box(painter, box, self._message, theme.roles().color("text"))

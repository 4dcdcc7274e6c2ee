"""The two keyframe rows: curves with keys on them; select, add, move and delete by mouse and by keyboard."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from app import theme
from app.timeline import geometry, key_menu
from app.timeline.key_drag import KeyDrag
from app.timeline.key_paint import draw_focus_ring, draw_key
from app.timeline.key_picture import KeyPicture
from app.timeline.key_walk import KeyWalker
from vbr_core import edits
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QHelpEvent, QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QMenu

    from app.session import Session
    from app.timeline.viewport import Viewport
    from vbr_core.project import Keyframe, TrackName

ROW_PX = 56
SCROLL_STEP_PX = 40.0
"""How far the view scrolls at most for one move of the mouse beyond its edge."""
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
KeyId = tuple["TrackName", int]


class KeyRows(QWidget):
    """Both rows in one widget, so that a marquee and a drag can span them.

    With the mouse, arrow keys stay what they are elsewhere (frame steps). Reached by Tab, the arrows walk from key to
    key as :class:`KeyWalker` says, and the menu key opens the menu.
    """

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport
        self._picture = KeyPicture(session, viewport)
        self._hover: KeyId | None = None
        self._anchor: KeyId | None = None  # where a Shift-click's span begins
        self._walker = KeyWalker(session, viewport, self)
        self._walker.moved.connect(self._on_walked)
        self._press: QPointF | None = None
        self._grab_frames = 0.0  # from the pressed key to the mouse
        self._pressed_key: KeyId | None = None
        self._drag: KeyDrag | None = None
        self._caught: int | None = None
        self._let_go_on_release = False  # a Ctrl-click on a selected key; a Ctrl-drag copies instead
        self._marquee: QRectF | None = None
        self._kept: frozenset[KeyId] = frozenset()  # selected before a marquee that adds
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(2 * ROW_PX // 3 * 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Keyframes"))
        self.setAccessibleDescription(self.tr("Arrow keys walk from key to key"))
        viewport.changed.connect(self._invalidate)
        session.changed.connect(self._on_project_changed)
        session.selection_changed.connect(self._invalidate)
        session.clip_opened.connect(self._invalidate)

    # --- what lies where ---------------------------------------------------------------------------------------------

    def row_rect(self, name: TrackName) -> QRectF:
        """Where the row of a track is."""
        half = self.height() / 2
        return QRectF(0, 0 if name == "focus" else half, self.width(), half)

    def track_at(self, y: float) -> TrackName:
        """The track whose row is at ``y``; the nearest one outside."""
        return "focus" if y < self.height() / 2 else "blur"

    def key_at(self, position: QPointF) -> KeyId | None:
        """The key under a point."""
        name = self.track_at(position.y())
        frames = self._picture.frames(name)
        frame = geometry.hit_key(frames, self._viewport.axis, position.x())
        return None if frame is None else (name, frame)

    def key_center(self, key: KeyId) -> QPointF:
        """Where a key is drawn."""
        name, frame = key
        return self._picture.point(name, frame, self.row_rect(name))

    @property
    def cursor_key(self) -> KeyId | None:
        """The key that the keyboard is at."""
        return self._walker.cursor

    def _find(self, key: KeyId) -> Keyframe | None:
        return edits.key_at(self._session.project.track(key[0]), key[1])

    # --- painting ----------------------------------------------------------------------------------------------------

    def _invalidate(self, *_: object) -> None:
        self._picture.invalidate()
        self.update()

    def _on_project_changed(self, old: object, new: object) -> None:
        if self._hover is not None and self._find(self._hover) is None:
            self._hover = None
        self._invalidate()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._invalidate()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        pixmap = self._picture.pixmap(self.size(), self.devicePixelRatioF(), [self.row_rect(name) for name in TRACKS])
        ratio = pixmap.devicePixelRatio()
        area = QRectF(event.rect())
        source = QRectF(area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio)
        painter.drawPixmap(area, pixmap, source)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._hover is not None and self._drag is None:
            key = self._find(self._hover)
            if key is not None:
                selected = self._hover in self._session.selection
                color = theme.track_color(self._hover[0])
                draw_key(painter, self.key_center(self._hover), key.easing, color, selected=selected, hovered=True)
        if self._caught is not None:
            x = round(self._viewport.axis.x(self._caught)) + 0.5
            painter.setPen(QPen(colors.color("text"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        if self._walker.by_keyboard and self.hasFocus():
            painter.setPen(QPen(colors.color("quiet"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
            if self._walker.cursor is not None:
                draw_focus_ring(painter, self.key_center(self._walker.cursor))
        if self._marquee is not None:
            painter.setPen(QPen(colors.color("text", 0.7), 1))
            painter.setBrush(colors.color("text", 0.08))
            painter.drawRect(self._marquee.normalized())

    def sizeHint(self) -> QSize:
        return QSize(600, 2 * ROW_PX)

    # --- mouse -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._walker.by_keyboard = False
        if event.button() != Qt.MouseButton.LeftButton or self._viewport.axis.frame_count == 0:
            event.ignore()
            return
        self._press = event.position()
        self._pressed_key = self.key_at(event.position())
        if self._pressed_key is None:
            self._kept = self._session.selection if event.modifiers() & (CONTROL | SHIFT) else frozenset()
            return
        self._grab_frames = self._viewport.axis.frame(event.position().x()) - self._pressed_key[1]
        self._let_go_on_release = False
        self._select_pressed(self._pressed_key, event.modifiers())
        self._walker.cursor = self._pressed_key

    def _select_pressed(self, key: KeyId, modifiers: Qt.KeyboardModifier) -> None:
        selection = self._session.selection
        if modifiers & SHIFT and self._anchor is not None and self._anchor[0] == key[0]:
            low, high = sorted((self._anchor[1], key[1]))
            span = {(key[0], frame) for frame in self._picture.frames(key[0]) if low <= frame <= high}
            self._session.set_selection(selection | span)
            return
        if modifiers & CONTROL and key in selection:
            self._let_go_on_release = True
        elif modifiers & (CONTROL | SHIFT):
            self._session.set_selection(selection ^ {key})
        elif key not in selection:
            self._session.set_selection({key})
        self._anchor = key

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if event.buttons() & Qt.MouseButton.MiddleButton:
            event.ignore()  # the timeline pans
            return
        if self._press is None or not event.buttons() & Qt.MouseButton.LeftButton:
            self._set_hover(self.key_at(position))
            return
        moved = (position - self._press).manhattanLength() >= QApplication.startDragDistance() / 2
        if self._pressed_key is not None:
            if self._drag is None and moved and self._pressed_key in self._session.selection:
                self._drag = KeyDrag(self._session, self._pressed_key, self.tr("Move keys"))
            if self._drag is not None:
                self._drag_to(position, event.modifiers())
        elif self._marquee is not None or moved:
            self._marquee = QRectF(self._press, position)
            self._session.set_selection(self._kept | self._keys_in(self._marquee.normalized()))
            self.update()

    def _drag_to(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Alt switches snapping off; with Ctrl the keys stay and copies are moved."""
        assert self._drag is not None
        outside = min(position.x(), 0.0) or max(0.0, position.x() - self.width())
        if outside:
            self._viewport.scroll(math.copysign(min(abs(outside), SCROLL_STEP_PX), outside))
        axis = self._viewport.axis
        frame = axis.frame(position.x()) - self._grab_frames
        copy = bool(modifiers & CONTROL)
        self._caught = self._drag.move(frame, axis, not modifiers & ALT, copy=copy)
        self.setCursor(Qt.CursorShape.DragCopyCursor if copy else Qt.CursorShape.SizeHorCursor)
        self.update()

    def _keys_in(self, area: QRectF) -> set[KeyId]:
        return {
            (name, frame)
            for name in TRACKS
            if self.row_rect(name).intersects(area)
            for frame in geometry.keys_between(
                self._picture.frames(name), self._viewport.axis, area.left(), area.right()
            )
        }

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._press is None:
            event.ignore()
            return
        plain = not event.modifiers() & (CONTROL | SHIFT)
        if self._drag is None and self._let_go_on_release and self._pressed_key is not None:
            self._session.set_selection(self._session.selection - {self._pressed_key})
        elif self._drag is None and self._marquee is None and plain:
            self._session.set_selection({self._pressed_key} if self._pressed_key is not None else ())
        self._end_gesture()
        self._set_hover(self.key_at(event.position()))

    def _end_gesture(self) -> None:
        self._press = self._pressed_key = self._drag = self._caught = self._marquee = None
        self._let_go_on_release = False
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._viewport.axis.frame_count == 0:
            return
        key = self.key_at(event.position())
        if key is not None:
            self._session.set_playhead(key[1])
            return
        frame = self._viewport.axis.nearest(event.position().x())
        key_menu.add_key_here(self._session, self.track_at(event.position().y()), frame)
        self._walker.cursor = self._anchor = (self.track_at(event.position().y()), frame)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_hover(None)

    def _set_hover(self, key: KeyId | None) -> None:
        if key != self._hover:
            self._hover = key
            self.setCursor(Qt.CursorShape.ArrowCursor if key is None else Qt.CursorShape.SizeHorCursor)
            self.update()

    # --- menu and tool tip -------------------------------------------------------------------------------------------

    def menu_at(self, position: QPointF) -> QMenu:
        """The context menu for a point. Opening it on a key that is not selected selects that key."""
        key = self.key_at(position)
        if key is None:
            frame = self._viewport.axis.nearest(position.x())
            return key_menu.empty_menu(self._session, self.track_at(position.y()), frame, self)
        if key not in self._session.selection:
            self._session.set_selection({key})
        return key_menu.key_menu(self._session, *key, self)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._viewport.axis.frame_count == 0:
            return
        position, where = QPointF(event.pos()), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self._walker.cursor is not None:
            position = self.key_center(self._walker.cursor)
            where = self.mapToGlobal(position.toPoint())
        menu = self.menu_at(position)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    def describe(self, key: KeyId) -> str:
        """A key in words."""
        found = self._find(key)
        if found is None:
            return ""
        info = self._session.clip_info
        time = geometry.timecode(key[1], info.frame_rate if info else None)
        value = key_menu.value_text(key[0], found.value)
        return f"{key_menu.track_text(key[0])} {value} · {time} · {key_menu.easing_text(found.easing)}"

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            return self._show_tool_tip(event)  # type: ignore[arg-type]
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._walker.takes(event, self._drag is not None):
                event.accept()
                return True
            return False
        return super().event(event)

    def _show_tool_tip(self, event: QHelpEvent) -> bool:
        key = self.key_at(QPointF(event.pos()))
        QToolTip.showText(event.globalPos(), self.describe(key) if key is not None else "", self)
        return True

    # --- keyboard ----------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._walker.takes(event, self._drag is not None):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape and self._drag is not None:
            self._drag.cancel()
            self._end_gesture()
        else:
            self._walker.press(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return self._walker.tab(1 if forward else -1) or super().focusNextPrevChild(forward)

    def _on_walked(self) -> None:
        self.setAccessibleDescription(self.describe(self._walker.cursor) if self._walker.cursor is not None else "")
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        reasons = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        if event.reason() in reasons:
            self._walker.enter()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._walker.by_keyboard = False
        self.update()

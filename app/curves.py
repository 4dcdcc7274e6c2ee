"""The graph editor: both curves over time, with keys and bezier handles that can be dragged in time and value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app import theme
from app.curve_plot import PART_RANGE, CurvePlot
from app.icons import icon
from app.key_fields import KeyFields
from app.timeline import geometry, key_menu
from app.timeline.handle_drag import HandleDrag
from app.timeline.key_drag import KeyDrag
from app.timeline.key_walk import KeyWalker
from app.timeline.viewport import Viewport
from vbr_core import edits
from vbr_core.animation import value_at
from vbr_core.project import EASINGS, TRACKS

if TYPE_CHECKING:
    import numpy as np
    from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QMouseEvent, QShowEvent, QWheelEvent
    from PySide6.QtWidgets import QMenu

    from app.preview import PreviewController
    from app.session import Session
    from vbr_core.project import TrackName

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
DRAG_PX = 4.0
"""How far the mouse moves before a press is a drag; and how far up or down before a drag changes the value."""


class CurveEditor(QWidget):
    """Shows and edits both tracks of a session.

    Args:
        session: The editor.
        parent: The parent widget.
        viewport: Of the timeline, to show the same time; None for one of its own.
        preview: Tells the histogram of the disparity at the playhead.
    """

    def __init__(
        self,
        session: Session,
        parent: QWidget | None = None,
        viewport: Viewport | None = None,
        preview: PreviewController | None = None,
    ) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # whatever the language: time runs to the right
        self._is_stale = True
        self._session = session
        self._owns_viewport = viewport is None
        self.time_view = viewport or Viewport(self)
        self._press: QPointF | None = None
        self._pressed_key: tuple[TrackName, int] | None = None
        self._drag: KeyDrag | None = None
        self._handle_drag: HandleDrag | None = None
        self._handle_track: TrackName = "focus"
        self._scrubbing = False
        self._let_go_on_release = False
        self._pan: QPointF | None = None
        self._lifted = False  # the drag has left its height, so it changes the value
        self._marquee = False
        self._kept: frozenset[tuple[TrackName, int]] = frozenset()
        self.plot = CurvePlot(session, self)
        self._walker = KeyWalker(session, self.time_view, self)
        self._walker.moved.connect(self._on_walked)
        self._lay_out()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Graph editor"))
        self.plot.viewport().installEventFilter(self)
        self.plot.resized.connect(self._fit_width)
        self.time_view.changed.connect(self._redraw)
        session.changed.connect(self._on_project_changed)
        session.selection_changed.connect(self._on_selection)
        session.playhead_changed.connect(self._on_playhead)
        session.clip_opened.connect(self._on_clip_opened)
        self._on_clip_opened(session.clip_info)
        self._on_selection(session.selection)
        if preview is not None:
            preview.histogram_changed.connect(self.set_histogram)
            self.set_histogram(preview.histogram)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.SPACE_PX, 4, theme.SPACE_PX, 4)
        bar.setSpacing(2)
        self._track_buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        for name, text in (("both", self.tr("Both")), ("focus", self.tr("Focus")), ("blur", self.tr("Blur"))):
            button = QToolButton(self)
            button.setText(text)
            button.setCheckable(True)
            button.setChecked(name == "both")
            button.setProperty("accent", name)
            button.clicked.connect(lambda _checked=False, name=name: self.show_tracks(name))
            group.addButton(button)
            self._track_buttons[name] = button
            bar.addWidget(button)
        bar.addSpacing(theme.SPACE_PX * 2)
        self._easing_buttons: dict[str, QToolButton] = {}
        for easing in EASINGS:
            button = self._button(f"ease_{easing}", key_menu.easing_text(easing))
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, easing=easing: self._set_easing(easing))
            self._easing_buttons[easing] = button
            bar.addWidget(button)
        bar.addSpacing(theme.SPACE_PX * 2)
        self.fields = KeyFields(self._session, self)
        self.fields.left.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        bar.addWidget(self.fields)
        self._readout = QLabel(self)
        self._readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # no text widens the bar
        self._readout.setFont(theme.tabular_font())
        self._readout.setTextFormat(Qt.TextFormat.RichText)
        self._readout.setToolTip(
            self.tr("Under the cursor: time, d_f with the part of the picture that lies there, and K")
        )
        bar.addWidget(self._readout, 1)
        bar.addSpacing(theme.SPACE_PX)
        self._frame_keys = self._button("zoom_keys", self.tr("Zoom to the selected keys, or to all keys"))
        self._frame_keys.clicked.connect(self.frame_keys)
        bar.addWidget(self._frame_keys)
        fit = self._button("zoom_fit", self.tr("Show the whole clip and all values"))
        fit.clicked.connect(self.fit)
        bar.addWidget(fit)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(bar)
        box.addWidget(self.plot, 1)

    def _button(self, name: str, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(name))
        button.setIconSize(QSize(18, 18))
        button.setToolTip(text)
        button.setAccessibleName(text)
        return button

    # --- what the window asks for ------------------------------------------------------------------------------------

    def set_histogram(self, counts: np.ndarray | None) -> None:
        """Show the disparity of the frame at the playhead: counts in equal bins from 0 to 1; None for none."""
        self.plot.set_histogram(counts)

    def show_tracks(self, which: str) -> None:
        """Show and edit ``focus``, ``blur`` or ``both``."""
        self.plot.tracks = TRACKS if which == "both" else (("focus",) if which == "focus" else ("blur",))
        self._walker.tracks = self.plot.tracks
        self._track_buttons[which].setChecked(True)
        self._redraw()

    def fit(self) -> None:
        """Show the whole clip and all values."""
        self.plot.fit_values()
        self.plot.set_span(*PART_RANGE)
        self.time_view.fit()
        self._redraw()

    def frame_keys(self) -> None:
        """Zoom in time and value to the selected keys; to all keys if none is selected."""
        project, selection = self._session.project, self._session.selection
        every = [(name, key) for name in self.plot.tracks for key in project.track(name).keys]
        keys = [(name, key) for name, key in every if (name, key.frame) in selection] or every
        if not keys:
            return
        parts = [self.plot.part(name, key.value) for name, key in keys]
        margin = max(0.05, (max(parts) - min(parts)) * 0.15)
        self.plot.set_span(min(parts) - margin, max(parts) + margin)
        frames = [key.frame for _, key in keys]
        rest = max(2, (max(frames) - min(frames)) // 10)
        self.time_view.set_axis(self.time_view.axis.framing(min(frames) - rest, max(frames) + rest))
        self._redraw()

    @property
    def readout(self) -> str:
        """The text that tells what is under the mouse, without markup."""
        return self._readout.property("plain") or ""

    # --- reactions ---------------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._is_stale = not self.isVisible()
        if not self._is_stale:
            self.plot.draw(self.time_view.axis)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_stale:
            self._redraw()

    def _on_clip_opened(self, _info: object) -> None:
        if self._owns_viewport:
            self.time_view.set_clip_length(self._session.frame_count)
        self.plot.fit_values()
        self._redraw()

    def _on_project_changed(self, _old: object, _new: object) -> None:
        if self._drag is None and self._handle_drag is None:
            self.plot.fit_values()
        self._on_selection(self._session.selection)  # draws everything

    def _on_selection(self, selection: frozenset[tuple[TrackName, int]]) -> None:
        project = self._session.project
        keys = [edits.key_at(project.track(name), frame) for name, frame in list(selection)[:1000]]
        easings = {key.easing for key in keys if key is not None}
        for easing, button in self._easing_buttons.items():
            button.setEnabled(bool(easings))
            button.setChecked(easings == {easing})
        self._redraw()

    def _on_playhead(self, frame: int) -> None:
        if self._owns_viewport:
            self.time_view.show_frame(frame)
        self.plot.draw_playhead()

    def _set_easing(self, easing: str) -> None:
        key_menu.set_selection_easing(self._session, easing)  # type: ignore[arg-type]
        self._on_selection(self._session.selection)

    def _fit_width(self) -> None:
        if self._owns_viewport:
            self.time_view.set_width(self.plot.plot_rect().width())
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "plot"):
            self.plot.restyle()
            self._redraw()

    # --- mouse -------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the mouse before the plotting library does."""
        if watched is not self.plot.viewport():
            return False
        handlers = {
            QEvent.Type.MouseButtonPress: self._mouse_pressed,
            QEvent.Type.MouseMove: self._mouse_moved,
            QEvent.Type.MouseButtonRelease: self._mouse_released,
            QEvent.Type.MouseButtonDblClick: self._double_clicked,
            QEvent.Type.Wheel: self._wheel,
            QEvent.Type.ContextMenu: self._context_menu,
        }
        handler = handlers.get(event.type())
        if handler is not None and self._session.frame_count > 0:
            handler(event)  # type: ignore[operator]
            return True
        if event.type() == QEvent.Type.Leave:
            self._set_readout("", "")
            self.plot.set_pointed(None)
        return handler is not None

    def _mouse_pressed(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._let_go_on_release = False
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan = event.position()
        if event.button() != Qt.MouseButton.LeftButton:
            return
        position = event.position()
        self._press = position
        handle = self.plot.handle_at(position)
        if handle is not None:
            self._handle_drag = HandleDrag(self._session, handle, self.tr("Move handle"))
            self.plot.set_ghost(self._handle_drag.start)
            self._handle_track = handle[0]
            return
        self._pressed_key = self.plot.key_at(position)
        if self._pressed_key is not None:
            selection = self._session.selection
            if event.modifiers() & CONTROL and self._pressed_key in selection:
                self._let_go_on_release = True  # unless it becomes a drag, which copies
            elif event.modifiers() & CONTROL:
                self._session.set_selection(selection | {self._pressed_key})
            elif self._pressed_key not in selection:
                more = selection if event.modifiers() & SHIFT else frozenset()
                self._session.set_selection(more | {self._pressed_key})
            self._walker.cursor = self._pressed_key
            return
        at_playhead = abs(self.plot.pixel(self._session.playhead, 0).x() - position.x()) <= 5
        self._scrubbing = at_playhead or position.y() > self.plot.plot_rect().bottom()
        if self._scrubbing:
            self._session.set_playhead(round(self.plot.place(position)[0]))
        else:
            self._kept = self._session.selection if event.modifiers() & (CONTROL | SHIFT) else frozenset()

    def _mouse_moved(self, event: QMouseEvent) -> None:
        position = event.position()
        self._show_readout(position)
        if self._pan is not None and event.buttons() & Qt.MouseButton.MiddleButton:
            self._pan_to(position)
        if self._press is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        moved = (position - self._press).manhattanLength() >= DRAG_PX
        frame, part = self.plot.place(position)
        if self._handle_drag is not None:
            value = self.plot.value(self._handle_track, part)
            self._handle_drag.move(frame, value, bool(event.modifiers() & ALT))
        elif self._scrubbing:
            self._session.set_playhead(round(frame))
        elif self._pressed_key is not None:
            if self._drag is None and moved and self._pressed_key in self._session.selection:
                self._drag = KeyDrag(self._session, self._pressed_key, self.tr("Move keys"))
                self.plot.set_ghost(self._drag.start)
            if self._drag is not None:
                self._drag_to(event)
        elif self._marquee or moved:
            self._marquee = True
            self.plot.set_marquee(self._press, position)
            self._session.set_selection(self._kept | self._keys_between(self._press, position))

    def _pan_to(self, position: QPointF) -> None:
        """Take what was under the mouse at the last move to ``position``."""
        assert self._pan is not None
        (low, high), height = self.plot.span, max(1.0, self.plot.plot_rect().height())
        rise = (position.y() - self._pan.y()) / height * (high - low)
        self.plot.set_span(low + rise, high + rise)
        self.time_view.scroll(self._pan.x() - position.x())
        self._pan = position
        self._redraw()

    def _drag_to(self, event: QMouseEvent) -> None:
        """Shift keeps the drag in the one direction that it has gone farther in; with Ctrl copies are dragged."""
        assert self._drag is not None
        assert self._press is not None
        assert self._pressed_key is not None
        shift = event.position() - self._press
        if event.modifiers() & SHIFT:
            shift = QPointF(shift.x(), 0.0) if abs(shift.x()) >= abs(shift.y()) else QPointF(0.0, shift.y())
        self._lifted = self._lifted or abs(shift.y()) > DRAG_PX
        start, end = self.plot.place(self._press), self.plot.place(self._press + shift)
        name = self._pressed_key[0]
        rise = self.plot.value(name, end[1] - start[1]) if self._lifted and shift.y() else 0.0
        snapping = not event.modifiers() & ALT
        frame = self._drag.pressed_frame + end[0] - start[0]
        copy = bool(event.modifiers() & CONTROL)
        self.plot.set_caught(self._drag.move(frame, self.time_view.axis, snapping, rise, copy=copy))

    def _keys_between(self, first: QPointF, second: QPointF) -> set[tuple[TrackName, int]]:
        (x1, y1), (x2, y2) = self.plot.place(first), self.plot.place(second)
        low, high = sorted((y1, y2))
        return {
            (name, key.frame)
            for name in self.plot.tracks
            for key in geometry.keys_within(self._session.project.track(name), min(x1, x2), max(x1, x2))
            if low <= self.plot.part(name, key.value) <= high
        }

    def _mouse_released(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan = None
        if event.button() != Qt.MouseButton.LeftButton or self._press is None:
            return
        if self._let_go_on_release and self._drag is None and self._pressed_key is not None:
            self._session.set_selection(self._session.selection - {self._pressed_key})
        idle = not (self._drag or self._handle_drag or self._marquee or self._scrubbing)
        if idle and not event.modifiers() & (CONTROL | SHIFT):
            self._session.set_selection({self._pressed_key} if self._pressed_key is not None else ())
        self._end_gesture()

    def _end_gesture(self) -> None:
        self._press = self._pressed_key = self._drag = self._handle_drag = None
        self._scrubbing = self._marquee = self._lifted = False
        self.plot.set_marquee(None, None)
        self.plot.set_ghost(None)
        self.plot.set_caught(None)
        self.plot.fit_values()
        self._redraw()

    def _double_clicked(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        key = self.plot.key_at(event.position())
        if key is not None:
            self._session.set_playhead(key[1])
            return
        frame, name = self._spot(event.position())
        key_menu.add_key_here(self._session, name, frame)

    def _spot(self, position: QPointF) -> tuple[int, TrackName]:
        """The frame at a pixel, and the track whose curve passes nearest to it."""
        x, part = self.plot.place(position)
        frame = min(self._session.frame_count - 1, max(0, math.floor(x + 0.5)))
        project = self._session.project

        def distance(name: TrackName) -> float:
            return abs(self.plot.part(name, value_at(project.track(name), frame, project.cuts)) - part)

        return frame, min(self.plot.tracks, key=distance)

    def _wheel(self, event: QWheelEvent) -> None:
        angle = event.angleDelta()
        x = event.position().x() - self.plot.plot_rect().left()
        if event.modifiers() & SHIFT:
            self.plot.zoom_values(1.2 ** ((angle.y() or angle.x()) / 120), self.plot.place(event.position())[1])
            self._redraw()
        elif event.modifiers() & CONTROL:
            self.time_view.zoom(1.2 ** (angle.y() / 120), x)
        else:
            self.time_view.scroll(-(angle.x() or angle.y()) / 120 * 90)

    def menu_at(self, position: QPointF) -> QMenu:
        """The context menu for a pixel of the plot."""
        key = self.plot.key_at(position)
        if key is None:
            frame, name = self._spot(position)
            return key_menu.empty_menu(self._session, name, frame, self)
        if key not in self._session.selection:
            self._session.set_selection({key})
        return key_menu.key_menu(self._session, *key, self)

    def _context_menu(self, event: QContextMenuEvent) -> None:
        menu = self.menu_at(QPointF(event.pos()))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _show_readout(self, position: QPointF) -> None:
        frame, part = self.plot.place(position)
        if not self.plot.plot_rect().contains(position):
            self._set_readout("", "")
            self.plot.set_pointed(None)
            return
        info = self._session.clip_info
        time = geometry.timecode(max(0, round(frame)), info.frame_rate if info else None)
        part = min(1.0, max(0.0, part))
        texts = {name: key_menu.value_text(name, self.plot.value(name, part)) for name in self.plot.tracks}
        if "focus" in texts:
            self.plot.set_pointed(part)
            share = self.plot.share_near(part)
            if share is not None:
                texts["focus"] += f" · {round(100 * share)} %"
        labels = {"focus": "d_f", "blur": "K"}
        colors = {"focus": theme.roles().focus, "blur": theme.roles().blur}
        marked = "".join(
            f'&nbsp;&nbsp;&nbsp;<span style="color:{colors[name]}">{labels[name]} {text}</span>'
            for name, text in texts.items()
        )
        plain = "   ".join((time, *(f"{labels[name]} {text}" for name, text in texts.items())))
        self._set_readout(f'<span style="color:{theme.roles().quiet}">{time}</span>{marked}', plain)

    def _set_readout(self, marked: str, plain: str) -> None:
        self._readout.setText(marked)
        self._readout.setProperty("plain", plain)

    # --- keyboard ----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._walker.takes(event, self._drag is not None or self._handle_drag is not None):
                event.accept()
                return True
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        drag = self._drag or self._handle_drag
        if not self._walker.takes(event, drag is not None):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape and drag is not None:
            drag.cancel()
            self._end_gesture()
        else:
            self._walker.press(event)

    def _on_walked(self) -> None:
        cursor = self._walker.cursor
        if cursor is not None:
            key = edits.key_at(self._session.project.track(cursor[0]), cursor[1])
            value = "" if key is None else key_menu.value_text(cursor[0], key.value)
            self.setAccessibleDescription(f"{key_menu.track_text(cursor[0])} {cursor[1]} {value}")

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._walker.enter()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._walker.by_keyboard = False

    def sizeHint(self) -> QSize:
        return QSize(1100, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(480, 150)

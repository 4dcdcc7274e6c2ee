"""The timeline: ruler, shots, film strip, sound and keyframe rows under one time axis and one playhead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QScrollBar, QSizePolicy, QWidget

from app import theme
from app.spoken_state import SpokenState
from app.timeline import geometry
from app.timeline.filmstrip import FilmRow
from app.timeline.heads import HEAD_PX, PlainHead, RowHead, small_button
from app.timeline.key_rows import KeyRows
from app.timeline.ruler import RULER_PX, Ruler, ShotStrip
from app.timeline.sound import SoundRow
from app.timeline.viewport import Viewport

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QMouseEvent, QPaintEvent, QResizeEvent, QWheelEvent

    from app.actions import Actions
    from app.session import Session

WHEEL_ZOOM = 1.2
WHEEL_SCROLL_PX = 90.0


class Playhead(QWidget):
    """The line over all rows, and the shade outside the range. Lets every mouse event through."""

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport
        self._frame = session.playhead
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        viewport.changed.connect(self.update)
        session.range_changed.connect(self.update)
        session.playhead_changed.connect(self._move)

    def _strip(self, frame: int) -> QRect:
        return QRect(round(self._viewport.axis.x(frame)) - 8, 0, 17, self.height())

    def _move(self, frame: int) -> None:
        """Repaint only the two narrow strips that change."""
        self.update(self._strip(self._frame))
        self._frame = frame
        self.update(self._strip(frame))

    def paintEvent(self, event: QPaintEvent) -> None:
        axis = self._viewport.axis
        if axis.frame_count == 0:
            return
        colors = theme.roles()
        painter = QPainter(self)
        start, stop = self._session.range
        if (start, stop) != (0, axis.frame_count) and stop > start:
            shade = colors.color("background", 0.62)
            below = self.height() - RULER_PX
            painter.fillRect(QRectF(0, RULER_PX, max(0.0, axis.x(start)), below), shade)
            right = axis.x(stop - 1)
            painter.fillRect(QRectF(right, RULER_PX, max(0.0, self.width() - right), below), shade)
        x = round(axis.x(self._session.playhead)) + 0.5
        if not -8 <= x <= self.width() + 8:
            return
        color = colors.color("text")
        painter.setPen(QPen(color, 1))
        painter.drawLine(QPointF(x, 16), QPointF(x, self.height()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        corners = ((-6, 4), (6, 4), (6, 12), (0, 19), (-6, 12))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, dy) for dx, dy in corners]))


class TimelineView(QWidget):
    """Ruler, shots, film strip, sound and keyframe rows of a session.

    Wheel scrolls, Ctrl-wheel zooms at the cursor, the middle button drags the view.
    """

    thumbnails_wanted = Signal(list)
    """Frames in view whose thumbnails are not there yet; answer with :meth:`set_thumbnail`."""
    as_frames_asked = Signal(bool)
    """The menu of the ruler asks for frame numbers, or for time code; answer with :meth:`set_as_frames`."""

    def __init__(self, session: Session, actions: Actions | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # whatever the language: time runs to the right
        self._session = session
        self._pan_x: float | None = None
        self.viewport = Viewport(self)
        self._body = QWidget(self)
        self.ruler = Ruler(session, self.viewport, self._body)
        self.shots = ShotStrip(session, self.viewport, self._body)
        self.film = FilmRow(session, self.viewport, self._body)
        self.sound = SoundRow(session, self.viewport, self._body)
        self.key_rows = KeyRows(session, self.viewport, self._body)
        self.heads = {name: RowHead(session, name, self) for name in ("focus", "blur")}
        self._scroll_bar = QScrollBar(Qt.Orientation.Horizontal, self)
        self._scroll_bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._time_head = PlainHead("", self)
        self._lay_out()
        self._playhead = Playhead(session, self.viewport, self._body)
        self._playhead.raise_()
        if actions is not None:
            self.addActions([actions.get(name) for name in ("delete_keys", "previous_key", "next_key")])
        self.setMinimumWidth(HEAD_PX + 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Timeline"))
        SpokenState(session, self)
        self.film.thumbnails_wanted.connect(self.thumbnails_wanted)
        self.ruler.as_frames_asked.connect(self.as_frames_asked)
        self._body.installEventFilter(self)
        self.viewport.changed.connect(self._on_view_changed)
        self._scroll_bar.valueChanged.connect(self._on_scrolled)
        session.clip_opened.connect(self._on_clip_opened)
        session.playhead_changed.connect(self._on_playhead)
        self._on_clip_opened(session.clip_info)

    def _lay_out(self) -> None:
        body = QGridLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        for row, widget in enumerate((self.ruler, self.shots, self.film, self.sound, self.key_rows)):
            body.addWidget(widget, row, 0)
        body.setRowStretch(4, 1)
        self._zoom_out = small_button("zoom_out", self.tr("Zoom the timeline out (Ctrl + wheel)"), self)
        self._zoom_in = small_button("zoom_in", self.tr("Zoom the timeline in (Ctrl + wheel)"), self)
        self._fit = small_button("zoom_fit", self.tr("Show the whole clip"), self)
        self._zoom_out.clicked.connect(lambda: self._zoom_at_playhead(1 / 1.5))
        self._zoom_in.clicked.connect(lambda: self._zoom_at_playhead(1.5))
        self._fit.clicked.connect(self.viewport.fit)
        for button in (self._zoom_out, self._zoom_in, self._fit):
            self._time_head.row.addWidget(button)
        shots_head = PlainHead(self.tr("Shots · depth"), self)
        self._film_head = PlainHead(self.tr("Film"), self)
        self._sound_head = PlainHead(self.tr("Sound"), self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        plain = (self._time_head, shots_head, self._film_head, self._sound_head)
        heads = (*plain, self.heads["focus"], self.heads["blur"])
        for row, head in enumerate(heads):
            head.setFixedWidth(HEAD_PX)
            grid.addWidget(head, row, 0)
        for row, widget in enumerate((self.ruler, self.shots, self.film, self.sound)):
            heads[row].setFixedHeight(widget.minimumHeight())
        grid.addWidget(self._body, 0, 1, len(heads), 1)
        grid.addWidget(self._scroll_bar, len(heads), 1)
        grid.setRowStretch(len(plain), 1)
        grid.setRowStretch(len(plain) + 1, 1)
        grid.setColumnStretch(1, 1)
        self.show_sound(False)

    # --- what the window gives ---------------------------------------------------------------------------------------

    def set_progress_ranges(self, ranges: list[tuple[int, int]]) -> None:
        """Show for which frames depth is ready: (first, one past the last) pairs."""
        self.shots.set_ready(ranges)

    def set_thumbnail(self, frame: int, image: QImage) -> None:
        """Show ``image`` as the thumbnail of ``frame``."""
        self.film.set_thumbnail(frame, image)

    def set_cached(self, full: list[int], draft: list[int]) -> None:
        """Show which frames have a picture in the cache: sorted, in full size and only as a draft."""
        self.ruler.set_cached(full, draft)

    def show_sound(self, shown: bool) -> None:
        """Show the row of sound, or leave it out."""
        self.sound.set_waveform(None)
        self.sound.setVisible(shown)
        self._sound_head.setVisible(shown)

    def set_as_frames(self, as_frames: bool) -> None:
        """Label the ruler with frame numbers rather than time code."""
        self.ruler.set_as_frames(as_frames)

    # --- reactions ---------------------------------------------------------------------------------------------------

    def _on_clip_opened(self, _info: object) -> None:
        self.viewport.set_clip_length(self._session.frame_count)
        has_clip = self._session.frame_count > 0
        for button in (self._zoom_in, self._zoom_out, self._fit):
            button.setEnabled(has_clip)
        info = self._session.clip_info
        self._time_head.label.setText(self.tr("{0:g} fps").format(round(float(info.frame_rate), 2)) if info else "")

    def _on_playhead(self, frame: int) -> None:
        self.viewport.show_frame(frame)

    def _on_view_changed(self) -> None:
        axis = self.viewport.axis
        self._scroll_bar.blockSignals(True)
        self._scroll_bar.setRange(0, round(axis.scroll_length_px))
        self._scroll_bar.setPageStep(max(1, round(axis.width)))
        self._scroll_bar.setSingleStep(40)
        self._scroll_bar.setValue(round(axis.scroll_px))
        self._scroll_bar.setEnabled(axis.scroll_length_px >= 1)
        self._scroll_bar.blockSignals(False)

    def _on_scrolled(self, value: int) -> None:
        self.viewport.scroll(value - self.viewport.axis.scroll_px)

    def _zoom_at_playhead(self, factor: float) -> None:
        axis = self.viewport.axis
        x = axis.x(self._session.playhead)
        self.viewport.zoom(factor, x if 0 <= x <= axis.width else axis.width / 2)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if watched is self._body and event.type() == QEvent.Type.Resize:
            self._on_body_resized()
        return False

    def _on_body_resized(self) -> None:
        self.viewport.set_width(self._body.width())
        self._playhead.setGeometry(self._body.rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._on_body_resized()

    def wheelEvent(self, event: QWheelEvent) -> None:
        angle = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.viewport.zoom(WHEEL_ZOOM ** (angle.y() / 120), event.position().x() - HEAD_PX)
        else:
            steps = angle.x() if abs(angle.x()) > abs(angle.y()) else angle.y()
            pixels = event.pixelDelta().x() or event.pixelDelta().y()
            self.viewport.scroll(-pixels if pixels else -steps / 120 * WHEEL_SCROLL_PX)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan_x = event.position().x()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pan_x is not None:
            self.viewport.scroll(self._pan_x - event.position().x())
            self._pan_x = event.position().x()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan_x = None
            self.unsetCursor()

    def sizeHint(self) -> QSize:
        return QSize(1100, 240)

    def timecode(self, frame: int) -> str:
        """``frame`` as the ruler writes it."""
        info = self._session.clip_info
        return str(frame) if self.ruler.as_frames else geometry.timecode(frame, info.frame_rate if info else None)

"""The ruler (time labels, range, scrubbing) and under it the strip of shots with the state of their depth."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from app import theme
from app.timeline import geometry
from app.timeline.key_drag import snap_near
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QPaintEvent

    from app.session import Session
    from app.timeline.viewport import Viewport

RULER_PX = 28
SHOTS_PX = 16
RANGE_GRIP_PX = 7
WAITING_PX = 6.0
"""How far beside the ends of the clip the brackets wait while the range is the whole clip."""
SHOT_GAP_PX = 5.0
"""Starts of shots nearer to each other than this are not all marked."""


class Ruler(QWidget):
    """Time labels, and below them which pictures are in the cache.

    Dragging moves the playhead, with Shift from key to key and cut to cut. The brackets of the range can be dragged
    too; they catch keys, cuts and the playhead unless Alt is held. While the range is the whole clip they wait beside
    its ends.
    """

    as_frames_asked = Signal(bool)
    """The menu asks for frame numbers, or for time code."""

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport
        self._dragging = ""  # "", "playhead", "start" or "stop"
        self._as_frames = False
        self._cached: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        self._targets: list[int] = []  # what a drag catches
        self.setFixedHeight(RULER_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Time ruler"))
        viewport.changed.connect(self.update)
        session.range_changed.connect(self.update)
        session.clip_opened.connect(self._on_clip_opened)

    def _on_clip_opened(self, _info: object) -> None:
        self.set_cached([], [])

    def set_cached(self, full: list[int], draft: list[int]) -> None:
        """Show which frames have a picture in the cache: sorted, in full size and only as a draft."""
        self._cached = (geometry.runs(full), geometry.runs(draft))
        self.update()

    @property
    def cached(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Frames with a picture in the cache, as (first, one past the last): in full size, and only as a draft."""
        return self._cached

    @property
    def as_frames(self) -> bool:
        """Whether labels are frame numbers rather than time code."""
        return self._as_frames

    def set_as_frames(self, as_frames: bool) -> None:
        """Choose frame numbers or time code."""
        self._as_frames = as_frames
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        painter.fillRect(event.rect(), colors.color("panel"))
        axis = self._viewport.axis
        if axis.frame_count == 0:
            return
        self._paint_range(painter)
        font = theme.tabular_font(small=True)
        painter.setFont(font)
        ascent = QFontMetricsF(font).ascent()
        info = self._session.clip_info
        for tick in geometry.ticks(axis, info.frame_rate if info else None, self._as_frames):
            x = round(tick.x) + 0.5
            painter.setPen(QPen(colors.color("line_strong"), 1))
            painter.drawLine(QPointF(x, RULER_PX - (11 if tick.label else 5)), QPointF(x, RULER_PX - 1))
            if tick.label:
                painter.setPen(colors.color("quiet"))
                painter.drawText(QPointF(x + 4, 4 + ascent), tick.label)
        painter.setPen(colors.color("background"))
        painter.drawLine(0, RULER_PX - 1, self.width(), RULER_PX - 1)
        for parts, opacity in zip(self._cached, (0.85, 0.35), strict=True):
            self._paint_cached(painter, parts, opacity)

    def _paint_cached(self, painter: QPainter, parts: list[tuple[int, int]], opacity: float) -> None:
        axis = self._viewport.axis
        color = theme.roles().color("text", opacity)
        for start, stop in parts:
            left, right = axis.x(start), axis.x(stop)
            if right >= 0 and left <= self.width():
                painter.fillRect(QRectF(left, RULER_PX - 3, max(1.0, right - left - 0.5), 2), color)

    def _brackets(self) -> dict[str, float]:
        """Where the brackets of the range are drawn."""
        start, stop = self._session.range
        axis = self._viewport.axis
        if self._is_whole:
            return {"start": axis.x(0) - WAITING_PX, "stop": axis.x(axis.last_frame) + WAITING_PX}
        return {"start": axis.x(start), "stop": axis.x(stop - 1)}

    @property
    def _is_whole(self) -> bool:
        start, stop = self._session.range
        return (start, stop) == (0, self._viewport.axis.frame_count) or stop <= start

    def _paint_range(self, painter: QPainter) -> None:
        """A light band between the brackets; the whole clip is the normal case and gets no band."""
        colors = theme.roles()
        ends = self._brackets()
        left, right = ends["start"], ends["stop"]
        if not self._is_whole:
            painter.fillRect(QRectF(left, RULER_PX - 13, right - left, 10), colors.color("text", 0.10))
        painter.setPen(QPen(colors.color("quiet" if self._is_whole else "text"), 1.6))
        for x, side in ((left, 1), (right, -1)):
            corners = [(side * 4, 13), (0, 13), (0, 4), (side * 4, 4)]
            painter.drawPolyline(QPolygonF([QPointF(x + dx, RULER_PX - up) for dx, up in corners]))

    def grip_at(self, x: float, y: float) -> str:
        """What a press at (x, y) would drag: ``start`` or ``stop`` of the range, or the ``playhead``."""
        if y >= RULER_PX - 14 and self._viewport.axis.frame_count > 1:
            distances = {end: abs(place - x) for end, place in self._brackets().items()}
            nearest = min(distances, key=lambda end: distances[end])
            if distances[nearest] <= (WAITING_PX - 2 if self._is_whole else RANGE_GRIP_PX):
                return nearest
        return "playhead"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._viewport.axis.frame_count == 0:
            event.ignore()
            return
        self._dragging = self.grip_at(event.position().x(), event.position().y())
        project = self._session.project
        targets = {key.frame for name in TRACKS for key in project.track(name).keys}
        targets |= {cut - 1 for cut in project.cuts} if self._dragging == "stop" else set(project.cuts)
        self._targets = sorted(targets if self._dragging == "playhead" else targets | {self._session.playhead})
        if self._dragging == "playhead":
            self._drag_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._drag_to(event)
            return
        if event.buttons():
            event.ignore()  # the timeline pans
            return
        grip = self.grip_at(event.position().x(), event.position().y())
        self.setCursor(Qt.CursorShape.ArrowCursor if grip == "playhead" else Qt.CursorShape.SizeHorCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = ""
        else:
            event.ignore()

    def menu(self) -> QMenu:
        """Units of the labels, and the range."""
        session, here = self._session, self._session.playhead
        start, stop = session.range
        menu = QMenu(self)
        group = QActionGroup(menu)
        for text, name, as_frames in (
            (self.tr("Time code"), "timecode", False),
            (self.tr("Frame numbers"), "frames", True),
        ):
            action = menu.addAction(text)
            action.setObjectName(name)
            action.setCheckable(True)
            action.setChecked(self._as_frames == as_frames)
            action.triggered.connect(lambda _checked=False, as_frames=as_frames: self.as_frames_asked.emit(as_frames))
            group.addAction(action)
        menu.addSeparator()
        shot = geometry.shot_at(session.project.cuts, here, session.frame_count)
        for text, name, frames in (
            (self.tr("Range begins at the playhead"), "range_start", (here, max(stop, here + 1))),
            (self.tr("Range ends at the playhead"), "range_end", (min(start, here), here + 1)),
            (self.tr("Range is this shot"), "range_shot", shot),
            (self.tr("Range is the whole clip"), "range_clear", (0, session.frame_count)),
        ):
            action = menu.addAction(text)
            action.setObjectName(name)
            action.setEnabled(frames != (start, stop))
            action.triggered.connect(lambda _checked=False, frames=frames: session.set_range(*frames))
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._viewport.axis.frame_count:
            menu = self.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def _drag_to(self, event: QMouseEvent) -> None:
        x = event.position().x()
        outside = min(x, 0.0) or max(0.0, x - self.width())
        if outside:
            self._viewport.scroll(max(-40.0, min(40.0, outside)))
        first, last = self._viewport.axis.visible()
        if self._dragging == "playhead":
            catches = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        else:
            catches = not event.modifiers() & Qt.KeyboardModifier.AltModifier
        axis = self._viewport.axis
        near = snap_near(axis.frame(x), self._targets if catches else [], axis)[0]
        frame = min(last, max(first, near))
        start, stop = self._session.range
        if self._dragging == "start":
            self._session.set_range(min(frame, stop - 1), stop)
        elif self._dragging == "stop":
            self._session.set_range(start, max(frame, start) + 1)
        else:
            self._session.set_playhead(frame)


class ShotStrip(QWidget):
    """The shots of the clip as bars, each filled as far as its depth is ready."""

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport
        self._ready: list[tuple[int, int]] = []
        self.setFixedHeight(SHOTS_PX)
        self.setAccessibleName(self.tr("Shots and depth"))
        viewport.changed.connect(self.update)
        session.changed.connect(self._on_changed)
        session.clip_opened.connect(self.update)

    def set_ready(self, ranges: list[tuple[int, int]]) -> None:
        """Note the frames whose depth is there: (first, one past the last) pairs."""
        self._ready = sorted((int(start), int(stop)) for start, stop in ranges)
        self.update()

    @property
    def ready(self) -> list[tuple[int, int]]:
        """The ranges whose depth is there, sorted."""
        return list(self._ready)

    def ready_share(self) -> float:
        """Part of the clip whose depth is there, 0..1."""
        count = self._viewport.axis.frame_count
        return sum(stop - start for start, stop in self._ready) / count if count else 0.0

    def _on_changed(self, old: object, new: object) -> None:
        if any(getattr(old, name, None) is not getattr(new, name, None) for name in ("clip", "cut_edits")):
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        painter.fillRect(event.rect(), colors.color("background"))
        axis = self._viewport.axis
        if axis.frame_count == 0:
            return
        cuts = self._session.project.cuts
        left, right = max(0.0, axis.x(0)), min(float(self.width()), max(axis.x(axis.last_frame), axis.x(0) + 2))
        band = QRectF(left, 3, right - left, SHOTS_PX - 6)
        painter.fillRect(band, colors.color("raised"))
        first = max(0, bisect_right(self._ready, (math.floor(axis.frame(0)), 0)) - 1)
        for start, stop in self._ready[first:]:
            fill = QRectF(axis.x(start), 3, axis.x(stop) - axis.x(start), SHOTS_PX - 6)
            if fill.left() > right:
                break
            painter.fillRect(fill.intersected(band), colors.color("line_strong"))
        for cut in geometry.drawn_cuts(cuts, axis, SHOT_GAP_PX):
            painter.fillRect(QRectF(round(axis.x(cut)) - 2, 3, 2, SHOTS_PX - 6), colors.color("background"))
        painter.setFont(theme.small_font())
        painter.setPen(colors.color("text", 0.75))
        number = bisect_right(cuts, axis.frame(0))  # of the shot at the left edge, counted from 0
        for start, stop in itertools.pairwise([0, *cuts, axis.frame_count][number:]) if cuts else ():
            number += 1
            box = QRectF(max(0.0, axis.x(start)) + 6, 0, 0, SHOTS_PX)
            box.setRight(axis.x(stop))
            if box.left() > self.width():
                break
            if (stop - start) * axis.pixels_per_frame > 56 and box.width() > 16:
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, str(number))

    def event(self, event: QHelpEvent) -> bool:  # type: ignore[override]
        if event.type() == event.Type.ToolTip and self._viewport.axis.frame_count:
            frame = self._viewport.axis.nearest(event.pos().x())
            done = any(start <= frame < stop for start, stop in self._ready)
            state = self.tr("depth is ready here") if done else self.tr("no depth here yet")
            share = round(self.ready_share() * 100)
            QToolTip.showText(event.globalPos(), self.tr("{0} · {1} % of the clip").format(state, share), self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        return QSize(400, SHOTS_PX)

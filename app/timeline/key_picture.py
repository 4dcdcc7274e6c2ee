"""The drawn keyframe rows, kept as one pixmap so that a moving playhead costs next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from app import theme
from app.timeline import geometry
from app.timeline.key_paint import DENSE_PX, draw_dense_key, draw_key
from vbr_core.animation import value_at
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from app.session import Session
    from app.timeline.viewport import Viewport
    from vbr_core.project import Track, TrackName

PADDING_PX = 11.0
SAMPLE_PX = 2.0
MANY_CUTS = 60
CUT_GAP_PX = 6.0
"""Starts of shots nearer to each other than this are not all marked."""


class KeyPicture:
    """Draws the rows of a session's project when something changed, and remembers the result."""

    def __init__(self, session: Session, viewport: Viewport) -> None:
        self._session = session
        self._viewport = viewport
        self._pixmap = QPixmap()
        self._frames: dict[str, tuple[Track, list[int]]] = {}
        self._top: tuple[Track, float] | None = None
        self.drawn_keys = 0
        """How many keys the last drawing held."""

    def invalidate(self) -> None:
        """Draw anew at the next need."""
        self._pixmap = QPixmap()

    def frames(self, name: TrackName) -> list[int]:
        """Frames of the keys of a track, sorted; kept while the track is the same object."""
        track = self._session.project.track(name)
        known = self._frames.get(name)
        if known is None or known[0] is not track:
            known = (track, [key.frame for key in track.keys])
            self._frames[name] = known
        return known[1]

    def top(self, name: TrackName) -> float:
        """Value at the upper edge of a row."""
        if name == "focus":
            return 1.0
        track = self._session.project.blur
        if self._top is None or self._top[0] is not track:
            self._top = (track, geometry.blur_top((track.base, *(key.value for key in track.keys))))
        return self._top[1]

    def y(self, name: TrackName, value: float, row: QRectF) -> float:
        """Where ``value`` lies in the row."""
        usable = row.height() - 2 * PADDING_PX
        part = min(1.0, max(0.0, value / self.top(name)))
        return row.bottom() - PADDING_PX - part * usable

    def point(self, name: TrackName, frame: int, row: QRectF) -> QPointF:
        """Where the curve passes at ``frame``."""
        project = self._session.project
        value = value_at(project.track(name), frame, project.cuts)
        return QPointF(self._viewport.axis.x(frame), self.y(name, value, row))

    def pixmap(self, size: QSize, ratio: float, rows: list[QRectF]) -> QPixmap:
        """The rows, ``size`` logical pixels large."""
        device = QSize(round(size.width() * ratio), round(size.height() * ratio))
        if self._pixmap.size() != device:
            self._pixmap = QPixmap(device)
            self._pixmap.setDevicePixelRatio(ratio)
            painter = QPainter(self._pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(QRectF(QPointF(0, 0), size), theme.roles().color("background"))
            self.drawn_keys = 0
            for name, row in zip(TRACKS, rows, strict=True):
                self._draw_row(painter, name, row)
            painter.end()
        return self._pixmap

    def _draw_row(self, painter: QPainter, name: TrackName, row: QRectF) -> None:
        colors = theme.roles()
        axis = self._viewport.axis
        painter.setPen(QPen(colors.color("line"), 1))
        painter.drawLine(QPointF(row.left(), row.top() + 0.5), QPointF(row.right(), row.top() + 0.5))
        if axis.frame_count == 0:
            return
        left, right = max(0.0, axis.x(0)), min(row.width(), axis.x(axis.last_frame))
        painter.fillRect(QRectF(left, row.top() + 1, right - left, row.height() - 1), colors.color("panel"))
        cuts = geometry.drawn_cuts(self._session.project.cuts, axis, CUT_GAP_PX)
        dashes = Qt.PenStyle.DashLine if len(cuts) < MANY_CUTS else Qt.PenStyle.SolidLine  # dashes are slow to draw
        painter.setPen(QPen(colors.color("line_strong" if len(cuts) < MANY_CUTS else "line"), 1, dashes))
        for cut in cuts:
            x = round(axis.x(cut)) - 0.5
            painter.drawLine(QPointF(x, row.top() + 1), QPointF(x, row.bottom()))
        self._draw_curve(painter, name, row, left, right)
        self._draw_keys(painter, name, row)

    def _draw_curve(self, painter: QPainter, name: TrackName, row: QRectF, left: float, right: float) -> None:
        axis, project = self._viewport.axis, self._session.project
        if right <= left:
            return
        start, stop = axis.frame(left), axis.frame(right)
        if geometry.is_dense(project.track(name), start, stop, right - left):
            self._draw_envelope(painter, name, row, left, right)
            return
        frames, values = geometry.curve_points(
            project.track(name), project.cuts, start, stop, round((right - left) / SAMPLE_PX)
        )
        origin, zoom = axis.origin, axis.pixels_per_frame
        bottom, rise = row.bottom() - PADDING_PX, (row.height() - 2 * PADDING_PX) / self.top(name)
        points = [
            QPointF((frame - origin) * zoom, bottom - value * rise) for frame, value in zip(frames, values, strict=True)
        ]
        line = QPolygonF(points)
        floor = row.bottom() - 1
        area = QPolygonF([QPointF(left, floor), *points, QPointF(right, floor)])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.track_color(name, 0.07))
        painter.drawPolygon(area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(theme.track_color(name, 0.75 if project.track(name).keys else 0.45), 1.3)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)  # round joins cost three times as much
        painter.setPen(pen)
        painter.drawPolyline(line)

    def _draw_envelope(self, painter: QPainter, name: TrackName, row: QRectF, left: float, right: float) -> None:
        """A curve with a key every few pixels: what it fills, without smoothing, which would cost a hundred times."""
        axis, project = self._viewport.axis, self._session.project
        count = max(1, round((right - left) / SAMPLE_PX))
        track = project.track(name)
        _, low, high = geometry.envelope(track, project.cuts, axis.frame(left), axis.frame(right), count)
        width = (right - left) / count
        bottom, rise = row.bottom() - PADDING_PX, (row.height() - 2 * PADDING_PX) / self.top(name)
        tops, heights = (bottom - high * rise).tolist(), np.maximum(1.0, (high - low) * rise).tolist()
        boxes = [
            QRectF(left + width * n, top, width, height)
            for n, (top, height) in enumerate(zip(tops, heights, strict=True))
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.track_color(name, 0.45))
        painter.drawRects(boxes)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _draw_keys(self, painter: QPainter, name: TrackName, row: QRectF) -> None:
        axis = self._viewport.axis
        frames, track = self.frames(name), self._session.project.track(name)
        selection, color = self._session.selection, theme.track_color(name)
        indexes = geometry.drawn_keys(frames, axis)
        self.drawn_keys += len(indexes)
        places = [axis.x(frames[index]) for index in indexes]
        for order, (index, x) in enumerate(zip(indexes, places, strict=True)):
            key = track.keys[index]
            center = QPointF(x, self.y(name, key.value, row))
            selected = (name, key.frame) in selection
            gap = min(
                x - places[order - 1] if order > 0 else DENSE_PX,
                places[order + 1] - x if order + 1 < len(places) else DENSE_PX,
            )
            if gap < DENSE_PX:
                draw_dense_key(painter, center, color, selected)
            else:
                draw_key(painter, center, key.easing, color, selected=selected)

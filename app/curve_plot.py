"""What the graph editor shows: axes, curves, keys, handles, cuts, playhead, histogram. It reacts to nothing.

The vertical scale is 0..1 for both curves ("part"): d_f as it is, K divided by ``top``. One may zoom into it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem, QGraphicsRectItem

from app import theme
from app.timeline import geometry
from app.timeline.heads import HEAD_PX
from app.timeline.key_picture import CUT_GAP_PX, MANY_CUTS
from vbr_core import edits
from vbr_core.animation import default_handles
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from app.timeline.geometry import TimeAxis
    from vbr_core.project import Keyframe, Project, Track, TrackName

PART_RANGE = (-0.06, 1.06)
LEVEL_STEPS = (0.25, 0.1, 0.05, 0.025, 0.01, 0.005)
SMALLEST_SPAN = 0.02
NEAR_VALUE = 0.02
"""What lies so near to a value counts as lying at it."""
RIGHT_AXIS_PX = 48
HISTOGRAM_SHARE = 0.14
SYMBOLS = {"hold": "s", "linear": "d", "smooth": "o", "bezier": "d"}
HandleId = tuple["TrackName", int, str]
"""(track, frame, "out" or "in")"""


class TimeRuler(pg.AxisItem):
    """The lower axis: the same ticks and labels as the timeline's ruler."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.axis = geometry.TimeAxis()
        self.rate: object = None

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        """Labelled and plain ticks."""
        marks = geometry.ticks(self.axis, self.rate)  # type: ignore[arg-type]
        inside = [mark for mark in marks if minVal <= mark.frame <= maxVal]
        major = [float(mark.frame) for mark in inside if mark.label]
        minor = [float(mark.frame) for mark in inside if not mark.label]
        return [(1.0, major), (0.5, minor)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Labels of the major ticks; none for the minor ones."""
        if spacing < 1.0:
            return ["" for _ in values]
        return [geometry.timecode(round(value), self.rate) for value in values]  # type: ignore[arg-type]


class CurvePlot(pg.PlotWidget):
    """Draws a session's curves for a time axis."""

    resized = Signal()
    """The area inside the axes has another size; some time after the widget itself has."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        self._ruler = TimeRuler()
        super().__init__(parent, background=None, axisItems={"bottom": self._ruler})
        self._session = session
        self.tracks: tuple[TrackName, ...] = TRACKS
        self.top = 50.0
        self._axis = geometry.TimeAxis()
        self._histogram: np.ndarray | None = None
        self._ghost: Project | None = None
        self._pointed: float | None = None
        self._span = PART_RANGE
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        plot = self.getPlotItem()
        plot.setContentsMargins(0, 8, 0, 0)
        self._box = plot.getViewBox()
        self._box.setMouseEnabled(False, False)
        self._box.setDefaultPadding(0.0)
        self._box.disableAutoRange()
        self._box.setYRange(*PART_RANGE, padding=0)
        plot.showAxis("right")
        plot.getAxis("left").setWidth(HEAD_PX - 1)
        plot.getAxis("right").setWidth(RIGHT_AXIS_PX)
        self._box.sigResized.connect(self._on_box_resized)
        self._make_items()
        self.restyle()

    def _on_box_resized(self, _box: object) -> None:
        self.resized.emit()

    def _make_items(self) -> None:
        self._levels = pg.PlotCurveItem(connect="pairs")
        self._shade = QGraphicsPathItem()
        self._shade_near = QGraphicsPathItem()
        self._cuts = pg.PlotCurveItem(connect="pairs")
        self._playhead = pg.InfiniteLine(pos=0, angle=90)
        self._caught = pg.InfiniteLine(pos=0, angle=90)
        self._caught.setVisible(False)
        self._ghosts = {name: pg.PlotCurveItem(antialias=True) for name in TRACKS}
        self._curves = {name: pg.PlotCurveItem(antialias=True) for name in TRACKS}
        self._keys = {name: pg.ScatterPlotItem(pxMode=True) for name in TRACKS}
        self._arms = pg.PlotCurveItem(connect="pairs", antialias=True)
        self._knobs = pg.ScatterPlotItem(pxMode=True, symbol="o", size=8)
        self._marquee = QGraphicsRectItem()
        self._marquee.setVisible(False)
        items = [
            self._levels,
            self._shade,
            self._shade_near,
            self._cuts,
            *self._ghosts.values(),
            *reversed(self._curves.values()),
            self._playhead,
            self._caught,
            self._arms,
            *reversed(self._keys.values()),
            self._knobs,
            self._marquee,
        ]
        for depth, item in enumerate(items):
            item.setZValue(depth)
            self._box.addItem(item, ignoreBounds=True)

    def _pen(self, color: QColor, width_px: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
        """A pen of ``width_px`` logical pixels; the plotting library takes widths as device pixels."""
        return pg.mkPen(color, width=width_px * self.devicePixelRatioF(), style=style)

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        colors = theme.roles()
        self.setBackground(colors.color("background"))
        self._levels.setPen(self._pen(colors.color("line")))
        for shade, color in (
            (self._shade, colors.color("quiet", 0.22)),
            (self._shade_near, colors.color("focus", 0.8)),
        ):
            shade.setPen(QPen(Qt.PenStyle.NoPen))
            shade.setBrush(color)
        self._caught.setPen(self._pen(colors.color("text"), style=Qt.PenStyle.DashLine))
        for name, ghost in self._ghosts.items():
            ghost.setPen(self._pen(theme.track_color(name, 0.55), 1.2, Qt.PenStyle.DashLine))
        self._cuts.setPen(self._pen(colors.color("line_strong"), style=Qt.PenStyle.DashLine))
        self._playhead.setPen(self._pen(colors.color("text")))
        marquee = QPen(colors.color("text", 0.7), 1)
        marquee.setCosmetic(True)
        self._marquee.setPen(marquee)
        self._marquee.setBrush(colors.color("text", 0.08))
        plot = self.getPlotItem()
        for side, role in (("left", "focus"), ("right", "blur"), ("bottom", "quiet")):
            axis = plot.getAxis(side)
            axis.setPen(self._pen(colors.color("line_strong")))
            axis.setTextPen(colors.color(role))
            axis.setTickFont(theme.tabular_font(small=True))
            axis.setStyle(tickLength=-4 if side == "bottom" else 0, tickTextOffset=6)

    # --- drawing -----------------------------------------------------------------------------------------------------

    def part(self, name: TrackName, value: float) -> float:
        """Height of a value on the common scale."""
        return value if name == "focus" else value / self.top

    def value(self, name: TrackName, part: float) -> float:
        """The value at a height of the common scale."""
        return part if name == "focus" else part * self.top

    def fit_values(self) -> None:
        """Choose the scale of K anew."""
        track = self._session.project.blur
        self.top = geometry.blur_top((track.base, *(key.value for key in track.keys)))

    def draw(self, axis: TimeAxis) -> None:
        """Draw everything for ``axis``."""
        self._axis = axis
        info = self._session.clip_info
        self._ruler.axis = axis
        self._ruler.rate = info.frame_rate if info else None
        width = max(1.0, self._box.sceneBoundingRect().width())
        self._box.setXRange(axis.origin, axis.origin + width / axis.pixels_per_frame, padding=0)
        plot = self.getPlotItem()
        levels = self.levels()
        plot.getAxis("left").setTicks([[(level, f"{level:g}") for level in levels]])
        plot.getAxis("right").setTicks([[(level, f"{level * self.top:.4g}") for level in levels]])
        ends = [axis.origin, axis.origin + width / axis.pixels_per_frame] * len(levels)
        self._levels.setData(np.asarray(ends, dtype=float), np.repeat(np.asarray(levels, dtype=float), 2))
        self._ruler.picture = None
        self._ruler.update()
        self._draw_cuts()
        self._draw_histogram()
        for name in TRACKS:
            self._draw_track(name, width)
        self._draw_handles()
        self.draw_playhead()

    def draw_playhead(self) -> None:
        """Move only the playhead."""
        self._playhead.setVisible(self._axis.frame_count > 0)
        self._playhead.setPos(self._session.playhead)

    def levels(self) -> list[float]:
        """Heights of the labelled lines: round numbers of d_f, at least three of them."""
        low, high = max(0.0, self._span[0]), min(1.0, self._span[1])
        step = next((step for step in LEVEL_STEPS if (high - low) / step >= 3), LEVEL_STEPS[-1])
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return [round(number * step, 4) for number in range(first, last + 1)]

    @property
    def span(self) -> tuple[float, float]:
        """Lowest and highest part in view."""
        return self._span

    def set_span(self, low: float, high: float) -> None:
        """Show the parts ``low`` to ``high``, brought into what there is. :meth:`draw` has to follow."""
        height = min(PART_RANGE[1] - PART_RANGE[0], max(SMALLEST_SPAN, high - low))
        low = min(PART_RANGE[1] - height, max(PART_RANGE[0], (low + high) / 2 - height / 2))
        self._span = (low, low + height)
        self._box.setYRange(*self._span, padding=0)

    def zoom_values(self, factor: float, part: float) -> None:
        """Zoom by ``factor`` so that ``part`` stays where it is."""
        low, high = self._span
        self.set_span(part - (part - low) / factor, part + (high - part) / factor)

    def set_ghost(self, project: Project | None) -> None:
        """Show the curves of an earlier document, dashed, where they differ from the present ones; None for none."""
        self._ghost = project
        if project is None:
            for ghost in self._ghosts.values():
                ghost.setData([], [])

    @property
    def ghosts(self) -> dict[TrackName, tuple[np.ndarray, np.ndarray]]:
        """The earlier curves that are shown: (frames, parts)."""
        shown = {name: ghost.getData() for name, ghost in self._ghosts.items()}
        return {name: data for name, data in shown.items() if data[0] is not None and len(data[0])}

    def set_caught(self, frame: int | None) -> None:
        """Mark the frame that a dragged key has caught; None for none."""
        self._caught.setVisible(frame is not None)
        if frame is not None:
            self._caught.setPos(frame)

    def _draw_cuts(self) -> None:
        drawn = geometry.drawn_cuts(self._session.project.cuts, self._axis, CUT_GAP_PX)
        many = len(drawn) >= MANY_CUTS  # dashes are slow to draw
        style = Qt.PenStyle.SolidLine if many else Qt.PenStyle.DashLine
        self._cuts.setPen(self._pen(theme.roles().color("line" if many else "line_strong"), style=style))
        cuts = np.repeat(np.asarray(drawn, dtype=float), 2)
        heights = np.tile(np.asarray(PART_RANGE), len(cuts) // 2)
        self._cuts.setData(cuts, heights)

    def _draw_track(self, name: TrackName, width: float) -> None:
        project, axis = self._session.project, self._axis
        curve, points = self._curves[name], self._keys[name]
        shown = name in self.tracks and axis.frame_count > 0
        curve.setVisible(shown)
        points.setVisible(shown)
        if not shown:
            return
        start = max(0.0, axis.frame(0))
        stop = min(float(axis.last_frame), axis.frame(width))
        track = project.track(name)
        stop = max(start, stop)
        if self._ghost is not None:
            ghost = self._ghost.track(name)
            if ghost is track:
                self._ghosts[name].setData([], [])
            else:
                is_line = self._set_curve(self._ghosts[name], name, ghost, (start, stop, width))
                # many strokes are slow to draw dashed, or with a pen of another width than 1: a thousand times so
                style = Qt.PenStyle.DashLine if is_line else Qt.PenStyle.SolidLine
                color = theme.track_color(name, 0.55 if is_line else 0.3)
                self._ghosts[name].setPen(self._pen(color, 1.2 if is_line else 1.0, style))
        opacity = 0.9 if track.keys else 0.5
        is_line = self._set_curve(curve, name, track, (start, stop, width))
        curve.setPen(self._pen(theme.track_color(name, opacity if is_line else 0.5), 1.6 if is_line else 1.0))
        shown_axis = replace(axis, width=width)
        indexes = geometry.drawn_keys([key.frame for key in track.keys], shown_axis)
        self._draw_keys(name, [track.keys[index] for index in indexes])

    def _set_curve(
        self, item: pg.PlotCurveItem, name: TrackName, track: Track, place: tuple[float, float, float]
    ) -> bool:
        """Give an item the points of a track from a frame to a frame on a width in pixels.

        Returns whether they are a line. A dense curve is drawn as upright strokes, one a pixel column and not smoothed:
        smoothing its many turns would cost a hundred times as much.
        """
        start, stop, width = place
        cuts = self._session.project.cuts
        shown_px = (stop - start) * self._axis.pixels_per_frame
        is_line = not geometry.is_dense(track, start, stop, shown_px)
        if is_line:
            frames, values = geometry.curve_points(track, cuts, start, stop, round(width / 2))
            item.setData(np.asarray(frames), self._parts(name, values), connect="all", antialias=True)
        else:
            frames, low, high = geometry.envelope(track, cuts, start, stop, round(shown_px))
            parts = self._parts(name, np.stack((low, high), axis=1).ravel())
            item.setData(np.repeat(frames, 2), parts, connect="pairs", antialias=False)
        return is_line

    def _parts(self, name: TrackName, values: list[float] | np.ndarray) -> np.ndarray:
        return np.asarray(values, dtype=float) / (1.0 if name == "focus" else self.top)

    def _draw_keys(self, name: TrackName, keys: list[Keyframe]) -> None:
        colors, color = theme.roles(), theme.track_color(name)
        selection = self._session.selection
        plain = (pg.mkPen(colors.color("background"), width=1.2), pg.mkBrush(color))
        chosen = (pg.mkPen(color, width=2), pg.mkBrush(colors.color("text")))
        looks = [chosen if (name, key.frame) in selection else plain for key in keys]
        self._keys[name].setData(
            x=[key.frame for key in keys],
            y=[self.part(name, key.value) for key in keys],
            symbol=[SYMBOLS[key.easing] for key in keys],
            size=[12 if key.easing in ("linear", "bezier") else 10 for key in keys],
            pen=[pen for pen, _brush in looks],
            brush=[brush for _pen, brush in looks],
        )

    def _draw_handles(self) -> None:
        xs: list[float] = []
        ys: list[float] = []
        for (name, frame, _side), (x, y) in self.handles().items():
            key = edits.key_at(self._session.project.track(name), frame)
            assert key is not None
            xs += [frame, x]
            ys += [self.part(name, key.value), y]
        self._arms.setPen(self._pen(theme.roles().color("text", 0.6)))
        self._arms.setData(np.asarray(xs, dtype=float), np.asarray(ys, dtype=float))
        self._knobs.setData(
            x=xs[1::2],
            y=ys[1::2],
            pen=pg.mkPen(theme.roles().color("text"), width=1.2),
            brush=pg.mkBrush(theme.roles().color("background")),
        )

    def handles(self) -> dict[HandleId, tuple[float, float]]:
        """The handles that are shown, with their place (frame, part): those of the bezier segments at selected keys."""
        result: dict[HandleId, tuple[float, float]] = {}
        selection = self._session.selection
        if len(selection) > 200:
            return result
        for name in self.tracks:
            keys = self._session.project.track(name).keys
            places = {
                bisect_left(keys, frame, key=lambda key: key.frame) for track, frame in selection if track == name
            }
            pairs = {place - 1 for place in places} | places  # a selected key may just have gone
            pairs = {index for index in pairs if 0 <= index < len(keys) - 1}
            for left, right in ((keys[index], keys[index + 1]) for index in sorted(pairs)):
                if left.easing != "bezier":
                    continue
                default_out, default_in = default_handles(left, right)
                span = float(right.frame - left.frame)
                out_frames, out_value = left.out_handle or default_out
                in_frames, in_value = right.in_handle or default_in
                if (name, left.frame) in selection:
                    x = left.frame + min(span, out_frames)
                    result[(name, left.frame, "out")] = (x, self.part(name, left.value + out_value))
                if (name, right.frame) in selection:
                    x = right.frame - min(span, in_frames)
                    result[(name, right.frame, "in")] = (x, self.part(name, right.value + in_value))
        return result

    def set_histogram(self, counts: np.ndarray | None) -> None:
        """Counts of the frame's disparity in equal bins from 0 to 1, drawn along the left axis."""
        self._histogram = None if counts is None else np.asarray(counts, dtype=float)
        self._draw_histogram()

    def set_pointed(self, value: float | None) -> None:
        """Mark in the histogram what lies at a value of d_f; None for nothing."""
        if value != self._pointed:
            self._pointed = value
            self._draw_histogram()

    def share_near(self, value: float) -> float | None:
        """Part of the picture, 0..1, whose disparity is within :data:`NEAR_VALUE` of ``value``; None if not known."""
        counts = self._histogram
        if counts is None or not counts.size or float(counts.sum()) <= 0:
            return None
        edges = np.arange(counts.size + 1) / counts.size
        overlap = np.minimum(edges[1:], value + NEAR_VALUE) - np.maximum(edges[:-1], value - NEAR_VALUE)
        return float((counts * np.clip(overlap * counts.size, 0.0, 1.0)).sum() / counts.sum())

    def _draw_histogram(self) -> None:
        path = QPainterPath()
        near = QPainterPath()
        counts = self._histogram
        if counts is not None and counts.size and float(counts.max()) > 0 and "focus" in self.tracks:
            (left, right), _ = self._box.viewRange()
            lengths = np.sqrt(np.maximum(counts, 0) / counts.max()) * (right - left) * HISTOGRAM_SHARE
            height = 1.0 / counts.size
            path.moveTo(left, 0.0)
            for index, length in enumerate(lengths):
                path.lineTo(left + length, index * height)
                path.lineTo(left + length, (index + 1) * height)
                if self._pointed is not None:
                    low = max(index * height, self._pointed - NEAR_VALUE)
                    high = min((index + 1) * height, self._pointed + NEAR_VALUE)
                    if high > low:
                        near.addRect(QRectF(left, low, length, high - low))
            path.lineTo(left, 1.0)
            path.closeSubpath()
        self._shade.setPath(path)
        self._shade_near.setPath(near)

    def set_marquee(self, first: QPointF | None, second: QPointF | None) -> None:
        """Show the selecting rectangle between two pixels; None hides it."""
        self._marquee.setVisible(first is not None and second is not None)
        if first is not None and second is not None:
            self._marquee.setRect(QRectF(QPointF(*self.place(first)), QPointF(*self.place(second))).normalized())

    # --- pixels ------------------------------------------------------------------------------------------------------

    def place(self, pixel: QPointF) -> tuple[float, float]:
        """(frame, part) at a pixel of the widget."""
        point = self._box.mapSceneToView(self.mapToScene(pixel.toPoint()))
        return point.x(), point.y()

    def pixel(self, frame: float, part: float) -> QPointF:
        """The pixel of the widget at (frame, part)."""
        return QPointF(self.mapFromScene(self._box.mapViewToScene(QPointF(frame, part))))

    def plot_rect(self) -> QRectF:
        """The area inside the axes, in pixels of the widget."""
        return QRectF(self.mapFromScene(self._box.sceneBoundingRect()).boundingRect())

    def key_at(self, pixel: QPointF, radius_px: float = 10.0) -> tuple[TrackName, int] | None:
        """The key nearest to a pixel, if it is within ``radius_px``."""
        frame, _ = self.place(pixel)
        reach = radius_px / self._axis.pixels_per_frame
        near = {
            (name, key.frame): self.pixel(key.frame, self.part(name, key.value))
            for name in self.tracks
            for key in geometry.keys_within(self._session.project.track(name), frame - reach, frame + reach)
        }
        return _nearest(near.items(), pixel, radius_px)

    def handle_at(self, pixel: QPointF, radius_px: float = 8.0) -> HandleId | None:
        """The handle nearest to a pixel, if it is within ``radius_px``."""
        return _nearest(((key, self.pixel(*place)) for key, place in self.handles().items()), pixel, radius_px)


def _nearest(places: Iterable[tuple[object, QPointF]], pixel: QPointF, radius_px: float):  # type: ignore[no-untyped-def]
    """The name whose place is nearest to ``pixel``, or None if none is within ``radius_px``."""
    distances = [(QPointF.dotProduct(place - pixel, place - pixel), name) for name, place in places]
    best = min(distances, key=lambda pair: pair[0], default=(float("inf"), None))
    return best[1] if best[0] <= radius_px**2 else None

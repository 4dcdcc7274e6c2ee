"""The maths of the timeline, without widgets: frames and pixels, ticks, hit tests, snapping, and curves as points.

Pixels are logical and counted from the left edge of the timeline's body. A frame index is drawn at one x; fractions
of frames exist only between drawing and rounding.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vbr_core.animation import values_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from vbr_core.project import Keyframe, Track

Envelope = tuple[np.ndarray, np.ndarray, np.ndarray]

MARGIN_PX = 16.0
"""Space left of the first frame and right of the last one."""
MAX_PIXELS_PER_FRAME = 80.0
SNAP_PX = 8.0
DENSE_GAP_PX = 6.0
HIT_PX = 9.0


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Where frames lie: ``x = (frame - origin) * pixels_per_frame``.

    Attributes:
        frame_count: Frames of the clip; 0 without a clip.
        width: Of the timeline's body, in pixels.
        pixels_per_frame: The zoom.
        origin: The (fractional) frame at x = 0.
    """

    frame_count: int = 0
    width: float = 1.0
    pixels_per_frame: float = 1.0
    origin: float = 0.0

    @property
    def last_frame(self) -> int:
        """Index of the last frame; 0 without a clip."""
        return max(0, self.frame_count - 1)

    @property
    def fit_pixels_per_frame(self) -> float:
        """The zoom that shows the whole clip; the smallest one allowed."""
        usable = max(1.0, self.width - 2 * MARGIN_PX)
        return min(MAX_PIXELS_PER_FRAME, usable / max(1, self.last_frame))

    def x(self, frame: float) -> float:
        """Pixels of ``frame``."""
        return (frame - self.origin) * self.pixels_per_frame

    def frame(self, x: float) -> float:
        """The (fractional) frame at ``x``; may lie outside the clip."""
        return self.origin + x / self.pixels_per_frame

    def nearest(self, x: float) -> int:
        """The frame of the clip that is drawn nearest to ``x``."""
        return min(self.last_frame, max(0, math.floor(self.frame(x) + 0.5)))

    def visible(self, margin_px: float = 0.0) -> tuple[int, int]:
        """First and last frame of the clip that are drawn inside the body widened by ``margin_px``."""
        first = math.ceil(self.frame(-margin_px))
        last = math.floor(self.frame(self.width + margin_px))
        return max(0, min(first, self.last_frame)), min(self.last_frame, max(last, 0))

    def fitted(self) -> TimeAxis:
        """The axis that shows the whole clip."""
        zoom = self.fit_pixels_per_frame
        return replace(self, pixels_per_frame=zoom, origin=-MARGIN_PX / zoom)

    def resized(self, width: float, frame_count: int | None = None) -> TimeAxis:
        """The axis for another width or clip: stays fitted if it was, else keeps its zoom and left edge."""
        was_fitted = math.isclose(self.pixels_per_frame, self.fit_pixels_per_frame)
        count = self.frame_count if frame_count is None else frame_count
        new = replace(self, width=max(1.0, width), frame_count=count)
        return new.fitted() if was_fitted else new._confined()

    def zoomed(self, factor: float, anchor_x: float) -> TimeAxis:
        """The axis zoomed by ``factor`` so that the frame at ``anchor_x`` stays where it is, as far as possible."""
        anchor = self.frame(anchor_x)
        zoom = min(MAX_PIXELS_PER_FRAME, max(self.fit_pixels_per_frame, self.pixels_per_frame * factor))
        return replace(self, pixels_per_frame=zoom, origin=anchor - anchor_x / zoom)._confined()

    def scrolled(self, pixels: float) -> TimeAxis:
        """The axis moved so that what was ``pixels`` to the right comes to the left edge, as far as the clip goes."""
        return replace(self, origin=self.origin + pixels / self.pixels_per_frame)._confined()

    def showing(self, frame: int, margin_px: float = 0.0) -> TimeAxis:
        """The same axis if ``frame`` is visible, else one scrolled so that it lies a quarter in from the left."""
        if margin_px <= self.x(frame) <= self.width - margin_px:
            return self
        return replace(self, origin=frame - self.width / 4 / self.pixels_per_frame)._confined()

    def framing(self, first: int, last: int) -> TimeAxis:
        """The axis that shows the frames ``first`` to ``last`` as large as possible."""
        usable = max(1.0, self.width - 2 * MARGIN_PX)
        zoom = min(MAX_PIXELS_PER_FRAME, max(self.fit_pixels_per_frame, usable / max(1, last - first)))
        middle = (first + last) / 2
        return replace(self, pixels_per_frame=zoom, origin=middle - self.width / 2 / zoom)._confined()

    @property
    def scroll_length_px(self) -> float:
        """How far the left edge can move, in pixels; 0 when the whole clip fits."""
        return max(0.0, self.last_frame * self.pixels_per_frame + 2 * MARGIN_PX - self.width)

    @property
    def scroll_px(self) -> float:
        """Where the left edge is, 0 to :attr:`scroll_length_px`."""
        return self.origin * self.pixels_per_frame + MARGIN_PX

    def _confined(self) -> TimeAxis:
        zoom = min(MAX_PIXELS_PER_FRAME, max(self.fit_pixels_per_frame, self.pixels_per_frame))
        new = replace(self, pixels_per_frame=zoom)
        offset = min(new.scroll_length_px, max(0.0, new.scroll_px))
        return replace(new, origin=(offset - MARGIN_PX) / zoom)


# --- time labels -----------------------------------------------------------------------------------------------------


def nominal_rate(rate: Fraction | float | None) -> int:
    """Whole frames a second for counting time code; 25 if the rate is not known."""
    return max(1, math.floor(float(rate) + 0.5)) if rate else 25


def timecode(frame: int, rate: Fraction | float | None) -> str:
    """``HH:MM:SS:FF`` of ``frame``, non-drop, counted at the nominal rate."""
    base = nominal_rate(rate)
    seconds, frames = divmod(max(0, frame), base)
    digits = max(2, len(str(base - 1)))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:0{digits}d}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the ruler. ``label`` is empty for a minor one."""

    frame: int
    x: float
    label: str = ""


def tick_steps(rate: Fraction | float | None, as_frames: bool) -> list[int]:
    """Distances between ticks, in frames, that read well; rising, each useful as a multiple of an earlier one."""
    if as_frames:
        return [factor * 10**power for power in range(8) for factor in (1, 2, 5)]
    base = nominal_rate(rate)
    inside = [step for step in range(1, base) if base % step == 0]
    seconds = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000)
    return inside + [base * factor for factor in seconds]


def ticks(
    axis: TimeAxis,
    rate: Fraction | float | None,
    as_frames: bool = False,
    label_px: float = 96.0,
    minor_px: float = 7.0,
) -> list[Tick]:
    """Marks for the visible part of the axis: labels at least ``label_px`` apart, marks at least ``minor_px``."""
    if axis.frame_count <= 0:
        return []
    steps = tick_steps(rate, as_frames)
    zoom = axis.pixels_per_frame
    longest = steps[-1] * max(1, math.ceil(label_px / (steps[-1] * zoom)))  # a day of footage on a thumb's width
    major = next((step for step in steps if step * zoom >= label_px), longest)
    minor = next((step for step in steps if step * zoom >= minor_px and major % step == 0), major)
    first, last = axis.visible(label_px)
    result = []
    for frame in range(first - first % minor, last + 1, minor):
        label = ""
        if frame % major == 0:
            label = str(frame) if as_frames else timecode(frame, rate)
        result.append(Tick(frame, axis.x(frame), label))
    return result


# --- keys ------------------------------------------------------------------------------------------------------------


def hit_key(frames: Sequence[int], axis: TimeAxis, x: float, radius_px: float = HIT_PX) -> int | None:
    """The one of the sorted ``frames`` that is drawn nearest to ``x``, if it is within ``radius_px``."""
    position = bisect_left(frames, axis.frame(x))
    near = frames[max(0, position - 1) : position + 1]
    best = min(near, key=lambda frame: abs(axis.x(frame) - x), default=None)
    return best if best is not None and abs(axis.x(best) - x) <= radius_px else None


def keys_between(frames: Sequence[int], axis: TimeAxis, x1: float, x2: float) -> list[int]:
    """Those of the sorted ``frames`` that are drawn between ``x1`` and ``x2``, in whatever order these are."""
    low, high = sorted((axis.frame(x1), axis.frame(x2)))
    return list(frames[bisect_left(frames, low) : bisect_right(frames, high)])


def keys_within(track: Track, start: float, stop: float) -> tuple[Keyframe, ...]:
    """The keys of ``track`` from ``start`` to ``stop``, both included."""
    low = bisect_left(track.keys, start, key=lambda key: key.frame)
    high = bisect_right(track.keys, stop, key=lambda key: key.frame)
    return track.keys[low:high]


def drawn_keys(frames: Sequence[int], axis: TimeAxis, min_gap_px: float = 4.0, margin_px: float = 12.0) -> list[int]:
    """Indexes into the sorted ``frames`` of those to draw: visible, and thinned out to one each ``min_gap_px``."""
    gap_frames = min_gap_px / axis.pixels_per_frame
    position = bisect_left(frames, axis.frame(-margin_px))
    end = axis.frame(axis.width + margin_px)
    result = []
    while position < len(frames) and frames[position] <= end:
        result.append(position)
        position = bisect_left(frames, frames[position] + gap_frames, position + 1)
    return result


def shot_at(cuts: Sequence[int], frame: int, frame_count: int) -> tuple[int, int]:
    """First frame, and one past the last, of the shot that ``frame`` is in."""
    number = bisect_right(cuts, frame)
    return cuts[number - 1] if number else 0, cuts[number] if number < len(cuts) else frame_count


def runs(frames: Sequence[int]) -> list[tuple[int, int]]:
    """The sorted ``frames`` as (first, one past the last) pairs without gaps."""
    result: list[tuple[int, int]] = []
    for frame in frames:
        if result and result[-1][1] == frame:
            result[-1] = (result[-1][0], frame + 1)
        else:
            result.append((frame, frame + 1))
    return result


def drawn_cuts(cuts: Sequence[int], axis: TimeAxis, min_gap_px: float = 3.0) -> list[int]:
    """Those of the sorted ``cuts`` to draw: visible, and thinned out to one each ``min_gap_px``."""
    return [cuts[index] for index in drawn_keys(cuts, axis, min_gap_px, 1.0)]


def snap(frame: float, targets: Iterable[int], axis: TimeAxis, distance_px: float = SNAP_PX) -> tuple[int, int | None]:
    """Bring a dragged frame to a whole one, preferring a target that lies near.

    Returns:
        The frame, inside the clip, and the target it caught, or None.
    """
    reach = distance_px / axis.pixels_per_frame
    best = min(targets, key=lambda target: abs(target - frame), default=None)
    if best is not None and 0 <= best <= axis.last_frame and abs(best - frame) <= reach:
        return best, best
    return min(axis.last_frame, max(0, math.floor(frame + 0.5))), None


def confine_move(frames: Iterable[int], delta: int, frame_count: int) -> int:
    """``delta`` shortened so that all of ``frames`` stay inside the clip when they move together."""
    frames = list(frames)
    if not frames:
        return 0
    delta = max(delta, -min(frames))
    return min(delta, frame_count - 1 - max(frames)) if frame_count > 0 else delta


# --- curves ----------------------------------------------------------------------------------------------------------


def curve_points(
    track: Track, cuts: Sequence[int], start: float, stop: float, count: int
) -> tuple[list[float], list[float]]:
    """Points (frames, values) that draw ``track`` from ``start`` to ``stop``.

    Between about ``count`` even samples, steps (at holds and cuts) are drawn upright: a point lies just before each.
    """
    count = max(2, count)
    width = max(1e-6, stop - start)
    samples = {start + width * n / (count - 1) for n in range(count)}
    keys = keys_within(track, start, stop)
    corners = [key.frame for key in keys] if len(keys) <= count else []
    shots = cuts[bisect_left(cuts, start) : bisect_right(cuts, stop)]
    if len(shots) <= count // 2:  # more than that are steps within one sample
        corners += shots
    for corner in corners:
        samples.update((float(corner), max(start, corner - 1e-3)))
    frames = sorted(samples)
    return frames, values_at(track, frames, cuts).tolist()


def is_dense(track: Track, start: float, stop: float, width_px: float) -> bool:
    """Whether the keys from ``start`` to ``stop`` lie too near to each other for the curve to be drawn as a line."""
    return len(keys_within(track, start, stop)) * DENSE_GAP_PX > width_px


_envelopes: deque[tuple[Track, Sequence[int], tuple[float, float, int], Envelope]] = deque(maxlen=8)
"""The newest, with what they were made from: an edit changes one track, and each is drawn in two views."""


def envelope(track: Track, cuts: Sequence[int], start: float, stop: float, count: int) -> Envelope:
    """What a dense curve fills: its lowest and highest value in ``count`` equal parts of ``start`` to ``stop``.

    Between keys nearer to each other than four parts the value is taken to go straight: nobody could see its easing.

    Returns:
        The middles of the parts (frames), and the lowest and the highest value in each; (count,) float64. Not to be
        changed: they are kept for the next call.
    """
    place = (start, stop, count)
    for of_track, of_cuts, of_place, found in _envelopes:
        if of_track is track and of_place == place and of_cuts == cuts:  # tracks are values: the same object is equal
            return found
    made = _envelope(track, cuts, start, stop, count)
    _envelopes.append((track, cuts, place, made))
    return made


def _envelope(track: Track, cuts: Sequence[int], start: float, stop: float, count: int) -> Envelope:
    count = max(1, count)
    step = max(1e-6, stop - start) / count
    edges = start + step * np.arange(count + 1)
    keys = keys_within(track, start, stop)
    if not keys:
        values = values_at(track, edges, cuts)
    else:
        frames = np.fromiter((key.frame for key in keys), float, len(keys))
        levels = np.fromiter((key.value for key in keys), float, len(keys))
        values = np.interp(edges, frames, levels)
        after = np.searchsorted(frames, edges)
        gaps = np.diff(frames, prepend=-math.inf, append=math.inf)[after]
        wide = gaps > 4 * step
        values[wide] = values_at(track, edges[wide], cuts)
    low, high = np.minimum(values[:-1], values[1:]), np.maximum(values[:-1], values[1:])
    if keys:
        parts = np.minimum(count - 1, ((frames - start) / step).astype(int))
        np.minimum.at(low, parts, levels)
        np.maximum.at(high, parts, levels)
    return (edges[:-1] + edges[1:]) / 2, low, high


def blur_top(values: Iterable[float]) -> float:
    """Top of the scale on which blur amounts are drawn: a round number above the largest of ``values``."""
    largest = max(values, default=0.0)
    return next((top for top in (50.0, 100.0, 150.0, 200.0, 300.0) if largest <= top * 0.9), 400.0)

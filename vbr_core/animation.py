"""The value of a track at a frame.

Within a shot, the value goes from key to key as the earlier key's easing says. Nothing is eased across a cut: before
the cut the last key of its shot holds, after it the first key of the next shot is already in force.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vbr_core.project import Keyframe, Track


def value_at(track: Track, frame: float, cuts: Sequence[int] = ()) -> float:
    """Value of ``track`` at ``frame``.

    Args:
        track: Keys sorted by frame.
        frame: Index on the clip's own frames; fractions are allowed (for drawing a curve).
        cuts: First frame of every shot but the first, sorted.

    Returns:
        The value in the track's unit; ``track.base`` if there is no key.
    """
    keys = track.keys
    if not keys:
        return track.base
    after = bisect_right(keys, frame, key=lambda key: key.frame)
    left = keys[after - 1] if after > 0 else None
    right = keys[after] if after < len(keys) else None
    if left is None:
        assert right is not None
        return right.value
    if right is None:
        return left.value
    if cuts:
        shot = bisect_right(cuts, frame)
        same_left = bisect_right(cuts, left.frame) == shot
        same_right = bisect_right(cuts, right.frame) == shot
        if not same_right:
            return left.value
        if not same_left:
            return right.value
    return ease(left, right, frame)


def ease(left: Keyframe, right: Keyframe, frame: float) -> float:
    """Value between two neighbouring keys, ``left.frame <= frame <= right.frame``, by the easing of ``left``."""
    if left.easing == "hold" or left.frame == right.frame:
        return left.value if frame < right.frame else right.value
    part = (frame - left.frame) / (right.frame - left.frame)
    if left.easing == "bezier":
        return _bezier(left, right, frame)
    if left.easing == "smooth":
        part = part * part * (3.0 - 2.0 * part)
    return left.value + (right.value - left.value) * part


def default_handles(left: Keyframe, right: Keyframe) -> tuple[tuple[float, float], tuple[float, float]]:
    """Handles, each (frames, value), that make a bezier equal to ``smooth``: out of ``left`` and into ``right``."""
    third = (right.frame - left.frame) / 3.0
    return (third, 0.0), (third, 0.0)


def _bezier(left: Keyframe, right: Keyframe, frame: float) -> float:
    """Cubic bezier in the (frame, value) plane. Handles are shortened to the segment, so that time never runs back."""
    span = float(right.frame - left.frame)
    default_out, default_in = default_handles(left, right)
    out_frames, out_value = left.out_handle or default_out
    in_frames, in_value = right.in_handle or default_in
    x1, x2 = min(out_frames, span) / span, 1.0 - min(in_frames, span) / span
    y0, y3 = left.value, right.value
    y1, y2 = y0 + out_value, y3 + in_value
    target = (frame - left.frame) / span
    low, high = 0.0, 1.0
    for _ in range(48):  # x(t) is monotone for 0 <= x1, x2 <= 1: bisection always converges
        t = 0.5 * (low + high)
        x = 3 * (1 - t) ** 2 * t * x1 + 3 * (1 - t) * t * t * x2 + t**3
        if x < target:
            low = t
        else:
            high = t
    t = 0.5 * (low + high)
    return (1 - t) ** 3 * y0 + 3 * (1 - t) ** 2 * t * y1 + 3 * (1 - t) * t * t * y2 + t**3 * y3


def sample_track(
    track: Track, start: int, stop: int, cuts: Sequence[int] = (), limits: tuple[float, float] | None = None
) -> NDArray[np.float32]:
    """Values of ``track`` at frames ``start`` to ``stop - 1``: (stop - start,) float32, clipped to ``limits``."""
    values = np.array([value_at(track, frame, cuts) for frame in range(start, stop)], dtype=np.float32)
    return values if limits is None else np.clip(values, *limits)


def track_range(
    track: Track, start: int, stop: int, cuts: Sequence[int] = (), limits: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Bounds of the values of ``track`` within one shot, from its keys alone: never too narrow, and quick.

    A curve between two keys stays within the values of its four control points.

    Args:
        track: The curve.
        start: First frame of the shot.
        stop: One past its last frame.
        cuts: First frame of every shot but the first.
        limits: Values are clipped to these.
    """
    values = [value_at(track, start, cuts), value_at(track, stop - 1, cuts)]
    within = [key for key in track.keys if start <= key.frame < stop]
    values += [key.value for key in within]
    for left, right in pairwise(within):
        if left.easing == "bezier":
            values += [left.value + handle[1] for handle in (left.out_handle,) if handle]
            values += [right.value + handle[1] for handle in (right.in_handle,) if handle]
    low, high = min(values), max(values)
    return (
        (low, high) if limits is None else (min(max(low, limits[0]), limits[1]), min(max(high, limits[0]), limits[1]))
    )

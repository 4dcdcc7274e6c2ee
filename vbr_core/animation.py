"""The value of a track at a frame.

Within a shot, the value goes from key to key as the earlier key's easing says. Nothing is eased across a cut: before
the cut the last key of its shot holds, after it the first key of the next shot is already in force.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from vbr_core.look import DEFAULT_LOOK, KEYED_NAMES, Look, clamp_look_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vbr_core.project import Keyframe, LookTracks, Track


BISECTIONS = 48
"""x(t) of a bezier between keys is monotone, for its handles stay in the segment: bisection always converges."""


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
    """Cubic bezier in the (frame, value) plane."""
    part = (frame - left.frame) / (right.frame - left.frame)
    x1, x2, *y = _control_points(left, right)
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        t = 0.5 * (low + high)
        if _cubic(t, 0.0, x1, x2, 1.0) < part:
            low = t
        else:
            high = t
    return _cubic(0.5 * (low + high), *y)


def _cubic(t: Any, p0: Any, p1: Any, p2: Any, p3: Any) -> Any:
    """Bernstein form of a cubic; numbers or arrays."""
    s = 1.0 - t
    return s * s * s * p0 + 3.0 * s * s * t * p1 + 3.0 * s * t * t * p2 + t * t * t * p3


def _control_points(left: Keyframe, right: Keyframe) -> tuple[float, float, float, float, float, float]:
    """x1, x2 (parts of the segment) and y0 to y3 (values) of the bezier between two keys.

    Handles are shortened to the segment, so that time never runs back.
    """
    span = float(right.frame - left.frame)
    default_out, default_in = default_handles(left, right)
    out_frames, out_value = left.out_handle or default_out
    in_frames, in_value = right.in_handle or default_in
    y0, y3 = left.value, right.value
    return min(out_frames, span) / span, 1.0 - min(in_frames, span) / span, y0, y0 + out_value, y3 + in_value, y3


def _bezier_at(part: NDArray[Any], x1: Any, x2: Any, y0: Any, y1: Any, y2: Any, y3: Any) -> NDArray[Any]:
    """Values of cubic beziers from (0, y0) over (x1, y1) and (x2, y2) to (1, y3), where x is ``part``; all (N,)."""
    low, high = np.zeros_like(part), np.ones_like(part)
    for _ in range(BISECTIONS):
        t = 0.5 * (low + high)
        before = _cubic(t, 0.0, x1, x2, 1.0) < part
        low, high = np.where(before, t, low), np.where(before, high, t)
    return np.asarray(_cubic(0.5 * (low + high), y0, y1, y2, y3), np.float64)


def values_at(track: Track, frames: Sequence[float] | NDArray[np.float64], cuts: Sequence[int] = ()) -> NDArray[Any]:
    """:func:`value_at` of many frames at once.

    Args:
        track: Keys sorted by frame.
        frames: (N,) indexes, in any order; fractions are allowed.
        cuts: First frame of every shot but the first, sorted.

    Returns:
        (N,) float64 in the track's unit.
    """
    wanted = np.asarray(frames, np.float64)
    if not track.keys or not wanted.size:
        return np.full(wanted.shape, track.base)
    first = max(0, bisect_right(track.keys, float(wanted.min()), key=lambda key: key.frame) - 1)
    last = bisect_right(track.keys, float(wanted.max()), key=lambda key: key.frame) + 1
    keys = track.keys[first:last]
    key_frames = np.array([key.frame for key in keys])
    key_values = np.array([key.value for key in keys], np.float64)
    after = np.searchsorted(key_frames, wanted, side="right")
    at_left, at_right = np.maximum(after - 1, 0), np.minimum(after, len(keys) - 1)
    left, right = key_values[at_left], key_values[at_right]
    left_frames, right_frames = key_frames[at_left], key_frames[at_right]
    part = (wanted - left_frames) / np.maximum(1, right_frames - left_frames)
    easing = np.array([key.easing for key in keys])[at_left]
    values = left + (right - left) * np.where(easing == "smooth", part * part * (3.0 - 2.0 * part), part)
    values = np.where((easing == "hold") | (at_left == at_right), left, values)
    bent = np.flatnonzero((easing == "bezier") & (at_left != at_right))
    if bent.size:
        starts = at_left[bent]
        spans = key_frames[starts + 1] - key_frames[starts]
        chosen = np.unique(starts)
        curves = np.array([_control_points(keys[n], keys[n + 1]) for n in chosen.tolist()])
        x1, x2, y0, y1, y2, y3 = curves[np.searchsorted(chosen, starts)].T
        values[bent] = _bezier_at((wanted[bent] - key_frames[starts]) / spans, x1, x2, y0, y1, y2, y3)
    if len(cuts):
        shots = np.asarray(cuts)
        shot, left_shot, right_shot = (
            np.searchsorted(shots, where, side="right") for where in (wanted, left_frames, right_frames)
        )
        values = np.where(right_shot != shot, left, np.where(left_shot != shot, right, values))
    outside_left, outside_right = wanted < key_frames[0], wanted >= key_frames[-1]
    return np.where(outside_left, key_values[0], np.where(outside_right, key_values[-1], values))


def look_at(tracks: LookTracks, frame: float, cuts: Sequence[int] = ()) -> Look | None:
    """How the blur looks at ``frame``; None where that is a plain thin lens.

    Args:
        tracks: Values over time. Curves that swing beyond a value's range are cut there.
        frame: Index on the clip's own frames.
        cuts: First frame of every shot but the first, sorted.
    """
    values = {name: clamp_look_value(name, value_at(tracks.track(name), frame, cuts)) for name in KEYED_NAMES}
    look = Look(blades=tracks.blades, **values)
    return None if look == DEFAULT_LOOK else look


def sample_track(
    track: Track, start: int, stop: int, cuts: Sequence[int] = (), limits: tuple[float, float] | None = None
) -> NDArray[np.float32]:
    """Values of ``track`` at frames ``start`` to ``stop - 1``: (stop - start,) float32, clipped to ``limits``."""
    values = values_at(track, np.arange(start, stop, dtype=np.float64), cuts).astype(np.float32)
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

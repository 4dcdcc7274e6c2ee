"""A followed point becomes keys of d_f."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from vbr_core.edits import clamp, key_at
from vbr_core.errors import InputError
from vbr_core.project import FocusAnchor, Keyframe, Project

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.focus.tracking import FollowSample

TOLERANCE = 0.004
"""The curve between the keys differs from what was followed by no more than this, in disparity."""

SMOOTHING_LIMIT_FRAMES = 240


def smooth_disparity(samples: tuple[FollowSample, ...], smoothing_frames: float = 0.0) -> NDArray[np.float64]:
    """The disparity of every sample, bridged where it is unknown and smoothed.

    The weights are a Gaussian's. Towards the ends fewer frames are taken, on both sides alike, so that a steady change
    stays one.

    Args:
        samples: One a frame, without holes; at least one of a known disparity.
        smoothing_frames: Standard deviation of the weights, in frames; 0 for none.

    Returns:
        (number of samples,) float64, 0..1.

    Raises:
        InputError: No sample has a disparity, or the smoothing is out of its limits.
    """
    known = [(sample.frame, sample.disparity) for sample in samples if sample.disparity is not None]
    if not known:
        raise InputError("Nothing was followed that could become focus keys.", "Follow a point first.")
    if not 0.0 <= smoothing_frames <= SMOOTHING_LIMIT_FRAMES:
        raise InputError(
            f"A smoothing of {smoothing_frames:g} frames is not possible.", f"Give 0 to {SMOOTHING_LIMIT_FRAMES}."
        )
    frames = [sample.frame for sample in samples]
    values = np.interp(frames, [frame for frame, _ in known], [value for _, value in known]).astype(np.float64)
    if smoothing_frames <= 0.0:
        return values
    reach = int(np.ceil(3 * smoothing_frames))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / smoothing_frames) ** 2)
    smooth = np.empty_like(values)
    for index in range(len(values)):
        half = min(index, len(values) - 1 - index, reach)
        taken = weights[reach - half : reach + half + 1]
        smooth[index] = float(values[index - half : index + half + 1] @ taken) / float(taken.sum())
    return smooth


def needed_keys(values: NDArray[np.float64], tolerance: float = TOLERANCE) -> list[int]:
    """Indices between which straight lines keep within ``tolerance`` of all values (Douglas and Peucker, 1973).

    The distance is measured along the values, not across the line. First and last are always among them.
    """
    last = len(values) - 1
    keep = {0, last}
    open_spans = [(0, last)]
    while open_spans:
        left, right = open_spans.pop()
        if right - left < 2:
            continue
        line = np.linspace(values[left], values[right], right - left + 1)
        errors = np.abs(values[left : right + 1] - line)
        worst = left + int(errors.argmax())
        if errors[worst - left] > tolerance:
            keep.add(worst)
            open_spans += [(left, worst), (worst, right)]
    return sorted(keep)


def bake_track(
    project: Project,
    samples: tuple[FollowSample, ...],
    smoothing_frames: float = 4.0,
    offset: float = 0.0,
    tolerance: float = TOLERANCE,
) -> Project:
    """Let d_f go with what was followed: as few keys as do; those that lay in that span are replaced.

    Args:
        project: The document.
        samples: One a frame, without holes, within one shot.
        smoothing_frames: Standard deviation of the smoothing, in frames.
        offset: Added to the disparity: positive focuses before the thing, negative behind it.
        tolerance: See :data:`TOLERANCE`.

    Raises:
        InputError: No sample has a disparity, or the smoothing is out of its limits.
    """
    values = smooth_disparity(samples, smoothing_frames) + offset
    first, last = samples[0].frame, samples[-1].frame
    chosen = needed_keys(np.clip(values, 0.0, 1.0), tolerance)
    after = key_at(project.focus, last)
    new = []
    for index in chosen:
        sample = samples[index]
        is_last = index == chosen[-1]
        # what was put aside by an offset is not what lies at the point: no anchor, or it would be sampled again
        anchor = FocusAnchor(sample.frame, round(sample.x, 1), round(sample.y, 1)) if offset == 0.0 else None
        easing = (after.easing if after is not None else "smooth") if is_last else "linear"
        new.append(Keyframe(sample.frame, clamp("focus", values[index]), easing, anchor=anchor))
    kept = [key for key in project.focus.keys if not first <= key.frame <= last]
    keys = tuple(sorted([*kept, *new], key=lambda key: key.frame))
    return project.with_track("focus", msgspec.structs.replace(project.focus, keys=keys))

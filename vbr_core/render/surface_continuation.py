"""What is known of surfaces, continued to places where something nearer hides them.

Surfaces are told apart by their disparity, in ``SURFACES`` slices. In each, colours go on smoothly from what lies open
(:func:`continued`); motion goes on as that of a rigid thing does that turns or comes nearer: as a linear function of
the place, as far as one fits what is seen around (:func:`continued_motion`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from vbr_core.kernels.slices import fitted, moments, read, summed
from vbr_core.render.occlusion import pull_push

if TYPE_CHECKING:
    from numpy.typing import NDArray

SURFACES = 16
"""Slices of disparity that are continued behind edges on their own."""

FILL_STEP = 4
"""They are continued on pictures that are smaller by this factor."""

MOTION_STEP = 8
"""Motion is fitted on pictures that are smaller by this factor."""

NEAR_SPREAD, WIDE_SPREAD = 2.0, 4.0
"""How far around a place motion is fitted: standard deviations of the weight, in cells of ``MOTION_STEP`` pixels."""

NEAR_RIDGE, WIDE_RIDGE = 2.5, 0.5
"""The gradient of motion is held back as if so many square cells of spread were known to be still."""

LEAST_KNOWN = 0.02
"""Pixels' worth of weight from which a fit is tried."""

ALIKE_PX = 0.3
"""The wide fit is taken where the near one agrees with it so far."""

MOST_CHANGE_PX = 2.0
"""A fit that is farther than this from the smooth continuation mixes surfaces; that one is taken then."""


def continued(
    values: NDArray[np.float32],
    weight: NDArray[np.float32],
    disparity: NDArray[np.float32],
    at: NDArray[np.float32],
    where: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """What surfaces show, continued smoothly to places where they are hidden.

    The range of disparity is cut into ``SURFACES`` slices; in each, what is known is filled in over the whole picture
    (pull-push, at a fraction of the size), and a place takes the value of the two slices next to its disparity. Where
    nothing at all is known, it keeps its own.

    Args:
        values: (h, w, C).
        weight: (h, w) 0..1: where they are known.
        disparity: (h, w) of what is seen.
        at: (h, w) disparity of the hidden surface.
        where: (h, w) bool: places to answer for, N in all.

    Returns:
        (N, C).
    """
    sums = summed(values, weight, disparity, FILL_STEP, SURFACES)
    seen = sums[:, -1].sum(axis=(1, 2)) > 0
    if not seen.any():
        return values[where]
    sums[~seen] = sums.sum(axis=0)  # of a surface that lies open nowhere the others are all that is known
    fields = torch.from_numpy(sums) / FILL_STEP**2
    total = fields[:, -1:]
    filled = pull_push(fields[:, :-1] / total.clamp_min(1e-6), (total * 4.0).clamp_max(1.0)).contiguous()
    result: NDArray[np.float32] = read(filled.numpy(), at[where], np.flatnonzero(where), where.shape[1], FILL_STEP)
    return result


def continued_motion(
    motion: NDArray[np.float32],
    weight: NDArray[np.float32],
    disparity: NDArray[np.float32],
    at: NDArray[np.float32],
    where: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Motion of surfaces, continued to places where they are hidden.

    Around each place a linear function is fitted to the motion of its surface, by least squares with weights that fall
    off as a Gaussian: over a wide neighbourhood where a near one agrees, else over that one. A fit that leads far away
    from :func:`continued` is not believed.

    Args:
        motion: (h, w, 2) in pixels.
        weight: (h, w) 0..1: where it is known.
        disparity: (h, w) of what is seen.
        at: (h, w) disparity of the hidden surface.
        where: (h, w) bool: places to answer for, N in all.

    Returns:
        (N, 2).
    """
    smooth = continued(motion, weight, disparity, at, where)
    sums = moments(motion, weight, disparity, MOTION_STEP, SURFACES)
    if not sums[..., 0].any():
        return smooth
    hidden, pixel = at[where], np.flatnonzero(where)

    def fit_over(spread: float, ridge: float) -> NDArray[np.float32]:
        around = _blurred(sums, spread)
        height, width = disparity.shape
        result: NDArray[np.float32] = fitted(
            around, hidden, pixel, width, height, MOTION_STEP, np.float32(ridge), np.float32(LEAST_KNOWN), smooth
        )
        return result

    near, wide = fit_over(NEAR_SPREAD, NEAR_RIDGE), fit_over(WIDE_SPREAD, WIDE_RIDGE)
    fit = np.where((_length(wide - near) < ALIKE_PX)[:, None], wide, near)
    return np.where((_length(fit - smooth) < MOST_CHANGE_PX)[:, None], fit, smooth)


def _length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 2) -> (N,)."""
    return np.sqrt(np.square(vectors[:, 0]) + np.square(vectors[:, 1]))


def _blurred(sums: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """Sums (rows, columns, ...) blurred by a Gaussian whose standard deviation is so many cells."""
    rows, columns = sums.shape[:2]
    down = _gaussian(rows, spread) @ sums.reshape(rows, -1)
    result: NDArray[np.float32] = (_gaussian(columns, spread) @ down.reshape(rows, columns, -1)).reshape(sums.shape)
    return result


def _gaussian(count: int, spread: float) -> NDArray[np.float32]:
    """(count, count) matrix that blurs; what lies outside counts as nothing."""
    place = np.arange(count, dtype=np.float32)
    weight = np.exp(-0.5 * np.square((place[:, None] - place) / np.float32(spread)))
    return (weight / np.float32(np.sqrt(2.0 * np.pi) * spread)).astype(np.float32)

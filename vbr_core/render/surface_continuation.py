"""What is known of surfaces, continued to places where something nearer hides them.

Surfaces are told apart by their disparity, in ``SURFACES`` slices. In each, colours go on smoothly from what lies open
(:func:`continued`); motion goes on as that of a rigid thing does that turns or comes nearer: as a linear function of
the place, as far as one fits what is seen around (:func:`continued_motion`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

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
    height, width, channels = values.shape
    rows, columns = -(-height // FILL_STEP), -(-width // FILL_STEP)
    sums = _summed([*np.moveaxis(values, -1, 0), np.ones_like(weight)], weight, disparity, FILL_STEP)
    cells = rows * columns
    seen = sums[:, -1].sum(axis=(1, 2)) > 0
    if not seen.any():
        return values[where]
    sums[~seen] = sums.sum(axis=0)  # of a surface that lies open nowhere the others are all that is known
    fields = torch.from_numpy(np.ascontiguousarray(sums, np.float32)) / FILL_STEP**2
    total = fields[:, -1:]
    filled = pull_push(fields[:, :-1] / total.clamp_min(1e-6), (total * 4.0).clamp_max(1.0))
    table = filled.permute(0, 2, 3, 1).reshape(SURFACES * cells, channels).numpy()
    y, x = np.nonzero(where)
    v = np.clip((y + 0.5) / FILL_STEP - 0.5, 0, rows - 1).astype(np.float32)
    u = np.clip((x + 0.5) / FILL_STEP - 0.5, 0, columns - 1).astype(np.float32)
    top, left = v.astype(int), u.astype(int)
    lower, upper_share = _slices(at[y, x])
    result = np.zeros((len(y), channels), np.float32)
    for slot, part in ((lower, 1.0 - upper_share), (lower + 1, upper_share)):
        for row, row_part in ((top, top + 1 - v), (np.minimum(top + 1, rows - 1), v - top)):
            for column, column_part in ((left, left + 1 - u), (np.minimum(left + 1, columns - 1), u - left)):
                result += (part * row_part * column_part)[:, None] * table[slot * cells + row * columns + column]
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
    y, x = np.nonzero(where)
    place = np.stack([x + 0.5, y + 0.5], axis=1).astype(np.float32) / np.float32(MOTION_STEP)
    sums = _Moments.of(motion, weight, disparity)
    if sums is None:
        return smooth
    hidden = at[y, x]
    near = sums.fitted(place, hidden, NEAR_SPREAD, NEAR_RIDGE, smooth)
    wide = sums.fitted(place, hidden, WIDE_SPREAD, WIDE_RIDGE, smooth)
    fit = np.where((np.hypot(*(wide - near).T) < ALIKE_PX)[:, None], wide, near)
    return np.where((np.hypot(*(fit - smooth).T) < MOST_CHANGE_PX)[:, None], fit, smooth)


@dataclass(frozen=True)
class _Moments:
    """Sums over each slice and cell that a linear fit needs.

    Attributes:
        sums: (rows, columns, S, 12): of the weight, times 1, x, y, xx, xy, yy, u, ux, uy, v, vx, vy; places in cells,
            from the picture's middle, which keeps them small.
        middle: (2,) x and y of the middle.
        slot: (SURFACES,) place of a slice among those S that are known; -1 for the others.
    """

    sums: NDArray[np.float32]
    middle: NDArray[np.float32]
    slot: NDArray[np.int64]

    @classmethod
    def of(
        cls, motion: NDArray[np.float32], weight: NDArray[np.float32], disparity: NDArray[np.float32]
    ) -> _Moments | None:
        """Sums of a picture; None if nothing is known."""
        height, width = disparity.shape
        middle = np.array([width, height], np.float32) / np.float32(2 * MOTION_STEP)
        y, x = np.indices((height, width), np.float32)
        x = (x + np.float32(0.5)) / np.float32(MOTION_STEP) - middle[0]
        y = (y + np.float32(0.5)) / np.float32(MOTION_STEP) - middle[1]
        u, v = motion[..., 0], motion[..., 1]
        values = [np.ones_like(x), x, y, x * x, x * y, y * y, u, u * x, u * y, v, v * x, v * y]
        sums = _summed(values, weight, disparity, MOTION_STEP)
        known = sums[:, 0].sum(axis=(1, 2)) > 0
        if not known.any():
            return None
        slot = np.where(known, np.cumsum(known) - 1, -1)
        return cls(np.ascontiguousarray(sums[known].transpose(2, 3, 0, 1), np.float32), middle, slot)

    def fitted(
        self,
        place: NDArray[np.float32],
        at: NDArray[np.float32],
        spread: float,
        ridge: float,
        otherwise: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """The fit's motion at places (N, 2), x then y in cells, of surfaces at a disparity (N,)."""
        rows, columns, slices, moments = self.sums.shape
        down = _gaussian(rows, spread) @ self.sums.reshape(rows, columns * slices * moments)
        table = (_gaussian(columns, spread) @ down.reshape(rows, columns, slices * moments)).reshape(self.sums.shape)
        row, column = np.minimum(place[:, 1].astype(int), rows - 1), np.minimum(place[:, 0].astype(int), columns - 1)
        lower, upper_share = _slices(at)
        total = np.zeros((moments, len(place)), np.float32)
        for number, share in ((lower, 1.0 - upper_share), (lower + 1, upper_share)):
            slot = self.slot[number]
            total += (np.where(slot >= 0, share, 0.0)[:, None] * table[row, column, np.maximum(slot, 0)]).T
        n, known = np.maximum(total[0], 1e-6), total[0] > LEAST_KNOWN
        total = total / n
        # moments about the place itself, so that the fit's value there is its first coefficient
        px, py = (place - self.middle).T
        x, y = total[1] - px, total[2] - py
        xx = total[3] - px * (2.0 * total[1] - px) + ridge
        yy = total[5] - py * (2.0 * total[2] - py) + ridge
        xy = total[4] - px * total[2] - py * total[1] + px * py
        # first row of the inverse of [[1, x, y], [x, xx, xy], [y, xy, yy]], times its determinant
        first = (xx * yy - xy * xy, xy * y - x * yy, x * xy - xx * y)
        determinant = first[0] + x * first[1] + y * first[2]
        result = otherwise.copy()
        for channel in range(2):
            one, by_x, by_y = total[6 + 3 * channel : 9 + 3 * channel]
            solved = first[0] * one + first[1] * (by_x - px * one) + first[2] * (by_y - py * one)
            result[:, channel] = np.where(known, solved / np.maximum(determinant, 1e-6), otherwise[:, channel])
        return result


def _summed(
    values: list[NDArray[np.float32]], weight: NDArray[np.float32], disparity: NDArray[np.float32], step: int
) -> NDArray[np.float64]:
    """Weighted sums (SURFACES, C, rows, columns) of pictures (h, w), over cells of ``step`` pixels in each slice."""
    height, width = disparity.shape
    rows, columns = -(-height // step), -(-width // step)
    cell = (np.arange(height) // step)[:, None] * columns + np.arange(width) // step
    cells = rows * columns
    lower, upper_share = _slices(disparity)
    sums = np.zeros((len(values), SURFACES * cells))
    for slot, share in ((lower, (1.0 - upper_share) * weight), (lower + 1, upper_share * weight)):
        known = share > 0
        index, part = (slot * cells + cell)[known], share[known]
        for number, value in enumerate(values):
            sums[number] += np.bincount(index, part * value[known], SURFACES * cells)
    return sums.reshape(len(values), SURFACES, rows, columns).transpose(1, 0, 2, 3)


def _gaussian(count: int, spread: float) -> NDArray[np.float32]:
    """(count, count) matrix that blurs; what lies outside counts as nothing."""
    place = np.arange(count, dtype=np.float32)
    weight = np.exp(-0.5 * np.square((place[:, None] - place) / np.float32(spread)))
    return (weight / np.float32(np.sqrt(2.0 * np.pi) * spread)).astype(np.float32)


def _slices(disparity: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Number of the slice of disparity below, and the share of the one above it."""
    place = disparity.clip(0.0, 1.0) * np.float32(SURFACES - 1)
    lower = np.minimum(place.astype(np.int64), SURFACES - 2)
    return lower, (place - lower).astype(np.float32)

"""Places that are followed along motion from frame to frame, and what is read there; compiled for the CPU.

Each function takes one step: it moves all places that are still followed by the motion of the frame they are in, looks
at them in the next one, and keeps those that go on at the front of its arrays. A place is x, then y, in pixels; whole
numbers are the middles of pixels. Pictures are read between pixels, bilinearly.

Light above white is given as a list: ``number`` (h, w) int32 is a pixel's row in it, -1 where there is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ZERO, _ONE, _HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)
CLEAN_FROM = np.float32(0.99)
NO_NUMBERS = np.empty((0, 0), np.int32)
"""Stands for ``number`` in a frame that has no light above white."""
NO_LIGHT = np.empty((0, 3), np.float32)


@njit(cache=True, fastmath=True, inline="always")
def _moved(motion, x, y):  # type: ignore[no-untyped-def]
    """A place after the motion (h, w, 2) there; beyond the border that of the border."""
    height, width = motion.shape[0], motion.shape[1]
    inner_x = min(max(x, _ZERO), np.float32(width - 1))
    inner_y = min(max(y, _ZERO), np.float32(height - 1))
    left, top = int(inner_x), int(inner_y)
    right, below = min(left + 1, width - 1), min(top + 1, height - 1)
    u, v = inner_x - np.float32(left), inner_y - np.float32(top)
    a, b, c, d = (_ONE - u) * (_ONE - v), u * (_ONE - v), (_ONE - u) * v, u * v
    return (
        x
        + a * motion[top, left, 0]
        + b * motion[top, right, 0]
        + c * motion[below, left, 0]
        + d * motion[below, right, 0],
        y
        + a * motion[top, left, 1]
        + b * motion[top, right, 1]
        + c * motion[below, left, 1]
        + d * motion[below, right, 1],
    )


@njit(cache=True, fastmath=True, nogil=True)
def look_behind(  # type: ignore[no-untyped-def]
    motion,
    color,
    disparity,
    clean,
    source,
    number,
    extra,
    place,
    pending,
    behind,
    sure,
    next_sure,
    beside,
    mixed,
    least_share,
    same,
    found_color,
    found_disparity,
    found_extra,
    seen,
):
    """Follow hidden places into the next frame, and read there what lies open.

    Args:
        motion: (h, w, 2) of what is hidden.
        color: (h, w, 3) of the next frame.
        disparity: (h, w) of it.
        clean: (h, w) 1 where a pixel and those around it show one surface only.
        source: (h, w) int32, flat index of the pixel that shows a pixel's surface, itself or another; -1 if unknown.
        number: (h, w) of its light above white, or :data:`NO_NUMBERS`.
        extra: (M, 3) that light, linear.
        place: (N, 2) places that are followed.
        pending: (N,) flat index of the pixel that each belongs to.
        behind: (h * w,) disparity of the surface that is looked for.
        sure: Certainty of what lies open in the next frame.
        next_sure: The same in the one after that.
        beside: Certainty of what lies right beside an edge, as a part of that.
        mixed: Certainty of what an edge mixes.
        least_share: So much of a place must be pixels whose surface is known.
        same: Largest difference of disparity within a surface.
        found_color: (h * w, 3), changed: what is surer than ``seen``.
        found_disparity: (h * w,), changed.
        found_extra: (h * w, 3), changed.
        seen: (h * w,) certainty so far, changed.

    Returns:
        How many places are to be followed on.
    """
    height, width = disparity.shape
    flat_color, flat_source = color.reshape(-1, 3), source.reshape(-1)
    flat_disparity, flat_clean, flat_number = disparity.reshape(-1), clean.reshape(-1), number.reshape(-1)
    corner = np.empty(4, np.int64)
    part = np.empty(4, np.float32)
    kept = 0
    for i in range(len(pending)):
        pixel = pending[i]
        if sure <= seen[pixel]:
            continue
        x, y = _moved(motion, place[i, 0], place[i, 1])
        stays = True
        left, top = math.floor(x), math.floor(y)
        if -1 <= left < width and -1 <= top < height:
            u, v = x - np.float32(left), y - np.float32(top)
            is_clean, is_own, usable = _ZERO, _ZERO, _ZERO
            for q in range(4):
                column, row = left + q % 2, top + q // 2
                part[q] = (u if q % 2 else _ONE - u) * (v if q // 2 else _ONE - v)
                corner[q] = -1
                if column < 0 or row < 0 or column >= width or row >= height:
                    continue
                at = row * width + column
                corner[q] = at
                is_clean += part[q] * flat_clean[at]
                if flat_source[at] >= 0:
                    usable += part[q]
                    if flat_source[at] == at:
                        is_own += part[q]
            open_here = is_clean > CLEAN_FROM
            certainty = _ZERO
            if open_here:
                certainty = sure
            elif usable >= least_share:
                certainty = sure * (beside if is_own >= least_share else mixed)
            if certainty > seen[pixel]:
                depth = _ZERO
                for q in range(4):
                    if corner[q] >= 0 and flat_source[corner[q]] >= 0:
                        depth += part[q] * flat_disparity[corner[q]]
                scale = _ONE / max(usable, least_share)
                depth *= scale
                if abs(depth - behind[pixel]) < same:
                    for c in range(3):
                        value, light = _ZERO, _ZERO
                        for q in range(4):
                            at = corner[q]
                            if at < 0:
                                continue
                            if flat_source[at] >= 0:
                                value += part[q] * flat_color[flat_source[at], c]
                            if flat_number.size > 0 and flat_number[at] >= 0:
                                light += part[q] * extra[flat_number[at], c]
                        found_color[pixel, c] = value * scale
                        found_extra[pixel, c] = light
                    found_disparity[pixel] = depth
                    seen[pixel] = certainty
                    stays = not open_here
        if stays and next_sure > seen[pixel]:
            place[kept, 0] = x
            place[kept, 1] = y
            pending[kept] = pixel
            kept += 1
    return kept


@njit(cache=True, inline="always")
def _border_number(x, y, height, width):  # type: ignore[no-untyped-def]
    """Number of the border's place that is nearest to a point outside; see ``border_places``.

    Above and below, corners included, it is the border that the point lies farther beyond.
    """
    column, row = math.floor(x + _HALF), math.floor(y + _HALF)
    inner_column, inner_row = min(max(column, 0), width - 1), min(max(row, 0), height - 1)
    if abs(row - inner_row) >= abs(column - inner_column):
        return inner_column if row < 0 else 2 * width + height - 1 - inner_column
    return 2 * width + 2 * height - 1 - inner_row if column < 0 else width + inner_row


@njit(cache=True, nogil=True)
def look_outside(  # type: ignore[no-untyped-def]
    motion,
    color,
    disparity,
    clean,
    number,
    lit,
    origin,
    place,
    pending,
    surface,
    sure,
    same,
    found_color,
    found_disparity,
    surest,
):
    """Follow places outside of the frame into the next one, and read there what lies inside of it.

    Args:
        motion: (B, 2) of each place of the border; NaN is unknown.
        color: (h, w, 3) of the next frame.
        disparity: (h, w) of it.
        clean: (h, w) 1 where a pixel shows one surface only.
        number: (h, w) of its light above white, or :data:`NO_NUMBERS`.
        lit: (M, 3) colours of those pixels with that light.
        origin: (P, 2) all places, where they were at first.
        place: (N, 2) places that are followed.
        pending: (N,) their numbers in ``origin``.
        surface: (P,) disparity of what is looked for, of all places.
        sure: Certainty of what the next frame shows.
        same: Largest difference of disparity within a surface.
        found_color: (P, 3), changed: what is surer than ``surest``.
        found_disparity: (P,), changed.
        surest: (P,), changed.

    Returns:
        How many places are to be followed on: those that are still outside, and have not moved away too far.
    """
    height, width = disparity.shape
    flat_color, flat_number = color.reshape(-1, 3), number.reshape(-1)
    kept = 0
    for i in range(len(pending)):
        point = pending[i]
        border = _border_number(place[i, 0], place[i, 1], height, width)
        x, y = place[i, 0] + motion[border, 0], place[i, 1] + motion[border, 1]
        if x > 0 and y > 0 and x < width - 1 and y < height - 1:
            nearest_row, nearest_column = math.floor(y + _HALF), math.floor(x + _HALF)
            depth = disparity[nearest_row, nearest_column]
            is_clean = clean[nearest_row, nearest_column] > _HALF
            if not is_clean or abs(depth - surface[point]) >= same or sure <= surest[point]:
                continue
            left, top = int(x), int(y)
            u, v = x - np.float32(left), y - np.float32(top)
            for c in range(3):
                value = _ZERO
                for q in range(4):
                    at = (top + q // 2) * width + left + q % 2
                    weight = (u if q % 2 else _ONE - u) * (v if q // 2 else _ONE - v)
                    if flat_number.size > 0 and flat_number[at] >= 0:
                        value += weight * lit[flat_number[at], c]
                    else:
                        value += weight * flat_color[at, c]
                found_color[point, c] = value
            found_disparity[point] = depth
            surest[point] = sure
        elif abs(x - origin[point, 0]) < height and abs(y - origin[point, 1]) < height:
            place[kept, 0] = x
            place[kept, 1] = y
            pending[kept] = point
            kept += 1
    return kept


@njit(cache=True, fastmath=True, nogil=True)
def move(motion, place):  # type: ignore[no-untyped-def]
    """Move places (N, 2) by the motion (h, w, 2) there."""
    for i in range(len(place)):
        place[i, 0], place[i, 1] = _moved(motion, place[i, 0], place[i, 1])


@njit(cache=True, fastmath=True, nogil=True)
def sum_of_agreeing(  # type: ignore[no-untyped-def]
    disparity, number, gain, share, place, surface, least_share, same, total, count
):
    """Add up what a frame says of the gain of lamps, where it shows them.

    Args:
        disparity: (h, w) of the frame.
        number: (h, w) of its clipped pixels.
        gain: (M, 3) of those.
        share: (M, 3) how much around them is clipped.
        place: (N, 2) where the lamps are in the frame.
        surface: (N,) their disparity.
        least_share: So much must be clipped there.
        same: Largest difference of disparity within a surface.
        total: (N, 3) sum of gains, changed.
        count: (N, 3) number of them, changed.
    """
    height, width = disparity.shape
    flat_number = number.reshape(-1)
    for i in range(len(place)):
        x = min(max(place[i, 0], _ZERO), np.float32(width - 1))
        y = min(max(place[i, 1], _ZERO), np.float32(height - 1))
        if abs(disparity[int(y + _HALF), int(x + _HALF)] - surface[i]) >= same:
            continue
        left, top = int(x), int(y)
        u, v = x - np.float32(left), y - np.float32(top)
        for c in range(3):
            shares, gains = _ZERO, _ZERO
            for q in range(4):
                row, column = min(top + q // 2, height - 1), min(left + q % 2, width - 1)
                at = flat_number[row * width + column]
                if at >= 0:
                    weight = (u if q % 2 else _ONE - u) * (v if q // 2 else _ONE - v)
                    shares += weight * share[at, c]
                    gains += weight * gain[at, c]
            if shares > least_share:
                total[i, c] += gains
                count[i, c] += _ONE


def numbers_of(places: NDArray[np.intp], size: tuple[int, int]) -> NDArray[np.int32]:
    """(h, w) int32: the row of each pixel in a list of flat indices, -1 where it is not in it."""
    number = np.full(size[0] * size[1], -1, np.int32)
    number[places] = np.arange(len(places), dtype=np.int32)
    return number.reshape(size)

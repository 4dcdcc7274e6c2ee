"""Near or far side of a depth edge, chosen pixel by pixel, compiled for the CPU.

The rows of a picture are cut into bands that run on threads of their own (the compiled code holds no interpreter
lock). No OpenMP is involved, so it is safe in forked workers and from several threads at once. The result does not
depend on the number of bands.
"""

from __future__ import annotations

import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numba import get_num_threads, njit

from vbr_core.kernels.edge_choice import (
    COLOUR_FALLOFF,
    COLOUR_FLOOR,
    LARGEST_VOTE,
    MAP_REACH,
    MAP_SAYS,
    MAP_SURE,
    NEIGHBOUR_FALLOFF,
    NEIGHBOUR_FLOOR,
    NEIGHBOURS_SAY,
    PLACE_FALLOFF,
    STRIDES,
    SURE_FROM,
    ZONE_END,
    ZONE_START,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from vbr_core.kernels.edge_choice import EdgeZone

SMALL_PICTURE_PX = 300_000
"""Pictures below this are not worth threads."""

_MOST = (2 * MAP_REACH + 1) ** 2
_ZERO, _ONE, _HALF, _TWO = np.float32(0), np.float32(1), np.float32(0.5), np.float32(2)
_EIGHTH = np.float32(0.125)
_TINY = np.float32(1e-6)
_COLOUR, _PLACE, _NEIGHBOUR = np.float32(COLOUR_FALLOFF), np.float32(PLACE_FALLOFF), np.float32(NEIGHBOUR_FALLOFF)
_FLOOR, _VOTE, _PRIOR, _SURE = (np.float32(v) for v in (COLOUR_FLOOR, LARGEST_VOTE, MAP_SAYS, MAP_SURE))
_SURE_FROM, _NEIGHBOUR_FLOOR, _PULL = np.float32(SURE_FROM), np.float32(NEIGHBOUR_FLOOR), np.float32(NEIGHBOURS_SAY)
_START, _END = np.float32(ZONE_START), np.float32(ZONE_END)


@njit(cache=True, fastmath=True, inline="always")
def _falloff(x):  # type: ignore[no-untyped-def]
    """About exp(-x), 0 from x = 8 on, and made of products only."""
    base = max(_ZERO, _ONE - x * _EIGHTH)
    base *= base
    base *= base
    return base * base


@njit(cache=True, fastmath=True, nogil=True)
def _vote(  # type: ignore[no-untyped-def]
    first, last, values, guide, low, high, trust, zone, picture, top, left, plain, near, far, vote, state
):
    """Rows of map cells ``first`` to ``last - 1``: what map and colours say of every pixel in the zone."""
    h, w = values.shape
    height, width, _ = picture.shape
    down, right = np.float32(h / height), np.float32(w / width)
    side = np.empty((7, _MOST), np.float32)
    other = np.empty((7, _MOST), np.float32)
    for i in range(first, last):
        for j in range(w):
            if not zone[i, j]:
                continue
            floor = low[i, j]
            span = high[i, j] - floor
            nears = 0
            fars = 0
            for qi in range(max(0, i - MAP_REACH), min(h, i + MAP_REACH + 1)):
                for qj in range(max(0, j - MAP_REACH), min(w, j + MAP_REACH + 1)):
                    place = (values[qi, qj] - floor) / span
                    weight = min(_ONE, max(_ZERO, (abs(_TWO * place - _ONE) - np.float32(0.4)) * np.float32(2.5)))
                    weight = max(weight, trust[qi, qj])
                    if weight <= _ZERO:
                        continue
                    if place > _HALF:
                        target, n = side, nears
                        nears += 1
                    else:
                        target, n = other, fars
                        fars += 1
                    target[0, n] = guide[qi, qj, 0]
                    target[1, n] = guide[qi, qj, 1]
                    target[2, n] = guide[qi, qj, 2]
                    target[3, n] = values[qi, qj]
                    target[4, n] = weight
                    target[5, n] = np.float32(qi)
                    target[6, n] = np.float32(qj)
            for y in range(top[i], top[i + 1]):
                row = (np.float32(y) + _HALF) * down - _HALF
                for x in range(left[j], left[j + 1]):
                    column = (np.float32(x) + _HALF) * right - _HALF
                    red, green, blue = picture[y, x, 0], picture[y, x, 1], picture[y, x, 2]
                    like_near, near_value = _side(side, nears, red, green, blue, row, column)
                    like_far, far_value = _side(other, fars, red, green, blue, row, column)
                    gap = max(near_value - far_value, np.float32(1e-3))
                    place = min(_ONE, max(_ZERO, (plain[y, x] - far_value) / gap))
                    lean = _TWO * place - _ONE
                    said = np.float32(math.log(like_near / like_far))
                    said = min(_VOTE, max(-_VOTE, said)) + _PRIOR * lean
                    sure = _SURE * max(_ZERO, (abs(lean) - _SURE_FROM) / (_ONE - _SURE_FROM))
                    said += sure if lean >= _ZERO else -sure
                    near[y, x] = near_value
                    far[y, x] = far_value
                    vote[y, x] = said
                    state[y, x] = np.float32(math.tanh(_HALF * said))


@njit(cache=True, fastmath=True)
def _side(samples, count, red, green, blue, row, column):  # type: ignore[no-untyped-def]
    """Likelihood of a colour on one side of the edge, and the disparity of that side there."""
    alike = _ZERO
    total = _ZERO
    amount = _ZERO
    weighted = _ZERO
    for n in range(count):
        dy = samples[5, n] - row
        dx = samples[6, n] - column
        weight = samples[4, n] * _falloff((dy * dy + dx * dx) * _PLACE)
        dr = samples[0, n] - red
        dg = samples[1, n] - green
        db = samples[2, n] - blue
        match = weight * _falloff((dr * dr + dg * dg + db * db) * _COLOUR)
        alike += match
        total += weight
        match += np.float32(0.1) * weight
        amount += match
        weighted += match * samples[3, n]
    return (alike + _FLOOR) / (total + _FLOOR), weighted / (amount + np.float32(1e-9))


@njit(cache=True, fastmath=True, nogil=True)
def _agree(first, last, zone, picture, top, left, vote, state, result, stride):  # type: ignore[no-untyped-def]
    """One round of agreement with eight neighbours ``stride`` pixels away, of like colour."""
    height, width, _ = picture.shape
    for i in range(first, last):
        for y in range(top[i], top[i + 1]):
            for j in range(zone.shape[1]):
                if not zone[i, j]:
                    continue
                for x in range(left[j], left[j + 1]):
                    red, green, blue = picture[y, x, 0], picture[y, x, 1], picture[y, x, 2]
                    amount = np.float32(1e-4)
                    total = _ZERO
                    for dy in range(-stride, stride + 1, stride):
                        yy = y + dy
                        if yy < 0 or yy >= height:
                            continue
                        for dx in range(-stride, stride + 1, stride):
                            xx = x + dx
                            if xx < 0 or xx >= width or (dy == 0 and dx == 0):
                                continue
                            dr = red - picture[yy, xx, 0]
                            dg = green - picture[yy, xx, 1]
                            db = blue - picture[yy, xx, 2]
                            weight = _falloff((dr * dr + dg * dg + db * db) * _NEIGHBOUR) + _NEIGHBOUR_FLOOR
                            amount += weight
                            total += weight * state[yy, xx]
                    said = vote[y, x] + _PULL * total / amount
                    result[y, x] = np.float32(math.tanh(_HALF * said))


@njit(cache=True, fastmath=True, nogil=True)
def _settle(first, last, zone, top, left, near, far, state, plain):  # type: ignore[no-untyped-def]
    """Write the chosen disparity into ``plain``, where it is not already on its side."""
    for i in range(first, last):
        for y in range(top[i], top[i + 1]):
            for j in range(zone.shape[1]):
                if not zone[i, j]:
                    continue
                for x in range(left[j], left[j + 1]):
                    gap = near[y, x] - far[y, x]
                    wanted = far[y, x] + (_HALF + _HALF * state[y, x]) * gap
                    change = wanted - plain[y, x]
                    share = abs(change) / max(gap, np.float32(1e-3))
                    part = min(_ONE, max(_ZERO, (share - np.float32(0.05)) * np.float32(10)))
                    part *= min(_ONE, max(_ZERO, (gap - _START) / (_END - _START)))
                    plain[y, x] += part * change


def edge_choice_cpu(
    zone: EdgeZone, plain: NDArray[np.float32], picture: NDArray[np.float32], threads: int | None = None
) -> NDArray[np.float32]:
    """Disparity with hard edges.

    Args:
        zone: What is known at the map's size; see :class:`vbr_core.kernels.edge_choice.EdgeZone`.
        plain: (H, W) float32, 0..1: the map enlarged without the picture. Changed in place.
        picture: (H, W, 3) float32, 0..1, sRGB-encoded.
        threads: Bands at a time; None for as many as numba may use.

    Returns:
        ``plain``.
    """
    height, width = plain.shape
    near, far, vote, state, other = (np.zeros((height, width), np.float32) for _ in range(5))
    top, left = cell_starts(zone.values.shape[0], height), cell_starts(zone.values.shape[1], width)
    rows = zone.values.shape[0]
    count = threads or get_num_threads()
    if height * width < SMALL_PICTURE_PX:
        count = 1
    # several bands a thread: edges are not spread evenly over the picture
    cuts = np.linspace(0, rows, min(rows, 4 * count) + 1).astype(int)
    given = (zone.values, zone.guide, zone.low, zone.high, zone.trust, zone.inside)

    def stages(run: Callable[[Callable[[int, int], None]], object]) -> None:
        nonlocal state, other
        run(lambda a, b: _vote(a, b, *given, picture, top, left, plain, near, far, vote, state))
        scale = height / rows
        for part in STRIDES:
            stride = max(1, round(part * scale))
            run(partial(_round, zone.inside, picture, top, left, vote, state, other, stride))
            state, other = other, state
        run(lambda a, b: _settle(a, b, zone.inside, top, left, near, far, state, plain))

    if count == 1:
        stages(lambda work: work(0, rows))
    else:
        with ThreadPoolExecutor(count) as pool:
            stages(lambda work: deque(pool.map(work, cuts[:-1], cuts[1:]), maxlen=0))  # waits, and raises what failed
    return plain


def _round(inside, picture, top, left, vote, state, result, stride, first, last):  # type: ignore[no-untyped-def]
    _agree(first, last, inside, picture, top, left, vote, state, result, stride)


def cell_starts(cells: int, pixels: int) -> NDArray[np.int64]:
    """First pixel of every cell of a map and one past the last: (cells + 1,) int64; ``pixels`` >= ``cells``."""
    # pixel y belongs to cell floor((y + 1/2) cells / pixels)
    return np.ceil(np.arange(cells + 1) * (pixels / cells) - 0.5).astype(np.int64).clip(0, pixels)

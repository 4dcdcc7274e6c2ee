"""The scatter of :mod:`vbr_core.kernels.scatter_cpu` with apertures that are no plain circle.

The rows of a shape come from :class:`vbr_core.kernels.aperture.ApertureTable`. Where the barrel cuts the aperture off
(cat-eye), every pixel has a shape of its own: its spans are cut as they are drawn, and divided by their own sum, so
that a pixel's light is kept to the last bit of rounding. Before the focal plane shapes are turned by half a circle.
Beyond the borders lies the mirrored picture with its shapes mirrored too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import get_num_threads, njit, prange

from vbr_core.kernels.aperture import LEAST_SPAN_PX
from vbr_core.kernels.disc import SHARP_RADIUS_PX, STEPS_PER_PX
from vbr_core.kernels.scatter_cpu import _add_span, _composite_row, _mirror

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.kernels.aperture import ApertureTable

SHARP_INDEX = int(SHARP_RADIUS_PX * STEPS_PER_PX)
STEP_PX = np.float32(1.0 / STEPS_PER_PX)
LEAST = np.float32(LEAST_SPAN_PX)


@njit(cache=True, inline="always")
def _shift_of(index, my, mx, height, width, cut_shift, stretch_x, stretch_y):  # type: ignore[no-untyped-def]
    """How far the aperture of a pixel moves away from the middle of the picture, (x, y) in pixels."""
    if cut_shift == 0 or index <= SHARP_INDEX:
        return np.float32(0.0), np.float32(0.0)
    x = np.float32(mx) + np.float32(0.5) - np.float32(0.5) * np.float32(width)
    y = np.float32(my) + np.float32(0.5) - np.float32(0.5) * np.float32(height)
    half_diagonal = np.float32(0.5) * np.sqrt(np.float32(width * width + height * height))
    length = np.float32(0.5) * cut_shift * np.float32(index) * STEP_PX / half_diagonal
    return x * length * stretch_x, y * length * stretch_y


@njit(cache=True, inline="always")
def _span(index, dy, ex, ey, half, middle, cut_half, is_cut):  # type: ignore[no-untyped-def]
    """Half length and middle of a pixel's span in the row ``dy`` below it; a half length of 0 is no span."""
    rows = half.shape[1] // 2
    if not is_cut or index <= SHARP_INDEX:
        return half[index, dy + rows], middle[index, dy + rows]
    place = np.float32(dy + rows) - ey
    j = int(np.floor(place))
    if j < 0 or j >= 2 * rows:
        return np.float32(0.0), np.float32(0.0)
    part = place - np.float32(j)
    first, last = half[index, j], half[index, j + 1]
    center, center_last = middle[index, j], middle[index, j + 1]
    if first == 0:
        center = center_last
    elif last != 0:
        center += part * (center_last - center)
    length = first + part * (last - first)
    place = np.float32(dy + rows) + ey
    j = int(np.floor(place))
    if j < 0 or j >= 2 * rows:
        return np.float32(0.0), np.float32(0.0)
    part = place - np.float32(j)
    cut = cut_half[index, j] + part * (cut_half[index, j + 1] - cut_half[index, j])
    left = max(center - length + ex, -cut - ex)
    right = min(center + length + ex, cut - ex)
    if length == 0 or right - left < LEAST:
        return np.float32(0.0), np.float32(0.0)
    return np.float32(0.5) * (right - left), np.float32(0.5) * (right + left)


@njit(cache=True, fastmath=True, parallel=True, nogil=True)
def _weights(  # type: ignore[no-untyped-def]
    radius_index, half, middle, cut_half, reach, inverse_area, cut_shift, stretch_x, stretch_y
):
    """One over the sum of the spans of every pixel: (P, H, W) float32."""
    planes, height, width = radius_index.shape
    weights = np.zeros((planes, height, width), np.float32)
    is_cut = cut_shift > 0
    for my in prange(height):
        for plane in range(planes):
            for mx in range(width):
                index = radius_index[plane, my, mx]
                if index < 0:
                    continue
                if not is_cut or index <= SHARP_INDEX:
                    weights[plane, my, mx] = inverse_area[index]
                    continue
                ex, ey = _shift_of(index, my, mx, height, width, cut_shift, stretch_x, stretch_y)
                total = np.float32(0.0)
                for dy in range(-reach[index], reach[index] + 1):
                    length, _ = _span(index, dy, ex, ey, half, middle, cut_half, is_cut)
                    total += np.float32(2.0) * length
                weights[plane, my, mx] = np.float32(1.0) / max(total, LEAST)
    return weights


@njit(cache=True, fastmath=True, parallel=True, nogil=True)
def _scatter_shaped(  # type: ignore[no-untyped-def]
    color,
    radius_index,
    layer_index,
    turned,
    see_through,
    weights,
    row_reach,
    half,
    middle,
    cut_half,
    reach,
    cut_shift,
    stretch_x,
    stretch_y,
    layers,
    visible_layers,
    first_row,
    last_row,
    threads,
    grouped,
):
    planes, height, width, _ = color.shape
    out = np.empty((last_row - first_row, width, 3), np.float32)
    is_cut = cut_shift > 0
    biggest = row_reach.max()
    buffers = np.zeros((threads, layers, width + 2, 4), np.float32)
    for worker in prange(threads):
        diff = buffers[worker]
        used = np.zeros(layers, np.bool_)
        left = np.empty(width, np.float32)
        filled = np.empty(width, np.float32)
        before = np.empty(width, np.float32)
        taken = np.empty(width, np.float32)
        last = np.empty(width, np.int32)
        for y in range(first_row + worker, last_row, threads):
            for sy in range(y - biggest, y + biggest + 1):
                down = y - sy
                my = _mirror(sy, height)
                if (sy // height) % 2 != 0:  # a mirrored copy
                    down = -down
                for plane in range(planes):
                    if row_reach[plane, my] < abs(down):
                        continue
                    for mx in range(width):
                        index = radius_index[plane, my, mx]
                        if index < 0 or reach[index] < abs(down) or color[plane, my, mx, 3] <= 0:
                            continue
                        ex, ey = _shift_of(index, my, mx, height, width, cut_shift, stretch_x, stretch_y)
                        if turned[plane, my, mx]:
                            length, place = _span(index, -down, ex, ey, half, middle, cut_half, is_cut)
                            place = -place
                        else:
                            length, place = _span(index, down, ex, ey, half, middle, cut_half, is_cut)
                        if length == 0:
                            continue
                        layer = layer_index[plane, my, mx]
                        used[layer] = True
                        weight = weights[plane, my, mx]
                        cover = color[plane, my, mx, 3] * weight
                        red = color[plane, my, mx, 0] * weight
                        green = color[plane, my, mx, 1] * weight
                        blue = color[plane, my, mx, 2] * weight
                        _add_span(diff, layer, np.float32(mx) + place, length, red, green, blue, cover, width)
                        if length - place > mx + np.float32(0.5) or length + place > width - mx - np.float32(0.5):
                            turns = int(length + abs(place)) // (2 * width) + 1
                            for turn in range(-turns, turns + 1):
                                shift = 2 * turn * width
                                if turn != 0:
                                    center = np.float32(mx + shift) + place
                                    _add_span(diff, layer, center, length, red, green, blue, cover, width)
                                center = np.float32(shift - 1 - mx) - place
                                _add_span(diff, layer, center, length, red, green, blue, cover, width)
            _composite_row(
                out[y - first_row],
                diff,
                used,
                left,
                filled,
                see_through[y],
                color[0, y],
                layers,
                visible_layers,
                grouped,
                before,
                taken,
                last,
            )
    return out


def scatter_shaped_cpu(
    color: NDArray[np.float32],
    radius_index: NDArray[np.int32],
    layer_index: NDArray[np.int32],
    turned: NDArray[np.bool_],
    see_through: NDArray[np.float32],
    table: ApertureTable,
    layers: int,
    visible_layers: int,
    first_row: int,
    last_row: int,
    grouped: bool = False,
) -> NDArray[np.float32]:
    """Render rows ``first_row`` to ``last_row - 1``.

    Args:
        color: (P, H, W, 4) float32: linear light times coverage, and the coverage, 0..1: how much of the pixel the
            plane fills. Plane 0 is the picture; further planes hold what it hides.
        radius_index: (P, H, W) int32, index into ``table``; -1 where a plane has no pixel.
        layer_index: (P, H, W) int32, 0 = nearest layer, below ``layers``.
        turned: (P, H, W) bool: whether the pixel's shape is turned by half a circle.
        see_through: (H, W) float32, 0..1; see :func:`vbr_core.kernels.scatter_cpu.scatter_cpu`.
        table: Rows of the aperture.
        layers: Number of layers.
        visible_layers: Layers below this number are visible, the others hidden.
        first_row: First output row.
        last_row: One past the last output row.
        grouped: Take neighbouring layers for one surface; see :mod:`vbr_core.kernels.scatter_cpu`.

    Returns:
        (last_row - first_row, W, 3) float32, linear light.
    """
    index = np.ascontiguousarray(radius_index)
    per_pixel = np.where(index >= 0, table.reach[np.maximum(index, 0)], -1)
    row_reach = per_pixel.max(axis=2).astype(np.int32)
    threads = min(get_num_threads(), max(1, last_row - first_row))
    cut = (np.float32(table.cut_shift), np.float32(table.stretch[0]), np.float32(table.stretch[1]))
    shape = (table.half, table.middle, table.cut_half, table.reach)
    weights = _weights(index, *shape, table.inverse_area, *cut)
    result: NDArray[np.float32] = _scatter_shaped(
        np.ascontiguousarray(color),
        index,
        np.ascontiguousarray(layer_index),
        np.ascontiguousarray(turned),
        np.ascontiguousarray(see_through),
        weights,
        row_reach,
        *shape,
        *cut,
        layers,
        visible_layers,
        first_row,
        last_row,
        threads,
        grouped,
    )
    return result

"""The scatter of :mod:`vbr_core.kernels.scatter_cpu` with apertures that are no plain circle.

The rows of a shape come from :class:`vbr_core.kernels.aperture.ApertureTable`. Where the barrel cuts the aperture off
(cat-eye), every pixel has a shape of its own: its spans are cut as they are drawn, and divided by their own sum, so
that a pixel's light is kept up to rounding. Before the focal plane shapes are turned by half a circle.
Beyond the borders lies the mirrored picture with its shapes mirrored too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import get_num_threads, njit, prange

from vbr_core.kernels.aperture import LEAST_SPAN_PX
from vbr_core.kernels.disc import SHARP_RADIUS_PX, STEPS_PER_PX
from vbr_core.kernels.scatter_cpu import QUARTERS, _add_copies, _composite_row, _mirror

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


@njit(cache=True, inline="always")
def _areas(areas, index, reach, ex, ey, half, middle, cut_half, is_cut):  # type: ignore[no-untyped-def]
    """Sum of a pixel's spans in each quarter of the aperture, into ``areas`` (4)."""
    zero = np.float32(0.0)
    areas[:] = zero
    for dy in range(-reach, reach + 1):
        length, place = _span(index, dy, ex, ey, half, middle, cut_half, is_cut)
        if length == 0:
            continue
        before = max(zero, min(place + length, zero) - (place - length))
        after = max(zero, place + length - max(place - length, zero))
        for below in range(2):
            if (below == 0 and dy > 0) or (below == 1 and dy < 0):
                continue
            share = np.float32(1.0) if dy != 0 else np.float32(0.5)
            areas[2 * below] += share * before
            areas[2 * below + 1] += share * after


@njit(cache=True, fastmath=True, parallel=True, nogil=True)
def _weights(  # type: ignore[no-untyped-def]
    radius_index, half, middle, cut_half, reach, inverse_area, cut_shift, stretch_x, stretch_y, with_quarters
):
    """One over the sum of the spans of every pixel, (P, H, W) float32, and one over each quarter's share of it.

    The latter is (P, H, W, 4), and 0 for a quarter that the barrel cuts off whole; empty without ``with_quarters``.
    """
    planes, height, width = radius_index.shape
    weights = np.zeros((planes, height, width), np.float32)
    shares = np.zeros((planes if with_quarters else 0, height, width, QUARTERS), np.float32)
    is_cut = cut_shift > 0
    for my in prange(height):
        areas = np.zeros(QUARTERS, np.float32)
        for plane in range(planes):
            for mx in range(width):
                index = radius_index[plane, my, mx]
                if index < 0:
                    continue
                ex, ey = _shift_of(index, my, mx, height, width, cut_shift, stretch_x, stretch_y)
                if with_quarters or (is_cut and index > SHARP_INDEX):
                    _areas(areas, index, reach[index], ex, ey, half, middle, cut_half, is_cut)
                if is_cut and index > SHARP_INDEX:
                    weights[plane, my, mx] = np.float32(1.0) / max(areas.sum(), LEAST)
                else:
                    weights[plane, my, mx] = inverse_area[index]
                if with_quarters:
                    for quarter in range(QUARTERS):
                        if areas[quarter] > LEAST:
                            shares[plane, my, mx, quarter] = areas.sum() / areas[quarter]
    return weights, shares


@njit(cache=True, fastmath=True, parallel=True, nogil=True)
def _scatter_shaped(  # type: ignore[no-untyped-def]
    color,
    radius_index,
    layer_index,
    turned,
    see_through,
    weights,
    shares,
    whole,
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
    parts = QUARTERS if grouped else 1
    of_one = np.ones(1, np.float32)
    buffers = np.zeros((threads, parts, layers, width + 2, 4), np.float32)
    for worker in prange(threads):
        diff = buffers[worker]
        used = np.zeros(layers, np.bool_)
        lines, light, last = (
            np.empty((5, width), np.float32),
            np.empty((width, 3), np.float32),
            np.empty(width, np.int32),
        )
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
                        is_turned = turned[plane, my, mx]
                        if is_turned:
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
                        parts_of = of_one
                        if grouped:
                            parts_of = shares[plane, my, mx] if is_cut else shares[0, 0, index]
                        left, right = place - length, place + length
                        _add_copies(
                            diff, layer, mx, left, right, y - sy, is_turned, red, green, blue, cover, width, parts_of
                        )
            _composite_row(
                out[y - first_row],
                diff,
                used,
                see_through[y],
                color[0, y],
                layers,
                visible_layers,
                grouped,
                whole[y - first_row],
                lines,
                light,
                last,
            )
    return out


def _whole(
    table: ApertureTable, largest: int, height: int, width: int, first_row: int, last_row: int
) -> NDArray[np.float32]:
    """How much of the aperture each quarter is, seen from each pixel of some rows: (rows, 4, W) float32."""
    index = np.full((1, height, width), -1, np.int32)
    index[0, first_row:last_row] = max(largest, SHARP_INDEX + 1)
    shares = _quarters(table, index)[0, first_row:last_row]
    part = np.where(shares > 0.0, 1.0 / np.maximum(shares, LEAST), 0.0)
    return np.ascontiguousarray(part.transpose(0, 2, 1), np.float32)


def _quarters(table: ApertureTable, index: NDArray[np.int32]) -> NDArray[np.float32]:
    """One over the share of each quarter in the shapes of pixels (P, H, W): (P, H, W, 4) float32."""
    cut = (np.float32(table.cut_shift), np.float32(table.stretch[0]), np.float32(table.stretch[1]))
    shares: NDArray[np.float32] = _weights(
        index, table.half, table.middle, table.cut_half, table.reach, table.inverse_area, *cut, True
    )[1]
    return shares


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
        grouped: Take neighbouring layers for one surface, and each quarter of the aperture by itself; see
            :mod:`vbr_core.kernels.scatter_cpu`.

    Returns:
        (last_row - first_row, W, 3) float32, linear light.
    """
    index = np.ascontiguousarray(radius_index)
    per_pixel = np.where(index >= 0, table.reach[np.maximum(index, 0)], -1)
    row_reach = per_pixel.max(axis=2).astype(np.int32)
    threads = min(get_num_threads(), max(1, last_row - first_row))
    cut = (np.float32(table.cut_shift), np.float32(table.stretch[0]), np.float32(table.stretch[1]))
    shape = (table.half, table.middle, table.cut_half, table.reach)
    is_cut = table.cut_shift > 0
    weights, shares = _weights(index, *shape, table.inverse_area, *cut, grouped and is_cut)
    whole = np.ones((last_row - first_row, 1, index.shape[2]), np.float32)
    if grouped and is_cut:
        whole = _whole(table, int(index.max()), index.shape[1], index.shape[2], first_row, last_row)
    elif grouped:
        shares = _quarters(table, np.arange(len(table.half), dtype=np.int32)[None, None])
        part = 1.0 / shares[0, 0, int(index.max())]
        whole = np.ascontiguousarray(np.broadcast_to(part[None, :, None], (len(whole), QUARTERS, index.shape[2])))
    result: NDArray[np.float32] = _scatter_shaped(
        np.ascontiguousarray(color),
        index,
        np.ascontiguousarray(layer_index),
        np.ascontiguousarray(turned),
        np.ascontiguousarray(see_through),
        weights,
        shares,
        whole,
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

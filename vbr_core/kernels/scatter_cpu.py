"""Depth-aware scatter of discs, compiled for the CPU.

Every output row gathers the spans that discs of nearby source rows lay across it. A span costs four additions whatever
its length: its ends are written into a difference array, and one running sum along the row turns differences into
coverage. So a frame costs time in proportion to the radius, not to its square.

Within a layer contributions add up; from the nearest layer to the farthest, each takes what is left of the pixel's
budget of 1 (a pixel sees no more than one whole aperture). Layers of hidden light come last. What remains unfilled is
divided out.

Grouped, layers that follow each other without a gap at a pixel are one surface, whose layers share the aperture between
them; what lies behind a gap is seen through what the surface leaves open, wherever that is. This is right when light is
known behind every edge. Which rays a near surface stops depends on where they cross the lens: seen past an edge, what
lies behind shows the part of its disc that the other part of the lens looks at. So, grouped, each quarter of the
aperture is filled by itself, and a pixel is the mean of the four.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import get_num_threads, njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.kernels.disc import DiscTable

MIN_WEIGHT = 1e-4
"""Coverage below this is rounding noise of the running sums."""

CLOSED_FROM, NEARLY_CLOSED = 0.96, 0.92
"""A surface that fills a part of the aperture this far fills all of it, less and less so down to the second number.
Where the radius changes or light comes from two planes, its discs do not quite add up to a whole aperture, and what is
behind would shine through in thin lines."""

QUARTERS = 4
"""Of the aperture: left and right of its middle above it, then below it."""


@njit(cache=True, inline="always")
def _mirror(position: int, size: int) -> int:
    """Index of the mirrored picture: the edge pixel is repeated (..., 1, 0 | 0, 1, ...)."""
    period = 2 * size
    position = position % period
    if position < 0:
        position += period
    if position >= size:
        position = period - 1 - position
    return position


@njit(cache=True, fastmath=True, inline="always")
def _closed(taken):  # type: ignore[no-untyped-def]
    """How far a surface closes a part of the aperture that its discs fill to ``taken``; see ``CLOSED_FROM``."""
    steeper = np.float32(NEARLY_CLOSED) + (taken - np.float32(NEARLY_CLOSED)) * np.float32(
        (1.0 - NEARLY_CLOSED) / (CLOSED_FROM - NEARLY_CLOSED)
    )
    return max(taken, min(np.float32(1.0), steeper))


@njit(cache=True, fastmath=True, inline="always")
def _add_span(diff, layer, center, half, red, green, blue, weight, width):  # type: ignore[no-untyped-def]
    left = center + np.float32(0.5) - half
    right = center + np.float32(0.5) + half
    if right <= 0 or left >= width:
        return
    if left < 0:
        left = np.float32(0.0)
    if right > width:
        right = np.float32(width)
    j = int(left)
    part = left - j
    keep = np.float32(1.0) - part
    diff[layer, j, 0] += red * keep
    diff[layer, j, 1] += green * keep
    diff[layer, j, 2] += blue * keep
    diff[layer, j, 3] += weight * keep
    diff[layer, j + 1, 0] += red * part
    diff[layer, j + 1, 1] += green * part
    diff[layer, j + 1, 2] += blue * part
    diff[layer, j + 1, 3] += weight * part
    j = int(right)
    part = right - j
    keep = np.float32(1.0) - part
    diff[layer, j, 0] -= red * keep
    diff[layer, j, 1] -= green * keep
    diff[layer, j, 2] -= blue * keep
    diff[layer, j, 3] -= weight * keep
    diff[layer, j + 1, 0] -= red * part
    diff[layer, j + 1, 1] -= green * part
    diff[layer, j + 1, 2] -= blue * part
    diff[layer, j + 1, 3] -= weight * part


@njit(cache=True, fastmath=True, inline="always")
def _add_row(  # type: ignore[no-untyped-def]
    diff, layer, center, left, right, down, turned, red, green, blue, weight, width, shares
):
    """The row of a pixel's shape from ``left`` to ``right`` of its middle, each piece to its part of the aperture.

    ``shares`` (parts) is what a part's light is multiplied by: one over its share of the aperture; ``down`` is above 0
    for a row below the pixel, below 0 for one above it, 0 for the pixel's own, which both halves share.
    """
    half = np.float32(0.5)
    if len(diff) == 1:
        _add_span(
            diff[0], layer, center + half * (left + right), half * (right - left), red, green, blue, weight, width
        )
        return
    for side in range(2):
        start = left if side == 0 else max(left, np.float32(0.0))
        end = right if side == 1 else min(right, np.float32(0.0))
        if end <= start:
            continue
        for below in range(2):
            if (below == 0 and down > 0) or (below == 1 and down < 0):
                continue
            quarter = 2 * below + side
            if turned:
                quarter = 3 - quarter
            share = shares[quarter] if down != 0 else half * shares[quarter]
            _add_span(
                diff[quarter],
                layer,
                center + half * (start + end),
                half * (end - start),
                red * share,
                green * share,
                blue * share,
                weight * share,
                width,
            )


@njit(cache=True, fastmath=True, inline="always")
def _add_copies(  # type: ignore[no-untyped-def]
    diff, layer, mx, left, right, down, turned, red, green, blue, weight, width, shares
):
    """:func:`_add_row` of the pixel in column ``mx``, and of its mirrored copies that reach into the picture."""
    center = np.float32(mx)
    _add_row(diff, layer, center, left, right, down, turned, red, green, blue, weight, width, shares)
    if -left > mx + np.float32(0.5) or right > width - mx - np.float32(0.5):
        _add_mirrored(diff, layer, mx, left, right, down, turned, red, green, blue, weight, width, shares)


@njit(cache=True, fastmath=True)
def _add_mirrored(  # type: ignore[no-untyped-def]
    diff, layer, mx, left, right, down, turned, red, green, blue, weight, width, shares
):
    """The copies of :func:`_add_copies`: few pixels have any, so this is not made part of its loop."""
    turns = int(max(-left, right)) // (2 * width) + 1
    for copy in range(-2 * turns, 2 * turns + 2):
        if copy == 0:
            continue
        shift = np.float32(2 * (copy // 2) * width)
        start, end, center = left, right, shift + np.float32(mx)
        if copy % 2 == 1:
            start, end, center = -right, -left, shift - np.float32(mx + 1)
        _add_row(diff, layer, center, start, end, down, turned, red, green, blue, weight, width, shares)


@njit(cache=True, fastmath=True)
def _composite_row(  # type: ignore[no-untyped-def]
    row, diff, used, see_through, source, layers, visible_layers, grouped, shares, lines, light, last
):
    """Running sums of a row's layers, from near to far, into ``row`` (W, 3). Empties ``diff`` and ``used``.

    Each part of the aperture is filled by itself; ``shares`` (parts, W) says how much of the whole it is. ``lines``
    (5, W), ``light`` (W, 3) and ``last`` (W) are room to work in.
    """
    width = row.shape[0]
    left, filled, before, taken, shown = lines[0], lines[1], lines[2], lines[3], lines[4]
    row[:] = 0.0
    shown[:] = 0.0
    for part in range(len(diff)):
        light[:] = 0.0
        left[:] = 1.0
        filled[:] = 0.0
        last[:] = -2
        for layer in range(layers):
            if layer == visible_layers:
                for x in range(width):
                    left[x] *= see_through[x]
            if not used[layer]:
                continue
            line = diff[part, layer]
            red = np.float32(0.0)
            green = np.float32(0.0)
            blue = np.float32(0.0)
            weight = np.float32(0.0)
            for x in range(width):
                red += line[x, 0]
                green += line[x, 1]
                blue += line[x, 2]
                weight += line[x, 3]
                if weight > MIN_WEIGHT and left[x] > 0:
                    if grouped:
                        if layer > last[x] + 1:  # a gap: another surface begins
                            before[x] = left[x]
                            taken[x] = 0.0
                        last[x] = layer
                        covered = _closed(taken[x])
                        taken[x] = min(np.float32(1.0), taken[x] + weight)
                        take = before[x] * (_closed(taken[x]) - covered)
                    else:
                        take = min(weight, left[x])
                    scale = take / weight
                    light[x, 0] += red * scale
                    light[x, 1] += green * scale
                    light[x, 2] += blue * scale
                    left[x] -= take
                    filled[x] += take
            line[:] = 0.0
        for x in range(width):
            if filled[x] > 1e-3:
                scale = shares[part, x] / filled[x]
                row[x, 0] += light[x, 0] * scale
                row[x, 1] += light[x, 1] * scale
                row[x, 2] += light[x, 2] * scale
                shown[x] += shares[part, x]
    used[:] = False
    for x in range(width):
        if shown[x] > 1e-3:
            scale = np.float32(1.0) / shown[x]
            row[x, 0] = max(np.float32(0.0), row[x, 0] * scale)
            row[x, 1] = max(np.float32(0.0), row[x, 1] * scale)
            row[x, 2] = max(np.float32(0.0), row[x, 2] * scale)
        else:
            row[x, 0] = source[x, 0]
            row[x, 1] = source[x, 1]
            row[x, 2] = source[x, 2]


@njit(cache=True, fastmath=True, parallel=True, nogil=True)
def _scatter(  # type: ignore[no-untyped-def]
    color,
    radius_index,
    layer_index,
    turned,
    see_through,
    row_reach,
    half_widths,
    inverse_area,
    reach,
    layers,
    visible_layers,
    first_row,
    last_row,
    threads,
    grouped,
):
    planes, height, width, _ = color.shape
    out = np.empty((last_row - first_row, width, 3), np.float32)
    biggest = reach[-1]
    parts = QUARTERS if grouped else 1
    shares = np.full(parts, np.float32(parts))
    whole = np.full((parts, width), np.float32(1.0 / parts))
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
                dy = abs(down)
                my = _mirror(sy, height)
                for plane in range(planes):
                    if row_reach[plane, my] < dy:
                        continue
                    for mx in range(width):
                        index = radius_index[plane, my, mx]
                        if index < 0 or reach[index] < dy or color[plane, my, mx, 3] <= 0:
                            continue
                        layer = layer_index[plane, my, mx]
                        used[layer] = True
                        half = half_widths[index, dy]
                        weight = inverse_area[index]
                        is_turned = turned[plane, my, mx]
                        cover = color[plane, my, mx, 3] * weight
                        red = color[plane, my, mx, 0] * weight
                        green = color[plane, my, mx, 1] * weight
                        blue = color[plane, my, mx, 2] * weight
                        _add_copies(
                            diff, layer, mx, -half, half, down, is_turned, red, green, blue, cover, width, shares
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
                whole,
                lines,
                light,
                last,
            )
    return out


def scatter_cpu(
    color: NDArray[np.float32],
    radius_index: NDArray[np.int32],
    layer_index: NDArray[np.int32],
    turned: NDArray[np.bool_],
    see_through: NDArray[np.float32],
    table: DiscTable,
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
        turned: (P, H, W) bool: what lies before the focal plane, where the aperture stands on its head.
        see_through: (H, W) float32, 0..1: the part of what is left of a pixel's budget after the visible layers that
            the hidden ones may fill.
        table: Rows of discs.
        layers: Number of layers.
        visible_layers: Layers below this number are visible, the others hidden.
        first_row: First output row.
        last_row: One past the last output row.
        grouped: Take neighbouring layers for one surface, and each quarter of the aperture by itself; see above.

    Returns:
        (last_row - first_row, W, 3) float32, linear light.
    """
    per_pixel = np.where(radius_index >= 0, table.reach[np.maximum(radius_index, 0)], -1)
    row_reach = per_pixel.max(axis=2).astype(np.int32)
    threads = min(get_num_threads(), max(1, last_row - first_row))
    result: NDArray[np.float32] = _scatter(
        np.ascontiguousarray(color),
        np.ascontiguousarray(radius_index),
        np.ascontiguousarray(layer_index),
        np.ascontiguousarray(turned),
        np.ascontiguousarray(see_through),
        row_reach,
        table.half_widths,
        table.inverse_area,
        table.reach,
        layers,
        visible_layers,
        first_row,
        last_row,
        threads,
        grouped,
    )
    return result

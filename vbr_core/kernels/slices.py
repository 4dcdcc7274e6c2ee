"""Sums over the slices of disparity of a picture, and what is read from them; compiled for the CPU.

A pixel between two slices counts to both, by its distance from them. Cells are squares of ``step`` pixels.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MOMENTS = 12
"""Sums that a linear fit needs: of the weight, times 1, x, y, xx, xy, yy, u, ux, uy, v, vx, vy."""

_ZERO, _ONE, _HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)
_LEAST = np.float32(1e-6)


@njit(cache=True, fastmath=True, inline="always")
def _slice(disparity, slices):  # type: ignore[no-untyped-def]
    """Number of the slice below, and the share of the one above it."""
    place = min(max(disparity, _ZERO), _ONE) * np.float32(slices - 1)
    lower = min(int(place), slices - 2)
    return lower, place - np.float32(lower)


@njit(cache=True, fastmath=True, nogil=True)
def summed(values, weight, disparity, step, slices):  # type: ignore[no-untyped-def]
    """Weighted sums of pictures (h, w, C), and of the weight (h, w): (slices, C + 1, rows, columns) float32."""
    height, width, channels = values.shape
    sums = np.zeros((slices, channels + 1, -(-height // step), -(-width // step)), np.float32)
    for y in range(height):
        row = y // step
        for x in range(width):
            here = weight[y, x]
            if here <= _ZERO:
                continue
            column = x // step
            lower, upper_share = _slice(disparity[y, x], slices)
            for side in range(2):
                part = here * (upper_share if side else _ONE - upper_share)
                if part <= _ZERO:
                    continue
                for channel in range(channels):
                    sums[lower + side, channel, row, column] += part * values[y, x, channel]
                sums[lower + side, channels, row, column] += part
    return sums


@njit(cache=True, fastmath=True, nogil=True)
def moments(motion, weight, disparity, step, slices):  # type: ignore[no-untyped-def]
    """Sums of a motion (h, w, 2) for linear fits: (rows, columns, slices, MOMENTS) float32.

    Places x and y count in cells from the middle of the picture, which keeps them small.
    """
    height, width = disparity.shape
    sums = np.zeros((-(-height // step), -(-width // step), slices, MOMENTS), np.float32)
    scale = np.float32(1.0 / step)
    middle_x, middle_y = _HALF * np.float32(width) * scale, _HALF * np.float32(height) * scale
    for row in range(height):
        y = (np.float32(row) + _HALF) * scale - middle_y
        for column in range(width):
            here = weight[row, column]
            if here <= _ZERO:
                continue
            x = (np.float32(column) + _HALF) * scale - middle_x
            u, v = motion[row, column, 0], motion[row, column, 1]
            lower, upper_share = _slice(disparity[row, column], slices)
            for side in range(2):
                part = here * (upper_share if side else _ONE - upper_share)
                if part <= _ZERO:
                    continue
                cell = sums[row // step, column // step, lower + side]
                cell[0] += part
                cell[1] += part * x
                cell[2] += part * y
                cell[3] += part * x * x
                cell[4] += part * x * y
                cell[5] += part * y * y
                cell[6] += part * u
                cell[7] += part * u * x
                cell[8] += part * u * y
                cell[9] += part * v
                cell[10] += part * v * x
                cell[11] += part * v * y
    return sums


@njit(cache=True, fastmath=True, nogil=True)
def read(table, at, pixel, width, step):  # type: ignore[no-untyped-def]
    """Values of surfaces between cells and slices.

    Args:
        table: (slices, C, rows, columns).
        at: (N,) disparity of the surface.
        pixel: (N,) flat index of the pixel in a picture of ``width`` columns.
        width: Columns of the picture.
        step: Pixels of a cell.

    Returns:
        (N, C) float32.
    """
    slices, channels, rows, columns = table.shape
    result = np.zeros((len(at), channels), np.float32)
    scale = np.float32(1.0 / step)
    for i in range(len(at)):
        v = (np.float32(pixel[i] // width) + _HALF) * scale - _HALF
        u = (np.float32(pixel[i] % width) + _HALF) * scale - _HALF
        v, u = min(max(v, _ZERO), np.float32(rows - 1)), min(max(u, _ZERO), np.float32(columns - 1))
        top, left = int(v), int(u)
        v, u = v - np.float32(top), u - np.float32(left)
        lower, upper_share = _slice(at[i], slices)
        for q in range(8):
            part = upper_share if q // 4 else _ONE - upper_share
            part *= (v if q // 2 % 2 else _ONE - v) * (u if q % 2 else _ONE - u)
            if part <= _ZERO:
                continue
            row, column = min(top + q // 2 % 2, rows - 1), min(left + q % 2, columns - 1)
            for channel in range(channels):
                result[i, channel] += part * table[lower + q // 4, channel, row, column]
    return result


@njit(cache=True, fastmath=True, nogil=True)
def fitted(sums, at, pixel, width, height, step, ridge, least_known, otherwise):  # type: ignore[no-untyped-def]
    """Motion by a linear fit around each place.

    Args:
        sums: (rows, columns, slices, MOMENTS): of :func:`moments`, blurred.
        at: (N,) disparity of the surface.
        pixel: (N,) flat index of the pixel in a picture of ``width`` columns and ``height`` lines.
        width: Columns of the picture.
        height: Lines of the picture.
        step: Pixels of a cell.
        ridge: Square cells of spread that are added to the known ones, as if they stood still.
        least_known: Weight from which a fit is tried.
        otherwise: (N, 2) motion where it is not.

    Returns:
        (N, 2) float32.
    """
    rows, columns, slices, count = sums.shape
    result = np.empty((len(at), 2), np.float32)
    total = np.empty(count, np.float32)
    scale = np.float32(1.0 / step)
    for i in range(len(at)):
        line, place = pixel[i] // width, pixel[i] % width
        row, column = min(line // step, rows - 1), min(place // step, columns - 1)
        lower, upper_share = _slice(at[i], slices)
        below, above = sums[row, column, lower], sums[row, column, lower + 1]
        for m in range(count):
            total[m] = (_ONE - upper_share) * below[m] + upper_share * above[m]
        result[i, 0] = otherwise[i, 0]
        result[i, 1] = otherwise[i, 1]
        if total[0] <= least_known:
            continue
        inverse = _ONE / total[0]
        for m in range(count):
            total[m] *= inverse
        # moments about the place itself, so that the fit's value there is its first coefficient
        px = (np.float32(place) + _HALF - _HALF * np.float32(width)) * scale
        py = (np.float32(line) + _HALF - _HALF * np.float32(height)) * scale
        x, y = total[1] - px, total[2] - py
        xx = total[3] - px * (total[1] + x) + ridge
        yy = total[5] - py * (total[2] + y) + ridge
        xy = total[4] - px * total[2] - py * x
        # first row of the inverse of [[1, x, y], [x, xx, xy], [y, xy, yy]], times its determinant
        first, second, third = xx * yy - xy * xy, xy * y - x * yy, x * xy - xx * y
        determinant = max(first + x * second + y * third, _LEAST)
        for c in range(2):
            one, by_x, by_y = total[6 + 3 * c], total[7 + 3 * c], total[8 + 3 * c]
            result[i, c] = (first * one + second * (by_x - px * one) + third * (by_y - py * one)) / determinant
    return result

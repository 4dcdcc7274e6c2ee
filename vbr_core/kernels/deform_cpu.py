"""Deformable 3 x 3 convolution, compiled for the CPU, for inference: no gradients.

What each tap looks at is gathered pixel by pixel, channels last, for a few thousand pixels at a time, and multiplied by
the weights as one matrix.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numba import njit, prange

TAPS = 9
PIXELS = 1024
"""So many are gathered at a time: what is gathered should stay in the cache."""

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@njit(cache=True, fastmath=True, parallel=True, nogil=True)
def _gather(x, offset, first, last, result):  # type: ignore[no-untyped-def]
    """Fill ``result`` (last - first, 9, C) with what the taps of pixels ``first`` to ``last - 1`` look at."""
    height, width, channels = x.shape
    groups = offset.shape[2] // (2 * TAPS)
    size = channels // groups
    flat = x.reshape(-1)
    for pixel in prange(first, last):
        row, column = pixel // width, pixel % width
        for group in range(groups):
            start = group * size
            for tap in range(TAPS):
                at = 2 * (group * TAPS + tap)
                y = np.float32(row + tap // 3 - 1) + offset[row, column, at]
                z = np.float32(column + tap % 3 - 1) + offset[row, column, at + 1]
                top, left = math.floor(y), math.floor(z)
                v, u = y - np.float32(top), z - np.float32(left)
                below, right = top + 1, left + 1
                # what lies outside is 0: its weight is, and something inside is read
                upper = _ONE - v if 0 <= top < height else _ZERO
                lower = v if 0 <= below < height else _ZERO
                before = _ONE - u if 0 <= left < width else _ZERO
                after = u if 0 <= right < width else _ZERO
                top, below = min(max(top, 0), height - 1), min(max(below, 0), height - 1)
                left, right = min(max(left, 0), width - 1), min(max(right, 0), width - 1)
                w00, w01, w10, w11 = upper * before, upper * after, lower * before, lower * after
                first_00, first_01 = (top * width + left) * channels + start, (top * width + right) * channels + start
                first_10, first_11 = (
                    (below * width + left) * channels + start,
                    (below * width + right) * channels + start,
                )
                x00, x01 = flat[first_00 : first_00 + size], flat[first_01 : first_01 + size]
                x10, x11 = flat[first_10 : first_10 + size], flat[first_11 : first_11 + size]
                into = result[pixel - first, tap, start : start + size]
                for c in range(size):
                    into[c] = w00 * x00[c] + w01 * x01[c] + w10 * x10[c] + w11 * x11[c]


def deform_conv_cpu(x: torch.Tensor, offset: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Arguments and result as of :func:`vbr_core.model.temporal_fusion.deform_conv_grid_sample`; float32 only."""
    batch, channels, height, width = x.shape
    seen, moved = (each.permute(0, 2, 3, 1).contiguous().numpy() for each in (x, offset))
    matrix = weight.permute(2, 3, 1, 0).reshape(TAPS * channels, -1)
    result = x.new_empty(batch, height * width, matrix.shape[1])
    gathered = x.new_empty(min(PIXELS, height * width), TAPS, channels)
    for b in range(batch):
        for first in range(0, height * width, PIXELS):
            last = min(height * width, first + PIXELS)
            _gather(seen[b], moved[b], first, last, gathered.numpy())
            torch.addmm(bias, gathered[: last - first].flatten(1), matrix, out=result[b, first:last])
    return result.reshape(batch, height, width, -1).permute(0, 3, 1, 2)

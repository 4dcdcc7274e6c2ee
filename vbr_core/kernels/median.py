"""Weighted median over a few samples of every pixel; compiled for the CPU."""

from __future__ import annotations

import numpy as np
from numba import njit

_ZERO, _HALF = np.float32(0.0), np.float32(0.5)


@njit(cache=True, nogil=True)
def weighted_median(samples, weights):  # type: ignore[no-untyped-def]
    """Lower weighted median over the first axis.

    Args:
        samples: (n, H, W) float32.
        weights: (n, H, W) float32, >= 0; their sum is above 0 everywhere.

    Returns:
        (H, W) float32: the least sample that, with those below it, has half of the weight.
    """
    count, height, width = samples.shape
    result = np.empty((height, width), np.float32)
    value, weight = np.empty(count, np.float32), np.empty(count, np.float32)
    for y in range(height):
        for x in range(width):
            used = 0
            total = _ZERO
            for n in range(count):
                added = weights[n, y, x]
                if added <= _ZERO:
                    continue
                total += added
                sample = samples[n, y, x]
                place = used
                while place > 0 and value[place - 1] > sample:
                    value[place], weight[place] = value[place - 1], weight[place - 1]
                    place -= 1
                value[place], weight[place] = sample, added
                used += 1
            half = _HALF * total
            below = weight[0]
            chosen = 0
            while below < half and chosen < used - 1:
                chosen += 1
                below += weight[chosen]
            result[y, x] = value[chosen]
    return result

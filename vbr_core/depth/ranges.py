"""From raw, affine-invariant disparity to 0..1 over a shot. Needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RANGE_PERCENTILES = (1.0, 99.0)
"""The range of a shot runs between these percentiles of all its disparities: a speck of snow cannot move it."""


def normalise(raw: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Raw disparity over a range, clipped to 0..1. An empty range gives 0.5 everywhere: nothing is nearer."""
    if not high - low > 1e-6:
        return np.full_like(raw, 0.5)
    return np.clip((raw - np.float32(low)) / np.float32(high - low), 0.0, 1.0).astype(np.float32)


def robust_range(rows: list[NDArray[np.float32]]) -> tuple[float, float]:
    """Range of a shot from the quantiles of its frames.

    Args:
        rows: (n,) float32 each, quantiles of a frame that stand for equal numbers of its pixels. Rows of NaN are frames
            that show nothing (black, white, flat): what a network makes of them says nothing about the shot, so they
            do not count.

    Returns:
        Low and high; twice 0 if no frame counts: :func:`normalise` gives 0.5 everywhere then.
    """
    counted = [row for row in rows if not np.isnan(row).any()]
    if not counted:
        return 0.0, 0.0
    low, high = np.percentile(np.concatenate(counted), RANGE_PERCENTILES)
    return float(low), float(high)

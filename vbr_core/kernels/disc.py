"""The aperture's disc on the pixel grid.

A disc of radius r is cut into pixel rows. Row dy holds the exact area A of the disc between y = dy - 1/2 and dy + 1/2,
laid out as a span of half-width A/2 around the centre, with its ends covering pixels in part. So the rows sum to the
area pi r^2 exactly, kernels sum to 1 at every radius, and radius 0 is the single pixel without a special case: up to
r = 0.56 the disc touches no other pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS_PER_PX = 32
"""Radii are rounded to 1/32 px: the error of a disc's edge is at most 1/64 px.

Numba keeps what it compiled by the date of the function's own file: whoever changes this number also edits the modules
that compile it in.
"""

SHARP_RADIUS_PX = 0.5
"""Up to this radius the disc lies inside its own pixel: no blur at all."""


def row_half_widths(radius_px: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """Half-widths of the rows of discs.

    Args:
        radius_px: (N,) radii in pixels, >= 0.
        rows: Number of rows to return, from the centre row outwards.

    Returns:
        (N, rows) float64: half-width in pixels of row 0, 1, 2, ... (row -dy equals row dy).
    """
    radius = np.asarray(radius_px, dtype=np.float64)[:, None]
    safe = np.maximum(radius, 1e-9)
    dy = np.arange(rows, dtype=np.float64)[None, :]

    def area_below(y: NDArray[np.float64]) -> NDArray[np.float64]:
        y = np.clip(y, -radius, radius)
        below: NDArray[np.float64] = y * np.sqrt(np.maximum(safe * safe - y * y, 0.0)) + safe * safe * np.arcsin(
            np.clip(y / safe, -1.0, 1.0)
        )
        return below

    half: NDArray[np.float64] = 0.5 * (area_below(dy + 0.5) - area_below(dy - 0.5))
    half[np.broadcast_to(radius < 1e-6, half.shape)] = 0.0
    return np.maximum(half, 0.0)


@dataclass(frozen=True)
class DiscTable:
    """Rows of discs for every rounded radius up to a largest one.

    Attributes:
        half_widths: (N, rows) float32, pixels. Index n stands for radius n / STEPS_PER_PX; row dy = 0 is the centre.
        inverse_area: (N,) float32, one over the sum of all spans: the weight of one pixel of area.
        reach: (N,) int32, largest |dy| whose row is not empty.
    """

    half_widths: NDArray[np.float32]
    inverse_area: NDArray[np.float32]
    reach: NDArray[np.int32]

    @property
    def max_reach(self) -> int:
        """Rows above and below the centre that the largest disc touches."""
        return int(self.reach[-1])


def disc_table(max_radius_px: float) -> DiscTable:
    """Rows of all rounded radii from 0 to ``max_radius_px``."""
    count = int(np.ceil(max_radius_px * STEPS_PER_PX)) + 1
    radii = np.arange(count, dtype=np.float64) / STEPS_PER_PX
    rows = int(np.floor(max_radius_px + 1.0 / STEPS_PER_PX + 0.5)) + 1
    half = row_half_widths(radii, rows)
    half[0, 0] = 0.5  # radius 0: the pixel itself
    total = 2.0 * half[:, 0] + 4.0 * half[:, 1:].sum(axis=1)
    reach = (half > 1e-7).cumsum(axis=1).argmax(axis=1)
    return DiscTable(
        half.astype(np.float32), (1.0 / np.maximum(total, 1e-12)).astype(np.float32), reach.astype(np.int32)
    )


def disc_kernel(radius_px: float) -> NDArray[np.float32]:
    """The disc as a picture: (2R+1, 2R+1) float32, sums to 1."""
    table = disc_table(radius_px)
    index = min(round(radius_px * STEPS_PER_PX), len(table.reach) - 1)
    size = max(int(table.reach[index]), int(np.ceil(table.half_widths[index, 0] - 0.5)))
    kernel = np.zeros((2 * size + 1, 2 * size + 1), dtype=np.float64)
    edges = np.arange(2 * size + 2, dtype=np.float64) - 0.5 - size
    for dy in range(-size, size + 1):
        if abs(dy) <= table.reach[index]:
            half = float(table.half_widths[index, abs(dy)])
            inside = np.clip(edges, -half, half)
            kernel[dy + size] = inside[1:] - inside[:-1]
    normalised: NDArray[np.float32] = (kernel / kernel.sum()).astype(np.float32)
    return normalised

"""Which sizes the network works at (paper, eq. 3 and 4)."""

from __future__ import annotations

import math

STRIDE = 8
"""Pictures are padded to multiples of this: the bottleneck is at 1/8."""


def scale_steps(max_radius_px: float, largest_radius_px: float) -> list[float]:
    """Scales of the coarse generator and of every refiner step, ending at 1.

    ``alpha_0 = min(1, R_m / max|S|)``, then ``alpha = min(1, 2 alpha)``. ``max|S|`` must be one number for a whole
    shot (see :func:`largest_radius`), or the picture pumps.

    Args:
        max_radius_px: ``R_m``.
        largest_radius_px: ``max|S|`` over the shot, in pixels of the picture to render.
    """
    scale = min(1.0, max_radius_px / max(largest_radius_px, 1e-9))
    scales = [scale]
    while scale < 1.0:
        # a last step that hardly enlarges is joined to the one before
        scale = 1.0 if scale >= 0.95 else min(1.0, 2.0 * scale)
        scales.append(scale)
    return scales


def largest_radius(d_f: list[float], k_px: list[float]) -> float:
    """The bound of ``max|S|`` over a shot for disparity in 0..1: the largest ``K max(d_f, 1 - d_f)`` of any frame.

    It does not depend on the disparity itself, so it is known before the first frame is, and is the same for a frame
    rendered alone and within its shot.
    """
    return max((k * max(f, 1.0 - f) for f, k in zip(d_f, k_px, strict=True)), default=0.0)


def scaled_size(height: int, width: int, scale: float) -> tuple[int, int]:
    """Height and width at a scale, at least one pixel each."""
    return max(1, math.ceil(height * scale - 1e-6)), max(1, math.ceil(width * scale - 1e-6))

"""The disparity under a clicked point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATCH_PART = 0.04
"""The patch reaches this far from the point, as a part of the picture's height."""

TOLERANCE = 0.03
"""Neighbouring pixels belong to the patch while their disparity differs from the point's by no more than this."""


def sample_disparity(disparity: NDArray[np.float32], x: float, y: float) -> tuple[float, int]:
    """Median of the disparity in the connected patch around a point.

    One pixel would be at the mercy of noise and of the exact click; a plain window would mix in the background beside
    a face. So: the pixels connected to the point, of about its disparity, within a small distance.

    Args:
        disparity: (h, w) float32, 0..1.
        x: Pixels from the left, 0 <= x < w.
        y: Pixels from the top, 0 <= y < h.

    Returns:
        The median, 0..1, and the number of pixels in the patch.

    Raises:
        InputError: The point lies outside the picture.
    """
    value, mask, _ = sample_patch(disparity, x, y)
    return value, int(mask.sum())


def sample_patch(
    disparity: NDArray[np.float32], x: float, y: float
) -> tuple[float, NDArray[np.bool_], tuple[int, int]]:
    """Like :func:`sample_disparity`, with the patch itself.

    Returns:
        The median, 0..1; which pixels of a window belong to the patch, (wh, ww) bool; and the window's first row and
        column in the map.

    Raises:
        InputError: The point lies outside the picture.
    """
    height, width = disparity.shape
    if not (0 <= x < width and 0 <= y < height):
        raise InputError(
            f"The point {x:g},{y:g} lies outside the picture of {width} x {height} pixels.",
            "Give pixels of the upright picture, counted from its top left corner.",
        )
    column, row = int(x), int(y)
    reach = max(1, round(PATCH_PART * height))
    top, left = max(0, row - reach), max(0, column - reach)
    window = np.ascontiguousarray(disparity[top : row + reach + 1, left : column + reach + 1], dtype=np.float32)
    seed = (column - left, row - top)
    # start from the median of the 3 x 3 pixels around the click, so that a single bad pixel cannot be the seed
    around = disparity[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    window[seed[1], seed[0]] = np.float32(np.median(around))
    mask = np.zeros((window.shape[0] + 2, window.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (1 << 8)
    cv2.floodFill(window, mask, seed, 0.0, TOLERANCE, TOLERANCE, flags)
    inside = mask[1:-1, 1:-1] > 0
    return float(np.clip(np.median(window[inside]), 0.0, 1.0)), inside, (top, left)


def patch_outline(
    mask: NDArray[np.bool_], origin: tuple[int, int], scale_x: float = 1.0, scale_y: float = 1.0
) -> tuple[tuple[float, float], ...]:
    """The outline of a patch from :func:`sample_patch`, around its largest part.

    Args:
        mask: (wh, ww) bool.
        origin: Row and column of the mask's first pixel in its map.
        scale_x: Pixels of the picture per pixel of the map.
        scale_y: The same, downwards.

    Returns:
        Corners (x, y) in pixels of the picture; 0, 0 is the corner of its first pixel.
    """
    finer = 4  # so that the outline runs along the pixels' borders, with its steps cut
    padded = np.pad(mask.astype(np.uint8) * 255, 1)
    size = (padded.shape[1] * finer, padded.shape[0] * finer)
    large = (cv2.resize(padded, size, interpolation=cv2.INTER_LINEAR) > 127).astype(np.uint8)
    outlines, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    longest = cv2.approxPolyDP(max(outlines, key=cv2.contourArea), 1.0, True)[:, 0]
    top, left = origin
    return tuple(
        (float(((x + 0.5) / finer - 1 + left) * scale_x), float(((y + 0.5) / finer - 1 + top) * scale_y))
        for x, y in longest
    )

"""Disparity of network size to picture size, along the edges of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.kernels.edge_choice import MAP_REACH, ZONE_START, EdgeZone

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDGE_SLOPE = 0.012
"""Slope, in disparity per cell of the map, by which a ramp stands out from its surroundings to be a depth edge."""

RAMP_CELLS = 7
"""Steep parts wider than this are slanted surfaces and not edges."""

ZONE_CELLS = 2
"""Cells around the middle of a ramp in which pixels choose their side."""

FLAT_PART = 0.15
"""Cells whose neighbours span less than this part of the step are on a surface and not on a ramp."""

LEAST_SIDE = 4
"""Maps with a shorter side are enlarged plainly."""


def guided_upsample(disparity: NDArray[np.float32], picture: NDArray[Any]) -> NDArray[np.float32]:
    """Bring disparity to the size of its picture.

    Away from depth edges the map is interpolated linearly and the picture has no say, so texture cannot become depth.
    Near depth edges every pixel takes the disparity of the near or of the far surface, by its colour, the map and its
    neighbours (:mod:`vbr_core.kernels.edge_choice`), since a soft disparity edge becomes a halo.

    Args:
        disparity: (h, w) float32, 0..1.
        picture: (H, W, 3) float32 0..1, or uint8, or uint16.

    Returns:
        (H, W) float32, 0..1. A map that has the picture's size already is returned as it is.
    """
    height, width = picture.shape[:2]
    if disparity.shape == (height, width):
        return disparity
    h, w = disparity.shape
    values = np.ascontiguousarray(disparity, dtype=np.float32)
    shrinking = h >= height and w >= width
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    plain = cv2.resize(values, (width, height), interpolation=interpolation)
    plain = np.clip(np.asarray(plain, dtype=np.float32), 0.0, 1.0)
    if h > height or w > width or min(h, w) < LEAST_SIDE:
        return plain
    low, high, trust, inside = find_edges(values)
    if not inside.any():
        return plain
    from vbr_core.kernels.edge_choice_cpu import edge_choice_cpu  # numba takes a moment to import

    rgb = as_float(picture)
    guide = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_AREA)
    zone = EdgeZone(values, np.asarray(guide, np.float32), low, high, trust, inside)
    return edge_choice_cpu(zone, np.ascontiguousarray(plain), rgb)


def as_float(picture: NDArray[Any]) -> NDArray[np.float32]:
    """Integer or float picture as contiguous float32, 0..1."""
    if picture.dtype == np.uint8:
        return np.multiply(picture, np.float32(1 / 255), dtype=np.float32)
    if picture.dtype == np.uint16:
        return np.multiply(picture, np.float32(1 / 65535), dtype=np.float32)
    return np.ascontiguousarray(picture, dtype=np.float32)


def find_edges(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Where the map has depth edges: ``low``, ``high``, ``trust`` and ``inside`` of :class:`EdgeZone`.

    A ramp is a narrow ridge in the length of the gradient: the part of it that a morphological opening removes (its
    white top-hat). Slanted surfaces are wide and stay out.
    """
    window = np.ones((2 * MAP_REACH + 1, 2 * MAP_REACH + 1), np.uint8)
    low, high = cv2.erode(values, window), cv2.dilate(values, window)
    padded = cv2.copyMakeBorder(values, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    across, down = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    slope = np.float32(0.5) * np.sqrt(across * across + down * down)
    opened = cv2.morphologyEx(slope, cv2.MORPH_OPEN, np.ones((RAMP_CELLS, RAMP_CELLS), np.uint8))
    stands_out = slope - opened
    middle = (stands_out > EDGE_SLOPE) & (stands_out > 0.4 * slope)
    reach = np.ones((2 * ZONE_CELLS + 1, 2 * ZONE_CELLS + 1), np.uint8)
    span = high - low
    inside: NDArray[np.bool_] = (cv2.dilate(middle.astype(np.uint8), reach) > 0) & (span > ZONE_START)
    three = np.ones((3, 3), np.uint8)
    local = cv2.dilate(values, three) - cv2.erode(values, three)
    trust = np.clip(1.0 - local / (FLAT_PART * np.maximum(span, 1e-3)), 0.0, 1.0).astype(np.float32)
    return low, high, trust, inside

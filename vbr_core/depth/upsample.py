"""Disparity of network size to picture size, along the edges of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RADIUS = 4
"""Window of the guided filter, in pixels of the small map."""

EPSILON = 4e-4
"""Variance of colour (0..1) below which the picture is taken to have no edge."""

EDGE_STEP = 0.06
"""Ranges of disparity above this within a ramp's width are depth edges, and are made steep."""


def guided_upsample(disparity: NDArray[np.float32], picture: NDArray[Any]) -> NDArray[np.float32]:
    """Bring disparity to the size of its picture.

    A guided filter (He, Sun, Tang 2013) with the colour picture as guide: in every small window the disparity is
    written as a linear function of colour; the functions are fitted at the map's size and applied at the picture's
    ("fast" form, He and Sun 2015). What is left of the ramp at depth edges is then made steep, since a soft disparity
    edge becomes a halo.

    Args:
        disparity: (h, w) float32, 0..1.
        picture: (H, W, 3) float32 0..1, or uint8, or uint16.

    Returns:
        (H, W) float32, 0..1. A map that has the picture's size already is returned as it is.
    """
    height, width = picture.shape[:2]
    if disparity.shape == (height, width):
        return disparity
    if picture.dtype == np.uint8:
        guide = picture.astype(np.float32) * np.float32(1 / 255)
    elif picture.dtype == np.uint16:
        guide = picture.astype(np.float32) * np.float32(1 / 65535)
    else:
        guide = np.asarray(picture, dtype=np.float32)
    if disparity.shape[0] > height or disparity.shape[1] > width or min(disparity.shape) < 2 * RADIUS:
        shrinking = disparity.shape[0] >= height and disparity.shape[1] >= width
        interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
        resized = cv2.resize(disparity, (width, height), interpolation=interpolation)
        return np.clip(np.asarray(resized, dtype=np.float32), 0.0, 1.0)
    size = (disparity.shape[1], disparity.shape[0])
    factors, offset = _fit(disparity, cv2.resize(guide, size, interpolation=cv2.INTER_AREA))
    out = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
    factors = cv2.resize(factors, (width, height), interpolation=cv2.INTER_LINEAR)
    out += np.einsum("hwc,hwc->hw", factors, guide)
    # a linear model may overshoot: stay between what the map itself has nearby
    reach = np.ones((3, 3), np.uint8)
    lowest = cv2.resize(cv2.erode(disparity, reach), (width, height), interpolation=cv2.INTER_LINEAR)
    highest = cv2.resize(cv2.dilate(disparity, reach), (width, height), interpolation=cv2.INTER_LINEAR)
    out = np.clip(out, lowest, highest)
    return _steepen(out, max(2, round(1.2 * max(height / disparity.shape[0], width / disparity.shape[1]))))


def _fit(values: NDArray[np.float32], guide: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit ``values = factors . guide + offset`` in every window: (h, w, 3) and (h, w), already averaged."""
    window = (2 * RADIUS + 1, 2 * RADIUS + 1)

    def mean(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(image, window, borderType=cv2.BORDER_REFLECT), dtype=np.float32)

    mean_guide, mean_values = mean(guide), mean(values)
    covariance = mean(guide * values[..., None]) - mean_guide * mean_values[..., None]
    products = mean(guide[..., :1] * guide)
    others = mean(guide[..., [1, 1, 2]] * guide[..., [1, 2, 2]])
    matrix = np.empty((*values.shape, 3, 3), np.float32)
    for (row, column), plane in (
        ((0, 0), products[..., 0]),
        ((0, 1), products[..., 1]),
        ((0, 2), products[..., 2]),
        ((1, 1), others[..., 0]),
        ((1, 2), others[..., 1]),
        ((2, 2), others[..., 2]),
    ):
        value = plane - mean_guide[..., row] * mean_guide[..., column]
        matrix[..., row, column] = value
        matrix[..., column, row] = value
    matrix[..., [0, 1, 2], [0, 1, 2]] += EPSILON
    factors = np.linalg.solve(matrix, covariance[..., None])[..., 0].astype(np.float32)
    offset = mean_values - np.einsum("hwc,hwc->hw", factors, mean_guide)
    return mean(factors), mean(offset)


def _steepen(disparity: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Make the ramps at depth edges three times as steep; flat and gently sloping parts stay as they are."""
    element = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    low, high = cv2.erode(disparity, element), cv2.dilate(disparity, element)
    span = high - low
    edge = np.clip((span - EDGE_STEP) / EDGE_STEP, 0.0, 1.0)
    place = np.clip(((disparity - low) / np.maximum(span, 1e-6) - 0.5) * 3.0 + 0.5, 0.0, 1.0)
    steep = low + place * span
    return np.asarray(np.clip(disparity + edge * (steep - disparity), 0.0, 1.0), dtype=np.float32)

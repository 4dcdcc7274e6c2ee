"""A first, simple calming of disparity over time: what did not move in the picture keeps its disparity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STILL_CHANGE = 0.02
MOVING_CHANGE = 0.10
STILL_WEIGHT = 0.25


class TemporalFilter:
    """Blends each map with the one before, as far as the picture stands still. Causal; state of one frame."""

    def __init__(self) -> None:
        self._picture: NDArray[np.float32] | None = None
        self._disparity: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forget the past: a new shot begins."""
        self._picture = self._disparity = None

    def restore(self, disparity: NDArray[np.float32], picture: NDArray[np.float32]) -> None:
        """Go on after an earlier frame: its filtered disparity (h, w) and its picture (H, W, 3), float32 0..1."""
        self._picture, self._disparity = _shrink(picture, disparity), disparity

    def __call__(self, raw: NDArray[np.float32], picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Filter the next frame.

        Args:
            raw: (h, w) float32.
            picture: (H, W, 3) float32 0..1, any size.

        Returns:
            (h, w) float32.
        """
        small = _shrink(picture, raw)
        out = raw
        if self._picture is not None and self._disparity is not None and self._disparity.shape == raw.shape:
            change = cv2.dilate(np.abs(small - self._picture).max(axis=-1), np.ones((5, 5), np.uint8))
            moving = np.clip((change - STILL_CHANGE) / (MOVING_CHANGE - STILL_CHANGE), 0.0, 1.0)
            weight = STILL_WEIGHT + (1.0 - STILL_WEIGHT) * moving
            out = (self._disparity + weight * (raw - self._disparity)).astype(np.float32)
        self._picture, self._disparity = small, out
        return out


def _shrink(picture: NDArray[np.float32], disparity: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture at the size of its disparity, without fine grain: (h, w, 3) float32 0..1."""
    size = (disparity.shape[1], disparity.shape[0])
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(small, (3, 3)), dtype=np.float32)

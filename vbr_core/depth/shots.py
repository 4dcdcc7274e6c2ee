"""Where one shot ends and the next begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

THUMB = (64, 36)
HISTOGRAM_STEP = 0.42
DIFFERENCE_STEP = 0.09


class CutDetector:
    """Tells, frame by frame, whether a new shot begins.

    A cut changes the colours of the whole picture at once *and* leaves hardly a pixel as it was. A flash does the
    second but not for long; a pan does neither. Both measures must jump.
    """

    def __init__(self) -> None:
        self._thumb: NDArray[np.float32] | None = None
        self._histogram: NDArray[np.float32] | None = None

    def is_cut(self, picture: NDArray[np.float32]) -> bool:
        """Look at the next frame: (H, W, 3) float32 0..1. The first frame ever seen is no cut."""
        thumb = np.asarray(cv2.resize(picture, THUMB, interpolation=cv2.INTER_AREA), dtype=np.float32)
        levels = np.clip((thumb * 6).astype(np.int32), 0, 5)
        bins = np.bincount((levels[..., 0] * 36 + levels[..., 1] * 6 + levels[..., 2]).ravel(), minlength=216)
        histogram = (bins / bins.sum()).astype(np.float32)
        cut = False
        if self._thumb is not None and self._histogram is not None:
            change = 0.5 * float(np.abs(histogram - self._histogram).sum())
            difference = float(np.abs(thumb - self._thumb).mean())
            cut = change > HISTOGRAM_STEP and difference > DIFFERENCE_STEP
        self._thumb, self._histogram = thumb, histogram
        return cut

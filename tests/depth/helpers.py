"""Fakes for the tests of disparity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


class BrightnessEstimator:
    """Brighter is nearer, at a quarter of the picture's size. Counts the frames it was given."""

    name = "brightness"
    fingerprint = "brightness-1"

    def __init__(self, on_frame: Callable[[int], None] | None = None) -> None:
        self.seen = 0
        self._on_frame = on_frame

    def predict(self, frames: Any) -> NDArray[np.float32]:
        maps = []
        for frame in frames:
            self.seen += 1
            if self._on_frame is not None:
                self._on_frame(self.seen)
            size = (frame.shape[1] // 4, frame.shape[0] // 4)
            maps.append(cv2.resize(frame.mean(axis=-1), size, interpolation=cv2.INTER_AREA))
        return np.stack(maps).astype(np.float32)

    def estimate(self, frames: Any) -> NDArray[np.float32]:
        raise NotImplementedError


def write_picture(path: Path, picture: NDArray[Any]) -> None:
    """Write a picture file, whatever characters its path has."""
    done, data = cv2.imencode(path.suffix, picture)
    assert done
    path.write_bytes(data.tobytes())

"""Where one shot ends and the next begins."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

THUMB = (64, 36)
HISTOGRAM_STEP = 0.42
DIFFERENCE_STEP = 0.09


FLASH_FRAMES = 2
"""Longest flash: if the old picture is back after so many frames, there was no cut. Also the look-ahead."""

FLAT_CONTRAST = 0.03
"""Difference between the brightest and the darkest parts (0..1) below which a picture shows nothing."""

PictureT = TypeVar("PictureT")


@dataclass(frozen=True)
class Signature:
    """What is kept of a picture to tell whether another one is of the same shot."""

    thumb: NDArray[np.float32]
    histogram: NDArray[np.float32]

    def is_far_from(self, other: Signature) -> bool:
        """Whether colours and pixels of two pictures both differ too much for one shot."""
        change = 0.5 * float(np.abs(self.histogram - other.histogram).sum())
        difference = float(np.abs(self.thumb - other.thumb).mean())
        return change > HISTOGRAM_STEP and difference > DIFFERENCE_STEP

    @property
    def is_flat(self) -> bool:
        """Whether the picture is black, white or one colour: there is nothing to estimate depth from."""
        return float(np.ptp(self.thumb.reshape(-1, 3), axis=0).max()) < FLAT_CONTRAST


def sign(picture: NDArray[np.float32]) -> Signature:
    """The signature of a picture (H, W, 3) float32 0..1."""
    thumb = np.asarray(cv2.resize(picture, THUMB, interpolation=cv2.INTER_AREA), dtype=np.float32)
    levels = np.clip((thumb * 6).astype(np.int32), 0, 5)
    bins = np.bincount((levels[..., 0] * 36 + levels[..., 1] * 6 + levels[..., 2]).ravel(), minlength=216)
    return Signature(thumb, (bins / bins.sum()).astype(np.float32))


class CutDetector:
    """Tells, frame by frame and without looking ahead, whether a new shot begins.

    A cut changes the colours of the whole picture at once *and* leaves hardly a pixel as it was. A pan does neither.
    Both measures must jump. The end of a flash is no cut; its beginning is one here, since only later frames tell:
    :class:`ShotFinder` waits for them.
    """

    def __init__(self) -> None:
        self._last: Signature | None = None
        self._before: Signature | None = None
        self._since = 0

    def is_cut(self, picture: NDArray[np.float32]) -> bool:
        """Look at the next frame: (H, W, 3) float32 0..1. The first frame ever seen is no cut."""
        found, last = sign(picture), self._last
        self._last = found
        self._since += 1
        if last is None or not found.is_far_from(last):
            return False
        if self._before is not None and self._since <= FLASH_FRAMES and not found.is_far_from(self._before):
            self._before = None
            return False
        self._before, self._since = last, 0
        return True


@dataclass(frozen=True)
class ShotFrame(Generic[PictureT]):
    """A frame with its place among the shots.

    Attributes:
        frame_index: As given.
        picture: As given.
        is_cut: Whether it begins a shot.
        is_flash: Whether it is part of a flash of at most ``FLASH_FRAMES`` frames within a shot.
        is_flat: Whether it is black, white or one colour.
    """

    frame_index: int
    picture: PictureT
    is_cut: bool
    is_flash: bool
    is_flat: bool


class ShotFinder:
    """Finds cuts with a look-ahead of ``FLASH_FRAMES`` frames, so that a flash is not taken for two cuts."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, NDArray[np.float32], Signature]] = deque()
        self._good: Signature | None = None

    def push(self, frame_index: int, picture: NDArray[np.float32]) -> list[ShotFrame[NDArray[np.float32]]]:
        """Take the next frame, (H, W, 3) float32 0..1; give those that are decided, in order."""
        self._waiting.append((frame_index, picture, sign(picture)))
        return [self._decide()] if len(self._waiting) > FLASH_FRAMES else []

    def finish(self) -> list[ShotFrame[NDArray[np.float32]]]:
        """No more frames come: give what is left."""
        return [self._decide() for _ in range(len(self._waiting))]

    def _decide(self) -> ShotFrame[NDArray[np.float32]]:
        frame_index, picture, found = self._waiting.popleft()
        jumps = self._good is not None and found.is_far_from(self._good)
        flash = jumps and any(
            self._good is not None and not later.is_far_from(self._good) for _, _, later in self._waiting
        )
        if not flash:
            self._good = found
        return ShotFrame(frame_index, picture, jumps and not flash, flash, found.is_flat)

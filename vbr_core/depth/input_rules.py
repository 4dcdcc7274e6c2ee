"""How a published network wants its pictures: size, interpolation, normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ResizeMethod = Literal["lower_bound", "upper_bound", "minimal", "square"]

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALF = (0.5, 0.5, 0.5)

MOST_SQUARES = 4
"""The input may have this many times the area of the square ``target`` at most. The publishers have no such bound, and
a very long, narrow picture would take any amount of memory."""


@dataclass(frozen=True)
class InputRule:
    """The input of a network, as its publisher prepares it.

    Attributes:
        target: Pixels of the side that the method speaks of.
        multiple: Height and width are multiples of this.
        method: ``lower_bound``: the shorter side is ``target``; ``upper_bound``: the longer one; ``minimal``: the side
            whose scale is nearer to 1; ``square``: both, aspect not kept.
        mean: Of red, green and blue, subtracted from sRGB 0..1.
        std: Of red, green and blue, divided by.
        interpolation: Flag of ``cv2.resize``.
        widest: Aspect from which on ``target`` shrinks, so that the area stays about the same; 0 for never.
        disparity: The output is disparity (nearer is larger), not depth.
    """

    target: int
    multiple: int
    method: ResizeMethod
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: int = cv2.INTER_CUBIC
    widest: float = 0.0
    disparity: bool = True

    @property
    def keep_aspect(self) -> bool:
        """Whether the picture keeps its aspect, but for rounding to ``multiple``."""
        return self.method != "square"

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Size (h, w) in pixels at the network's input, for a picture of ``height`` x ``width``."""
        target = self._target(height, width)
        if self.method == "square":
            return target, target
        scale_h, scale_w = target / height, target / width
        if self.method == "lower_bound":
            scale = max(scale_h, scale_w)
        elif self.method == "upper_bound":
            scale = min(scale_h, scale_w)
        else:
            scale = scale_w if abs(1 - scale_w) < abs(1 - scale_h) else scale_h
        h, w = self._round(scale * height, target), self._round(scale * width, target)
        if h * w <= MOST_SQUARES * self.target**2:
            return h, w
        shrink = (MOST_SQUARES * self.target**2 / (h * w)) ** 0.5
        return self._at_least_one(int(h * shrink)), self._at_least_one(int(w * shrink))

    def prepare(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring pictures to the network's input: (T, H, W, 3) float32 sRGB 0..1 -> (T, 3, h, w) float32, normalised."""
        h, w = self.size(pictures.shape[1], pictures.shape[2])
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        out = np.empty((len(pictures), 3, h, w), np.float32)
        for number, picture in enumerate(pictures):
            small = cv2.resize(picture, (w, h), interpolation=self.interpolation)
            out[number] = ((small - mean) / std).transpose(2, 0, 1)  # (h, w, 3) -> (3, h, w)
        return out

    def _target(self, height: int, width: int) -> int:
        aspect = max(height, width) / min(height, width)
        if not self.widest or aspect <= self.widest:
            return self.target
        # the publisher's numbers: from 1.78 on, as if the aspect were 1.777
        return self._at_least_one(round(int(self.target * 1.777 / aspect) / self.multiple) * self.multiple)

    def _round(self, pixels: float, target: int) -> int:
        """Nearest multiple; not beyond the bound that the method sets."""
        count = round(pixels / self.multiple)
        if (self.method == "upper_bound" and count * self.multiple > target) or (
            self.method == "lower_bound" and count * self.multiple < target
        ):
            count += 1 if self.method == "lower_bound" else -1
        return max(1, count) * self.multiple

    def _at_least_one(self, pixels: int) -> int:
        return max(1, pixels // self.multiple) * self.multiple

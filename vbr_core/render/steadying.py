"""Takes the jumps out of the scale of a shot's disparity.

A network that looks at single frames finds another scale for each: all of the picture is now a little nearer, now a
little farther, and the focus pumps. Here the change of scale between neighbouring frames is measured along the optical
flow (the median of the logarithm of the ratio), the changes are summed up, and each frame is brought to the straight
line through the sums around it. A camera that moves steadily towards something stays as it is, and so does disparity
that does not jump.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

from vbr_core.depth.flow import FlowFinder, View, inside, make_view, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOK_AHEAD = 2
"""Frames after the one that is steadied which are looked at: so many are kept in memory."""

LOOK_BACK = 7
"""Frames before it."""

MAP_SIDE = 160
"""Longer side, in pixels, of the disparity that is compared."""

LEAST_DISPARITY = 0.05
"""Below this a ratio says little."""

LEAST_TRUST = 0.5
LEAST_SHARE = 0.02
"""Part of the picture that must be found again in the next frame."""

SMALL_JUMP, LARGE_JUMP = 0.016, 0.035
"""Standard deviation of the jumps, in parts of the scale: below the first nothing is done, above the second all."""

STEADY_CHANGE = 0.004
"""How much the scale of a steadily moving camera's disparity changes from frame to frame, about, in parts."""

MEDIAN_TO_DEVIATION = 0.6745 * np.sqrt(6.0)
"""Of the absolute second difference of white noise, over the noise's standard deviation."""

Given = TypeVar("Given")


@dataclass(frozen=True)
class Steadied(Generic[Given]):
    """A frame that is ready: what was given with it, and ``scale``, by which its disparity is to be multiplied."""

    given: Given
    scale: float


@dataclass(frozen=True)
class _Look:
    """What the next frame is compared with."""

    view: View
    disparity: NDArray[np.float32]


class ScaleSteadier(Generic[Given]):
    """Frames of one shot go in, the scales of their disparity come out, ``LOOK_AHEAD`` frames later."""

    def __init__(self) -> None:
        self._finder = FlowFinder()
        self._last: _Look | None = None
        self._sums: deque[float] = deque(maxlen=LOOK_BACK + 1 + LOOK_AHEAD)
        self._waiting: deque[Given] = deque()

    def push(self, frame: NDArray[np.float32], disparity: NDArray[np.float32], given: Given) -> list[Steadied[Given]]:
        """Take the next frame.

        Args:
            frame: (H, W, 3) float32, sRGB-encoded, 0..1.
            disparity: (H, W) float32, 0..1.
            given: Comes back with the frame's scale.

        Returns:
            No frame or one, an earlier one.
        """
        height, width = disparity.shape
        part = min(1.0, MAP_SIDE / max(height, width))
        size = (max(1, round(height * part)), max(1, round(width * part)))
        small = np.asarray(cv2.resize(disparity, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
        look = _Look(make_view(frame, size), small)
        change = 0.0 if self._last is None else self._change(self._last, look)
        self._sums.append(change + (self._sums[-1] if self._sums else 0.0))
        self._last = look
        self._waiting.append(given)
        if len(self._waiting) <= LOOK_AHEAD:
            return []
        return [self._ready()]

    def finish(self) -> list[Steadied[Given]]:
        """End the shot; returns the frames that were still to come."""
        return [self._ready() for _ in range(len(self._waiting))]

    def state(self) -> tuple[_Look | None, deque[float], deque[Given]]:
        """For :meth:`restore`."""
        return self._last, self._sums.copy(), self._waiting.copy()

    def restore(self, state: tuple[_Look | None, deque[float], deque[Given]]) -> None:
        """Go back to an earlier state."""
        self._last, self._sums, self._waiting = state

    def _change(self, before: _Look, after: _Look) -> float:
        """Logarithm of the ratio of the scales of two neighbouring frames."""
        motion, _ = self._finder.between(before.view, after.view)
        there = warp(after.disparity, motion.shift)
        known = (motion.trust > LEAST_TRUST) & inside(motion.shift)
        known &= (before.disparity > LEAST_DISPARITY) & (there > LEAST_DISPARITY)
        if known.mean() < LEAST_SHARE:
            return 0.0
        return float(np.median(np.log(there[known] / before.disparity[known])))

    def _ready(self) -> Steadied[Given]:
        """The oldest waiting frame and its scale."""
        here = len(self._sums) - len(self._waiting)
        sums = np.array(self._sums)[max(0, here - LOOK_BACK) :]
        scale = float(np.exp(correction(sums, min(here, LOOK_BACK))))
        return Steadied(self._waiting.popleft(), scale)


def scaled(disparity: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Disparity (H, W) times a scale, at most 1 or what it was at most; the same array for a scale of 1."""
    if scale == 1.0:
        return disparity
    return np.asarray(np.minimum(disparity * np.float32(scale), max(1.0, float(disparity.max()))), np.float32)


def correction(sums: NDArray[np.float64], here: int) -> float:
    """What to add to the logarithm of a frame's scale.

    Args:
        sums: Logarithms of the scales of neighbouring frames, in order.
        here: Number of the frame among them.

    Returns:
        How far the frame lies below the line through the sums; 0 if they do not jump, or are fewer than three.
    """
    if len(sums) < 3:
        return 0.0
    jump = float(np.median(np.abs(np.diff(sums, 2)))) / MEDIAN_TO_DEVIATION
    effect = np.clip((jump - SMALL_JUMP) / (LARGE_JUMP - SMALL_JUMP), 0.0, 1.0)
    if effect == 0.0:
        return 0.0
    place = np.arange(len(sums)) - (len(sums) - 1) / 2
    # a slope is believed as far as it is likelier that of a moving camera than one of the jumps (ridge regression)
    slope = float(place @ (sums - sums.mean())) / (float(place @ place) + (jump / STEADY_CHANGE) ** 2)
    return float(effect * (sums.mean() + slope * place[here] - sums[here]))

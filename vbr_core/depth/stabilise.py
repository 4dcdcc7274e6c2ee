"""Disparity that is calm over time: each map is averaged with its neighbours along the motion of the picture.

For frame t the maps of t-3 to t+3 are fetched to where their pixels are in t, by optical flow, and averaged with
weights. A neighbour counts at a pixel only if flow there and back agrees, the picture looks the same at both ends, and
its disparity is like the others'. So what is hidden in a neighbour, or what another thing covers there, has no say: no
smear, no ghost. The window is symmetric, so disparity that changes steadily - a person walking nearer - keeps its
change without lag.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.flow import Motion, MotionTracker, Step, View, follow, inside, unlike, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH_FRAMES = 3
"""Neighbours on each side; also the frames by which the output lags."""

ALIKE = 0.03
DIFFERENT = 0.09
"""Differences of colour (0..1) up to which a neighbour counts in full, and from which it does not count."""

TOLERANCE = 0.08
"""Spread of disparity, as a share of the map's range, within which maps are taken to mean the same."""


@dataclass
class _Entry:
    """A frame in the window, and the motion from it to the next frame and from the next frame to it."""

    frame_index: int
    disparity: NDArray[np.float32]
    view: View
    to_next: Motion | None = None
    from_next: Motion | None = None


class TemporalFilter:
    """Averages maps along motion within a shot. Streams: constant memory, a lag of ``REACH_FRAMES``.

    A result depends only on the frames within reach, so that it is the same wherever a run begins or ends.
    """

    def __init__(self, reach: int = REACH_FRAMES) -> None:
        self._reach = reach
        self._window: deque[_Entry] = deque()
        self._next = 0  # place in the window of the next frame to give out
        self._tracker = MotionTracker()

    def push(
        self, frame_index: int, disparity: NDArray[np.float32], picture: NDArray[np.float32], step: Step | None = None
    ) -> list[tuple[int, NDArray[np.float32]]]:
        """Take the next frame of the shot; give the frames that are finished.

        Args:
            frame_index: Its index, handed back with the result.
            disparity: (h, w) float32, any range, one scale for the shot.
            picture: (H, W, 3) float32, sRGB-encoded 0..1, any size.
            step: Its motion, if it was found already, for maps of this size.

        Returns:
            (frame index, (h, w) float32) of every frame that is finished now, in order.
        """
        done: list[tuple[int, NDArray[np.float32]]] = []
        if self._window and self._window[-1].disparity.shape != disparity.shape:
            done += self.finish()
        step = step or self._tracker.step(picture, (disparity.shape[0], disparity.shape[1]))
        entry = _Entry(frame_index, disparity, step.view)
        if self._window:
            last = self._window[-1]
            last.to_next, last.from_next = step.arriving, step.back
        self._window.append(entry)
        if len(self._window) - self._next > self._reach:
            done.append(self._give())
        return done

    def finish(self) -> list[tuple[int, NDArray[np.float32]]]:
        """The shot ends here: give what is left, and forget it."""
        done = []
        while self._next < len(self._window):
            done.append(self._give())
        self._window.clear()
        self._next = 0
        self._tracker.reset()
        return done

    def _give(self) -> tuple[int, NDArray[np.float32]]:
        at = self._next
        result = self._window[at].frame_index, self._average(at)
        self._next += 1
        while self._next > self._reach:
            self._window.popleft()
            self._next -= 1
        return result

    def _average(self, at: int) -> NDArray[np.float32]:
        """Weighted average of the window around the entry ``at``."""
        centre = self._window[at]
        samples, weights = [centre.disparity], [np.ones_like(centre.disparity)]
        for step in (1, -1):
            motion: Motion | None = None
            for distance in range(1, self._reach + 1):
                place = at + step * distance
                if not 0 <= place < len(self._window):
                    break
                further = self._window[place - 1].to_next if step > 0 else self._window[place].from_next
                assert further is not None
                motion = further if motion is None else follow(motion, further)
                sample, weight = _fetch(centre, self._window[place], motion)
                samples.append(sample)
                weights.append(weight)
        if len(samples) == 1:
            return centre.disparity
        return robust_average(np.stack(samples), np.stack(weights))


def _fetch(here: _Entry, there: _Entry, motion: Motion) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Disparity of another frame at the pixels of this one, and how far to believe it: two arrays (h, w)."""
    if motion.shift.any():
        colour, sample = warp(there.view.colour, motion.shift), warp(there.disparity, motion.shift)
        trust = np.where(inside(motion.shift), motion.trust, np.float32(0.0))
    else:
        colour, sample, trust = there.view.colour, there.disparity, motion.trust
    alike = np.clip((DIFFERENT - unlike(here.view.colour, colour)) * np.float32(1 / (DIFFERENT - ALIKE)), 0.0, 1.0)
    return sample, np.asarray(trust * cv2.erode(alike, np.ones((3, 3), np.uint8)), dtype=np.float32)


def robust_average(samples: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average over the first axis in which samples unlike the others do not count.

    Args:
        samples: (n, h, w) float32; the first one is the frame itself.
        weights: (n, h, w) float32, 0..1; that of the first one is above 0.

    Returns:
        (h, w) float32.
    """
    low, high = np.quantile(samples[0], (0.02, 0.98))
    width = np.float32(TOLERANCE * max(float(high - low), 1e-6))
    near = np.square((samples - samples[0]) * (1 / width))
    weights = weights * np.exp(np.float32(-0.5) * near)
    return np.asarray((samples * weights).sum(axis=0) / weights.sum(axis=0), dtype=np.float32)

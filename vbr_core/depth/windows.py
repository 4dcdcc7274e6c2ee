"""Runs a network over a stream of frames: a few pictures at a time, or in overlapping windows brought to one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from vbr_core.depth.alignment import Affine, fit_affine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.depth.estimator import DisparityEstimator
    from vbr_core.depth.shots import ShotFrame

    Frame = ShotFrame[NDArray[np.float32]]
    Predicted = tuple[Frame, NDArray[np.float32]]

BATCH_FRAMES = 2
WINDOW_SIDE = 1024
"""Longer side of the pictures that wait for a window, in pixels: 32 of them take about 230 MB."""

PRIOR = 0.02
"""Spread of disparity, as a share of the range, below which an overlap does not tell the scale."""


class PredictionStream(Protocol):
    """Frames in, frames with raw disparity out, in order and later."""

    def push(self, frame: Frame) -> list[Predicted]:
        """Take the next frame; give what is finished, each with (h, w) float32."""

    def finish(self) -> list[Predicted]:
        """No more frames come: give what is left."""


class PictureStream:
    """For networks that see one picture at a time."""

    def __init__(self, estimator: DisparityEstimator) -> None:
        self._estimator = estimator
        self._batch: list[Frame] = []

    def push(self, frame: Frame) -> list[Predicted]:
        """Take the next frame."""
        self._batch.append(frame)
        return self.finish() if len(self._batch) == BATCH_FRAMES else []

    def finish(self) -> list[Predicted]:
        """Predict what waits."""
        if not self._batch:
            return []
        raws = self._estimator.predict(np.stack([frame.picture for frame in self._batch]))
        done = list(zip(self._batch, raws, strict=True))
        self._batch = []
        return done


@dataclass(frozen=True)
class WindowStart:
    """Where a window begins, and what brings it to the scale of its shot."""

    frame_index: int
    to_shot: Affine


class WindowStream:
    """For networks that see a window of frames, all on one scale, another in each window.

    Windows overlap. Each is brought to the scale and shift of the one before by a robust fit over the shared frames,
    and there one fades into the other. Windows begin at the beginning of a shot and never cross a cut.
    """

    def __init__(
        self, estimator: DisparityEstimator, window: int, overlap: int, start: WindowStart | None = None
    ) -> None:
        """Begin at a shot, or, to go on, at the frame that ``start`` names.

        Raises:
            ValueError: The overlap is not smaller than the window.
        """
        if not 0 <= overlap < window:
            raise ValueError(f"windows of {window} frames cannot overlap by {overlap}")
        self._estimator = estimator
        self._window, self._overlap = window, overlap
        self._frames: list[Frame] = []
        self._tail: list[NDArray[np.float32]] = []
        self._resumed = start
        self._starts: list[tuple[int, WindowStart]] = []

    def start_for(self, frame_index: int) -> WindowStart | None:
        """Where to begin again so that ``frame_index`` and all later frames come out the same; None if unknown."""
        known = [start for first, start in self._starts if first <= frame_index]
        return known[-1] if known else None

    def push(self, frame: Frame) -> list[Predicted]:
        """Take the next frame."""
        done = self.finish() if frame.is_cut else []
        self._frames.append(frame)
        if len(self._frames) == self._window:
            done += self._predict(last=False)
        return done

    def finish(self) -> list[Predicted]:
        """The shot ends here."""
        done = []
        if len(self._frames) > len(self._tail):
            done = self._predict(last=True)
        else:
            done = list(zip(self._frames, self._tail, strict=True))
        self._frames, self._tail, self._resumed = [], [], None
        return done

    def _predict(self, last: bool) -> list[Predicted]:
        pictures = [_shrink(frame.picture) for frame in self._frames]
        raw = self._estimator.predict(np.stack(pictures))
        first, shared = self._frames[0].frame_index, len(self._tail)
        if shared:
            head, tail = np.asarray(raw[:shared], dtype=np.float32), np.stack(self._tail)
            low, high = np.quantile(head, (0.02, 0.98))
            to_shot = fit_affine(head, tail, np.ones_like(head), None, PRIOR * float(high - low))
        else:
            to_shot = self._resumed.to_shot if self._resumed is not None else Affine()
        maps = [to_shot(values) for values in raw]
        for at, before in enumerate(self._tail):
            share = np.float32((at + 1) / (shared + 1))
            maps[at] = (before + share * (maps[at] - before)).astype(np.float32)
        exact_from = first + shared if shared else first
        self._starts = [*self._starts[-3:], (exact_from, WindowStart(first, to_shot))]
        self._resumed = None
        keep = 0 if last else self._overlap
        done = list(zip(self._frames, maps, strict=True))
        self._frames = self._frames[len(maps) - keep :] if keep else []
        self._tail = maps[len(maps) - keep :] if keep else []
        return done[: len(maps) - keep]


def _shrink(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """A picture whose longer side is at most ``WINDOW_SIDE``."""
    height, width = picture.shape[:2]
    scale = WINDOW_SIDE / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.float32)

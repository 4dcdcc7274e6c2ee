"""Where disparity comes from, behind one protocol: the cache of an estimation, pictures in a folder, a grey video."""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import TYPE_CHECKING, Protocol

from vbr_core.depth.cache import CHUNK_FRAMES, DisparityCache
from vbr_core.depth.imported import open_disparity
from vbr_core.depth.ranges import normalise, robust_range
from vbr_core.errors import DepthError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["CachedDisparity", "DisparitySource", "open_disparity"]


class DisparitySource(Protocol):
    """Disparity of every frame of a clip.

    Attributes:
        frame_count: Frames of the clip.
        cuts: First frame of every shot but the first.
        fingerprint: Changes when the values do.
    """

    frame_count: int
    fingerprint: str

    @property
    def cuts(self) -> tuple[int, ...]:
        """First frame of every shot but the first, sorted."""

    def read(self, frame_index: int) -> NDArray[np.float32]:
        """Disparity of a frame: (h, w) float32 0..1 at the source's own size, one range a shot.

        Raises:
            DepthError: It is not there.
        """

    def close(self) -> None:
        """Let go of files; reading afterwards opens them again. Calling it again does nothing."""


class CachedDisparity:
    """Disparity out of the cache, over the range of its shot. May still be filling."""

    def __init__(self, cache: DisparityCache, fingerprint: str) -> None:
        self.frame_count = cache.frame_count
        self.fingerprint = fingerprint
        self._cache = cache
        self._ranges: tuple[int, dict[int, tuple[float, float]]] = (-1, {})
        self._lock = threading.Lock()

    def close(self) -> None:
        """Nothing is held open."""

    @property
    def cuts(self) -> tuple[int, ...]:
        """First frame of every shot but the first, as far as known."""
        return self._cache.facts()[1]

    def is_ready(self, frame_index: int) -> bool:
        """Whether the disparity of a frame is there."""
        return self._cache.read(frame_index // CHUNK_FRAMES) is not None

    def ready_ranges(self) -> list[tuple[int, int]]:
        """Spans [start, stop) of frames that are there."""
        spans: list[tuple[int, int]] = []
        for number in sorted(self._cache.facts()[0]):
            first, stop = self._cache.chunk_span(number)
            if spans and spans[-1][1] == first:
                spans[-1] = (spans[-1][0], stop)
            else:
                spans.append((first, stop))
        return spans

    def read(self, frame_index: int) -> NDArray[np.float32]:
        """Disparity of a frame: (h, w) float32 0..1.

        Raises:
            DepthError: The frame was not estimated, or its cache entry is damaged.
        """
        result = self.read_if_ready(frame_index)
        if result is None:
            raise DepthError(
                f"The disparity of frame {frame_index} is missing from the cache.", "Estimate the depth again."
            )
        return result

    def read_if_ready(self, frame_index: int) -> NDArray[np.float32] | None:
        """Disparity of a frame, or None if it is not there yet.

        While the estimation runs, the range is the one of the frames known so far.
        """
        chunk = self._cache.read(frame_index // CHUNK_FRAMES)
        if chunk is None:
            return None
        low, high = self._range_of(frame_index)
        return normalise(chunk.raw[frame_index - chunk.first], low, high)

    def _range_of(self, frame_index: int) -> tuple[float, float]:
        """Robust range of the shot of a frame, from the quantiles of all its known frames."""
        quantiles, cuts = self._cache.facts()
        shot = bisect_right(cuts, frame_index)
        with self._lock:
            known, ranges = self._ranges
            if known != len(quantiles):
                ranges = {}
                self._ranges = (len(quantiles), ranges)
            if shot not in ranges:
                start = cuts[shot - 1] if shot > 0 else 0
                stop = cuts[shot] if shot < len(cuts) else self.frame_count
                rows = [
                    row
                    for number, block in quantiles.items()
                    for frame, row in enumerate(block, start=number * CHUNK_FRAMES)
                    if start <= frame < stop
                ]
                ranges[shot] = robust_range(rows)
            return ranges[shot]

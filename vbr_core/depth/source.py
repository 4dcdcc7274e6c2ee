"""Where disparity comes from, behind one protocol: the cache of an estimation, pictures in a folder, a grey video."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

import numpy as np

from vbr_core.depth.cache import CHUNK_FRAMES, DisparityCache
from vbr_core.depth.pictures import PICTURE_SUFFIXES, calm_compression, natural_order, picture_size, read_grey
from vbr_core.depth.ranges import RANGE_PERCENTILES, normalise
from vbr_core.errors import DepthError, VbrError
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ASPECT_TOLERANCE = 0.02
KEPT_MAPS = 24
LOSSY_SUFFIXES = {".jpg", ".jpeg", ".webp"}


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


class CachedDisparity:
    """Disparity out of the cache, over the range of its shot. May still be filling."""

    def __init__(self, cache: DisparityCache, fingerprint: str) -> None:
        self.frame_count = cache.frame_count
        self.fingerprint = fingerprint
        self._cache = cache
        self._ranges: tuple[int, dict[int, tuple[float, float]]] = (-1, {})
        self._lock = threading.Lock()

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
                low, high = np.percentile(np.concatenate(rows), RANGE_PERCENTILES)
                ranges[shot] = (float(low), float(high))
            return ranges[shot]


class _ImportedDisparity:
    """Shared by the imports: a few maps are kept, and one range serves the whole clip."""

    def __init__(self, frame_count: int, fingerprint: str) -> None:
        self.frame_count = frame_count
        self.fingerprint = fingerprint
        self.cuts: tuple[int, ...] = ()
        self._maps: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.RLock()

    def read(self, frame_index: int) -> NDArray[np.float32]:
        """Disparity of a frame: (h, w) float32 0..1.

        Raises:
            DepthError: The frame is not there or cannot be read.
        """
        with self._lock:
            found = self._maps.get(frame_index)
            if found is None:
                found = self._load(frame_index)
                self._maps[frame_index] = found
                while len(self._maps) > KEPT_MAPS:
                    self._maps.popitem(last=False)
            return found

    def _load(self, frame_index: int) -> NDArray[np.float32]:
        raise AssertionError("abstract")


class FolderDisparity(_ImportedDisparity):
    """A folder of 8- or 16-bit grey pictures, one a frame, in natural order; white is nearest."""

    def __init__(self, files: list[Path], size: tuple[int, int], fingerprint: str) -> None:
        super().__init__(len(files), fingerprint)
        self._files = files
        self._size = size

    def _load(self, frame_index: int) -> NDArray[np.float32]:
        if not 0 <= frame_index < self.frame_count:
            raise DepthError(f"There is no disparity for frame {frame_index}.")
        found = read_grey(self._files[frame_index])
        _check_same_size(self._files[frame_index].name, (found.shape[0], found.shape[1]), self._size)
        return calm_compression(found) if self._files[frame_index].suffix.lower() in LOSSY_SUFFIXES else found


class VideoDisparity(_ImportedDisparity):
    """A grey video, white nearest."""

    def __init__(self, reader: VideoReader, fingerprint: str) -> None:
        super().__init__(reader.info.frame_count, fingerprint)
        self._reader = reader

    def close(self) -> None:
        """Close the video."""
        self._reader.close()

    def _load(self, frame_index: int) -> NDArray[np.float32]:
        if not 0 <= frame_index < self.frame_count:
            raise DepthError(f"There is no disparity for frame {frame_index}.")
        rgb = self._reader.frame(frame_index).rgb
        scale = np.float32(1.0 / np.iinfo(rgb.dtype).max)
        values = np.asarray(rgb.astype(np.float32).mean(axis=-1) * scale, dtype=np.float32)
        return calm_compression(values) if rgb.dtype == np.uint8 else values


def _check_aspect(found: tuple[int, int], size: tuple[int, int], name: str) -> None:
    ratio = (found[1] / found[0]) / (size[1] / size[0])
    if abs(ratio - 1.0) > ASPECT_TOLERANCE:
        raise DepthError(
            f"The disparity in '{name}' is {found[1]} x {found[0]}, another shape than the clip's {size[1]} x "
            f"{size[0]}.",
            "It must show the same picture, at any scale.",
        )


def _check_same_size(name: str, found: tuple[int, int], first: tuple[int, int]) -> None:
    if found != first:
        raise DepthError(
            f"The disparity pictures differ in size: '{name}' is {found[1]} x {found[0]}, the first one {first[1]} x "
            f"{first[0]}.",
            "Export them again in one size.",
        )


def _check_count(found: int, wanted: int, name: str) -> None:
    if found != wanted:
        few = "only " if found < wanted else ""
        raise DepthError(
            f"'{name}' has {few}{found} disparity pictures for {wanted} frames of the clip.",
            "Give exactly one for every frame.",
        )


def open_disparity(path: Path, frame_count: int, size: tuple[int, int]) -> FolderDisparity | VideoDisparity:
    """Open the user's own disparity.

    Values are taken as they are (largest value of the bit depth = 1): one range for the whole clip, never per frame.

    Args:
        path: A folder of grey pictures, or a grey video.
        frame_count: Frames of the clip.
        size: (height, width) of the clip.

    Raises:
        DepthError: Too few or too many pictures, sizes that differ, another aspect than the clip's, colours, a file
            that cannot be read.
    """
    if path.is_dir():
        files = sorted(
            (file for file in path.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES and file.name[0] != "."),
            key=natural_order,
        )
        if not files:
            raise DepthError(f"The folder '{path}' holds no pictures.", f"Give {', '.join(PICTURE_SUFFIXES)} files.")
        _check_count(len(files), frame_count, path.name)
        first = read_grey(files[0])
        _check_aspect((first.shape[0], first.shape[1]), size, path.name)
        for file in files[1:]:
            _check_same_size(file.name, picture_size(file), (first.shape[0], first.shape[1]))
        newest = max(file.stat().st_mtime_ns for file in files)
        source = FolderDisparity(files, (first.shape[0], first.shape[1]), f"{path.absolute()}-{len(files)}-{newest}")
        source.read(len(files) - 1)
        return source
    try:
        reader = VideoReader(path)
    except VbrError as error:
        raise DepthError(f"The disparity video cannot be used: {error.message}", error.hint) from error
    try:
        _check_count(reader.info.frame_count, frame_count, path.name)
        _check_aspect((reader.info.height, reader.info.width), size, path.name)
        rgb = reader.frame(0).rgb
        if int(np.ptp(rgb.astype(np.int32), axis=-1).max()) > np.iinfo(rgb.dtype).max // 8:
            raise DepthError(f"The disparity video '{path.name}' is coloured.", "Give a grey video, white nearest.")
    except VbrError:
        reader.close()
        raise
    return VideoDisparity(reader, f"{path.absolute()}-{path.stat().st_mtime_ns}")

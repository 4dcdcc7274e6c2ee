"""Estimate the disparity of a whole clip into the cache: streaming, resumable, with progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.depth.cache import DisparityCache, cache_key, evict
from vbr_core.depth.shots import CutDetector
from vbr_core.depth.source import CachedDisparity
from vbr_core.depth.stabilise import TemporalFilter
from vbr_core.stages import ReadAhead
from vbr_core.video.reader import VideoReader, to_float

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.estimator import DisparityEstimator
    from vbr_core.jobs import JobContext

PHASE = "Estimating depth"
SETTINGS = "temporal-filter-1"
"""Names the processing after the network; part of the cache key."""

BATCH_FRAMES = 2
REDUCED_SIDE = 1024
LEAD_FRAMES = 1
"""Frames before a gap that are decoded again: a cut can be seen, and the temporal filter goes on where it was."""


def estimate_clip(
    reader: VideoReader,
    estimator: DisparityEstimator,
    cache_root: Path,
    ctx: JobContext,
    *,
    clip_key: str,
    on_ready: Callable[[CachedDisparity], None] | None = None,
) -> CachedDisparity:
    """Disparity of every frame of a clip, from the cache as far as it is there.

    Args:
        reader: The open clip; used on another thread until this function returns.
        estimator: The network.
        cache_root: Folder of all cached disparity.
        ctx: Progress and cancel. Chunks that are finished stay in the cache.
        clip_key: Names the clip; changes with its content.
        on_ready: Called first, with the source that fills from now on.

    Raises:
        DepthError: The cache cannot be written.
        ClipError: A frame cannot be decoded.
        Cancelled: By the context.
    """
    total = reader.info.frame_count
    key = cache_key(clip_key, estimator.fingerprint, SETTINGS)
    cache = DisparityCache(cache_root, key, total)
    source = CachedDisparity(cache, key)
    present = cache.scan()
    if on_ready is not None:
        on_ready(source)
    missing = [number for number in range(cache.chunk_count) if number not in present]
    done = total - sum(_length(cache, number) for number in missing)
    ctx.step(done, total, PHASE)
    for first, last in _runs(missing):
        done = _estimate_run(reader, estimator, cache, first, last, done, ctx)
    if missing:
        evict(cache_root, cache.folder)
    ctx.step(total, total, PHASE)
    return source


def reduce_picture(rgb: NDArray[Any]) -> NDArray[Any]:
    """A large picture (H, W, 3) uint8 or uint16, divided by a whole number so that its longer side is 1024 to 2047 px.

    Networks look at less. Float pictures of an 8K clip would take 400 MB each, and there are several on the way.
    """
    factor = max(rgb.shape[:2]) // REDUCED_SIDE
    if factor < 2:
        return rgb
    size = (max(1, rgb.shape[1] // factor), max(1, rgb.shape[0] // factor))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def _length(cache: DisparityCache, number: int) -> int:
    first, stop = cache.chunk_span(number)
    return stop - first


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """Consecutive numbers as pairs (first, last)."""
    start: int | None = None
    for at, number in enumerate(numbers):
        if start is None:
            start = number
        if at + 1 == len(numbers) or numbers[at + 1] != number + 1:
            yield start, number
            start = None


def _estimate_run(
    reader: VideoReader,
    estimator: DisparityEstimator,
    cache: DisparityCache,
    first: int,
    last: int,
    done: int,
    ctx: JobContext,
) -> int:
    """Estimate the chunks ``first`` to ``last``; returns the number of frames that are finished in all."""
    start, stop = cache.chunk_span(first)[0], cache.chunk_span(last)[1]
    lead = max(0, start - LEAD_FRAMES)

    def decode() -> Iterator[tuple[int, NDArray[np.float32]]]:
        for frame in reader.frames(lead, stop):
            yield frame.frame_index, to_float(reduce_picture(frame.rgb))

    detector, smooth = CutDetector(), TemporalFilter()
    chunk, maps, cuts = first, [], []
    batch: list[tuple[int, NDArray[np.float32]]] = []
    with ReadAhead(decode) as frames:
        for item in frames:
            if item[0] < start:
                detector.is_cut(item[1])
                before = cache.read(first - 1)
                if before is not None:
                    smooth.restore(before.raw[-1], item[1])
                continue
            batch.append(item)
            if len(batch) < BATCH_FRAMES and item[0] + 1 < stop:
                continue
            raws = estimator.predict(np.stack([picture for _, picture in batch]))
            for (frame_index, picture), raw in zip(batch, raws, strict=True):
                if detector.is_cut(picture):
                    smooth.reset()
                    cuts.append(frame_index)
                maps.append(smooth(raw, picture))
                done += 1
                if frame_index + 1 == cache.chunk_span(chunk)[1]:
                    cache.write(chunk, np.stack(maps), tuple(cuts))
                    chunk, maps, cuts = chunk + 1, [], []
            batch = []
            ctx.step(done, reader.info.frame_count, PHASE)
    return done

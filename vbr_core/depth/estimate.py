"""Estimate the disparity of a whole clip into the cache: streaming, resumable, with progress.

Frames pass through four stages, each with a bounded memory and lag: cuts and flashes are found, the network looks, its
maps are brought to one scale and shift for the shot, and averaged along the motion of the picture. A run that begins
in the middle of the clip goes on from the state in the chunk before it and decodes a few frames more on both sides, so
that it gives what one pass would have given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.depth.alignment import Affine, AnchorState, FrameAligner
from vbr_core.depth.cache import ChunkState, DisparityCache, cache_key, evict
from vbr_core.depth.flow import MotionTracker
from vbr_core.depth.reuse import reuse_shots
from vbr_core.depth.shots import FLASH_FRAMES, METHOD, ShotFinder
from vbr_core.depth.source import CachedDisparity
from vbr_core.depth.stabilise import REACH_FRAMES, TemporalFilter
from vbr_core.depth.windows import PictureStream, WindowStart, WindowStream
from vbr_core.project import NO_CUT_EDITS
from vbr_core.stages import ReadAhead
from vbr_core.video.reader import VideoReader, to_float

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.estimator import DisparityEstimator
    from vbr_core.depth.windows import Frame, Predicted
    from vbr_core.jobs import JobContext
    from vbr_core.project import CutEdits

PHASE = "Estimating depth"
SETTINGS = f"aligned-flow-filter-3-{METHOD}"
"""Names the processing after the network; part of the cache key."""

REDUCED_SIDE = 1024
LEAD_FRAMES = 4
"""Frames that are decoded, but not estimated, before those that are: what is a cut there, and what a flash."""


def estimate_clip(
    reader: VideoReader,
    estimator: DisparityEstimator,
    cache_root: Path,
    ctx: JobContext,
    *,
    clip_key: str,
    on_ready: Callable[[CachedDisparity], None] | None = None,
    cut_edits: CutEdits = NO_CUT_EDITS,
) -> CachedDisparity:
    """Disparity of every frame of a clip, from the cache as far as it is there.

    An estimator may have ``window_frames`` and ``overlap_frames`` (1 and 0 without): it then gets that many frames of
    one shot at a time.

    Args:
        reader: The open clip; used on another thread until this function returns.
        estimator: The network.
        cache_root: Folder of all cached disparity.
        ctx: Progress and cancel. Chunks that are finished stay in the cache.
        clip_key: Names the clip; changes with its content.
        on_ready: Called first, with the source that fills from now on.
        cut_edits: Where shots begin by the user's word, whatever the picture says. Shots that they leave alone are
            taken over from what was estimated before the last of them was made.

    Raises:
        DepthError: The cache cannot be written.
        ClipError: A frame cannot be decoded.
        Cancelled: By the context.
    """
    total = reader.info.frame_count
    key = cache_key(clip_key, estimator.fingerprint, settings_with(cut_edits))
    cache = DisparityCache(cache_root, key, total)
    source = CachedDisparity(cache, key)
    if cut_edits != NO_CUT_EDITS and not cache.scan():
        reach = REACH_FRAMES + 2 * (int(getattr(estimator, "window_frames", 1)) - 1)

        def sibling(fewer: CutEdits) -> Path:
            return cache_root / cache_key(clip_key, estimator.fingerprint, settings_with(fewer))

        reuse_shots(cache, cut_edits, sibling, reach)
    present = cache.scan()
    if on_ready is not None:
        on_ready(source)
    missing = [number for number in range(cache.chunk_count) if number not in present]
    done = total - sum(_length(cache, number) for number in missing)
    ctx.step(done, total, PHASE)
    for first, last in _runs(missing):
        done = _estimate_run(reader, estimator, cache, (first, last), done, ctx, cut_edits)
    if missing:
        evict(cache_root, cache.folder)
    ctx.step(total, total, PHASE)
    return source


def settings_with(cut_edits: CutEdits) -> str:
    """What of the processing is part of the cache key."""
    if cut_edits == NO_CUT_EDITS:
        return SETTINGS
    return f"{SETTINGS}+{list(cut_edits.added)}-{list(cut_edits.removed)}"


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


class _Stages:
    """From frames with their place among the shots to finished maps; knows its state at the frames where it matters."""

    def __init__(self, estimator: DisparityEstimator, resumed: ChunkState | None, snapshots_at: set[int]) -> None:
        window = int(getattr(estimator, "window_frames", 1))
        self.finished: list[tuple[int, NDArray[np.float32]]] = []
        self.cuts: set[int] = set()
        self.flat: set[int] = set()
        self.states: dict[int, ChunkState | None] = {}
        self._snapshots_at = snapshots_at
        self._windows: WindowStream | None = None
        self._pictures: PictureStream | None = None
        self._align = FrameAligner()
        self._shown: NDArray[np.float32] | None = None
        self._is_first = True
        self._filter = TemporalFilter()
        self._tracker = MotionTracker()
        if window > 1:
            overlap = int(getattr(estimator, "overlap_frames", 0))
            self._windows = WindowStream(estimator, window, overlap, _window_start(resumed))
        else:
            self._pictures = PictureStream(estimator)
        if resumed is not None and resumed.arrays:
            self._align.state = AnchorState(
                **resumed.arrays, scale=resumed.numbers["scale"], shift=resumed.numbers["shift"]
            )

    def show(self, picture: NDArray[np.float32]) -> None:
        """A picture before the first frame: it takes the place of a flash or a flat frame there."""
        self._shown = picture

    def push(self, frame: Frame) -> None:
        """Take the next frame."""
        stream = self._windows or self._pictures
        assert stream is not None
        self._settle(stream.push(frame))

    def finish(self) -> None:
        """No more frames come."""
        stream = self._windows or self._pictures
        assert stream is not None
        self._settle(stream.finish())
        self.finished += self._filter.finish()

    def _settle(self, predicted: list[Predicted]) -> None:
        for frame, raw in predicted:
            if frame.is_cut:
                self.cuts.add(frame.frame_index)
                self._align.reset()
                self._shown = None
                self._tracker.reset()
                self.finished += self._filter.finish()
            if frame.frame_index in self._snapshots_at:
                self.states[frame.frame_index] = self._state(frame.frame_index)
            last = self._align.state
            size = (raw.shape[0], raw.shape[1])
            if self._is_first and self._shown is not None:
                self._tracker.step(self._shown, size)  # a run that begins here goes on from the picture before
            self._is_first = False
            picture = frame.picture
            if frame.is_flash or frame.is_flat:
                if last is not None and last.disparity.shape == raw.shape:
                    # what a network makes of a flash is no depth: the frame before stays
                    aligned = last.disparity
                    picture = self._shown if self._shown is not None else picture
                    step = self._tracker.step(picture, size)
                else:
                    aligned = raw
                    step = self._tracker.step(picture, size)
                    self.flat.add(frame.frame_index)
            else:
                step = self._tracker.step(picture, size)
                hold = self._windows is not None
                aligned = self._align.hold(raw, picture) if hold else self._align(raw, picture, step)
                self._shown = picture
            self.finished += self._filter.push(frame.frame_index, aligned, picture, step)

    def _state(self, frame_index: int) -> ChunkState | None:
        """What is needed to go on at a frame."""
        numbers: dict[str, float] = {}
        arrays: dict[str, NDArray[np.float32]] = {}
        state = self._align.state
        if state is not None:
            numbers |= {"scale": state.scale, "shift": state.shift}
            arrays = {
                "disparity": state.disparity,
                "running": state.running,
                "age": state.age,
                "colour": state.colour,
            }
        start = self._windows.start_for(frame_index) if self._windows is not None else None
        if start is not None:
            numbers |= {
                "window": float(start.frame_index),
                "window_scale": start.to_shot.scale,
                "window_shift": start.to_shot.shift,
            }
        return ChunkState(numbers, arrays) if numbers else None


def _window_start(state: ChunkState | None) -> WindowStart | None:
    if state is None or "window" not in state.numbers:
        return None
    numbers = state.numbers
    return WindowStart(int(numbers["window"]), Affine(numbers["window_scale"], numbers["window_shift"]))


def _estimate_run(
    reader: VideoReader,
    estimator: DisparityEstimator,
    cache: DisparityCache,
    run: tuple[int, int],
    done: int,
    ctx: JobContext,
    cut_edits: CutEdits,
) -> int:
    """Estimate the chunks ``run[0]`` to ``run[1]``; returns the number of frames that are finished in all."""
    total = reader.info.frame_count
    start, stop = cache.chunk_span(run[0])[0], cache.chunk_span(run[1])[1]
    before = cache.read(run[0] - 1) if run[0] > 0 else None
    resumed = before.state if before is not None else None
    settled = max(0, start - REACH_FRAMES)
    window_start = _window_start(resumed)
    begin = window_start.frame_index if window_start is not None else settled
    later = REACH_FRAMES + FLASH_FRAMES + int(getattr(estimator, "window_frames", 1))

    def decode() -> Iterator[tuple[int, NDArray[np.float32]]]:
        for frame in reader.frames(max(0, begin - LEAD_FRAMES), min(total, stop + later)):
            yield frame.frame_index, to_float(reduce_picture(frame.rgb))

    ends = {cache.chunk_span(number)[1] - REACH_FRAMES: number for number in range(run[0], run[1] + 1)}
    stages = _Stages(estimator, resumed, set(ends))
    finder = ShotFinder(cut_edits.added, cut_edits.removed)
    chunk, maps = run[0], []

    def take(frames: list[Frame]) -> None:
        for frame in frames:
            if frame.frame_index >= begin:
                stages.push(frame)
            elif not (frame.is_flash or frame.is_flat):
                stages.show(frame.picture)

    def write() -> None:
        nonlocal chunk, maps, done
        for frame_index, disparity in stages.finished:
            if not start <= frame_index < stop:
                continue
            maps.append(disparity)
            done += 1
            first, chunk_stop = cache.chunk_span(chunk)
            if frame_index + 1 == chunk_stop:
                span = range(first, chunk_stop)
                cache.write(
                    chunk,
                    np.stack(maps),
                    tuple(sorted(stages.cuts.intersection(span))),
                    tuple(sorted(stages.flat.intersection(span))),
                    stages.states.pop(chunk_stop - REACH_FRAMES, None),
                )
                chunk, maps = chunk + 1, []
        stages.finished.clear()
        ctx.step(done, total, PHASE)

    with ReadAhead(decode) as frames:
        for item in frames:
            take(finder.push(*item))
            write()
            if chunk > run[1]:
                return done
    take(finder.finish())
    stages.finish()
    write()
    return done

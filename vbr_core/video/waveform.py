"""The loudness of a clip's sound along its time, for drawing: lowest and highest sample of short spans.

The sound is decoded once, a bit at a time, into a bounded number of spans; a long clip gets longer ones. Coarser levels
above them (a pyramid) make any zoom equally quick. What was found is kept in a small file in the cache folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import numpy as np
import platformdirs
from av.audio.resampler import AudioResampler
from av.stream import Discard

from vbr_core.video.reader import VideoReader
from vbr_core.video.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.stream import AudioStream
    from numpy.typing import NDArray

    from vbr_core.jobs import JobContext
    from vbr_core.video.info import ClipInfo

SPAN_SECONDS = 1 / 200
MOST_SPANS = 1 << 20
LEVEL_FACTOR = 4
BATCH_SECONDS = 0.5
KEPT_FILES = 200
FORMAT = 1


@dataclass(frozen=True, eq=False)
class Waveform:
    """Lowest and highest sample of equal spans of time, from the start of the first frame on.

    Attributes:
        span_seconds: Length of a span.
        low: (N,) int8, lowest sample of every span over all channels; -127..127 stands for -1..1.
        high: (N,) int8, highest sample.
        frame_seconds: (F + 1,) float64, when each frame begins and the last one ends, from the start of the first;
            None if the frames follow the constant rate ``frame_rate``.
        frame_rate: Frames a second.
    """

    span_seconds: float
    low: NDArray[np.int8]
    high: NDArray[np.int8]
    frame_seconds: NDArray[np.float64] | None
    frame_rate: float
    _levels: list[tuple[NDArray[np.int8], NDArray[np.int8]]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        self._levels.append((low, high))
        while len(low) > 256:
            rest = -len(low) % LEVEL_FACTOR
            low = np.pad(low, (0, rest)).reshape(-1, LEVEL_FACTOR).min(axis=1)
            high = np.pad(high, (0, rest)).reshape(-1, LEVEL_FACTOR).max(axis=1)
            self._levels.append((low, high))

    def seconds_at(self, frames: NDArray[np.float64]) -> NDArray[np.float64]:
        """When (fractional) frames are shown, in seconds from the start of the first one."""
        if self.frame_seconds is None:
            return np.asarray(frames / self.frame_rate, dtype=np.float64)
        table = self.frame_seconds
        return np.asarray(np.interp(frames, np.arange(len(table)), table), dtype=np.float64)

    def peaks(self, edges: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Lowest and highest sample between neighbouring times.

        Args:
            edges: (M + 1,) float64 rising times in seconds from the start of the first frame.

        Returns:
            Two (M,) float32 in -1..1; 0 where there is no sound.
        """
        count = len(edges) - 1
        if count < 1 or len(self.low) == 0:
            return np.zeros(max(0, count), np.float32), np.zeros(max(0, count), np.float32)
        mean = (float(edges[-1]) - float(edges[0])) / count
        number, span = 0, self.span_seconds
        while number + 1 < len(self._levels) and 2 * span * LEVEL_FACTOR <= mean:
            number, span = number + 1, span * LEVEL_FACTOR
        low, high = self._levels[number]
        starts = np.floor(edges[:-1] / span).astype(np.int64)
        stops = np.maximum(starts + 1, np.ceil(edges[1:] / span).astype(np.int64))
        inside = (stops > 0) & (starts < len(low))
        pairs = np.empty(2 * count, np.int64)
        pairs[0::2] = np.clip(starts, 0, len(low) - 1)
        pairs[1::2] = np.clip(stops, pairs[0::2] + 1, len(low))
        bottom = np.minimum.reduceat(np.append(low, np.int8(0)), pairs)[0::2]
        top = np.maximum.reduceat(np.append(high, np.int8(0)), pairs)[0::2]
        return (
            np.where(inside, bottom, 0).astype(np.float32) / np.float32(127),
            np.where(inside, top, 0).astype(np.float32) / np.float32(127),
        )


class PeakCollector:
    """Takes samples with their times, keeps their extremes. Memory does not grow beyond ``most_spans``.

    Args:
        span_seconds: Length of a span at first; doubled whenever there are too many.
        most_spans: Bound on their number.
    """

    def __init__(self, span_seconds: float = SPAN_SECONDS, most_spans: int = MOST_SPANS) -> None:
        self.span_seconds = span_seconds
        self._most = most_spans
        self._low = np.zeros(min(4096, most_spans), np.int8)
        self._high = np.zeros_like(self._low)
        self._used = 0

    def add(self, start_seconds: float, samples: NDArray[np.float32], rate: int) -> None:
        """Take (channels, n) float32 samples in -1..1, the first of which sounds at ``start_seconds``.

        What sounds before time 0 is left out. ``rate`` is in samples a second.
        """
        skip = max(0, round(-start_seconds * rate))
        samples = samples[:, skip:]
        if samples.shape[1] == 0:
            return
        first = max(0.0, start_seconds + skip / rate)
        while (first + samples.shape[1] / rate) / self.span_seconds >= self._most:
            self._halve()
        spans = ((first + np.arange(samples.shape[1]) / rate) / self.span_seconds).astype(np.int64)
        begins = np.flatnonzero(np.diff(spans, prepend=-1))
        touched = spans[begins]
        self._make_room(int(touched[-1]) + 1)
        finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        low = np.minimum.reduceat(finite.min(axis=0), begins)
        high = np.maximum.reduceat(finite.max(axis=0), begins)
        self._low[touched] = np.minimum(self._low[touched], _to_int8(low))
        self._high[touched] = np.maximum(self._high[touched], _to_int8(high))

    def _make_room(self, count: int) -> None:
        self._used = max(self._used, count)
        if count > len(self._low):
            size = min(self._most, max(count, 2 * len(self._low)))
            self._low = np.pad(self._low, (0, size - len(self._low)))
            self._high = np.pad(self._high, (0, size - len(self._high)))

    def _halve(self) -> None:
        self.span_seconds *= 2
        even = len(self._low) + len(self._low) % 2
        low = np.pad(self._low, (0, even - len(self._low))).reshape(-1, 2).min(axis=1)
        high = np.pad(self._high, (0, even - len(self._high))).reshape(-1, 2).max(axis=1)
        self._low, self._high = low, high
        self._used = (self._used + 1) // 2

    def result(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """Lowest and highest samples of the spans so far: (N,) int8 each."""
        return self._low[: self._used].copy(), self._high[: self._used].copy()


def _to_int8(samples: NDArray[np.float32]) -> NDArray[np.int8]:
    return np.asarray(np.rint(np.clip(samples, -1.0, 1.0) * 127), dtype=np.int8)


def default_folder() -> Path:
    """Folder of the kept waveforms: in ``VBR_CACHE_DIR`` if set, else in the user's cache folder."""
    given = os.environ.get("VBR_CACHE_DIR")
    return (Path(given) if given else Path(platformdirs.user_cache_dir("vbr-studio"))) / "waveforms"


def load_waveform(info: ClipInfo, ctx: JobContext, folder: Path | None = None) -> Waveform | None:
    """The waveform of the first track of a clip's sound; None without sound.

    Args:
        info: Facts of the clip.
        ctx: For progress and cancellation.
        folder: Where waveforms are kept; None for :func:`default_folder`.

    Raises:
        ClipError: The file cannot be opened.
        Cancelled: Through ``ctx``.
    """
    if not info.audio:
        return None
    folder = default_folder() if folder is None else folder
    stat = info.path.stat()
    facts = [FORMAT, str(info.path.absolute()), stat.st_size, stat.st_mtime_ns, info.audio[0].stream_index]
    name = hashlib.sha256(json.dumps(facts).encode("utf-8")).hexdigest()[:40]
    kept = _read(folder / f"{name}.npz")
    if kept is not None:
        return kept
    collector = PeakCollector()
    for start_seconds, samples, rate in _sound(info):
        ctx.step(min(round(info.duration_seconds), max(0, int(start_seconds))), round(info.duration_seconds), "Sound")
        if start_seconds < info.duration_seconds:
            collector.add(start_seconds, samples, rate)
    low, high = collector.result()
    times = None
    if info.variable_frame_rate:
        with VideoReader(info.path) as reader:
            index = reader.index
            pts = np.append(index.pts, index.end_pts) - index.pts[0]
            times = pts * float(index.time_base)
    found = Waveform(collector.span_seconds, low, high, times, float(info.frame_rate))
    with contextlib.suppress(OSError):  # it can be made again
        _write(folder, f"{name}.npz", found)
    return found


def _sound(info: ClipInfo) -> Iterator[tuple[float, NDArray[np.float32], int]]:
    """Batches of sound: time from the start of the first frame in seconds, (channels, n) float32 in -1..1, rate."""
    with open_source(info.path) as container:
        wanted = info.audio[0].stream_index
        stream: AudioStream = next(one for one in container.streams.audio if one.index == wanted)
        if getattr(stream, "codec_context", None) is None:  # no decoder
            return
        for other in container.streams:
            if other.index != wanted:
                other.discard = Discard.all
        resampler = AudioResampler(format="fltp")
        parts: list[NDArray[np.float32]] = []
        began, count, rate = 0.0, 0, 1
        for time, samples, new_rate in _decoded(container.demux(stream), stream, resampler):
            start = time - info.start_seconds
            is_gap = abs(start - (began + count / rate)) > 1.5 / new_rate + 1e-4
            if parts and (is_gap or new_rate != rate or count >= BATCH_SECONDS * rate or len(samples) != len(parts[0])):
                yield began, np.concatenate(parts, axis=1), rate
                parts = []
            if not parts:
                began, count, rate = start, 0, new_rate
            parts.append(samples)
            count += samples.shape[1]
        if parts:
            yield began, np.concatenate(parts, axis=1), rate


def _decoded(
    packets: Iterator[Any], stream: AudioStream, resampler: AudioResampler
) -> Iterator[tuple[float, NDArray[np.float32], int]]:
    """Decoded frames as (seconds on the file's clock, (channels, n) float32, rate). What is damaged is left out."""
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        try:
            frames = [one for frame in stream.decode(packet) for one in resampler.resample(frame)]
        except (av.error.FFmpegError, ValueError):
            continue
        for frame in frames:
            if frame.pts is not None and frame.time_base is not None and frame.samples:
                yield float(frame.pts * frame.time_base), frame.to_ndarray().astype(np.float32), frame.sample_rate


def _write(folder: Path, name: str, waveform: Waveform) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez(
                file,
                low=waveform.low,
                high=waveform.high,
                facts=np.array([waveform.span_seconds, waveform.frame_rate]),
                times=np.zeros(0) if waveform.frame_seconds is None else waveform.frame_seconds,
            )
        os.replace(temporary, folder / name)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    kept = sorted(folder.glob("*.npz"), key=lambda file: file.stat().st_mtime)
    for old in kept[:-KEPT_FILES]:
        with contextlib.suppress(OSError):
            old.unlink()


def _read(file: Path) -> Waveform | None:
    """A kept waveform; None if there is none or it is damaged."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
            low, high, facts, times = data["low"], data["high"], data["facts"], data["times"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if low.dtype != np.int8 or high.shape != low.shape or low.ndim != 1 or facts.shape != (2,) or not facts.min() > 0:
        return None
    return Waveform(float(facts[0]), low, high, times if len(times) else None, float(facts[1]))

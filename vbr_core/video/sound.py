"""Sound for playing: decoded from a time on, a bit at a time, at the rate and in the channels that a device takes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler
from av.stream import Discard

from vbr_core.video.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.audio.stream import AudioStream
    from numpy.typing import NDArray

LEAD_SECONDS = 0.25
"""How much earlier decoding begins: some formats need a few packets before their samples are right."""
LONGEST_BLOCK = 4096


def sound_from(
    path: Path, stream_index: int, seconds: float, rate: int = 48000, clip_start_seconds: float = 0.0
) -> Iterator[NDArray[np.int16]]:
    """Sound of a track from a time on, without gaps: where the file has none, there is silence.

    Memory does not depend on the length of the clip. What is damaged is left out.

    Args:
        path: The clip.
        stream_index: Which stream of the file.
        seconds: Where to begin, from the start of the first frame; the first sample sounds exactly then.
        rate: Samples a second wanted.
        clip_start_seconds: When the first frame is shown on the file's own clock.

    Yields:
        (n, 2) int16 samples, left and right, n at most :data:`LONGEST_BLOCK`; nothing if there is no decoder.

    Raises:
        ClipError: The file cannot be opened.
    """
    with open_source(path) as container:
        stream: AudioStream | None = next((s for s in container.streams.audio if s.index == stream_index), None)
        if stream is None or getattr(stream, "codec_context", None) is None:
            return
        for other in container.streams:
            if other.index != stream_index:
                other.discard = Discard.all
        begin = clip_start_seconds + max(0.0, seconds)
        if begin > LEAD_SECONDS:
            with contextlib.suppress(av.error.FFmpegError):  # then it is decoded from the start
                container.seek(int((begin - LEAD_SECONDS) * av.time_base))
        resampler = AudioResampler(format="s16", layout="stereo", rate=rate)
        done = 0
        for time, samples in _decoded(container.demux(stream), stream, resampler):
            place = round((time - begin) * rate)
            if abs(place - done) <= rate // 500 and done:  # times are rounded in many files
                place = done
            while place > done:
                silence = np.zeros((min(LONGEST_BLOCK, place - done), 2), np.int16)
                done += len(silence)
                yield silence
            samples = samples[done - place :]
            for first in range(0, len(samples), LONGEST_BLOCK):
                block = samples[first : first + LONGEST_BLOCK]
                done += len(block)
                yield block


def _decoded(
    packets: Iterator[Any], stream: AudioStream, resampler: AudioResampler
) -> Iterator[tuple[float, NDArray[np.int16]]]:
    """Resampled frames as (seconds on the file's clock, (n, 2) int16)."""
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
                samples = np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1, 2)
                yield float(frame.pts * frame.time_base), samples

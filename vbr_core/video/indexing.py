"""Building the frame index of a clip: one pass over its packets, without decoding where that is enough."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av.error

from vbr_core.errors import ClipError
from vbr_core.video.source import main_video_stream, matroska_is_cut_off, open_source, table_is_cut_off
from vbr_core.video.timing import FrameIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_HIDDEN_FRAME_CODECS = ("vp8",)
"""Codecs with packets that give no picture: their packets do not tell the frames."""


@dataclass(frozen=True)
class BuiltIndex:
    """A frame index, and how to use it.

    Attributes:
        index: The frames that can be decoded.
        counted: The file has no usable times: frames are numbered as they are decoded, and only reading from the start
            gives them right.
        note: Empty, or that the file is cut off.
    """

    index: FrameIndex
    counted: bool
    note: str


@dataclass
class _Entry:
    pts: int
    dts: int
    duration: int
    key: bool


@dataclass
class _Pass:
    entries: list[_Entry]
    pts_complete: bool
    damaged: bool


def decode_packets(
    packets: Iterator[Packet[VideoStream]],
) -> Iterator[VideoFrame]:
    """Decode to the end, leaving out packets that are damaged. The last packet has to be the empty one that flushes."""
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:  # the file cannot be read on from here
            return
        if packet.is_corrupt:
            continue
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        yield from frames


def build_index(container: InputContainer, stream: VideoStream, file: Path) -> BuiltIndex:
    """Index all frames of ``stream``. The container is left at an undefined position.

    Raises:
        ClipError: Nothing can be decoded.
    """
    found = _read_packets(container, stream)
    time_base = stream.time_base or Fraction(1, 90000)
    if not found.pts_complete or stream.codec_context.name in _HIDDEN_FRAME_CODECS:
        return _index_by_decoding(file, found)
    entries = found.entries
    if not entries:
        raise ClipError(f"No frame of '{file.name}' can be read.", "The file is damaged; copy or download it again.")
    expected = max(stream.frames, len(entries))
    cut_off = found.damaged or table_is_cut_off(stream, file) or matroska_is_cut_off(container, file)
    note = ""
    if cut_off:
        entries = _decodable_tail(container, stream, entries)
        if not entries:
            raise ClipError(f"No frame of '{file.name}' can be read.", "The file is cut off or damaged; copy it again.")
        if len(entries) < expected:
            note = f"The file is cut off: {len(entries)} of {expected} frames can be read."
        else:
            note = f"The file is cut off: {len(entries)} frames can be read."
    elif any(table_is_cut_off(other, file) for other in container.streams.audio):
        note = "The file is cut off: a part of its sound is missing."
    return BuiltIndex(_to_index(entries, time_base, stream, cut_off), counted=False, note=note)


def _read_packets(container: InputContainer, stream: VideoStream) -> _Pass:
    result = _Pass([], True, False)
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError:
            result.damaged = True
            break
        if packet.size == 0:  # the flush packet at the end
            continue
        if packet.is_corrupt:
            result.damaged = True
            continue
        if packet.is_discard:
            continue
        if packet.pts is None:
            result.pts_complete = False
            continue
        dts = packet.dts if packet.dts is not None else packet.pts
        result.entries.append(_Entry(packet.pts, dts, packet.duration or 0, packet.is_keyframe))
    result.entries.sort(key=lambda entry: entry.pts)
    unique: list[_Entry] = []
    for entry in result.entries:
        if not unique or entry.pts > unique[-1].pts:
            unique.append(entry)
    result.entries = unique
    return result


def _decodable_tail(container: InputContainer, stream: VideoStream, entries: list[_Entry]) -> list[_Entry]:
    """Decode from the last keyframe on and keep of those frames only the ones that come out.

    If none does, the keyframe before is tried, and so on.
    """
    keys = [number for number, entry in enumerate(entries) if entry.key]
    while entries:
        start = keys[-1] if keys else 0
        begin = entries[start]
        decoded = set()
        try:
            container.seek(min(begin.dts, begin.pts), stream=stream)
        except av.error.FFmpegError:
            return entries
        for frame in decode_packets(container.demux(stream)):
            if frame.pts is not None and not frame.is_corrupt:
                decoded.add(frame.pts)
        tail = [entry for entry in entries[start:] if entry.pts in decoded]
        entries = entries[:start] + tail
        if tail or not keys:
            break
        keys.pop()
    return entries


def _to_index(entries: list[_Entry], time_base: Fraction, stream: VideoStream, cut_off: bool) -> FrameIndex:
    pts = [entry.pts for entry in entries]
    keyframes = [number for number, entry in enumerate(entries) if entry.key]
    seek_dts = [min(entry.dts, entry.pts) for entry in entries if entry.key]
    end = _stated_end(entries, stream) if not cut_off else None
    if end is None and entries[-1].duration > 0:
        end = pts[-1] + entries[-1].duration
    if end is None and len(pts) == 1:
        rate = stream.guessed_rate or Fraction(25)
        end = pts[-1] + max(1, round(1 / (rate * time_base)))
    return FrameIndex(pts, time_base, end_pts=end, keyframes=keyframes, seek_dts=seek_dts)


def _stated_end(entries: list[_Entry], stream: VideoStream) -> int | None:
    """The end of the last frame as the stream's duration tells it, if that is plausible.

    With B-frames and a variable rate the packet durations of MP4 files follow decoding order, so that the last
    packet's own one says nothing about the frame shown last.
    """
    if not stream.duration:
        return None
    end = entries[0].pts + stream.duration
    longest = max((later.pts - early.pts for early, later in itertools.pairwise(entries)), default=0)
    longest = max(longest, max(entry.duration for entry in entries))
    return end if 0 < end - entries[-1].pts <= 2 * longest else None


def _index_by_decoding(file: Path, found: _Pass) -> BuiltIndex:
    """For files whose packets lack times: decode everything once and take the times of the pictures.

    Raises:
        ClipError: Nothing can be decoded.
    """
    with open_source(file) as container:  # anew, because such files often cannot be rewound
        stream = main_video_stream(container, file)
        times = [(frame.pts, frame.key_frame, frame.duration) for frame in decode_packets(container.demux(stream))]
        if not times:
            raise ClipError(f"No frame of '{file.name}' can be read.", "The file is damaged; copy it again.")
        known = [_Entry(pts, pts, duration, bool(key)) for pts, key, duration in times if pts is not None]
        rising = all(early.pts < late.pts for early, late in itertools.pairwise(known))
        note = "The file is damaged: only a part of it can be read." if found.damaged else ""
        if found.pts_complete and rising and len(known) == len(times):
            dts_of = {entry.pts: entry.dts for entry in found.entries}
            for entry in known:
                entry.dts = dts_of.get(entry.pts, entry.pts)
            time_base = stream.time_base or Fraction(1, 90000)
            return BuiltIndex(_to_index(known, time_base, stream, found.damaged), counted=False, note=note)
        rate = stream.guessed_rate or stream.average_rate or Fraction(25)
        return BuiltIndex(FrameIndex(range(len(times)), 1 / Fraction(rate)), counted=True, note=note)

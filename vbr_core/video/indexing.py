"""Building the frame index of a clip: one pass over its packets, without decoding where that is enough."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av.error

from vbr_core.errors import ClipError
from vbr_core.video.mp4_boxes import edited_seconds
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

_EDIT_ROUNDING_SECONDS = Fraction(2, 1000)
"""Edit lists are often in milliseconds: a smaller difference to the packet's own duration means nothing."""


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
    edited_end = None if cut_off else _edited_end(entries, time_base, stream, file)
    return BuiltIndex(_to_index(entries, time_base, stream, edited_end), counted=False, note=note)


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


def _to_index(entries: list[_Entry], time_base: Fraction, stream: VideoStream, edited_end: int | None) -> FrameIndex:
    pts = [entry.pts for entry in entries]
    keyframes = [number for number, entry in enumerate(entries) if entry.key]
    seek_dts = [min(entry.dts, entry.pts) for entry in entries if entry.key]
    end: int | None = pts[-1] + entries[-1].duration
    if edited_end is not None and abs(edited_end - pts[-1] - entries[-1].duration) * time_base > _EDIT_ROUNDING_SECONDS:
        end = edited_end
    if end is None or end <= pts[-1]:
        end = None
        if len(pts) == 1:
            rate = stream.guessed_rate or Fraction(25)
            end = pts[-1] + max(1, round(1 / (rate * time_base)))
    return FrameIndex(pts, time_base, end_pts=end, keyframes=keyframes, seek_dts=seek_dts)


def _edited_end(entries: list[_Entry], time_base: Fraction, stream: VideoStream, file: Path) -> int | None:
    """The end of the last frame by the edit list of an MP4 or MOV file; None without one or if it is not plausible.

    Asked for only where the packet durations, which follow decoding order, do not tell: where the frame shown last is
    not the one decoded last.
    """
    if "mp4" not in stream.container.format.name or entries[-1].dts == max(entry.dts for entry in entries):
        return None
    seconds = edited_seconds(file, stream.id)
    if seconds is None:
        return None
    end = entries[0].pts + round(seconds / time_base)
    longest = max(late.pts - early.pts for early, late in itertools.pairwise(entries))
    return end if 0 < end - entries[-1].pts <= 10 * longest else None


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
            return BuiltIndex(_to_index(known, time_base, stream, None), counted=False, note=note)
        rate = stream.guessed_rate or stream.average_rate or Fraction(25)
        return BuiltIndex(FrameIndex(range(len(times)), 1 / Fraction(rate)), counted=True, note=note)

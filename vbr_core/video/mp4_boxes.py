"""The few facts of MP4 and MOV files that FFmpeg does not tell: read from the boxes themselves."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MAX_BOXES = 1000
_MAX_MOOV_BYTES = 256 << 20


def has_no_table(file: Path) -> bool:
    """Whether a file is made of MP4 boxes but lacks ``moov``, the table of its frames."""
    with file.open("rb") as stream:
        kinds = {kind for kind, _, _ in _boxes(stream, 0, file.stat().st_size)}
    return bool(kinds & {b"ftyp", b"mdat"}) and b"moov" not in kinds


def edited_seconds(file: Path, track_id: int) -> Fraction | None:
    """How long a track is shown, by its edit list; None if there is none (or it cannot be understood).

    Packet durations of MP4 files follow decoding order, so that with B-frames and a variable rate nothing else tells
    how long the last frame lasts.
    """
    try:
        with file.open("rb") as stream:
            return _edited_seconds(stream, file.stat().st_size, track_id)
    except (struct.error, ZeroDivisionError, OSError):
        return None


def _edited_seconds(stream: BinaryIO, size: int, track_id: int) -> Fraction | None:
    moov = next(((begin, end) for kind, begin, end in _boxes(stream, 0, size) if kind == b"moov"), None)
    if moov is None or moov[1] - moov[0] > _MAX_MOOV_BYTES:
        return None
    timescale = 0
    for kind, begin, end in _boxes(stream, *moov):
        if kind == b"mvhd":
            wide = _version(stream, begin)
            timescale = _read(stream, begin + (20 if wide else 12), ">I")
        if kind == b"trak":
            inside = {name: (first, last) for name, first, last in _boxes(stream, begin, end)}
            header = inside.get(b"tkhd")
            if header is None or b"edts" not in inside:
                continue
            if _read(stream, header[0] + (20 if _version(stream, header[0]) else 12), ">I") != track_id:
                continue
            for name, first, _ in _boxes(stream, *inside[b"edts"]):
                if name == b"elst":
                    return _shown(stream, first) / Fraction(timescale)
    return None


def _shown(stream: BinaryIO, begin: int) -> Fraction:
    """Sum of the durations of all edits that show media (empty ones have a media time of -1)."""
    wide = _version(stream, begin)
    entry = ">Qq" if wide else ">Ii"
    total = 0
    for number in range(min(_read(stream, begin + 4, ">I"), _MAX_BOXES)):
        stream.seek(begin + 8 + number * (20 if wide else 12))
        duration, media_time = struct.unpack(entry, stream.read(struct.calcsize(entry)))
        if media_time >= 0:
            total += duration
    return Fraction(total)


def _version(stream: BinaryIO, begin: int) -> int:
    return _read(stream, begin, ">B")


def _read(stream: BinaryIO, at: int, form: str) -> int:
    stream.seek(at)
    (value,) = struct.unpack(form, stream.read(struct.calcsize(form)))
    return int(value)


def _boxes(stream: BinaryIO, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte of the content, and end of each box between two positions."""
    for _ in range(_MAX_BOXES):
        if begin + 8 > end:
            return
        stream.seek(begin)
        header = stream.read(16)
        if len(header) < 8:
            return
        length, kind, content = int.from_bytes(header[:4], "big"), header[4:8], begin + 8
        if length == 1 and len(header) == 16:
            length, content = int.from_bytes(header[8:16], "big"), begin + 16
        if length == 0:
            length = end - begin
        if length < content - begin:
            return
        yield kind, content, min(begin + length, end)
        begin += length

"""Opening a video file: every way in which that can fail becomes one sentence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.error
from av.stream import Disposition

from vbr_core.errors import ClipError
from vbr_core.video.mp4_boxes import has_no_table

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

_PICTURE_FORMATS = ("image2", "tty", "ico")
_STILL_BRANDS = ("heic", "heix", "mif1", "avif", "msf1")
_PICTURE_HINT = "Choose a video file, such as an .mp4 or a .mov."
_DECODER_THREADS = min(8, os.cpu_count() or 1)


def open_source(path: str | Path) -> InputContainer:
    """Open a media file for reading.

    Raises:
        ClipError: It is missing, a folder, empty, not readable, or not a media file.
    """
    file = Path(os.path.abspath(path))  # absolute, so that no name can be taken for a protocol such as "http:"
    _check_file(file)
    try:
        container = av.open(str(file), mode="r", metadata_errors="replace", options={"protocol_whitelist": "file"})
    except av.error.FFmpegError as error:
        raise ClipError(*_why_not_opened(file, error)) from error
    except (OSError, ValueError) as error:
        raise ClipError(f"'{file.name}' cannot be opened: {error}.", _PICTURE_HINT) from error
    return container


def main_video_stream(container: InputContainer, file: Path) -> VideoStream:
    """The video of a file: its first video stream that is not cover art, ready to decode with several threads.

    Raises:
        ClipError: There is none, it is a single picture, or there is no decoder for it.
    """
    name = container.format.name
    brand = container.metadata.get("major_brand", "").strip()
    if name.endswith("_pipe") or name in _PICTURE_FORMATS or brand in _STILL_BRANDS:
        what = "a text file" if name == "tty" else "a picture"
        raise ClipError(f"'{file.name}' is {what}, not a video.", _PICTURE_HINT)
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
    ]
    if not streams:
        if container.streams.audio:
            raise ClipError(f"'{file.name}' holds sound but no video.", _PICTURE_HINT)
        raise ClipError(f"'{file.name}' holds no video.", _PICTURE_HINT)
    stream = next((s for s in streams if s.disposition & Disposition.default), streams[0])
    if stream.codec_context is None:
        raise ClipError(f"There is no decoder for the video in '{file.name}'.", "Convert it to H.264 first.")
    stream.codec_context.thread_count = _DECODER_THREADS
    stream.thread_type = "AUTO"
    return stream


def _check_file(file: Path) -> None:
    try:
        if file.is_dir():
            raise ClipError(f"'{file}' is a folder, not a video file.", "Choose one file in it.")
        if not file.exists():
            raise ClipError(f"There is no file '{file}'.", "Check the path.")
        if not file.is_file():
            raise ClipError(f"'{file}' is not a regular file.", _PICTURE_HINT)
        if file.stat().st_size == 0:
            raise ClipError(f"'{file.name}' is empty (0 bytes).", "Copy or download it again.")
        with file.open("rb"):
            pass
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = "Check its permissions." if isinstance(error, PermissionError) else "Check the path."
        raise ClipError(f"'{file}' cannot be read: {reason}.", hint) from error


def _why_not_opened(file: Path, error: av.error.FFmpegError) -> tuple[str, str]:
    if isinstance(error, PermissionError):
        return f"'{file.name}' may not be read.", "Check its permissions."
    if isinstance(error, av.error.InvalidDataError):
        if has_no_table(file):
            return (
                f"'{file.name}' is cut off: its table of frames (the 'moov' part, stored at the end) is missing.",
                "Copy it again, or repair it with a recovery tool.",
            )
        return f"'{file.name}' is not a video file that can be read.", _PICTURE_HINT
    return f"'{file.name}' cannot be opened: {error.strerror or error}.", _PICTURE_HINT


def table_is_cut_off(stream: Stream, file: Path) -> bool:
    """Whether the table of a stream that a container keeps (as MP4 does) points behind the end of the file."""
    table = stream.index_entries
    if stream.frames == 0 or len(table) == 0:
        return False
    last = table[len(table) - 1]
    return last.pos + last.size > file.stat().st_size


def matroska_is_cut_off(container: InputContainer, file: Path) -> bool:
    """Whether a Matroska or WebM file is shorter than the segment that it says to hold."""
    if "matroska" not in container.format.name:
        return False
    with file.open("rb") as stream:
        head = stream.read(4096)
    at = 4
    size, at = _ebml_number(head, at)  # the EBML header's size
    if size is None or head[at + size : at + size + 4] != b"\x18\x53\x80\x67":
        return False
    segment, at = _ebml_number(head, at + size + 4)
    return segment is not None and at + segment > file.stat().st_size


def _ebml_number(data: bytes, at: int) -> tuple[int | None, int]:
    """A variable-length number of Matroska and the position after it; None if it means "unknown"."""
    if at >= len(data) or data[at] == 0:
        return None, at
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
    return (None if value == (1 << 7 * length) - 1 else value), at + length

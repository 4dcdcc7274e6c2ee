"""Frame-exact reading of a clip with constant memory."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av.error
import cv2
import numpy as np
import numpy.typing as npt
from av.buffer import Buffer

from vbr_core.errors import ClipError
from vbr_core.video.color import ToRgb, from_float, guess_color, to_float, unsupported_matrix
from vbr_core.video.frame_cache import FrameCache
from vbr_core.video.indexing import build_index, decode_packets
from vbr_core.video.info import AudioInfo, ClipInfo
from vbr_core.video.source import main_video_stream, open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from vbr_core.video.timing import FrameIndex

__all__ = ["DecodedFrame", "VideoReader", "from_float", "probe_clip", "to_float"]

_JUMP_FRAMES = 8
"""Reading on is preferred to a seek that would save no more than so many frames."""
_BACKWARD_FRAMES = 12
"""So many frames before the wanted one go into the cache on the way when somebody steps backwards."""


@dataclass(frozen=True)
class DecodedFrame:
    """One picture of a clip.

    Attributes:
        frame_index: 0-based, in presentation order.
        pts: Presentation time, units of the clip's time base.
        rgb: (H, W, 3) uint8 0..255 for 8-bit sources, uint16 0..65535 for deeper ones; upright; non-linear RGB code
            values in full range, in the clip's own primaries and transfer. Do not write into it: it may be cached.
        repeated: The picture itself is damaged; this is the last good one before it (or the first good one).
    """

    frame_index: int
    pts: int
    rgb: npt.NDArray[Any]
    repeated: bool = False


class VideoReader:
    """Random access to the frames of a clip. Not thread safe: use one for each thread. A context manager.

    Frame ``n`` is the same whether it is reached by a seek or by reading on. Memory does not depend on the clip's
    length beyond 16 bytes of index a frame.

    Args:
        path: A video file.
        cache_bytes: Size of the cache of converted pictures, 0 for none (the latest picture is always kept).

    Raises:
        ClipError: The file is missing, no video, or nothing in it can be decoded.
    """

    def __init__(self, path: str | Path, cache_bytes: int = 0) -> None:
        self._path = Path(path)
        self._cache = FrameCache(cache_bytes)
        self._container: InputContainer | None = open_source(self._path)
        self._stream: VideoStream | None = None
        self._decoder: Iterator[tuple[int, VideoFrame]] | None = None
        self._pending: tuple[int, VideoFrame] | None = None
        self._next = 0  # no frame before this one can come from the decoder any more
        self._good: tuple[int, VideoFrame] | None = None  # latest frame that came out in this run
        self._latest: DecodedFrame | None = None
        self._repeated: set[int] = set()
        try:
            self._stream = stream = main_video_stream(self._container, self._path)
            built = build_index(self._container, stream, self._path)
            self._index = built.index
            self._counted = built.counted
            self._start_at(0)
            first, _ = self._find(0)
            self._orientation = _orientation(first)
            self._stored_size = (first.width, first.height)
            self._info = self._describe(self._stream, first, built.note)  # counting may have opened the file anew
            self._to_rgb = ToRgb(self._info.color, self._info.bit_depth)
            self._latest = self._convert(0, first)
        except av.error.FFmpegError as error:
            self.close()
            raise ClipError(
                f"'{self._path.name}' cannot be decoded: {error.strerror or error}.", "The file may be damaged."
            ) from error
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> ClipInfo:
        """The facts of the clip."""
        return self._info

    @property
    def index(self) -> FrameIndex:
        """The presentation times of all frames."""
        return self._index

    @property
    def repeated_frames(self) -> frozenset[int]:
        """Frames asked for so far that are damaged and were replaced by a neighbour."""
        return frozenset(self._repeated)

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Calling it again does nothing."""
        self._decoder = None
        self._pending = None
        self._good = None
        self._stream = None
        self._cache.clear()
        if self._container is not None:
            self._container.close()
            self._container = None

    def frame(self, frame_index: int) -> DecodedFrame:
        """Frame ``frame_index`` of the clip, exactly.

        Raises:
            InputError: It is outside the clip.
            ClipError: The file can no longer be read, or the reader is closed.
        """
        pts = self._index.pts_of(frame_index)
        if self._container is None:
            raise ClipError(f"'{self._path.name}' is closed.")
        if self._latest is not None and self._latest.frame_index == frame_index:
            return self._latest
        cached = self._cache.get(frame_index)
        if cached is not None:
            return DecodedFrame(frame_index, pts, cached, frame_index in self._repeated)
        try:
            self._latest = self._read(frame_index)
        except av.error.FFmpegError as error:
            raise ClipError(
                f"Frame {frame_index} of '{self._path.name}' cannot be read: {error.strerror or error}.",
                "Check that the file is still there.",
            ) from error
        return self._latest

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[DecodedFrame]:
        """Frames ``start`` to ``stop - 1`` in order; to the end of the clip if ``stop`` is None.

        Raises:
            InputError: The range is not inside the clip (at the first frame outside).
            ClipError: The file can no longer be read.
        """
        for frame_index in range(start, len(self._index) if stop is None else stop):
            yield self.frame(frame_index)

    # -- decoding ------------------------------------------------------------------------------------------------

    def _read(self, frame_index: int) -> DecodedFrame:
        keep_from = frame_index
        if self._cache.limit_bytes and self._latest is not None and frame_index < self._latest.frame_index:
            keep_from = frame_index - _BACKWARD_FRAMES
        if self._needs_seek(frame_index):
            self._start_at(self._index.keyframe_number(frame_index))
        picture, found = self._find(frame_index, keep_from)
        if found != frame_index:
            self._repeated.add(frame_index)
        return self._convert(frame_index, picture)

    def _needs_seek(self, frame_index: int) -> bool:
        if self._decoder is None or frame_index < self._next:
            return True
        if self._counted:
            return False
        key = self._index.keyframes[self._index.keyframe_number(frame_index)]
        return key - self._next > _JUMP_FRAMES

    def _find(self, frame_index: int, keep_from: int | None = None) -> tuple[VideoFrame, int]:
        """The picture for a frame and the index it really has (another one if that frame is damaged)."""
        number = self._index.keyframe_number(frame_index)
        step = 1
        while True:
            later = self._advance(frame_index, frame_index if keep_from is None else keep_from)
            if self._good is not None:
                return self._good[1], self._good[0]
            if number == 0 or self._counted:
                if later is None:
                    raise ClipError(
                        f"No frame of '{self._path.name}' can be decoded.", "The file is damaged; copy it again."
                    )
                return later[1], later[0]
            # Nothing at or before the frame came out of this keyframe: begin further back.
            number = max(0, number - step)
            step *= 4
            self._start_at(number)

    def _advance(self, frame_index: int, keep_from: int) -> tuple[int, VideoFrame] | None:
        """Decode up to ``frame_index``; leaves the last good frame at or before it in ``_good``.

        Returns:
            The first frame after it if that frame did not come out; it stays pending.
        """
        assert self._decoder is not None
        while self._good is None or self._good[0] < frame_index:
            if self._pending is None:
                self._pending = next(self._decoder, None)
            if self._pending is None or self._pending[0] > frame_index:
                break
            self._good, self._pending = self._pending, None
            if keep_from <= self._good[0] < frame_index:
                self._cache.put(self._good[0], self._pixels(self._good[1]))
        self._next = max(self._next, frame_index + 1)
        return self._pending

    def _start_at(self, keyframe_number: int) -> None:
        """Begin a decoding run at a keyframe."""
        self._decoder = self._pending = self._good = None
        first = 0 if self._counted else self._index.keyframes[keyframe_number]
        assert self._container is not None
        assert self._stream is not None
        if self._counted:
            self._container.close()
            self._container = open_source(self._path)
            self._stream = main_video_stream(self._container, self._path)
        else:
            self._container.seek(self._index.seek_dts_of(keyframe_number), stream=self._stream)
        self._next = first
        self._decoder = self._run(first)

    def _run(self, first: int) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded frames with their indices, increasing, from ``first`` on."""
        assert self._container is not None
        assert self._stream is not None
        last = first - 1
        for count, frame in enumerate(decode_packets(self._container.demux(self._stream))):
            if self._counted:
                found: int | None = count if count < len(self._index) else None
            else:
                found = self._index.find(frame.pts) if frame.pts is not None else None
            if found is not None and found > last:
                last = found
                yield found, frame

    # -- pictures ------------------------------------------------------------------------------------------------

    def _convert(self, frame_index: int, picture: VideoFrame) -> DecodedFrame:
        rgb = self._pixels(picture)
        self._cache.put(frame_index, rgb)
        return DecodedFrame(frame_index, self._index.pts_of(frame_index), rgb, frame_index in self._repeated)

    def _pixels(self, picture: VideoFrame) -> npt.NDArray[Any]:
        return _turn(self._to_rgb.convert(picture, *self._stored_size), self._orientation)

    def _describe(self, stream: VideoStream, first: VideoFrame, note: str) -> ClipInfo:
        assert self._container is not None
        index, context = self._index, stream.codec_context
        turned = self._orientation[0]
        color = guess_color(
            matrix=_tag(first.colorspace, context.colorspace),
            primaries=_tag(first.color_primaries, context.color_primaries),
            transfer=_tag(first.color_trc, context.color_trc),
            color_range=first.color_range or context.color_range,
            pixel_format=first.format.name,
            height=first.height,
        )
        aspect = stream.sample_aspect_ratio or Fraction(1)
        aspect = aspect if aspect > 0 else Fraction(1)
        candidates = [Fraction(rate) for rate in (stream.guessed_rate, stream.average_rate) if rate]
        steady = index.steady_rate(candidates)
        notes = [note, unsupported_matrix(color)]
        return ClipInfo(
            path=self._path,
            width=first.height if turned else first.width,
            height=first.width if turned else first.height,
            frame_count=len(index),
            time_base=index.time_base,
            frame_rate=steady or index.average_rate,
            duration_seconds=float(index.duration),
            start_seconds=float(index.start),
            rotation=_clockwise_degrees(self._orientation),
            sample_aspect_ratio=1 / aspect if turned else aspect,
            color=color,
            bit_depth=max(component.bits for component in first.format.components),
            codec=context.codec.canonical_name,
            pixel_format=first.format.name,
            variable_frame_rate=steady is None,
            audio=tuple(_audio_tracks(self._container)),
            note=" ".join(text for text in notes if text),
            container=self._container.format.name,
            hdr_metadata=_hdr_metadata(first),
            tags=tuple(sorted(self._container.metadata.items())),
        )


def probe_clip(path: str | Path) -> ClipInfo:
    """The facts of a clip.

    Raises:
        ClipError: It cannot be opened, indexed or decoded.
    """
    with VideoReader(path) as reader:
        return reader.info


def _tag(of_frame: int, of_stream: int) -> int:
    return of_frame if of_frame not in (0, 2, 3) else of_stream


def _audio_tracks(container: InputContainer) -> Iterator[AudioInfo]:
    for stream in container.streams.audio:
        context = stream.codec_context
        known = stream.duration is not None and stream.time_base is not None
        yield AudioInfo(
            stream_index=stream.index,
            codec=context.codec.canonical_name if context is not None else "unknown",
            channels=context.channels if context is not None else 0,
            sample_rate=context.sample_rate if context is not None else 0,
            language=stream.language,
            duration_seconds=float(stream.duration * stream.time_base) if known else None,  # type: ignore[operator]
        )


Orientation = tuple[bool, bool, bool]
"""Transpose first; then flip left-right; then flip top-bottom."""


def _orientation(frame: VideoFrame) -> Orientation:
    """What the display matrix asks for, to the nearest right angle.

    The matrix maps (x, y), y down, to (a x + c y, b x + d y); it is stored as a b u c d v x y w.
    """
    data = _side_data(frame, "DISPLAYMATRIX")
    if len(data) < 36:
        return False, False, False
    a, b, _, c, d = struct.unpack("<5i", data[:20])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return False, a < 0, d < 0
    return True, c < 0, b < 0


def _clockwise_degrees(orientation: Orientation) -> int:
    transpose, left_right, top_bottom = orientation
    if transpose:
        return 90 if left_right else 270
    return 180 if left_right and top_bottom else 0


def _turn(rgb: npt.NDArray[Any], orientation: Orientation) -> npt.NDArray[Any]:
    """Apply an orientation to (H, W, 3); the result is contiguous."""
    transpose, left_right, top_bottom = orientation
    if transpose:
        rgb = cv2.transpose(rgb)
    if left_right or top_bottom:
        rgb = cv2.flip(rgb, -1 if left_right and top_bottom else 1 if left_right else 0)
    return np.ascontiguousarray(rgb)


def _side_data(frame: VideoFrame, name: str) -> bytes:
    found = frame.side_data.get(name)
    return bytes(found) if isinstance(found, Buffer) else b""


def _hdr_metadata(frame: VideoFrame) -> tuple[str, str]:
    """Mastering display and light levels of a frame in x265's notation, empty where the frame has none.

    FFmpeg's structures: ten rationals (x and y of red, green, blue, white; least and greatest luminance in cd/m2) and
    two flags; two unsigned numbers of cd/m2.
    """
    display = light = ""
    data = _side_data(frame, "MASTERING_DISPLAY_METADATA")
    if len(data) >= 88:
        numbers = struct.unpack("<22i", data[:88])
        if numbers[20] and numbers[21] and all(numbers[at] > 0 for at in range(1, 20, 2)):
            value = [Fraction(numbers[at], numbers[at + 1]) for at in range(0, 20, 2)]
            red, green, blue, white = (
                f"({round(value[at] * 50000)},{round(value[at + 1] * 50000)})" for at in (0, 2, 4, 6)
            )
            least, greatest = round(value[8] * 10000), round(value[9] * 10000)
            display = f"G{green}B{blue}R{red}WP{white}L({greatest},{least})"
    data = _side_data(frame, "CONTENT_LIGHT_LEVEL")
    if len(data) >= 8:
        content, average = struct.unpack("<2I", data[:8])
        light = f"{content},{average}"
    return display, light

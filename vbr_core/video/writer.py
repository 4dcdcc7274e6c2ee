"""Writing the result: what came in as times, sound, shape of pixels and colour tags goes out again."""

from __future__ import annotations

import contextlib
import errno
import math
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import av.error
import numpy as np
import numpy.typing as npt

from vbr_core.errors import InputError, OutputError
from vbr_core.video.audio import AudioCarrier, AudioCut, audio_start
from vbr_core.video.color import (
    FULL_RANGE,
    LIMITED_RANGE,
    MATRIX_NUMBERS,
    PRIMARIES_NUMBERS,
    TRANSFER_NUMBERS,
    FromRgb,
    nearest_matrix,
)
from vbr_core.video.encode_settings import EncodeSettings

if TYPE_CHECKING:
    from types import TracebackType

    from av.container import OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from vbr_core.video.info import ClipInfo
    from vbr_core.video.timing import FrameIndex

__all__ = ["EncodeSettings", "VideoWriter"]

_FORMATS: Final = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_ARBITRARY_CLOCKS: Final = ("mpegts", "mpeg")
"""Formats whose first time means nothing: it is taken off."""
_AUDIO_AHEAD = Fraction(1, 2)
_MAX_MOVIE_TIMESCALE = 50_000_000
_FEW_FRAMES = 8
_CARRIED_TAGS = ("title", "artist", "comment", "creation_time", "location", "description", "copyright")


class VideoWriter:
    """Encodes frames into ``PATH.part`` and renames it to ``PATH`` when all is done. A context manager.

    Leaving the ``with`` block by an exception, or without :meth:`finish`, removes the part file; an earlier file at
    ``path`` stays untouched until :meth:`finish` has succeeded. All frames of the range have to be written, in order.

    The whole clip keeps its times exactly (if its file format has a clock with an arbitrary start, such as MPEG-TS,
    that start is taken off); a part of it starts at 0. Sound keeps its offset to the picture and is cut to the part.
    The picture is coded as 4:2:0; an odd width or height is padded by repeating its last column or row once.
    Matroska files hold times in milliseconds; MP4 and MOV hold the source's own.

    Args:
        path: Where to write: .mp4, .m4v, .mov or .mkv.
        source: The clip that the frames come from: sound, colour tags, shape of pixels.
        settings: How to encode.
        width: Columns of the pictures given to :meth:`write`.
        height: Rows of them.
        frame_range: First frame, and one past the last one.
        index: The frame index of the source.
        with_audio: Whether to carry the sound.

    Raises:
        OutputError: The place cannot be written to, is the source itself, or the settings cannot carry the source.
        InputError: The range or the size is impossible.
        ClipError: The sound of the source cannot be opened.
    """

    def __init__(
        self,
        path: str | Path,
        source: ClipInfo,
        settings: EncodeSettings,
        *,
        width: int,
        height: int,
        frame_range: tuple[int, int],
        index: FrameIndex,
        with_audio: bool = True,
    ) -> None:
        self._path = Path(os.path.abspath(path))
        self._part = self._path.with_name(self._path.name + ".part")
        self._index = index
        self._first, self._stop = _checked_range(frame_range, index)
        self._size = (height, width)
        if width < 1 or height < 1:
            raise InputError(f"A picture of {width} x {height} cannot be written.")
        settings.check_against(source)
        self._format = _format_of(self._path)
        self._check_place(source.path)
        self._color = replace(source.color, matrix=nearest_matrix(source.color.matrix))
        if source.color.matrix == "gbr":
            self._color = replace(self._color, full_range=False)
        self._notes = _conversions(source, settings, width, height)
        self._whole = (self._first, self._stop) == (0, len(index))
        self._origin = self._find_origin(source, with_audio)
        self._from_rgb = FromRgb(self._color, settings.pixel_format)
        self._next = self._first
        self._done = False
        self._owns_part = False
        self._output: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._audio: AudioCarrier | None = None
        try:
            self._create_part()
            self._start(source, settings, with_audio)
        except (OSError, ValueError, av.error.FFmpegError) as error:
            self.abort()
            raise self._sentence(error) from error
        except BaseException:
            self.abort()
            raise

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what could not be carried as it is, for the user."""
        return tuple(self._notes)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._done:
            self.abort()

    def write(self, frame_index: int, rgb: npt.NDArray[Any]) -> None:
        """Encode the next frame.

        Args:
            frame_index: Its index on the source's frames; the one after the last one written.
            rgb: (H, W, 3) uint8 0..255 or uint16 0..65535: upright, non-linear RGB code values in full range, in the
                source's primaries and transfer.

        Raises:
            InputError: It is not the next frame, or the array has another form.
            OutputError: The file cannot be written; the part file is removed.
        """
        if self._output is None or self._stream is None:
            raise OutputError(f"'{self._path.name}' is closed already.")
        if frame_index != self._next or frame_index >= self._stop:
            raise InputError(
                f"Frame {frame_index} was given where frame {self._next} of {self._first} to {self._stop - 1} is next."
            )
        if rgb.shape != (*self._size, 3):
            raise InputError(f"A picture of shape {rgb.shape} was given where {(*self._size, 3)} is expected.")
        frame = self._from_rgb.convert(_padded_to_even(rgb))
        frame.pts = self._index.pts_of(frame_index) - self._origin
        frame.time_base = self._index.time_base
        try:
            self._mux(self._stream.encode(frame))
            if self._audio is not None:
                self._audio.carry_until(self._index.time_of(frame_index) + _AUDIO_AHEAD)
        except (OSError, ValueError, av.error.FFmpegError) as error:
            self.abort()
            raise self._sentence(error) from error
        self._next += 1

    def finish(self) -> Path:
        """Write what the encoder still holds, close the file and give it its name.

        Returns:
            The path of the finished file.

        Raises:
            OutputError: Frames are missing, or the file cannot be written; the part file is removed.
        """
        if self._output is None or self._stream is None:
            raise OutputError(f"'{self._path.name}' is closed already.")
        if self._next != self._stop:
            self.abort()
            raise OutputError(
                f"Only {self._next - self._first} of {self._stop - self._first} frames were written.",
                "Nothing was kept.",
            )
        try:
            self._mux(self._stream.encode(None))
            if self._audio is not None:
                self._audio.finish()
                self._audio.close()
                self._audio = None
            self._output.close()
            self._output = None
            os.replace(self._part, self._path)
        except (OSError, ValueError, av.error.FFmpegError) as error:
            self.abort()
            raise self._sentence(error) from error
        self._done = True
        return self._path

    def abort(self) -> None:
        """Close and remove the part file. Does nothing after :meth:`finish`."""
        if self._done:
            return
        self._done = True
        if self._audio is not None:
            self._audio.close()
            self._audio = None
        # Removed first where the system allows it: closing would otherwise move the whole file once more.
        self._remove_part()
        if self._output is not None:
            with contextlib.suppress(OSError, ValueError, av.error.FFmpegError):
                self._output.close()
            self._output = None
        self._stream = None
        self._remove_part()

    # -- set-up --------------------------------------------------------------------------------------------------

    def _check_place(self, source: Path) -> None:
        folder = self._path.parent
        if not os.path.isdir(folder):
            raise OutputError(f"There is no folder '{folder}' to write to.", "Create it, or choose another one.")
        if os.path.isdir(self._path):
            raise OutputError(f"'{self._path}' is a folder.", "Give the name of a file.")
        for place in (self._path, self._part):
            with contextlib.suppress(OSError, ValueError):
                if os.path.samefile(place, source):
                    raise OutputError(
                        f"The output '{self._path.name}' is the clip itself.", "Give the output another name."
                    )

    def _create_part(self) -> None:
        """Make the part file, so that a place that cannot be written to shows at once."""
        with self._part.open("wb"):
            self._owns_part = True

    def _remove_part(self) -> None:
        if self._owns_part:
            with contextlib.suppress(OSError):
                self._part.unlink()

    def _find_origin(self, source: ClipInfo, with_audio: bool) -> int:
        """The presentation time that becomes 0, units of the index's time base."""
        if not self._whole:
            return self._index.pts_of(self._first)
        sound = audio_start(source.path) if with_audio and source.audio else None
        start = self._index.start if sound is None else min(sound, self._index.start)
        if source.container in _ARBITRARY_CLOCKS or self._index.start < 0:
            return math.floor(start / self._index.time_base)
        return 0

    def _start(self, source: ClipInfo, settings: EncodeSettings, with_audio: bool) -> None:
        time_base = self._index.time_base
        options = {}
        if self._format in ("mp4", "mov"):
            options["movflags"] = "+faststart"
            options["video_track_timescale"] = str(time_base.denominator)
            options["movie_timescale"] = str(_movie_timescale(time_base, source))
        self._output = av.open(str(self._part), mode="w", format=self._format, container_options=options)
        self._output.metadata.update({key: value for key, value in source.tags if key in _CARRIED_TAGS})
        height, width = self._size
        rate = source.frame_rate.limit_denominator(10_000)
        encoder_options = settings.encoder_options(source)
        if settings.codec == "hevc" and self._stop - self._first <= _FEW_FRAMES:
            # x265 4 makes up decoding times where a clip ends before its reordering has filled
            encoder_options["x265-params"] += ":bframes=0"
        stream = self._output.add_stream(
            "libx264" if settings.codec == "h264" else "libx265",
            rate=rate if rate > 0 else 25,
            options=encoder_options,
            width=width + width % 2,
            height=height + height % 2,
            time_base=time_base,
        )
        context = stream.codec_context
        context.pix_fmt = settings.pixel_format
        context.time_base = time_base
        context.thread_count = settings.threads
        context.gop_size = max(12, round(2 * rate))
        context.sample_aspect_ratio = source.sample_aspect_ratio.limit_denominator(10_000)
        context.colorspace = MATRIX_NUMBERS[self._color.matrix]
        context.color_primaries = PRIMARIES_NUMBERS[self._color.primaries]
        context.color_trc = TRANSFER_NUMBERS[self._color.transfer]
        context.color_range = FULL_RANGE if self._color.full_range else LIMITED_RANGE
        if settings.codec == "hevc" and self._format != "matroska":
            context.codec_tag = "hvc1"
        self._stream = stream
        if with_audio and source.audio:
            self._audio = AudioCarrier(source.path, self._output, self._audio_cut())
            self._notes += self._audio.notes
        self._output.start_encoding()

    def _audio_cut(self) -> AudioCut:
        time_base = self._index.time_base
        origin = self._origin * time_base
        if self._whole:
            return AudioCut(origin)
        last = self._stop - 1
        stop = (self._index.pts_of(last) + self._index.duration_of(last)) * time_base
        return AudioCut(origin, start=self._index.time_of(self._first), stop=stop)

    # -- on the way ----------------------------------------------------------------------------------------------

    def _mux(self, packets: list[Packet[Any]]) -> None:
        assert self._output is not None
        for packet in packets:
            found = self._index.find(packet.pts + self._origin) if packet.pts is not None else None
            if found is not None:
                packet.duration = self._index.duration_of(found)
            self._output.mux(packet)

    def _sentence(self, error: Exception) -> OutputError:
        number = getattr(error, "errno", None)
        name, folder = self._path.name, self._path.parent
        if number in (errno.ENOSPC, errno.EDQUOT):
            return OutputError(f"The disk is full: '{name}' could not be written.", "Make room and try again.")
        if number == errno.EFBIG:
            return OutputError(f"'{name}' became too large for its disk.", "Choose another disk or a lower quality.")
        if number in (errno.EACCES, errno.EPERM, errno.EROFS):
            return OutputError(f"'{folder}' may not be written to.", "Choose another folder.")
        if number == errno.ENAMETOOLONG:
            return OutputError(f"The name '{name[:40]}...' is too long.", "Choose a shorter one.")
        reason = getattr(error, "strerror", None) or str(error)
        return OutputError(f"'{name}' could not be written: {reason}.", "Choose another place or other settings.")


def _checked_range(frame_range: tuple[int, int], index: FrameIndex) -> tuple[int, int]:
    first, stop = frame_range
    if not 0 <= first < stop <= len(index):
        raise InputError(
            f"The range {first}:{stop} does not fit a clip of {len(index)} frames.",
            f"Give it as A:B with 0 <= A < B <= {len(index)}; it means frames A to B-1.",
        )
    return first, stop


def _format_of(path: Path) -> str:
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        raise OutputError(f"'{path.name}' does not end in a known video suffix.", f"Use one of: {', '.join(_FORMATS)}.")
    return found


def _movie_timescale(time_base: Fraction, source: ClipInfo) -> int:
    """Units of the MP4 header's clock: start offsets of the tracks are stored in it, so it has to hold both exactly."""
    scale = time_base.denominator
    for track in source.audio:
        joint = math.lcm(scale, max(1, track.sample_rate))
        if joint <= _MAX_MOVIE_TIMESCALE:
            scale = joint
    return scale


def _conversions(source: ClipInfo, settings: EncodeSettings, width: int, height: int) -> list[str]:
    notes = []
    if source.bit_depth > settings.bit_depth:
        notes.append(f"The clip's {source.bit_depth} bits a sample become {settings.bit_depth}.")
    if "420" not in source.pixel_format and source.pixel_format not in ("nv12", "p010le"):
        notes.append(f"The clip's pixel format {source.pixel_format} becomes {settings.pixel_format}.")
    if width % 2 or height % 2:
        notes.append(f"The picture is padded from {width} x {height} to {width + width % 2} x {height + height % 2}.")
    return notes


def _padded_to_even(rgb: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(H, W, 3) with the last row or column repeated where H or W is odd."""
    height, width = rgb.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return rgb
    return np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")

"""What is known about a clip without looking at its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
"""Transfer functions of high dynamic range: PQ and HLG."""


@dataclass(frozen=True)
class AudioInfo:
    """One audio track.

    Attributes:
        stream_index: Number of the stream in the file.
        codec: Short name, such as ``aac``.
        channels: Number of channels.
        sample_rate: Samples a second.
        language: ISO 639 code such as ``eng``, None if not stated.
        duration_seconds: As the file states it; None if it does not.
    """

    stream_index: int
    codec: str
    channels: int
    sample_rate: int
    language: str | None
    duration_seconds: float | None


@dataclass(frozen=True)
class ColorInfo:
    """How code values mean colour, in FFmpeg's names (``bt709``, ``smpte170m``, ``bt2020nc``, ``smpte2084`` ...).

    Attributes:
        matrix: RGB to YUV matrix; ``gbr`` for a file that holds RGB.
        primaries: Chromaticities of red, green, blue and white.
        transfer: Transfer characteristic of the code values.
        full_range: Whether black and white are the ends of the code range (else 16..235 of 255).
        guessed: Whether matrix, primaries or transfer was missing and filled in.
    """

    matrix: str
    primaries: str
    transfer: str
    full_range: bool
    guessed: bool = False

    @property
    def is_hdr(self) -> bool:
        """Whether the transfer is PQ or HLG."""
        return self.transfer in HDR_TRANSFERS


@dataclass(frozen=True)
class ClipInfo:
    """The facts of a clip.

    Attributes:
        path: The file.
        width: Columns of the upright picture, pixels.
        height: Rows of the upright picture, pixels.
        frame_count: Frames that can be decoded.
        time_base: Seconds in one unit of pts.
        frame_rate: Frames a second, average; the exact rate if it is constant.
        duration_seconds: From the start of the first frame to the end of the last.
        start_seconds: Presentation time of the first frame on the file's clock.
        rotation: Clockwise turn that the file asks for, 0, 90, 180 or 270 degrees. Frames come with it applied.
        sample_aspect_ratio: Width of a pixel divided by its height, of the upright picture.
        color: Meaning of the code values.
        bit_depth: Bits in a sample of the file.
        codec: Short name of the video codec, such as ``h264``.
        pixel_format: FFmpeg's name of the stored format, such as ``yuv420p``.
        variable_frame_rate: Whether the frames do not follow one constant rate.
        audio: All audio tracks.
        note: Empty, or what the user should know about the file, such as that it is cut off.
        container: FFmpeg's name of the file format, such as ``mov,mp4,m4a,3gp,3g2,mj2``.
        hdr_metadata: x265's ``master-display`` and ``max-cll`` texts of an HDR10 clip, empty where not stated.
        tags: Names and texts that the file carries, such as ``title`` and ``creation_time``.
    """

    path: Path
    width: int
    height: int
    frame_count: int
    time_base: Fraction
    frame_rate: Fraction
    duration_seconds: float
    start_seconds: float
    rotation: int
    sample_aspect_ratio: Fraction
    color: ColorInfo
    bit_depth: int
    codec: str
    pixel_format: str
    variable_frame_rate: bool
    audio: tuple[AudioInfo, ...] = ()
    note: str = ""
    container: str = ""
    hdr_metadata: tuple[str, str] = ("", "")
    tags: tuple[tuple[str, str], ...] = ()

"""What a person can set, with its limits. Shared by the window, the command line and the tests."""

from __future__ import annotations

import math
from typing import Literal, get_args

import msgspec

from vbr_core.errors import InputError

K_MAX = 400.0
"""Largest blur amount: radius in pixels per unit of disparity at a picture height of 1080."""

RENDERERS = ("vbr", "scatter", "layered")
"""What a person can choose."""

NETWORK_NAMES = ("vbr-hybrid",)
"""Networks that ship, each by its own name; ``vbr`` is the best of them."""

DEVICES = ("auto", "cpu", "cuda", "mps")

RendererName = Literal["vbr", "scatter", "layered"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]
CodecName = Literal["auto", "h264", "hevc"]

DepthReading = Literal["auto", "disparity", "depth", "inverted"]
DEPTH_READINGS: tuple[DepthReading, ...] = ("auto", "disparity", "depth", "inverted")
"""What the numbers of depth files mean. ``disparity``: larger is nearer; ``depth``: distances, disparity is one over
them; ``inverted``: disparity with its sign turned, larger is farther; ``auto``: by ``vbr_core.depth.import_rules``."""


def check_focus(d_f: float) -> float:
    """Return ``d_f`` (disparity of the focal plane, 0..1) if it is in range.

    Raises:
        InputError: It is not a number in 0..1.
    """
    if not (math.isfinite(d_f) and 0.0 <= d_f <= 1.0):
        raise InputError(
            f"The focus {d_f:g} is outside 0 to 1.", "Give a disparity between 0 (farthest) and 1 (nearest)."
        )
    return float(d_f)


def check_blur(k: float) -> float:
    """Return ``K`` (blur amount in the 1080-line unit) if it is in range.

    Raises:
        InputError: It is negative, not finite, or larger than :data:`K_MAX`.
    """
    if not math.isfinite(k) or k < 0 or k > K_MAX:
        raise InputError(f"The blur amount K = {k:g} is outside 0 to {K_MAX:g}.", "40 is a strong, natural blur.")
    return float(k)


def check_sharp_zone(zone: float) -> float:
    """Return the half-width of the sharp zone (disparity, 0..0.5) if it is in range.

    Raises:
        InputError: It is not a number in 0..0.5.
    """
    if not (math.isfinite(zone) and 0.0 <= zone <= 0.5):
        raise InputError(f"The sharp zone {zone:g} is outside 0 to 0.5.", "0.05 keeps a face sharp from nose to ears.")
    return float(zone)


def check_choice(value: str, choices: tuple[str, ...], what: str) -> str:
    """Return ``value`` if it is one of ``choices``.

    Raises:
        InputError: It is not; the sentence names the choices.
    """
    if value not in choices:
        raise InputError(f"There is no {what} called '{value}'.", f"Choose one of: {', '.join(choices)}.")
    return value


def check_range(start: int, stop: int | None) -> None:
    """Let a range of frames pass: ``start`` to ``stop - 1``, None for the end of the clip.

    Raises:
        InputError: It holds no frame.
    """
    if start < 0 or (stop is not None and stop <= start):
        raise InputError(
            f"The range {start}:{'' if stop is None else stop} holds no frame.",
            "Give it as A:B with A smaller than B; it means frames A to B-1.",
        )


def result_size(size: tuple[int, int], short_side_px: int | None) -> tuple[int, int]:
    """Width and height of the result for a clip of ``size`` (width, height), pixels.

    A clip whose shorter side is larger than ``short_side_px`` is made smaller to it, with even sides; any other stays.
    """
    width, height = size
    if short_side_px is None or min(size) <= short_side_px:
        return size
    scale = short_side_px / min(size)
    return max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2))


class RenderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a picture is rendered.

    Attributes:
        renderer: One of :data:`RENDERERS`.
        device: Where it runs; ``auto`` takes CUDA if there is one, else the CPU.
    """

    renderer: str = "vbr"
    device: str = "auto"

    def __post_init__(self) -> None:
        check_choice(self.renderer, RENDERERS, "renderer")
        check_choice(self.device, DEVICES, "device")


class ExportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an export writes.

    Attributes:
        output: Path of the file to write. Its suffix chooses the container (.mp4, .mov, .mkv).
        start: First frame (index on the clip's own frames).
        stop: One past the last frame; None for the end of the clip.
        codec: ``auto`` takes H.264 for 8-bit clips and HEVC for deeper ones.
        quality: Constant rate factor, 0 (lossless) to 51; None for the codec's default here.
        audio: Whether all audio tracks are carried.
        render: Where the pictures are made. The renderer of a project export is the project's own.
        short_side_px: Largest shorter side of the result, 16 to 8640: larger clips are made smaller before they are
            rendered, smaller ones stay as they are. None for the clip's own size.
        bit_depth: 8 or 10 bits a sample; None for the clip's own where the codec can. 10 needs HEVC; pictures of an
            8-bit clip are then rendered with 16 bits, so that soft gradients do not band.
    """

    output: str
    start: int = 0
    stop: int | None = None
    codec: str = "auto"
    quality: int | None = None
    audio: bool = True
    render: RenderSettings = RenderSettings()
    short_side_px: int | None = None
    bit_depth: int | None = None

    def __post_init__(self) -> None:
        check_choice(self.codec, get_args(CodecName), "codec")
        if self.short_side_px is not None and not 16 <= self.short_side_px <= 8640:
            raise InputError(
                f"A picture size of {self.short_side_px} lines cannot be written.", "Choose 16 to 8640, such as 1080."
            )
        if self.bit_depth not in (None, 8, 10):
            raise InputError(f"A bit depth of {self.bit_depth} cannot be written.", "Choose 8 or 10.")
        if self.bit_depth == 10 and self.codec == "h264":
            raise InputError("H.264 is written with 8 bits here.", "Choose the codec hevc for 10 bits.")
        if self.quality is not None and not 0 <= self.quality <= 51:
            raise InputError(
                f"The quality {self.quality} is outside 0 to 51.", "18 looks like the source, 23 is small."
            )
        check_range(self.start, self.stop)


class DepthSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an export of the disparity alone writes.

    Attributes:
        output: Path of the file or folder to write.
        start: First frame (index on the clip's own frames).
        stop: One past the last frame; None for the end of the clip.
        form: One of :data:`vbr_core.depth.export.FORMATS`; None to choose by the suffix.
        render: The device that the disparity is estimated on.
    """

    output: str
    start: int = 0
    stop: int | None = None
    form: str | None = None
    render: RenderSettings = RenderSettings()

    def __post_init__(self) -> None:
        check_range(self.start, self.stop)


class StillSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an export of one frame writes.

    Attributes:
        output: Path of the picture; its suffix chooses the format.
        frame: Index on the clip's own frames.
        bit_depth: 8 or 16 bits a channel; None for the clip's own where the file can hold it.
        render: Where the picture is made. The renderer is the project's own.
    """

    output: str
    frame: int = 0
    bit_depth: int | None = None
    render: RenderSettings = RenderSettings()

    def __post_init__(self) -> None:
        if self.bit_depth not in (None, 8, 16):
            raise InputError(f"A picture with {self.bit_depth} bits a channel cannot be written.", "Choose 8 or 16.")


AnyExport = ExportSettings | DepthSettings | StillSettings
"""What can be written of a project."""

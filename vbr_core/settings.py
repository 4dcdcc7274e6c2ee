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
    """

    output: str
    start: int = 0
    stop: int | None = None
    codec: str = "auto"
    quality: int | None = None
    audio: bool = True
    render: RenderSettings = RenderSettings()

    def __post_init__(self) -> None:
        check_choice(self.codec, get_args(CodecName), "codec")
        if self.quality is not None and not 0 <= self.quality <= 51:
            raise InputError(
                f"The quality {self.quality} is outside 0 to 51.", "18 looks like the source, 23 is small."
            )
        if self.start < 0 or (self.stop is not None and self.stop <= self.start):
            raise InputError(
                f"The range {self.start}:{'' if self.stop is None else self.stop} holds no frame.",
                "Give it as A:B with A smaller than B; it means frames A to B-1.",
            )

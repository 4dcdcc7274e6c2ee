"""How a result is encoded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vbr_core.errors import InputError, OutputError

if TYPE_CHECKING:
    from vbr_core.video.info import ClipInfo

PRESETS: Final = (
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
)
_ENCODERS: Final = {"h264": "libx264", "hevc": "libx265"}
_DEFAULT_QUALITY: Final = {"h264": 17, "hevc": 18}
_MAX_THREADS: Final = 16
"""Every encoder thread holds frames of its own: without a bound, memory grows with the number of cores."""


@dataclass(frozen=True)
class EncodeSettings:
    """How a result is encoded.

    Attributes:
        codec: ``h264`` or ``hevc``.
        quality: Constant rate factor, 0 (lossless or nearly so) to 51; None for 17 (H.264) or 18 (HEVC), which are
            hard to tell from the source.
        preset: Speed against size, one of :data:`PRESETS`.
        bit_depth: 8 or 10.

    Raises:
        InputError: One of them is something else.
    """

    codec: str = "h264"
    quality: int | None = None
    preset: str = "medium"
    bit_depth: int = 8

    def __post_init__(self) -> None:
        if self.codec not in _ENCODERS:
            raise InputError(f"There is no codec called '{self.codec}'.", f"Choose one of: {', '.join(_ENCODERS)}.")
        if self.quality is not None and not 0 <= self.quality <= 51:
            raise InputError(f"The quality {self.quality} is outside 0 to 51.", "18 looks like the source.")
        if self.preset not in PRESETS:
            raise InputError(f"There is no preset called '{self.preset}'.", f"Choose one of: {', '.join(PRESETS)}.")
        if self.bit_depth not in (8, 10):
            raise InputError(f"A bit depth of {self.bit_depth} cannot be written.", "Choose 8 or 10.")

    @classmethod
    def for_clip(
        cls,
        source: ClipInfo,
        codec: str = "auto",
        quality: int | None = None,
        preset: str = "medium",
        bit_depth: int | None = None,
    ) -> EncodeSettings:
        """Settings that keep the source's depth where the codec can, unless another is asked for.

        ``auto`` takes H.264 for 8-bit clips and 10-bit HEVC for deeper ones; ``hevc`` keeps 10 bits of a deeper clip;
        ``h264`` means 8 bits, which every player shows.

        Raises:
            InputError: A value is out of range.
        """
        deep = bit_depth > 8 if bit_depth is not None else source.bit_depth > 8 or source.color.is_hdr
        if codec == "auto":
            codec = "hevc" if deep else "h264"
        return cls(codec, quality, preset, 10 if deep and codec == "hevc" else 8)

    def check_against(self, source: ClipInfo) -> None:
        """Refuse what would lose the meaning of the source's colours.

        Raises:
            OutputError: The source is PQ or HLG and the output is not 10-bit HEVC.
        """
        if source.color.is_hdr and (self.codec != "hevc" or self.bit_depth != 10):
            kind = "PQ" if source.color.transfer == "smpte2084" else "HLG"
            raise OutputError(
                f"The clip is HDR ({kind}), which {self.bit_depth}-bit {self.codec} cannot carry faithfully.",
                "Choose the codec hevc with 10 bits.",
            )

    @property
    def encoder(self) -> str:
        """FFmpeg's name of the encoder."""
        return _ENCODERS[self.codec]

    @property
    def pixel_format(self) -> str:
        """FFmpeg's name of the coded format."""
        return "yuv420p" if self.bit_depth == 8 else "yuv420p10le"

    @property
    def threads(self) -> int:
        """Encoder threads."""
        return min(_MAX_THREADS, os.cpu_count() or 1)

    def encoder_options(self, source: ClipInfo) -> dict[str, str]:
        """Options for the encoder. GOPs are closed, so that every keyframe is a clean cut."""
        crf = self.quality if self.quality is not None else _DEFAULT_QUALITY[self.codec]
        options = {"crf": str(crf), "preset": self.preset}
        if self.codec == "hevc":
            parts = ["log-level=none", "open-gop=0", f"pools={self.threads}", f"frame-threads={min(4, self.threads)}"]
            display, light = source.hdr_metadata
            if source.color.transfer == "smpte2084":
                parts += ["hdr10=1", "repeat-headers=1"]
                parts += [f"master-display={display}"] if display else []
                parts += [f"max-cll={light}"] if light else []
            options["x265-params"] = ":".join(parts)
        return options

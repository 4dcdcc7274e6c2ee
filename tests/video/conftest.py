"""Clips shared by the video tests: each variant is made once a run."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.clips import make_clip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VARIANTS: dict[str, dict[str, Any]] = {
    "cfr25": {"gop": 8},
    "ntsc": {"fps": Fraction(30000, 1001), "audio": 1},
    "vfr": {"vfr": True, "audio": 1, "b_frames": 2},
    "b_frames": {"b_frames": 3, "gop": 10, "frames": 40},
    "open_gop": {"b_frames": 3, "gop": 8, "open_gop": True, "frames": 40},
    "hevc_open_gop": {"codec": "hevc", "b_frames": 3, "gop": 8, "open_gop": True, "frames": 32},
    "rotated90": {"rotation": 90, "width": 64, "height": 96},
    "rotated180": {"rotation": 180},
    "rotated270": {"rotation": 270, "width": 64, "height": 96, "b_frames": 2},
    "ten_bit": {"bit_depth": 10, "codec": "hevc", "b_frames": 2},
    "odd_size": {"width": 67, "height": 49},
    "two_tracks": {"audio": 2, "b_frames": 2},
    "delayed": {"start_offset": 0.5, "audio": 1, "b_frames": 2},
    "delayed_vfr": {"start_offset": 0.31, "vfr": True, "b_frames": 2},
    "anamorphic": {"sample_aspect_ratio": Fraction(4, 3), "color": (6, 6, 6, 1)},
    "full_range": {"color": (1, 1, 1, 2)},
    "one_frame": {"frames": 1},
    "tiny": {"width": 16, "height": 16, "frames": 5},
}


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``clip(name)``: path of a variant of :data:`VARIANTS`. Do not change the file."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            made[name] = make_clip(folder / f"{name}.mp4", **VARIANTS[name])
        return made[name]

    return get

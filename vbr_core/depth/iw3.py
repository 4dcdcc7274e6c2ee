"""Folders in the layout of iw3 (the 2D-to-3D converter of the nunif project), so that depth can go there and back.

Layout, as iw3 writes and reads it: ``iw3_export.yml`` beside ``depth`` (grey 16-bit PNG, white nearest), ``rgb`` (the
frames) and ``audio.m4a``; pictures of both folders belong together in the order of their names. The values are over
65535; where ``skip_mapper`` is false they still have to go through the curve called ``mapper`` to become disparity.
``scene_boundary`` names the last picture of each shot.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from numpy.typing import NDArray

CONFIG_NAME: Final = "iw3_export.yml"
RGB_NAME: Final = "rgb"
DEPTH_NAME: Final = "depth"
AUDIO_NAME: Final = "audio.m4a"

_SCALAR = re.compile(r"^([A-Za-z_]\w*):[ \t]*(.*?)[ \t]*$")
_BOUNDARY = re.compile(r"^[ \t]+scene_boundary:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_MAX_CONFIG_BYTES = 4 << 20

_SOFTPLUS: Final = {"mul_1": (0.343, 12.0), "mul_2": (0.515, 12.0), "mul_3": (0.687, 12.0)}
_INVERSE_SOFTPLUS: Final = {
    "inv_mul_1": (-0.002102, 7.8788),
    "inv_mul_2": (-0.0003, 6.2626),
    "inv_mul_3": (-0.0001, 3.4343),
}
_DISTANCE: Final = {"div_25": 2.5, "div_10": 1.0, "div_6": 0.6, "div_4": 0.4, "div_2": 0.2, "div_1": 0.1}
_SHIFT: Final = {"shift_25": 0.25, "shift_50": 0.5, "shift_75": 0.75}
_DISTANCE_SHIFT: Final = {"div_shift_25": 0.25, "div_shift_50": 0.5, "div_shift_75": 0.75}


@dataclass(frozen=True)
class Iw3Folder:
    """What an iw3 folder says.

    Attributes:
        depth: Folder of the depth pictures.
        mapper: Name of the curve from its values to disparity; ``none`` if they are disparity.
        boundaries: Names (without suffix) of the last pictures of the shots.
    """

    depth: Path
    mapper: str = "none"
    boundaries: frozenset[str] = frozenset()


def find_iw3(path: Path) -> Iw3Folder | None:
    """Understand ``path`` as an iw3 folder or its ``iw3_export.yml``; None if it is neither.

    Raises:
        DepthError: The file is damaged, or the folder that it names is missing.
    """
    config = path if path.name == CONFIG_NAME else path / CONFIG_NAME
    if not config.is_file():
        depth = path / DEPTH_NAME
        if path.is_dir() and depth.is_dir() and (path / RGB_NAME).is_dir():
            return Iw3Folder(depth)
        return None
    try:
        if config.stat().st_size > _MAX_CONFIG_BYTES:
            raise ValueError("too long")
        text = config.read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        raise DepthError(f"'{config}' cannot be read.", "Export the depth from iw3 again.") from error
    values = {match[1]: _scalar(match[2]) for match in map(_SCALAR.match, text.splitlines()) if match}
    if values.get("type") not in ("video", "images"):
        raise DepthError(f"'{config}' is not an export of iw3: it has no known type.", "Give its depth folder instead.")
    depth = config.parent / (values.get("depth_dir") or DEPTH_NAME)
    if not depth.is_dir():
        raise DepthError(f"'{config}' names the folder '{depth}', which is not there.", "Copy the whole export.")
    skipped = values.get("skip_mapper", "").lower() == "true"
    boundary = _BOUNDARY.search(text)
    names = _scalar(boundary[1]).split(",") if boundary else []
    return Iw3Folder(
        depth, "none" if skipped else values.get("mapper") or "none", frozenset(name for name in names if name)
    )


def _scalar(text: str) -> str:
    """A plain or quoted YAML scalar; empty for null."""
    if text[:1] in ("'", '"'):
        return text[1 : text.rfind(text[0])] if text.rfind(text[0]) > 0 else text[1:]
    text = text.split(" #", 1)[0].strip()
    return "" if text in ("null", "~", "") else text


def config_text(basename: str, frame_rate: Fraction, has_audio: bool, boundaries: list[str]) -> str:
    """``iw3_export.yml`` for disparity that needs no further curve."""
    rate = str(frame_rate.numerator) if frame_rate.denominator == 1 else json.dumps(str(frame_rate))
    lines = [
        "type: video",
        f"basename: {json.dumps(basename)}",
        f"fps: {rate}",
        f"rgb_dir: {RGB_NAME}",
        f"depth_dir: {DEPTH_NAME}",
        *([f"audio_file: {AUDIO_NAME}"] if has_audio else []),
        "mapper: none",
        "skip_mapper: true",
        "skip_edge_dilation: true",
        "user_data:",
        "  export_options:",
        "    depth_model: VBR Studio",
        "    export_disparity: true",
        f"  scene_boundary: {json.dumps(','.join(boundaries))}",
    ]
    return "\n".join(lines) + "\n"


def check_mapper(name: str) -> None:
    """Let a mapper pass that :func:`apply_mapper` knows.

    Raises:
        DepthError: It does not.
    """
    try:
        apply_mapper(np.linspace(0.0, 1.0, 3, dtype=np.float32), name)
    except (KeyError, ValueError) as error:
        raise DepthError(
            f"The iw3 export uses the mapper '{name}', which is not known here.",
            "Export disparity from iw3 (its mapper is applied then).",
        ) from error


def apply_mapper(values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """Values 0..1 through a curve of iw3: any shape, float32 0..1, white nearest before and after.

    Args:
        values: Any shape, float32, 0..1.
        name: One mapper; several one after the other, as ``a:b``; or the mean of two, as ``a+b=weight of b``.

    Raises:
        KeyError: There is no such mapper.
        ValueError: The weight is not a number.
    """
    for each in name.split(":"):
        mixed, _, weight_text = each.partition("=")
        first, plus, second = mixed.partition("+")
        if not plus:
            values = _curve(values, first)
            continue
        weight = np.float32(float(weight_text) if weight_text else 0.5)
        values = _curve(values, first) * (1 - weight) + _curve(values, second) * weight
    return np.asarray(values, dtype=np.float32)


def _curve(x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    if name == "none":
        return x
    if name == "pow2":
        return x * x
    if name in _SOFTPLUS:
        bias, scale = _SOFTPLUS[name]
        low, high = (math.log1p(math.exp((end - bias) * scale)) for end in (0.0, 1.0))
        return np.asarray((np.log1p(np.exp((x - bias) * scale)) - low) / (high - low))
    if name in _INVERSE_SOFTPLUS:
        bias, scale = _INVERSE_SOFTPLUS[name]
        low, high = (math.log(max(1e-6, math.expm1((end - bias) * scale))) for end in (0.0, 1.0))
        return np.asarray((np.log(np.maximum(1e-6, np.expm1((x - bias) * scale))) - low) / (high - low))
    if name in _DISTANCE:
        return _nearness_to_disparity(x, _DISTANCE[name])
    if name in _SHIFT:
        return (1.0 - _SHIFT[name]) * x + _SHIFT[name]
    shift, c = _DISTANCE_SHIFT[name], 0.6
    nearness = np.asarray((1.0 - shift) * ((c + 1.0) * x / (x + c)) + shift, dtype=np.float32)
    return _nearness_to_disparity(nearness, c)


def _nearness_to_disparity(x: NDArray[np.float32], c: float) -> NDArray[np.float32]:
    """1 - distance -> disparity: one over the distance plus c, brought to 0..1."""
    least = c / (1.0 + c)
    return np.asarray((c / (1.0 + c - x) - least) / (1.0 - least))

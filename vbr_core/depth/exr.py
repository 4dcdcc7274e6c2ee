"""Depth in OpenEXR files.

Read and written by the OpenEXR library itself: OpenCV's wheels come without it, and FFmpeg knows only colour channels.
It is imported where it is needed, as it is needed seldom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vbr_core.depth.import_rules import DEPTH_CHANNELS, DISPARITY_CHANNELS, RawMap
from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

EXR_SUFFIX = ".exr"
STATED = "disparity, 0 farthest, 1 nearest"
"""Comment in the files of this program; a file with it needs no guessing."""

GREY_CHANNELS = ("y", "v", "mist")
COLOUR_TOLERANCE = 1 / 32
_DTYPES = {"HALF": np.float16, "FLOAT": np.float32, "UINT": np.uint32}


def write_exr(path: Path, disparity: NDArray[np.float32]) -> None:
    """Write disparity (h, w) float32 0..1 as one half-precision channel ``Y``, losslessly compressed.

    Half precision has steps of at most 1/2048 of the range.

    Raises:
        OSError: It cannot be written.
    """
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, "comments": STATED}
    try:
        OpenEXR.File(header, {"Y": np.ascontiguousarray(disparity, dtype=np.float16)}).write(str(path))
    except RuntimeError as error:
        raise OSError(str(error)) from error


def exr_size(path: Path) -> tuple[int, int]:
    """(height, width) of the picture, from the header.

    Raises:
        DepthError: The file cannot be read.
    """
    import OpenEXR

    try:
        display = OpenEXR.File(str(path), header_only=True).parts[0].header["displayWindow"]
    except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        raise _unreadable(path) from error
    return _size(_box(display))


def read_exr(path: Path) -> RawMap:
    """The depth of an EXR file, by the channel that looks most like it.

    A channel called depth or Z comes first (in any layer or part: ``ViewLayer.Depth.Z``), then disparity, then grey: Y,
    or equal R, G and B; else the only one there is. What lies outside the data window is NaN.

    Raises:
        DepthError: The file cannot be read, or holds colours only.
    """
    try:
        picture = _open(path)
        name = _choose(picture, path)
        return RawMap(picture.read(name), 0, _last(name), "disparity" if picture.comment == STATED else "")
    except (OSError, RuntimeError, ValueError, KeyError, IndexError, MemoryError) as error:
        raise _unreadable(path) from error


Box = tuple[int, int, int, int]
"""Top, left, bottom, right; the last two are inside."""


@dataclass(frozen=True)
class _Channel:
    box: Box
    load: Callable[[], NDArray[Any]]


@dataclass(frozen=True)
class _Exr:
    display: Box
    comment: str
    channels: dict[str, _Channel]

    def read(self, name: str) -> NDArray[np.float32]:
        """(h, w) float32 of the display window; NaN outside the data window."""
        channel = self.channels[name]
        shape = _size(channel.box)
        values = channel.load().reshape(shape).astype(np.float32)
        if channel.box == self.display:
            return values
        height, width = _size(self.display)
        top, left = channel.box[0] - self.display[0], channel.box[1] - self.display[1]
        out = np.full((height, width), np.nan, np.float32)
        first_y, first_x = max(0, top), max(0, left)
        last_y, last_x = min(height, top + shape[0]), min(width, left + shape[1])
        if last_y > first_y and last_x > first_x:
            inside = values[first_y - top : last_y - top, first_x - left : last_x - left]
            out[first_y:last_y, first_x:last_x] = inside
        return out


def _open(path: Path) -> _Exr:
    """A file of one part by the older interface: the newer one writes to standard output where a file is cut off."""
    import OpenEXR

    parts = OpenEXR.File(str(path), header_only=True).parts
    header = parts[0].header
    display, comment = _box(header["displayWindow"]), str(header.get("comments", ""))
    channels: dict[str, _Channel] = {}
    if len(parts) == 1:
        file = OpenEXR.InputFile(str(path))
        box = _box(header["dataWindow"])

        def reader(name: str, dtype: type) -> Callable[[], NDArray[Any]]:
            return lambda: np.frombuffer(file.channel(name), dtype)

        for name, channel in file.header()["channels"].items():
            if (channel.xSampling, channel.ySampling) == (1, 1):
                channels[name] = _Channel(box, reader(name, _DTYPES[str(channel.type)]))
        return _Exr(display, comment, channels)

    def holder(pixels: NDArray[Any]) -> Callable[[], NDArray[Any]]:
        return lambda: pixels

    for number, part in enumerate(OpenEXR.File(str(path), separate_channels=True).parts):
        box = _box(part.header["dataWindow"])
        for name, channel in part.channels.items():
            full = name if number == 0 else f"{part.header.get('name', number)}.{name}"
            if channel.pixels is not None and channel.pixels.shape == _size(box):
                channels[full] = _Channel(box, holder(channel.pixels))
    return _Exr(display, comment, channels)


def _box(window: Any) -> Box:
    (left, top), (right, bottom) = window
    return int(top), int(left), int(bottom), int(right)


def _size(box: Box) -> tuple[int, int]:
    return box[2] - box[0] + 1, box[3] - box[1] + 1


def _unreadable(path: Path) -> DepthError:
    return DepthError(f"The disparity picture '{path.name}' cannot be read.", "Export it again.")


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1].lower()


def _choose(picture: _Exr, path: Path) -> str:
    names = sorted(picture.channels)
    for wanted in (DEPTH_CHANNELS, DISPARITY_CHANNELS):
        found = [name for name in names if _last(name) in wanted]
        if found:
            return min(found, key=len)
    if len(names) == 1:
        return names[0]
    plain = {name.lower(): name for name in names}
    for grey in GREY_CHANNELS:
        if grey in plain:
            return plain[grey]
    if all(color in plain for color in "rgb"):
        red, green, blue = (picture.read(plain[color]) for color in "rgb")
        with np.errstate(invalid="ignore"):
            spread = np.nan_to_num(np.maximum(np.abs(red - green), np.abs(blue - green)), nan=0.0, posinf=0.0)
        known = np.abs(green[np.isfinite(green)])
        if spread.max() <= COLOUR_TOLERANCE * max(1e-6, float(known.max()) if known.size else 1.0):
            return plain["g"]
        raise DepthError(f"The disparity picture '{path.name}' is coloured.", "Give a channel Z, depth or Y.")
    raise DepthError(
        f"The picture '{path.name}' has no channel that looks like depth (it has {', '.join(names[:8]) or 'none'}).",
        "Give a channel called Z, depth, disparity or Y.",
    )

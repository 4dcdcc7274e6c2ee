"""Grey picture files: their order, their size, their values."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.exr import EXR_SUFFIX, exr_size, read_exr
from vbr_core.depth.import_rules import RawMap
from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", EXR_SUFFIX)
HEAD_BYTES = 1 << 16
TAIL_BYTES = 64
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15 of ITU-T T.81, table B.1, without DHT, JPG and DAC."""

GRAIN = 0.08
"""Differences of disparity within a surface that lossy compression makes; real steps are larger or much smoother."""


def natural_order(path: Path) -> list[tuple[int, int | str]]:
    """Sort key that puts 2.png before 10.png."""
    return [(0, int(part)) if part.isdigit() else (1, part.lower()) for part in re.split(r"(\d+)", path.name) if part]


def read_map(path: Path) -> RawMap:
    """The numbers of a grey picture file, as they are in the file.

    Raises:
        DepthError: The file cannot be read, is cut off, or is not grey.
    """
    if path.suffix.lower() == EXR_SUFFIX:
        return read_exr(path)
    try:
        data = path.read_bytes()
        picture = None if _is_cut_off(data) else cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error, MemoryError):
        picture = None
    if picture is None:
        raise DepthError(f"The disparity picture '{path.name}' cannot be read.", "Export it again.")
    if picture.dtype not in (np.uint8, np.uint16, np.float32):
        raise DepthError(
            f"The disparity picture '{path.name}' holds {picture.dtype} numbers.",
            "Give grey pictures of 8 or 16 bits, or of 32-bit floating point.",
        )
    top = 0 if picture.dtype == np.float32 else int(np.iinfo(picture.dtype).max)
    if picture.ndim == 3:
        colors = picture[..., :3].astype(np.float32)
        spread = np.nan_to_num(colors.max(axis=-1) - colors.min(axis=-1), nan=0.0, posinf=0.0)
        if float(spread.max()) > (top or max(1e-6, float(np.nan_to_num(np.abs(colors), posinf=0.0).max()))) / 32:
            raise DepthError(f"The disparity picture '{path.name}' is coloured.", "Give grey pictures, white nearest.")
        picture = picture[..., 1]
    return RawMap(np.ascontiguousarray(picture, dtype=np.float32), top)


def read_grey(path: Path) -> NDArray[np.float32]:
    """A grey picture file as disparity: (h, w) float32 0..1, 1 = largest value of its bit depth, or as it is if float.

    Raises:
        DepthError: The file cannot be read or is not grey.
    """
    raw = read_map(path)
    return np.asarray(raw.values * np.float32(1.0 / (raw.top or 1)), dtype=np.float32)


def _is_cut_off(data: bytes) -> bool:
    """Whether the end of a PNG or JPEG file is missing: some decoders then make up the rest of the picture."""
    if data.startswith(PNG_START):
        return b"IEND" not in data
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")
    return False


def calm_compression(disparity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Take the noise of lossy compression (JPEG, video) out of disparity, and leave depth edges alone.

    Compression rings around edges by several hundredths of the range. At a strong blur every such grain is a hole of a
    few pixels in a surface, through which the background shows as a speckle. A bilateral filter takes differences
    below :data:`GRAIN` for noise.

    Args:
        disparity: (h, w) float32, 0..1.
    """
    return np.asarray(cv2.bilateralFilter(disparity, 7, GRAIN, 2.5), dtype=np.float32)


def picture_size(path: Path) -> tuple[int, int]:
    """(height, width) of a picture, from the first bytes of a PNG, JPEG or EXR file, otherwise by decoding it.

    Raises:
        DepthError: The file cannot be read, or the end of a PNG file is missing.
    """
    if path.suffix.lower() == EXR_SUFFIX:
        return exr_size(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL_BYTES))
            whole = b"IEND" in file.read() or not head.startswith(PNG_START) or not _is_cut_off(path.read_bytes())
    except OSError as error:
        raise DepthError(f"The disparity picture '{path.name}' cannot be read.", "Export it again.") from error
    if not whole:
        raise DepthError(f"The disparity picture '{path.name}' cannot be read: its end is missing.", "Export it again.")
    found = _png_size(head) or _jpeg_size(head)
    if found is None:
        picture = read_grey(path)
        found = (picture.shape[0], picture.shape[1])
    return found


def _png_size(head: bytes) -> tuple[int, int] | None:
    if len(head) < 24 or not head.startswith(PNG_START):
        return None
    width, height = struct.unpack_from(">II", head, 16)
    return int(height), int(width)


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    if not head.startswith(b"\xff\xd8"):
        return None
    place = 2
    while place + 9 <= len(head) and head[place] == 0xFF:
        if head[place + 1] in JPEG_FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", head, place + 5)
            return int(height), int(width)
        place += 2 + int(struct.unpack_from(">H", head, place + 2)[0])
    return None

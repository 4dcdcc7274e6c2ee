"""Grey picture files: their order, their size, their values."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
HEAD_BYTES = 1 << 16
PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15 of ITU-T T.81, table B.1, without DHT, JPG and DAC."""

GRAIN = 0.08
"""Differences of disparity within a surface that lossy compression makes; real steps are larger or much smoother."""


def natural_order(path: Path) -> list[tuple[int, int | str]]:
    """Sort key that puts 2.png before 10.png."""
    return [(0, int(part)) if part.isdigit() else (1, part.lower()) for part in re.split(r"(\d+)", path.name) if part]


def read_grey(path: Path) -> NDArray[np.float32]:
    """A grey picture file as disparity: (h, w) float32 0..1, 1 = largest value of its bit depth.

    Raises:
        DepthError: The file cannot be read or is not grey.
    """
    try:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    except (OSError, cv2.error):
        picture = None
    if picture is None:
        raise DepthError(f"The disparity picture '{path.name}' cannot be read.", "Export it again.")
    if picture.dtype not in (np.uint8, np.uint16):
        raise DepthError(f"The disparity picture '{path.name}' is neither 8 nor 16 bit.", "Give grey PNG pictures.")
    if picture.ndim == 3:
        colors = picture[..., :3].astype(np.int32)
        if int((colors.max(axis=-1) - colors.min(axis=-1)).max()) > np.iinfo(picture.dtype).max // 32:
            raise DepthError(f"The disparity picture '{path.name}' is coloured.", "Give grey pictures, white nearest.")
        picture = picture[..., 1]
    scale = np.float32(1.0 / np.iinfo(picture.dtype).max)
    return np.asarray(picture.astype(np.float32) * scale, dtype=np.float32)


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
    """(height, width) of a picture, from the first bytes of a PNG or JPEG file, otherwise by decoding it.

    Raises:
        DepthError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise DepthError(f"The disparity picture '{path.name}' cannot be read.", "Export it again.") from error
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

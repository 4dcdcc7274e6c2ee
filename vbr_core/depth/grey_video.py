"""The brightness of a video as it was coded, without the way through RGB, which costs the last bits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from vbr_core.depth.import_rules import RawMap
from vbr_core.video.reader import VideoReader, _turn

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane
    from numpy.typing import NDArray

LOSSLESS_CODECS = ("ffv1", "rawvideo", "png", "huffyuv", "ffvhuff", "utvideo", "qtrle")

_PLANAR = re.compile(r"(gray|yuvj?4[124][0124]p|yuva4[24][024]p|nv12|nv21)((9|1[0246])(le|be))?")
"""Formats whose first plane is the brightness, low bits first."""


class GreyReader(VideoReader):
    """Like :class:`VideoReader`, but pictures are (H, W) code values of the brightness, upright.

    Formats that hold RGB or are packed come as (H, W, 3) RGB as before.

    Attributes:
        bits: Bits of a code value of the (H, W) pictures.
        chroma: Largest distance of the first picture's chroma from grey, 0..0.5.
    """

    def __init__(self, path: str | Path) -> None:
        self.bits = 0
        self.chroma = -1.0
        super().__init__(path)

    def grey(self, frame_index: int) -> RawMap:
        """Brightness of a frame, limited range brought to the full one.

        Raises:
            ClipError: It cannot be read.
        """
        picture = self.frame(frame_index).rgb
        if picture.ndim == 3:
            return RawMap(picture.mean(axis=-1, dtype=np.float32), int(np.iinfo(picture.dtype).max))
        top = (1 << self.bits) - 1
        values = picture.astype(np.float32)
        if not self.info.color.full_range:
            # ITU-R BT.709, 4: black is 16 and white is 235, both times 2^(bits - 8)
            step = float(1 << (self.bits - 8))
            values = np.clip((values - np.float32(16 * step)) * np.float32(top / (219 * step)), 0, top)
        return RawMap(values, top)

    def _pixels(self, picture: VideoFrame) -> NDArray[Any]:
        plain = _PLANAR.fullmatch(picture.format.name) is not None
        if not plain or (picture.width, picture.height) != self._stored_size:
            rgb = super()._pixels(picture)
            if self.chroma < 0:
                top = np.iinfo(rgb.dtype).max
                self.chroma = float(np.ptp(rgb.astype(np.int32), axis=-1).max()) / top / 2
            if self.bits == 0:
                return rgb
            return np.asarray(rgb.mean(axis=-1) * ((1 << self.bits) - 1) / np.iinfo(rgb.dtype).max).astype(np.uint16)
        self.bits = picture.format.components[0].bits
        if self.chroma < 0:
            self.chroma = max((self._from_grey(plane, picture) for plane in list(picture.planes)[1:3]), default=0.0)
        return _turn(self._plane(picture.planes[0], picture), self._orientation)

    def _plane(self, plane: VideoPlane, picture: VideoFrame) -> NDArray[Any]:
        """(H, W) uint8 or uint16, a copy: the decoder uses its buffers again."""
        name = picture.format.name
        dtype = np.dtype(np.uint8 if self.bits == 8 else ">u2" if name.endswith("be") else "<u2")
        rows = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
        return rows[:, : plane.width].astype(np.uint8 if self.bits == 8 else np.uint16)

    def _from_grey(self, plane: VideoPlane, picture: VideoFrame) -> float:
        middle = 1 << (self.bits - 1)
        return float(np.abs(self._plane(plane, picture).astype(np.int32) - middle).max()) / (2 * middle)

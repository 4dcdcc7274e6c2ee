"""Colour tags, and the way between the file's YUV and RGB code values.

FFmpeg's scaler does the matrix and the chroma interpolation. The planar RGB formats are used because they are exact
and, with full chroma interpolation, five times as fast as the packed ones.
"""

from __future__ import annotations

import os
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from vbr_core.errors import InputError
from vbr_core.video.info import ColorInfo

Pixels = npt.NDArray[Any]

UNSPECIFIED: Final = 2
LIMITED_RANGE: Final = 1
FULL_RANGE: Final = 2

# Numbers of ITU-T H.273, which FFmpeg's enums follow, with FFmpeg's names.
MATRIX_NAMES: Final = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
}
PRIMARIES_NAMES: Final = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFER_NAMES: Final = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
MATRIX_NUMBERS: Final = {name: number for number, name in MATRIX_NAMES.items()}
PRIMARIES_NUMBERS: Final = {name: number for number, name in PRIMARIES_NAMES.items()}
TRANSFER_NUMBERS: Final = {name: number for number, name in TRANSFER_NAMES.items()}

# The scaler's own numbers for the matrices it knows (bt470bg and smpte170m have the same coefficients).
_SCALER_MATRIX: Final = {"bt709": 1, "fcc": 4, "bt470bg": 5, "smpte170m": 5, "smpte240m": 7, "bt2020nc": 9}
_FRAME_MATRIX: Final = {name: MATRIX_NUMBERS[name] for name in _SCALER_MATRIX}

_COMPANIONS: Final = {  # what usually goes with a matrix: primaries, transfer
    "bt709": ("bt709", "bt709"),
    "smpte170m": ("smpte170m", "smpte170m"),
    "bt470bg": ("bt470bg", "smpte170m"),
    "smpte240m": ("smpte240m", "smpte240m"),
    "fcc": ("bt470m", "bt470m"),
    "bt2020nc": ("bt2020", "bt2020-10"),
    "bt2020c": ("bt2020", "bt2020-10"),
    "gbr": ("bt709", "iec61966-2-1"),
}

_TO_RGB = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_TO_YUV = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP
SCALER_THREADS: Final = min(4, os.cpu_count() or 1)


def is_rgb_format(pixel_format: str) -> bool:
    """Whether a pixel format holds RGB (or a palette) and no YUV."""
    return VideoFormat(pixel_format, 16, 16).is_rgb or pixel_format == "pal8"


def guess_color(
    *, matrix: int, primaries: int, transfer: int, color_range: int, pixel_format: str, height: int
) -> ColorInfo:
    """Name the colour tags of a stream and fill in those that are missing.

    A missing matrix is BT.601 below 720 lines, else BT.709; missing primaries and transfer are those that usually go
    with the matrix; a missing range is full for RGB, grey and ``yuvj`` formats, else limited.

    Args:
        matrix: Number of ITU-T H.273; 2 or an unknown one counts as missing. So do the next two.
        primaries: As above.
        transfer: As above.
        color_range: 1 limited, 2 full, anything else missing.
        pixel_format: FFmpeg's name.
        height: Lines of the stored picture.
    """
    rgb = is_rgb_format(pixel_format)
    matrix_name = "gbr" if rgb else MATRIX_NAMES.get(matrix)
    guessed = matrix_name is None
    if matrix_name is None or (matrix_name == "gbr" and not rgb):
        matrix_name = {9: "bt2020nc"}.get(primaries, "smpte170m" if height < 720 else "bt709")
    usual = _COMPANIONS.get(matrix_name, ("bt709", "bt709"))
    primaries_name = PRIMARIES_NAMES.get(primaries)
    transfer_name = TRANSFER_NAMES.get(transfer)
    guessed = guessed or primaries_name is None or transfer_name is None
    if color_range in (LIMITED_RANGE, FULL_RANGE) and not rgb:
        full = color_range == FULL_RANGE
    else:
        full = rgb or pixel_format.startswith(("yuvj", "gray"))
    return ColorInfo(matrix_name, primaries_name or usual[0], transfer_name or usual[1], full, guessed)


def unsupported_matrix(color: ColorInfo) -> str:
    """A sentence if the matrix cannot be converted exactly (it is read as the nearest one), else empty."""
    if color.matrix == "gbr" or color.matrix in _SCALER_MATRIX:
        return ""
    return f"The colour matrix '{color.matrix}' is not supported and is read as '{nearest_matrix(color.matrix)}'."


def nearest_matrix(matrix: str) -> str:
    """The matrix that is used for ``matrix``: itself if the scaler knows it; BT.709 for RGB sources."""
    if matrix in _SCALER_MATRIX:
        return matrix
    return "bt2020nc" if matrix in ("bt2020c", "ictcp", "chroma-derived-nc", "chroma-derived-c") else "bt709"


class ToRgb:
    """Turns decoded frames into RGB arrays. Not thread safe.

    Args:
        color: How the frames are coded.
        bit_depth: Bits in a sample of the frames: 8 gives uint8, more gives uint16.
    """

    def __init__(self, color: ColorInfo, bit_depth: int) -> None:
        self._color = color
        self._deep = bit_depth > 8
        self._reformatter = VideoReformatter()

    def convert(self, frame: VideoFrame, width: int, height: int) -> Pixels:
        """RGB of a frame as stored, not turned upright.

        Args:
            frame: From the decoder; its tags are overridden.
            width: Columns of the result; other than the frame's only if the stream changes its size on the way.
            height: Rows of the result.

        Returns:
            (H, W, 3) uint8 0..255 or uint16 0..65535: non-linear RGB code values in full range, in the primaries and
            transfer of the clip. Writable, contiguous, owned by the caller.
        """
        depth = max(component.bits for component in frame.format.components)
        if self._color.matrix != "gbr":
            frame.colorspace = _FRAME_MATRIX[nearest_matrix(self._color.matrix)]
            frame.color_range = FULL_RANGE if self._color.full_range else LIMITED_RANGE
        target = "gbrp16le" if self._deep else "gbrp"
        if frame.format.name == target and (frame.width, frame.height) == (width, height):
            planar = frame
        else:
            planar = self._reformatter.reformat(
                frame, width=width, height=height, format=target, interpolation=_TO_RGB, threads=SCALER_THREADS
            )
        dtype = np.dtype("<u2") if self._deep else np.dtype(np.uint8)
        planes = []
        for number in (2, 0, 1):  # stored as G, B, R
            plane = planar.planes[number]
            rows = np.frombuffer(plane, dtype)[: plane.height * (plane.line_size // dtype.itemsize)]  # type: ignore[call-overload]
            planes.append(rows.reshape(plane.height, -1)[:, : plane.width])
        rgb: Pixels = cv2.merge(planes)
        if self._deep and self._color.matrix != "gbr":
            # The scaler's white is 255 * 256 for limited range and 65535 without its low bits for full range.
            cv2.add(rgb, rgb >> (depth if self._color.full_range and depth > 8 else 8), dst=rgb)
        return rgb


class FromRgb:
    """Turns RGB arrays into frames for an encoder. Not thread safe.

    Args:
        color: How to code them; the matrix must not be ``gbr``.
        pixel_format: ``yuv420p`` or ``yuv420p10le``.
    """

    def __init__(self, color: ColorInfo, pixel_format: str) -> None:
        self._color = color
        self._format = pixel_format
        self._reformatter = VideoReformatter()

    def convert(self, rgb: Pixels) -> VideoFrame:
        """A frame in YUV with all four colour tags set.

        Args:
            rgb: (H, W, 3) uint8 0..255 or uint16 0..65535, non-linear RGB code values in full range.

        Raises:
            InputError: The array has another form.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype not in (np.uint8, np.uint16):
            raise InputError(
                f"A picture of shape {rgb.shape} and type {rgb.dtype} cannot be written.",
                "Give (height, width, 3) of uint8 or uint16.",
            )
        rgb = np.ascontiguousarray(rgb)
        if rgb.dtype == np.uint16:  # the scaler's idea of white, see ToRgb
            full_to_deep = self._color.full_range and self._format != "yuv420p"
            rgb = rgb - (rgb >> (10 if full_to_deep else 8))
        packed = VideoFrame.from_ndarray(rgb, format="rgb24" if rgb.dtype == np.uint8 else "rgb48le")
        frame = self._reformatter.reformat(
            packed,
            format=self._format,
            dst_colorspace=_SCALER_MATRIX[self._color.matrix],
            dst_color_range=FULL_RANGE if self._color.full_range else LIMITED_RANGE,
            interpolation=_TO_YUV,
            threads=SCALER_THREADS,
        )
        frame.colorspace = MATRIX_NUMBERS[self._color.matrix]
        frame.color_primaries = PRIMARIES_NUMBERS[self._color.primaries]
        frame.color_trc = TRANSFER_NUMBERS[self._color.transfer]
        frame.color_range = FULL_RANGE if self._color.full_range else LIMITED_RANGE
        return frame


def to_float(rgb: Pixels) -> npt.NDArray[np.float32]:
    """uint8 or uint16 code values as float32 0..1 (any shape, same colour space).

    Raises:
        InputError: Another type.
    """
    if rgb.dtype not in (np.uint8, np.uint16):
        raise InputError(f"Pictures are uint8 or uint16, not {rgb.dtype}.")
    scaled: npt.NDArray[np.float32] = np.multiply(rgb, np.float32(1.0 / np.iinfo(rgb.dtype).max), dtype=np.float32)
    return scaled


def from_float(x: Pixels, dtype: npt.DTypeLike) -> Pixels:
    """Float code values 0..1 as uint8 or uint16: clipped to the range and rounded; NaN becomes 0.

    Raises:
        InputError: ``dtype`` is another type.
    """
    kind = np.dtype(dtype)
    if kind not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise InputError(f"Pictures are uint8 or uint16, not {kind}.")
    top = float(np.iinfo(kind).max)
    scaled = np.nan_to_num(x, nan=0.0, posinf=1.0, neginf=0.0) * np.float32(top)
    rounded: Pixels = np.rint(np.clip(scaled, 0.0, top)).astype(kind)
    return rounded

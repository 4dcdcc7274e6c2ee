"""Code values are converted as the standards say, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.clips import make_clip, psnr
from vbr_core.errors import InputError
from vbr_core.video.color import FromRgb, ToRgb, from_float, guess_color, nearest_matrix, to_float
from vbr_core.video.info import ColorInfo
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt2020nc": (0.2627, 0.0593)}


def color(matrix: str, full: bool) -> ColorInfo:
    return ColorInfo(matrix, "bt709", "bt709", full)


def reference_rgb(yuv: tuple[int, int, int], matrix: str, full: bool, bits: int) -> np.ndarray:
    """RGB 0..1 by the formulas of ITU-R BT.601, BT.709, BT.2020."""
    red, blue = WEIGHTS[matrix]
    scale, top = 1 << (bits - 8), (1 << bits) - 1
    if full:
        y, u, v = yuv[0] / top, (yuv[1] - 128 * scale) / top, (yuv[2] - 128 * scale) / top
    else:
        y = (yuv[0] - 16 * scale) / (219 * scale)
        u, v = ((value - 128 * scale) / (224 * scale) for value in yuv[1:])
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    return np.clip([r, (y - red * r - blue * b) / (1 - red - blue), b], 0, 1)


def flat_frame(yuv: tuple[int, int, int], bits: int) -> VideoFrame:
    frame = VideoFrame(32, 16, "yuv420p" if bits == 8 else "yuv420p10le")
    dtype = np.uint8 if bits == 8 else np.uint16
    for plane, value in zip(frame.planes, yuv, strict=True):
        plane.update(np.full(plane.buffer_size // np.dtype(dtype).itemsize, value, dtype).tobytes())
    return frame


def planes(frame: VideoFrame, bits: int) -> tuple[int, ...]:
    dtype = np.uint8 if bits == 8 else np.uint16
    return tuple(int(np.frombuffer(bytes(plane), dtype)[0]) for plane in frame.planes)


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("bits", [8, 10])
def test_flat_colours_follow_the_standard(matrix: str, full: bool, bits: int) -> None:
    convert = ToRgb(color(matrix, full), bits)
    back = FromRgb(color(matrix, full), "yuv420p" if bits == 8 else "yuv420p10le")
    scale = 1 << (bits - 8)
    white, black = ((1 << bits) - 1, 0) if full else (235 * scale, 16 * scale)
    rng = np.random.default_rng(0)
    cases = [(white, 128 * scale, 128 * scale), (black, 128 * scale, 128 * scale)]
    cases += [tuple(int(v) * scale for v in rng.integers((60, 100, 100), (190, 156, 156))) for _ in range(30)]
    for yuv in cases:
        rgb = convert.convert(flat_frame(yuv, bits), 32, 16)
        assert rgb.dtype == (np.uint8 if bits == 8 else np.uint16)
        assert len(np.unique(rgb.reshape(-1, 3), axis=0)) == 1
        got = to_float(rgb)[0, 0]
        assert np.abs(got - reference_rgb(yuv, matrix, full, bits)).max() < (0.75 / 255 if bits == 8 else 0.6 / 1023)
        again = planes(back.convert(rgb), bits)
        assert max(abs(a - b) for a, b in zip(again, yuv, strict=True)) <= (2 if full and bits > 8 else 1)


@pytest.mark.parametrize("full", [False, True])
def test_white_and_black_are_the_ends_of_the_range(full: bool) -> None:
    for bits, top in ((8, 255), (10, 65535)):
        scale = 1 << (bits - 8)
        white, black = ((1 << bits) - 1, 0) if full else (235 * scale, 16 * scale)
        convert = ToRgb(color("bt709", full), bits)
        assert convert.convert(flat_frame((white, 128 * scale, 128 * scale), bits), 32, 16).min() >= top - top // 1000
        assert convert.convert(flat_frame((black, 128 * scale, 128 * scale), bits), 32, 16).max() <= top // 500


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le"])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_depth_goes_into_every_format(pixel_format: str, full: bool, dtype: type) -> None:
    y, x = np.mgrid[0:48, 0:64] / 64
    picture = from_float(np.stack([x, y, 1 - x], axis=-1), dtype)
    frame = FromRgb(color("bt709", full), pixel_format).convert(picture)
    rgb = ToRgb(color("bt709", full), 10 if "10" in pixel_format else 8).convert(frame, 64, 48)
    assert psnr(to_float(rgb), to_float(picture)) > 45
    assert frame.colorspace == 1
    assert frame.color_range == (2 if full else 1)


def test_ten_bits_are_kept(tmp_path: Path) -> None:
    """A slow ramp has more than 256 levels after encoding and decoding."""

    def ramp(_: int, height: int, width: int) -> np.ndarray:
        return np.broadcast_to(np.linspace(20000, 40000, width)[None, :, None], (height, width, 3)).astype(np.uint16)

    path = make_clip(
        tmp_path / "a.mp4", bit_depth=10, codec="hevc", width=512, height=32, frames=2, pattern=ramp, quality=0
    )
    with VideoReader(path) as reader:
        rgb = reader.frame(0).rgb
        assert rgb.dtype == np.uint16
        assert len(np.unique(rgb[16, :, 1])) > 200  # 8 bits have 78 levels between these ends
        assert psnr(to_float(rgb), to_float(ramp(0, 32, 512))) > 52


def test_chroma_is_interpolated_not_repeated() -> None:
    frame = VideoFrame(64, 48, "yuv420p")
    for number, plane in enumerate(frame.planes):
        data = np.full((plane.height, plane.line_size), 128, np.uint8)
        if number == 2:
            data[:, plane.width // 2 :] = 160
        plane.update(data.tobytes())
    row = ToRgb(color("bt709", False), 8).convert(frame, 64, 48)[20, :, 0].astype(int)
    assert len(set(row.tolist())) >= 4  # in-between values at the edge


def test_missing_tags() -> None:
    missing = {"matrix": 2, "primaries": 2, "transfer": 2, "color_range": 0}
    small = guess_color(**missing, pixel_format="yuv420p", height=576)
    assert small == ColorInfo("smpte170m", "smpte170m", "smpte170m", False, True)
    assert guess_color(**missing, pixel_format="yuv420p", height=720).matrix == "bt709"
    assert guess_color(**missing, pixel_format="yuvj420p", height=720).full_range
    assert guess_color(**missing, pixel_format="gray", height=720).full_range
    rgb = guess_color(**missing, pixel_format="gbrp", height=720)
    assert (rgb.matrix, rgb.full_range) == ("gbr", True)
    known = guess_color(matrix=9, primaries=9, transfer=16, color_range=1, pixel_format="yuv420p10le", height=480)
    assert known == ColorInfo("bt2020nc", "bt2020", "smpte2084", False, False)
    assert known.is_hdr
    assert nearest_matrix("ictcp") == "bt2020nc"


@given(st.sampled_from([np.uint8, np.uint16]), st.data())
def test_integers_survive_float(dtype: type, data: st.DataObject) -> None:
    values = np.array(data.draw(st.lists(st.integers(0, np.iinfo(dtype).max), max_size=30)), dtype)
    floats = to_float(values)
    assert floats.dtype == np.float32
    assert np.array_equal(from_float(floats, dtype), values)


def test_from_float_clips_and_rounds() -> None:
    given_values = np.array([-1, 0, 0.5019, 0.9999, 1, 7, np.nan, np.inf, -np.inf], np.float32)
    assert from_float(given_values, np.uint8).tolist() == [0, 0, 128, 255, 255, 255, 0, 255, 0]


def test_other_types_are_refused() -> None:
    with pytest.raises(InputError):
        to_float(np.zeros(3, np.int32))
    with pytest.raises(InputError):
        from_float(np.zeros(3), np.int16)
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with pytest.raises(InputError):
            FromRgb(color("bt709", False), "yuv420p").convert(wrong)

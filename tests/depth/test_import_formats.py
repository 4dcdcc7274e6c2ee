"""Depth from EXR files, iw3 folders and deep grey video; and folders that are not as they should be."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import OpenEXR
import pytest

from tests.depth.helpers import write_picture
from vbr_core.depth.exr import exr_size, read_exr, write_exr
from vbr_core.depth.import_checks import missing_numbers
from vbr_core.depth.import_rules import RawMap
from vbr_core.depth.imported import PHASE, open_disparity
from vbr_core.depth.iw3 import apply_mapper, config_text, find_iw3
from vbr_core.errors import DepthError, InputError
from vbr_core.jobs import Cancelled, JobContext

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.jobs import Progress

SIZE = (36, 64)
GROUND = np.linspace(0.1, 0.9, 36, dtype=np.float32)[:, None].repeat(64, axis=1)
"""Disparity of a ground plane, nearest at the bottom."""


def save_exr(path: Path, channels: dict[str, NDArray[Any]], **header: Any) -> None:
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}, channels).write(
        str(path)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "it's depth ü 🎬"
    path.mkdir()
    return path


# --- EXR -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channels", "name"),
    [
        ({"Z": GROUND}, "z"),
        ({"ViewLayer.Depth.Z": GROUND, "RGB": np.zeros((36, 64, 3), np.float32)}, "z"),
        ({"depth": GROUND.astype(np.float16), "Y": GROUND * 0}, "depth"),
        ({"Y": GROUND}, "y"),
        ({"RGB": GROUND[..., None].repeat(3, axis=2)}, "g"),
        ({"whatever": GROUND}, "whatever"),
    ],
)
def test_the_channel_that_looks_like_depth(folder: Path, channels: dict[str, NDArray[Any]], name: str) -> None:
    save_exr(folder / "a.exr", channels)
    found = read_exr(folder / "a.exr")
    assert found.channel == name
    assert exr_size(folder / "a.exr") == SIZE == found.values.shape
    np.testing.assert_allclose(found.values, GROUND, atol=1e-3)


def test_depth_in_a_part_of_its_own(folder: Path) -> None:
    parts = [
        OpenEXR.Part({"name": "rgb", "type": OpenEXR.scanlineimage}, {"RGB": np.zeros((36, 64, 3), np.float32)}),
        OpenEXR.Part({"name": "deep", "type": OpenEXR.scanlineimage}, {"Z": GROUND}),
    ]
    OpenEXR.File(parts).write(str(folder / "a.exr"))
    np.testing.assert_array_equal(read_exr(folder / "a.exr").values, GROUND)


def test_what_lies_outside_the_data_window_is_unknown(folder: Path) -> None:
    window = (np.array([10, 4], np.int32), np.array([73, 39], np.int32))
    display = (np.array([0, 0], np.int32), np.array([63, 35], np.int32))
    save_exr(folder / "a.exr", {"Z": GROUND}, dataWindow=window, displayWindow=display)
    found = read_exr(folder / "a.exr").values
    assert found.shape == SIZE
    assert np.isnan(found[:4]).all()
    assert np.isnan(found[:, :10]).all()
    np.testing.assert_array_equal(found[4:, 10:], GROUND[:-4, :-10])


def test_exr_in_metres_over_one_range(folder: Path) -> None:
    for number, distance in enumerate((2.0, 4.0, 8.0)):
        values = np.full(SIZE, distance, np.float32)
        values[:6] = np.inf
        save_exr(folder / f"{number}.exr", {"Z": values})
    steps: list[Progress] = []
    source = open_disparity(folder, 3, SIZE, ctx=JobContext(steps.append))
    assert source.reading.meaning == "depth"
    assert source.reading.sure
    # the sky is the far end of the range, two metres the near one: disparity 1/d over 1/2
    assert [float(source.read(number)[20, 20]) for number in range(3)] == pytest.approx([1, 0.5, 0.25])
    assert source.read(1)[0, 0] == 0
    assert [(step.phase, step.done, step.total) for step in steps] == [(PHASE, at, 3) for at in (1, 2, 3)]
    turned = open_disparity(folder, 3, SIZE, "disparity")
    assert turned.fingerprint != source.fingerprint
    assert turned.read(0)[20, 20] < turned.read(2)[20, 20]


def test_reading_all_of_it_can_be_cancelled(folder: Path) -> None:
    for number in range(3):
        save_exr(folder / f"{number}.exr", {"Z": GROUND})
    ctx = JobContext()
    ctx.listener = lambda progress: ctx.token.cancel()
    with pytest.raises(Cancelled):
        open_disparity(folder, 3, SIZE, ctx=ctx)


@pytest.mark.parametrize("keep", [0, 20, 0.5, 0.97])
def test_an_exr_file_that_is_cut_off(folder: Path, keep: float, capfd: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        write_exr(folder / f"{number}.exr", np.random.default_rng(number).random(SIZE, np.float32))
    data = (folder / "1.exr").read_bytes()
    (folder / "1.exr").write_bytes(data[: int(keep * len(data) if keep < 1 else keep)])
    with pytest.raises(DepthError, match=r"'1\.exr' cannot be read"):
        open_disparity(folder, 3, SIZE)
    assert capfd.readouterr().out == ""  # the output belongs to --json


def test_exr_without_depth(folder: Path) -> None:
    colours = np.random.default_rng(1).random((36, 64, 3), np.float32)
    save_exr(folder / "a.exr", {"RGB": colours})
    with pytest.raises(DepthError, match="coloured"):
        open_disparity(folder, 1, SIZE)
    save_exr(folder / "a.exr", {"velocity.u": GROUND, "velocity.v": GROUND})
    with pytest.raises(DepthError, match=r"no channel that looks like depth \(it has velocity\.u, velocity\.v\)"):
        open_disparity(folder, 1, SIZE)


# --- iw3 -------------------------------------------------------------------------------------------------------------

IW3_CONFIG = """type: video
basename: 'a clip'
fps: 30000/1001
rgb_dir: rgb
depth_dir: depth
audio_file: audio.m4a
mapper: {mapper}
skip_mapper: {skip}
skip_edge_dilation: false
updated_at: '2025-01-01T00:00:00'
user_data:
  export_options:
    depth_model: Any_V2_S
    mapper: something else
  scene_boundary: 00001024,00004096
"""

MAPPERS = ["none", "pow2", "mul_1", "mul_2", "mul_3", "inv_mul_1", "inv_mul_2", "inv_mul_3"]
MAPPERS += ["div_25", "div_10", "div_6", "div_4", "div_2", "div_1"]


def iw3_folder(folder: Path, mapper: str = "none", skip: str = "false") -> Path:
    for name in ("rgb", "depth"):
        (folder / name).mkdir()
    for number in range(5):
        write_picture(folder / "depth" / f"{1024 * number:08d}.png", (GROUND * 65535).astype(np.uint16))
    (folder / "iw3_export.yml").write_text(IW3_CONFIG.format(mapper=mapper, skip=skip), encoding="utf-8")
    return folder


@pytest.mark.parametrize("by_file", [False, True])
def test_an_iw3_folder(folder: Path, by_file: bool) -> None:
    iw3_folder(folder)
    source = open_disparity(folder / "iw3_export.yml" if by_file else folder, 5, SIZE)
    assert source.cuts == (2,)  # after the second picture; after the last one there is nothing
    assert source.note == ""  # names that count by pts skip nothing
    np.testing.assert_allclose(source.read(3), GROUND, atol=1.01 / 65535)


def test_the_mapper_of_iw3_is_applied(folder: Path) -> None:
    iw3_folder(folder, mapper="div_6")
    # nearness 1 - z to disparity: (0.6 / (1.6 - x) - 0.375) / 0.625
    expected = (0.6 / (1.6 - GROUND) - 0.375) / 0.625
    np.testing.assert_allclose(open_disparity(folder, 5, SIZE).read(0), expected, atol=1e-4)
    (folder / "iw3_export.yml").write_text(IW3_CONFIG.format(mapper="div_6", skip="true"))
    np.testing.assert_allclose(open_disparity(folder, 5, SIZE).read(0), GROUND, atol=1e-4)
    (folder / "iw3_export.yml").write_text(IW3_CONFIG.format(mapper="magic_3", skip="false"))
    with pytest.raises(DepthError, match="mapper 'magic_3'"):
        open_disparity(folder, 5, SIZE)


@pytest.mark.parametrize("name", [*MAPPERS, "div_6:pow2", "none+mul_1=0.25"])
def test_every_mapper_keeps_order_and_ends(name: str) -> None:
    found = apply_mapper(np.linspace(0, 1, 101, dtype=np.float32), name)
    assert found.dtype == np.float32
    assert found[[0, -1]] == pytest.approx([0, 1], abs=1e-4)
    assert (np.diff(found) >= 0).all()


def test_an_iw3_folder_that_is_not_whole(folder: Path) -> None:
    iw3_folder(folder)
    (folder / "depth").rename(folder / "gone")
    with pytest.raises(DepthError, match="which is not there"):
        open_disparity(folder, 5, SIZE)
    (folder / "iw3_export.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DepthError, match="cannot be read"):
        open_disparity(folder, 5, SIZE)
    (folder / "iw3_export.yml").write_text("type: shopping list\n")
    with pytest.raises(DepthError, match="not an export of iw3"):
        open_disparity(folder, 5, SIZE)


def test_what_is_written_for_iw3_is_understood(folder: Path) -> None:
    yaml = pytest.importorskip("yaml")
    text = config_text('it\'s "a clip" ü: #1', Fraction(30000, 1001), True, ["00000011"])
    plain = yaml.safe_load(text)
    assert plain["basename"] == 'it\'s "a clip" ü: #1'
    assert (plain["type"], plain["fps"], plain["mapper"], plain["skip_mapper"]) == ("video", "30000/1001", "none", True)
    (folder / "depth").mkdir()
    (folder / "iw3_export.yml").write_text(text, encoding="utf-8")
    found = find_iw3(folder)
    assert found is not None
    assert (found.mapper, found.boundaries) == ("none", {"00000011"})
    assert yaml.safe_load(config_text("a", Fraction(24), False, []))["fps"] == 24


# --- grey video ------------------------------------------------------------------------------------------------------


def grey_file(path: Path, codec: str, pixel_format: str, frames: int = 4, **options: str) -> None:
    """Ramp k of ``frames`` as coded brightness, the whole range of the format's code values."""
    bits = av.VideoFormat(pixel_format, 64, 36).components[0].bits
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 36, pixel_format
        stream.codec_context.color_range = 2
        for number in range(frames):
            frame = av.VideoFrame(64, 36, pixel_format)
            for at, plane in enumerate(frame.planes):
                dtype = np.uint8 if bits == 8 else np.uint16
                rows = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)
                rows[:] = 1 << (bits - 1)
                if at == 0:
                    rows[:, :64] = np.round(GROUND * (number + 1) / frames * ((1 << bits) - 1)).astype(dtype)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "within"),
    [
        ("a.mkv", "ffv1", "gray16le", 1 / 65535),
        ("a.mkv", "ffv1", "gray10le", 1 / 1023),
        ("a.mkv", "ffv1", "gray", 1 / 255),
        ("a.mp4", "libx265", "gray10le", 1 / 100),
        ("a.mp4", "libx265", "yuv420p10le", 1 / 100),
    ],
)
def test_video_of_any_depth(tmp_path: Path, name: str, codec: str, pixel_format: str, within: float) -> None:
    options = {"x265-params": "log-level=none:pools=1", "crf": "4"} if codec == "libx265" else {}
    grey_file(tmp_path / name, codec, pixel_format, **options)
    source = open_disparity(tmp_path / name, 4, SIZE)
    for number in (3, 0, 2):
        np.testing.assert_allclose(source.read(number), GROUND * (number + 1) / 4, atol=within)
    assert ("8 bits" in source.note) == (pixel_format == "gray")
    source.close()
    np.testing.assert_allclose(source.read(1), GROUND / 2, atol=within)  # a closed source opens again
    source.close()
    source.close()


# --- folders that are not as they should be --------------------------------------------------------------------------


def grey(value: int = 1000) -> NDArray[np.uint16]:
    picture = np.full(SIZE, value, np.uint16)
    picture[30:] = 60000
    return picture


def test_missing_frames_are_named(folder: Path) -> None:
    for number in (1, 2, 3, 5, 6, 9, 10):
        write_picture(folder / f"shot2_{number:04d}.png", grey())
    with pytest.raises(DepthError, match="only 7 disparity pictures for 10 frames of the clip: numbers 4, 7, 8") as got:
        open_disparity(folder, 10, SIZE)
    assert "copy" in got.value.hint
    source = open_disparity(folder, 7, SIZE)  # as many as frames: taken in order, and said
    assert "skip number 4, 7, 8" in source.note


def test_a_sequence_that_ends_early(folder: Path) -> None:
    for number in range(7):
        write_picture(folder / f"{number:04d}.png", grey())
    with pytest.raises(DepthError, match=r"only 7 .*: they end with '0006\.png'"):
        open_disparity(folder, 10, SIZE)


def test_missing_numbers(tmp_path: Path) -> None:
    def of(*names: str) -> list[int]:
        return missing_numbers([tmp_path / name for name in names])

    assert of("a1.png", "a2.png", "a4.png") == [3]
    assert of("a1.png", "a2.png") == []
    assert of("000.png", "512.png", "1024.png") == []  # counts in another way
    assert of("one.png", "two.png") == []


def test_mixed_kinds(folder: Path) -> None:
    for number in range(2):
        write_picture(folder / f"{number}.png", grey())
        write_picture(folder / f"{number}.jpg", grey().astype(np.uint8))
    with pytest.raises(DepthError, match=r"mixes pictures of several kinds: 2 \.jpg and 2 \.png"):
        open_disparity(folder, 4, SIZE)


def test_pictures_of_two_depths(folder: Path) -> None:
    write_picture(folder / "0.png", grey())
    write_picture(folder / "1.png", (grey() >> 8).astype(np.uint8))
    with pytest.raises(DepthError, match=r"'1\.png' has 8 bits, others 16 bits"):
        open_disparity(folder, 2, SIZE)


@pytest.mark.parametrize("keep", [0.4, 0.95])
def test_a_png_file_that_is_cut_off(folder: Path, keep: float, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(1).integers(0, 65535, SIZE, dtype=np.uint16)
    for number in range(20):  # more than are looked at to decide what they mean
        write_picture(folder / f"{number:02d}.png", noise)
    data = (folder / "13.png").read_bytes()
    (folder / "13.png").write_bytes(data[: int(keep * len(data))])
    with pytest.raises(DepthError, match=r"'13\.png' cannot be read"):
        open_disparity(folder, 20, SIZE)


def test_flat_and_8_bit_pictures_are_taken_with_a_word(folder: Path) -> None:
    write_picture(folder / "0.png", np.full(SIZE, 80, np.uint8))
    source = open_disparity(folder, 1, SIZE)
    assert "equal" in source.note
    assert source.read(0) == pytest.approx(80 / 255)
    write_picture(folder / "0.png", (GROUND * 255).astype(np.uint8))
    assert "8 bits" in open_disparity(folder, 1, SIZE).note


def test_floating_point_tiff(folder: Path) -> None:
    write_picture(folder / "0.tif", np.ascontiguousarray(1 / GROUND))
    source = open_disparity(folder, 1, SIZE)
    assert source.reading.meaning == "depth"
    assert np.corrcoef(source.read(0).ravel(), GROUND.ravel())[0, 1] > 0.999


def test_a_meaning_that_does_not_exist(folder: Path) -> None:
    write_picture(folder / "0.png", grey())
    with pytest.raises(InputError, match="depth meaning called 'metres'"):
        open_disparity(folder, 1, SIZE, "metres")


def test_a_file_that_disappears(folder: Path) -> None:
    for number in range(2):
        write_picture(folder / f"{number}.png", grey())
    source = open_disparity(folder, 2, SIZE)
    (folder / "1.png").unlink()
    with pytest.raises(DepthError, match=r"'1\.png' cannot be read"):
        source.read(1)
    assert isinstance(source.raw(0), RawMap)


def test_memory_does_not_grow_with_the_clip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        write_picture(folder / f"{number}.png", grey(1000 * number))
    source = open_disparity(folder, 6, SIZE)
    monkeypatch.setattr("vbr_core.depth.imported.KEPT_BYTES", 2 * 4 * SIZE[0] * SIZE[1])
    for number in range(6):
        source.read(number)
    assert source.read(5) is source.read(5)
    before = source.read(5)
    for number in (3, 4):
        source.read(number)
    assert source.read(5) is not before

"""The engine: units, sizes, and what happens when memory runs out."""

import numpy as np
import pytest

from vbr_core.errors import InputError, OutOfMemoryError
from vbr_core.memory import RENDER_BYTES_PER_PIXEL, available_bytes
from vbr_core.render import optics
from vbr_core.render.engine import RenderEngine
from vbr_core.settings import RenderSettings


def scene(height=48, width=64, dtype=np.uint8):
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, np.iinfo(dtype).max, (height, width, 3)).astype(dtype)
    disparity = np.full((height, width), 0.2, np.float32)
    disparity[:, width // 2 :] = 0.9
    return rgb, disparity


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_zero_blur_gives_the_very_picture_back(dtype):
    rgb, disparity = scene(dtype=dtype)
    assert RenderEngine(RenderSettings("scatter")).render(rgb, disparity, 0.3, 0.0) is rgb
    # too little blur to leave a pixel
    np.testing.assert_array_equal(RenderEngine(RenderSettings("scatter")).render(rgb, disparity, 0.3, 4.0), rgb)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_depth_of_the_samples_is_kept(dtype):
    rgb, disparity = scene(dtype=dtype)
    out = RenderEngine(RenderSettings("scatter")).render(rgb, disparity, 0.9, 200.0)
    assert out.dtype == dtype
    step = np.iinfo(dtype).max / 255
    np.testing.assert_allclose(out[:, 40:], rgb[:, 40:], atol=step)
    assert out[:, :20].std() < 0.6 * rgb[:, :20].std()


def test_blur_is_the_same_part_of_the_picture_at_any_size():
    assert optics.k_in_pixels(40.0, 1080) == 40.0
    assert optics.k_in_pixels(40.0, 540) == 20.0


def test_defocus_map_is_positive_in_front():
    out = optics.defocus_map(np.array([0.2, 0.5, 0.9], np.float32), 0.5, 10.0)
    np.testing.assert_allclose(out, [-3.0, 0.0, 4.0], atol=1e-6)


def test_small_disparity_is_brought_to_the_picture():
    rgb, disparity = scene()
    out = RenderEngine(RenderSettings("scatter")).render(rgb, disparity[::4, ::4], 0.9, 100.0)
    assert out.shape == rgb.shape


def test_sharp_zone_keeps_a_span_of_disparity_sharp():
    rgb, disparity = scene()
    disparity[:, 48:] = 0.84
    out = RenderEngine(RenderSettings("scatter")).render(rgb, disparity, 0.9, 400.0, sharp_zone=0.07)
    np.testing.assert_allclose(out[:, 40:], rgb[:, 40:], atol=1)
    assert out[:, :20].std() < 0.6 * rgb[:, :20].std()
    thin = RenderEngine(RenderSettings("scatter")).render(rgb, disparity, 0.9, 400.0)
    assert thin[:, 56:].std() < out[:, 56:].std()
    with pytest.raises(InputError, match="sharp zone"):
        RenderEngine(RenderSettings("scatter")).render(rgb, disparity, 0.9, 400.0, sharp_zone=0.7)


@pytest.mark.parametrize(("d_f", "k"), [(-0.1, 10.0), (1.1, 10.0), (float("nan"), 10.0), (0.5, -1.0), (0.5, 1e6)])
def test_values_out_of_range_are_refused(d_f, k):
    rgb, disparity = scene()
    with pytest.raises(InputError):
        RenderEngine(RenderSettings("scatter")).render(rgb, disparity, d_f, k)


def test_out_of_memory_gives_smaller_bands_and_the_same_picture():
    rgb, disparity = scene()
    engine = RenderEngine(RenderSettings("scatter"))
    expected = engine.render(rgb, disparity, 0.2, 300.0)
    renderer = engine._renderer
    real, tried = renderer.render_frame, []

    def short_of_memory(*arguments):
        tried.append(renderer.band_rows)
        if renderer.band_rows is None or renderer.band_rows > 24:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return real(*arguments)

    renderer.render_frame = short_of_memory
    out = engine.render(rgb, disparity, 0.2, 300.0)
    np.testing.assert_array_equal(out, expected)
    assert tried == [None, 24]
    assert "24 rows" in engine.note


def test_out_of_memory_for_good_is_one_clear_error(monkeypatch):
    rgb, disparity = scene()
    engine = RenderEngine(RenderSettings("layered"))

    def never(*_):
        raise MemoryError

    monkeypatch.setattr(engine._renderer, "render_frame", never)
    with pytest.raises(OutOfMemoryError, match="not enough memory"):
        engine.render(rgb, disparity, 0.2, 300.0)


def test_other_failures_are_not_mistaken_for_it(monkeypatch):
    rgb, disparity = scene()
    engine = RenderEngine(RenderSettings("scatter"))

    def broken(*_):
        raise RuntimeError("something else")

    monkeypatch.setattr(engine._renderer, "render_frame", broken)
    with pytest.raises(RuntimeError, match="something else"):
        engine.render(rgb, disparity, 0.2, 300.0)


@pytest.mark.parametrize("name", ["scatter", "layered", pytest.param("vbr", marks=pytest.mark.weights)])
def test_pictures_that_will_not_fit_are_rendered_in_parts_from_the_start(name, monkeypatch, tmp_path):
    rgb = np.random.default_rng(0).integers(0, 255, (300, 420, 3), np.uint8)
    disparity = np.tile(np.linspace(0, 1, 420, dtype=np.float32), (300, 1))
    whole = RenderEngine(RenderSettings(name, "cpu"))
    expected = whole.render(rgb, disparity, 0.5, 40.0)
    assert whole.note == ""
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable: 12000 kB\n")
    monkeypatch.setattr("vbr_core.memory.MEMINFO", tmp_path / "meminfo")
    monkeypatch.setitem(RENDER_BYTES_PER_PIXEL, name, 100)  # 12.6 MB
    engine = RenderEngine(RenderSettings(name, "cpu"))
    out = engine.render(rgb, disparity, 0.5, 40.0)
    assert engine.note.startswith("Pictures of 420 x 300 need about 0.0 GB of memory, and 0.0 GB are free: rendered in")
    assert engine.note.endswith("same result.")
    assert np.abs(out.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("text", ["", "MemTotal: 5 kB\n", "MemAvailable: lots\n", None])
def test_a_machine_that_does_not_tell_its_memory(text, monkeypatch, tmp_path):
    if text is not None:
        (tmp_path / "meminfo").write_text(text)
    monkeypatch.setattr("vbr_core.memory.MEMINFO", tmp_path / "meminfo")
    assert available_bytes() == 0
    engine = RenderEngine(RenderSettings("scatter", "cpu"))
    engine.expect(100_000, 100_000)
    assert engine.note == ""

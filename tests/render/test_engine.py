"""The engine: units, sizes, and what happens when memory runs out."""

import numpy as np
import pytest

from vbr_core.errors import InputError, OutOfMemoryError
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

"""Up-sampling along the edges of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vbr_core.depth.metrics import pair_order_accuracy
from vbr_core.depth.upsample import guided_upsample

if TYPE_CHECKING:
    from numpy.typing import NDArray


def disc_scene(height: int = 288, width: int = 512) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A bright textured disc (disparity 0.8) before a dark textured wall (0.2): picture and true disparity."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    inside = np.hypot(rows - height / 2, columns - width / 2) < 0.3 * height
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.random((height, width, 3), dtype=np.float32), (0, 0), 2) * 0.15
    colour = np.where(inside[..., None], np.float32([0.8, 0.7, 0.5]), np.float32([0.2, 0.3, 0.35]))
    return (colour + noise).astype(np.float32), np.where(inside, 0.8, 0.2).astype(np.float32)


def test_edges_follow_the_picture() -> None:
    picture, truth = disc_scene()
    small = cv2.GaussianBlur(cv2.resize(truth, (128, 72), interpolation=cv2.INTER_AREA), (0, 0), 1.2)
    out = guided_upsample(small, picture)
    plain = cv2.resize(small, (512, 288), interpolation=cv2.INTER_LINEAR)
    assert np.abs(out - truth).mean() < 0.5 * np.abs(plain - truth).mean()
    # pixels at neither depth are what becomes a halo
    between = [float(((m > 0.32) & (m < 0.68)).mean()) for m in (out, plain)]
    assert between[0] < 0.4 * between[1]


def test_texture_does_not_become_depth() -> None:
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.random((36, 64, 3), dtype=np.float32), (512, 288), interpolation=cv2.INTER_NEAREST)
    ramp = np.tile(np.linspace(0.2, 0.6, 96, dtype=np.float32), (54, 1))
    out = guided_upsample(ramp, picture)
    expected = cv2.resize(ramp, (512, 288), interpolation=cv2.INTER_LINEAR)
    assert float(np.abs(out - expected).max()) < 0.03


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 90), st.integers(1, 90), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_any_sizes_give_finite_disparity_in_range(h: int, w: int, height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    disparity = (rng.random((h, w)) > 0.5).astype(np.float32)
    picture = rng.random((height, width, 3), dtype=np.float32) if seed else np.zeros((height, width, 3), np.float32)
    out = guided_upsample(disparity, picture)
    assert out.shape == (height, width)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.min() >= 0.0
    assert out.max() <= 1.0


def test_a_map_of_the_picture_size_passes_through() -> None:
    disparity = np.random.default_rng(0).random((20, 30), dtype=np.float32)
    assert guided_upsample(disparity, np.zeros((20, 30, 3), np.float32)) is disparity


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_integer_pictures_are_the_same_guide(dtype: type, top: int) -> None:
    picture, truth = disc_scene(144, 256)
    small = cv2.resize(truth, (64, 36), interpolation=cv2.INTER_AREA)
    integers = np.clip(picture * top + 0.5, 0, top).astype(dtype)
    np.testing.assert_allclose(guided_upsample(small, integers), guided_upsample(small, picture), atol=0.05)


def test_pair_order() -> None:
    truth = np.tile(np.linspace(0, 1, 50, dtype=np.float32), (20, 1))
    assert pair_order_accuracy(3 * truth - 7, truth)[0] == 1.0
    assert pair_order_accuracy(-truth, truth)[0] == 0.0
    share, pairs = pair_order_accuracy(np.random.default_rng(1).random((20, 50), dtype=np.float32), truth)
    assert share == pytest.approx(0.5, abs=0.06)
    assert 10_000 < pairs < 20_000
    nothing, none = pair_order_accuracy(truth, np.zeros_like(truth))
    assert np.isnan(nothing)
    assert none == 0
    assert pair_order_accuracy(truth, truth, seed=4) == pair_order_accuracy(truth, truth, seed=4)

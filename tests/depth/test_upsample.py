"""Up-sampling along the edges of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vbr_core.depth.edge_metrics import boundary_score, texture_leakage
from vbr_core.depth.metrics import pair_order_accuracy
from vbr_core.depth.upsample import find_edges, guided_upsample
from vbr_core.depth.upsample_torch import guided_upsample_on, guided_upsample_torch
from vbr_core.errors import InputError
from vbr_core.kernels.edge_choice import EdgeZone
from vbr_core.kernels.edge_choice_cpu import edge_choice_cpu

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


def soft_map(truth: NDArray[np.float32], width: int, height: int, shift_px: float = 0.0) -> NDArray[np.float32]:
    """What a network sees: small, blurred, edges moved to the right."""
    moved = cv2.warpAffine(truth, np.float32([[1, 0, shift_px], [0, 1, 0]]), truth.shape[::-1], borderMode=1)
    small = cv2.GaussianBlur(cv2.resize(moved, (width, height), interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    return np.asarray(small, np.float32)


@pytest.mark.parametrize("shift_px", [0.0, 3.0])
def test_boundaries_are_found_to_a_pixel(shift_px: float) -> None:
    picture, truth = disc_scene()
    small = soft_map(truth, 128, 72, shift_px)
    plain = cv2.resize(small, (512, 288), interpolation=cv2.INTER_LINEAR)
    assert boundary_score(guided_upsample(small, picture), truth).f_score > 0.95
    assert boundary_score(plain, truth).f_score < 0.7


def test_a_slanted_floor_has_no_edges() -> None:
    rng = np.random.default_rng(0)
    picture = cv2.resize(rng.random((36, 64, 3), dtype=np.float32), (512, 288), interpolation=cv2.INTER_NEAREST)
    floor = np.tile(np.linspace(0, 1, 72, dtype=np.float32)[:, None], (1, 128))
    np.testing.assert_array_equal(guided_upsample(floor, picture), cv2.resize(floor, (512, 288)))


def test_texture_beside_an_edge_stays_in_the_picture() -> None:
    # a chequered wall: its squares are as unlike as wall and disc
    _, truth = disc_scene()
    rows, columns = np.mgrid[0:288, 0:512]
    squares = ((rows // 9 + columns // 9) % 2).astype(np.float32)[..., None] * np.float32([0.3, 0.3, 0.0])
    inside = truth[..., None] > 0.5
    picture = np.where(inside, np.float32([0.8, 0.2, 0.5]), np.float32([0.1, 0.2, 0.3]) + squares).astype(np.float32)
    small = soft_map(truth, 128, 72)
    plain = cv2.resize(small, (512, 288), interpolation=cv2.INTER_LINEAR)
    found = guided_upsample(small, picture)
    assert texture_leakage(found, truth) < texture_leakage(plain, truth)
    assert np.abs(found - truth).mean() < 0.4 * np.abs(plain - truth).mean()


def test_half_covered_pixels_stay_between() -> None:
    # hair: a strip whose colour and map both lie half-way between the sides
    truth = np.full((120, 160), 0.2, np.float32)
    truth[:, 90:] = 0.8
    cover = np.clip((np.arange(160) - 70) / 20, 0, 1).astype(np.float32)[None, :, None]
    picture = np.broadcast_to(0.2 + 0.5 * cover, (120, 160, 3)).astype(np.float32)
    small = soft_map(np.broadcast_to(0.2 + 0.6 * cover[..., 0], (120, 160)).astype(np.float32), 40, 30)
    row = guided_upsample(small, picture)[60]
    assert (np.diff(row) > -0.02).all()
    assert row.min() > 0.19
    assert row.max() < 0.81
    assert row[60] == pytest.approx(0.2, abs=0.02)
    assert row[99] == pytest.approx(0.8, abs=0.02)


def test_the_result_does_not_depend_on_threads() -> None:
    picture, truth = disc_scene(600, 800)
    small = soft_map(truth, 161, 119)
    low, high, trust, inside = find_edges(small)
    assert inside.any()
    guide = cv2.resize(picture, (161, 119), interpolation=cv2.INTER_AREA)
    zone = EdgeZone(small, guide, low, high, trust, inside)
    plain = cv2.resize(small, (800, 600))
    one, three = (edge_choice_cpu(zone, plain.copy(), picture, threads) for threads in (1, 3))
    np.testing.assert_array_equal(one, three)
    assert np.abs(one - plain).max() > 0.1


@pytest.mark.parametrize(("height", "width", "h", "w"), [(288, 512, 72, 128), (301, 211, 83, 47), (90, 120, 89, 119)])
def test_the_torch_form_agrees(height: int, width: int, h: int, w: int) -> None:
    picture, truth = disc_scene(height, width)
    small = soft_map(truth, w, h, 2.0)
    compiled = guided_upsample(small, picture)
    found = guided_upsample_torch(torch.from_numpy(small), torch.from_numpy(picture)).numpy()
    assert (np.abs(found - compiled) > 1e-3).mean() < 1e-3
    assert find_edges(small)[3].any()


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_device_gives_what_the_processor_gives(kind: type) -> None:
    picture, truth = disc_scene(120, 180)
    small = soft_map(truth, 45, 30, 2.0)
    given = np.round(255 * picture).astype(np.uint8) if kind is np.uint8 else picture
    found = guided_upsample_on("cpu", small, given)
    assert found.dtype == np.float32
    assert (np.abs(found - guided_upsample(small, given)) > 1e-3).mean() < 1e-3
    larger = np.full((150, 200), 0.3, np.float32)  # not for the device's form
    np.testing.assert_array_equal(guided_upsample_on("cpu", larger, given), guided_upsample(larger, given))


def test_a_device_without_memory_leaves_it_to_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, truth = disc_scene(120, 180)
    small = soft_map(truth, 45, 30, 2.0)

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("vbr_core.depth.upsample_torch.guided_upsample_torch", full)
    np.testing.assert_array_equal(guided_upsample_on("cpu", small, picture), guided_upsample(small, picture))


def test_the_torch_form_takes_flat_tiny_and_equal_maps() -> None:
    picture = torch.zeros(20, 30, 3, dtype=torch.uint8)
    torch.testing.assert_close(guided_upsample_torch(torch.full((5, 7), 0.4), picture), torch.full((20, 30), 0.4))
    assert guided_upsample_torch(torch.rand(2, 2), picture).shape == (20, 30)
    same = torch.rand(20, 30)
    assert guided_upsample_torch(same, picture) is same
    with pytest.raises(InputError):
        guided_upsample_torch(torch.rand(21, 30), picture)
    with pytest.raises(InputError):
        guided_upsample_torch(torch.rand(5, 7, 1), picture)


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

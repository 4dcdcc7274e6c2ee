"""Holes that discs of uneven radii leave in a surface."""

import numpy as np
import pytest
import torch

from vbr_core.kernels.disc import STEPS_PER_PX
from vbr_core.kernels.holes import disc_shares, holes, holes_torch
from vbr_core.render import load_renderer

EDGE_PX = 1.5


def found(depth_px: np.ndarray) -> np.ndarray:
    depth = torch.from_numpy(depth_px.astype(np.float32))
    radius = (depth.abs() * STEPS_PER_PX).round().to(torch.int32)
    return holes(radius, depth, EDGE_PX).numpy()


@pytest.mark.parametrize("radius_px", [0.0, 0.4, 0.6, 1.0, 1.7, 5.0])
def test_an_even_surface_has_none(radius_px: float) -> None:
    assert not found(np.full((9, 12), radius_px)).any()


def test_a_lean_surface_has_none_that_counts() -> None:
    depth = np.linspace(0.0, 3.0, 120)[None].repeat(9, axis=0)
    assert found(depth).max() < 0.05


def test_one_pixel_more_blurred_than_those_around_it_leaves_what_it_gives_away() -> None:
    depth = np.full((9, 12), 0.3)
    depth[4, 5] = 1.0
    missing = found(depth)
    own = disc_shares()[STEPS_PER_PX, 2, 2]
    assert missing[4, 5] == pytest.approx(1.0 - own, abs=1e-5)
    missing[4, 5] = 0.0
    assert not missing.any()


def test_what_looks_past_an_edge_stays_open() -> None:
    depth = np.full((9, 12), 1.0)
    depth[:, 6:] = -20.0  # far behind
    assert not found(depth).any()
    # beside something nearer, no more is open than the disc gives away
    nearer = np.full((9, 12), 1.0)
    nearer[:, 6:] = 20.0
    assert found(nearer)[:, :4].max() == 0.0


def test_outside_of_the_picture_is_as_its_border() -> None:
    depth = np.full((5, 5), 0.3)
    depth[0, 0] = 1.0
    assert found(depth)[0, 0] > 0
    assert not found(np.full((1, 1), 1.0)).any()


def test_the_torch_form_finds_the_same() -> None:
    rng = np.random.default_rng(3)
    depth = torch.from_numpy(rng.normal(0.0, 1.2, (40, 50)).astype(np.float32))
    depth[:, 30:] -= 9.0
    radius = (depth.abs() * STEPS_PER_PX).round().to(torch.int32)
    radius[5:8, 5:8] = -1
    compiled, plain = holes(radius, depth, EDGE_PX), holes_torch(radius, depth, EDGE_PX)
    assert (compiled > 0).sum() > 100
    torch.testing.assert_close(compiled, plain, atol=1e-6, rtol=0.0)


def test_nothing_bright_shines_through_a_dark_surface_whose_disparity_is_noisy() -> None:
    rng = np.random.default_rng(5)
    frame = np.full((60, 80, 3), 0.9, np.float32)
    disparity = np.full((60, 80), 0.1, np.float32)
    frame[10:50, 10:60] = 0.1
    noise = rng.integers(-2, 3, (40, 50)) / 255.0  # of a JPEG file
    disparity[10:50, 10:60] = 0.7 + noise
    out = load_renderer("scatter").render(
        frame[None], disparity[None], np.array([0.7], np.float32), np.array([100.0], np.float32)
    )[0]
    inside = out[14:46, 14:56]
    assert inside.max() < 0.12

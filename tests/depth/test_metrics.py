"""The measures against cases whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vbr_core.depth.flow import Motion
from vbr_core.depth.metrics import (
    edge_displacement_px,
    edge_steepness,
    flow_warped_error,
    frame_change,
    normalised,
    range_jump,
)

H, W = 20, 40


def motion(shift_x: float, trust: float = 1.0) -> Motion:
    shift = np.zeros((H, W, 2), np.float32)
    shift[..., 0] = shift_x
    return Motion(shift, np.full((H, W), trust, np.float32))


def ramp(offset: float = 0.0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.tile(((np.arange(W) - offset) / W).astype(np.float32), (H, 1))


def step(at: float, width: float = 0.5) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.tile((1 / (1 + np.exp(-(np.arange(W) - at) / width))).astype(np.float32), (H, 1))


def test_disparity_that_moves_with_the_picture_has_no_error() -> None:
    maps = np.stack([ramp(0), ramp(3), ramp(6)])
    assert flow_warped_error(maps, [motion(3)] * 2) == pytest.approx(0, abs=1e-6)
    assert flow_warped_error(maps, [motion(0)] * 2) == pytest.approx(3 / W, rel=1e-4)


def test_pixels_without_trust_do_not_count() -> None:
    maps = np.stack([ramp(0), ramp(0) + 0.5])
    half = motion(0)
    half.trust[:, : W // 2] = 0
    maps[1, :, : W // 2] = 9
    assert flow_warped_error(maps, [half]) == pytest.approx(0.5)
    assert math.isnan(flow_warped_error(maps, [motion(0, 0.0)]))
    assert math.isnan(flow_warped_error(maps, [motion(0)], moving_only=True))


def test_change_and_jumps() -> None:
    maps = np.stack([ramp(), ramp(), ramp() + 0.25, ramp() + 0.25])
    assert frame_change(maps) == pytest.approx(0.25 / 3)
    assert range_jump(maps) == pytest.approx(0.25)
    assert range_jump(maps, [2]) == pytest.approx(0.25)
    assert range_jump(maps, [1, 3]) == pytest.approx(0.0)
    assert range_jump(maps, []) == 0.0


def test_an_edge_that_was_moved_is_measured() -> None:
    assert edge_displacement_px(step(20), step(20)) == 0.0
    assert edge_displacement_px(step(20), step(21.5)) == pytest.approx(1.5, abs=0.15)
    assert edge_displacement_px(step(20), step(18)) == pytest.approx(2.0, abs=0.15)
    assert edge_displacement_px(step(20), np.zeros((H, W), np.float32)) == 4.0
    assert edge_displacement_px(step(20), 0.5 * step(20) + 0.25) == pytest.approx(0.0, abs=0.1)


def test_a_softer_edge_is_less_steep() -> None:
    assert edge_steepness(step(20, 2.0)) < 0.5 * edge_steepness(step(20, 0.5))
    assert edge_steepness(np.full((H, W), 0.3, np.float32)) == 0.0


def test_maps_are_brought_to_the_range_of_their_shot() -> None:
    out = normalised(np.stack([ramp() * 10 + 3, ramp() * 10 + 4]))
    assert out.min() == 0.0
    assert out.max() == 1.0
    assert out[1].mean() - out[0].mean() == pytest.approx(1 / 10.55, rel=0.05)

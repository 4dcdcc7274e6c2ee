"""Jumps of the scale of a shot's disparity are taken out; what does not jump stays as it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vbr_core.render.steadying import LOOK_AHEAD, ScaleSteadier, correction

SIZE = (96, 128)


def moving_scene(count: int, step_px: float = 1.0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A textured card (disparity 0.7) that glides before a textured wall (0.3): frames and true disparity."""
    rng = np.random.default_rng(1)
    wall, card = (cv2.resize(rng.random((12, 16, 3), np.float32), (SIZE[1] * 2, SIZE[0])) for _ in range(2))
    frames, maps = [], []
    for t in range(count):
        left = 20 + round(step_px * t)
        frame, disparity = wall[:, : SIZE[1]].copy(), np.full(SIZE, 0.3, np.float32)
        frame[20:80, left : left + 50] = card[:60, :50]
        disparity[20:80, left : left + 50] = 0.7
        frames.append(frame)
        maps.append(disparity)
    return frames, maps


def steadied(frames: list[np.ndarray], maps: list[np.ndarray]) -> np.ndarray:
    """Scales for all frames; checks that they come in order and none is lost."""
    steadier: ScaleSteadier[int] = ScaleSteadier()
    ready = []
    for t, (frame, disparity) in enumerate(zip(frames, maps, strict=True)):
        new = steadier.push(frame, disparity, t)
        assert len(new) == (t >= LOOK_AHEAD)
        ready += new
    ready += steadier.finish()
    assert [each.given for each in ready] == list(range(len(frames)))
    return np.array([each.scale for each in ready])


def test_jumps_shrink_to_less_than_half() -> None:
    frames, maps = moving_scene(24)
    rng = np.random.default_rng(4)
    jumps = rng.uniform(0.9, 1.1, len(maps))
    scales = steadied(frames, [disparity * np.float32(jump) for disparity, jump in zip(maps, jumps, strict=True)])
    before, after = np.log(jumps), np.log(jumps * scales)
    assert np.diff(after).std() < 0.4 * np.diff(before).std()
    assert after.std() < 0.5 * before.std()
    assert abs(after.mean() - before.mean()) < 0.02  # the shot as a whole is neither nearer nor farther


def test_true_disparity_is_left_alone_to_the_bit() -> None:
    assert (steadied(*moving_scene(12, 2.0)) == 1.0).all()


def test_a_steady_approach_is_no_jump() -> None:
    frames, maps = moving_scene(12, 0.0)
    nearer = [disparity * np.float32(1.0 + 0.03 * t) for t, disparity in enumerate(maps)]
    assert (steadied(frames, nearer) == 1.0).all()


def test_one_jump_in_a_calm_shot_is_believed() -> None:
    frames, maps = moving_scene(14, 0.0)
    assert (steadied(frames, maps[:7] + [disparity * np.float32(0.8) for disparity in maps[7:]]) == 1.0).all()


@pytest.mark.parametrize("count", [1, 2])
def test_short_shots_come_out_as_they_went_in(count: int) -> None:
    frames, maps = moving_scene(count)
    assert (steadied(frames, maps) == 1.0).all()


def test_flat_black_and_tiny_frames_are_no_trouble() -> None:
    flat = [np.zeros((16, 16, 3), np.float32)] * 5
    for value in (0.0, 0.5):
        assert (steadied(flat, [np.full((16, 16), value, np.float32)] * 5) == 1.0).all()


def test_an_approach_with_jumps_keeps_the_approach() -> None:
    rng = np.random.default_rng(7)
    true = 0.004 * np.arange(200)
    sums = true + rng.uniform(-0.1, 0.1, 200)
    after = np.array([sums[t] + correction(sums[max(0, t - 7) : t + 3], min(t, 7)) for t in range(198)])
    error = after - true[:198]
    assert error.std() < 0.5 * (sums - true).std()
    assert abs(error[20:].mean()) < 0.01


def test_a_frame_that_failed_can_be_pushed_again() -> None:
    frames, maps = moving_scene(6)
    steadier: ScaleSteadier[int] = ScaleSteadier()
    for t in range(3):
        steadier.push(frames[t], maps[t], t)
    before = steadier.state()
    steadier.push(frames[3], maps[3], 3)
    steadier.restore(before)
    again = steadier.push(frames[3], maps[3], 3)
    assert [each.given for each in again] == [1]
    assert [each.given for each in steadier.finish()] == [2, 3]

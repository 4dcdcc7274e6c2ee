"""Disparity steadied along the flow, on a textured square that moves over a textured ground."""

import cv2
import numpy as np
import pytest

from vbr_core.render import load_renderer
from vbr_core.train.flow_smoothing import FlowSmoothedRenderer, smooth_disparity


@pytest.fixture(scope="module")
def moving():
    """Frames and true disparity of a square that moves 2 pixels a frame: (5, 96, 96)."""
    rng = np.random.default_rng(3)
    ground, square = (cv2.GaussianBlur(rng.random((n, n, 3), np.float32), (0, 0), 1.5) * 3 % 1 for n in (96, 40))
    frames = np.repeat(ground[None], 5, axis=0)
    disparity = np.full((5, 96, 96), 0.2, np.float32)
    for t in range(5):
        frames[t, 28:68, 20 + 2 * t : 60 + 2 * t] = square
        disparity[t, 28:68, 20 + 2 * t : 60 + 2 * t] = 0.8
    return frames, disparity


def test_true_disparity_stays(moving):
    frames, disparity = moving
    smooth = smooth_disparity(frames, disparity)
    assert np.mean(np.abs(smooth - disparity) > 0.1) < 0.04  # a fringe where the flow is not exact
    still = np.repeat(frames[:1], 3, axis=0)
    assert np.abs(smooth_disparity(still, disparity[[0, 0, 0]]) - disparity[0]).max() < 1e-4


def test_flicker_becomes_less(moving):
    frames, disparity = moving
    jumps = np.array([0.1, -0.1, 0.1, -0.1, 0.1], np.float32)[:, None, None]
    smooth = smooth_disparity(frames, disparity + jumps)
    inner = np.s_[1:-1, 8:-8, 8:-8]
    before, after = (np.abs(given - disparity)[inner].mean() for given in (disparity + jumps, smooth))
    assert before == pytest.approx(0.1, abs=1e-5)
    assert after < 0.6 * before  # a third where all three agree


def test_one_frame_and_unrelated_frames_are_kept(moving):
    frames, disparity = moving
    assert np.array_equal(smooth_disparity(frames[:1], disparity[:1]), disparity[:1])
    rng = np.random.default_rng(0)
    noise = rng.random((2, 96, 96, 3), np.float32)
    levels = np.stack([np.zeros((96, 96), np.float32), np.ones((96, 96), np.float32)])
    changed = np.abs(smooth_disparity(noise, levels) - levels) > 0.01
    assert changed.mean() < 0.5


def test_the_renderer_is_layered_with_steadied_disparity(moving):
    frames, disparity = (given[:2, :48, :48] for given in moving)
    d_f, k_px = np.array([0.2, 0.2], np.float32), np.array([4.0, 5.0], np.float32)
    wanted = load_renderer("layered").render(frames, smooth_disparity(frames, disparity), d_f, k_px)
    assert np.array_equal(FlowSmoothedRenderer().render(frames, disparity, d_f, k_px), wanted)

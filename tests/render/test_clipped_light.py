"""Frames of a shot agree on how bright a lamp is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vbr_core.model.highlights import MOST_LOG_GAIN
from vbr_core.render.clipped_light import AGREEING_FRAMES, agreed_change, changed, clipped_light
from vbr_core.render.hidden_light import Look, look_at

SIDE, STEP = 64, 2
FRAMES = 2 * AGREEING_FRAMES + 1


def encoded(log_gain: float) -> float:
    """White with so much more light, on the continued sRGB curve."""
    return float(1.055 * np.exp(log_gain / 2.4) - 0.055)


def frame_with_lamp(t: int, log_gain: float) -> tuple[np.ndarray, np.ndarray]:
    """A frame of a lamp that moves, and the frame with its light."""
    frame = np.full((SIDE, SIDE, 3), 0.4, np.float32)
    left = 16 + STEP * t
    frame[20:28, left : left + 8] = 1.0
    bright = frame.copy()
    bright[20:28, left : left + 8] = encoded(log_gain)
    return frame, bright


def shot(log_gains: list[float], depths: list[float] | None = None) -> list[Look]:
    """Frames in which a lamp moves by ``STEP`` pixels, each with its own guess of its light."""
    looks = []
    for t, log_gain in enumerate(log_gains):
        depth = np.full((SIDE, SIDE), 0.3 if depths is None else depths[t], np.float32)
        motion = np.zeros((SIDE, SIDE, 2), np.float32)
        motion[..., 0] = STEP
        look = look_at(frame_with_lamp(t, log_gain)[0], depth, frame_with_lamp(t, log_gain)[1])
        looks.append(replace(look, on=motion, back=-motion))
    return looks


def test_a_lamp_gets_the_mean_of_what_the_frames_around_guess() -> None:
    guesses = [float(value) for value in np.random.default_rng(0).uniform(0.5, 2.0, 2 * FRAMES)]
    looks = shot(guesses)
    here = FRAMES
    change = agreed_change(looks, here)
    assert change is not None
    wanted = np.mean(guesses[here - AGREEING_FRAMES : here + AGREEING_FRAMES + 1]) - guesses[here]
    left = 16 + STEP * here
    assert np.allclose(change[21:27, left + 1 : left + 7], wanted, atol=1e-3)
    assert not change[40:].any()
    frame, bright = frame_with_lamp(here, guesses[here])
    result = changed(frame, bright, change)
    assert np.allclose(result[21:27, left + 1 : left + 7], encoded(guesses[here] + wanted), atol=1e-3)
    assert np.array_equal(result[frame < 0.9], frame[frame < 0.9])
    # the ends of a shot have fewer frames to ask
    first = agreed_change(looks, 0)
    assert first is not None
    wanted = np.mean(guesses[: AGREEING_FRAMES + 1]) - guesses[0]
    assert np.allclose(first[21:27, 17:23], wanted, atol=1e-3)


def test_other_surfaces_are_not_asked() -> None:
    depths = [0.3] * FRAMES
    depths[AGREEING_FRAMES + 1] = 0.7
    guesses = [1.0] * FRAMES
    guesses[AGREEING_FRAMES + 1] = 3.0
    change = agreed_change(shot(guesses, depths), AGREEING_FRAMES)
    assert change is not None
    assert np.abs(change).max() < 1e-3


def test_frames_without_clipped_light_change_nothing() -> None:
    looks = shot([1.0] * 3)
    grey = np.full((SIDE, SIDE, 3), 0.4, np.float32)
    depth = np.full((SIDE, SIDE), 0.3, np.float32)
    dark = replace(look_at(grey, depth, grey), on=looks[0].on, back=looks[0].back)
    assert clipped_light(grey, grey.copy(), grey) is None
    assert agreed_change([looks[0], dark, looks[2]], 1) is None
    change = agreed_change([looks[0], dark, looks[2]], 0)
    assert change is not None
    assert np.abs(change).max() < 1e-3
    assert agreed_change(looks[:1], 0) is None


@pytest.mark.parametrize("amount", [-20.0, 20.0])
def test_light_stays_between_what_is_shown_and_the_most(amount: float) -> None:
    frame, bright = frame_with_lamp(0, 1.0)
    result = changed(frame, bright, np.full((SIDE // 2, SIDE // 2, 3), amount, np.float32))
    assert float(result.max()) == pytest.approx(encoded(MOST_LOG_GAIN) if amount > 0 else 1.0, rel=1e-5)
    assert (result >= frame - 1e-6).all()

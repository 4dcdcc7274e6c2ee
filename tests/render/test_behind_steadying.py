"""The guess of what is hidden, carried on from frame to frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from vbr_core.model.layer_separation import Layers
from vbr_core.render.behind_steadying import BehindSteadier
from vbr_core.render.hidden_light import HiddenLight

HEIGHT, WIDTH, DRIFT = 48, 64, 3
FAR, NEAR = 0.2, 0.8


def wall(t: int) -> np.ndarray:
    """What the far surface looks like in frame ``t``: it drifts to the right."""
    rough = np.random.default_rng(0).random((12, 40, 3)).astype(np.float32)
    wide = np.clip(cv2.resize(rough, (160, HEIGHT), interpolation=cv2.INTER_CUBIC), 0.1, 0.9)
    left = 80 - DRIFT * t
    return np.ascontiguousarray(wide[:, left : left + WIDTH])


def given(t: int, guess: np.ndarray, scale: int = 1) -> tuple[np.ndarray, np.ndarray, Layers, HiddenLight]:
    """A frame whose middle is covered, its disparity, its layers with a guess, and what is known of hidden places."""
    covered = np.zeros((HEIGHT, WIDTH), bool)
    covered[8:40, 20:50] = True
    frame = wall(t)
    frame[covered] = 0.5
    disparity = np.where(covered, NEAR, FAR).astype(np.float32)
    motion = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    motion[..., 0] = -DRIFT
    unknown = np.zeros((HEIGHT, WIDTH), np.float32)
    hidden = HiddenLight(guess, np.full_like(disparity, FAR), unknown, covered, None, None if t == 0 else motion)
    large = tuple(np.kron(each, np.ones((scale, scale))) for each in (covered, disparity))
    shown, behind = (
        np.kron(each, np.ones((scale, scale, 1))).astype(np.float32)
        for each in (frame, np.where(covered[..., None], guess, frame))
    )
    depth = torch.from_numpy(large[1].astype(np.float32))[None, None]
    layers = Layers(
        torch.ones_like(depth),
        depth,
        torch.from_numpy(behind).permute(2, 0, 1)[None],
        torch.full_like(depth, FAR),
        torch.from_numpy(large[0] > 0)[None, None],
    )
    return shown, large[1].astype(np.float32), layers, hidden


def guesses(frames: int, noise: float = 0.15) -> list[np.ndarray]:
    """Guesses that are right but for smooth noise, other noise in every frame."""
    rng = np.random.default_rng(1)
    return [
        (wall(t) + noise * cv2.resize(rng.standard_normal((6, 8, 3)), (WIDTH, HEIGHT))).astype(np.float32)
        for t in range(frames)
    ]


def error(layers: Layers, t: int, scale: int = 1) -> float:
    """Of the guess, where something was hidden in the frames before too."""
    behind = layers.behind[0].permute(1, 2, 0).numpy()[::scale, ::scale]
    return float(np.abs(behind - wall(t))[10:38, 32:48].mean())


@pytest.mark.parametrize("scale", [1, 2])
def test_a_guess_becomes_steadier_the_longer_it_goes_on(scale: int) -> None:
    steadier, alone, together = BehindSteadier(), [], []
    for t, guess in enumerate(guesses(10)):
        frame, disparity, layers, hidden = given(t, guess, scale)
        alone.append(error(layers, t, scale))
        together.append(error(steadier.steadied(frame, disparity, layers, hidden), t, scale))
    assert together[0] == alone[0]
    assert np.mean(together[3:]) < 0.6 * np.mean(alone[3:])


def test_what_was_open_before_is_kept_when_it_is_covered() -> None:
    steadier = BehindSteadier()
    for t in range(3):
        frame, disparity, layers, hidden = given(t, np.full((HEIGHT, WIDTH, 3), 0.5, np.float32))
        result = steadier.steadied(frame, disparity, layers, hidden)
    # two steps of three pixels have moved beneath the left edge
    behind = result.behind[0].permute(1, 2, 0).numpy()
    strip = np.s_[10:38, 21:25]
    assert np.abs(behind - wall(2))[strip].mean() < 0.5 * np.abs(np.float32(0.5) - wall(2))[strip].mean()
    outside = np.s_[:8]
    assert np.array_equal(behind[outside], layers.behind[0].permute(1, 2, 0).numpy()[outside])


def test_another_surface_is_not_mixed_in() -> None:
    steadier = BehindSteadier()
    frame, disparity, layers, hidden = given(0, np.zeros((HEIGHT, WIDTH, 3), np.float32))
    steadier.steadied(frame, disparity, layers, hidden)
    frame, disparity, layers, hidden = given(1, np.ones((HEIGHT, WIDTH, 3), np.float32))
    layers.behind_disparity.fill_(FAR + 0.1)
    result = steadier.steadied(frame, disparity, layers, hidden)
    assert result.behind.equal(layers.behind)


def test_nothing_is_carried_over_a_gap_and_a_state_can_be_restored() -> None:
    first, second = guesses(2)
    steadier = BehindSteadier()
    steadier.steadied(*given(0, first))
    before = steadier.state()
    mixed = steadier.steadied(*given(1, second)).behind
    steadier.restore(before)
    assert steadier.steadied(*given(1, second)).behind.equal(mixed)
    steadier.forget()
    fresh = given(1, second)
    assert steadier.steadied(*fresh).behind.equal(fresh[2].behind)
    assert not mixed.equal(fresh[2].behind)

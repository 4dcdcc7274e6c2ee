"""Spoiled disparity."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vbr_core.train.svb.corruption import (
    EVALUATION,
    LEVELS,
    corrupt,
    elastic,
    imitate_network,
    random_corruption,
    smooth_noise,
)

FRAMES, SIZE = 4, 64


def clip_of_discs() -> tuple[np.ndarray, np.ndarray]:
    """Disparity (T, H, W) of a near disc that moves, and pictures (T, H, W, 3) uint8 of it."""
    disparity = np.full((FRAMES, SIZE, SIZE), 0.1, np.float32)
    for t in range(FRAMES):
        cv2.circle(disparity[t], (25 + 4 * t, 32), 14, 1.0, -1)
    frames = np.repeat((disparity * 200).astype(np.uint8)[..., None], 3, axis=3)
    return disparity, frames


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_level_zero_is_no_corruption() -> None:
    disparity, _ = clip_of_discs()
    assert np.array_equal(corrupt(disparity, "0", rng()), disparity)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_stays_a_disparity_and_leaves_its_input_alone(level: str) -> None:
    disparity, _ = clip_of_discs()
    before = disparity.copy()
    spoiled = corrupt(disparity, level, rng())
    assert np.array_equal(disparity, before)
    assert spoiled.shape == disparity.shape
    assert spoiled.dtype == np.float32
    assert spoiled.min() >= 0.0
    assert spoiled.max() <= 1.0


def test_levels_get_worse() -> None:
    disparity, _ = clip_of_discs()
    errors = [
        np.mean([np.abs(corrupt(disparity, level, rng(seed)) - disparity).mean() for seed in range(12)])
        for level in LEVELS
    ]
    assert errors == sorted(errors)
    assert errors[0] == 0


def test_only_level_four_jumps_in_scale() -> None:
    # blur, growth and warp leave an even disparity alone, so what is left is the scale
    even = np.full((FRAMES, SIZE, SIZE), 0.5, np.float32)
    assert np.abs(corrupt(even, "III", rng()) - 0.5).max() < 1e-4
    spoiled = corrupt(even, "IV", rng())
    factors = spoiled.mean(axis=(1, 2)) / 0.5
    assert np.ptp(spoiled, axis=(1, 2)).max() < 1e-4
    assert len(np.unique(factors)) == FRAMES
    assert np.ptp(factors) > 0.02
    assert np.abs(factors - 1).max() <= EVALUATION.scale + 1e-4


@pytest.mark.parametrize("level", ["I", "II", "III", "IV"])
def test_the_seed_alone_decides(level: str) -> None:
    disparity, _ = clip_of_discs()
    assert np.array_equal(corrupt(disparity, level, rng(3)), corrupt(disparity, level, rng(3)))
    if level in ("III", "IV"):
        assert not np.array_equal(corrupt(disparity, level, rng(3)), corrupt(disparity, level, rng(4)))


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        corrupt(clip_of_discs()[0], "V", rng())


def test_smooth_noise_is_smooth_and_of_unit_strength() -> None:
    field = smooth_noise((SIZE, SIZE + 16), rng(), 8.0)
    assert field.shape == (SIZE, SIZE + 16)
    assert field.std() == pytest.approx(1.0, abs=1e-3)
    assert np.abs(np.diff(field, axis=0)).max() < 0.6


def test_elastic_moves_by_no_more_than_it_says() -> None:
    columns = np.tile(np.arange(SIZE, dtype=np.float32) / SIZE, (SIZE, 1))
    moved = elastic(columns, rng(), 3.0, 8.0)
    shift = np.abs(moved - columns)[:, 4:-4] * SIZE
    assert shift.max() <= 3.0 + 0.1
    assert shift.max() > 0.5
    assert np.allclose(elastic(columns, rng(), 0.0, 8.0), columns)


def test_an_imitated_network_is_a_little_wrong_everywhere_and_no_more() -> None:
    disparity, frames = clip_of_discs()
    for seed in range(6):
        spoiled = imitate_network(disparity, frames, rng(seed))
        assert spoiled.shape == disparity.shape
        assert spoiled.dtype == np.float32
        assert np.isfinite(spoiled).all()
        assert spoiled.min() >= 0.0
        assert spoiled.max() <= 1.0
        assert 0.001 < np.abs(spoiled - disparity).mean() < 0.15
        assert np.array_equal(spoiled, imitate_network(disparity, frames, rng(seed)))


def test_training_samples_are_of_all_kinds_and_reproducible() -> None:
    disparity, frames = clip_of_discs()
    clean = 0
    for seed in range(20):
        spoiled = random_corruption(disparity, frames, rng(seed))
        assert spoiled.dtype == np.float32
        assert spoiled.shape == disparity.shape
        assert spoiled.min() >= 0.0
        assert spoiled.max() <= 1.0
        assert np.array_equal(spoiled, random_corruption(disparity, frames, rng(seed)))
        clean += np.array_equal(spoiled, disparity)
    assert 1 <= clean <= 10

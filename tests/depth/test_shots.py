"""Cuts, and the calming of what stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from vbr_core.depth.shots import CutDetector
from vbr_core.depth.stabilise import TemporalFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

H, W = 72, 128


def scene(seed: int, shift: int = 0, gain: float = 1.0) -> NDArray[np.float32]:
    """Coloured patches on a coloured ground, moved to the left by ``shift`` pixels."""
    rng = np.random.default_rng(seed)
    picture = np.tile(rng.uniform(0.0, 1.0, 3).astype(np.float32), (H, 2 * W, 1))
    for _ in range(14):
        top, left = int(rng.integers(0, H - 20)), int(rng.integers(0, 2 * W - 30))
        picture[top : top + 20, left : left + 30] = rng.uniform(0.0, 1.0, 3)
    return np.clip(picture[:, shift : shift + W] * gain, 0, 1).astype(np.float32)


def cuts_of(pictures: list[NDArray[np.float32]]) -> list[int]:
    detector = CutDetector()
    return [number for number, picture in enumerate(pictures) if detector.is_cut(picture)]


def test_a_cut_is_found_at_its_frame() -> None:
    pictures = [scene(1, k) for k in range(6)] + [scene(2, k) for k in range(6)] + [scene(5, k) for k in range(3)]
    assert cuts_of(pictures) == [6, 12]


def test_pans_noise_and_dimming_are_no_cuts() -> None:
    rng = np.random.default_rng(0)
    assert cuts_of([scene(1, 4 * k) for k in range(25)]) == []
    assert (
        cuts_of([np.clip(scene(1) + rng.normal(0, 0.06, (H, W, 3)), 0, 1).astype(np.float32) for _ in range(8)]) == []
    )
    assert cuts_of([scene(1, 0, 1.0 - 0.04 * k) for k in range(20)]) == []


def test_one_picture_or_pictures_that_stay_the_same_have_no_cut() -> None:
    assert cuts_of([scene(1)]) == []
    assert cuts_of([np.zeros((16, 16, 3), np.float32)] * 5) == []


def test_where_nothing_moves_flicker_falls() -> None:
    rng = np.random.default_rng(0)
    picture = scene(1)
    smooth = TemporalFilter()
    raws = [np.full((36, 64), 0.5, np.float32) + rng.normal(0, 0.05, (36, 64)).astype(np.float32) for _ in range(30)]
    calm = [smooth(raw, picture) for raw in raws]
    before = np.abs(np.diff(raws, axis=0)).mean()
    after = np.abs(np.diff(calm[5:], axis=0)).mean()
    assert after < before / 2.5
    assert calm[-1].mean() == pytest.approx(0.5, abs=0.01)


def test_what_moves_keeps_its_own_disparity() -> None:
    smooth = TemporalFilter()
    before, after = np.zeros((36, 64), np.float32), np.ones((36, 64), np.float32)
    left = np.full((H, W, 3), 0.2, np.float32)
    right = left.copy()
    right[:, : W // 2] = 0.9  # the left half changes
    smooth(before, left)
    out = smooth(after, right)
    assert np.allclose(out[:, :28], 1.0)
    assert np.allclose(out[:, 36:], 0.25, atol=0.01)


def test_the_filter_forgets_at_a_cut_and_at_a_new_size() -> None:
    smooth = TemporalFilter()
    picture = scene(1)
    smooth(np.zeros((36, 64), np.float32), picture)
    smooth.reset()
    assert np.all(smooth(np.ones((36, 64), np.float32), picture) == 1.0)
    assert np.all(smooth(np.full((18, 32), 0.3, np.float32), picture) == np.float32(0.3))


def test_restoring_equals_going_on() -> None:
    rng = np.random.default_rng(0)
    raws = rng.random((6, 18, 32), dtype=np.float32)
    pictures = np.clip(0.5 + 0.02 * rng.standard_normal((6, 72, 128, 3)), 0, 1).astype(np.float32)
    straight, first, second = TemporalFilter(), TemporalFilter(), TemporalFilter()
    expected = [straight(raw, picture) for raw, picture in zip(raws, pictures, strict=True)]
    found = [first(raw, picture) for raw, picture in zip(raws[:3], pictures[:3], strict=True)]
    second.restore(found[-1], pictures[2])
    found += [second(raw, picture) for raw, picture in zip(raws[3:], pictures[3:], strict=True)]
    np.testing.assert_array_equal(found, expected)

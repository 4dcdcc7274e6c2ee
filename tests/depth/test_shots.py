"""Cuts, flashes and flat pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vbr_core.depth.shots import CutDetector, ShotFinder

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


def found_in(pictures: list[NDArray[np.float32]]) -> tuple[list[int], list[int]]:
    """Cuts and flashes of a :class:`ShotFinder`."""
    finder = ShotFinder()
    frames = [frame for number, picture in enumerate(pictures) for frame in finder.push(number, picture)]
    frames += finder.finish()
    assert [frame.frame_index for frame in frames] == list(range(len(pictures)))
    return (
        [frame.frame_index for frame in frames if frame.is_cut],
        [frame.frame_index for frame in frames if frame.is_flash],
    )


def test_a_flash_is_no_cut() -> None:
    white = np.ones((H, W, 3), np.float32)
    shot = [scene(1, k) for k in range(8)]
    assert found_in([*shot[:4], white, *shot[4:]]) == ([], [4])
    assert found_in([*shot[:4], white, white, *shot[4:]]) == ([], [4, 5])
    assert cuts_of([*shot[:4], white, *shot[4:]]) == [4]  # without looking ahead: not twice


def test_cuts_are_found_with_the_look_ahead_too() -> None:
    pictures = [scene(1, k) for k in range(6)] + [scene(2, k) for k in range(6)] + [scene(5)]
    assert found_in(pictures) == ([6, 12], [])
    black = np.zeros((H, W, 3), np.float32)
    assert found_in([scene(1)] * 3 + [black] + [scene(2)] * 3)[0] == [3, 4]
    assert found_in([scene(number) for number in (1, 2, 5)]) == ([1, 2], [])


def test_flat_pictures_are_told() -> None:
    finder = ShotFinder()
    for number, picture in enumerate((np.zeros((H, W, 3), np.float32), scene(1), scene(1) * 0.1)):
        finder.push(number, picture)
    assert [frame.is_flat for frame in finder.finish()] == [False, False]  # the first one is out already
    finder = ShotFinder()
    finder.push(0, np.full((H, W, 3), 0.7, np.float32))
    assert [frame.is_flat for frame in finder.finish()] == [True]

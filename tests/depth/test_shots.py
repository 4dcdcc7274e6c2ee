"""Cuts, flashes and flat pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

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


PLACE = (216, 384)


def place(seed: int = 3) -> NDArray[np.float32]:
    """A wide picture of one place: all of it in a few alike colours, with detail of every size."""
    rng = np.random.default_rng(seed)
    height, width = PLACE
    picture = np.zeros((height, width), np.float32)
    for cells, strength in ((4, 0.3), (10, 0.2), (24, 0.15), (60, 0.08)):
        noise = rng.uniform(-1, 1, (cells * 9 // 16 + 1, cells)).astype(np.float32)
        picture += strength * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(0.5 + picture[..., None] * np.array([1.0, 0.9, 0.7]), 0, 1).astype(np.float32)


def framed(whole: NDArray[np.float32], x: float, y: float, share: float) -> NDArray[np.float32]:
    """The part of a place around (x, y) (shares of its sides), ``share`` of its size."""
    height, width = whole.shape[:2]
    step_x, step_y = share * width / W, share * height / H
    matrix = np.array([[step_x, 0, x * width - W * step_x / 2], [0, step_y, y * height - H * step_y / 2]], np.float32)
    return cv2.warpAffine(whole, matrix, (W, H), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP).astype(np.float32)


@pytest.mark.parametrize(
    ("before", "after"),
    [((0.5, 0.5, 1.0), (0.5, 0.5, 0.5)), ((0.5, 0.5, 0.5), (0.5, 0.5, 1.0)), ((0.25, 0.5, 0.5), (0.75, 0.5, 0.5))],
    ids=["to a close-up", "to the whole", "from the left to the right"],
)
def test_a_cut_within_one_place_is_found(before: tuple[float, ...], after: tuple[float, ...]) -> None:
    whole = place()
    pictures = [framed(whole, before[0] + 0.002 * k, *before[1:]) for k in range(6)]
    pictures += [framed(whole, after[0] - 0.002 * k, *after[1:]) for k in range(6)]
    assert found_in(pictures) == ([6], [])
    assert cuts_of(pictures) == [6]


@pytest.mark.parametrize("speed", [0.1, 0.2, 0.35])
def test_whip_pans_are_no_cuts(speed: float) -> None:
    whole, size = place(), 0.4
    steps = int(0.55 / (speed * size))
    places = [0.22] * 4 + [0.22 + speed * size * k for k in range(1, steps + 1)]
    places += [places[-1]] * 4
    pictures = [framed(whole, x, 0.5, size) for x in places]
    assert found_in(pictures) == ([], [])
    assert cuts_of(pictures) == []


def test_zooms_and_shaking_are_no_cuts() -> None:
    whole, rng = place(), np.random.default_rng(1)
    assert found_in([framed(whole, 0.5, 0.5, 0.95 * 1.12**-k) for k in range(12)]) == ([], [])
    shaken = [framed(whole, *(0.5 + rng.normal(0, 0.03, 2)), 0.5) for _ in range(20)]
    assert found_in(shaken) == ([], [])


@pytest.mark.parametrize("speed", [20, 50])
def test_somebody_who_runs_through_the_picture_is_no_cut(speed: int) -> None:
    ground, person = framed(place(3), 0.5, 0.5, 0.5), framed(place(8), 0.5, 0.5, 0.4)[:, : W // 2]
    pictures = []
    for left in range(-W // 2 - 2 * speed, W + 2 * speed, speed):
        picture = ground.copy()
        first, last = max(0, left), min(W, left + W // 2)
        if last > first:
            picture[:, first:last] = person[:, first - left : last - left] * [0.9, 0.5, 0.4]
        pictures.append(picture)
    assert found_in(pictures) == ([], [])


def test_light_that_changes_at_once_is_no_cut() -> None:
    ground = framed(place(), 0.5, 0.5, 0.5)
    for light in (ground * 0.4, np.clip(ground * 1.5, 0, 1), np.clip(ground * [1.4, 1.0, 0.5], 0, 1)):
        assert found_in([ground] * 5 + [light.astype(np.float32)] * 6) == ([], [])


@pytest.mark.parametrize("length", [1, 2])
def test_another_picture_cut_in_for_a_moment_is_no_flash(length: int) -> None:
    shot, other = [scene(1, k) for k in range(10)], [scene(2), scene(2, 1)]
    assert found_in([*shot[:5], *other[:length], *shot[5:]]) == ([5, 5 + length], [])
    assert cuts_of([*shot[:5], *other[:length], *shot[5:]]) == [5, 5 + length]


@pytest.mark.parametrize("length", [1, 2])
def test_the_same_picture_lit_up_for_a_moment_is_a_flash(length: int) -> None:
    ground = framed(place(), 0.5, 0.5, 0.5)
    burnt = np.clip(ground * 4 + 0.3, 0, 1).astype(np.float32)
    for light in (np.clip(ground + 0.35, 0, 1).astype(np.float32), (ground * 0.35).astype(np.float32), burnt):
        pictures = [ground] * 5 + [light] * length + [ground] * 5
        assert found_in(pictures) == ([], list(range(5, 5 + length)))


def test_a_fade_through_black_begins_a_shot_where_the_new_picture_can_be_made_out() -> None:
    first, second = framed(place(3), 0.5, 0.5, 0.5), framed(place(8), 0.5, 0.5, 0.5)
    out = [(first * (1 - k / 12)).astype(np.float32) for k in range(13)]
    back = [(second * (k / 12)).astype(np.float32) for k in range(13)]
    (cut,), flashes = found_in([first] * 3 + out + back + [second] * 3)
    assert flashes == []
    assert 16 <= cut <= 16 + 5  # black at 15 and 16
    same = [(first * (k / 12)).astype(np.float32) for k in range(13)]
    assert found_in([first] * 3 + out + same + [first] * 3) == ([], [])


def test_cuts_that_are_given_and_cuts_that_are_none() -> None:
    pictures = [scene(1, k) for k in range(6)] + [scene(2, k) for k in range(6)]
    finder = ShotFinder(added=(3,), removed=(6,))
    frames = [frame for number, picture in enumerate(pictures) for frame in finder.push(number, picture)]
    assert [frame.frame_index for frame in [*frames, *finder.finish()] if frame.is_cut] == [3]

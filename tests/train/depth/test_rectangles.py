"""Little worlds: their disparity is what geometry says, and two views of one agree."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vbr_core.train.depth.rectangles import (
    FAR,
    Rectangle,
    View,
    World,
    X,
    Y,
    Z,
    correspondence,
    moved,
    photograph,
)
from vbr_core.train.depth.scenes import Assets, make_pairs
from vbr_core.train.depth.worlds import random_world

SIZE = (48, 64)
NO_HAZE = (np.ones(3, np.float32), 1e9)


def plain(color: tuple[float, float, float], alpha: float = 1.0) -> np.ndarray:
    return np.broadcast_to(np.array([*color, alpha], np.float32), (8, 8, 4)).copy()


def level_camera(eye: float = 1.5) -> View:
    return View(np.array([0.0, -eye, 0.0]), np.eye(3), 50.0, SIZE)


def floor() -> Rectangle:
    return Rectangle(np.array([-500.0, 0.0, -1.0]), X, Z, (1000.0, 1000.0), plain((0.2, 0.5, 0.2)))


def wall(distance: float, color: tuple[float, float, float], half: float, alpha: float = 1.0) -> Rectangle:
    corner = np.array([-half, -1.5 - half, distance])
    return Rectangle(corner, X, Y, (2 * half, 2 * half), plain(color, alpha))


def world_of(*rectangles: Rectangle) -> World:
    return World(list(rectangles), np.full((8, 8, 3), 0.7, np.float32), NO_HAZE)


@pytest.fixture(scope="module")
def assets() -> Assets:
    rng = np.random.default_rng(0)
    photographs = [rng.integers(0, 255, (80, 100, 3), dtype=np.uint8) for _ in range(2)]
    cutout = np.zeros((60, 40, 4), np.uint8)
    cutout[5:55, 5:35] = (200, 120, 40, 255)
    return Assets([], photographs, [cutout, cutout[:, ::-1].copy()], ["standing", "thing"])


def test_the_floor_s_disparity_is_linear_in_the_row_and_the_sky_is_farthest() -> None:
    _, inverse = photograph(world_of(floor()), level_camera())
    rows = (np.arange(SIZE[0]) + 0.5 - SIZE[0] / 2) / 50.0
    below = rows > 0.02
    # a floor 1.5 m below the eye: 1 / z = y / 1.5
    np.testing.assert_allclose(inverse[below, 10], rows[below] / 1.5, rtol=1e-4)
    np.testing.assert_allclose(inverse[rows < 0], 1.0 / FAR)


@pytest.mark.parametrize("order", [1, -1])
def test_nearer_covers_farther_whatever_their_order(order: int) -> None:
    near, far = wall(2.0, (1.0, 0.0, 0.0), 0.4), wall(5.0, (0.0, 0.0, 1.0), 2.0)
    picture, inverse = photograph(world_of(*[near, far][::order]), level_camera())
    middle, beside = (SIZE[0] // 2, SIZE[1] // 2), (SIZE[0] // 2, SIZE[1] // 2 + 14)
    assert inverse[middle] == pytest.approx(0.5, rel=1e-4)
    assert inverse[beside] == pytest.approx(0.2, rel=1e-4)
    assert picture[middle][0] > 0.9
    assert picture[beside][2] > 0.9


def test_what_is_hardly_there_mixes_colours_but_has_no_depth() -> None:
    picture, inverse = photograph(
        world_of(wall(2.0, (0.0, 0.0, 0.0), 1.0, alpha=0.4), wall(5.0, (1.0, 1.0, 1.0), 4.0)), level_camera()
    )
    middle = (SIZE[0] // 2, SIZE[1] // 2)
    assert inverse[middle] == pytest.approx(0.2, rel=1e-4)
    assert picture[middle][0] == pytest.approx(0.6, abs=0.01)


def test_a_seed_draws_the_same_world(assets: Assets) -> None:
    first, second = (photograph(*random_world(np.random.default_rng(5), assets, SIZE)) for _ in range(2))
    other = photograph(*random_world(np.random.default_rng(6), assets, SIZE))
    np.testing.assert_array_equal(first[0], second[0])
    assert np.abs(first[1] - other[1]).max() > 1e-3


def test_points_of_one_view_are_found_in_the_other() -> None:
    rng = np.random.default_rng(3)
    picture = cv2.resize(rng.random((6, 6, 4), np.float32), (64, 64))
    picture[..., 3] = 1.0
    card = Rectangle(np.array([-1.5, -3.0, 3.0]), X, Y, (3.0, 3.0), picture)
    world, camera = world_of(floor(), card), level_camera()
    other = moved(rng, camera)
    (one, inverse), (two, inverse_there) = photograph(world, camera), photograph(world, other)
    place, seen = correspondence(camera, inverse, other, inverse_there)
    warped = cv2.remap(two, place[..., 0], place[..., 1], cv2.INTER_LINEAR)
    on_card = seen & (np.abs(inverse - 1 / 3) < 1e-3)
    assert on_card.mean() > 0.2
    assert np.abs(warped - one)[on_card].mean() < 0.3 * np.abs(two - one)[on_card].mean()


def test_what_one_view_hides_is_not_seen() -> None:
    camera = level_camera()
    beside = View(camera.position + np.array([0.6, 0.0, 0.0]), camera.turn, camera.focal_px, SIZE)
    world = world_of(wall(1.5, (1.0, 0.0, 0.0), 0.3), wall(6.0, (0.0, 0.0, 1.0), 8.0))
    (_, inverse), (_, there) = photograph(world, camera), photograph(world, beside)
    _, seen = correspondence(camera, inverse, beside, there)
    hidden = ~seen & (inverse < 0.2)
    assert hidden.any()
    assert seen[inverse > 0.5].mean() > 0.5


def test_pairs_share_one_range_and_repeat_with_the_seed(assets: Assets) -> None:
    first, again = make_pairs(4, assets, 2, SIZE), make_pairs(4, assets, 2, SIZE)
    np.testing.assert_array_equal(first.pictures, again.pictures)
    assert first.pictures.shape == (4, 3, *SIZE)
    assert first.target.shape == (4, *SIZE)
    assert first.grid.shape == (2, *SIZE, 2)
    columns = np.clip((first.grid[0, ..., 0] + 1) * SIZE[1] / 2 - 0.5, 0, SIZE[1] - 1).round().astype(int)
    rows = np.clip((first.grid[0, ..., 1] + 1) * SIZE[0] / 2 - 0.5, 0, SIZE[0] - 1).round().astype(int)
    seen = first.seen[0] > 0
    difference = np.abs(first.target[2][rows, columns] - first.target[0])[seen]
    assert np.median(difference) < 0.03

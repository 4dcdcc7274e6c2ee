"""Places are followed along motion, and read where they lie open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from vbr_core.kernels.paths import NO_LIGHT, NO_NUMBERS, look_behind, look_outside, move, numbers_of, sum_of_agreeing

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT, WIDTH = 12, 16
SAME = np.float32(0.04)


def ramp() -> NDArray[np.float32]:
    """Colours (HEIGHT, WIDTH, 3) that tell the place: x, y, and a constant."""
    y, x = np.indices((HEIGHT, WIDTH), np.float32)
    return np.stack([x / 20.0, y / 20.0, np.full_like(x, 0.5)], axis=-1)


def all_open() -> NDArray[np.int32]:
    return np.arange(HEIGHT * WIDTH, dtype=np.int32).reshape(HEIGHT, WIDTH)


class Followed:
    """One place behind pixel 0, followed for a step."""

    def __init__(self, start: tuple[float, float], shift: tuple[float, float], **given: Any) -> None:
        self.place = np.array([start], np.float32)
        self.pending = np.zeros(1, np.int64)
        motion = np.broadcast_to(np.array(shift, np.float32), (HEIGHT, WIDTH, 2)).copy()
        self.color, self.extra = np.zeros((HEIGHT * WIDTH, 3), np.float32), np.zeros((HEIGHT * WIDTH, 3), np.float32)
        self.disparity, self.seen = np.zeros(HEIGHT * WIDTH, np.float32), np.zeros(HEIGHT * WIDTH, np.float32)
        self.seen[0] = given.get("seen", 0.0)
        self.kept = look_behind(
            motion,
            ramp(),
            given.get("depths", np.full((HEIGHT, WIDTH), 0.3, np.float32)),
            given.get("clean", np.ones((HEIGHT, WIDTH), np.float32)),
            given.get("shown_by", all_open()),
            given.get("number", NO_NUMBERS),
            given.get("light", NO_LIGHT),
            self.place,
            self.pending,
            np.full(HEIGHT * WIDTH, 0.3, np.float32),
            np.float32(0.9),
            np.float32(0.8),
            np.float32(0.9),
            np.float32(0.4),
            np.float32(0.3),
            SAME,
            self.color,
            self.disparity,
            self.extra,
            self.seen,
        )


def test_open_places_are_read_between_pixels_and_not_followed_on() -> None:
    found = Followed((3.0, 4.0), (2.25, 1.5))
    assert found.kept == 0
    assert np.allclose(found.color[0], [5.25 / 20, 5.5 / 20, 0.5], atol=1e-6)
    assert found.seen[0] == pytest.approx(0.9)
    assert found.disparity[0] == pytest.approx(0.3)
    assert not found.seen[1:].any()


def test_another_surface_is_not_read() -> None:
    found = Followed((3.0, 4.0), (2.0, 1.0), depths=np.full((HEIGHT, WIDTH), 0.5, np.float32))
    assert found.kept == 1
    assert found.seen[0] == 0.0
    assert np.allclose(found.place[0], [5.0, 5.0])


def test_what_is_known_more_surely_stays_and_ends_the_search() -> None:
    found = Followed((3.0, 4.0), (2.0, 1.0), seen=0.95)
    assert found.kept == 0
    assert not found.color.any()
    # something less sure is replaced
    assert Followed((3.0, 4.0), (2.0, 1.0), seen=0.5).seen[0] == pytest.approx(0.9)


def test_mixed_pixels_show_the_surface_of_the_one_beside_them_less_surely() -> None:
    shown_by = all_open()
    shown_by[5, 5] = shown_by[5, 9]
    unclean = np.zeros((HEIGHT, WIDTH), np.float32)
    found = Followed((3.0, 4.0), (2.0, 1.0), shown_by=shown_by, clean=unclean)
    assert found.seen[0] == pytest.approx(0.9 * 0.4)
    assert np.allclose(found.color[0], ramp()[5, 9], atol=1e-6)
    assert found.kept == 1, "it may lie open elsewhere"
    # right beside an edge, but not mixed
    assert Followed((3.0, 4.0), (2.0, 1.0), clean=unclean).seen[0] == pytest.approx(0.9 * 0.9)
    # nothing is known of the surface
    shown_by[5, 5] = -1
    assert Followed((3.0, 4.0), (2.0, 1.0), shown_by=shown_by, clean=unclean).seen[0] == 0.0


def test_lamps_keep_their_light() -> None:
    number = numbers_of(np.array([5 * WIDTH + 5]), (HEIGHT, WIDTH))
    light = np.array([[4.0, 2.0, 0.0]], np.float32)
    assert np.allclose(Followed((3.0, 4.0), (2.0, 1.0), number=number, light=light).extra[0], light[0])
    assert np.allclose(Followed((3.0, 4.0), (2.5, 1.0), number=number, light=light).extra[0], 0.5 * light[0])
    assert not Followed((3.0, 4.0), (4.0, 1.0), number=number, light=light).extra.any()


@pytest.mark.parametrize("shift", [(-9.0, 0.0), (40.0, 0.0), (0.0, -1e9), (1e9, 1e9)])
def test_places_outside_of_the_picture_are_followed_on(shift: tuple[float, float]) -> None:
    found = Followed((3.0, 4.0), shift)
    assert found.kept == 1
    assert found.seen[0] == 0.0


def outside(
    start: tuple[float, float], shift: tuple[float, float]
) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
    """Places followed on, colour, certainty of one place outside of the frame."""
    motion = np.broadcast_to(np.array(shift, np.float32), (2 * (WIDTH + HEIGHT), 2)).copy()
    origin = np.array([start], np.float32)
    color, depth, sure = np.zeros((1, 3), np.float32), np.zeros(1, np.float32), np.zeros(1, np.float32)
    flat, clean = np.full((HEIGHT, WIDTH), 0.3, np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    surface = np.full(1, 0.3, np.float32)
    kept = look_outside(
        motion, ramp(), flat, clean, NO_NUMBERS, NO_LIGHT, origin, origin.copy(), np.zeros(1, np.int64), surface,
        np.float32(0.7), SAME, color, depth, sure,
    )  # fmt: skip
    return kept, color[0], sure


def test_what_moves_into_the_frame_is_read_there() -> None:
    kept, color, sure = outside((-2.0, 4.0), (5.25, 0.5))
    assert kept == 0
    assert sure[0] == pytest.approx(0.7)
    assert np.allclose(color, [3.25 / 20, 4.5 / 20, 0.5], atol=1e-6)


def test_what_stays_outside_is_followed_until_it_is_too_far_or_its_motion_unknown() -> None:
    assert outside((-2.0, 4.0), (1.0, 0.0))[0] == 1
    assert outside((-2.0, 4.0), (-float(HEIGHT) - 1.0, 0.0))[0] == 0
    kept, color, sure = outside((-2.0, 4.0), (np.nan, 0.0))
    assert kept == 0
    assert sure[0] == 0.0
    assert not color.any()


@pytest.mark.parametrize(
    ("start", "edge"),
    [
        ((5.0, -3.0), (5, 0)),
        ((WIDTH + 2.0, 4.0), (WIDTH - 1, 4)),
        ((7.0, HEIGHT + 3.0), (7, HEIGHT - 1)),
        ((-2.0, 6.0), (0, 6)),
    ],
)
def test_the_motion_is_that_of_the_nearest_place_of_the_border(
    start: tuple[float, float], edge: tuple[int, int]
) -> None:
    from vbr_core.render.outside import border_places

    rows, columns = border_places(HEIGHT, WIDTH)
    motion = np.full((len(rows), 2), np.nan, np.float32)
    motion[(rows == edge[1]) & (columns == edge[0])] = (0.5, 0.25)
    origin, place = np.array([start], np.float32), np.array([start], np.float32)
    flat, ones = np.full((HEIGHT, WIDTH), 0.3, np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    nothing = np.zeros(1, np.float32)
    kept = look_outside(
        motion, ramp(), flat, ones, NO_NUMBERS, NO_LIGHT, origin, place, np.zeros(1, np.int64), nothing,
        np.float32(0.7), SAME, np.zeros((1, 3), np.float32), nothing.copy(), nothing.copy(),
    )  # fmt: skip
    assert kept == 1
    assert np.allclose(place[0], [start[0] + 0.5, start[1] + 0.25])


def test_gains_are_added_up_where_a_lamp_of_that_surface_is() -> None:
    number = numbers_of(np.array([4 * WIDTH + 5, 4 * WIDTH + 6]), (HEIGHT, WIDTH))
    gain, share = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], np.float32), np.ones((2, 3), np.float32)
    depth = np.full((HEIGHT, WIDTH), 0.3, np.float32)
    place = np.array([[3.5, 4.0], [3.5, 4.0], [9.0, 4.0]], np.float32)
    move(np.broadcast_to(np.array([2.0, 0.0], np.float32), (HEIGHT, WIDTH, 2)).copy(), place)
    total, count = np.zeros((3, 3), np.float32), np.zeros((3, 3), np.float32)
    surface = np.array([0.3, 0.6, 0.3], np.float32)
    sum_of_agreeing(depth, number, gain, share, place, surface, np.float32(0.3), SAME, total, count)
    assert np.allclose(total, [[2.0, 2.0, 2.0], [0.0] * 3, [0.0] * 3])
    assert np.allclose(count, [[1.0] * 3, [0.0] * 3, [0.0] * 3])

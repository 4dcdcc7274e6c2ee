"""What other frames show of the surroundings of a frame, and what scatter makes of it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vbr_core.look import Look
from vbr_core.render.hidden_light import HiddenLightFinder
from vbr_core.render.outside import STRETCH, Outside, border_places, margin_of, surrounded
from vbr_core.render.scatter import ScatterRenderer

HEIGHT, WIDTH, DEPTH = 96, 128, 0.3
FRAMES, HERE = 9, 4


def wide_wall(seed: int = 0) -> np.ndarray:
    """A textured picture (2 H, 2 W, 3) float32 that a camera pans over."""
    rough = np.random.default_rng(seed).random((HEIGHT // 2, WIDTH // 2, 3)).astype(np.float32)
    return np.clip(cv2.resize(rough, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_CUBIC), 0.0, 1.0)


def corner(t: int, step: tuple[int, int]) -> tuple[int, int]:
    """Top and left of what frame ``t`` of a pan shows of the wall."""
    return HEIGHT // 2 + step[0] * (t - HERE), WIDTH // 2 + step[1] * (t - HERE)


def pan(step: tuple[int, int]) -> np.ndarray:
    """Frames of a pan by ``step`` rows and columns a frame."""
    corners = [corner(t, step) for t in range(FRAMES)]
    return np.stack([wide_wall()[top : top + HEIGHT, left : left + WIDTH] for top, left in corners])


def outside_at(frames: np.ndarray, disparity: np.ndarray, here: int = HERE) -> Outside | None:
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    out = []
    for t, (frame, depth) in enumerate(zip(frames, disparity, strict=True)):
        out += finder.push(frame, depth, t)
    return dict(out + finder.finish())[here].outside


def flat(frames: np.ndarray) -> np.ndarray:
    return np.full(frames.shape[:3], DEPTH, np.float32)


@pytest.mark.parametrize("step", [(0, 2), (0, -2), (2, 0), (-2, 0), (1, 2)])
def test_what_a_pan_shows_before_and_after_is_found_where_it_lies(step: tuple[int, int]) -> None:
    frames = pan(step)
    outside = outside_at(frames, flat(frames))
    assert outside is not None
    margin = outside.margin
    top, left = corner(HERE, step)
    truth = wide_wall()[top - margin : top + HEIGHT + margin, left - margin : left + WIDTH + margin]
    error = np.abs(outside.color - truth).mean(axis=2)[outside.found]
    assert np.median(error) < 0.02
    assert (error < 0.1).mean() > 0.95
    assert np.abs(outside.disparity[outside.found] - DEPTH).max() < 1e-6
    middle = outside.found[margin : margin + HEIGHT, margin : margin + WIDTH]
    assert not middle.any()
    # all that the four frames before and after show, but for the border's last pixels
    seen = np.zeros_like(outside.found)
    for t in range(FRAMES):
        y, x = margin + step[0] * (t - HERE), margin + step[1] * (t - HERE)
        seen[max(0, y + 2) : y + HEIGHT - 2, max(0, x + 2) : x + WIDTH - 2] = True
    seen[margin : margin + HEIGHT, margin : margin + WIDTH] = False
    assert outside.found[seen].mean() > 0.8
    never_seen = cv2.dilate(seen.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    assert outside.found[never_seen].mean() < 0.005


def test_a_lamp_outside_of_the_frame_keeps_its_light() -> None:
    step = (0, 4)
    frames = pan(step)
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    out = []
    row, column = HEIGHT, WIDTH // 2 + WIDTH + 6  # on the wall: six pixels beyond the right border of frame HERE
    for t in range(FRAMES):
        top, left = corner(t, step)
        lamp = np.s_[max(0, row - top - 2) : row - top + 2, max(0, column - left - 2) : max(0, column - left + 2)]
        frames[t][lamp] = 1.0
        bright = frames[t].copy()
        bright[lamp] = 2.0
        out += finder.push(frames[t], flat(frames)[t], t, None, bright)
    outside = dict(out + finder.finish())[HERE].outside
    assert outside is not None
    y, x = outside.margin + row - corner(HERE, step)[0], outside.margin + WIDTH + 6
    assert outside.color[y - 1 : y + 1, x - 1 : x + 1].min() > 1.5
    assert (outside.color.max(axis=-1) > 1.01).sum() < 64


def test_where_nothing_moves_nothing_is_found() -> None:
    frames = np.repeat(pan((0, 2))[:1], FRAMES, axis=0)
    assert outside_at(frames, flat(frames)) is None
    assert outside_at(frames[:1], flat(frames)[:1], 0) is None


def test_another_surface_is_not_taken_for_the_one_at_the_border() -> None:
    frames = pan((0, 2))
    disparity = flat(frames)
    for t in range(FRAMES):
        # what enters on the right belongs to something nearer than all that the frame before shows there
        disparity[t, :, max(0, WIDTH - 2 * (t - HERE)) if t > HERE else WIDTH :] = 0.9
    outside = outside_at(frames, disparity)
    assert outside is not None
    margin = outside.margin
    assert not outside.found[margin + 8 : margin + HEIGHT - 8, margin + WIDTH :].any()


def test_blur_at_the_border_is_nearer_to_what_a_lens_sees() -> None:
    step, k = (0, 3), 24.0
    frames = pan(step)
    outside = outside_at(frames, flat(frames))
    renderer = ScatterRenderer()
    top, left = corner(HERE, step)
    room = 16
    wide = np.ascontiguousarray(wide_wall()[top - room : top + HEIGHT + room, left - room : left + WIDTH + room])
    truth = renderer.render_frame(wide, np.full(wide.shape[:2], DEPTH, np.float32), 0.0, k)
    truth = truth[room : room + HEIGHT, room : room + WIDTH]
    given = renderer.prepare(frames[HERE], flat(frames)[HERE], 0.0, k)
    sides = np.s_[8:-8, [*range(7), *range(WIDTH - 7, WIDTH)]]

    def error(picture: np.ndarray) -> float:
        return float(np.abs(picture - truth)[sides].mean())

    mirrored = error(renderer.render_prepared(given))
    guessed = error(renderer.render_prepared(surrounded(given, None, HEIGHT)))
    found = error(renderer.render_prepared(surrounded(given, outside, HEIGHT)))
    assert guessed < 0.95 * mirrored
    assert found < 0.4 * mirrored


@pytest.mark.parametrize("look", [None, Look(blades=5, cat_eye=0.8, anamorphic=1.4)])
def test_far_from_the_border_nothing_changes(look: Look | None) -> None:
    frames = pan((0, 3))
    outside = outside_at(frames, flat(frames))
    renderer = ScatterRenderer()
    given = renderer.prepare(frames[HERE], flat(frames)[HERE], 0.0, 24.0, look)
    around = surrounded(given, outside, HEIGHT)
    assert 0 < around.margin <= margin_of(HEIGHT)
    plain, wider = (renderer.render_prepared(each, look) for each in (given, around))
    assert wider.shape == plain.shape
    np.testing.assert_allclose(wider[14:-14, 14:-14], plain[14:-14, 14:-14], atol=2e-4)
    assert np.abs(wider - plain).max() > 0.01
    renderer.band_rows = 17
    np.testing.assert_allclose(renderer.render_prepared(around, look), wider, atol=1e-5)


def test_the_guess_is_the_mirrored_picture_stretched_without_its_lamps() -> None:
    frame = pan((0, 3))[0] * np.float32(0.5)
    frame[0, 40] = 3.0  # a lamp at the border
    given = ScatterRenderer().prepare(frame, flat(frame[None])[0], 0.0, 20.0)
    around = surrounded(given, None, HEIGHT)
    margin = around.margin
    assert around.color[0, margin, margin + 40, :3].min() > 3.0
    assert around.color[0, margin - 1, margin + 40, :3].tolist() == [1.0, 1.0, 1.0]
    inner = given.color[0]
    for distance in range(1, margin + 1):
        mirrored = inner[(distance - 1) // STRETCH, 50:60]
        assert around.color[0, margin - distance, margin + 50 : margin + 60].equal(mirrored)
        mirrored = inner[50:60, WIDTH - 1 - (distance - 1) // STRETCH]
        assert around.color[0, margin + 50 : margin + 60, margin + WIDTH - 1 + distance].equal(mirrored)


def test_surroundings_found_in_small_pictures_fit_larger_ones() -> None:
    frames = pan((0, 3))
    outside = outside_at(frames, flat(frames))
    assert outside is not None
    size = (WIDTH * 3, HEIGHT * 3)
    large = np.clip(cv2.resize(frames[HERE], size, interpolation=cv2.INTER_LINEAR), 0.0, 1.0)
    depth = np.full(large.shape[:2], DEPTH, np.float32)
    given = ScatterRenderer().prepare(large, depth, 0.0, 60.0)
    around = surrounded(given, replace(outside), HEIGHT)
    margin = around.margin
    right = around.color[0, margin + 30 : -margin - 30, margin + size[0] : margin + size[0] + 9, :3].numpy()
    top, left = corner(HERE, (0, 3))
    wall = cv2.resize(wide_wall(), (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR)
    truth = wall[3 * top + 30 : 3 * top + size[1] - 30, 3 * left + size[0] :][:, :9]
    linear = np.where(truth <= 0.04045, truth / 12.92, ((np.maximum(truth, 0) + 0.055) / 1.055) ** 2.4)
    assert np.abs(right - linear).mean() < 0.03


def test_the_places_of_the_border_go_round_it() -> None:
    rows, columns = border_places(4, 6)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        *((0, x) for x in range(6)),
        *((y, 5) for y in range(4)),
        *((3, x) for x in range(5, -1, -1)),
        *((y, 0) for y in range(3, -1, -1)),
    ]

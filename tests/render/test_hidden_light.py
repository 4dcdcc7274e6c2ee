"""What the frames of a shot show of each other's hidden places."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from vbr_core.render.hidden_light import (
    BESIDE_EDGE,
    IN_OUTLINE,
    REACH_FRAMES,
    HiddenLight,
    HiddenLightFinder,
    hidden_light,
    look_at,
    working_size,
)
from vbr_core.render.optics import srgb_to_linear

SIDE = 96


def wall() -> np.ndarray:
    """A textured picture (SIDE, SIDE, 3) float32."""
    rough = np.random.default_rng(0).random((SIDE // 4, SIDE // 4, 3)).astype(np.float32)
    return np.clip(cv2.resize(rough, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0.0, 1.0)


def shot(frames: int, step: int, drift: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A square that moves ``step`` pixels a frame before a wall that moves ``drift``: frames, disparity, wall."""
    things = wall()[::-1] * np.float32(0.5)
    pictures, depths, walls = [], [], []
    for t in range(frames):
        picture = np.roll(wall(), drift * t, axis=1)
        walls.append(picture.copy())
        depth = np.full((SIDE, SIDE), 0.1, np.float32)
        left = 20 + step * t
        picture[30:66, left : left + 36] = things[30:66, 20:56]
        depth[30:66, left : left + 36] = 0.8
        pictures.append(picture)
        depths.append(depth)
    return np.stack(pictures), np.stack(depths), np.stack(walls)


def found(frames: np.ndarray, disparity: np.ndarray) -> list[HiddenLight]:
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    out = []
    for t, (frame, depth) in enumerate(zip(frames, disparity, strict=True)):
        out += finder.push(frame, depth, t)
        assert len(out) == max(0, t + 1 - REACH_FRAMES)
    out += finder.finish()
    assert [t for t, _ in out] == list(range(len(frames)))
    return [hidden for _, hidden in out]


def test_what_opens_right_beside_an_edge_is_seen_with_less_certainty() -> None:
    frames, disparity, walls = shot(7, 1)
    hidden = found(frames, disparity)[3]
    # in the last frame the square begins at column 26: 23 lies open three pixels from it, 24 two
    for column in (23, 24):
        assert (hidden.seen[34:62, column] > 0).mean() > 0.9
        assert np.abs(hidden.color[34:62, column] - walls[3][34:62, column]).mean() < 0.03
    assert hidden.seen[34:62, 24].max() < hidden.seen[34:62, 23].min()
    assert not hidden.seen[34:62, 28:50].any()


def test_what_opens_in_mixed_pixels_only_shows_its_own_surface() -> None:
    """The last column to open is half the square's: the wall beside it stands for it."""
    frames, disparity, walls = shot(7, 1)
    for t in range(7):
        left = 20 + t
        frames[t, 30:66, left - 1] = 0.5 * (frames[t, 30:66, left - 1] + frames[t, 30:66, left])
    hidden = found(frames, disparity)[3]
    assert (hidden.seen[34:62, 25] > 0).mean() > 0.9
    assert hidden.seen[34:62, 25].max() <= IN_OUTLINE < BESIDE_EDGE
    mixed = 0.5 * (walls[3] + frames[6][33:34, 26:27])
    error = np.abs(hidden.color - walls[3])[34:62, 25].mean()
    assert error < 0.08
    assert error < 0.6 * np.abs(mixed - walls[3])[34:62, 25].mean()
    assert np.allclose(hidden.disparity[34:62, 25], 0.1, atol=0.01)


def test_lamps_that_other_frames_show_keep_their_light() -> None:
    frames, disparity, _ = shot(9, 3)
    lamp = np.s_[46:50, 38:42]  # open in the last frames, hidden in the middle one
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    out = []
    for t in range(9):
        is_open = disparity[t][lamp] < 0.5
        frames[t][lamp][is_open] = 1.0
        bright = frames[t].copy()
        bright[lamp][is_open] = 2.0
        out += finder.push(frames[t], disparity[t], t, None, bright)
    out += finder.finish()
    hidden = dict(out)[4]
    assert hidden.zone[lamp].all()
    assert hidden.extra is not None
    wanted = srgb_to_linear(torch.tensor(2.0)) - 1.0
    assert np.allclose(hidden.extra[47:49, 39:41], float(wanted), rtol=0.05)
    elsewhere = hidden.extra.copy()
    elsewhere[44:52, 36:44] = 0.0
    assert not elsewhere.any()
    assert found(frames, disparity)[4].extra is None  # nobody guessed their light


@pytest.mark.parametrize("factor", [1, 3])
def test_the_light_of_lamps_is_kept_on_smaller_pictures(factor: int) -> None:
    height, width = (120, 160) if factor == 1 else (1080, 1440)
    frame = np.full((height, width, 3), 0.5, np.float32)
    frame[30:42, 60:78] = 1.0
    bright = frame.copy()
    bright[30:42, 60:78] = 1.8
    look = look_at(frame, np.full((height, width), 0.4, np.float32), bright)
    assert look.light is not None
    assert look.sight is not None
    scale = height / look.disparity.shape[0]
    added = srgb_to_linear(torch.from_numpy(bright)) - srgb_to_linear(torch.from_numpy(frame))
    assert float(look.light.extra.sum()) * scale**2 == pytest.approx(float(added.sum()), rel=1e-4)
    assert look.sight.light is look.light
    assert look.light.lit.max() > 1.2
    assert look.color.max() <= 1.0
    plain = look_at(frame, np.full((height, width), 0.4, np.float32), frame)
    assert plain.light is None


@pytest.mark.parametrize("drift", [0, 1])
def test_places_that_other_frames_show_are_read_there(drift: int) -> None:
    frames, disparity, walls = shot(9, 2 + drift, drift)
    hidden = found(frames, disparity)[4]
    behind = hidden.zone & (disparity[4] > 0.5)
    seen = behind & (hidden.seen > 0)
    assert seen.sum() > 0.2 * behind.sum()
    assert not (hidden.seen > 0)[disparity[4] < 0.5].any()
    error = np.abs(hidden.color - walls[4]).mean(axis=2)
    alone = hidden_light([look_at(frames[4], disparity[4])], 0)
    assert error[seen].mean() < 0.35 * np.abs(alone.color - walls[4]).mean(axis=2)[seen].mean()
    assert np.allclose(hidden.disparity[behind], 0.1, atol=0.01)


def test_pictures_may_lie_in_memory_in_any_order() -> None:
    frames, disparity, _ = shot(5, 2)
    wanted = found(frames, disparity)[2]
    turned = [np.asfortranarray(each) for each in (frames, disparity)]
    got = found(turned[0], turned[1])[2]
    assert np.array_equal(got.color, wanted.color)
    assert np.array_equal(got.seen, wanted.seen)


def test_a_still_shot_shows_nothing_new() -> None:
    frames, disparity, _ = shot(4, 0)
    for hidden in found(frames, disparity):
        assert not hidden.seen.any()
        assert hidden.zone.any()


def test_a_frame_depends_on_its_neighbours_within_reach_only() -> None:
    frames, disparity, _ = shot(2 * REACH_FRAMES + 3, 1)
    wanted = found(frames, disparity)
    other = frames.copy()
    other[-1] = 0.3
    got = found(other, disparity)
    for t in range(REACH_FRAMES + 2):
        assert np.array_equal(got[t].color, wanted[t].color)
    # a window that begins later gives the same, as an export that goes on does
    later = found(frames[2:], disparity[2:])
    assert np.array_equal(later[REACH_FRAMES].color, wanted[REACH_FRAMES + 2].color)


def test_flat_disparity_hides_nothing() -> None:
    frame = wall()
    hidden = hidden_light([look_at(frame, np.full((SIDE, SIDE), 0.4, np.float32))], 0)
    assert not hidden.zone.any()
    assert np.array_equal(hidden.color, frame)


def test_one_frame_alone_is_filled_from_around() -> None:
    frames, disparity, _ = shot(1, 0)
    hidden = hidden_light([look_at(frames[0], disparity[0])], 0)
    inside = hidden.zone & (disparity[0] > 0.5)
    assert inside.sum() > 300
    assert np.isfinite(hidden.color).all()
    assert np.allclose(hidden.disparity[inside], 0.1, atol=0.01)
    assert not np.allclose(hidden.color[inside], frames[0][inside], atol=0.02)


def test_after_an_error_the_finder_goes_on_where_it_was() -> None:
    frames, disparity, _ = shot(REACH_FRAMES + 2, 2)
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    for t in range(REACH_FRAMES):
        finder.push(frames[t], disparity[t], t)
    before = finder.state()
    first = finder.push(frames[REACH_FRAMES], disparity[REACH_FRAMES], REACH_FRAMES)
    finder.restore(before)
    again = finder.push(frames[REACH_FRAMES], disparity[REACH_FRAMES], REACH_FRAMES)
    assert first[0][0] == again[0][0] == 0
    assert np.array_equal(first[0][1].color, again[0][1].color)


@pytest.mark.parametrize(("height", "width"), [(31, 17), (1080, 1920), (2160, 3840), (40, 9)])
def test_working_pictures_are_whole_fractions(height: int, width: int) -> None:
    small = working_size(height, width)
    assert small[0] <= 720
    factor = round(height / small[0])
    assert small == (-(-height // factor), -(-width // factor))

"""Calm disparity: what stands still is quiet, what moves keeps its edge, what comes nearer comes nearer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from vbr_core.depth.alignment import FrameAligner, fit_affine
from vbr_core.depth.flow import FlowFinder, MotionTracker, make_view
from vbr_core.depth.metrics import edge_displacement_px, edge_steepness
from vbr_core.depth.stabilise import REACH_FRAMES, TemporalFilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

H, W = 96, 160
Maps = list["NDArray[np.float32]"]


def texture(seed: int, height: int = H, width: int = W) -> NDArray[np.float32]:
    """Colour noise that flow can follow."""
    noise = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.asarray(np.clip(0.5 + (fine - 0.5) * 4, 0, 1), dtype=np.float32)


def scene(left: int, near: float = 0.8) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A textured square at column ``left`` in front of a textured wall: picture and true disparity."""
    picture, disparity = texture(1), np.full((H, W), 0.2, np.float32)
    disparity += np.linspace(0, 0.2, H, dtype=np.float32)[:, None]
    picture[30:70, left : left + 40] = texture(2, 40, 40) * 0.6 + np.array([0.4, 0.0, 0.0], np.float32)
    disparity[30:70, left : left + 40] = near
    return picture, disparity


def smooth(maps: Maps, pictures: Maps) -> NDArray[np.float32]:
    stream = TemporalFilter()
    done = []
    for number, (disparity, picture) in enumerate(zip(maps, pictures, strict=True)):
        found = stream.push(number, disparity, picture)
        assert len(found) == (number >= REACH_FRAMES)  # the lag, and no more
        done += found
    done += stream.finish()
    assert [number for number, _ in done] == list(range(len(maps)))
    return np.stack([disparity for _, disparity in done])


def noisy(maps: Maps, sigma: float, seed: int = 0) -> Maps:
    """Noise in blobs, as networks have, and another in each frame."""
    rng = np.random.default_rng(seed)
    return [
        (disparity + sigma * 6 * cv2.GaussianBlur(rng.standard_normal((H, W)), (0, 0), 2.0)).astype(np.float32)
        for disparity in maps
    ]


def test_a_static_shot_calms_five_fold_and_no_edge_moves() -> None:
    rng = np.random.default_rng(3)
    picture, truth = scene(60)
    pictures = [np.clip(picture + rng.normal(0, 0.02, picture.shape), 0, 1).astype(np.float32) for _ in range(20)]
    raws = noisy([truth] * 20, 0.01)
    calm = smooth(raws, pictures)[REACH_FRAMES:-REACH_FRAMES]
    assert np.abs(np.diff(calm, axis=0)).mean() < np.abs(np.diff(raws, axis=0)).mean() / 5
    for disparity in calm:
        assert edge_displacement_px(truth, disparity) < 1.0
        assert edge_steepness(disparity) > 0.95 * edge_steepness(truth)


def test_a_thing_that_moves_leaves_no_trail() -> None:
    shots = [scene(20 + 5 * number) for number in range(16)]
    calm = smooth([truth for _, truth in shots], [picture for picture, _ in shots])
    for (_, truth), disparity in zip(shots, calm, strict=True):
        assert (np.abs(disparity - truth) > 0.1).mean() < 0.01
        assert edge_displacement_px(truth, disparity) <= 1.0


def test_a_pan_does_not_smear() -> None:
    wide_picture, wide = texture(5, H, 3 * W), np.zeros((H, 3 * W), np.float32)
    wide[:, np.arange(3 * W) // 24 % 2 == 0] = 1.0
    pictures = [wide_picture[:, 6 * number : 6 * number + W] for number in range(16)]
    truths = [wide[:, 6 * number : 6 * number + W] for number in range(16)]
    raws = noisy(truths, 0.01)
    calm = smooth(raws, pictures)
    before = np.mean([np.abs(raw - truth)[:, 20:-20].mean() for raw, truth in zip(raws, truths, strict=True)])
    after = np.mean([np.abs(found - truth)[:, 20:-20].mean() for found, truth in zip(calm, truths, strict=True)])
    assert after < before / 1.5
    for found, truth in zip(calm, truths, strict=True):
        assert edge_steepness(found[:, 20:-20]) > 0.8 * edge_steepness(truth[:, 20:-20])


def test_a_subject_that_walks_nearer_does_come_nearer() -> None:
    nearness = np.linspace(0.4, 0.9, 26)
    shots = [scene(60 + number % 3, float(near)) for number, near in enumerate(nearness)]
    align = FrameAligner()
    aligned = [align(truth, picture) for picture, truth in shots]
    calm = smooth(aligned, [picture for picture, _ in shots])
    middle = [float(disparity[50, 80]) for disparity in calm]
    np.testing.assert_allclose(middle[3:-3], nearness[3:-3], atol=0.02)
    assert float(np.ptp(calm[:, 10, 10])) < 0.01  # and the wall stays


def test_nothing_of_a_shot_bleeds_into_the_next() -> None:
    picture, _ = scene(60)
    stream = TemporalFilter()
    first, second = np.zeros((H, W), np.float32), np.full((H, W), 0.05, np.float32)
    done = [item for number in range(6) for item in stream.push(number, first, picture)]
    done += stream.finish()
    done += [item for number in range(6, 12) for item in stream.push(number, second, picture)]
    done += stream.finish()
    assert [number for number, _ in done] == list(range(12))
    for number, disparity in done:
        assert np.array_equal(disparity, first if number < 6 else second)


def test_a_new_size_begins_anew() -> None:
    picture, truth = scene(60)
    stream = TemporalFilter()
    done = stream.push(0, truth, picture) + stream.push(1, truth[::2, ::2], picture) + stream.finish()
    assert [disparity.shape for _, disparity in done] == [(H, W), (H // 2, W // 2)]


def test_the_window_is_all_that_counts() -> None:
    shots = [scene(40 + number) for number in range(14)]
    raws = noisy([truth for _, truth in shots], 0.01)
    pictures = [picture for picture, _ in shots]
    whole, part = smooth(raws, pictures), smooth(raws[4:], pictures[4:])
    np.testing.assert_array_equal(part[REACH_FRAMES:], whole[4 + REACH_FRAMES :])


@pytest.mark.parametrize("size", [(2, 300), (300, 2), (5, 5), (24, 320), (9, 640)])
def test_flow_takes_any_shape(size: tuple[int, int]) -> None:
    first, second = (make_view(texture(seed, *size), (max(1, size[0] // 2), max(1, size[1] // 2))) for seed in (1, 2))
    there, back = FlowFinder().between(first, second)
    assert np.isfinite(there.shift).all()
    assert there.trust.shape == back.trust.shape == first.colour.shape[:2]


def test_a_fit_ignores_what_a_minority_does() -> None:
    rng = np.random.default_rng(0)
    source = rng.random((40, 50), dtype=np.float32)
    target = (1.7 * source - 0.3 + rng.normal(0, 0.01, source.shape)).astype(np.float32)
    target[:14] = rng.random((14, 50))  # a third is something else
    found = fit_affine(source, target, np.ones_like(source))
    assert found.scale == pytest.approx(1.7, abs=0.02)
    assert found.shift == pytest.approx(-0.3, abs=0.02)


def test_a_flat_wall_tells_the_shift_but_not_the_scale() -> None:
    rng = np.random.default_rng(0)
    source = (0.4 + rng.normal(0, 0.002, (40, 50))).astype(np.float32)
    target = (0.5 + rng.normal(0, 0.002, (40, 50))).astype(np.float32)
    found = fit_affine(source, target, np.ones_like(source), None, 0.05)
    assert found.scale == pytest.approx(1.0, abs=0.02)
    assert found(source).mean() == pytest.approx(0.5, abs=0.002)


def test_scale_and_shift_that_jitter_are_undone_and_noise_does_not_shrink_the_scale() -> None:
    rng = np.random.default_rng(4)
    picture, truth = scene(60)
    align = FrameAligner()
    maps = []
    for raw in noisy([truth] * 120, 0.01):
        pictured = np.clip(picture + rng.normal(0, 0.02, picture.shape), 0, 1).astype(np.float32)
        scale, shift = 1 + 0.1 * rng.standard_normal(), 0.1 * rng.standard_normal()
        maps.append(align((scale * raw + shift).astype(np.float32), pictured))
    slopes = np.array([np.polyfit(truth.ravel(), found.ravel(), 1)[0] for found in maps])
    assert np.abs(slopes[1:] / slopes[0] - 1).max() < 0.05
    assert slopes[-20:].mean() / slopes[:20].mean() == pytest.approx(1.0, abs=0.03)
    assert np.abs(np.mean(maps, axis=(1, 2)) - maps[0].mean()).max() < 0.03


def a_pan(step: int, frames: int, seed: int = 0) -> tuple[Maps, Maps]:
    """Pictures and true disparity under a camera that pans by ``step`` pixels a frame."""
    rng = np.random.default_rng(seed)
    wide = texture(5 + seed, H, W + step * frames)
    hills = cv2.GaussianBlur(rng.random(wide.shape[:2], dtype=np.float32), (0, 0), 8.0)
    hills = (hills - hills.min()) / np.ptp(hills)
    places = [slice(step * number, step * number + W) for number in range(frames)]
    noise = [rng.normal(0, 0.02, (H, W, 3)) for _ in places]
    pictures = [np.clip(wide[:, at] + grain, 0, 1).astype(np.float32) for at, grain in zip(places, noise, strict=True)]
    return pictures, [hills[:, at] for at in places]


def spread(found: Maps, truths: Maps) -> tuple[float, float]:
    """How far shift and scale against the truth wander over time, as standard deviations."""
    lines = np.array([np.polyfit(truth.ravel(), each.ravel(), 1) for truth, each in zip(truths, found, strict=True)])
    shifts = [float((each - truth).mean()) for truth, each in zip(truths, found, strict=True)]
    return float(np.std(shifts)), float(lines[:, 0].std())


@pytest.mark.parametrize("step", [1, 3, 6])
def test_scale_and_shift_that_jitter_are_undone_under_a_pan(step: int) -> None:
    pictures, truths = a_pan(step, 30)
    rng = np.random.default_rng(7)
    raws = [
        ((1 + 0.1 * rng.standard_normal()) * raw + 0.1 * rng.standard_normal()).astype(np.float32)
        for raw in noisy(truths, 0.01)
    ]
    align, tracker = FrameAligner(), MotionTracker()
    found = [align(raw, each, tracker.step(each, (H, W))) for raw, each in zip(raws, pictures, strict=True)]
    assert min(spread(raws, truths)) > 0.07
    assert max(spread(found, truths)) < 0.02


def test_a_pan_that_flow_cannot_follow_changes_no_scale() -> None:
    pictures, truths = a_pan(14, 30)
    align, tracker = FrameAligner(), MotionTracker()
    found = [
        align(raw, each, tracker.step(each, (H, W))) for raw, each in zip(noisy(truths, 0.01), pictures, strict=True)
    ]
    assert max(spread(found, truths)) < 0.03


def test_motion_that_is_handed_on_gives_what_the_filter_finds_itself() -> None:
    shots = [scene(40 + 3 * number) for number in range(10)]
    raws, pictures = noisy([truth for _, truth in shots], 0.01), [picture for picture, _ in shots]
    stream, tracker = TemporalFilter(), MotionTracker()
    done = []
    for number, (raw, picture) in enumerate(zip(raws, pictures, strict=True)):
        done += stream.push(number, raw, picture, tracker.step(picture, (H, W)))
    done += stream.finish()
    np.testing.assert_array_equal(np.stack([disparity for _, disparity in done]), smooth(raws, pictures))

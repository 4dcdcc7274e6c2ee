"""Clips that are hard on the depth: empty pictures, shots of one frame, many cuts, odd shapes, very large frames."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.depth.helpers import BrightnessEstimator
from tests.helpers.clips import make_clip
from vbr_core.depth import load_estimator
from vbr_core.depth.estimate import estimate_clip, reduce_picture
from vbr_core.jobs import JobContext
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.helpers.clips import Pattern
    from vbr_core.depth.source import CachedDisparity

WIDTH, HEIGHT = 64, 48


def scene(number: int, height: int, width: int) -> NDArray[np.uint8]:
    """A ramp with texture and a square that wanders."""
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = np.linspace(20, 120, width)[None, :, None] + 12 * np.sin(np.arange(height))[:, None, None]
    left = (3 * number) % (width // 2)
    picture[height // 3 : height // 2, left : left + width // 6] += 90
    return np.clip(picture, 0, 255).astype(np.uint8)


def estimate(tmp_path: Path, pattern: Pattern, frames: int, **options: int) -> CachedDisparity:
    clip = make_clip(tmp_path / "clip.mp4", frames=frames, pattern=pattern, **options)
    with VideoReader(clip) as reader:
        return estimate_clip(reader, BrightnessEstimator(), tmp_path / "cache", JobContext(), clip_key="clip")


def maps_of(source: CachedDisparity) -> NDArray[np.float32]:
    found = np.stack([source.read(frame_index) for frame_index in range(source.frame_count)])
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
    return found


@pytest.mark.parametrize("level", [0, 128, 255], ids=["black", "grey", "white"])
def test_one_empty_frame_does_not_disturb_the_others(tmp_path: Path, level: int) -> None:
    def flash(number: int, height: int, width: int) -> NDArray[np.uint8]:
        return np.full((height, width, 3), level, np.uint8) if number == 9 else scene(number, height, width)

    (tmp_path / "whole").mkdir()
    whole = maps_of(estimate(tmp_path / "whole", scene, 20))
    found = maps_of(estimate(tmp_path, flash, 20))
    others = [number for number in range(20) if number not in (8, 9, 10, 11)]
    # the same order of near and far, and no other range than a little of it
    for number in others:
        assert np.corrcoef(found[number].ravel(), whole[number].ravel())[0, 1] > 0.97, number


@pytest.mark.parametrize("level", [0, 128, 255], ids=["black", "grey", "white"])
def test_a_clip_that_is_empty_all_through(tmp_path: Path, level: int) -> None:
    found = maps_of(estimate(tmp_path, lambda number, h, w: np.full((h, w, 3), level, np.uint8), 6))
    assert (found == 0.5).all()  # nothing is nearer than anything else


def test_a_clip_of_one_frame(tmp_path: Path) -> None:
    source = estimate(tmp_path, scene, 1)
    assert source.cuts == ()
    assert maps_of(source).shape == (1, 12, 16)
    assert float(np.ptp(source.read(0))) > 0.5


def shots(length: int) -> Pattern:
    """A pattern that cuts every ``length`` frames, to a picture that has nothing in common with the last one."""

    def draw(number: int, height: int, width: int) -> NDArray[np.uint8]:
        shot = number // length
        rng = np.random.default_rng(shot)
        blocks = rng.integers(0, 255, (6, 8, 3)).astype(np.uint8)
        return blocks.repeat(height // 6, axis=0).repeat(width // 8, axis=1)

    return draw


def test_shots_of_one_frame(tmp_path: Path) -> None:
    source = estimate(tmp_path, shots(1), 12)
    maps = maps_of(source)
    assert source.cuts == tuple(range(1, 12))
    # each shot has its own range, and nothing of the shot before shines through
    for number in range(12):
        assert maps[number].max() == pytest.approx(1, abs=0.05)
        assert maps[number].min() == pytest.approx(0, abs=0.05)


def test_two_hundred_cuts(tmp_path: Path) -> None:
    source = estimate(tmp_path, shots(1), 201)
    assert len(source.cuts) >= 190  # two of random pictures may look alike
    assert maps_of(source).shape == (201, 12, 16)


@pytest.mark.parametrize(("width", "height"), [(36, 64), (48, 48), (256, 16), (16, 256)])
def test_pictures_of_any_shape(tmp_path: Path, width: int, height: int) -> None:
    found = maps_of(estimate(tmp_path, scene, 4, width=width, height=height))
    assert found.shape == (4, height // 4, width // 4)


@pytest.mark.weights
@pytest.mark.parametrize("size", [(64, 64), (54, 96), (17, 200)])
def test_the_starter_takes_any_shape_and_empty_pictures(size: tuple[int, int]) -> None:
    estimator = load_estimator("starter")
    picture = scene(0, *size).astype(np.float32) / 255
    for frame in (picture, picture * 0, picture * 0 + 1):
        found = estimator.predict(frame[None])
        assert np.isfinite(found).all()
        assert found[0].shape[0] / found[0].shape[1] == pytest.approx(size[0] / size[1], rel=0.35)


def test_an_8k_frame_is_scaled_before_it_becomes_floats() -> None:
    picture = np.zeros((4320, 7680, 3), np.uint8)
    tracemalloc.start()
    try:
        found = reduce_picture(picture)
        largest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.shape == (617, 1097, 3)
    assert largest < 4 << 20  # as floats the frame would take 400 MB

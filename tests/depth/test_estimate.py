"""A clip's disparity, from the first frame to a cache that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.depth.helpers import BrightnessEstimator
from tests.helpers.clips import make_clip
from vbr_core.depth.cache import CHUNK_FRAMES, DisparityCache, cache_key
from vbr_core.depth.estimate import SETTINGS, estimate_clip, reduce_picture
from vbr_core.errors import DepthError
from vbr_core.jobs import Cancelled, CancelToken, JobContext, Progress
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.source import CachedDisparity

FRAMES = 40
CUT = 23


def two_shots(number: int, height: int, width: int) -> NDArray[np.uint8]:
    """A dark ramp with a square that wanders, then a bright one."""
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = np.linspace(0, 90, width)[None, :, None]
    left = number % 20
    picture[8:20, left : left + 12] += 30
    if number >= CUT:
        picture = 250 - picture[:, ::-1] * np.array([0.4, 0.8, 1.0], np.float32)
    return picture.astype(np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "two.mp4", frames=FRAMES, gop=5, pattern=two_shots)


def run(
    clip: Path, root: Path, estimator: BrightnessEstimator, ctx: JobContext | None = None, clip_key: str = "clip"
) -> CachedDisparity:
    with VideoReader(clip) as reader:
        return estimate_clip(reader, estimator, root, ctx or JobContext(), clip_key=clip_key)


def cache_of(root: Path, estimator: BrightnessEstimator) -> DisparityCache:
    return DisparityCache(root, cache_key("clip", estimator.fingerprint, SETTINGS), FRAMES)


def test_every_frame_is_there_with_one_range_per_shot(clip: Path, tmp_path: Path) -> None:
    steps: list[Progress] = []
    source = run(clip, tmp_path, BrightnessEstimator(), JobContext(steps.append))
    assert source.frame_count == FRAMES
    assert source.cuts == (CUT,)
    maps = np.stack([source.read(frame_index) for frame_index in range(FRAMES)])
    assert maps.shape == (FRAMES, 12, 16)
    assert maps.min() >= 0.0
    assert maps.max() <= 1.0
    # where nothing moves the value stays the same all through a shot, although the square comes and goes
    assert np.ptp(maps[:CUT, 10, 3]) < 0.02
    assert np.ptp(maps[CUT:, 10, 3]) < 0.02
    assert {step.phase for step in steps} == {"Estimating depth"}
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == FRAMES == steps[-1].total


def test_a_second_run_reads_the_cache(clip: Path, tmp_path: Path) -> None:
    first = run(clip, tmp_path, BrightnessEstimator())
    estimator = BrightnessEstimator()
    again = run(clip, tmp_path, estimator)
    assert estimator.seen == 0
    assert again.cuts == first.cuts
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(again.read(30), first.read(30))
    other = BrightnessEstimator()
    assert run(clip, tmp_path, other, clip_key="another clip").fingerprint != first.fingerprint
    assert other.seen == FRAMES


def test_a_stop_half_way_keeps_what_is_finished(clip: Path, tmp_path: Path) -> None:
    whole = run(clip, tmp_path / "whole", BrightnessEstimator())
    token = CancelToken()

    def stop(seen: int) -> None:
        if seen == 2 * CHUNK_FRAMES - 2:
            token.cancel()

    with pytest.raises(Cancelled):
        run(clip, tmp_path, BrightnessEstimator(stop), JobContext(token=token))
    assert cache_of(tmp_path, BrightnessEstimator()).scan() == {0}
    estimator = BrightnessEstimator()
    source = run(clip, tmp_path, estimator)
    assert estimator.seen == FRAMES - CHUNK_FRAMES
    assert source.cuts == whole.cuts
    for frame_index in range(FRAMES):
        np.testing.assert_allclose(source.read(frame_index), whole.read(frame_index), atol=1e-3)


def test_an_estimator_that_fails_keeps_what_is_finished(clip: Path, tmp_path: Path) -> None:
    def fail(seen: int) -> None:
        if seen == 20:
            raise RuntimeError("out of order")

    with pytest.raises(RuntimeError, match="out of order"):
        run(clip, tmp_path, BrightnessEstimator(fail))
    assert cache_of(tmp_path, BrightnessEstimator()).scan() == {0}


def test_only_the_damaged_chunk_is_made_again(clip: Path, tmp_path: Path) -> None:
    run(clip, tmp_path, BrightnessEstimator())
    path = cache_of(tmp_path, BrightnessEstimator())._path(1)
    path.write_bytes(path.read_bytes()[:-5])
    estimator = BrightnessEstimator()
    source = run(clip, tmp_path, estimator)
    assert estimator.seen == CHUNK_FRAMES
    assert source.cuts == (CUT,)
    assert np.isfinite(source.read(20)).all()


def test_the_window_can_look_while_it_runs(clip: Path, tmp_path: Path) -> None:
    early: list[tuple[int, bool, bool]] = []
    sources: list[CachedDisparity] = []

    def look(progress: Progress) -> None:
        source = sources[0]
        ready = progress.done // CHUNK_FRAMES * CHUNK_FRAMES
        first, last = source.read_if_ready(0), source.read_if_ready(FRAMES - 1)
        early.append((progress.done, first is not None, last is not None))
        if 0 < progress.done < FRAMES:
            assert source.ready_ranges() == ([(0, ready)] if ready else [])
            with pytest.raises(DepthError):
                source.read(FRAMES - 1)

    with VideoReader(clip) as reader:
        estimate_clip(
            reader, BrightnessEstimator(), tmp_path, JobContext(look), clip_key="clip", on_ready=sources.append
        )
    assert early[0] == (0, False, False)
    assert any(first and not last for _, first, last in early)
    assert early[-1] == (FRAMES, True, True)


def test_a_clip_of_one_frame(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "one.mp4", frames=1, pattern=two_shots)
    source = run(clip, tmp_path / "cache", BrightnessEstimator())
    assert source.frame_count == 1
    assert source.read(0).shape == (12, 16)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1080, 1920), (1080, 1920)), ((2160, 3840), (720, 1280)), ((4320, 7680), (617, 1097)), ((5000, 2), (1250, 1))],
)
def test_large_pictures_are_reduced_before_they_become_floats(size: tuple[int, int], expected: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 40_000, np.uint16)
    out = reduce_picture(picture)
    assert out.shape == (*expected, 3)
    assert out.dtype == np.uint16
    np.testing.assert_allclose(out, 40_000, atol=10)

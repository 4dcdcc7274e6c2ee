"""A clip's disparity, from the first frame to a cache that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.depth.helpers import BrightnessEstimator
from tests.helpers.clips import make_clip
from vbr_core.depth.cache import CHUNK_FRAMES, DisparityCache, cache_key
from vbr_core.depth.estimate import SETTINGS, estimate_clip, reduce_picture
from vbr_core.depth.stabilise import REACH_FRAMES
from vbr_core.depth.windows import BATCH_FRAMES
from vbr_core.errors import DepthError
from vbr_core.jobs import Cancelled, CancelToken, JobContext, Progress
from vbr_core.project import NO_CUT_EDITS, CutEdits
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.estimator import DisparityEstimator
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
    clip: Path,
    root: Path,
    estimator: DisparityEstimator,
    ctx: JobContext | None = None,
    clip_key: str = "clip",
    cut_edits: CutEdits = NO_CUT_EDITS,
) -> CachedDisparity:
    with VideoReader(clip) as reader:
        return estimate_clip(reader, estimator, root, ctx or JobContext(), clip_key=clip_key, cut_edits=cut_edits)


def cache_of(root: Path, estimator: DisparityEstimator) -> DisparityCache:
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
    assert estimator.seen == FRAMES - CHUNK_FRAMES + REACH_FRAMES
    assert source.cuts == whole.cuts
    for frame_index in range(FRAMES):
        np.testing.assert_array_equal(source.read(frame_index), whole.read(frame_index))


def test_an_estimator_that_fails_keeps_what_is_finished(clip: Path, tmp_path: Path) -> None:
    def fail(seen: int) -> None:
        if seen == 26:
            raise RuntimeError("out of order")

    with pytest.raises(RuntimeError, match="out of order"):
        run(clip, tmp_path, BrightnessEstimator(fail))
    assert cache_of(tmp_path, BrightnessEstimator()).scan() == {0}


def test_only_the_damaged_chunk_is_made_again(clip: Path, tmp_path: Path) -> None:
    whole = run(clip, tmp_path, BrightnessEstimator())
    expected = [whole.read(frame_index) for frame_index in range(FRAMES)]
    path = cache_of(tmp_path, BrightnessEstimator())._path(1)
    path.write_bytes(path.read_bytes()[:-5])
    estimator = BrightnessEstimator()
    source = run(clip, tmp_path, estimator)
    assert estimator.seen <= CHUNK_FRAMES + 2 * REACH_FRAMES + BATCH_FRAMES  # and what the filter reaches for
    assert source.cuts == (CUT,)
    np.testing.assert_array_equal([source.read(frame_index) for frame_index in range(FRAMES)], expected)


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


class DriftingEstimator(BrightnessEstimator):
    """Another scale and shift in every picture, as networks that see one picture at a time have."""

    fingerprint = "drifting-1"

    def predict(self, frames: Any) -> NDArray[np.float32]:
        plain = super().predict(frames)
        phase = np.round(frames[:, -1, 0, 0] * 1e4) + np.round(frames.mean(axis=(1, 2, 3)) * 1e4)
        return (plain * (1 + 0.2 * np.sin(phase))[:, None, None] + 0.1 * np.cos(phase)[:, None, None]).astype(
            np.float32
        )


class WindowEstimator(BrightnessEstimator):
    """Another scale and shift in every window."""

    fingerprint = "windows-1"
    window_frames = 8
    overlap_frames = 3

    def __init__(self, on_frame: Callable[[int], None] | None = None) -> None:
        super().__init__(on_frame)
        self.lengths: list[int] = []

    def predict(self, frames: Any) -> NDArray[np.float32]:
        self.lengths.append(len(frames))
        phase = float(np.round(frames.mean() * 1e4))
        return np.asarray(super().predict(frames) * (1.5 + np.sin(phase)) + np.cos(phase), dtype=np.float32)


def test_scale_and_shift_do_not_wander_although_the_network_does(clip: Path, tmp_path: Path) -> None:
    plain = run(clip, tmp_path, BrightnessEstimator())
    source = run(clip, tmp_path, DriftingEstimator())
    for frame_index in range(FRAMES):
        np.testing.assert_allclose(source.read(frame_index), plain.read(frame_index), atol=0.06)


def test_windows_come_to_one_scale_and_never_cross_a_cut(clip: Path, tmp_path: Path) -> None:
    estimator = WindowEstimator()
    plain = run(clip, tmp_path, BrightnessEstimator())
    source = run(clip, tmp_path, estimator)
    # 23 frames before the cut: 0-7, 5-12, 10-17, 15-22; 17 after it: 23-30, 28-35, 33-39
    assert estimator.lengths == [8, 8, 8, 8, 8, 8, 7]
    for frame_index in range(FRAMES):
        np.testing.assert_allclose(source.read(frame_index), plain.read(frame_index), atol=0.02)


@pytest.mark.parametrize("kind", [BrightnessEstimator, DriftingEstimator, WindowEstimator])
@pytest.mark.parametrize("gap", [0, 1, 2])
def test_a_gap_is_filled_as_in_one_pass(clip: Path, tmp_path: Path, kind: type[BrightnessEstimator], gap: int) -> None:
    estimator = kind()
    whole = run(clip, tmp_path, estimator)
    expected = [whole.read(frame_index) for frame_index in range(FRAMES)]
    cache_of(tmp_path, estimator)._path(gap).unlink()
    source = run(clip, tmp_path, kind())
    assert source.cuts == (CUT,)
    for frame_index in range(FRAMES):
        np.testing.assert_allclose(source.read(frame_index), expected[frame_index], atol=1e-4)


def test_a_flash_and_black_frames_leave_the_range_and_the_shot_alone(tmp_path: Path) -> None:
    def flashing(number: int, height: int, width: int) -> NDArray[np.uint8]:
        if number in (9, 10):
            return np.full((height, width, 3), 255, np.uint8)
        if number < 3:
            return np.zeros((height, width, 3), np.uint8)
        return two_shots(0, height, width)

    clip = make_clip(tmp_path / "flash.mp4", frames=20, gop=1, pattern=flashing)
    source = run(clip, tmp_path / "cache", BrightnessEstimator())
    assert [cut for cut in source.cuts if cut > 3] == []
    maps = [source.read(frame_index) for frame_index in range(4, 20)]
    assert np.abs(np.diff(maps, axis=0)).max() < 0.02  # the flash is not in the disparity
    assert maps[0].max() > 0.95  # the range is that of the scene
    assert maps[0].min() < 0.05


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


@pytest.mark.parametrize(
    ("cut_edits", "wanted"),
    [(CutEdits((9,)), (9, CUT)), (CutEdits(removed=(CUT,)), ()), (CutEdits((30,), (CUT,)), (30,))],
)
def test_the_users_cuts_are_kept_apart_and_can_be_taken_back(
    clip: Path, tmp_path: Path, cut_edits: CutEdits, wanted: tuple[int, ...]
) -> None:
    plain = run(clip, tmp_path, BrightnessEstimator())
    edited = run(clip, tmp_path, BrightnessEstimator(), cut_edits=cut_edits)
    assert edited.cuts == wanted
    assert edited.fingerprint != plain.fingerprint
    again = BrightnessEstimator()
    assert run(clip, tmp_path, again).cuts == (CUT,)
    assert again.seen == 0
    alone = run(clip, tmp_path / "alone", BrightnessEstimator(), cut_edits=cut_edits)
    for frame_index in range(FRAMES):
        np.testing.assert_array_equal(edited.read(frame_index), alone.read(frame_index))


def test_shots_that_a_cut_leaves_alone_are_not_estimated_again(tmp_path: Path) -> None:
    def three_shots(number: int, height: int, width: int) -> NDArray[np.uint8]:
        return two_shots(number if number < 70 else number - 70, height, width)

    clip = make_clip(tmp_path / "three.mp4", frames=96, gop=8, pattern=three_shots)  # cuts at 23, 70 and 93
    run(clip, tmp_path / "cache", BrightnessEstimator())
    cut_edits = CutEdits((40,))
    estimator = BrightnessEstimator()
    edited = run(clip, tmp_path / "cache", estimator, cut_edits=cut_edits)
    alone = run(clip, tmp_path / "alone", BrightnessEstimator(), cut_edits=cut_edits)
    assert edited.cuts == alone.cuts == (23, 40, 70, 93)
    # chunks of 16: 32 to 79 are made again, with the frames of REACH_FRAMES on both sides
    assert estimator.seen < 48 + 4 * REACH_FRAMES + 2 * BATCH_FRAMES
    for frame_index in range(96):
        np.testing.assert_allclose(edited.read(frame_index), alone.read(frame_index), atol=1e-3)
    more = BrightnessEstimator()
    both = run(clip, tmp_path / "cache", more, cut_edits=CutEdits((40, 90)))
    assert both.cuts == (23, 40, 70, 90, 93)
    assert more.seen < 32 + 4 * REACH_FRAMES + 2 * BATCH_FRAMES  # 80 to 95: what 40 changed is there already


def test_a_pan_that_is_gone_on_with_comes_out_as_in_one_pass(tmp_path: Path) -> None:
    wide = np.random.default_rng(2).random((24, 100, 3)).astype(np.float32)
    wide = cv2.resize(wide, (400, 48 * 2), interpolation=cv2.INTER_CUBIC)

    def pan(number: int, height: int, width: int) -> NDArray[np.uint8]:
        light = 0.8 + 0.2 * np.sin(1.7 * number)  # what the estimator makes of it jitters
        part = wide[:height, 3 * number : 3 * number + width] * light
        return np.clip(255 * part, 0, 255).astype(np.uint8)

    clip = make_clip(tmp_path / "pan.mp4", frames=64, gop=8, pattern=pan)
    whole = run(clip, tmp_path / "cache", BrightnessEstimator())
    wanted = [whole.read(frame_index) for frame_index in range(64)]
    (folder,) = (tmp_path / "cache").iterdir()
    (folder / "chunk_000002.bin").unlink()
    again = run(clip, tmp_path / "cache", BrightnessEstimator())
    for frame_index in range(64):
        np.testing.assert_allclose(again.read(frame_index), wanted[frame_index], atol=2e-3)


def test_another_picture_cut_in_for_a_frame_has_its_own_depth(tmp_path: Path) -> None:
    def insert(number: int, height: int, width: int) -> NDArray[np.uint8]:
        return two_shots(CUT, height, width)[:, ::-1] if number == 9 else two_shots(number % 5, height, width)

    source = run(make_clip(tmp_path / "insert.mp4", frames=20, gop=5, pattern=insert), tmp_path, BrightnessEstimator())
    assert source.cuts == (9, 10)
    # the ramp of the picture that was cut in goes the other way
    slopes = [float(np.diff(source.read(frame_index)[10]).mean()) for frame_index in (8, 9, 10)]
    assert slopes[0] > 0.01 > -0.01 > slopes[1]
    assert slopes[2] > 0.01

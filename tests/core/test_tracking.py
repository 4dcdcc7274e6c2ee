"""Following a point through a shot, and what becomes of it."""

from __future__ import annotations

import numpy as np
import pytest

from vbr_core.animation import sample_track
from vbr_core.errors import InputError
from vbr_core.focus.baking import bake_track, needed_keys, smooth_disparity
from vbr_core.focus.tracking import FollowSample, FollowStart, follow
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.project import Clip, Keyframe, Project, Track

HEIGHT, WIDTH, SIDE = 180, 320, 44


def _texture(seed: int, height: int, width: int) -> np.ndarray:
    """Blotches of about five pixels, (height, width, 3) uint8."""
    import cv2

    noise = np.random.default_rng(seed).uniform(0, 255, (height // 4 + 2, width // 4 + 2, 3)).astype(np.float32)
    return np.clip(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


class Scene:
    """A square that goes its way before a background; perhaps a post stands in front of both."""

    def __init__(self, frames: int = 40, speed: float = 3.0, post: int | None = None, rise: float = 0.004) -> None:
        self.frames, self.speed, self.post, self.rise = frames, speed, post, rise
        self.back, self.square = _texture(1, HEIGHT, WIDTH), _texture(2, SIDE, SIDE)
        self.wood = _texture(3, HEIGHT, 60)
        self.spike: set[int] = set()

    def middle(self, frame: int) -> tuple[float, float]:
        left, top = self.corner(frame)
        return left + SIDE / 2, top + SIDE / 2

    def corner(self, frame: int) -> tuple[int, int]:
        return round(40 + self.speed * frame), round(50 + 15 * np.sin(frame / 8))

    def value(self, frame: int) -> float:
        return 0.5 + self.rise * frame

    def picture(self, frame: int) -> np.ndarray:
        return self._paint(self.back.copy(), frame, self.square, self.wood)

    def disparity(self, frame: int) -> np.ndarray:
        near = np.full((SIDE, SIDE), 0.95 if frame in self.spike else self.value(frame))
        return self._paint(np.full((HEIGHT, WIDTH), 0.1, np.float32), frame, near, np.full((HEIGHT, 60), 0.9))

    def _paint(self, canvas: np.ndarray, frame: int, square: np.ndarray, post: np.ndarray) -> np.ndarray:
        left, top = self.corner(frame)
        right = max(left, min(WIDTH, left + SIDE))
        canvas[top : top + SIDE, left:right] = square[:, : right - left]
        if self.post is not None:
            canvas[:, self.post : self.post + 60] = post
        return canvas

    def follow(self, frame: int = 0, ctx: JobContext | None = None, cuts: tuple[int, ...] = (), box=None):
        start = FollowStart(frame, *self.middle(frame), box)
        return follow(self.picture, self.disparity, start, (0, self.frames), ctx, cuts)


def test_a_moving_square_is_found_within_a_pixel_both_ways():
    scene = Scene()
    track = scene.follow(18)
    assert [sample.frame for sample in track.samples] == list(range(40))
    for sample in track.samples:
        assert (sample.x, sample.y) == pytest.approx(scene.middle(sample.frame), abs=1.0)
        assert sample.disparity == pytest.approx(scene.value(sample.frame), abs=0.002)
    assert (track.begin, track.end, track.lost_frame) == ("span", "span", None)


def test_a_box_is_followed_as_well():
    scene = Scene(frames=12)
    track = scene.follow(0, box=(40.0, 40.0))
    assert (track.samples[-1].x, track.samples[-1].y) == pytest.approx(scene.middle(11), abs=1.0)


def test_it_is_lost_where_it_is_covered():
    scene = Scene(frames=60, post=130)  # the middle of the square goes behind the post at frame 23
    track = scene.follow()
    assert track.end == "lost"
    assert 20 <= track.lost_frame <= 24
    assert all(sample.disparity is None or sample.disparity < 0.7 for sample in track.samples)


def test_it_ends_where_it_leaves_the_picture():
    scene = Scene(frames=110)  # its middle is outside from frame 87 on
    track = scene.follow(60)
    assert track.end in ("left", "lost")
    assert 80 <= track.lost_frame <= 88


def test_it_stays_within_its_shot():
    track = Scene().follow(18, cuts=(10, 25))
    assert (track.samples[0].frame, track.samples[-1].frame) == (10, 24)
    assert (track.begin, track.end, track.lost_frame) == ("cut", "cut", None)


def test_a_cut_that_nobody_knows_of_loses_it():
    scene, other = Scene(), Scene()
    other.back, other.square = _texture(8, HEIGHT, WIDTH), _texture(9, SIDE, SIDE)
    start = FollowStart(0, *scene.middle(0))
    track = follow(
        lambda frame: (scene if frame < 20 else other).picture(frame), scene.disparity, start, (0, 40), cuts=()
    )
    assert (track.end, track.lost_frame) == ("lost", 20)


def test_a_jump_of_the_disparity_that_passes_is_bridged():
    scene = Scene()
    scene.spike = {12, 13}
    track = scene.follow()
    assert len(track.samples) == 40
    assert [sample.frame for sample in track.samples if sample.disparity is None] == [12, 13]
    assert smooth_disparity(track.samples)[12] == pytest.approx(scene.value(12), abs=0.003)


def test_a_jump_of_the_disparity_that_stays_is_followed():
    scene = Scene()
    scene.spike = set(range(12, 40))
    track = scene.follow()
    assert len(track.samples) == 40
    assert track.samples[-1].disparity == pytest.approx(0.95, abs=0.002)


def test_cancel_and_progress():
    token, seen = CancelToken(), []

    def listen(progress):
        seen.append((progress.done, progress.total))
        if progress.done == 7:
            token.cancel()

    with pytest.raises(Cancelled):
        Scene().follow(10, JobContext(listen, token))
    assert [done for done, _ in seen] == [1, *range(1, 8)]
    assert seen[0][1] == 40


def test_starts_that_make_no_sense():
    scene = Scene()
    with pytest.raises(InputError, match="outside the picture"):
        follow(scene.picture, scene.disparity, FollowStart(3, 400, 20), (0, 40))
    with pytest.raises(InputError, match="Frame 50"):
        follow(scene.picture, scene.disparity, FollowStart(50, 40, 20), (0, 40))
    with pytest.raises(InputError, match="no depth"):
        follow(scene.picture, lambda _frame: None, FollowStart(3, 40, 20), (0, 40))


# --- baking -----------------------------------------------------------------------------------------------------------


def _samples(values, start=10):
    return tuple(FollowSample(start + index, 5.0, 6.0, value) for index, value in enumerate(values))


def test_few_keys_within_the_tolerance():
    values = 0.5 + 0.2 * np.sin(np.linspace(0, 5, 120))
    project = bake_track(Project(), _samples(values), smoothing_frames=0, tolerance=0.004)
    assert 5 < len(project.focus.keys) < 30
    assert np.abs(sample_track(project.focus, 10, 130) - values).max() <= 0.004 + 1e-6
    key = project.focus.keys[3]
    assert (key.anchor.frame, key.anchor.x, key.anchor.y) == (key.frame, 5.0, 6.0)
    assert needed_keys(np.linspace(0.2, 0.6, 50)) == [0, 49]


def test_smoothing_calms_noise_and_leaves_a_ramp_alone():
    ramp = np.linspace(0.2, 0.6, 100)
    assert smooth_disparity(_samples(ramp), 6.0) == pytest.approx(ramp, abs=1e-9)
    noisy = ramp + np.random.default_rng(0).normal(0, 0.02, 100)
    assert np.abs(smooth_disparity(_samples(noisy), 6.0) - ramp)[10:90].max() < 0.02
    assert len(bake_track(Project(), _samples(noisy), 6.0).focus.keys) < 40


def test_only_the_keys_of_the_span_are_replaced_and_an_offset_is_added():
    old = Track(keys=(Keyframe(2, 0.1), Keyframe(15, 0.9), Keyframe(19, 0.3, "hold"), Keyframe(40, 0.2)))
    project = Project(clip=Clip("a.mp4", frame_count=60), focus=old)
    baked = bake_track(project, _samples([0.5] * 10), offset=0.05)
    assert [(key.frame, round(key.value, 3)) for key in baked.focus.keys] == [
        (2, 0.1),
        (10, 0.55),
        (19, 0.55),
        (40, 0.2),
    ]
    assert baked.focus.keys[2].easing == "hold"
    assert all(key.anchor is None for key in baked.focus.keys)
    assert max(key.value for key in bake_track(project, _samples([0.98] * 10), offset=0.2).focus.keys) == 1.0


def test_nothing_to_bake():
    with pytest.raises(InputError, match="Nothing was followed"):
        bake_track(Project(), _samples([None, None]))
    with pytest.raises(InputError, match="smoothing"):
        bake_track(Project(), _samples([0.5, 0.5]), smoothing_frames=-1)

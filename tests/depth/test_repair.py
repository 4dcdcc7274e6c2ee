"""Depth repairs: what each kind does, where it goes with the picture, and that the order of reading does not matter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from vbr_core.depth import repair
from vbr_core.depth.mask_carrier import at_map, carry_size, draw_strokes, inside, snap_to_depth, snap_to_picture
from vbr_core.depth.repair import RepairedDisparity, repaired
from vbr_core.depth.repair_masks import RepairMasks
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.project import Clip, DepthEdit, DepthLevels, Project, Stroke

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES, SIDE, CUT = 192, 112, 12, 40, 8
LEFT, TOP, SPEED = 30, 36, 5
"""A square of SIDE pixels goes SPEED pixels to the right every frame; at CUT another scene begins."""


def _texture(seed: int, low: int, high: int) -> NDArray[np.float32]:
    coarse = np.random.default_rng(seed).uniform(low, high, (HEIGHT // 6, WIDTH // 6, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))


def square_at(frame: int) -> tuple[slice, slice]:
    left = LEFT + SPEED * frame
    return slice(TOP, TOP + SIDE), slice(left, left + SIDE)


def picture(frame: int) -> NDArray[np.uint8]:
    late = frame >= CUT
    rgb = _texture(3, 160, 255) if late else _texture(1, 20, 110)
    rgb[square_at(frame)] = (_texture(4, 0, 60) if late else _texture(2, 110, 230))[:SIDE, :SIDE]
    return np.clip(rgb, 0, 255).astype(np.uint8)


class MovingSquare:
    """A clip; counts how many pictures were decoded."""

    decoded = 0
    info: Any = SimpleNamespace(width=WIDTH, height=HEIGHT, frame_count=FRAMES)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Any]:
        for frame in range(start, FRAMES if stop is None else stop):
            type(self).decoded += 1
            yield SimpleNamespace(frame_index=frame, rgb=picture(frame))

    def close(self) -> None:
        pass


class Source:
    """Disparity 0.3 left to 0.5 right, with noise in the square, which is where it was read wrongly."""

    frame_count = FRAMES
    cuts: tuple[int, ...] = ()
    fingerprint = "source"

    def close(self) -> None:
        pass

    def read(self, frame_index: int) -> NDArray[np.float32]:
        out = np.linspace(0.3, 0.5, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, axis=0)
        noise = np.random.default_rng(frame_index).uniform(0.5, 0.9, (SIDE, SIDE))
        out[square_at(frame_index)] = noise
        return out


def lasso(frame: int, grow: float = 0.0) -> Stroke:
    left, top, right, bottom = LEFT + SPEED * frame, TOP, LEFT + SPEED * frame + SIDE, TOP + SIDE
    points = ((left - grow, top - grow), (right + grow, top - grow), (right + grow, bottom + grow))
    return Stroke((*points, (left - grow, bottom + grow)))


def an_edit(**fields: Any) -> DepthEdit:
    values = {"kind": "flatten", "strokes": (lasso(2),), "frame": 2, "start": 0, "stop": FRAMES, "snap": "none"}
    return DepthEdit(**{**values, **fields})


def wrap(*edits: DepthEdit, levels: tuple[DepthLevels, ...] = (), source: Any = None, cuts: Any = ()) -> Any:
    return RepairedDisparity(source or Source(), edits, levels, RepairMasks(MovingSquare), cuts)


def square_mask(frame: int) -> NDArray[np.bool_]:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[square_at(frame)] = True
    return mask


def middle(disparity: NDArray[np.float32], frame: int) -> NDArray[np.float32]:
    rows, columns = square_at(frame)
    return disparity[rows.start + 6 : rows.stop - 6, columns.start + 6 : columns.stop - 6]


# --- kinds ------------------------------------------------------------------------------------------------------------


def test_flatten_makes_one_plane() -> None:
    slanted = np.linspace(0.2, 0.8, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, axis=0)
    damaged = slanted.copy()
    damaged[50:56, 60:66] = 0.95  # a speck, which must not tilt the plane
    region = np.zeros((HEIGHT, WIDTH), bool)
    region[30:90, 40:120] = True
    out = repair.flatten(damaged, region)
    np.testing.assert_allclose(out[34:86, 50:110], slanted[34:86, 50:110], atol=0.01)


def test_push_behind_is_farther_than_what_is_around() -> None:
    source = Source().read(2)
    out = repair.push_behind(source, square_mask(2), 0.05)
    around = source[TOP - 3 : TOP + SIDE + 3, LEFT + 10 - 3 : LEFT + 10 + SIDE + 3].min()
    assert middle(out, 2).max() < around
    assert middle(out, 2).max() == pytest.approx(around - 0.05, abs=0.02)
    everything = np.ones((HEIGHT, WIDTH), bool)
    np.testing.assert_array_equal(repair.push_behind(source, everything, 0.05), source)


def test_same_as_takes_the_disparity_at_the_point() -> None:
    point = (170.5, 20.5)
    out = wrap(an_edit(kind="same_as", point=point)).read(2)
    np.testing.assert_allclose(middle(out, 2), Source().read(2)[20, 170], atol=0.01)


@pytest.mark.parametrize("kind", ["flatten", "push_behind", "same_as"])
def test_outside_nothing_changes(kind: str) -> None:
    edit = an_edit(kind=kind, point=(170.0, 20.0))
    before, after = Source().read(2), wrap(edit).read(2)
    near = cv2.dilate(square_mask(2).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    np.testing.assert_array_equal(after[~near], before[~near])
    assert not np.array_equal(after, before)


def test_levels_stretch_and_bend() -> None:
    ramp = np.linspace(0, 1, 101, dtype=np.float32)[None]
    out = repair.apply_levels(ramp, DepthLevels(0, near=0.8, far=0.2, gamma=2.0))
    assert out[0, 20] == pytest.approx(0.0, abs=1e-6)
    assert out[0, 80] == pytest.approx(1.0)
    assert out[0, 35] == pytest.approx(0.5)  # a quarter of the way, gamma 2
    assert np.all(np.diff(out) >= 0)


def test_levels_are_those_of_the_shot() -> None:
    made = wrap(levels=(DepthLevels(CUT, near=0.5),), cuts=(CUT,))
    np.testing.assert_array_equal(made.read(CUT - 1), Source().read(CUT - 1))
    assert made.read(CUT).max() == 1.0


def test_a_repair_on_a_map_of_another_size() -> None:
    class Small(Source):
        def read(self, frame_index: int) -> NDArray[np.float32]:
            return np.asarray(cv2.resize(super().read(frame_index), (96, 56), interpolation=cv2.INTER_AREA))

    out = wrap(an_edit(kind="same_as", point=(170.0, 20.0)), source=Small()).read(2)
    assert out.shape == (56, 96)
    np.testing.assert_allclose(out[TOP // 2 + 3 : 35, LEFT // 2 + 8 : 38], Small().read(2)[10, 85], atol=0.01)


# --- along the clip ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [0, 5, CUT - 1])
def test_a_repair_goes_with_what_it_was_drawn_on(frame: int) -> None:
    out = wrap(an_edit(kind="same_as", point=(170.0, 20.0), frame=2)).read(frame)
    assert np.ptp(middle(out, frame)) == 0.0
    changed = out != Source().read(frame)
    wanted = square_mask(frame)
    assert (changed & wanted).sum() / (changed | wanted).sum() > 0.9


def test_it_never_crosses_a_cut_that_nobody_told_it_of() -> None:
    made = wrap(an_edit())
    np.testing.assert_array_equal(made.read(CUT), Source().read(CUT))
    assert not np.array_equal(made.read(CUT - 1), Source().read(CUT - 1))


def test_it_never_crosses_a_known_cut_nor_leaves_its_range() -> None:
    made = wrap(an_edit(), cuts=(5,))
    np.testing.assert_array_equal(made.read(5), Source().read(5))
    made = wrap(an_edit(start=2, stop=4))
    for frame, changes in ((1, False), (2, True), (3, True), (4, False)):
        assert np.array_equal(made.read(frame), Source().read(frame)) is not changes


def test_random_access_equals_sequential() -> None:
    edits = (an_edit(frame=4, strokes=(lasso(4),)), an_edit(kind="same_as", point=(100.0, 20.0)))
    straight, jumping = wrap(*edits), wrap(*edits)
    frames = [straight.read(frame) for frame in range(FRAMES)]
    for frame in (7, 0, 11, 3, 5, 1):
        np.testing.assert_array_equal(jumping.read(frame), frames[frame])


def test_a_point_that_went_out_of_sight_keeps_its_last_disparity() -> None:
    # the square covers the point after a few frames, on its way to the right
    edit = an_edit(kind="same_as", point=(92.0, 56.0), strokes=(Stroke(((20.0, 5.0), (60, 5), (60, 25), (20, 25))),))
    made = wrap(edit)
    values = [float(np.median(made.read(frame)[8:22, 25:55])) for frame in (2, 6, 7)]
    assert values == pytest.approx([values[0]] * 3, abs=0.06)
    assert values[0] == pytest.approx(0.396, abs=0.02)


def test_where_a_part_went_out_of_sight_is_known() -> None:
    edit = an_edit()
    made = wrap(edit)
    assert made.lost_frames() == {}  # nothing was carried yet
    made.prepare(JobContext())
    assert made.lost_frames() == {edit: (CUT, None)}
    late = an_edit(frame=CUT + 1, strokes=(lasso(CUT + 1),), start=3)
    made = wrap(late)
    made.prepare(JobContext())
    assert made.lost_frames() == {late: (None, CUT - 1)}
    for unlost in (an_edit(stop=CUT), an_edit(enabled=False)):
        made = wrap(unlost)
        made.prepare(JobContext())
        assert made.lost_frames() == {}


# --- order, identity, what is ready -----------------------------------------------------------------------------------


def test_repairs_are_applied_in_order_after_the_levels() -> None:
    same = an_edit(kind="same_as", point=(170.0, 20.0))
    push = an_edit(kind="push_behind", amount=0.1)
    assert middle(wrap(push, same).read(2), 2).mean() > middle(wrap(same, push).read(2), 2).mean() + 0.1
    levels = (DepthLevels(0, near=0.6),)
    wanted = repair.apply_levels(Source().read(2), levels[0])[20, 170]
    np.testing.assert_allclose(middle(wrap(same, levels=levels).read(2), 2), wanted, atol=0.01)


def test_fingerprint_changes_with_everything_that_changes_values() -> None:
    edit = an_edit()
    off = an_edit(enabled=False)
    made = [
        wrap(edit),
        wrap(edit, edit),
        wrap(an_edit(stop=5)),
        wrap(an_edit(strokes=(lasso(2, 3.0),))),
        wrap(edit, levels=(DepthLevels(0, 0.9),)),
        wrap(edit, cuts=(4,)),
    ]
    names = {each.fingerprint for each in made}
    assert len(names) == len(made)
    assert wrap(edit).fingerprint in names
    assert wrap(edit, off).fingerprint == wrap(edit).fingerprint


def test_a_project_without_repairs_has_the_source_itself(tmp_path: Path) -> None:
    source, clip = Source(), Clip("a.mp4", frame_count=FRAMES)
    path = tmp_path / "a.mp4"
    assert repaired(source, Project(clip=clip), path) is source
    assert repaired(source, Project(clip=clip, depth_edits=(an_edit(enabled=False),)), path) is source
    once: Any = repaired(source, Project(clip=clip, depth_edits=(an_edit(),)), path)
    twice: Any = repaired(once, Project(clip=clip, depth_levels=(DepthLevels(0, 0.5),)), path)
    assert once.source is twice.source is source
    assert repaired(twice, Project(clip=clip), path) is source


def test_what_is_not_carried_yet_is_shown_without_and_said_so() -> None:
    made = wrap(an_edit())
    assert made.is_waiting(3)
    assert not made.is_prepared()
    np.testing.assert_array_equal(made.read_if_ready(3), Source().read(3))
    steps: list[int] = []
    made.prepare(JobContext(lambda progress: steps.append(progress.done)))
    assert steps == list(range(FRAMES + 1))
    assert made.is_prepared()
    assert not made.is_waiting(3)
    np.testing.assert_array_equal(made.read_if_ready(3), made.read(3))


def test_masks_serve_other_ranges_levels_and_models_without_being_carried_again() -> None:
    class Other(Source):
        fingerprint = "other"

    masks = RepairMasks(MovingSquare)
    RepairedDisparity(Source(), (an_edit(),), (), masks).prepare(JobContext())
    MovingSquare.decoded = 0
    again = RepairedDisparity(Other(), (an_edit(stop=7),), (DepthLevels(0, 0.9),), masks)
    assert again.is_prepared()
    again.read(6)
    assert MovingSquare.decoded == 0


def test_carrying_can_be_cancelled_and_goes_on_later() -> None:
    made, token = wrap(an_edit()), CancelToken()
    with pytest.raises(Cancelled):
        made.prepare(JobContext(lambda progress: token.cancel() if progress.done == 3 else None, token))
    assert not made.is_waiting(2)
    assert made.is_waiting(FRAMES - 1)
    steps: list[int] = []
    made.prepare(JobContext(lambda progress: steps.append(progress.total)))
    assert steps[0] < FRAMES


# --- what is drawn ----------------------------------------------------------------------------------------------------


def overlap(mask: NDArray[np.uint8], wanted: NDArray[np.bool_]) -> float:
    return float((inside(mask) & wanted).sum() / (inside(mask) | wanted).sum())


def test_a_rough_lasso_snaps_to_what_is_in_it() -> None:
    rough = draw_strokes((lasso(2, 2.5),), (WIDTH, HEIGHT), (WIDTH, HEIGHT))
    wanted = square_mask(2)
    assert overlap(rough, wanted) < 0.85
    assert overlap(snap_to_picture(rough, picture(2)), wanted) > 0.95
    assert overlap(snap_to_depth(rough, np.where(wanted, 0.7, 0.3).astype(np.float32)), wanted) > 0.95


def test_no_rim_of_the_old_depth_stays() -> None:
    """The disparity of the square reaches 1 px beyond it and fades, as that of networks does."""
    wanted = square_mask(2)
    soft = cv2.GaussianBlur(np.where(wanted, 0.8, 0.3).astype(np.float32), (0, 0), 1.2)
    drawn = draw_strokes((lasso(2),), (WIDTH, HEIGHT), (WIDTH, HEIGHT))
    left = {
        to_edges: float(
            repair.push_behind(soft, at_map(drawn, soft, to_edges=to_edges), 0.0)[:, LEFT + 20 : LEFT + 40].max()
        )
        for to_edges in (False, True)
    }
    assert left[False] > 0.45
    assert left[True] - 0.3 < 0.55 * (left[False] - 0.3)  # on a map of 112 lines it reaches 2 px
    flat = np.full((HEIGHT, WIDTH), 0.4, np.float32)
    np.testing.assert_array_equal(at_map(drawn, flat, to_edges=True), at_map(drawn, flat, to_edges=False))


def test_snapping_leaves_a_lasso_alone_where_there_is_no_edge() -> None:
    drawn = draw_strokes((lasso(2),), (WIDTH, HEIGHT), (WIDTH, HEIGHT))
    assert overlap(snap_to_depth(drawn, np.full((HEIGHT, WIDTH), 0.4, np.float32)), inside(drawn)) > 0.98
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    np.testing.assert_array_equal(snap_to_picture(everything, picture(2)), everything)


def test_strokes_are_drawn_where_they_are_at_any_size() -> None:
    size = carry_size(1920, 1080)
    assert size == (512, 288)
    mask = inside(draw_strokes((Stroke(((960.0, 540.0),), 150.0),), (1920, 1080), size))
    rows, columns = np.nonzero(mask)
    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((256, 144), abs=0.3)
    assert mask.sum() == pytest.approx(np.pi * 40**2, rel=0.03)
    line = draw_strokes((Stroke(((0.0, 540.0), (1920.0, 540.0)), 75.0),), (1920, 1080), size)
    assert inside(line)[:, 256].sum() == pytest.approx(40, abs=2)
    far_away = draw_strokes((Stroke(((-9e5, -9e5), (9e5, -9e5), (9e5, 9e5), (-9e5, 9e5))),), (1920, 1080), size)
    assert inside(far_away).all()

"""The maths of the timeline: properties that must hold for every clip, zoom and place."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.timeline import geometry
from app.timeline.geometry import TimeAxis
from vbr_core.animation import value_at
from vbr_core.project import EASINGS, Keyframe, Track

RATES = [Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(1)]


@st.composite
def axes(draw) -> TimeAxis:
    """Any axis that the window could come to by fitting, zooming and scrolling."""
    axis = TimeAxis(frame_count=draw(st.integers(1, 200_000)), width=draw(st.floats(40, 4000))).fitted()
    axis = axis.zoomed(draw(st.floats(0.2, 5000)), draw(st.floats(0, 4000)))
    return axis.scrolled(draw(st.floats(-1e6, 1e6)))


sorted_frames = st.lists(st.integers(0, 5000), unique=True, max_size=80).map(sorted)


@given(axes(), st.data())
def test_a_frame_goes_to_its_pixel_and_back(axis, data):
    frame = data.draw(st.integers(0, axis.last_frame))
    assert axis.frame(axis.x(frame)) == pytest.approx(frame, abs=1e-6)
    assert axis.nearest(axis.x(frame)) == frame


@given(axes(), st.floats(-500, 4500))
def test_the_nearest_frame_is_stable_and_inside_the_clip(axis, x):
    frame = axis.nearest(x)
    assert 0 <= frame <= axis.last_frame
    assert axis.nearest(axis.x(frame)) == frame


@given(axes())
def test_the_view_never_leaves_the_clip_by_more_than_the_margin(axis):
    assert axis.fit_pixels_per_frame <= axis.pixels_per_frame * (1 + 1e-9)
    assert axis.pixels_per_frame <= geometry.MAX_PIXELS_PER_FRAME * (1 + 1e-9)
    assert axis.x(0) <= geometry.MARGIN_PX + 1e-3
    assert -1e-3 <= axis.scroll_px <= axis.scroll_length_px + 1e-3
    if axis.scroll_length_px > 0:
        assert axis.x(axis.last_frame) >= axis.width - geometry.MARGIN_PX - 1e-3


@given(st.integers(1, 200_000), st.floats(100, 4000))
def test_fit_shows_first_and_last_frame(frame_count, width):
    axis = TimeAxis(frame_count=frame_count, width=width).fitted()
    assert axis.visible() == (0, axis.last_frame)
    assert axis.x(0) == pytest.approx(geometry.MARGIN_PX)
    assert axis.x(axis.last_frame) <= width - geometry.MARGIN_PX + 1e-6


@given(axes(), st.floats(1.01, 3), st.floats(0, 1))
def test_zoom_keeps_the_anchor_in_place_unless_the_clip_ends(axis, factor, part):
    anchor_x = part * axis.width
    anchor = axis.frame(anchor_x)
    zoomed = axis.zoomed(factor, anchor_x)
    edges = (zoomed.scroll_px <= 1e-6, zoomed.scroll_px >= zoomed.scroll_length_px - 1e-6)
    if not any(edges):
        assert zoomed.x(anchor) == pytest.approx(anchor_x, abs=1e-3)


@given(axes(), st.data())
def test_showing_a_frame_makes_it_visible_and_is_idempotent(axis, data):
    frame = data.draw(st.integers(0, axis.last_frame))
    shown = axis.showing(frame)
    assert -1e-6 <= shown.x(frame) <= shown.width + 1e-6
    assert shown.showing(frame) == shown
    if 0 <= axis.x(frame) <= axis.width:
        assert shown == axis


@given(st.integers(2, 5000), st.floats(100, 2000), st.floats(100, 2000))
def test_a_fitted_axis_stays_fitted_when_the_window_grows(frame_count, width, other):
    axis = TimeAxis(frame_count=frame_count, width=width).fitted()
    assert axis.resized(other) == TimeAxis(frame_count=frame_count, width=other).fitted()


@given(axes(), st.sampled_from(RATES), st.booleans())
def test_ticks_are_even_labelled_apart_and_cover_the_view(axis, rate, as_frames):
    marks = geometry.ticks(axis, rate, as_frames)
    assert marks
    assert [mark.frame for mark in marks] == sorted({mark.frame for mark in marks})
    labels = [mark for mark in marks if mark.label]
    for before, after in itertools.pairwise(labels):
        assert after.x - before.x >= 95.99
    gaps = {after.frame - before.frame for before, after in itertools.pairwise(marks)}
    assert len(gaps) <= 1
    assert len(marks) <= (axis.width + 400) / 7 + 8


@given(st.integers(0, 10_000_000), st.sampled_from(RATES))
def test_timecode_can_be_read_back(frame, rate):
    hours, minutes, seconds, frames = (int(part) for part in geometry.timecode(frame, rate).split(":"))
    base = geometry.nominal_rate(rate)
    assert ((hours * 60 + minutes) * 60 + seconds) * base + frames == frame
    assert frames < base
    assert minutes < 60
    assert seconds < 60


def test_timecode_examples():
    assert geometry.timecode(0, Fraction(24)) == "00:00:00:00"
    assert geometry.timecode(58, Fraction(24000, 1001)) == "00:00:02:10"
    assert geometry.timecode(25 * 3600, 25) == "01:00:00:00"
    assert geometry.timecode(119, Fraction(120)) == "00:00:00:119"
    assert geometry.timecode(30, None) == "00:00:01:05"


@given(axes(), sorted_frames, st.floats(-50, 4050))
def test_hit_is_the_nearest_key_within_reach(axis, frames, x):
    hit = geometry.hit_key(frames, axis, x)
    near = [frame for frame in frames if abs(axis.x(frame) - x) <= geometry.HIT_PX]
    if hit is None:
        assert not near
    else:
        assert hit in near
        assert abs(axis.x(hit) - x) <= min(abs(axis.x(frame) - x) for frame in near) + 1e-6


@given(axes(), sorted_frames, st.floats(-50, 4050), st.floats(-50, 4050))
def test_marquee_takes_exactly_the_keys_between(axis, frames, x1, x2):
    low, high = sorted((axis.frame(x1), axis.frame(x2)))
    assert geometry.keys_between(frames, axis, x1, x2) == [frame for frame in frames if low <= frame <= high]


@given(axes(), sorted_frames)
def test_drawn_keys_are_visible_apart_and_leave_no_gap(axis, frames):
    drawn = [frames[index] for index in geometry.drawn_keys(frames, axis)]
    assert drawn == sorted(set(drawn))
    assert len(drawn) <= (axis.width + 24) / 4 + 2
    for frame in frames:
        if 0 <= axis.x(frame) <= axis.width:
            assert min(abs(axis.x(frame) - axis.x(other)) for other in drawn) < 4.0 + 1e-6


@given(axes(), st.floats(-100, 200_100), st.lists(st.integers(0, 200_000), max_size=20))
def test_snap_stays_in_the_clip_and_catches_only_near_targets(axis, frame, targets):
    snapped, caught = geometry.snap(frame, targets, axis)
    assert 0 <= snapped <= axis.last_frame
    reach = geometry.SNAP_PX / axis.pixels_per_frame
    inside = [target for target in targets if target <= axis.last_frame]
    if caught is None:
        assert snapped == min(axis.last_frame, max(0, math.floor(frame + 0.5)))
    else:
        assert caught == snapped
        assert caught in inside
        assert abs(caught - frame) <= reach


def test_snap_without_targets_rounds():
    axis = TimeAxis(frame_count=100, width=800).fitted()
    assert geometry.snap(41.6, (), axis) == (42, None)
    assert geometry.snap(41.6, [41], axis) == (41, 41)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=10), st.integers(-300, 300))
def test_a_confined_move_keeps_all_inside_and_is_never_longer(frames, delta):
    moved = geometry.confine_move(frames, delta, 100)
    assert all(0 <= frame + moved <= 99 for frame in frames)
    assert abs(moved) <= abs(delta)
    if all(0 <= frame + delta <= 99 for frame in frames):
        assert moved == delta


@st.composite
def tracks(draw) -> Track:
    frames = sorted(draw(st.sets(st.integers(0, 200), max_size=12)))
    return Track(0.4, tuple(Keyframe(frame, draw(st.floats(0, 1)), draw(st.sampled_from(EASINGS))) for frame in frames))


@given(tracks(), st.lists(st.integers(1, 199), unique=True, max_size=3).map(sorted), st.integers(2, 400))
def test_curve_points_lie_on_the_curve_and_include_every_key(track, cuts, count):
    frames, values = geometry.curve_points(track, cuts, 0.0, 200.0, count)
    assert frames == sorted(frames)
    assert frames[0] == 0.0
    assert frames[-1] == 200.0
    assert values == pytest.approx([value_at(track, frame, cuts) for frame in frames], abs=1e-12)
    if len(track.keys) <= count:
        assert {float(key.frame) for key in track.keys} <= set(frames)


def test_a_step_is_drawn_upright():
    track = Track(0.0, (Keyframe(0, 0.2, "hold"), Keyframe(50, 0.9)))
    frames, values = geometry.curve_points(track, (), 0, 100, 11)
    step = frames.index(50.0)
    assert values[step] == 0.9
    assert values[step - 1] == 0.2
    assert frames[step] - frames[step - 1] < 0.01


@given(st.lists(st.floats(0, 400), max_size=6))
def test_blur_scale_holds_every_value(values):
    top = geometry.blur_top(values)
    assert top >= max(values, default=0.0)
    assert top in (50.0, 100.0, 150.0, 200.0, 300.0, 400.0)


@given(tracks(), st.lists(st.integers(1, 199), unique=True, max_size=3).map(sorted), st.integers(1, 150))
def test_the_envelope_holds_every_key_and_the_curve_where_keys_are_far_apart(track, cuts, count):
    middles, low, high = geometry.envelope(track, cuts, 0.0, 200.0, count)
    step = 200.0 / count
    assert len(middles) == len(low) == len(high) == count
    assert (low <= high).all()
    for key in track.keys:
        part = min(count - 1, int(key.frame / step))
        assert low[part] <= key.value <= high[part]
    near = [frame for key in track.keys for frame in (key.frame, *cuts)]
    for frame, bottom, top in zip(middles, low, high, strict=True):
        if all(abs(frame - other) > 5 * step for other in near) and all(key.easing != "bezier" for key in track.keys):
            assert bottom - 1e-9 <= value_at(track, frame, cuts) <= top + 1e-9

"""Racks from one thing to another."""

import pytest

from vbr_core.animation import value_at
from vbr_core.errors import InputError
from vbr_core.focus.rack import RACK_CURVES, RackPoint, longest_rack, make_rack
from vbr_core.project import Clip, FocusAnchor, Keyframe, Project, Track

A = RackPoint(0.2, FocusAnchor(10, 4.0, 5.0))
B = RackPoint(0.8, FocusAnchor(30, 6.0, 7.0))


def project(cuts=(), keys=()):
    return Project(clip=Clip("a.mp4", frame_count=100, cuts=cuts), focus=Track(keys=keys))


def test_two_keys_that_know_where_they_were_clicked():
    made = make_rack(project(keys=(Keyframe(5, 0.5), Keyframe(18, 0.9), Keyframe(60, 0.4))), 10, 24, A, B)
    assert [(key.frame, key.value) for key in made.focus.keys] == [(5, 0.5), (10, 0.2), (34, 0.8), (60, 0.4)]
    assert (made.focus.keys[1].anchor, made.focus.keys[2].anchor) == (A.anchor, B.anchor)
    assert value_at(made.focus, 22) == pytest.approx(0.5)


def test_curves_begin_and_land_as_they_say():
    at_third = {curve: value_at(make_rack(project(), 0, 30, A, B, curve).focus, 10, ()) for curve in RACK_CURVES}
    assert at_third["late"] < at_third["smooth"] < at_third["linear"] < at_third["early"]
    for curve in RACK_CURVES:
        track = make_rack(project(), 0, 30, A, B, curve).focus
        values = [value_at(track, frame) for frame in range(31)]
        assert values == sorted(values)
        assert (values[0], values[-1]) == pytest.approx((0.2, 0.8))


def test_never_across_a_cut_or_the_end():
    made = make_rack(project(cuts=(20, 50)), 10, 24, A, B)
    assert [key.frame for key in made.focus.keys] == [10, 19]
    assert make_rack(project(), 90, 24, A, B).focus.keys[-1].frame == 99
    assert longest_rack(project(cuts=(20,)), 19) == 0
    with pytest.raises(InputError, match="last one of its shot"):
        make_rack(project(cuts=(20,)), 19, 5, A, B)
    with pytest.raises(InputError, match="0 frames"):
        make_rack(project(), 10, 0, A, B)

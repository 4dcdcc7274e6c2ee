"""Pure edits of the document."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbr_core import edits
from vbr_core.animation import value_at
from vbr_core.project import Clip, FocusAnchor, Keyframe, Project
from vbr_core.settings import K_MAX

frames = st.integers(0, 99)
projects = st.builds(
    lambda keys: edits._with_keys(
        Project(clip=Clip("a.mp4", frame_count=100)), "focus", [Keyframe(frame, value) for frame, value in keys.items()]
    ),
    st.dictionaries(frames, st.floats(0, 1), max_size=8),
)


@given(projects, frames, st.floats(0, 1))
def test_add_then_remove_a_new_key_is_the_identity(project, frame, value):
    if edits.key_at(project.focus, frame) is None and project.focus.keys:
        assert edits.remove_keys(edits.add_key(project, "focus", frame, value), "focus", {frame}) == project


@given(projects, st.sets(frames), st.integers(-120, 120))
def test_moving_keeps_order_and_distances_and_stays_in_the_clip(project, chosen, delta):
    moved = edits.move_keys(project, "focus", chosen, delta)
    before = [key.frame for key in project.focus.keys if key.frame in chosen]
    after = [key.frame for key in moved.focus.keys]
    assert after == sorted(set(after))
    assert all(0 <= frame < 100 for frame in after)
    if before:
        shift = max(-before[0], min(99 - before[-1], delta))
        assert {frame + shift for frame in before} <= set(after)


def test_a_new_key_takes_the_place_of_the_old_but_keeps_its_easing():
    project = edits.add_key(Project(), "blur", 5, 10.0, easing="hold")
    project = edits.add_key(project, "blur", 5, 20.0)
    assert project.blur.keys == (Keyframe(5, 20.0, "hold"),)


@pytest.mark.parametrize(("name", "value", "kept"), [("focus", 1.7, 1.0), ("focus", -1, 0.0), ("blur", 1e9, K_MAX)])
def test_values_are_brought_into_their_limits(name, value, kept):
    assert edits.add_key(Project(), name, 0, value).track(name).keys[0].value == kept
    assert edits.set_base(Project(), name, value).track(name).base == kept


def test_removing_the_last_key_keeps_its_value():
    project = edits.add_key(Project(), "focus", 30, 0.8)
    assert value_at(edits.remove_keys(project, "focus", {30}).focus, 0) == 0.8


def test_slider_moves_the_base_until_there_are_keys():
    project = edits.set_value(Project(), "blur", 12, 33)
    assert (project.blur.base, project.blur.keys) == (33, ())
    project = edits.set_value(edits.add_key(project, "blur", 0, 10), "blur", 12, 20)
    assert [key.frame for key in project.blur.keys] == [0, 12]


def test_click_makes_a_key_with_its_anchor_and_shift_click_holds():
    anchor = FocusAnchor(20, 100, 50)
    project = edits.set_focus_at(edits.add_key(Project(), "focus", 0, 0.2), 20, 0.7, anchor)
    assert project.focus.keys[1].anchor == anchor
    assert project.focus.keys[0].easing == "smooth"
    held = edits.set_focus_at(project, 40, 0.1, hold=True)
    assert [key.easing for key in held.focus.keys] == ["smooth", "hold", "smooth"]


def test_key_here_does_not_change_the_curve_at_its_frame():
    project = edits.add_key(edits.add_key(Project(), "focus", 0, 0.0, "linear"), "focus", 10, 1.0)
    assert value_at(edits.key_here(project, "focus", 4).focus, 4) == pytest.approx(0.4)


def test_handles_make_the_segment_a_bezier():
    project = edits.add_key(edits.add_key(Project(), "focus", 0, 0.0), "focus", 30, 1.0)
    out = edits.set_handles(project, "focus", 0, out_handle=(20.0, 0.5))
    assert out.focus.keys[0].easing == "bezier"
    into = edits.set_handles(project, "focus", 30, in_handle=(5.0, 0.0))
    assert into.focus.keys[0].easing == "bezier"
    assert into.focus.keys[1].in_handle == (5.0, 0.0)
    assert edits.set_handles(project, "focus", 7, out_handle=(1.0, 0.0)) == project


def test_moving_in_value_forgets_the_anchor():
    project = edits.set_focus_at(Project(), 20, 0.7, FocusAnchor(20, 1, 1))
    assert edits.move_keys(project, "focus", {20}, 5).focus.keys[0].anchor is not None
    assert edits.move_keys(project, "focus", {20}, 5, 0.1).focus.keys[0].anchor is None


def test_documents_cannot_be_changed_in_place():
    project = Project()
    with pytest.raises(AttributeError):
        project.depth = "x"
    assert msgspec.structs.replace(project, depth="x").depth == "x"


def test_cuts_are_sorted_and_need_a_clip():
    assert edits.set_cuts(Project(), [3]) == Project()
    assert edits.set_cuts(Project(clip=Clip("a.mp4")), [30, 3, 3]).cuts == (3, 30)
    assert edits.add_cuts(Project(), [3]) == Project()
    assert edits.add_cuts(Project(clip=Clip("a.mp4", cuts=(9,))), [30, 3]).cuts == (3, 9, 30)


@given(projects, st.sets(frames), frames)
def test_pasted_keys_keep_their_distances_and_stay_in_the_clip(project, chosen, frame):
    copied = edits.copy_keys(project, {("focus", one) for one in chosen})
    pasted, new = edits.paste_keys(project, edits.decode_keys(edits.encode_keys(copied)), frame)
    before = [key for key in project.focus.keys if key.frame in chosen]
    expected = {key.frame - before[0].frame + frame: key.value for key in before} if before else {}
    expected = {place: value for place, value in expected.items() if place < 100}
    assert new == {("focus", place) for place in expected}
    after = {key.frame: key.value for key in pasted.focus.keys}
    assert after == {key.frame: key.value for key in project.focus.keys} | expected


def test_pasting_where_they_were_copied_changes_nothing():
    project = edits.add_key(Project(clip=Clip("a.mp4", frame_count=100)), "focus", 20, 0.3, "bezier")
    project = edits.add_key(edits.add_key(project, "focus", 40, 0.6), "blur", 30, 90.0)
    copied = edits.copy_keys(project, {("focus", 40), ("blur", 30)})
    assert len(copied) == 2
    assert edits.paste_keys(project, copied, 30) == (project, {("focus", 40), ("blur", 30)})


def test_anchors_stay_in_their_clip():
    anchor = FocusAnchor(5, 10.0, 20.0)
    project = edits.add_key(Project(clip=Clip("a.mp4", frame_count=100)), "focus", 5, 0.3, anchor=anchor)
    copied = edits.copy_keys(project, {("focus", 5)})
    assert edits.paste_keys(project, copied, 50)[0].focus.keys[1].anchor == anchor
    other = edits.set_clip(project, Clip("b.mp4", frame_count=100))
    assert edits.paste_keys(other, copied, 50)[0].focus.keys[1].anchor is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\x00",
        b"hello",
        b"[]",
        b'{"focus": [{"frame": -1, "value": 0}]}',
        b'{"focus": [{"frame": 3, "value": 0}, {"frame": 3, "value": 1}]}',
        b'{"focus": [{"frame": 3, "value": 1e999}]}',
        b'{"keys": 3}',
    ],
)
def test_a_foreign_clipboard_is_nothing(data):
    assert edits.decode_keys(data) is None


def test_copies_leave_the_originals():
    project = edits.add_key(Project(clip=Clip("a.mp4", frame_count=100)), "focus", 5, 0.3)
    moved = edits.move_keys(project, "focus", {5}, 20, 0.1, copy=True)
    assert [(key.frame, key.value) for key in moved.focus.keys] == [(5, 0.3), (25, pytest.approx(0.4))]


def test_hold_until_a_key_and_until_no_key():
    project = edits.add_key(Project(clip=Clip("a.mp4", frame_count=100)), "focus", 10, 0.2)
    project = edits.add_key(project, "focus", 50, 0.8)
    to_key = edits.hold_until(project, "focus", 50)
    assert value_at(to_key.focus, 49) == 0.2
    assert value_at(to_key.focus, 50) == 0.8
    between = edits.hold_until(project, "focus", 30)
    assert [key.frame for key in between.focus.keys] == [10, 30, 50]
    assert [value_at(between.focus, frame) for frame in (29, 30, 50)] == [0.2, 0.2, 0.8]
    assert 0.2 < value_at(between.focus, 40) < 0.8
    assert edits.hold_until(project, "focus", 10) is project

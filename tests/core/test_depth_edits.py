"""Depth repairs and levels in the document."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbr_core import depth_edits
from vbr_core.errors import ProjectError
from vbr_core.project import (
    LEVELS_SPAN,
    PROJECT_VERSION,
    Clip,
    DepthEdit,
    DepthLevels,
    Project,
    Stroke,
    decode_project,
    encode_project,
)

LASSO = Stroke(((1.0, 2.0), (30.5, 2.0), (30.5, 20.0)))
BRUSH = Stroke(((5.0, 5.0),), 4.0)


def an_edit(**fields: object) -> DepthEdit:
    values = {"kind": "flatten", "strokes": (LASSO, BRUSH), "frame": 12, "start": 10, "stop": 20, **fields}
    return DepthEdit(**values)  # type: ignore[arg-type]


def a_project() -> Project:
    return Project(clip=Clip("a.mp4", frame_count=100, cuts=(10, 40)))


def test_repairs_survive_the_file() -> None:
    made = depth_edits.add_edit(a_project(), an_edit(kind="same_as", point=(3.0, 4.5), snap="depth", enabled=False))
    made = depth_edits.set_levels(made, 15, near=0.8, gamma=1.4)
    assert decode_project(encode_project(made)) == made


def test_files_of_the_first_version_still_open() -> None:
    plain = json.loads(encode_project(a_project()))
    del plain["depth_edits"], plain["depth_levels"]
    plain["version"] = 1
    opened = decode_project(json.dumps(plain).encode())
    assert opened == a_project()
    assert opened.version == PROJECT_VERSION


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"strokes": []}, "at least one stroke"),
        ({"strokes": [{"points": [[0, 0], [1, 1]]}]}, "three points"),
        ({"strokes": [{"points": [], "radius_px": 3}]}, "1 to 20000 points"),
        ({"strokes": [{"points": [[1e9, 0]], "radius_px": 3}]}, "finite"),
        ({"strokes": [{"points": [[1, 0]], "radius_px": -3}]}, "radius"),
        ({"stop": 12}, "do not hold frame 12"),
        ({"start": -1}, "do not hold frame 12"),
        ({"kind": "same_as"}, "needs a point"),
        ({"kind": "sharpen"}, "sharpen"),
        ({"amount": 2}, "amount"),
        ({"colour": 1}, "unknown field"),
    ],
)
def test_damaged_repairs_are_refused_in_one_sentence(change: dict[str, object], words: str) -> None:
    plain = json.loads(encode_project(depth_edits.add_edit(a_project(), an_edit())))
    plain["depth_edits"][0].update(change)
    with pytest.raises(ProjectError, match=words) as caught:
        decode_project(json.dumps(plain).encode(), "The project file 'a.vbr'")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "levels",
    [
        [{"start": 0, "near": 0.3, "far": 0.5}],
        [{"start": 0, "gamma": 0}],
        [{"start": -2}],
        [{"start": 4}, {"start": 4}],
    ],
)
def test_damaged_levels_are_refused(levels: list[dict[str, object]]) -> None:
    plain = json.loads(encode_project(a_project()))
    plain["depth_levels"] = levels
    with pytest.raises(ProjectError):
        decode_project(json.dumps(plain).encode())


def test_edits_of_the_list() -> None:
    project = a_project()
    for frame in (10, 11, 12):
        project = depth_edits.add_edit(project, an_edit(frame=frame))
    moved = depth_edits.move_edit(project, 0, 2)
    assert [edit.frame for edit in moved.depth_edits] == [11, 12, 10]
    assert depth_edits.move_edit(project, 0, -1) is project
    assert [edit.frame for edit in depth_edits.remove_edit(project, 1).depth_edits] == [10, 12]
    assert not depth_edits.change_edit(project, 1, enabled=False).depth_edits[1].enabled
    # the range never leaves out the frame that it was drawn on
    changed = depth_edits.set_edit_range(project, 2, 15, 30).depth_edits[2]
    assert (changed.start, changed.stop) == (12, 30)
    changed = depth_edits.set_edit_range(project, 2, 3, 5).depth_edits[2]
    assert (changed.start, changed.stop) == (3, 13)


def test_levels_belong_to_their_shot() -> None:
    project = depth_edits.set_levels(a_project(), 25, near=0.7)
    assert project.depth_levels == (DepthLevels(10, 0.7),)
    for frame, wanted in ((9, None), (10, 0.7), (39, 0.7), (40, None)):
        found = depth_edits.levels_at(project.depth_levels, project.cuts, frame)
        assert (found and found.near) == wanted
    project = depth_edits.set_levels(project, 39, gamma=2.0)
    assert project.depth_levels == (DepthLevels(10, 0.7, gamma=2.0),)
    assert depth_edits.set_levels(depth_edits.reset_levels(project, 11), 11, gamma=1.0).depth_levels == ()


@given(st.lists(st.tuples(st.sampled_from(["near", "far", "gamma"]), st.floats(-2, 20)), max_size=12))
def test_levels_stay_within_their_limits_whatever_is_set(changes: list[tuple[str, float]]) -> None:
    project = a_project()
    for name, value in changes:
        project = depth_edits.set_levels(project, 5, **{name: value})
    for each in project.depth_levels:
        assert each.near - each.far >= LEVELS_SPAN - 1e-9


@pytest.mark.parametrize(("frame", "span"), [(0, (0, 10)), (10, (10, 40)), (39, (10, 40)), (99, (40, 100))])
def test_shot_of_a_frame(frame: int, span: tuple[int, int]) -> None:
    assert depth_edits.shot_span((10, 40), frame, 100) == span

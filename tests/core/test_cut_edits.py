"""Cuts by the user's word."""

from __future__ import annotations

import pytest

from vbr_core import edits
from vbr_core.cut_edits import cut_at, join_at
from vbr_core.errors import ProjectError
from vbr_core.project import Clip, CutEdits, Project, decode_project, encode_project

PROJECT = Project(clip=Clip("a.mp4", frame_count=100, cuts=(20, 60)))


def test_a_shot_begins_where_the_user_says() -> None:
    made = cut_at(PROJECT, 40)
    assert made.cuts == (20, 40, 60)
    assert made.cut_edits == CutEdits((40,))
    assert cut_at(made, 40) is made
    assert cut_at(made, 0) is made
    assert decode_project(encode_project(made)) == made


def test_shots_are_joined_and_parted_again() -> None:
    made = join_at(PROJECT, 45)
    assert made.cuts == (60,)
    assert made.cut_edits == CutEdits(removed=(20,))
    assert join_at(made, 45) is made  # it reaches to the first frame now
    assert cut_at(made, 20) == PROJECT
    assert join_at(cut_at(PROJECT, 40), 59) == PROJECT


def test_both_hold_for_cuts_that_are_found_later() -> None:
    made = join_at(cut_at(PROJECT, 40), 75)
    assert made.cuts_with((60, 80)) == (20, 40, 80)
    again = edits.add_cuts(made, (20, 40, 80))  # what was estimated tells the user's cuts too
    assert again.cuts == (20, 40, 80)
    assert again.clip is not None
    assert again.clip.cuts == (20, 60, 80)  # so that "Cut here" can be taken back
    assert edits.forget_cut_edits(again).cuts == (20, 60, 80)


@pytest.mark.parametrize("frames", ["[4, 2]", "[3, 3]", "[0]"])
def test_frames_that_make_no_sense_are_refused(frames: str) -> None:
    with pytest.raises(ProjectError, match="sorted frames"):
        decode_project(f'{{"version": 4, "cut_edits": {{"added": {frames}}}}}'.encode())

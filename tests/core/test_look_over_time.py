"""The look in the document: tracks, keys, the file, the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from vbr_core import edits
from vbr_core.animation import look_at
from vbr_core.command_line import render_command
from vbr_core.errors import InputError, ProjectError
from vbr_core.look import LOOKS, Look
from vbr_core.project import Keyframe, LookTracks, Project, Track, decode_project, encode_project
from vbr_core.render.request import blur_radius_px, resolve, shot_bound
from vbr_core.settings import ExportSettings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_document_has_a_plain_lens() -> None:
    assert look_at(Project().look, 5) is None
    assert resolve(Project(), 5).look is None


def test_without_keys_a_value_holds_for_the_clip_with_keys_it_eases() -> None:
    project = edits.set_look_value(Project(), "cat_eye", 7, 0.4)
    assert look_at(project.look, 0) == Look(cat_eye=0.4)
    project = edits.toggle_look_key(project, "cat_eye", 10)
    project = edits.set_look_value(project, "cat_eye", 20, 0.8)
    values = [look.cat_eye for frame in (0, 10, 15, 20, 99) if (look := look_at(project.look, frame))]
    assert values == pytest.approx([0.4, 0.4, 0.6, 0.8, 0.8])
    assert project.look.has_keys
    project = edits.toggle_look_key(edits.toggle_look_key(project, "cat_eye", 10), "cat_eye", 20)
    assert not project.look.has_keys
    assert look_at(project.look, 0) == Look(cat_eye=0.8), "the value stays"


def test_no_key_reaches_over_a_cut() -> None:
    track = Track(0.0, (Keyframe(2, 0.0), Keyframe(8, 1.0)))
    tracks = LookTracks(cat_eye=track)
    assert look_at(tracks, 5, (6,)) is None
    assert look_at(tracks, 6, (6,)) == Look(cat_eye=1.0)


def test_curves_that_swing_out_are_cut_and_blades_are_whole() -> None:
    swing = Track(0.0, (Keyframe(0, 0.9, "bezier", (5.0, 4.0)), Keyframe(10, 1.0, "bezier", None, (5.0, 4.0))))
    values = [look.cat_eye for frame in range(11) if (look := look_at(LookTracks(cat_eye=swing), frame))]
    assert max(values) == 1.0
    assert edits.set_look_value(Project(), "blades", 0, 5.4).look.blades == 5
    assert edits.set_look_value(Project(), "blades", 0, 2.0).look.blades == 3


def test_presets_replace_everything_and_one_value_can_go_back() -> None:
    project = edits.toggle_look_key(Project(), "near", 3)
    project = edits.set_look(project, LOOKS["vintage"])
    assert not project.look.has_keys
    assert look_at(project.look, 0) == LOOKS["vintage"]
    assert look_at(edits.reset_look_value(project, "cat_eye").look, 0) == msgspec.structs.replace(
        LOOKS["vintage"], cat_eye=0.0
    )
    assert look_at(edits.set_look(project, LOOKS["clean"]).look, 0) is None


def test_the_file_keeps_it_and_older_files_open_with_a_plain_lens() -> None:
    project = edits.toggle_look_key(edits.set_look(Project(), LOOKS["hexagon"]), "near", 3)
    assert decode_project(encode_project(project)) == project
    old = json.loads(encode_project(Project()))
    del old["look"]
    old["version"] = 2
    assert decode_project(json.dumps(old).encode()) == Project()
    old["version"] = 3
    old["look"] = {"blades": 2}
    with pytest.raises(ProjectError, match="blades"):
        decode_project(json.dumps(old).encode())


def test_the_bound_of_a_shot_and_the_readout_know_near_and_far() -> None:
    project = Project(focus=Track(0.25), blur=Track(40.0))
    assert shot_bound(project, 0, (), 10) == pytest.approx(30.0)
    wider = edits.set_look_value(project, "near", 0, 2.0)
    assert shot_bound(wider, 0, (), 10) == pytest.approx(60.0)
    assert blur_radius_px(wider, 0, 0.75, 1080) == pytest.approx(40.0)
    assert blur_radius_px(wider, 0, 0.0, 1080) == pytest.approx(-10.0)


def test_the_command_names_the_look(tmp_path: Path) -> None:
    project = edits.set_look(Project(), LOOKS["vintage"])
    command = render_command(project, tmp_path / "a.mp4", ExportSettings(str(tmp_path / "b.mp4")))
    given = [command.arguments[i + 1] for i, word in enumerate(command.arguments) if word == "--look"]
    assert given == ["blades=8", "roundness=0.6", "cat_eye=0.7", "highlight_gain=1.0"]
    keyed = edits.toggle_look_key(project, "near", 3)
    with pytest.raises(InputError, match="project file"):
        render_command(keyed, tmp_path / "a.mp4", ExportSettings(str(tmp_path / "b.mp4")))

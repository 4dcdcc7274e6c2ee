"""``vbr depth`` and the depth options of ``vbr render``, from the command line to files that are read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from tests.depth.helpers import write_picture
from tests.helpers.clips import make_clip
from vbr_core import export_estimate, pipeline
from vbr_core.cli.main import run
from vbr_core.cut_edits import cut_at
from vbr_core.depth import registry
from vbr_core.depth.imported import FolderDisparity, open_disparity
from vbr_core.depth_edits import add_edit, set_levels
from vbr_core.project import DepthEdit, FocusAnchor, Keyframe, Project, Stroke, Track, load_project, save_project

if TYPE_CHECKING:
    from pathlib import Path


SIZE = (48, 64)
GROUND = np.linspace(0.1, 0.9, 48, dtype=np.float32)[:, None].repeat(64, axis=1)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", frames=6)


def save_maps(folder: Path, disparity: np.ndarray, count: int = 6) -> Path:
    folder.mkdir()
    for number in range(count):
        write_picture(folder / f"{number:03d}.png", (disparity * 65535).round().astype(np.uint16))
    return folder


@pytest.mark.parametrize(
    ("name", "arguments", "form"),
    [
        ("out", [], "png16"),
        ("out", ["--format", "exr"], "exr"),
        ("out", ["--format", "iw3"], "iw3"),
        ("out.mkv", [], "ffv1"),
        ("out.mp4", [], "hevc10"),
    ],
)
def test_depth_is_written_in_every_format(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str], form: str
) -> None:
    maps = save_maps(tmp_path / "maps", GROUND)
    output = tmp_path / name
    status = run(["depth", str(clip), "--depth", str(maps), "-o", str(output), "--range", "1:4", "--json", *arguments])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 0
    done = lines[-1]
    assert (done["event"], done["frames"], done["format"]) == ("done", 3, form)
    assert "nearest" in done["values"]
    np.testing.assert_allclose(open_disparity(output, 3, SIZE).read(2), GROUND, atol=1 / 100)


def test_a_doubtful_sign_is_said_and_can_be_given(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maps = save_maps(tmp_path / "black is near", 1 - GROUND)
    command = ["depth", str(clip), "--depth", str(maps)]
    assert run([*command, "-o", str(tmp_path / "a")]) == 0
    assert "--depth-meaning" in capsys.readouterr().err
    assert run([*command, "-o", str(tmp_path / "b"), "--depth-meaning", "inverted"]) == 0
    assert "--depth-meaning" not in capsys.readouterr().err
    np.testing.assert_allclose(open_disparity(tmp_path / "b", 6, SIZE).read(0), GROUND, atol=1 / 60000)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-o", "{tmp}/x", "--depth-meaning", "metres"], "depth meaning called 'metres'"),
        (["-o", "{tmp}/x", "--format", "tga"], "depth format called 'tga'"),
        (["-o", "{tmp}/x.mp4", "--format", "ffv1"], "End it in .mkv"),
        (["-o", "{tmp}/x", "--range", "4:90"], "reaches outside the clip"),
        (["-o", "{tmp}/x", "--depth", "{tmp}/short"], "only 5 disparity pictures for 6 frames"),
        (["-o", "{tmp}/nowhere/x"], "does not exist"),
    ],
)
def test_bad_input_is_one_sentence(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    save_maps(tmp_path / "short", GROUND, 5)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert run(["depth", str(clip), *(argument.format(tmp=tmp_path) for argument in arguments)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("vbr: ")
    assert text in error
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_meaning_reaches_the_project_and_the_depth_is_closed(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    projects: list[Project] = []
    closed: list[bool] = []

    def export(project: Project, *arguments: Any) -> pipeline.ExportResult:
        projects.append(project)
        return pipeline.ExportResult(tmp_path / "out.mp4", 6, 1.0)

    monkeypatch.setattr(pipeline, "export_video", export)
    monkeypatch.setattr(export_estimate, "time_rendering", lambda *arguments: 1.0)
    monkeypatch.setattr(FolderDisparity, "close", lambda self: closed.append(True))
    maps = save_maps(tmp_path / "maps", 1 - GROUND)
    command = ["render", str(clip), "-o", str(tmp_path / "out.mp4"), "--depth", str(maps)]
    assert run([*command, "--focus-at", "2,30,40", "--depth-meaning", "inverted"]) == 0
    assert projects[0].depth_reading == "inverted"
    assert projects[0].focus.keys[0].value == pytest.approx(GROUND[40, 30], abs=0.05)
    assert closed == [True]


def test_another_depth_samples_the_clicked_keys_again_and_says_so(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    projects: list[Project] = []

    def export(project: Project, *arguments: Any) -> pipeline.ExportResult:
        projects.append(project)
        return pipeline.ExportResult(tmp_path / "out.mp4", 6, 1.0)

    monkeypatch.setattr(pipeline, "export_video", export)
    monkeypatch.setattr(export_estimate, "time_rendering", lambda *arguments: 1.0)
    one, two = save_maps(tmp_path / "one", GROUND), save_maps(tmp_path / "two", GROUND**2)
    keys = (
        Keyframe(0, 0.5, anchor=FocusAnchor(0, 30.0, 40.0)),
        Keyframe(3, 0.4),  # set by hand: it stays
        Keyframe(5, 0.3, anchor=FocusAnchor(5, 30.0, 10.0)),
    )
    made = Project(pipeline.make_clip_entry(pipeline.probe(clip)), Track(keys=keys), depth=str(one))
    path = tmp_path / "a.vbr"
    save_project(made, path)
    command = ["render", str(path), "-o", str(tmp_path / "out.mp4"), "--depth-meaning", "disparity", "--json"]
    assert run([*command, "--depth", str(two)]) == 0
    told = capsys.readouterr()
    words = "2 clicked focus keys were sampled again, since the depth is another one."
    assert words in told.err
    assert {"event": "note", "text": words} in [json.loads(line) for line in told.out.splitlines()]
    values = [key.value for key in projects[-1].focus.keys]
    assert values == pytest.approx([GROUND[40, 30] ** 2, 0.4, GROUND[10, 30] ** 2], abs=0.03)
    # the project's own depth: nothing changes, until the files are other ones than those that were sampled
    assert run(command) == 0  # the meaning is another word for what "auto" found
    capsys.readouterr()
    with_print = projects[-1]
    save_project(with_print, path)
    assert load_project(path).depth_fingerprint == with_print.depth_fingerprint != ""
    assert run(command) == 0
    assert "sampled again" not in capsys.readouterr().err
    for file in one.iterdir():
        file.unlink()
    one.rmdir()
    save_maps(one, 1 - (1 - GROUND) ** 2)
    assert run(command) == 0
    assert "2 clicked focus keys were sampled again" in capsys.readouterr().err
    assert projects[-1].focus.keys[0].value == pytest.approx(1 - (1 - GROUND[40, 30]) ** 2, abs=0.03)


def test_the_depth_of_a_project_is_written_with_its_levels_and_repairs(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maps = save_maps(tmp_path / "maps", GROUND)
    lasso = Stroke(((20.0, 24.0), (44.0, 24.0), (44.0, 44.0), (20.0, 44.0)))
    behind = DepthEdit("push_behind", (lasso,), 2, 0, 6, snap="none")
    made = Project(pipeline.make_clip_entry(pipeline.probe(clip)), depth=str(maps), depth_reading="disparity")
    made = set_levels(add_edit(cut_at(made, 3), behind), 1, near=0.8)
    path = tmp_path / "a.vbr"
    save_project(made, path)
    assert run(["depth", str(path), "-o", str(tmp_path / "out"), "--range", "1:5", "--json"]) == 0
    done = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (done["event"], done["frames"], done["cuts"]) == ("done", 4, [3])
    written = open_disparity(tmp_path / "out", 4, SIZE, "disparity")
    source = open_disparity(maps, 6, SIZE, "disparity")
    for place, frame in enumerate(range(1, 5)):
        wanted = pipeline.repair_depth(source, made, clip).read(frame)
        np.testing.assert_allclose(written.read(place), wanted, atol=0.02)
    # levels and repair hold for the shot that begins with the first frame
    assert written.read(1)[20, 5] == pytest.approx(GROUND[20, 5] / 0.8, abs=0.02)
    assert written.read(3)[20, 5] == pytest.approx(GROUND[20, 5], abs=0.02)
    assert written.read(1)[38, 32] < GROUND[38, 32] / 0.8 - 0.2
    assert written.read(3)[38, 32] == pytest.approx(GROUND[38, 32], abs=0.02)
    # another depth for the same repairs
    other = save_maps(tmp_path / "other", 1 - GROUND)
    command = ["depth", str(path), "--depth", str(other), "--depth-meaning", "disparity"]
    assert run([*command, "-o", str(tmp_path / "out2")]) == 0
    found = open_disparity(tmp_path / "out2", 6, SIZE, "disparity").read(5)
    assert found[40, 30] == pytest.approx(1 - GROUND[40, 30], abs=0.02)
    for output in (clip, path):
        assert run(["depth", str(path), "-o", str(output)]) == 2
    assert load_project(path).depth == str(maps)


@pytest.mark.parametrize("command", ["depth", "render"])
def test_a_model_that_is_not_for_commercial_work_is_said_and_no_error(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    bound = msgspec.structs.replace(
        registry.find_model("starter"), name="bound", licence="CC BY-NC 4.0", commercial_ok=False
    )
    known = (registry.find_model("starter"), bound)
    monkeypatch.setattr(registry, "list_models", lambda: known)
    maps = open_disparity(save_maps(tmp_path / "maps", GROUND), 6, SIZE, "disparity")
    monkeypatch.setattr(pipeline, "estimate_depth", lambda *arguments, **options: maps)
    monkeypatch.setattr(export_estimate, "time_rendering", lambda *arguments: 1.0)
    monkeypatch.setattr(pipeline, "export_video", lambda *arguments: pipeline.ExportResult(tmp_path / "out", 6, 1.0))
    words = "The depth model 'bound' is under CC BY-NC 4.0: not for commercial work."
    for depth, said in (("bound", True), ("starter", False)):
        output = tmp_path / f"{depth}.mp4"
        assert run([command, str(clip), "-o", str(output), "--depth", depth, "--json"]) == 0
        told = capsys.readouterr()
        notes = [json.loads(line) for line in told.out.splitlines()]
        assert (words in told.err.splitlines()) is said
        assert ({"event": "note", "text": words} in notes) is said

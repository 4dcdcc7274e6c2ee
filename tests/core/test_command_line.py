"""The command that the window copies is run through the real command line, and must ask for the same export."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.clips import make_clip
from vbr_core import edits, export_estimate, pipeline
from vbr_core.cli.main import run
from vbr_core.command_line import render_command
from vbr_core.errors import InputError
from vbr_core.project import Project, save_project
from vbr_core.settings import DepthSettings, ExportSettings, RenderSettings, StillSettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What ``export_video`` was called with, instead of an export."""
    calls: list[Any] = []

    class NoDisparity:
        note = ""
        fingerprint = "none"

        def close(self) -> None: ...

    def export(project: Project, clip: Path, settings: ExportSettings, *_: object) -> pipeline.ExportResult:
        calls.append((project, clip, settings))
        return pipeline.ExportResult(clip, 1, 0.0)

    monkeypatch.setattr(pipeline, "estimate_depth", lambda *_args, **_options: NoDisparity())
    monkeypatch.setattr(export_estimate, "time_rendering", lambda *_args: 1.0)
    monkeypatch.setattr(pipeline, "export_video", export)
    return calls


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    folder = tmp_path / "it's a “clip”; rm -rf"
    folder.mkdir()
    return make_clip(folder / "-o.mp4", width=64, height=48, frames=6)


def test_an_unsaved_document_is_said_in_options(clip: Path, asked: list[Any], tmp_path: Path) -> None:
    project = Project(clip=pipeline.make_clip_entry(pipeline.probe(clip)))
    project = edits.set_base(edits.set_base(project, "focus", 0.3125), "blur", 77.7)
    project = edits.set_depth(edits.set_sharp_zone(project, 0.03), str(tmp_path), "depth")
    settings = ExportSettings(
        str(tmp_path / "out put.mp4"),
        1,
        5,
        "hevc",
        20,
        False,
        RenderSettings(renderer="layered", device="cpu"),
        short_side_px=32,
        bit_depth=10,
    )
    line = render_command(project, clip, settings).text("linux")
    assert run(shlex.split(line)[1:]) == 0
    ((found, path, found_settings),) = asked
    assert found == edits.set_renderer(project, "layered")
    assert str(path) == str(clip)
    assert (found_settings.output, found_settings.start, found_settings.stop) == (settings.output, 1, 5)
    assert (found_settings.codec, found_settings.quality, found_settings.audio) == ("hevc", 20, False)
    assert (found_settings.short_side_px, found_settings.bit_depth) == (32, 10)
    assert found_settings.render.device == "cpu"


def test_a_saved_document_is_named_by_its_file(clip: Path, asked: list[Any], tmp_path: Path) -> None:
    project = Project(clip=pipeline.make_clip_entry(pipeline.probe(clip)), renderer="layered")
    project = edits.add_key(project, "focus", 2, 0.4)
    path = tmp_path / "a film.vbr"
    project = save_project(project, path)
    settings = ExportSettings(str(tmp_path / "out.mp4"), render=RenderSettings(renderer="layered"))
    command = render_command(project, clip, settings, path, is_saved=True)
    assert command.note == ""
    assert command.arguments == ("vbr", "render", str(path), "-o", settings.output)
    assert run(list(command.arguments)[1:]) == 0
    assert asked[0][0] == project
    assert "saved last" in render_command(project, clip, settings, path, is_saved=False).note


def test_keys_without_a_file_cannot_be_said(clip: Path) -> None:
    project = edits.add_key(Project(), "focus", 2, 0.4)
    with pytest.raises(InputError, match="Save it first"):
        render_command(project, clip, ExportSettings("out.mp4"))


def test_windows_quotes_its_own_way(clip: Path) -> None:
    settings = ExportSettings("a b.mp4")
    assert '"' in render_command(Project(), clip, settings).text("win32")
    assert "'" in render_command(Project(), clip, settings).text("linux")


def test_depth_alone_is_another_command(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "vbr_core.cli.commands.run_depth", lambda *paths, **options: calls.append(options | {"paths": paths})
    )
    project = edits.set_depth(Project(), "starter", "auto")
    line = render_command(project, clip, DepthSettings(str(tmp_path / "maps"), 2, 5, "exr")).text("linux")
    assert run(shlex.split(line)[1:]) == 0
    (found,) = calls
    assert (str(found["paths"][0]), str(found["paths"][1])) == (str(clip), str(tmp_path / "maps"))
    assert (found["model"], found["form"], found["span"]) == ("starter", "exr", "2:5")
    with pytest.raises(InputError, match="single frame"):
        render_command(project, clip, StillSettings(str(tmp_path / "a.png")))
    saved = render_command(project, clip, DepthSettings(str(tmp_path / "maps")), tmp_path / "a.vbr", is_saved=True)
    assert saved.arguments == ("vbr", "depth", str(tmp_path / "a.vbr"), "-o", str(tmp_path / "maps"))
    assert saved.note == ""
    assert render_command(project, clip, DepthSettings("maps"), tmp_path / "a.vbr", is_saved=False).note

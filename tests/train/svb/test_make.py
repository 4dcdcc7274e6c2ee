"""Making a set: the same clips whatever happens on the way."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from tests.train.svb.helpers import small_library
from vbr_core.errors import InputError
from vbr_core.jobs import Cancelled, CancelToken, JobContext, Progress
from vbr_core.train.svb import make
from vbr_core.train.svb.clip_file import SUFFIX, read_clip, read_info
from vbr_core.train.svb.make import (
    INFO_FILE,
    DatasetSettings,
    clip_path,
    clips_in,
    draw_scene,
    make_clip,
    make_dataset,
    pick_tracer,
)
from vbr_core.train.svb.tracer_cpu import photograph

if TYPE_CHECKING:
    from pathlib import Path

    from vbr_core.train.svb.picture_library import Library

SETTINGS = DatasetSettings(clips=3, objects=2, frames=2, height=48, width=48, rays=16, seed=5)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return small_library(tmp_path_factory.mktemp("material"))


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_set_is_made_and_its_clips_are_their_scenes(library: Library, tmp_path: Path) -> None:
    reports: list[Progress] = []
    folder = tmp_path / "new" / "set"
    assert make_dataset(folder, library, SETTINGS, JobContext(reports.append)) == 3
    paths = clips_in(folder)
    assert [path.name for path in paths] == ["00000.svb", "00001.svb", "00002.svb"]
    assert (reports[-1].done, reports[-1].total) == (6, 6)
    assert {report.done for report in reports} == set(range(7))
    scene = draw_scene(library, SETTINGS, 1)
    clip = read_clip(paths[1])
    assert clip.sharp.shape == clip.bokeh.shape == (2, 48, 48, 3)
    assert clip.disparity.shape == clip.band.shape == (2, 48, 48)
    assert np.array_equal(clip.d_f, scene.d_f)
    assert np.array_equal(clip.k_px, scene.k_px)
    assert (clip.program, clip.sources) == (scene.program, scene.sources)
    shot = photograph(scene, 1, SETTINGS.rays)
    assert np.abs(clip.disparity[1] / 65535 - shot.disparity).max() <= 0.5 / 65535 + 1e-6
    encoded = np.where(shot.bokeh <= 0.0031308, shot.bokeh * 12.92, 1.055 * shot.bokeh ** (1 / 2.4) - 0.055)
    assert np.abs(clip.bokeh[1] - encoded * 255).max() <= 0.5 + 1e-3
    info = read_info(paths[2])
    assert (info["seed"], info["rays"]) == (5, 16)


def test_a_missing_clip_is_made_again_and_only_that(library: Library, tmp_path: Path) -> None:
    make_dataset(tmp_path, library, SETTINGS, JobContext())
    before = {path.name: (members(path), path.stat().st_mtime_ns) for path in clips_in(tmp_path)}
    clip_path(tmp_path, 1).unlink()
    assert make_dataset(tmp_path, library, SETTINGS, JobContext()) == 1
    after = {path.name: (members(path), path.stat().st_mtime_ns) for path in clips_in(tmp_path)}
    assert {name: data for name, (data, _) in before.items()} == {name: data for name, (data, _) in after.items()}
    assert [before[name][1] == after[name][1] for name in sorted(before)] == [True, False, True]
    assert make_dataset(tmp_path, library, SETTINGS, JobContext()) == 0


def test_a_truncated_clip_is_made_again(library: Library, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, clips=1)
    make_dataset(tmp_path, library, settings, JobContext())
    path = clip_path(tmp_path, 0)
    before = members(path)
    path.write_bytes(path.read_bytes()[:-200])
    assert make_dataset(tmp_path, library, settings, JobContext()) == 1
    assert members(path) == before


def test_more_clips_leave_the_first_as_they_are(library: Library, tmp_path: Path) -> None:
    one = msgspec.structs.replace(SETTINGS, clips=1)
    make_dataset(tmp_path, library, one, JobContext())
    before = members(clip_path(tmp_path, 0))
    assert make_dataset(tmp_path, library, SETTINGS, JobContext()) == 2
    assert members(clip_path(tmp_path, 0)) == before
    clips = [read_clip(path) for path in clips_in(tmp_path)]
    assert not np.array_equal(clips[0].sharp, clips[1].sharp)


def test_the_seed_decides(library: Library) -> None:
    tracer = pick_tracer("cpu")
    one, same = (make_clip(library, SETTINGS, 0, tracer) for _ in range(2))
    other = make_clip(library, msgspec.structs.replace(SETTINGS, seed=6), 0, tracer)
    for name in ("sharp", "bokeh", "disparity", "band", "d_f", "k_px"):
        assert np.array_equal(getattr(one, name), getattr(same, name)), name
    assert not np.array_equal(one.sharp, other.sharp)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 6}, "made with seed = 5"),
        ({"objects": 1}, "made with objects = 2"),
        ({"frames": 1}, "made with frames = 2"),
        ({"height": 64}, "made with height = 48"),
        ({"rays": 32}, "made with rays = 16"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(
    library: Library, tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    make.check_same_set(tmp_path, library, SETTINGS)
    with pytest.raises(InputError, match=rf"{sentence}\. Choose another folder"):
        make_dataset(tmp_path, library, msgspec.structs.replace(SETTINGS, **change), JobContext())
    assert not list(tmp_path.glob(f"*{SUFFIX}"))


def test_other_pictures_and_another_split_are_refused(library: Library, tmp_path: Path) -> None:
    make.check_same_set(tmp_path, library, SETTINGS)
    with pytest.raises(InputError, match="made with other photographs"):
        make.check_same_set(tmp_path, replace(library, photographs=library.photographs[1:]), SETTINGS)
    with pytest.raises(InputError, match="made with split = all"):
        make.check_same_set(tmp_path, replace(library, split="train"), SETTINGS)


def test_a_set_of_an_earlier_tracer_is_not_continued(library: Library, tmp_path: Path) -> None:
    make.check_same_set(tmp_path, library, SETTINGS)
    info = json.loads((tmp_path / INFO_FILE).read_text())
    del info["tracer"]  # the first tracer did not write it down
    (tmp_path / INFO_FILE).write_text(json.dumps(info))
    with pytest.raises(InputError, match="made with tracer = 1"):
        make_dataset(tmp_path, library, SETTINGS, JobContext())


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_dataset_file_is_refused(library: Library, tmp_path: Path, content: str) -> None:
    (tmp_path / INFO_FILE).write_text(content)
    with pytest.raises(InputError, match=r"dataset\.json' is damaged"):
        make_dataset(tmp_path, library, SETTINGS, JobContext())


def test_cancelling_leaves_whole_clips_only_and_the_set_can_go_on(library: Library, tmp_path: Path) -> None:
    token = CancelToken()

    def cancel_in_second_clip(progress: Progress) -> None:
        if progress.done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        make_dataset(tmp_path, library, SETTINGS, JobContext(cancel_in_second_clip, token))
    found = clips_in(tmp_path)
    assert [path.name for path in found] in (["00000.svb"], ["00000.svb", "00001.svb"])
    for path in found:
        assert len(read_clip(path).sharp) == 2
    assert not list(tmp_path.glob("*.part"))
    assert make_dataset(tmp_path, library, SETTINGS, JobContext()) == 3 - len(found)
    assert len(clips_in(tmp_path)) == 3


def test_what_a_crash_left_is_not_taken_for_a_clip(library: Library, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, clips=1)
    part = tmp_path / f"00000{SUFFIX}.part"
    part.write_bytes(b"half of a clip")
    with pytest.raises(InputError, match="holds no SVB clips"):
        clips_in(tmp_path)
    assert make_dataset(tmp_path, library, settings, JobContext()) == 1
    assert not part.exists()


@pytest.mark.parametrize(
    "change", [{"clips": 0}, {"frames": 100}, {"height": 16}, {"rays": 8}, {"seed": -1}, {"objects": 65}]
)
def test_settings_out_of_range_are_refused(change: dict[str, int]) -> None:
    ((name, value),) = change.items()
    with pytest.raises(InputError, match=f"{name} = {value} is outside"):
        DatasetSettings(**change)

"""Cuts of a clip whose depth was imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.depth.helpers import write_picture
from tests.helpers.clips import make_clip
from vbr_core import depth_edits, edits, pipeline
from vbr_core.depth import clip_cuts
from vbr_core.depth.cache import default_cache_root
from vbr_core.export import knows_cuts
from vbr_core.jobs import Cancelled, CancelToken, JobContext, Progress
from vbr_core.project import CutEdits

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FRAMES, CUT = 20, 11


def two_shots(number: int, height: int, width: int) -> NDArray[np.uint8]:
    ramp = np.linspace(0, 90, width)[None, :, None].repeat(height, 0).repeat(3, 2)
    return (250 - ramp[:, ::-1] * [0.4, 0.8, 1.0] if number >= CUT else ramp).astype(np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "two.mp4", frames=FRAMES, pattern=two_shots)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "maps"
    path.mkdir()
    for number in range(FRAMES):
        write_picture(path / f"{number:03d}.png", np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(48, 0))
    return path


def test_imported_depth_has_the_cuts_of_the_clip(clip: Path, folder: Path) -> None:
    steps: list[Progress] = []
    early: list[tuple[int, ...]] = []
    ctx = JobContext(steps.append)
    source = pipeline.estimate_depth(
        clip, str(folder), ctx, on_ready=lambda source: early.append(source.cuts), reading="disparity"
    )
    assert early == [()]  # the window shows the depth at once, and learns of the cuts later
    assert source.cuts == (CUT,)
    assert knows_cuts(source)
    assert steps[-1].phase == clip_cuts.PHASE
    assert steps[-1].fraction == pytest.approx(1.0)
    project = edits.add_cuts(pipeline.open_project_or_clip(clip)[0], source.cuts)
    assert depth_edits.shot_span(project.cuts, 3, FRAMES) == (0, CUT)


def test_the_clip_is_looked_through_once(clip: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pipeline.estimate_depth(clip, str(folder), reading="disparity")

    class Never:
        def __init__(self) -> None:
            raise AssertionError("the cuts are known")

    with monkeypatch.context() as patched:
        patched.setattr(clip_cuts, "ShotFinder", Never)
        assert pipeline.estimate_depth(clip, str(folder), reading="disparity").cuts == first.cuts
    (kept,) = default_cache_root().glob("*/cuts.json")
    for damaged in ("", "[3", '{"cuts": 3}', "[700]", '["a"]'):
        kept.write_text(damaged)
        assert pipeline.estimate_depth(clip, str(folder), reading="disparity").cuts == first.cuts


def test_stopping_leaves_nothing_behind(clip: Path, folder: Path) -> None:
    token = CancelToken()

    def stop(progress: Progress) -> None:
        if progress.phase == clip_cuts.PHASE and progress.done == 5:
            token.cancel()

    with pytest.raises(Cancelled):
        pipeline.estimate_depth(clip, str(folder), JobContext(stop, token), reading="disparity")
    assert not list(default_cache_root().glob("*/cuts.json"))


def test_a_cache_that_cannot_be_written_is_no_error(
    clip: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("VBR_CACHE_DIR", str(tmp_path / "a file"))
    assert pipeline.estimate_depth(clip, str(folder), reading="disparity").cuts == (CUT,)


def test_the_users_word_counts_more_than_what_is_found(clip: Path, folder: Path) -> None:
    for cut_edits, wanted in ((CutEdits((5,)), (5, CUT)), (CutEdits((5,), (CUT,)), (5,)), (CutEdits(), (CUT,))):
        assert pipeline.estimate_depth(clip, str(folder), reading="disparity", cut_edits=cut_edits).cuts == wanted

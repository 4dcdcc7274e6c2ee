from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from vbr_core.clip_link import fingerprint_clip
from vbr_core.clip_search import describe_clip, explain_difference, search_clip, search_near
from vbr_core.jobs import Cancelled, JobContext
from vbr_core.project import Clip


def entry_of(path: Path) -> Clip:
    return Clip(path.name, str(path), fingerprint_clip(path, 2.0), 48)


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    folder = tmp_path / "films"
    folder.mkdir()
    path = folder / "couple.mp4"
    path.write_bytes(bytes(range(256)) * 40)
    return entry_of(path)


def test_a_renamed_clip_is_found_by_its_content_not_its_name(clip: Clip, tmp_path: Path) -> None:
    old = Path(clip.absolute_path)
    (tmp_path / "other" / "deep").mkdir(parents=True)
    moved = old.rename(tmp_path / "other" / "deep" / "renamed.mov")
    impostor = tmp_path / "other" / "couple.mp4"
    impostor.write_bytes(moved.read_bytes()[:-1] + b"!")  # name and length are right
    assert search_clip(clip, [tmp_path]) == moved
    assert search_clip(clip, [tmp_path], depth=1) is None
    assert search_clip(clip, [tmp_path], entries=1) is None
    assert search_clip(clip, [tmp_path / "nowhere"]) is None


def test_near_looks_around_the_project_and_where_the_clip_was(clip: Clip, tmp_path: Path) -> None:
    project = tmp_path / "projects" / "a.vbr"
    project.parent.mkdir()
    assert search_near(msgspec.structs.replace(clip, fingerprint=None), project) is None
    target = Path(clip.absolute_path).rename(tmp_path / "projects" / "b.mp4")
    link = search_near(clip, project)
    assert link is not None
    assert (link.state, link.path) == ("moved", target)
    target.unlink()
    assert search_near(clip, project) is None


def test_a_search_can_be_stopped(clip: Clip, tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}.txt").touch()
    ctx = JobContext()
    ctx.token.cancel()
    with pytest.raises(Cancelled):
        search_clip(msgspec.structs.replace(clip, fingerprint=None, path="no.mp4"), [tmp_path], ctx)


def test_the_difference_is_said_in_one_sentence(clip: Clip, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"x" * 2000)
    chosen = entry_of(other)
    assert explain_difference(clip, clip) == ""
    assert "as long, but its content differs" in explain_difference(clip, chosen)
    shorter = msgspec.structs.replace(chosen, frame_count=12)
    assert "12 frames instead of 48" in explain_difference(clip, shorter)
    assert explain_difference(msgspec.structs.replace(clip, fingerprint=None), chosen) == ""
    assert describe_clip(clip).endswith("couple.mp4, 0.0 MB, 2.0 s, 48 frames")

"""The project file: round trip, damage, versions, and the clip it points to."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbr_core import edits, project
from vbr_core.clip_link import find_clip, fingerprint_clip
from vbr_core.errors import ClipError, OutputError, ProjectError
from vbr_core.project import (
    Clip,
    ClipFingerprint,
    FocusAnchor,
    Keyframe,
    Project,
    Track,
    decode_project,
    encode_project,
    load_project,
    save_project,
)


def example():
    clip = Clip("films/a.mp4", "/films/a.mp4", ClipFingerprint(10, 4.2, "ab"), 240, (50, 90))
    made = edits.set_focus_at(Project(clip=clip), 20, 0.7, FocusAnchor(20, 10.5, 4))
    made = edits.add_key(made, "focus", 60, 0.2, "bezier")
    made = edits.set_handles(made, "focus", 60, (3.0, 0.1), (2.0, -0.1))
    return edits.add_key(made, "blur", 0, 55.5, "hold")


def test_round_trip():
    assert decode_project(encode_project(example())) == example()


@given(st.lists(st.tuples(st.integers(0, 10_000), st.floats(0, 1)), max_size=20, unique_by=lambda key: key[0]))
def test_any_keys_survive_the_file(keys):
    made = Project(focus=Track(base=0.1, keys=tuple(Keyframe(*key) for key in sorted(keys))))
    assert decode_project(encode_project(made)) == made


def test_file_is_sorted_and_readable():
    text = encode_project(example()).decode()
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"{}", "no version"),
        (b"[1]", "no version"),
        (b'{"version": true}', "no version"),
        (b'{"version": 99}', "newer"),
        (b'{"version": 0}', "never existed"),
        (b'{"version": 1, "colour": 3}', "unknown field `colour`"),
        (b'{"version": 1, "focus": {"keys": [{"frame": "x", "value": 1}]}}', "frame"),
        (b'{"version": 1, "focus": {"keys": [{"frame": 4, "value": 1}, {"frame": 4, "value": 0}]}}', "sorted"),
        (b'{"version": 1, "focus": {"keys": [{"frame": -4, "value": 1}]}}', "frame -4"),
        (b'{"version": 1, "focus": {"base": 7}}', "outside"),
        (b'{"version": 1, "blur": {"base": NaN}}', "finite"),
    ],
)
def test_damaged_files_are_refused_in_one_sentence(data, words):
    with pytest.raises(ProjectError, match=words) as caught:
        decode_project(data, "The project file 'a.vbr'")
    assert "a.vbr" in caught.value.message
    assert "\n" not in caught.value.message


def test_older_versions_are_upgraded_in_order(monkeypatch):
    monkeypatch.setattr(project, "PROJECT_VERSION", 3)
    monkeypatch.setattr(
        project,
        "UPGRADES",
        {1: lambda plain: {"k": plain["amount"]}, 2: lambda plain: {"blur": {"base": plain["k"], "keys": []}}},
    )
    assert decode_project(b'{"version": 1, "amount": 12}').blur.base == 12


def test_save_makes_the_clip_relative_and_load_finds_it(tmp_path):
    clip = tmp_path / "media" / "é clip 'x' 🎬.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"x" * 100)
    made = Project(clip=Clip(str(clip), str(clip), fingerprint_clip(clip, 1.0), 5))
    target = tmp_path / "projects" / "my film.vbr"
    target.parent.mkdir()
    save_project(made, target)
    loaded = load_project(target)
    assert loaded.clip.path == "../media/é clip 'x' 🎬.mp4"
    assert find_clip(loaded.clip, target).state == "found"
    assert list(target.parent.iterdir()) == [target]


def test_failed_save_keeps_the_earlier_file(tmp_path, monkeypatch):
    target = tmp_path / "a.vbr"
    save_project(Project(), target)
    before = target.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OutputError, match="No space left"):
        save_project(Project(depth="other"), target)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_missing_folder_and_missing_file(tmp_path):
    with pytest.raises(OutputError, match="cannot be saved"):
        save_project(Project(), tmp_path / "no" / "a.vbr")
    with pytest.raises(ProjectError, match="no project file"):
        load_project(tmp_path / "a.vbr")
    with pytest.raises(ProjectError, match="cannot be read"):
        load_project(tmp_path)


def test_moved_swapped_and_missing_clips_are_told_apart(tmp_path):
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"original" * 400_000)
    entry = Clip("a.mp4", str(clip), fingerprint_clip(clip, 2.0), 5)
    elsewhere = tmp_path / "other" / "a.vbr"
    assert find_clip(entry, tmp_path / "a.vbr").state == "found"
    moved = find_clip(entry, elsewhere)
    assert (moved.state, moved.path) == ("moved", clip)
    clip.write_bytes(b"original" * 399_999 + b"ORIGINAL")
    assert find_clip(entry, tmp_path / "a.vbr").state == "swapped"
    clip.unlink()
    missing = find_clip(entry, tmp_path / "a.vbr")
    assert (missing.state, missing.path) == ("missing", None)
    assert "a.mp4" in missing.sentence
    with pytest.raises(ClipError):
        fingerprint_clip(clip, 1.0)

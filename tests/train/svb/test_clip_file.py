"""SVB clips on disk."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from vbr_core.errors import InputError
from vbr_core.train.svb import clip_file
from vbr_core.train.svb.clip_file import SUFFIX, Clip, boundary_band, read_clip, read_info, write_clip
from vbr_core.train.svb.make import clips_in

if TYPE_CHECKING:
    from pathlib import Path

FRAMES, HEIGHT, WIDTH = 3, 34, 47


def a_clip() -> Clip:
    """Noise: the hardest thing to keep."""
    rng = np.random.default_rng(0)
    shape = (FRAMES, HEIGHT, WIDTH)
    return Clip(
        rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        rng.integers(0, 65536, shape).astype(np.uint16),
        rng.random(shape) < 0.3,
        np.array([0.1, 1 / 3, 0.9], np.float32),
        np.array([5.0, 10 / 3, 0.0], np.float32),
        "rack",
        ("a plâce.jpg", "thing_0.png"),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / f"00000{SUFFIX}"
    write_clip(path, a_clip(), {"seed": 7})
    return path


def change_info(path: Path, **changes: Any) -> None:
    """Write the clip again with another ``clip.json``; None takes a field out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    info = {**json.loads(members["clip.json"]), **changes}
    members["clip.json"] = json.dumps({key: value for key, value in info.items() if value is not None}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_a_clip_comes_back_as_it_was(path: Path) -> None:
    before, after = a_clip(), read_clip(path)
    for name in ("sharp", "bokeh", "disparity", "band", "d_f", "k_px"):
        one, other = getattr(before, name), getattr(after, name)
        assert one.dtype == other.dtype, name
        assert np.array_equal(one, other), name
    assert (before.program, before.sources) == (after.program, after.sources)


def test_info_is_read_without_the_pictures(path: Path) -> None:
    info = read_info(path)
    assert (info["frames"], info["height"], info["width"], info["seed"]) == (FRAMES, HEIGHT, WIDTH, 7)
    assert info["program"] == "rack"
    assert len(info["d_f"]) == FRAMES


def test_a_single_frame_is_a_clip(tmp_path: Path) -> None:
    clip = a_clip()
    one = Clip(
        clip.sharp[:1],
        clip.bokeh[:1],
        clip.disparity[:1],
        clip.band[:1],
        clip.d_f[:1],
        clip.k_px[:1],
        "blur",
        clip.sources,
    )
    write_clip(tmp_path / "one.svb", one)
    assert np.array_equal(read_clip(tmp_path / "one.svb").disparity, clip.disparity[:1])


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 0.99])
def test_a_truncated_file_is_refused(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match=r"is not a whole SVB clip: .*\. Delete it"):
        read_clip(path)
    with pytest.raises(InputError, match="is not an SVB clip"):
        read_info(path)


def test_a_damaged_picture_is_refused(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="is not a whole SVB clip"):
        read_clip(path)


def test_foreign_files_are_refused(tmp_path: Path, path: Path) -> None:
    foreign = tmp_path / "foreign.svb"
    foreign.write_text("a text")
    with pytest.raises(InputError, match="is not a whole SVB clip"):
        read_clip(foreign)
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("other.txt", "an archive of something else")
    with pytest.raises(InputError, match="is not a whole SVB clip"):
        read_clip(foreign)
    for content in ("[]", "null", "{", '{"version": 1}'):
        with zipfile.ZipFile(foreign, "w") as archive:
            archive.writestr("clip.json", content)
        with pytest.raises(InputError):
            read_clip(foreign)
    with pytest.raises(InputError, match="is not a whole SVB clip"):
        read_clip(tmp_path / "missing.svb")
    with pytest.raises(InputError, match="is not a whole SVB clip"):
        read_clip(tmp_path)


@pytest.mark.parametrize("changes", [{"d_f": None}, {"program": None}, {"frames": None}, {"frames": 4}, {"k_px": "x"}])
def test_incomplete_facts_are_refused(path: Path, changes: dict[str, Any]) -> None:
    change_info(path, **changes)
    with pytest.raises(InputError, match="is not a whole SVB clip"):
        read_clip(path)


def test_another_version_is_refused(path: Path) -> None:
    change_info(path, version=99)
    with pytest.raises(InputError, match=r"has format version 99, this program reads 1\. Make the set again"):
        read_clip(path)


def test_an_interrupted_write_never_has_the_final_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = clip_file._encode, []

    def fail_late(name: str, *rest: Any) -> bytes:
        calls.append(name)
        if len(calls) > 5:
            raise OSError("no space left on the device")
        return original(name, *rest)

    monkeypatch.setattr(clip_file, "_encode", fail_late)
    with pytest.raises(OSError, match="no space left"):
        write_clip(tmp_path / "00000.svb", a_clip())
    assert not (tmp_path / "00000.svb").exists()
    with pytest.raises(InputError, match="holds no SVB clips"):
        clips_in(tmp_path)


def test_the_band_follows_boundaries_only() -> None:
    plane = np.zeros((256, 256), np.int16)
    plane[:, 100:] = 3
    band = boundary_band(plane)
    columns = np.flatnonzero(band[128])
    assert (columns.min(), columns.max()) == (99 - 8, 100 + 8)
    assert band[:, 100].all()
    assert not boundary_band(np.full((64, 64), 2, np.int16)).any()

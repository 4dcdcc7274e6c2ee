"""The contract of the reader, over every kind of clip."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.helpers.clips import clip_times, frame_number, make_clip, numbered_frame, psnr
from tests.video.conftest import VARIANTS
from vbr_core.errors import ClipError, InputError
from vbr_core.video.reader import VideoReader, probe_clip

if TYPE_CHECKING:
    from fractions import Fraction

Clip = Callable[[str], Path]


def expected_times(name: str) -> tuple[list[int], Fraction]:
    variant = VARIANTS[name]
    return clip_times(
        variant.get("fps", 25),
        variant.get("frames", 24),
        vfr=variant.get("vfr", False),
        start_offset=variant.get("start_offset", 0.0),
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_facts_and_every_time(clip: Clip, name: str) -> None:
    pts, time_base = expected_times(name)
    variant = VARIANTS[name]
    with VideoReader(clip(name)) as reader:
        info, index = reader.info, reader.index
        assert info.frame_count == len(index) == len(pts) - 1
        assert index.time_base == info.time_base == time_base
        assert index.pts.tolist() == pts[:-1]
        assert index.end_pts == pts[-1]
        assert (info.width, info.height) == (variant.get("width", 64), variant.get("height", 48))
        assert info.rotation == variant.get("rotation", 0)
        assert info.variable_frame_rate == variant.get("vfr", False)
        if not info.variable_frame_rate:
            assert info.frame_rate == variant.get("fps", 25)
        assert info.duration_seconds == pytest.approx(float((pts[-1] - pts[0]) * time_base))
        assert info.start_seconds == pytest.approx(float(pts[0] * time_base))
        assert info.bit_depth == variant.get("bit_depth", 8)
        assert info.codec == variant.get("codec", "h264")
        assert info.sample_aspect_ratio == variant.get("sample_aspect_ratio", 1)
        assert len(info.audio) == variant.get("audio", 0)
        assert info.note == ""


@pytest.mark.parametrize("name", VARIANTS)
def test_frames_are_the_right_ones_and_look_right(clip: Clip, name: str) -> None:
    with VideoReader(clip(name)) as reader:
        depth = np.uint16 if reader.info.bit_depth > 8 else np.uint8
        for number, frame in enumerate(reader.frames()):
            assert frame.frame_index == number
            assert frame.pts == reader.index.pts_of(number)
            assert not frame.repeated
            assert frame.rgb.dtype == depth
            assert frame.rgb.shape == (reader.info.height, reader.info.width, 3)
            assert frame.rgb.flags.c_contiguous
            want = numbered_frame(number, reader.info.height, reader.info.width)
            if name != "tiny":
                assert frame_number(frame.rgb) == number
            if depth == np.uint16:
                want = want.astype(np.uint16) * 257
            assert psnr(frame.rgb, want) > (24 if name == "tiny" else 27)
        assert number == reader.info.frame_count - 1


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("cache_bytes", [0, 200_000])
def test_random_access_equals_reading_through(clip: Clip, name: str, cache_bytes: int) -> None:
    with VideoReader(clip(name)) as straight:
        through = [frame.rgb for frame in straight.frames()]
    order = [random.Random(name).randrange(len(through)) for _ in range(30)]
    order += range(len(through) - 1, max(-1, len(through) - 15), -1)  # and backwards
    with VideoReader(clip(name), cache_bytes) as reader:
        for number in order:
            frame = reader.frame(number)
            assert frame.frame_index == number
            assert np.array_equal(frame.rgb, through[number]), number


def test_reading_on_does_not_seek(clip: Clip) -> None:
    with VideoReader(clip("b_frames")) as reader:
        started: list[int] = []
        start_at = reader._start_at
        reader._start_at = lambda number: (started.append(number), start_at(number))[1]  # type: ignore[method-assign]
        for _ in reader.frames():
            pass
        assert started == []
        reader.frame(25)
        assert started == [2]
        reader.frame(26)
        reader.frame(29)
        assert started == [2]


def test_stepping_back_decodes_a_gop_once_with_a_cache(clip: Clip) -> None:
    with VideoReader(clip("b_frames"), cache_bytes=10_000_000) as reader:
        reader.frame(29)
        started: list[int] = []
        start_at = reader._start_at
        reader._start_at = lambda number: (started.append(number), start_at(number))[1]  # type: ignore[method-assign]
        for number in range(28, 19, -1):
            assert frame_number(reader.frame(number).rgb) == number
        assert len(started) == 1


def test_a_frame_outside_the_clip_is_refused(clip: Clip) -> None:
    with VideoReader(clip("cfr25")) as reader:
        for number in (-1, 24, 10**9):
            with pytest.raises(InputError, match="outside the clip"):
                reader.frame(number)


def test_a_closed_reader_says_so(clip: Clip) -> None:
    reader = VideoReader(clip("cfr25"))
    reader.close()
    reader.close()
    with pytest.raises(ClipError, match="closed"):
        reader.frame(3)


def test_audio_facts(clip: Clip) -> None:
    tracks = probe_clip(clip("two_tracks")).audio
    assert [track.language for track in tracks] == ["eng", "deu"]
    assert [track.codec for track in tracks] == ["aac", "aac"]
    assert all(track.sample_rate == 48000 and track.channels == 1 for track in tracks)
    assert all(track.duration_seconds == pytest.approx(0.96, abs=0.05) for track in tracks)


@pytest.mark.parametrize("suffix", [".mkv", ".mov", ".ts", ".avi", ".webm"])
def test_other_containers(tmp_path: Path, suffix: str) -> None:
    codec = {".webm": "vp9", ".avi": "mpeg4"}.get(suffix, "h264")
    path = make_clip(tmp_path / f"a{suffix}", codec=codec, b_frames=2 if codec == "h264" else 0)
    with VideoReader(path) as reader:
        assert reader.info.frame_count == 24
        assert reader.info.frame_rate == 25
        assert [frame_number(frame.rgb) for frame in reader.frames()] == list(range(24))
        for number in (20, 3, 15, 0, 23):
            assert frame_number(reader.frame(number).rgb) == number


def test_packets_without_times_are_counted(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "raw.h264", b_frames=2)
    with VideoReader(path) as reader:
        assert reader.info.frame_count == 24
        for number in (0, 5, 20, 3, 23):
            assert frame_number(reader.frame(number).rgb) == number


def test_strange_names(tmp_path: Path, clip: Clip) -> None:
    for name in ("with space.mp4", 'it\'s "quoted".mp4', "🎬 ciné été.mp4", "%03d.mp4", "a:b?c#d.mp4", "-rf.mp4"):
        path = tmp_path / name
        path.write_bytes(clip("cfr25").read_bytes())
        assert probe_clip(path).frame_count == 24
        assert probe_clip(str(path)).path == path


def test_a_relative_name_is_no_protocol(tmp_path: Path, clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("http:x.mp4").write_bytes(clip("cfr25").read_bytes())
    assert probe_clip("http:x.mp4").frame_count == 24

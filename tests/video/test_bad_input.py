"""Every broken or wrong input gives one clear sentence; a damaged one gives what can be read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.helpers.clips import frame_number, make_clip
from vbr_core.errors import ClipError
from vbr_core.video.reader import VideoReader, probe_clip

Clip = Callable[[str], Path]


def refused(path: Path, *words: str) -> None:
    with pytest.raises(ClipError) as caught:
        VideoReader(path)
    for word in words:
        assert word in caught.value.message
    assert caught.value.message.endswith(".")
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "no such.mp4", "no file", "no such.mp4")


def test_folder(tmp_path: Path) -> None:
    refused(tmp_path, "folder")


def test_a_name_that_no_system_takes(tmp_path: Path) -> None:
    refused(tmp_path / "a\0b.mp4")
    refused(tmp_path / ("x" * 300 + ".mp4"))


def test_zero_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    refused(tmp_path / "a.mp4", "empty")


@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a.mkv"])
@pytest.mark.parametrize("text", ["Hello, this is only a text.\n" * 50, "x", "\0" * 5000])
def test_text_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    refused(tmp_path / name, name)


def test_playlist_that_points_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://localhost:9/a.ts\n#EXT-X-ENDLIST\n", encoding="utf-8"
    )
    refused(tmp_path / "a.m3u8", "a.m3u8")


def test_random_bytes(tmp_path: Path) -> None:
    for seed in range(5):
        path = tmp_path / f"{seed}.mp4"
        path.write_bytes(np.random.default_rng(seed).bytes(20_000))
        refused(path, path.name)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
def test_picture(tmp_path: Path, suffix: str) -> None:
    done, data = cv2.imencode(suffix, np.full((48, 64, 3), 90, np.uint8))
    assert done
    for name in (f"a{suffix}", "named.mp4"):
        (tmp_path / name).write_bytes(data.tobytes())
        refused(tmp_path / name, name)


def test_audio_only(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    refused(path, "sound but no video")


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    _, png = cv2.imencode(".png", np.full((48, 64, 3), 90, np.uint8))
    path = tmp_path / "song.mp3"
    text = b"\0image/png\0\x03\0" + png.tobytes()
    body = b"APIC" + len(text).to_bytes(4, "big") + b"\0\0" + text
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    sound = tmp_path / "plain.mp3"
    with av.open(str(sound), "w") as output:
        stream = output.add_stream("mp3", rate=44100, layout="mono")
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, number * 1152
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    path.write_bytes(b"ID3\x03\0\0" + size + body + sound.read_bytes())
    refused(path, "sound but no video")


def test_mp4_whose_table_at_the_end_is_cut_off(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", faststart=False)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    refused(path, "cut off", "moov")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(clip("cfr25").read_bytes())
    path.chmod(0)
    refused(path, "cannot be read")


def test_no_permission_as_the_system_says_it(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    refused(clip("cfr25"), "cannot be read", "Permission denied")


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("part", [0.35, 0.6, 0.8])
def test_truncated_faststart_file_gives_what_decodes(tmp_path: Path, b_frames: int, part: float) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=40, b_frames=b_frames, gop=10, audio=1)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with VideoReader(path) as reader:
        count = reader.info.frame_count
        assert 0 < count < 40
        assert reader.info.note == f"The file is cut off: {count} of 40 frames can be read."
        seen = []
        for frame in reader.frames():
            assert not frame.repeated
            seen.append(frame_number(frame.rgb))
            # each is the frame of its time, even if one before it is missing
            assert frame.pts == seen[-1] * 512
        assert seen == sorted(set(seen))
        assert len(seen) == count
        assert frame_number(reader.frame(0).rgb) == 0
        assert frame_number(reader.frame(count - 1).rgb) == seen[-1]


def test_truncated_sound_is_told(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", audio=1)
    data = path.read_bytes()
    path.write_bytes(data[:-30])
    with VideoReader(path) as reader:
        assert reader.info.note.startswith("The file is cut off")
        assert [frame_number(frame.rgb) for frame in reader.frames()] == list(range(reader.info.frame_count))


def test_truncated_matroska(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", frames=40, gop=10, b_frames=2)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with VideoReader(path) as reader:
        assert 5 < reader.info.frame_count < 40
        assert "cut off" in reader.info.note
        for frame in reader.frames():
            assert not frame.repeated


def test_damage_in_the_middle_is_bridged(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=40, gop=10)
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for number in (14, 15):
        begin, size = packets[number]
        data[begin : begin + size] = b"\xff" * size
    path.write_bytes(data)
    with VideoReader(path) as reader:
        assert reader.info.frame_count == 40
        through = [frame.rgb for frame in reader.frames()]
        good = [number for number in range(40) if number < 14 or number >= 20]
        assert [frame_number(through[number]) for number in good] == good
        assert {14, 15} <= reader.repeated_frames
        assert np.array_equal(through[14], through[13])
    with VideoReader(path) as reader:
        frame = reader.frame(15)
        assert frame.repeated
        assert np.array_equal(frame.rgb, through[13])


def test_nothing_decodes(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4")
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for begin, size in packets:
        data[begin : begin + size] = b"\xff" * size
    path.write_bytes(data)
    refused(path, "decoded")


def test_flipped_bytes_never_crash(tmp_path: Path, clip: Clip) -> None:
    data = clip("vfr").read_bytes()
    sentences = []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        broken = bytearray(data)
        for position in rng.integers(0, len(data), 40):
            broken[position] = int(rng.integers(256))
        path = tmp_path / f"{seed}.mp4"
        path.write_bytes(broken)
        try:
            with VideoReader(path) as reader:
                for frame in reader.frames():
                    assert frame.rgb.shape == (reader.info.height, reader.info.width, 3)
        except ClipError as error:
            sentences.append(error.message)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert len(sentences) < 25  # some of them can still be read


def test_the_file_vanishes_while_it_is_open(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.h264", b_frames=2)  # has to be opened anew to go back
    with VideoReader(path) as reader:
        reader.frame(10)
        path.unlink()
        with pytest.raises(ClipError):
            reader.frame(2)


def test_a_stream_without_times_is_described_by_what_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is opened twice to count its frames; a stream of the closed container is freed memory."""
    described = []
    describe = VideoReader._describe

    def note(self: VideoReader, stream: Any, *rest: Any) -> Any:
        described.append(stream.container is self._container)
        return describe(self, stream, *rest)

    monkeypatch.setattr(VideoReader, "_describe", note)
    with VideoReader(make_clip(tmp_path / "a.h264", b_frames=2)) as reader:
        assert reader.info.frame_rate == 25
    assert described == [True]


def test_missing_tags_are_guessed(tmp_path: Path) -> None:
    small = probe_clip(make_clip(tmp_path / "a.mp4", color=None)).color
    assert (small.matrix, small.primaries, small.transfer) == ("smpte170m", "smpte170m", "smpte170m")
    assert small.guessed
    assert not small.full_range
    large = probe_clip(make_clip(tmp_path / "b.mp4", color=None, width=96, height=720, frames=2)).color
    assert (large.matrix, large.primaries, large.transfer, large.guessed) == ("bt709", "bt709", "bt709", True)


def test_rates_that_are_no_numbers(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", fps=Fraction(1, 2), frames=4)
    info = probe_clip(path)
    assert info.frame_rate == Fraction(1, 2)
    assert info.duration_seconds == 8

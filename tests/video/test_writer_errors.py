"""Whatever stops an export: one sentence, no part file, and earlier files as they were."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.helpers.clips import make_clip
from vbr_core.errors import InputError, OutputError, VbrError
from vbr_core.video.reader import VideoReader
from vbr_core.video.writer import EncodeSettings, VideoWriter

Clip = Callable[[str], Path]
FAST = EncodeSettings(quality=30, preset="ultrafast")


@pytest.fixture
def reader(clip: Clip) -> Iterator[VideoReader]:
    with VideoReader(clip("two_tracks")) as opened:
        yield opened


def writer_for(path: Path, reader: VideoReader, **changes: Any) -> VideoWriter:
    options: dict[str, Any] = {"width": 64, "height": 48, "frame_range": (0, 24), "index": reader.index}
    return VideoWriter(path, reader.info, FAST, **{**options, **changes})


def refused(path: Path, reader: VideoReader, *words: str, **changes: Any) -> None:
    with pytest.raises(VbrError) as caught:
        writer_for(path, reader, **changes)
    for word in words:
        assert word in caught.value.message
    assert caught.value.message.endswith(".")


def test_folder_missing(tmp_path: Path, reader: VideoReader) -> None:
    refused(tmp_path / "no" / "a.mp4", reader, "no folder")
    assert list(tmp_path.iterdir()) == []


def test_output_is_a_folder(tmp_path: Path, reader: VideoReader) -> None:
    (tmp_path / "a.mp4").mkdir()
    refused(tmp_path / "a.mp4", reader, "is a folder")


@pytest.mark.parametrize("name", ["a.avi", "a", "a.mp4.txt", ".mp4"])
def test_unknown_suffix(tmp_path: Path, reader: VideoReader, name: str) -> None:
    refused(tmp_path / name, reader, "suffix")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", ["same", "other name", "symlink", "hardlink"])
def test_output_equal_to_input(tmp_path: Path, clip: Clip, how: str) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(clip("cfr25").read_bytes())
    before = source.read_bytes()
    target = tmp_path / "out.mp4"
    if how == "same":
        target = source
    elif how == "other name":
        (tmp_path / "folder").mkdir()
        target = tmp_path / "folder" / ".." / "in.mp4"
    elif how == "symlink":
        target.symlink_to(source)
    else:
        target.hardlink_to(source)
    with VideoReader(source) as reader:
        refused(target, reader, "the clip itself")
    assert source.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_the_part_file_is_the_input(tmp_path: Path, clip: Clip) -> None:
    source = tmp_path / "out.mp4.part"
    source.write_bytes(clip("cfr25").read_bytes())
    before = source.read_bytes()
    with VideoReader(source) as reader:
        refused(tmp_path / "out.mp4", reader, "the clip itself")
    assert source.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_folder_not_writable(tmp_path: Path, reader: VideoReader) -> None:
    tmp_path.chmod(0o500)
    try:
        refused(tmp_path / "a.mp4", reader, "may not be written")
    finally:
        tmp_path.chmod(0o700)


def test_folder_not_writable_as_the_system_says_it(
    tmp_path: Path, reader: VideoReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(self: Path, *_: object, **__: object) -> None:
        if self.name.endswith(".part"):
            raise PermissionError(errno.EACCES, "Permission denied")
        raise AssertionError(self)

    monkeypatch.setattr(Path, "open", deny)
    refused(tmp_path / "a.mp4", reader, "may not be written", with_audio=False)


@pytest.mark.parametrize("frame_range", [(5, 5), (9, 3), (-1, 4), (0, 25), (30, 31)])
def test_impossible_ranges(tmp_path: Path, reader: VideoReader, frame_range: tuple[int, int]) -> None:
    refused(tmp_path / "a.mp4", reader, "range", frame_range=frame_range)


def test_impossible_sizes(tmp_path: Path, reader: VideoReader) -> None:
    refused(tmp_path / "a.mp4", reader, "cannot be written", width=0)
    refused(tmp_path / "a.mp4", reader, "could not be written", width=100_000, height=100_000)
    assert list(tmp_path.iterdir()) == []


def test_frames_have_to_come_in_order(tmp_path: Path, reader: VideoReader) -> None:
    picture = reader.frame(0).rgb
    with writer_for(tmp_path / "a.mp4", reader, frame_range=(3, 6)) as writer:
        for wrong in (0, 2, 4, 6):
            with pytest.raises(InputError):
                writer.write(wrong, picture)
        with pytest.raises(InputError):
            writer.write(3, picture[:, :-2])
        with pytest.raises(InputError):
            writer.write(3, picture.astype(np.float32))
        for number in (3, 4, 5):
            writer.write(number, picture)
        with pytest.raises(InputError):
            writer.write(6, picture)
        writer.finish()
        with pytest.raises(OutputError, match="closed"):
            writer.write(6, picture)
        with pytest.raises(OutputError, match="closed"):
            writer.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("written", [0, 1, 24])
def test_without_finish_nothing_stays(tmp_path: Path, reader: VideoReader, written: int) -> None:
    (tmp_path / "a.mp4").write_bytes(b"an earlier result")
    with writer_for(tmp_path / "a.mp4", reader) as writer:
        assert (tmp_path / "a.mp4.part").exists()
        for frame in reader.frames(0, written):
            writer.write(frame.frame_index, frame.rgb)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"an earlier result"


def test_an_exception_removes_the_part_file(tmp_path: Path, reader: VideoReader) -> None:
    def stop_half_way() -> None:
        with writer_for(tmp_path / "a.mp4", reader) as writer:
            for frame in reader.frames(0, 12):
                writer.write(frame.frame_index, frame.rgb)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert list(tmp_path.iterdir()) == []


def test_finishing_early_is_an_error(tmp_path: Path, reader: VideoReader) -> None:
    with writer_for(tmp_path / "a.mp4", reader) as writer:
        writer.write(0, reader.frame(0).rgb)
        with pytest.raises(OutputError, match="1 of 24 frames"):
            writer.finish()
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_result_is_replaced_at_the_end(tmp_path: Path, reader: VideoReader) -> None:
    (tmp_path / "a.mp4").write_bytes(b"an earlier result")
    (tmp_path / "a.mp4.part").write_bytes(b"left by a crash")
    with writer_for(tmp_path / "a.mp4", reader) as writer:
        for frame in reader.frames():
            assert (tmp_path / "a.mp4").read_bytes() == b"an earlier result"
            writer.write(frame.frame_index, frame.rgb)
        writer.finish()
    with VideoReader(tmp_path / "a.mp4") as result:
        assert result.info.frame_count == 24
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("when", ["write", "finish", "rename"])
def test_a_failing_disk(
    tmp_path: Path, reader: VideoReader, monkeypatch: pytest.MonkeyPatch, number: int, when: str
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"an earlier result")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    def export() -> None:
        with writer_for(tmp_path / "a.mp4", reader) as writer:
            for frame in reader.frames():
                if when == "write" and frame.frame_index == 5:
                    monkeypatch.setattr(writer, "_mux", fail)
                writer.write(frame.frame_index, frame.rgb)
            if when == "finish":
                monkeypatch.setattr(writer, "_mux", fail)
            if when == "rename":
                monkeypatch.setattr(os, "replace", fail)
            writer.finish()

    with pytest.raises(OutputError) as caught:
        export()
    if number == errno.ENOSPC:
        assert "full" in caught.value.message
    assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"an earlier result"


FULL_DISK = """
import resource, signal, sys
import numpy as np
from vbr_core.errors import OutputError
from vbr_core.video.reader import VideoReader
from vbr_core.video.writer import EncodeSettings, VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[3])
rng = np.random.default_rng(0)
with VideoReader(sys.argv[1]) as reader:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with VideoWriter(
            sys.argv[2], reader.info, EncodeSettings(quality=0, preset="ultrafast"), width=256, height=256,
            frame_range=(0, 24), index=reader.index,
        ) as writer:
            for number in range(24):
                writer.write(number, rng.integers(0, 256, (256, 256, 3), dtype=np.uint8))
            writer.finish()
    except OutputError as error:
        print(error.message)
        sys.exit(2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit of file sizes is a thing of Unix")
@pytest.mark.parametrize("limit", [0, 10_000, 400_000])
def test_a_disk_that_really_is_full(tmp_path: Path, clip: Clip, limit: int) -> None:
    """The system refuses to let the file grow: at the first byte, on the way, or at the end."""
    target = tmp_path / "a.mp4"
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(clip("two_tracks")), str(target), str(limit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 2, result.stderr
    assert "a.mp4" in result.stdout
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_source_vanishes(tmp_path: Path, clip: Clip) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(clip("two_tracks").read_bytes())
    with VideoReader(source) as reader:
        source.unlink()
        refused(tmp_path / "a.mp4", reader, "in.mp4")
    assert list(tmp_path.iterdir()) == []


def test_strange_names(tmp_path: Path, reader: VideoReader) -> None:
    for name in ("with space.mp4", 'it\'s "quoted".mp4', "🎬 ciné.mp4", "%03d.mp4", "a:b?c#d.MP4", "-y.mp4"):
        with writer_for(tmp_path / name, reader, frame_range=(0, 3)) as writer:
            for frame in reader.frames(0, 3):
                writer.write(frame.frame_index, frame.rgb)
            assert writer.finish() == tmp_path / name
        assert (tmp_path / name).stat().st_size > 500
    refused(tmp_path / ("x" * 252 + ".mp4"), reader, "too long")
    refused(tmp_path / ("x" * 249 + ".mp4"), reader, "too long")  # with ".part" behind it
    refused(tmp_path / "a\0b.mp4", reader)


def test_sound_that_is_cut_off_does_not_stop_the_export(tmp_path: Path, clip: Clip) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(clip("two_tracks").read_bytes()[:-2000])
    with VideoReader(source) as reader:
        count = reader.info.frame_count
        with writer_for(tmp_path / "a.mp4", reader, frame_range=(0, count)) as writer:
            for frame in reader.frames():
                writer.write(frame.frame_index, frame.rgb)
            writer.finish()
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == count


def test_any_pixel_shape_is_carried(tmp_path: Path, reader: VideoReader) -> None:
    info = replace(reader.info, sample_aspect_ratio=reader.info.sample_aspect_ratio * 7)
    with VideoWriter(
        tmp_path / "a.mp4", info, FAST, width=64, height=48, frame_range=(0, 2), index=reader.index
    ) as writer:
        for frame in reader.frames(0, 2):
            writer.write(frame.frame_index, frame.rgb)
        writer.finish()
    with VideoReader(tmp_path / "a.mp4") as result:
        assert result.info.sample_aspect_ratio == 7


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_hevc_of_a_very_short_clip(tmp_path: Path, frames: int) -> None:
    """x265 gives such clips random decoding times if it may reorder frames."""
    clip = make_clip(tmp_path / "short.mp4", frames=frames)
    for attempt in range(3):
        with (
            VideoReader(clip) as reader,
            VideoWriter(
                tmp_path / f"{attempt}.mp4",
                reader.info,
                EncodeSettings("hevc", preset="fast"),
                width=64,
                height=48,
                frame_range=(0, frames),
                index=reader.index,
            ) as writer,
        ):
            for frame in reader.frames():
                writer.write(frame.frame_index, frame.rgb)
            writer.finish()
        with VideoReader(tmp_path / f"{attempt}.mp4") as found:
            assert len(found.index) == frames

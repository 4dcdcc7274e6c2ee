"""What goes in comes out: reader -> writer -> reader."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from tests.helpers.clips import frame_number, make_clip, psnr
from tests.video.conftest import VARIANTS
from vbr_core.errors import InputError, OutputError
from vbr_core.video.reader import VideoReader, probe_clip, to_float
from vbr_core.video.writer import EncodeSettings, VideoWriter

if TYPE_CHECKING:
    from vbr_core.video.info import ClipInfo

Clip = Callable[[str], Path]


def export(
    source: Path,
    target: Path,
    *,
    frame_range: tuple[int, int] | None = None,
    codec: str = "auto",
    quality: int | None = 8,
    **options: Any,
) -> tuple[str, ...]:
    """Copy a clip frame by frame through the reader and the writer; the writer's notes."""
    with VideoReader(source) as reader:
        info = reader.info
        begin, stop = frame_range or (0, info.frame_count)
        settings = EncodeSettings.for_clip(info, codec, quality, "veryfast")
        with VideoWriter(
            target,
            info,
            settings,
            width=info.width,
            height=info.height,
            frame_range=(begin, stop),
            index=reader.index,
            **options,
        ) as writer:
            for frame in reader.frames(begin, stop):
                writer.write(frame.frame_index, frame.rgb)
            assert writer.finish() == target
            return writer.notes


def sound_packets(path: Path) -> list[list[tuple[Fraction, bytes]]]:
    """For each audio track the time in seconds and the content of all packets."""
    tracks = []
    with av.open(str(path)) as container:
        for stream in container.streams.audio:
            tracks.append([])
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    tracks[-1].append((packet.pts * packet.time_base, bytes(packet)))
            container.seek(0)
    return tracks


def stored_tags(path: Path) -> tuple[int, int, int, int]:
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        return context.colorspace, context.color_primaries, context.color_trc, context.color_range


@pytest.mark.parametrize("name", VARIANTS)
def test_round_trip(clip: Clip, tmp_path: Path, name: str) -> None:
    target = tmp_path / "out.mp4"
    export(clip(name), target)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    with VideoReader(clip(name)) as before, VideoReader(target) as after:
        old, new = before.info, after.info
        assert new.frame_count == old.frame_count
        assert after.index == before.index  # time base, every pts, the last frame's duration
        assert new.time_base == old.time_base
        assert new.frame_rate == old.frame_rate
        assert (new.width, new.height) == (old.width + old.width % 2, old.height + old.height % 2)
        assert new.rotation == 0
        assert new.sample_aspect_ratio == old.sample_aspect_ratio
        assert new.color == old.color
        assert new.bit_depth == old.bit_depth
        assert new.note == ""
        for a, b in zip(before.frames(), after.frames(), strict=True):
            assert psnr(a.rgb, b.rgb[: old.height, : old.width]) > 30
            if name != "tiny":
                assert frame_number(b.rgb[: old.height, : old.width]) == a.frame_index
    assert sound_packets(target) == sound_packets(clip(name))
    assert [track.language for track in new.audio] == [track.language for track in old.audio]


@pytest.mark.parametrize("name", ["ntsc", "vfr", "b_frames", "two_tracks", "delayed", "rotated90"])
@pytest.mark.parametrize("part", [(5, 17), (0, 9), (20, 24), (7, 8)])
def test_a_part_starts_at_zero(clip: Clip, tmp_path: Path, name: str, part: tuple[int, int]) -> None:
    target = tmp_path / "out.mp4"
    export(clip(name), target, frame_range=part)
    begin, stop = part
    with VideoReader(clip(name)) as before, VideoReader(target) as after:
        index = before.index
        origin = index.pts_of(begin)
        assert after.index.pts.tolist() == [int(pts) - origin for pts in index.pts[begin:stop]]
        assert after.index.end_pts == index.pts_of(stop - 1) + index.duration_of(stop - 1) - origin
        assert [frame_number(frame.rgb) for frame in after.frames()] == list(range(begin, stop))
        length, cut = index.duration_of(stop - 1), index.time_of(begin)
        seconds = (index.pts_of(stop - 1) + length) * index.time_base - cut
    for old, new in zip(sound_packets(clip(name)), sound_packets(target), strict=True):
        # the packets of the part, one before for the decoder, at the same offset to the picture
        packet = Fraction(1024, 48000)
        wanted = [(time - cut, data) for time, data in old if -2 * packet < time - cut < seconds]
        assert [data for _, data in new] == [data for _, data in wanted]
        assert all(abs(a - b) <= Fraction(1, 48000) for (a, _), (b, _) in zip(new, wanted, strict=True))


def test_colour_tags_are_in_the_file(clip: Clip, tmp_path: Path) -> None:
    for name, tags in (("cfr25", (1, 1, 1, 1)), ("anamorphic", (6, 6, 6, 1)), ("full_range", (1, 1, 1, 2))):
        export(clip(name), tmp_path / "out.mp4")
        assert stored_tags(tmp_path / "out.mp4") == tags


def test_guessed_tags_are_written(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", color=None)
    export(source, tmp_path / "out.mp4")
    assert stored_tags(tmp_path / "out.mp4") == (6, 6, 6, 1)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".m4v"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_containers_and_codecs(clip: Clip, tmp_path: Path, suffix: str, codec: str) -> None:
    target = tmp_path / f"out{suffix}"
    export(clip("two_tracks"), target, codec=codec)
    with VideoReader(target) as reader, VideoReader(clip("two_tracks")) as source:
        assert reader.info.codec == codec
        assert reader.info.frame_rate == 25
        assert [frame_number(frame.rgb) for frame in reader.frames()] == list(range(24))
        assert len(reader.info.audio) == 2
        for number in range(24):
            assert reader.index.seconds_of(number) == pytest.approx(source.index.seconds_of(number), abs=0.001)
    if codec == "hevc" and suffix != ".mkv":
        with av.open(str(target)) as container:
            assert container.streams.video[0].codec_tag == "hvc1"


def test_the_table_comes_first(clip: Clip, tmp_path: Path) -> None:
    export(clip("ntsc"), tmp_path / "out.mp4")
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_without_audio(clip: Clip, tmp_path: Path) -> None:
    export(clip("two_tracks"), tmp_path / "out.mp4", with_audio=False)
    assert probe_clip(tmp_path / "out.mp4").audio == ()


@pytest.mark.parametrize("part", [None, (6, 18)])
def test_sound_that_mp4_cannot_hold_becomes_aac(tmp_path: Path, part: tuple[int, int] | None) -> None:
    source = make_clip(tmp_path / "in.mkv", audio=2, audio_codec="pcm_s16le")
    notes = export(source, tmp_path / "out.mp4", frame_range=part)
    assert len(notes) == 2
    assert "converted to AAC" in notes[0]
    info = probe_clip(tmp_path / "out.mp4")
    assert [track.codec for track in info.audio] == ["aac", "aac"]
    assert [track.language for track in info.audio] == ["eng", "deu"]
    assert [track.duration_seconds for track in info.audio] == pytest.approx([info.duration_seconds] * 2, abs=0.05)
    with av.open(str(tmp_path / "out.mp4")) as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    spectrum = np.abs(np.fft.rfft(samples[4096 : 4096 + 12000]))
    assert int(np.argmax(spectrum)) * 4 == pytest.approx(330, abs=4)
    export(source, tmp_path / "out.mov")  # which does hold it
    assert [track.codec for track in probe_clip(tmp_path / "out.mov").audio] == ["pcm_s16le"] * 2
    assert sound_packets(tmp_path / "out.mov")[0][0][0] == 0


def test_transport_streams_lose_their_arbitrary_start(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.ts", audio=1, start_offset=0.2)
    with VideoReader(source) as reader:
        assert reader.index.start > 0.1
    export(source, tmp_path / "out.mp4")
    with VideoReader(source) as before, VideoReader(tmp_path / "out.mp4") as after:
        assert np.array_equal(np.diff(after.index.pts), np.diff(before.index.pts))
        old, new = sound_packets(source)[0][0][0], sound_packets(tmp_path / "out.mp4")[0][0][0]
        assert abs((after.index.start - new) - (before.index.start - old)) < Fraction(1, 10000)
        assert min(after.index.start, new) < Fraction(1, 1000)


def test_tags_of_the_file_are_carried(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.mp4", metadata={"title": "Été", "creation_time": "2024-05-06T07:08:09.000000Z"})
    export(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.metadata["title"] == "Été"
        assert container.metadata["creation_time"].startswith("2024-05-06T07:08:09")


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_needs_ten_bit_hevc(tmp_path: Path, transfer: int) -> None:
    source = make_clip(tmp_path / "in.mp4", codec="hevc", bit_depth=10, color=(9, 9, transfer, 1), frames=6)
    for codec in ("h264",):
        with pytest.raises(OutputError, match="HDR"):
            export(source, tmp_path / "out.mp4", codec=codec)
    with VideoReader(source) as reader, pytest.raises(OutputError, match="HDR"):
        VideoWriter(
            tmp_path / "out.mp4",
            reader.info,
            EncodeSettings("hevc", bit_depth=8),
            width=64,
            height=48,
            frame_range=(0, 6),
            index=reader.index,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]
    assert export(source, tmp_path / "out.mp4") == ()
    assert stored_tags(tmp_path / "out.mp4") == (9, 9, transfer, 1)
    with VideoReader(source) as before, VideoReader(tmp_path / "out.mp4") as after:
        assert after.info.bit_depth == 10
        assert after.info.color == before.info.color
        assert psnr(to_float(before.frame(3).rgb), to_float(after.frame(3).rgb)) > 35


def test_conversions_are_stated(clip: Clip, tmp_path: Path) -> None:
    (bits,) = export(clip("ten_bit"), tmp_path / "a.mp4", codec="h264")
    assert bits == "The clip's 10 bits a sample become 8."
    assert probe_clip(tmp_path / "a.mp4").bit_depth == 8
    chroma, padding = export(clip("odd_size"), tmp_path / "b.mp4")
    assert "yuv444p becomes yuv420p" in chroma
    assert padding == "The picture is padded from 67 x 49 to 68 x 50."
    with VideoReader(tmp_path / "b.mp4") as reader:
        rgb = reader.frame(0).rgb.astype(int)
        assert np.abs(rgb[-1] - rgb[-2]).mean() < 8
        assert np.abs(rgb[:, -1] - rgb[:, -2]).mean() < 8


def test_another_size_and_depth_than_the_source(clip: Clip, tmp_path: Path) -> None:
    with VideoReader(clip("cfr25")) as reader:
        picture = np.full((30, 50, 3), (50_000, 20_000, 30_000), np.uint16)
        with VideoWriter(
            tmp_path / "a.mp4",
            reader.info,
            EncodeSettings("hevc", 10, "ultrafast", 10),
            width=50,
            height=30,
            frame_range=(0, 3),
            index=reader.index,
        ) as writer:
            for number in range(3):
                writer.write(number, picture)
            writer.finish()
    with VideoReader(tmp_path / "a.mp4") as reader:
        assert (reader.info.width, reader.info.height, reader.info.bit_depth) == (50, 30, 10)
        assert np.abs(reader.frame(1).rgb[15, 25].astype(int) - picture[0, 0]).max() < 400


def test_settings_for_a_clip(clip: Clip) -> None:
    shallow, deep = probe_clip(clip("cfr25")), probe_clip(clip("ten_bit"))

    def chosen(info: ClipInfo, codec: str) -> tuple[str, int]:
        settings = EncodeSettings.for_clip(info, codec)
        return settings.codec, settings.bit_depth

    assert chosen(shallow, "auto") == ("h264", 8)
    assert chosen(shallow, "hevc") == ("hevc", 8)
    assert chosen(deep, "auto") == ("hevc", 10)
    assert chosen(deep, "h264") == ("h264", 8)
    for wrong in ({"codec": "vp9"}, {"quality": 52}, {"quality": -1}, {"preset": "warp"}, {"bit_depth": 12}):
        with pytest.raises(InputError):
            EncodeSettings(**wrong)  # type: ignore[arg-type]

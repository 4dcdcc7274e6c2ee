"""Files with something out of the ordinary: edit lists, HDR metadata, animated pictures, sound without a header."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from tests.helpers.clips import frame_number, make_clip
from tests.video.test_writer import export
from vbr_core.video.mp4_boxes import edited_seconds
from vbr_core.video.reader import VideoReader, probe_clip

if TYPE_CHECKING:
    from pathlib import Path


def remux_from(source: Path, target: Path, frames_off: int) -> None:
    """Copy a clip's packets so that its edit list leaves out the first frames."""
    with av.open(str(source)) as given, av.open(str(target), "w") as output:
        stream = given.streams.video[0]
        copy = output.add_stream_from_template(stream, opaque=True)
        for packet in given.demux(stream):
            if packet.size:
                assert packet.pts is not None
                assert packet.dts is not None
                packet.pts -= frames_off * 512
                packet.dts -= frames_off * 512
                packet.stream = copy
                output.mux(packet)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_frames_that_an_edit_list_leaves_out_do_not_exist(tmp_path: Path, b_frames: int) -> None:
    whole = make_clip(tmp_path / "whole.mp4", gop=8, b_frames=b_frames)
    remux_from(whole, tmp_path / "cut.mp4", 3)
    with VideoReader(tmp_path / "cut.mp4") as reader:
        assert reader.info.frame_count == 21
        assert reader.info.note == ""
        assert [frame_number(frame.rgb) for frame in reader.frames()] == list(range(3, 24))
        for number in (20, 0, 7, 1):
            assert frame_number(reader.frame(number).rgb) == number + 3
        assert reader.repeated_frames == frozenset()
        assert reader.info.duration_seconds == pytest.approx(21 / 25)
    export(tmp_path / "cut.mp4", tmp_path / "out.mp4")
    assert probe_clip(tmp_path / "out.mp4").frame_count == 21


def test_edit_list_length(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", b_frames=2)
    assert edited_seconds(path, 1) == pytest.approx(0.96, abs=0.002)
    assert edited_seconds(path, 9) is None
    path.write_bytes(path.read_bytes()[:200])
    assert edited_seconds(path, 1) is None
    (tmp_path / "no.mp4").write_bytes(b"\0\0\0\x20moov" + b"\xff" * 40)
    assert edited_seconds(tmp_path / "no.mp4", 1) is None


def test_hdr10_metadata_is_carried(tmp_path: Path) -> None:
    display, light = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)", "1000,400"
    with av.open(str(tmp_path / "in.mp4"), "w") as output:
        stream = output.add_stream("libx265", rate=25, width=64, height=64)
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 9, 9, 16, 1
        stream.options = {
            "x265-params": "log-level=none:pools=1:frame-threads=1:hdr10=1:repeat-headers=1"
            f":master-display={display}:max-cll={light}"
        }
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number * 40, np.uint8), "rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert probe_clip(tmp_path / "in.mp4").hdr_metadata == (display, light)
    export(tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert probe_clip(tmp_path / "out.mp4").hdr_metadata == (display, light)


def test_animated_gif(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.gif", codec="gif", pixel_format="rgb8", fps=10)
    with VideoReader(path) as reader:
        assert (reader.info.frame_count, reader.info.frame_rate) == (24, 10)
        assert reader.info.color.matrix == "gbr"
        assert [frame_number(reader.frame(number).rgb) for number in (23, 0, 11)] == [23, 0, 11]
    (note,) = export(path, tmp_path / "out.mp4")
    assert "becomes yuv420p" in note
    color = probe_clip(tmp_path / "out.mp4").color
    assert (color.matrix, color.full_range) == ("bt709", False)


def test_sound_of_a_transport_stream_plays_from_mp4(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "in.ts", audio=2)
    assert export(source, tmp_path / "out.mp4") == ()
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert [stream.language for stream in container.streams.audio] == ["eng", "deu"]
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert Fraction(samples, 48000) == pytest.approx(0.96, abs=0.05)

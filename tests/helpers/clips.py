"""Small, deterministic clips in which every frame can be told from its pixels, and measures for pictures.

The clips are made with PyAV directly, not with the project's writer, so that they can judge the reader and the writer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

Pixels = npt.NDArray[Any]
Pattern = Callable[[int, int, int], Pixels]

CODE_BITS = 8
SAMPLE_RATE = 48000
LANGUAGES = ("eng", "deu", "fra")
_VFR_STEPS = (1.0, 2.0, 1.0, 1.37, 3.0, 0.71)


def numbered_frame(number: int, height: int, width: int) -> Pixels:
    """A picture that tells its number: (H, W, 3) uint8 0..255.

    A row of :data:`CODE_BITS` black or white blocks at the top holds the number in binary, lowest bit left; below lie
    a smooth coloured gradient and a square that moves one pixel a frame.
    """
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack(
        [
            60 + 120 * x / max(1, width - 1),
            60 + 120 * y / max(1, height - 1),
            120 + 50 * np.sin(2 * np.pi * (x + y) / (width + height)),
        ],
        axis=-1,
    )
    block = width // CODE_BITS
    for bit in range(CODE_BITS):
        rgb[: height // 4, bit * block : (bit + 1) * block] = 235 if number >> bit & 1 else 20
    side = height // 4
    left = number % max(1, width - side)
    rgb[height // 2 : height // 2 + side, left : left + side] = (200, 80, 60)
    return np.rint(rgb).astype(np.uint8)


def frame_number(rgb: Pixels) -> int:
    """The number in a picture made by :func:`numbered_frame`, upright, uint8 or uint16."""
    height, width = rgb.shape[:2]
    half = np.iinfo(rgb.dtype).max / 2
    block = width // CODE_BITS
    number = 0
    for bit in range(CODE_BITS):
        middle = rgb[
            height // 16 : height // 4 - height // 16, bit * block + block // 4 : (bit + 1) * block - block // 4
        ]
        number |= int(middle.mean() > half) << bit
    return number


def clip_times(
    fps: Fraction | int, frames: int, *, vfr: bool = False, start_offset: float = 0.0
) -> tuple[list[int], Fraction]:
    """The pts of the frames of :func:`make_clip` and their time base; one more pts than frames: the end of the last."""
    rate = Fraction(fps)
    if vfr:
        time_base = Fraction(1, 90000)
        step = 1 / (rate * time_base)
        pts = [0]
        for number in range(frames):
            pts.append(pts[-1] + round(float(step) * _VFR_STEPS[number % len(_VFR_STEPS)]))
    else:
        scale = 512 if rate.denominator == 1 else 1
        time_base = Fraction(1, rate.numerator * scale)
        pts = [number * scale * rate.denominator for number in range(frames + 1)]
    shift = round(Fraction(start_offset) / time_base)
    return [value + shift for value in pts], time_base


def make_clip(
    path: str | Path,
    *,
    width: int = 64,
    height: int = 48,
    fps: Fraction | int = 25,
    frames: int = 24,
    vfr: bool = False,
    audio: int = 0,
    audio_codec: str = "aac",
    rotation: int = 0,
    bit_depth: int = 8,
    codec: str = "h264",
    b_frames: int = 0,
    gop: int = 12,
    open_gop: bool = False,
    start_offset: float = 0.0,
    pattern: Pattern = numbered_frame,
    color: tuple[int, int, int, int] | None = (1, 1, 1, 1),
    sample_aspect_ratio: Fraction = Fraction(1),
    quality: int = 8,
    faststart: bool = True,
    pixel_format: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a clip and return its path.

    Args:
        path: Its suffix chooses the container.
        width: Columns of the upright picture.
        height: Rows of the upright picture.
        fps: Frames a second, average for a variable rate.
        frames: How many; at most 256, so that each has a number of its own.
        vfr: Whether the frames come at irregular times.
        audio: Number of tracks, tones of different pitch as long as the picture.
        audio_codec: Codec of all of them.
        rotation: Clockwise degrees that a player has to turn the stored picture by: 0, 90, 180 or 270.
        bit_depth: 8 or 10.
        codec: ``h264``, ``hevc``, ``mpeg4``, ``vp9`` ...
        b_frames: Most B-frames in a row.
        gop: Frames from keyframe to keyframe.
        open_gop: Whether frames may refer across a keyframe.
        start_offset: Seconds by which the picture starts later than the sound (or than 0).
        pattern: (number, height, width) -> (H, W, 3) uint8 or uint16 upright picture.
        color: Numbers of matrix, primaries, transfer and range (1 limited, 2 full); None leaves all unstated.
        sample_aspect_ratio: Of the stored picture.
        quality: Constant rate factor.
        faststart: Whether an MP4 has its table in front.
        pixel_format: Of the stored picture; None for 4:2:0, or 4:4:4 if a side is odd.
        metadata: Tags of the file.
    """
    path = Path(path)
    pts, time_base = clip_times(fps, frames, vfr=vfr, start_offset=start_offset)
    turned = rotation in (90, 270)
    stored_width, stored_height = (height, width) if turned else (width, height)
    if pixel_format is None:
        odd = stored_width % 2 or stored_height % 2
        pixel_format = ("yuv444p" if odd else "yuv420p") + ("10le" if bit_depth == 10 else "")
    options: dict[str, str] = {}
    if path.suffix in (".mp4", ".mov"):
        options["video_track_timescale"] = str(time_base.denominator)
        if faststart:
            options["movflags"] = "+faststart"
    with av.open(str(path), mode="w", container_options=options) as output:
        if metadata:
            output.metadata.update(metadata)
        encoder = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9", "vp8": "libvpx"}.get(codec, codec)
        stream = output.add_stream(encoder, rate=Fraction(fps), width=stored_width, height=stored_height)
        context = stream.codec_context
        context.pix_fmt = pixel_format
        context.time_base = time_base
        stream.time_base = time_base
        context.gop_size = gop
        context.max_b_frames = b_frames
        context.thread_count = 1
        context.sample_aspect_ratio = sample_aspect_ratio
        if codec == "h264":
            stream.options = {
                "preset": "veryfast",
                "crf": str(quality),
                "x264-params": f"open-gop={int(open_gop)}:scenecut=0",
            }
        elif codec == "hevc":
            stream.options = {
                "preset": "ultrafast",
                "crf": str(quality),
                "x265-params": f"log-level=none:pools=1:frame-threads=1:open-gop={int(open_gop)}:keyint={gop}"
                f":min-keyint={gop}:bframes={b_frames}:scenecut=0",
            }
        else:
            context.bit_rate = 2_000_000
        if color is not None:
            context.colorspace, context.color_primaries, context.color_trc, context.color_range = color
        if rotation:
            stream.set_display_rotation(-rotation)
        tones = [_add_tone(output, audio_codec, LANGUAGES[number]) for number in range(audio)]
        output.start_encoding()
        seconds = float(pts[-1] * time_base)
        for number, tone in enumerate(tones):
            _write_tone(output, tone, seconds, 330.0 * (number + 1))
        for number in range(frames):
            upright = pattern(number, height, width)
            frame = _to_yuv(np.rot90(upright, rotation // 90), pixel_format, color)
            frame.pts, frame.time_base = pts[number], time_base
            for packet in stream.encode(frame):
                output.mux(packet)
        last = {pts[number]: pts[number + 1] - pts[number] for number in range(frames)}
        for packet in stream.encode(None):
            if packet.pts is not None:
                packet.duration = last.get(packet.pts, 0)
            output.mux(packet)
    return path


def _to_yuv(rgb: Pixels, pixel_format: str, color: tuple[int, int, int, int] | None) -> VideoFrame:
    rgb = np.ascontiguousarray(rgb)
    packed = VideoFrame.from_ndarray(rgb, format="rgb24" if rgb.dtype == np.uint8 else "rgb48le")
    matrix, *_, color_range = color if color is not None else (6, 0, 0, 1)
    return packed.reformat(
        format=pixel_format,
        dst_colorspace={1: 1, 5: 5, 6: 5, 9: 9}[matrix],
        dst_color_range=color_range,
        interpolation="BICUBIC",
        threads=1,
    )


def _add_tone(output: Any, codec: str, language: str) -> Any:
    stream = output.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
    stream.codec_context.time_base = Fraction(1, SAMPLE_RATE)
    stream.metadata["language"] = language
    return stream


def _write_tone(output: Any, stream: Any, seconds: float, pitch_hz: float) -> None:
    planar = stream.codec_context.format.name
    total = round(seconds * SAMPLE_RATE)
    for begin in range(0, total, 1024):
        count = min(1024, total - begin)
        wave = 0.3 * np.sin(2 * np.pi * pitch_hz * (begin + np.arange(count)) / SAMPLE_RATE)
        if planar.startswith("s16"):
            frame = AudioFrame.from_ndarray((wave * 32767).astype(np.int16)[None], format=planar, layout="mono")
        else:
            frame = AudioFrame.from_ndarray(wave.astype(np.float32)[None], format=planar, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, begin, Fraction(1, SAMPLE_RATE)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal-to-noise ratio in dB of two pictures of one type; infinite if they are equal.

    The peak is 255, 65535 or 1.0, by type.
    """
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    peak = float(np.iinfo(a.dtype).max) if np.issubdtype(a.dtype, np.integer) else 1.0
    error = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(peak**2 / error)

"""The forms that disparity is written in. Each writer takes all frames in order and leaves a complete file or folder.

They raise OSError, ValueError or FFmpegError where writing fails; the caller cleans up.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from vbr_core.depth.exr import write_exr
from vbr_core.depth.iw3 import AUDIO_NAME, CONFIG_NAME, DEPTH_NAME, RGB_NAME, config_text
from vbr_core.errors import VbrError
from vbr_core.video.audio import AudioCarrier, AudioCut
from vbr_core.video.info import ColorInfo
from vbr_core.video.writer import EncodeSettings, VideoWriter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.video.reader import VideoReader

Frames = tuple[int, "NDArray[np.float32]", "NDArray[Any]"]
"""Frame index, disparity (H, W) float32 0..1, picture (H, W, 3) uint8 or uint16."""


@dataclass(frozen=True)
class Plan:
    """What is written.

    Attributes:
        reader: The open clip.
        start: First frame.
        stop: One past the last.
        cuts: First frame of every shot but the first.
    """

    reader: VideoReader
    start: int
    stop: int
    cuts: tuple[int, ...] = ()


Writer = Callable[[Path, Iterable[Frames], Plan], None]
"""Takes the path to write, the frames, and the plan."""

HEVC_QUALITY = 0
"""Constant rate factor. Depth edges decide: 8 leaves errors of 1/12 there, 0 of 1/48, in twice the bytes."""


def levels(disparity: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Disparity 0..1 as uint16 0..65535, rounded."""
    return np.asarray(np.clip(disparity * 65535.0 + 0.5, 0, 65535), dtype=np.uint16)


def write_pngs(folder: Path, frames: Iterable[Frames], plan: Plan) -> None:
    """A folder of 16-bit grey PNG pictures, named by frame index."""
    folder.mkdir()
    for frame_index, disparity, _ in frames:
        _write_png(folder / f"{frame_index:06d}.png", levels(disparity))


def write_exrs(folder: Path, frames: Iterable[Frames], plan: Plan) -> None:
    """A folder of half-precision EXR pictures, named by frame index."""
    folder.mkdir()
    for frame_index, disparity, _ in frames:
        write_exr(folder / f"{frame_index:06d}.exr", disparity)


def write_iw3(folder: Path, frames: Iterable[Frames], plan: Plan) -> None:
    """A folder in the layout of iw3: frames, disparity, sound. iw3 knows constant frame rates only."""
    for name in (RGB_NAME, DEPTH_NAME):
        (folder / name).mkdir(parents=True)
    for frame_index, disparity, picture in frames:
        name = f"{frame_index:08d}.png"
        _write_png(folder / DEPTH_NAME / name, levels(disparity))
        rgb = picture if picture.dtype == np.uint8 else ((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)
        _write_png(folder / RGB_NAME / name, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    info = plan.reader.info
    has_audio = bool(info.audio) and _write_audio(folder / AUDIO_NAME, plan)
    ends = [f"{cut - 1:08d}" for cut in plan.cuts if plan.start < cut < plan.stop]
    text = config_text(info.path.stem, info.frame_rate, has_audio, ends)
    (folder / CONFIG_NAME).write_text(text, encoding="utf-8")


def write_ffv1(path: Path, frames: Iterable[Frames], plan: Plan) -> None:
    """A Matroska file of lossless 16-bit grey, full range."""
    info, index = plan.reader.info, plan.reader.index
    origin = _origin(plan)
    rate = info.frame_rate.limit_denominator(10_000)
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=rate if rate > 0 else 25, options={"level": "3", "slicecrc": "1"})
        stream.height, stream.width, stream.pix_fmt = info.height, info.width, "gray16le"
        stream.codec_context.time_base = index.time_base
        stream.codec_context.color_range = 2
        for frame_index, disparity, _ in frames:
            frame = av.VideoFrame.from_ndarray(levels(disparity), format="gray16le")
            frame.pts, frame.time_base = index.pts_of(frame_index) - origin, index.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_hevc10(path: Path, frames: Iterable[Frames], plan: Plan) -> None:
    """A 10-bit HEVC file: grey as 4:2:0 with empty chroma, limited range, which every player and editor takes."""
    plain = replace(
        plan.reader.info,
        color=ColorInfo("bt709", "bt709", "bt709", full_range=False),
        hdr_metadata=("", ""),
        bit_depth=10,
        pixel_format="yuv420p10le",
        tags=(),
    )
    with VideoWriter(
        path,
        plain,
        EncodeSettings("hevc", HEVC_QUALITY, "fast", 10),
        width=plain.width,
        height=plain.height,
        frame_range=(plan.start, plan.stop),
        index=plan.reader.index,
        with_audio=False,
    ) as writer:
        for frame_index, disparity, _ in frames:
            writer.write(frame_index, np.repeat(levels(disparity)[..., None], 3, axis=2))
        writer.finish()


def _origin(plan: Plan) -> int:
    """The pts that becomes 0: as for any output, the whole clip keeps its times, a part starts at 0."""
    index = plan.reader.index
    if (plan.start, plan.stop) != (0, plan.reader.info.frame_count):
        return index.pts_of(plan.start)
    return min(0, index.pts_of(0))


def _write_png(path: Path, picture: NDArray[Any]) -> None:
    done, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise OSError("the picture could not be encoded")
    path.write_bytes(data.tobytes())


def _write_audio(path: Path, plan: Plan) -> bool:
    """The clip's sound as an M4A file; False (and no file) if none of it can be read."""
    index, last = plan.reader.index, plan.stop - 1
    begin = index.time_of(plan.start)
    end = (index.pts_of(last) + index.duration_of(last)) * index.time_base
    cut = AudioCut(begin, begin, end)
    carried = False
    with contextlib.ExitStack() as opened:
        container = opened.enter_context(av.open(str(path), "w", format="mp4"))
        try:
            carrier = AudioCarrier(plan.reader.info.path, container, cut)
        except VbrError:
            carrier = None
        if carrier is not None:
            opened.callback(carrier.close)
            if len(carrier) > 0:
                container.start_encoding()
                carrier.finish()
                carried = True
    if not carried:
        path.unlink(missing_ok=True)
    return carried

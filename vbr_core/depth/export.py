"""Write disparity: a folder of 16-bit PNG pictures, or a grey video."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.upsample import guided_upsample
from vbr_core.errors import OutputError
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.jobs import JobContext
    from vbr_core.video.info import ClipInfo

PHASE = "Writing disparity"
VIDEO_SUFFIX = ".mkv"


def check_disparity_output(output: Path, clip: Path) -> None:
    """Look at the output before any work is done.

    Raises:
        OutputError: The parent folder is missing, the folder holds other files, or the suffix is not known.
    """
    if output.suffix and output.suffix.lower() != VIDEO_SUFFIX:
        raise OutputError(
            f"Disparity cannot be written as '{output.suffix}'.",
            "Give a folder for 16-bit PNG pictures, or a .mkv file for lossless 16-bit grey video.",
        )
    if not output.absolute().parent.is_dir():
        raise OutputError(f"The folder '{output.absolute().parent}' does not exist.", "Make it first.")
    if output.exists() and clip.exists() and output.samefile(clip):
        raise OutputError(f"The output '{output}' is the input itself.", "Choose another name.")
    if not output.suffix and output.is_dir() and any(output.iterdir()):
        raise OutputError(f"The folder '{output}' is not empty.", "Give a new or an empty folder.")
    if not output.suffix and output.is_file():
        raise OutputError(f"The output '{output}' is a file.", "Give a folder, or a .mkv file.")


def write_disparity(source: DisparitySource, output: Path, info: ClipInfo, ctx: JobContext) -> None:
    """Write the disparity of every frame at the clip's own size; white is nearest.

    It is written beside its place and renamed when complete.

    Args:
        source: The disparity.
        output: A folder for ``000000.png`` ..., or a ``.mkv`` file (FFV1, 16-bit grey).
        info: Facts of the clip, which is read again: its edges guide the disparity to full size.
        ctx: Progress and cancel.

    Raises:
        OutputError: It cannot be written there.
        Cancelled: By the context; nothing is left.
    """
    part = output.with_name(output.name + ".part")
    try:
        if output.suffix.lower() == VIDEO_SUFFIX:
            _write_video(source, part, info, ctx)
        else:
            _write_folder(source, part, info, ctx)
            if output.is_dir():
                output.rmdir()
        part.replace(output)
    except OSError as error:
        raise OutputError(f"The disparity cannot be written to '{output}': {error.strerror or error}.") from error
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def _levels(disparity: NDArray[np.float32]) -> NDArray[np.uint16]:
    return np.asarray(np.clip(disparity * 65535.0 + 0.5, 0, 65535), dtype=np.uint16)


def _full_size(source: DisparitySource, info: ClipInfo) -> Iterator[tuple[int, NDArray[np.uint16]]]:
    """Every frame's disparity at the clip's own size, along its edges, 16 bit: other programs expect it so."""
    with VideoReader(info.path) as reader:
        for frame in reader.frames():
            yield frame.frame_index, _levels(guided_upsample(source.read(frame.frame_index), frame.rgb))


def _write_folder(source: DisparitySource, folder: Path, info: ClipInfo, ctx: JobContext) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for frame_index, levels in _full_size(source, info):
        done, data = cv2.imencode(".png", levels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
        if not done:
            raise OSError("the picture could not be encoded")
        (folder / f"{frame_index:06d}.png").write_bytes(data.tobytes())
        ctx.step(frame_index + 1, source.frame_count, PHASE)


def _write_video(source: DisparitySource, path: Path, info: ClipInfo, ctx: JobContext) -> None:
    import av

    try:
        with av.open(str(path), "w", format="matroska") as container:
            stream = container.add_stream("ffv1", rate=info.frame_rate)
            stream.height, stream.width, stream.pix_fmt = info.height, info.width, "gray16le"
            for frame_index, levels in _full_size(source, info):
                frame = av.VideoFrame.from_ndarray(levels, format="gray16le")
                frame.pts = frame_index
                frame.time_base = 1 / info.frame_rate
                container.mux(stream.encode(frame))
                ctx.step(frame_index + 1, source.frame_count, PHASE)
            container.mux(stream.encode(None))
    except av.error.FFmpegError as error:
        raise OSError(str(error)) from error

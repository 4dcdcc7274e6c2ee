"""One frame of a project as a picture file, at full size and full quality."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np

from vbr_core.animation import look_at, sample_track
from vbr_core.errors import OutputError
from vbr_core.export import prepare_picture
from vbr_core.jobs import JobContext
from vbr_core.project import TRACK_LIMITS
from vbr_core.render.engine import RenderEngine
from vbr_core.render.request import shot_bound
from vbr_core.settings import RenderSettings
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.project import Project

STILL_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")
DEEP_SUFFIXES = (".png", ".tif", ".tiff")
"""Those that can hold 16 bits a channel."""
JPEG_QUALITY = 95


def check_still_output(output: str | Path) -> Path:
    """Look at the path of a picture before any work is done.

    Raises:
        OutputError: The suffix is not a picture's, the folder is missing, it is a folder, or the disk is full.
    """
    output = Path(output)
    if output.suffix.lower() not in STILL_SUFFIXES:
        raise OutputError(
            f"The picture '{output.name}' does not end like a picture file.", f"End it in {', '.join(STILL_SUFFIXES)}."
        )
    folder = output.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"The folder '{folder}' does not exist.", "Make it first, or choose another.")
    if output.is_dir():
        raise OutputError(f"'{output}' is a folder.", "Give the name of a file in it.")
    if shutil.disk_usage(folder).free < 1 << 20:
        raise OutputError(f"The disk of '{folder}' is full.", "Free some space, or choose another disk.")
    return output


def export_still(
    project: Project,
    clip_path: str | Path,
    frame_index: int,
    output: str | Path,
    ctx: JobContext | None = None,
    disparity: DisparitySource | None = None,
    settings: RenderSettings | None = None,
    bit_depth: int | None = None,
) -> Path:
    """Render one frame of a project into a picture file. It appears under its name only when it is complete.

    The numbers are those of the clip's frame in its own transfer (R'G'B', full range), 8 bit, or 16 bit for clips
    deeper than that where the file can hold it.

    Args:
        project: The document.
        clip_path: Its clip.
        frame_index: Index on the clip's own frames, from 0.
        output: File to write: .png, .tif or .jpg.
        ctx: Progress and cancel.
        disparity: Of every frame, if it is at hand, without the project's repairs; else it is estimated first.
        settings: The device. The renderer is the project's.
        bit_depth: 8 or 16 bits a channel; None for the clip's own where the file can hold it. With 16, pictures of an
            8-bit clip are rendered with 16.

    Raises:
        Cancelled: By the context. Nothing is left behind.
        VbrError: Something in the input or the output is wrong.
    """
    from vbr_core import pipeline

    ctx = ctx or JobContext()
    output = check_still_output(output)
    if bit_depth == 16 and output.suffix.lower() not in DEEP_SUFFIXES:
        raise OutputError(f"'{output.name}' cannot hold 16 bits a channel.", f"End it in {', '.join(DEEP_SUFFIXES)}.")
    with contextlib.ExitStack() as opened, ctx.part(0.0, 0.9):
        if disparity is None:
            device = settings.device if settings is not None else "auto"
            disparity = pipeline.depth_for(project, clip_path, ctx, device)
            opened.callback(disparity.close)
        with VideoReader(clip_path) as reader:
            pipeline.check_frame(frame_index, reader.info)
            rgb = reader.frame(frame_index).rgb
        if project.depth_edits or project.depth_levels:
            disparity = pipeline.repair_depth(disparity, project, clip_path, ctx, (frame_index, frame_index + 1))
        depth = disparity.read(frame_index)
        cuts, count = project.cuts_with(disparity.cuts), disparity.frame_count
    ctx.step(0, 1, "Rendering")
    span = (frame_index, frame_index + 1)
    focus = sample_track(project.focus, *span, cuts, TRACK_LIMITS["focus"])
    blur = sample_track(project.blur, *span, cuts, TRACK_LIMITS["blur"])
    render = msgspec.structs.replace(settings or RenderSettings(), renderer=project.renderer)
    rgb = prepare_picture(rgb, (rgb.shape[1], rgb.shape[0]), bit_depth == 16)
    picture = RenderEngine(render).render(
        rgb,
        depth,
        float(focus[0]),
        float(blur[0]),
        project.sharp_zone,
        shot_bound(project, frame_index, cuts, count),
        look_at(project.look, frame_index, cuts),
    )
    ctx.token.raise_if_cancelled()
    if bit_depth == 8 and picture.dtype == np.uint16:
        picture = to_eight_bits(picture)
    write_picture(picture, output)
    ctx.step(1, 1, "Rendering")
    return output


def to_eight_bits(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """A picture of uint16 0..65535 as uint8 0..255, rounded; one of uint8 as it is."""
    if picture.dtype == np.uint8:
        return np.asarray(picture)
    return ((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)


def write_picture(picture: NDArray[np.uint8] | NDArray[np.uint16], output: Path) -> None:
    """Write a picture by way of a temporary file beside it.

    Args:
        picture: (H, W, 3) R'G'B', uint8 or uint16.
        output: Its suffix chooses the format.

    Raises:
        OutputError: It cannot be written.
    """
    suffix = output.suffix.lower()
    data: NDArray[np.uint8] | NDArray[np.uint16] = picture
    if picture.dtype == np.uint16 and suffix not in DEEP_SUFFIXES:
        data = to_eight_bits(picture)
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix in (".jpg", ".jpeg") else []
    done, encoded = cv2.imencode(suffix, np.ascontiguousarray(data[..., ::-1]), options)
    if not done:
        raise OutputError(f"The picture '{output.name}' cannot be encoded.", "Choose another format.")
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(
            prefix=f".{output.name}.", suffix=".part", dir=output.absolute().parent
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(encoded.tobytes())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, output)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise OutputError(
            f"The picture cannot be written as '{output}': {error.strerror or error}.", "Choose another folder."
        ) from error

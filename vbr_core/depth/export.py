"""Write disparity: pictures in a folder, a folder for iw3, or a grey video. What is written can be imported again."""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av.error
import numpy as np

from vbr_core.depth.export_formats import Plan, write_exrs, write_ffv1, write_hevc10, write_iw3, write_pngs
from vbr_core.depth.upsample import guided_upsample
from vbr_core.errors import InputError, OutputError
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from vbr_core.depth.export_formats import Frames, Writer
    from vbr_core.depth.source import DisparitySource
    from vbr_core.jobs import JobContext
    from vbr_core.video.info import ClipInfo

PHASE = "Writing disparity"


@dataclass(frozen=True)
class DepthFormat:
    """A form that disparity is written in.

    Attributes:
        name: As the command line calls it.
        suffixes: Of the file; empty for a folder.
        values: What the numbers mean, for the user.
        write: Writes all frames to a path.
        least_bytes: Of a pixel of a frame; never less.
        safe: Whether the writer itself works beside its place and renames at the end.
    """

    name: str
    suffixes: tuple[str, ...]
    values: str
    write: Writer
    least_bytes: float = 0.0
    safe: bool = False


FORMATS: Final = {
    found.name: found
    for found in (
        DepthFormat("png16", (), "16-bit PNG: 0 is farthest, 65535 nearest", write_pngs, 0.1),
        DepthFormat("exr", (), "half-precision EXR: 0 is farthest, 1 nearest, exact to 1/4096", write_exrs, 0.1),
        DepthFormat("iw3", (), "a folder for iw3, 16-bit PNG disparity: 0 is farthest, 65535 nearest", write_iw3, 0.3),
        DepthFormat("ffv1", (".mkv",), "lossless 16-bit grey video: 0 is farthest, 65535 nearest", write_ffv1, 0.1),
        DepthFormat(
            "hevc10",
            (".mp4", ".mov"),
            "10-bit HEVC in limited range: 64 is farthest, 940 nearest; compressed, exact to 1/200 but for edges",
            write_hevc10,
            safe=True,
        ),
    )
}


def choose_format(output: Path, name: str | None = None) -> DepthFormat:
    """The form to write ``output`` in: as asked, else by its suffix; without one, a folder of 16-bit PNG.

    Raises:
        InputError: There is no such format.
        OutputError: The suffix is not known, or not one of the format's.
    """
    suffix = output.suffix.lower()
    if name is None:
        found = next((each for each in FORMATS.values() if suffix in each.suffixes), None)
        if found is None and suffix:
            known = ", ".join(end for each in FORMATS.values() for end in each.suffixes)
            raise OutputError(
                f"Disparity cannot be written as '{output.suffix}'.",
                f"Give a folder for pictures, or a file that ends in {known}.",
            )
        return found or FORMATS["png16"]
    if name not in FORMATS:
        raise InputError(f"There is no depth format called '{name}'.", f"Choose one of: {', '.join(FORMATS)}.")
    found = FORMATS[name]
    if found.suffixes and suffix not in found.suffixes:
        raise OutputError(
            f"The format {name} cannot be written as '{output.name}'.", f"End it in {', '.join(found.suffixes)}."
        )
    return found


def check_disparity_output(output: Path, clip: Path, name: str | None = None, depth: str = "") -> DepthFormat:
    """Look at the output before any work is done, and choose the format.

    Args:
        output: Where to write.
        clip: Must not be overwritten.
        name: One of :data:`FORMATS`; None to choose by the suffix.
        depth: Where the disparity comes from: a model, or a file or folder that must not be overwritten either.

    Raises:
        InputError: There is no such format.
        OutputError: The parent folder is missing, the folder holds other files, or the suffix is not known.
    """
    found = choose_format(output, name)
    if not output.absolute().parent.is_dir():
        raise OutputError(f"The folder '{output.absolute().parent}' does not exist.", "Make it first.")
    for given in (clip, Path(depth or ".")):
        if output.exists() and given.exists() and output.samefile(given):
            raise OutputError(f"The output '{output}' is the input itself.", "Choose another name.")
    if found.suffixes and output.is_dir():
        raise OutputError(f"The output '{output}' is a folder.", "Give the name of a file in it.")
    if not found.suffixes and output.is_dir() and any(output.iterdir()):
        raise OutputError(f"The folder '{output}' is not empty.", "Give a new or an empty folder.")
    if not found.suffixes and output.is_file():
        raise OutputError(f"The output '{output}' is a file.", "Give a folder, or a file that ends in .mkv or .mp4.")
    return found


def write_disparity(
    source: DisparitySource,
    output: Path,
    info: ClipInfo,
    ctx: JobContext,
    *,
    name: str | None = None,
    span: tuple[int, int] | None = None,
    on_frame: Callable[[int, NDArray[np.uint8]], None] | None = None,
) -> DepthFormat:
    """Write the disparity of every frame at the clip's own size; white is nearest.

    It is written beside its place and renamed when complete. Pictures are numbered by the clip's frames. Videos have
    the clip's times (a part of it starts at 0; Matroska rounds them to milliseconds).

    Args:
        source: Where it comes from.
        output: A folder that is not there or empty, or a video file.
        info: Facts of the clip, which is read again: its edges guide the disparity to full size.
        ctx: Progress and cancel.
        name: One of :data:`FORMATS`; None to choose by the suffix.
        span: First frame and one past the last; None for all.
        on_frame: Called with the index and the picture (H, W) uint8 of each frame, for showing it.

    Returns:
        The format it was written in.

    Raises:
        OutputError: It cannot be written there; nothing is left.
        Cancelled: By the context; nothing is left.
    """
    found = choose_format(output, name)
    start, stop = span or (0, info.frame_count)
    _check_room(output.absolute().parent, found.least_bytes * info.width * info.height * (stop - start))
    part = output.with_name(output.name + ".part")
    ctx.step(0, stop - start, PHASE)
    try:
        _remove(part)
        with VideoReader(info.path) as reader:
            plan = Plan(reader, start, stop, source.cuts)
            found.write(output if found.safe else part, _full_size(source, plan, ctx, on_frame), plan)
        if not found.safe:
            if output.is_dir():
                output.rmdir()
            part.replace(output)
    except (OSError, ValueError, av.error.FFmpegError) as error:
        raise _sentence(error, output) from error
    finally:
        _remove(part)
    return found


def _check_room(folder: Path, needed: float) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(
            f"The disk of '{folder}' has {free / 1e9:.1f} GB left, and this takes at least {needed / 1e9:.1f} GB.",
            "Free some space, choose another disk, or write a video (.mkv, .mp4).",
        )


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink(missing_ok=True)


def _full_size(
    source: DisparitySource,
    plan: Plan,
    ctx: JobContext,
    on_frame: Callable[[int, NDArray[np.uint8]], None] | None = None,
) -> Iterator[Frames]:
    """Every frame's disparity at the clip's own size, along its edges: other programs expect it so."""
    for frame in plan.reader.frames(plan.start, plan.stop):
        full = guided_upsample(source.read(frame.frame_index), frame.rgb)
        if on_frame is not None:
            on_frame(frame.frame_index, np.asarray(np.clip(full * 255.0 + 0.5, 0, 255), dtype=np.uint8))
        yield frame.frame_index, full, frame.rgb
        ctx.step(frame.frame_index + 1 - plan.start, plan.stop - plan.start, PHASE)


def _sentence(error: Exception, output: Path) -> OutputError:
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return OutputError(
            f"The disk is full: '{output.name}' could not be written, and nothing of it was kept.",
            "Make room and try again; what was estimated is kept.",
        )
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(f"The disparity cannot be written to '{output}': {reason}.")

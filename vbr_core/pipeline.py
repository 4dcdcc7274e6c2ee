"""The operations of the program, as plain functions: the window, the command line and the tests all call these.

Long ones take a :class:`~vbr_core.jobs.JobContext` for progress and cancel.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from resources import resource_path
from vbr_core import edits
from vbr_core.clip_link import find_clip, fingerprint_clip
from vbr_core.errors import ClipError, DepthError, InputError, OutputError
from vbr_core.jobs import JobContext
from vbr_core.project import NO_CUT_EDITS, PROJECT_SUFFIX, Clip, FocusAnchor, Project, load_project
from vbr_core.settings import DepthSettings, ExportSettings, RenderSettings, check_blur, check_focus, result_size
from vbr_core.video.reader import VideoReader
from vbr_core.video.writer import EncodeSettings, VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.doctor import Check
    from vbr_core.project import CutEdits
    from vbr_core.video.info import ClipInfo

OUTPUT_SUFFIXES = (".mp4", ".mov", ".mkv")
PICTURE_HINT = "Give a video file such as .mp4 or .mov, or a .vbr project."


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What an export did.

    Attributes:
        path: The file written.
        frame_count: Frames in it.
        seconds: Time it took.
        note: One sentence on what differs from what was asked; empty if nothing.
    """

    path: Path
    frame_count: int
    seconds: float
    note: str = ""


def probe(path: str | Path) -> ClipInfo:
    """Facts of a clip.

    Raises:
        ClipError: It cannot be opened, or holds no video.
    """
    with VideoReader(path) as reader:
        return reader.info


def make_clip_entry(info: ClipInfo) -> Clip:
    """The document's entry for a clip, with its fingerprint."""
    absolute = str(Path(info.path).absolute())
    return Clip(
        path=absolute,
        absolute_path=absolute,
        fingerprint=fingerprint_clip(info.path, info.duration_seconds),
        frame_count=info.frame_count,
    )


def open_project_or_clip(path: str | Path) -> tuple[Project, Path, str]:
    """Read a ``.vbr`` project and find its clip, or make a new project for a clip.

    Returns:
        The project, the path of its clip, and a note for the user (the clip was found elsewhere), or nothing.

    Raises:
        ProjectError: The project is damaged or too new.
        ClipError: The clip cannot be opened, is missing, or is not the one the project was made with.
    """
    path = Path(path)
    if path.suffix.lower() != PROJECT_SUFFIX:
        return Project(clip=make_clip_entry(probe(path))), path, ""
    project = load_project(path)
    if project.clip is None:
        raise ClipError(f"The project '{path.name}' has no clip.", "Open it in the window and choose one.")
    link = find_clip(project.clip, path)
    if link.path is None or link.state == "swapped":
        raise ClipError(link.sentence, "Put the clip back beside the project, or open the clip itself.")
    return project, link.path, link.sentence


def sample_clip_path() -> Path:
    """The sample clip that ships with the program."""
    return resource_path("sample", "sample.mp4")


def clip_key(info: ClipInfo) -> str:
    """What names a clip in the disparity cache: changes when the file's content does."""
    fingerprint = fingerprint_clip(info.path, info.duration_seconds)
    return f"{fingerprint.sha256[:24]}-{fingerprint.size_bytes}-{info.frame_count}"


def estimate_depth(
    clip_path: str | Path,
    depth: str,
    ctx: JobContext | None = None,
    on_ready: Callable[[DisparitySource], None] | None = None,
    device: str = "auto",
    reading: str = "auto",
    cut_edits: CutEdits = NO_CUT_EDITS,
) -> DisparitySource:
    """Disparity of every frame of a clip: from a network (through the disk cache), or from the user's own files.

    Files that do not say where shots begin get the cuts of the clip, which is looked through once for that.

    Args:
        clip_path: The clip.
        depth: Name of a depth model, or path of a folder of pictures or of a grey video.
        ctx: Progress and cancel; what is finished stays in the cache.
        on_ready: Called early with a source that fills while the estimation runs.
        device: Where the network runs.
        reading: What the numbers in the user's own files mean, see :mod:`vbr_core.depth.import_rules`.
        cut_edits: Where shots begin by the user's word, over what is found in the clip or said by the files.

    Raises:
        DepthError: The files do not fit the clip.
        ModelError: The network cannot be loaded.
        ClipError: The clip cannot be decoded.
        Cancelled: By the context.
    """
    from vbr_core.depth import load_estimator
    from vbr_core.depth.cache import default_cache_root
    from vbr_core.depth.clip_cuts import find_cuts
    from vbr_core.depth.estimate import estimate_clip
    from vbr_core.depth.registry import list_models
    from vbr_core.depth.source import open_disparity
    from vbr_core.render.devices import pick_device

    ctx = ctx or JobContext()
    with VideoReader(clip_path) as reader:
        info = reader.info
        if depth in {entry.name for entry in list_models()}:
            ctx.token.raise_if_cancelled()
            estimator = load_estimator(depth, pick_device(device))
            ctx.token.raise_if_cancelled()
            return estimate_clip(
                reader,
                estimator,
                default_cache_root(),
                ctx,
                clip_key=clip_key(info),
                on_ready=on_ready,
                cut_edits=cut_edits,
            )
        if not Path(depth).exists():
            names = ", ".join(entry.name for entry in list_models())
            raise DepthError(
                f"There is neither a depth model nor a file or folder called '{depth}'.",
                f"Models: {names}; or give a folder of grey pictures, or a grey video.",
            )
        with ctx.part(0.0, 0.3):
            source = open_disparity(Path(depth), info.frame_count, (info.height, info.width), reading, ctx)
        try:
            if on_ready is not None:
                on_ready(source)
            if not source.cuts:
                with ctx.part(0.3, 1.0):
                    source.cuts = find_cuts(reader, default_cache_root(), ctx, clip_key=clip_key(info))
            source.cuts = cut_edits.over(source.cuts)
            source.cuts_are_known = True
        except BaseException:
            source.close()
            raise
        return source


def depth_for(
    project: Project, clip_path: str | Path, ctx: JobContext | None = None, device: str = "auto"
) -> DisparitySource:
    """The disparity that a project asks for, without its levels and repairs; see :func:`estimate_depth`."""
    return estimate_depth(
        clip_path, project.depth, ctx, device=device, reading=project.depth_reading, cut_edits=project.cut_edits
    )


def repair_depth(
    disparity: DisparitySource,
    project: Project,
    clip_path: str | Path,
    ctx: JobContext | None = None,
    span: tuple[int, int] | None = None,
) -> DisparitySource:
    """The disparity that a project wants: with its levels and repairs, or ``disparity`` itself if it has none.

    Args:
        disparity: Of the clip, with or without repairs of an earlier state of the project.
        project: The document.
        clip_path: Its clip.
        ctx: Progress and cancel of carrying the repairs along the clip; None leaves that for when a frame is read.
        span: First frame and one past the last that they are carried over; None for all.

    Raises:
        ClipError: The clip cannot be decoded.
        Cancelled: By the context.
    """
    from vbr_core.depth.repair import RepairedDisparity, repaired

    result = repaired(disparity, project, Path(clip_path))
    if ctx is not None and isinstance(result, RepairedDisparity):
        result.prepare(ctx, *(span or (0, None)))
    return result


def sample_focus(disparity: DisparitySource, info: ClipInfo, frame_index: int, x: float, y: float) -> float:
    """Disparity under a point of a frame (pixels of the upright picture), 0..1.

    Raises:
        InputError: The frame or the point lies outside the clip.
    """
    from vbr_core.frame_server import sample_point

    check_frame(frame_index, info)
    return sample_point(disparity.read(frame_index), x, y, info)[0]


def resample_focus(project: Project, disparity: DisparitySource, info: ClipInfo) -> tuple[Project, int]:
    """Let the clicked focus keys of a project follow its disparity, and note which one it is.

    Args:
        project: The document.
        disparity: Of its clip, with the project's repairs.
        info: Facts of the clip. Keys that were clicked outside it stay as they are.

    Returns:
        The document, and how many keys have another value now.
    """
    from vbr_core.focus.resampling import anchors_of, with_samples

    anchors, found = anchors_of(project), {}
    if not anchors:
        return project, 0
    for anchor in anchors:
        with contextlib.suppress(InputError):
            found[anchor] = sample_focus(disparity, info, anchor.frame, anchor.x, anchor.y)
    plain = getattr(disparity, "source", disparity)
    return with_samples(edits.set_depth_fingerprint(project, plain.fingerprint), found)


def check_frame(frame_index: int, info: ClipInfo) -> int:
    """Return ``frame_index`` if the clip has it.

    Raises:
        InputError: It has not.
    """
    if not 0 <= frame_index < info.frame_count:
        raise InputError(f"Frame {frame_index} is outside the clip.", f"It has frames 0 to {info.frame_count - 1}.")
    return frame_index


def check_point(x: float, y: float, info: ClipInfo) -> None:
    """Let a point of the upright picture pass.

    Raises:
        InputError: It lies outside the picture.
    """
    if not (0 <= x < info.width and 0 <= y < info.height):
        raise InputError(
            f"The point {x:g},{y:g} lies outside the picture of {info.width} x {info.height} pixels.",
            "Give pixels of the upright picture, counted from its top left corner.",
        )


def set_constant_focus(project: Project, d_f: float, anchor: FocusAnchor | None = None) -> Project:
    """One focus for the whole clip."""
    check_focus(d_f)
    keys = edits.remove_keys(project, "focus", {key.frame for key in project.focus.keys})
    keys = edits.set_base(keys, "focus", d_f)
    if anchor is None:
        return keys
    return edits.add_key(keys, "focus", anchor.frame, d_f, anchor=anchor)


def set_constant_blur(project: Project, k: float) -> Project:
    """One blur amount for the whole clip."""
    check_blur(k)
    return edits.set_base(edits.remove_keys(project, "blur", {key.frame for key in project.blur.keys}), "blur", k)


def render_frame(
    clip_path: str | Path,
    frame_index: int,
    disparity: DisparitySource,
    d_f: float,
    k: float,
    settings: RenderSettings | None = None,
    sharp_zone: float = 0.0,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """One refocused frame at the clip's own size: (H, W, 3), uint8 or uint16 as the clip is.

    Raises:
        InputError: The frame is outside the clip, or a value out of range.
        ClipError: The frame cannot be decoded.
    """
    from vbr_core.render.engine import RenderEngine

    with VideoReader(clip_path) as reader:
        check_frame(frame_index, reader.info)
        picture = reader.frame(frame_index).rgb
    return RenderEngine(settings).render(picture, disparity.read(frame_index), d_f, k, sharp_zone)


def check_output(output: str | Path, inputs: tuple[Path, ...], needed_bytes: int = 0) -> Path:
    """Look at an output path before any work is done.

    Args:
        output: The file to write.
        inputs: Files and folders that must not be overwritten.
        needed_bytes: About how many bytes will be written; 0 if not known.

    Raises:
        OutputError: The folder is missing or not writable, the file is one of the inputs, the suffix is not a video's,
            or the disk is nearly full.
    """
    output = Path(output)
    if output.suffix.lower() not in OUTPUT_SUFFIXES:
        raise OutputError(
            f"The output '{output.name}' does not end like a video file.", f"End it in {', '.join(OUTPUT_SUFFIXES)}."
        )
    if output.is_dir():
        raise OutputError(f"The output '{output}' is a folder.", "Give the name of a file in it.")
    folder = output.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"The output folder '{folder}' does not exist.", "Make it first, or choose another.")
    for given in inputs:
        if output.exists() and given.exists() and output.samefile(given):
            raise OutputError(f"The output '{output}' is the input itself.", "Choose another name.")
    free = shutil.disk_usage(folder).free
    if free < max(needed_bytes, 1 << 20):
        raise OutputError(
            f"The disk of '{folder}' has only {free / 1e6:.0f} MB left.",
            "Free some space, or choose another disk.",
        )
    return output


def frame_span(settings: ExportSettings | DepthSettings, info: ClipInfo) -> tuple[int, int]:
    """First frame and one past the last of an export.

    Raises:
        InputError: The range reaches outside the clip.
    """
    stop = info.frame_count if settings.stop is None else settings.stop
    if settings.start >= info.frame_count or stop > info.frame_count:
        raise InputError(
            f"The range {settings.start}:{stop} reaches outside the clip.",
            f"It has {info.frame_count} frames: the largest range is 0:{info.frame_count}.",
        )
    return settings.start, stop


def export_video(
    project: Project,
    clip_path: str | Path,
    settings: ExportSettings,
    ctx: JobContext | None = None,
    disparity: DisparitySource | None = None,
    on_frame: Callable[[int, NDArray[np.uint8] | NDArray[np.uint16]], None] | None = None,
) -> ExportResult:
    """Render a project into a video file. Depth that is not there yet is estimated first.

    The file appears under its name only when it is complete; the source and an earlier output are never touched before.

    Args:
        project: The document.
        clip_path: Its clip.
        settings: What to write, and on which device. The renderer is the project's.
        ctx: Progress and cancel.
        disparity: Disparity of every frame, if it is at hand.
        on_frame: Called with index and picture of each frame that was rendered.

    Raises:
        Cancelled: By the context. Nothing is left behind.
        VbrError: Something in the input, the settings or the output is wrong.
    """
    from vbr_core.export import render_range

    ctx = ctx or JobContext()
    started = time.monotonic()
    inputs = [Path(clip_path)]
    if Path(project.depth).exists():
        inputs.append(Path(project.depth))
    output = check_output(settings.output, tuple(inputs))
    with VideoReader(clip_path) as reader:
        info = reader.info
        span = frame_span(settings, info)
        encoding = EncodeSettings.for_clip(
            info, codec=settings.codec, quality=settings.quality, bit_depth=settings.bit_depth
        )
    size = result_size((info.width, info.height), settings.short_side_px)
    depth_part, opened = 0.0, contextlib.ExitStack()
    if disparity is None:
        depth_part = 0.35
        with ctx.part(0.0, depth_part):
            disparity = depth_for(project, clip_path, ctx, settings.render.device)
        opened.callback(disparity.close)
    if project.depth_edits or project.depth_levels:
        with ctx.part(depth_part, depth_part + 0.15):
            disparity = repair_depth(disparity, project, clip_path, ctx, span)
        depth_part += 0.15
    render = msgspec.structs.replace(settings.render, renderer=project.renderer)
    with (
        opened,
        VideoReader(clip_path) as reader,
        VideoWriter(
            output,
            info,
            encoding,
            width=size[0],
            height=size[1],
            frame_range=span,
            index=reader.index,
            with_audio=settings.audio,
        ) as writer,
        ctx.part(depth_part, 1.0),
    ):
        note = render_range(
            reader, writer, project, disparity, render, span, ctx, on_frame, size, encoding.bit_depth > 8
        )
        path = writer.finish()
    notes = " ".join(part for part in (info.note, *writer.notes, note) if part)
    return ExportResult(path, span[1] - span[0], time.monotonic() - started, notes)


def self_test() -> list[Check]:
    """Render a small scene on every device and compare it with stored pictures; write and read a short clip.

    Returns:
        One line of a report each; all are ``ok`` on a machine where the program works.
    """
    from vbr_core import doctor

    return doctor.self_test()

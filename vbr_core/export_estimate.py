"""How long an export will take, how large its file will be, what memory it needs: measured on a few of its frames.

Nothing here is exact, so everything is a range. Frames are taken from three places of the range that is exported.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from vbr_core import pipeline
from vbr_core.animation import look_at
from vbr_core.errors import DepthError
from vbr_core.export import prepare_picture
from vbr_core.export_needs import ExportEstimate
from vbr_core.jobs import JobContext
from vbr_core.memory import render_bytes, total_bytes
from vbr_core.render.engine import RenderEngine
from vbr_core.render.optics import largest_share
from vbr_core.settings import DepthSettings, StillSettings, result_size
from vbr_core.still import DEEP_SUFFIXES, STILL_SUFFIXES, to_eight_bits
from vbr_core.video.reader import VideoReader
from vbr_core.video.sample_encode import coded_sizes, gop_frames
from vbr_core.video.writer import EncodeSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.project import Project
    from vbr_core.settings import AnyExport, ExportSettings
    from vbr_core.video.info import ClipInfo

RUNS = 3
RUN_FRAMES = 6
QUICK_FRAMES = 3
"""Where only the time is asked for, and who asks waits for it: the piece is so long, and there is only one."""
CORNER_PX, CORNER_BLUR = 64, 200.0
"""Size of what is rendered to have everything compiled, and a blur amount that is seen there."""
LARGE_PIXELS = 1_500_000
"""Pieces of larger pictures are half as long."""
STRIP_PIXELS = 400_000
"""Of larger pictures only an upright strip is rendered."""
STRIP = 3
"""Such a strip is one of so many of a picture. Its rows are those of the picture, so the blur is the same."""
BUDGET_SECONDS = 5.0
"""No further piece is begun after this time; the first one is always finished."""
PHASE = "Measuring"
AUDIO_BYTES_PER_SECOND = (8_000, 40_000)
"""Of a sound track, least and most that is usual."""

BASE_BYTES = 1_000_000_000
ENCODE_BYTES_PER_PIXEL = {("h264", 8): 70, ("hevc", 8): 130, ("hevc", 10): 250}
"""Resident memory of an export on a processor; see :func:`memory_bytes`."""


def free_bytes(output: str | Path) -> int | None:
    """Free space on the disk of a file that is to be written; None if its folder is not there."""
    try:
        return shutil.disk_usage(Path(output).absolute().parent).free
    except OSError:
        return None


def memory_bytes(size: tuple[int, int], renderer: str, codec: str = "", bit_depth: int = 8) -> int:
    """About what an export needs at its peak, measured on a processor with 8-bit clips of 540 and 1080 lines.

    Args:
        size: Width and height of the pictures.
        renderer: Which renders them; empty if none does.
        codec: Which encodes them; empty if none does.
        bit_depth: Of the encoder.
    """
    pixels = size[0] * size[1]
    return BASE_BYTES + render_bytes(renderer, pixels) + pixels * ENCODE_BYTES_PER_PIXEL.get((codec, bit_depth), 0)


def estimate_export(
    project: Project,
    clip_path: str | Path,
    settings: AnyExport,
    ctx: JobContext | None = None,
    disparity: DisparitySource | None = None,
) -> ExportEstimate:
    """Measure a few frames of an export and reckon the rest from them. Takes a few seconds; writes nothing that stays.

    Args:
        project: The document.
        clip_path: Its clip.
        settings: What would be written.
        ctx: Progress and cancel.
        disparity: Of the clip, as far as it is there; without it a ramp stands in.

    Raises:
        Cancelled: By the context.
        VbrError: The clip cannot be read, or the settings do not fit it.
    """
    ctx = ctx or JobContext()
    with VideoReader(clip_path) as reader:
        if isinstance(settings, DepthSettings):
            return _estimate_depth_files(reader, settings, ctx, disparity)
        if isinstance(settings, StillSettings):
            return _estimate_still(reader, project, settings, ctx, disparity)
        return _estimate_video(reader, project, settings, ctx, disparity)


@dataclass(slots=True)
class _Measured:
    """Seconds a frame of each stage; bytes of frames that stand alone, of others, and how rendering changes them."""

    decode: list[float]
    render: list[float]
    encode: list[float]
    alone: list[int]
    others: list[int]
    ratios: list[float]


def _estimate_video(
    reader: VideoReader,
    project: Project,
    settings: ExportSettings,
    ctx: JobContext,
    disparity: DisparitySource | None,
) -> ExportEstimate:
    info = reader.info
    start, stop = pipeline.frame_span(settings, info)
    encoding = EncodeSettings.for_clip(
        info, codec=settings.codec, quality=settings.quality, bit_depth=settings.bit_depth
    )
    encoding.check_against(info)
    size = result_size((info.width, info.height), settings.short_side_px)
    engine = _engine(project, settings)
    k = _largest_blur(project)
    found = _Measured([], [], [], [], [], [])
    begun = time.perf_counter()
    runs = _runs(start, stop, RUN_FRAMES if size[0] * size[1] < LARGE_PIXELS else RUN_FRAMES // 2)
    for number, (first, count) in enumerate(runs):
        if number and time.perf_counter() - begun > BUDGET_SECONDS:
            break
        ctx.step(number, len(runs), PHASE)
        at = time.perf_counter()
        pictures, depths = [], []
        for frame in range(first, first + count):
            if frame == first + 1:
                at = time.perf_counter()  # the first one may come after a seek
            pictures.append(prepare_picture(reader.frame(frame).rgb, size, encoding.bit_depth > 8))
            depths.append(_disparity(disparity, frame, pictures[0]))
        found.decode.append((time.perf_counter() - at) / max(1, count - 1))
        ctx.token.raise_if_cancelled()
        if not number:
            _compile(engine, project, pictures)
        share = BUDGET_SECONDS / (2 * len(runs))
        shown, depths, part = _worth_rendering(pictures, depths)
        seconds, results = _render_run(engine, project, shown, depths, k, share, ctx)
        found.render.append(seconds * part)
        _encode_run(found, pictures, shown, results, info, encoding, ctx)
    frames = stop - start
    return ExportEstimate(
        frames,
        _seconds_of(found, frames),
        _size_of(found, info, frames, settings.audio),
        memory_bytes(size, project.renderer, encoding.codec, encoding.bit_depth),
        total_bytes(),
        free_bytes(settings.output),
    )


def time_rendering(
    project: Project,
    clip_path: str | Path,
    settings: ExportSettings,
    disparity: DisparitySource | None = None,
    ctx: JobContext | None = None,
) -> float:
    """Seconds that rendering will take, measured on a few frames from the middle of the range.

    Decoding and encoding go on beside it, and are not counted.

    Args:
        project: The document.
        clip_path: Its clip.
        settings: What would be written.
        disparity: Of the clip, as far as it is there; without it a ramp stands in, which takes less time than most.
        ctx: Cancel.

    Raises:
        Cancelled: By the context.
        VbrError: The clip cannot be read, or the settings do not fit it.
    """
    with VideoReader(clip_path) as reader:
        start, stop = pipeline.frame_span(settings, reader.info)
        size = result_size((reader.info.width, reader.info.height), settings.short_side_px)
        first, count = _runs(start, stop, QUICK_FRAMES)[0]
        frames = range(first, first + count)
        pictures = [prepare_picture(reader.frame(frame).rgb, size, settings.bit_depth == 10) for frame in frames]
        depths = [_disparity(disparity, frame, picture) for frame, picture in zip(frames, pictures, strict=True)]
    engine = _engine(project, settings)
    k = _largest_blur(project)
    _compile(engine, project, pictures)
    shown, depths, part = _worth_rendering(pictures, depths)
    seconds, _ = _render_run(engine, project, shown, depths, k, math.inf, ctx or JobContext())
    return part * seconds * (stop - start)


def _largest_blur(project: Project) -> float:
    return max((key.value for key in project.blur.keys), default=project.blur.base)


def _compile(engine: RenderEngine, project: Project, pictures: list[Any]) -> None:
    """Render corners of a few pictures first, with an edge of depth: what is compiled is not paid for every frame."""
    if _largest_blur(project) == 0.0:
        return
    corners = [np.ascontiguousarray(each[:CORNER_PX, :CORNER_PX]) for each in pictures[:QUICK_FRAMES]]
    height, width = (-(-size // 2) for size in corners[0].shape[:2])  # to be enlarged, as depth mostly is
    depth = np.full((height, width), 0.2, np.float32)
    depth[:, : width // 2] = 0.8
    shot = engine.begin_shot(CORNER_BLUR)
    for corner in corners:
        shot.push(corner, depth, 0.5, CORNER_BLUR, look=look_at(project.look, 0))
    shot.finish()


def _worth_rendering(
    pictures: list[Any], depths: list[NDArray[np.float32]]
) -> tuple[list[Any], list[NDArray[np.float32]], int]:
    """What is rendered of pictures and maps to learn the time, and how many times as much the whole of them is."""
    if pictures[0].shape[0] * pictures[0].shape[1] < STRIP_PIXELS:
        return pictures, depths, 1
    return [_strip(each) for each in pictures], [_strip(each) for each in depths], STRIP


def _engine(project: Project, settings: ExportSettings | StillSettings) -> RenderEngine:
    return RenderEngine(msgspec.structs.replace(settings.render, renderer=project.renderer))


def _runs(start: int, stop: int, most: int = RUN_FRAMES) -> list[tuple[int, int]]:
    """(first frame, frames) of the pieces to measure, the middle one first."""
    count = min(most, stop - start)
    firsts = [start + round(part * (stop - start - count)) for part in (0.5, 1 / 6, 5 / 6)]
    return [(first, count) for first in dict.fromkeys(firsts)][:RUNS]


def _disparity(source: DisparitySource | None, frame_index: int, picture: NDArray[Any]) -> NDArray[np.float32]:
    """The disparity of a frame, or a ramp if it is not there."""
    if source is not None:
        try:
            return source.read(frame_index)
        except DepthError:
            pass
    height, width = picture.shape[:2]
    return np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None].repeat(width, axis=1)


def _render_run(
    engine: RenderEngine,
    project: Project,
    pictures: list[Any],
    depths: list[NDArray[np.float32]],
    k: float,
    share_seconds: float,
    ctx: JobContext,
) -> tuple[float, list[Any]]:
    """Render the first frames of a piece, as many as fit into the time. Returns seconds a frame, and the results."""
    d_f = project.focus.keys[0].value if project.focus.keys else project.focus.base
    look = look_at(project.look, 0)
    shot = engine.begin_shot(k * largest_share(d_f, look))
    results: list[Any] = []
    begun = time.perf_counter()
    done = 0
    for picture, depth in zip(pictures, depths, strict=True):
        ctx.token.raise_if_cancelled()
        results += shot.push(picture, depth, d_f, k, project.sharp_zone, look)
        done += 1
        if time.perf_counter() - begun > share_seconds:
            break
    results += shot.finish(ctx.token.raise_if_cancelled)
    return (time.perf_counter() - begun) / done, results


def _strip(picture: NDArray[Any]) -> NDArray[Any]:
    """The middle part of a picture or a map, over its whole height."""
    width = picture.shape[1]
    first = (STRIP // 2) * width // STRIP // 2 * 2
    return np.ascontiguousarray(picture[:, first : first + max(2, width // STRIP // 2 * 2)])


def _encode_run(
    found: _Measured,
    pictures: list[Any],
    shown: list[Any],
    results: list[Any],
    info: ClipInfo,
    encoding: EncodeSettings,
    ctx: JobContext,
) -> None:
    """Encode what was rendered; where that is only a part, the source's frames tell how much motion costs.

    Args:
        found: Gets the sizes and the time.
        pictures: The source's frames, of the size of the result.
        shown: What of them was to be rendered.
        results: The first of ``shown``, rendered.
        info: The clip.
        encoding: How to encode.
        ctx: Cancel.
    """
    ctx.token.raise_if_cancelled()
    whole = len(results) == len(pictures) and shown is pictures
    begun = time.perf_counter()
    alone, others = coded_sizes(results if whole else pictures, info, encoding)
    found.encode.append((time.perf_counter() - begun) / len(pictures))
    ratio = 1.0
    if not whole:
        before = alone[:1] if shown is pictures and alone else coded_sizes(shown[:1], info, encoding)[0]
        after, _ = coded_sizes(results[:1], info, encoding)
        ratio = sum(after) / max(1, sum(before))
    found.alone += [round(value * ratio) for value in alone]
    found.others += [round(value * ratio) for value in others]
    found.ratios.append(ratio)


def _seconds_of(found: _Measured, frames: int) -> tuple[float, float]:
    """The stages overlap: at best the slowest alone counts, at worst they take turns on the same cores."""
    decode, encode = sum(found.decode) / len(found.decode), sum(found.encode) / len(found.encode)
    low = 0.8 * max(decode, min(found.render), encode)
    high = 1.2 * (decode + max(found.render) + encode)
    return frames * low, frames * high + 1.0


def _size_of(found: _Measured, info: ClipInfo, frames: int, with_audio: bool) -> tuple[int, int]:
    """Frames that stand alone come at least once in a group; a shot that changes much has more of them."""
    alone = sum(found.alone) / max(1, len(found.alone))
    others = sum(found.others) / len(found.others) if found.others else alone
    groups = math.ceil(frames / gop_frames(info))
    picture = groups * alone + (frames - groups) * others
    seconds = info.duration_seconds * frames / max(1, info.frame_count)
    sound = [len(info.audio) * seconds * rate if with_audio else 0.0 for rate in AUDIO_BYTES_PER_SECOND]
    return round(0.65 * picture + sound[0]), round(1.55 * picture + sound[1]) + 100_000


def _estimate_still(
    reader: VideoReader,
    project: Project,
    settings: StillSettings,
    ctx: JobContext,
    disparity: DisparitySource | None,
) -> ExportEstimate:
    """One frame is rendered about as it will be; its size is that of the file, more or less."""
    import cv2

    info = reader.info
    pipeline.check_frame(settings.frame, info)
    engine = _engine(project, settings)
    rgb = reader.frame(settings.frame).rgb
    rgb = prepare_picture(rgb, (rgb.shape[1], rgb.shape[0]), settings.bit_depth == 16)
    ctx.step(0, 1, PHASE)
    depth = _disparity(disparity, settings.frame, rgb)
    d_f = project.focus.keys[0].value if project.focus.keys else project.focus.base
    look = look_at(project.look, 0)
    k = _largest_blur(project)
    _compile(engine, project, [rgb])
    ctx.token.raise_if_cancelled()
    begun = time.perf_counter()
    picture = engine.render(rgb, depth, d_f, k, project.sharp_zone, look=look)
    suffix = Path(settings.output).suffix.lower()
    deep = settings.bit_depth != 8 and suffix in DEEP_SUFFIXES
    done, data = cv2.imencode(
        suffix if suffix in STILL_SUFFIXES else ".png", picture if deep else to_eight_bits(picture)
    )
    size = len(data) if done else picture.nbytes
    seconds = time.perf_counter() - begun
    return ExportEstimate(
        1,
        (seconds, 1.5 * seconds + 1.0),
        (round(0.7 * size), round(1.4 * size)),
        memory_bytes((info.width, info.height), project.renderer),
        total_bytes(),
        free_bytes(settings.output),
    )


def _estimate_depth_files(
    reader: VideoReader, settings: DepthSettings, ctx: JobContext, disparity: DisparitySource | None
) -> ExportEstimate:
    """A few frames are written into a folder that is removed again."""
    from vbr_core.depth.export import choose_format, write_disparity

    info = reader.info
    start, stop = pipeline.frame_span(settings, info)
    frames = stop - start
    found = choose_format(Path(settings.output), settings.form)
    memory = memory_bytes((info.width, info.height), "", *(("hevc", 10) if found.name == "hevc10" else ()))
    room = (total_bytes(), free_bytes(settings.output))
    per_frame: list[tuple[float, float]] = []
    begun = time.perf_counter()
    for number, (first, count) in enumerate(_runs(start, stop)):
        if disparity is None or (number and time.perf_counter() - begun > BUDGET_SECONDS):
            break
        ctx.step(number, RUNS, PHASE)
        with tempfile.TemporaryDirectory(prefix="vbr-estimate-") as folder:
            place = Path(folder) / f"probe{(found.suffixes or ('',))[0]}"
            at = time.perf_counter()
            try:
                write_disparity(
                    disparity,
                    place,
                    info,
                    JobContext(None, ctx.token),
                    name=found.name,
                    span=(first, first + count),
                )
            except DepthError:  # not there yet
                break
            seconds = (time.perf_counter() - at) / count
            files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
            per_frame.append((seconds, sum(path.stat().st_size for path in files) / count))
    if not per_frame:
        pixels = info.width * info.height * frames
        return ExportEstimate(frames, (pixels * 1e-8, pixels * 4e-7 + 1.0), None, memory, *room)
    times = [seconds for seconds, _ in per_frame]
    sizes = [size for _, size in per_frame]
    low, high = (0.4, 1.1) if found.suffixes else (0.9, 1.1)
    return ExportEstimate(
        frames,
        (0.5 * min(times) * frames, 1.1 * max(times) * frames + 1.0),
        (round(low * min(sizes) * frames), round(high * max(sizes) * frames) + 100_000),
        memory,
        *room,
    )

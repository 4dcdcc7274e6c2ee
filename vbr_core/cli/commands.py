"""The commands of ``vbr``: read the arguments, call the pipeline, say what came out."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vbr_core.cli.console import Console, clock
from vbr_core.errors import InputError
from vbr_core.look import DEFAULT_LOOK, k_of_f_number, parse_look
from vbr_core.settings import (
    DEPTH_READINGS,
    RENDERERS,
    ExportSettings,
    RenderSettings,
    check_blur,
    check_choice,
    check_focus,
    check_sharp_zone,
)

if TYPE_CHECKING:
    from vbr_core.depth.source import DisparitySource
    from vbr_core.jobs import JobContext
    from vbr_core.project import FocusAnchor, Project
    from vbr_core.settings import DepthReading
    from vbr_core.video.info import ClipInfo


def parse_range(text: str | None) -> tuple[int, int | None]:
    """``A:B`` -> (A, B); either side may be empty.

    Raises:
        InputError: It is not of that form.
    """
    if text is None:
        return 0, None
    first, colon, last = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return int(first or 0), int(last) if last else None
    except ValueError:
        raise InputError(
            f"The range '{text}' is not of the form A:B.", "For example 48:96 for frames 48 to 95."
        ) from None


def parse_focus_at(text: str) -> tuple[int, float, float]:
    """``FRAME,X,Y`` -> numbers.

    Raises:
        InputError: It is not of that form.
    """
    parts = text.split(",")
    try:
        if len(parts) != 3:
            raise ValueError
        frame, x, y = int(parts[0]), float(parts[1]), float(parts[2])
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError
    except ValueError:
        raise InputError(
            f"The focus point '{text}' is not of the form FRAME,X,Y.",
            "For example 60,345,195: frame 60, pixel 345,195.",
        ) from None
    return frame, x, y


def run_render(
    path: str,
    output: Path,
    *,
    focus: float | None,
    focus_at: str | None,
    follow: str | None,
    blur: float | None,
    sharp_zone: float | None,
    f_number: float | None,
    looks: tuple[str, ...],
    renderer: str | None,
    depth: str | None,
    depth_meaning: str | None,
    span: str | None,
    codec: str,
    quality: int | None,
    size: int | None,
    bits: int | None,
    audio: bool,
    device: str,
    as_json: bool,
) -> None:
    """``vbr render``."""
    given = [
        name
        for name, value in (("--focus", focus), ("--focus-at", focus_at), ("--follow", follow))
        if value is not None
    ]
    if len(given) > 1:
        raise InputError(f"Both {given[0]} and {given[1]} are given.", "Give one of them.")
    if focus is not None:
        check_focus(focus)
    if blur is not None:
        check_blur(blur)
    if sharp_zone is not None:
        check_sharp_zone(sharp_zone)
    if f_number is not None:
        if blur is not None:
            raise InputError("Both -K and --f-number are given.", "Give one of them.")
        blur = check_blur(k_of_f_number(f_number))
    for text in looks:
        parse_look(text)
    if renderer is not None:
        check_choice(renderer, RENDERERS, "renderer")
    reading = _depth_reading(depth_meaning)
    clicked = focus_at if focus_at is not None else follow
    point = parse_focus_at(clicked) if clicked is not None else None
    start, stop = parse_range(span)
    render = RenderSettings(device=device)
    settings = ExportSettings(str(output), start, stop, codec, quality, audio, render, size, bits)

    from vbr_core import edits, pipeline
    from vbr_core.animation import look_at

    console = Console(as_json)
    project, clip_path, note = pipeline.open_project_or_clip(path)
    console.note(note)
    pipeline.check_output(output, (clip_path, Path(path)))
    info = pipeline.probe(clip_path)
    console.note(info.note)
    span_frames = pipeline.frame_span(settings, info)
    if point is not None:
        pipeline.check_frame(point[0], info)
        pipeline.check_point(point[1], point[2], info)
        if follow is not None and not span_frames[0] <= point[0] < span_frames[1]:
            raise InputError(
                f"The point to follow is marked on frame {point[0]}, which is not rendered.",
                f"Mark it on one of the frames {span_frames[0]} to {span_frames[1] - 1}.",
            )
    if renderer is not None:
        project = edits.set_renderer(project, renderer)
    stored = project.depth, project.depth_reading
    if depth is not None or depth_meaning is not None:
        project = edits.set_depth(project, depth or project.depth, reading)
    if sharp_zone is not None:
        project = edits.set_sharp_zone(project, sharp_zone)
    for text in looks:
        project = edits.set_look(project, parse_look(text, look_at(project.look, 0) or DEFAULT_LOOK))
    if blur is not None:
        project = pipeline.set_constant_blur(project, blur)
    if focus is not None:
        project = pipeline.set_constant_focus(project, focus)
    if point is None and focus is None and not project.focus.keys and path == str(clip_path):
        point = ((start + (stop or info.frame_count)) // 2, info.width / 2, info.height / 2)
        console.note(
            f"No focus was given: focusing on the middle of frame {point[0]}. "
            "Choose with --focus, --focus-at or --follow."
        )
    is_other = (project.depth, project.depth_reading) != stored
    with console.job() as ctx, contextlib.ExitStack() as opened:
        follow_span = span_frames if follow is not None else None
        _render(console, ctx, opened, project, info, settings, point, follow_span, is_other)


def _render(
    console: Console,
    ctx: JobContext,
    opened: contextlib.ExitStack,
    project: Project,
    info: ClipInfo,
    settings: ExportSettings,
    point: tuple[int, float, float] | None,
    follow_span: tuple[int, int] | None = None,
    is_other_depth: bool = False,
) -> None:
    """Depth, focus, export, and the result said.

    With ``follow_span``, the point is followed over those frames. With ``is_other_depth``, it is not the depth that the
    project's focus keys were clicked on.
    """
    from vbr_core import pipeline
    from vbr_core.depth.registry import licence_note
    from vbr_core.export_estimate import time_rendering
    from vbr_core.project import FocusAnchor

    clip_path = info.path
    with ctx.part(0.0, 0.35):
        disparity = pipeline.depth_for(project, clip_path, ctx, settings.render.device)
    opened.callback(disparity.close)
    console.remark(licence_note(project.depth))
    _note_reading(console, disparity)
    if is_other_depth or project.depth_fingerprint not in ("", disparity.fingerprint):
        project = _resampled(console, project, disparity, info)
    if point is not None and follow_span is not None:
        source = pipeline.repair_depth(disparity, project, clip_path)
        project = _follow(console, ctx, source, project, info, point, follow_span)
    elif point is not None:
        d_f = pipeline.sample_focus(pipeline.repair_depth(disparity, project, clip_path), info, *point)
        anchor: FocusAnchor = FocusAnchor(*point)
        project = pipeline.set_constant_focus(project, d_f, anchor)
        console.note(f"Focus: disparity {d_f:.3f} at frame {point[0]}, pixel {point[1]:g},{point[2]:g}.")
    _say_how_long(console, time_rendering(project, clip_path, settings, disparity, ctx))
    with ctx.part(0.35 if follow_span is None else 0.45, 1.0):
        result = pipeline.export_video(project, clip_path, settings, ctx, disparity)
    console.note(result.note if result.note != info.note else "")
    console.emit(
        "done",
        output=str(result.path),
        frames=result.frame_count,
        seconds=round(result.seconds, 2),
        note=result.note,
    )
    console.say(f"Wrote {result.path} ({result.frame_count} frames in {clock(result.seconds)}).")


def _resampled(console: Console, project: Project, disparity: DisparitySource, info: ClipInfo) -> Project:
    """The project with its clicked focus keys true to a disparity that is not the one they were sampled from."""
    from vbr_core import pipeline

    project, count = pipeline.resample_focus(project, pipeline.repair_depth(disparity, project, info.path), info)
    keys = "One clicked focus key was" if count == 1 else f"{count} clicked focus keys were"
    console.remark(f"{keys} sampled again, since the depth is another one." if count else "")
    return project


def _follow(
    console: Console,
    ctx: JobContext,
    source: DisparitySource,
    project: Project,
    info: ClipInfo,
    point: tuple[int, float, float],
    span: tuple[int, int],
) -> Project:
    """Let the focus go with what is at a point."""
    from vbr_core import pipeline
    from vbr_core.focus.baking import bake_track
    from vbr_core.focus.tracking import FollowStart, follow_in_clip

    with ctx.part(0.35, 0.45):
        found = follow_in_clip(info.path, source, FollowStart(*point), span, ctx, project.cuts_with(source.cuts))
    middle = next(sample for sample in found.samples if sample.frame == point[0])
    project = pipeline.set_constant_focus(project, middle.disparity or 0.0)
    project = bake_track(project, found.samples)
    text = f"Followed {len(found.samples)} of {found.stop - found.start} frames"
    if found.lost_frame is not None:
        text += f", lost at frame {found.lost_frame}"
    if found.lost_frame_before is not None:
        text += f", going back lost at frame {found.lost_frame_before}"
    console.note(f"{text}; {len(project.focus.keys)} focus keys.")
    return project


def run_demo(output: Path, depth: str | None, as_json: bool, device: str) -> None:
    """``vbr demo``: rack focus between the two subjects of the sample clip; its own true disparity is the default."""
    from vbr_core import pipeline
    from vbr_core.demo import demo_project, sample_disparity_path
    from vbr_core.export_estimate import time_rendering

    console = Console(as_json)
    clip = pipeline.sample_clip_path()
    settings = ExportSettings(str(output), render=RenderSettings(device=device))
    pipeline.check_output(output, (clip,))
    with console.job() as ctx, contextlib.ExitStack() as opened:
        ctx.step(0, 1, "Starting")
        part = 0.35 if depth else 0.0
        with ctx.part(0.0, part):
            given = depth or str(sample_disparity_path())
            disparity = pipeline.estimate_depth(clip, given, ctx, device=device)
            opened.callback(disparity.close)
        project = demo_project(disparity, pipeline.probe(clip))
        _say_how_long(console, time_rendering(project, clip, settings, disparity, ctx))
        with ctx.part(part, 1.0):
            result = pipeline.export_video(project, clip, settings, ctx, disparity)
    path = result.path.absolute()
    console.emit("done", output=str(path), frames=result.frame_count, seconds=round(result.seconds, 2), note="")
    by = f"the depth of '{depth}'" if depth else "the depth that ships with the clip"
    console.say(f"Wrote {path}: the sample clip, focus racked from the near to the far subject by {by}.")


def _say_how_long(console: Console, seconds: float) -> None:
    console.note(f"Rendering takes about {clock(seconds)} (h:mm:ss or m:ss) on this machine.")


def _depth_reading(text: str | None) -> DepthReading:
    return cast("DepthReading", check_choice(text or "auto", DEPTH_READINGS, "depth meaning"))


def _note_reading(console: Console, disparity: DisparitySource) -> None:
    """Say what the user should know of imported depth: how it was read where that is not certain, and its flaws."""
    reading = getattr(disparity, "reading", None)
    if reading is not None and not reading.sure:
        console.note(f"{reading.question} If near and far come out swapped, say what it is with --depth-meaning.")
    console.note(getattr(disparity, "note", ""))


def run_depth(
    path: str,
    output: Path,
    *,
    model: str | None,
    meaning: str | None,
    form: str | None,
    span: str | None,
    device: str,
    as_json: bool,
) -> None:
    """``vbr depth``: of a project the disparity that it wants, with its levels and repairs."""
    reading = _depth_reading(meaning)
    start, stop = parse_range(span)
    frames = ExportSettings(str(output), start, stop)

    from vbr_core import edits, pipeline
    from vbr_core.depth.export import check_disparity_output, write_disparity
    from vbr_core.depth.registry import licence_note

    console = Console(as_json)
    project, clip_path, note = pipeline.open_project_or_clip(path)
    console.note(note)
    if model is not None or meaning is not None:
        project = edits.set_depth(project, model or project.depth, reading)
    for given in (clip_path, Path(path)):
        check_disparity_output(output, given, form, project.depth)
    info = pipeline.probe(clip_path)
    console.note(info.note)
    start, stop = pipeline.frame_span(frames, info)
    with console.job() as ctx:
        with ctx.part(0.0, 0.7):
            disparity = pipeline.depth_for(project, clip_path, ctx, device)
        with contextlib.closing(disparity):
            console.remark(licence_note(project.depth))
            _note_reading(console, disparity)
            with ctx.part(0.7, 0.8):
                wanted = pipeline.repair_depth(disparity, project, clip_path, ctx, (start, stop))
            with ctx.part(0.8, 1.0):
                written = write_disparity(wanted, output, info, ctx, name=form, span=(start, stop))
    if written.name == "iw3" and info.variable_frame_rate:
        console.note("The clip's frame rate varies, which iw3 does not know: its export names the average rate.")
    cuts = [cut for cut in project.cuts_with(disparity.cuts) if start < cut < stop]
    console.emit("done", output=str(output), frames=stop - start, cuts=cuts, format=written.name, values=written.values)
    console.say(f"Wrote {output} ({stop - start} frames of disparity; {written.values}).")


def run_probe(path: str, as_json: bool) -> None:
    """``vbr probe``."""
    from vbr_core import pipeline

    info = pipeline.probe(path)
    facts: dict[str, Any] = {
        "path": str(info.path),
        "width": info.width,
        "height": info.height,
        "frames": info.frame_count,
        "frame_rate": str(info.frame_rate),
        "time_base": str(info.time_base),
        "variable_frame_rate": info.variable_frame_rate,
        "duration_seconds": round(info.duration_seconds, 6),
        "start_seconds": round(info.start_seconds, 6),
        "rotation": info.rotation,
        "sample_aspect_ratio": str(info.sample_aspect_ratio),
        "codec": info.codec,
        "pixel_format": info.pixel_format,
        "bit_depth": info.bit_depth,
        "color": {
            "matrix": info.color.matrix,
            "primaries": info.color.primaries,
            "transfer": info.color.transfer,
            "full_range": info.color.full_range,
            "guessed": info.color.guessed,
        },
        "audio": [
            {
                "codec": track.codec,
                "channels": track.channels,
                "sample_rate": track.sample_rate,
                "language": track.language,
            }
            for track in info.audio
        ],
        "note": info.note,
    }
    if as_json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        return
    console = Console()
    console.say(f"{info.path}")
    console.say(
        f"  picture  {info.width} x {info.height}, {info.codec}, {info.bit_depth} bit ({info.pixel_format})"
        + (f", rotated by {info.rotation} degrees" if info.rotation else "")
    )
    rate = f"{float(info.frame_rate):.3f}".rstrip("0").rstrip(".")
    kind = "variable, on average " if info.variable_frame_rate else ""
    console.say(f"  frames   {info.frame_count}, {kind}{rate} a second, {info.duration_seconds:.3f} s")
    guessed = " (guessed: the file does not say)" if info.color.guessed else ""
    span = "full" if info.color.full_range else "limited"
    console.say(
        f"  colour   {info.color.matrix} / {info.color.primaries} / {info.color.transfer}, {span} range{guessed}"
    )
    for track in info.audio:
        language = f", {track.language}" if track.language else ""
        console.say(f"  sound    {track.codec}, {track.channels} channels, {track.sample_rate} Hz{language}")
    if not info.audio:
        console.say("  sound    none")
    console.note(info.note)


def run_doctor(as_json: bool) -> None:
    """``vbr doctor``: exit status 0 if all that rendering needs is there, 2 otherwise."""
    from vbr_core.doctor import examine

    checks = examine()
    if as_json:
        rows = [
            {"name": check.name, "ok": check.ok, "needed": check.needed, "found": check.found, "hint": check.hint}
            for check in checks
        ]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        console = Console()
        for check in checks:
            mark = "ok  " if check.ok else ("FAIL" if check.needed else "none")
            console.say(f"{mark}  {check.name:22} {check.found}")
            if check.hint and not check.ok:
                console.say(f"      {'':22} -> {check.hint}")
    failed = [check.name for check in checks if check.needed and not check.ok]
    if failed:
        raise InputError(f"These checks failed: {', '.join(failed)}.", "The lines above say what to do.")

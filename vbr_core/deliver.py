"""One door for all that a project can be written as: a video, its disparity alone, one frame."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core import pipeline
from vbr_core.jobs import JobContext
from vbr_core.pipeline import ExportResult
from vbr_core.settings import DepthSettings, StillSettings
from vbr_core.still import export_still, to_eight_bits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.project import Project
    from vbr_core.settings import AnyExport

TAP_SECONDS = 0.25
TAP_SIDE_PX = 480


class FrameTap:
    """Lets somebody watch the frames of an export: small, and a few a second at most.

    Args:
        listener: Gets the frame index and the picture (h, w, 3) uint8, on the thread of the export.
        interval_seconds: Least time between two pictures.
        side_px: Longest side of a picture.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        listener: Callable[[int, NDArray[np.uint8]], object],
        interval_seconds: float = TAP_SECONDS,
        side_px: int = TAP_SIDE_PX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._interval = interval_seconds
        self._side = side_px
        self._clock = clock
        self._last = -float("inf")

    def __call__(self, frame_index: int, picture: NDArray[Any]) -> None:
        """Take the next frame: (H, W, 3) or (H, W), uint8 or uint16."""
        now = self._clock()
        if now - self._last < self._interval:
            return
        self._last = now
        height, width = picture.shape[:2]
        scale = min(1.0, self._side / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = to_eight_bits(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)))
        if small.ndim == 2:
            small = np.repeat(small[..., None], 3, axis=2)
        self._listener(frame_index, np.ascontiguousarray(small))


def deliver(
    project: Project,
    clip_path: str | Path,
    settings: AnyExport,
    ctx: JobContext | None = None,
    disparity: DisparitySource | None = None,
    on_frame: Callable[[int, NDArray[Any]], None] | None = None,
) -> ExportResult:
    """Write what ``settings`` says of a project. Depth that is not there yet is estimated first.

    Nothing appears under its name before it is complete.

    Args:
        project: The document.
        clip_path: Its clip.
        settings: What to write; its type says which kind of result.
        ctx: Progress and cancel.
        disparity: Of every frame, if it is at hand, with or without the project's repairs.
        on_frame: Called with index and picture of each frame, on another thread.

    Raises:
        Cancelled: By the context. Nothing is left behind.
        VbrError: Something in the input, the settings or the output is wrong.
    """
    ctx = ctx or JobContext()
    if isinstance(settings, DepthSettings):
        return _write_depth(project, Path(clip_path), settings, ctx, disparity, on_frame)
    if isinstance(settings, StillSettings):
        started = time.monotonic()
        path = export_still(
            project,
            clip_path,
            settings.frame,
            settings.output,
            ctx,
            disparity,
            settings.render,
            settings.bit_depth,
        )
        return ExportResult(path, 1, time.monotonic() - started)
    return pipeline.export_video(project, clip_path, settings, ctx, disparity, on_frame)


def _write_depth(
    project: Project,
    clip_path: Path,
    settings: DepthSettings,
    ctx: JobContext,
    disparity: DisparitySource | None,
    on_frame: Callable[[int, NDArray[Any]], None] | None,
) -> ExportResult:
    """The disparity as the project wants it: with its levels and repairs."""
    from vbr_core.depth.export import check_disparity_output, write_disparity

    started = time.monotonic()
    output = Path(settings.output)
    check_disparity_output(output, clip_path, settings.form, project.depth)
    info = pipeline.probe(clip_path)
    span = pipeline.frame_span(settings, info)
    done = 0.0
    with contextlib.ExitStack() as opened:
        if disparity is None:
            done = 0.5
            with ctx.part(0.0, done):
                disparity = pipeline.depth_for(project, clip_path, ctx, settings.render.device)
            opened.callback(disparity.close)
        if project.depth_edits or project.depth_levels:
            with ctx.part(done, done + 0.2):
                disparity = pipeline.repair_depth(disparity, project, clip_path, ctx, span)
            done += 0.2
        with ctx.part(done, 1.0):
            found = write_disparity(disparity, output, info, ctx, name=settings.form, span=span, on_frame=on_frame)
    return ExportResult(output, span[1] - span[0], time.monotonic() - started, f"{found.values}.")

"""The export loop: decode, render and encode at the same time, with a bounded number of frames on the way."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.animation import look_at, sample_track
from vbr_core.depth.estimate import reduce_picture
from vbr_core.depth.repair import RepairedDisparity
from vbr_core.depth.shots import CutDetector
from vbr_core.depth.source import CachedDisparity
from vbr_core.project import TRACK_LIMITS
from vbr_core.render.engine import RenderEngine
from vbr_core.render.request import shot_bound
from vbr_core.stages import ReadAhead, WriteBehind
from vbr_core.video.reader import to_float

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.jobs import JobContext
    from vbr_core.project import Project
    from vbr_core.render.engine import EngineStream, Picture
    from vbr_core.settings import RenderSettings
    from vbr_core.video.reader import VideoReader
    from vbr_core.video.writer import VideoWriter


TAKEN_SHARE = 0.25
"""About so much of the work on a frame is done when ``vbr`` has taken it in; the rest when its picture comes out,
which may be a dozen frames later."""


def knows_cuts(disparity: DisparitySource) -> bool:
    """Whether the source itself says where shots begin: what was estimated here does, and files that were looked at."""
    if isinstance(disparity, RepairedDisparity):
        return knows_cuts(disparity.source)
    known = isinstance(disparity, CachedDisparity) or getattr(disparity, "cuts_are_known", False)
    return known or bool(disparity.cuts)


def prepare_picture(rgb: Picture, size: tuple[int, int], deep: bool) -> Picture:
    """The picture that is rendered: of ``size`` (width, height), and with 16 bits if ``deep``.

    Args:
        rgb: (H, W, 3) uint8 or uint16.
        size: Width and height, not larger than those of ``rgb``.
        deep: Whether 8-bit pictures become uint16 first: v becomes 257 v.

    Returns:
        (size[1], size[0], 3) uint8 or uint16; ``rgb`` itself if nothing is to be done. Code values are averaged over
        the area, as an encoder's scaler would.
    """
    if deep and rgb.dtype == np.uint8:
        rgb = rgb.astype(np.uint16) * np.uint16(257)
    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    return np.ascontiguousarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def render_range(
    reader: VideoReader,
    writer: VideoWriter,
    project: Project,
    disparity: DisparitySource,
    settings: RenderSettings,
    span: tuple[int, int],
    ctx: JobContext,
    on_frame: Callable[[int, NDArray[np.uint8] | NDArray[np.uint16]], None] | None = None,
    size: tuple[int, int] | None = None,
    deep: bool = False,
) -> str:
    """Render the frames ``span[0]`` to ``span[1] - 1`` of a project into an open writer.

    Args:
        reader: The open clip; used on another thread until this function returns.
        writer: Open; gets every frame once, in order. The caller finishes it.
        project: Its curves say d_f and K of every frame.
        disparity: Disparity of every frame.
        settings: Renderer and device.
        span: First frame and one past the last.
        ctx: Progress and cancel.
        on_frame: Called with the index and the picture of each frame that was rendered, for showing it.
        size: Width and height of the pictures; None for the clip's own.
        deep: Whether pictures of 8 bits are rendered with 16.

    Returns:
        A note for the user, or nothing.

    Raises:
        Cancelled: By the context.
        VbrError: Decoding, rendering or writing failed.
    """
    start, stop = span
    total = stop - start
    cuts = project.cuts_with(disparity.cuts)
    focus = sample_track(project.focus, start, stop, cuts, TRACK_LIMITS["focus"])
    blur = sample_track(project.blur, start, stop, cuts, TRACK_LIMITS["blur"])
    engine = RenderEngine(settings)
    shape = size or (reader.info.width, reader.info.height)

    def decode() -> Iterator[tuple[int, NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.float32]]]:
        for frame in reader.frames(start, stop):
            yield frame.frame_index, prepare_picture(frame.rgb, shape, deep), disparity.read(frame.frame_index)

    def encode(item: tuple[int, NDArray[np.uint8] | NDArray[np.uint16]]) -> None:
        writer.write(*item)

    shot: EngineStream | None = None
    detector = None if knows_cuts(disparity) else CutDetector()
    waiting: deque[int] = deque()
    done = ready = 0  # written, and rendered

    def report() -> None:
        nonlocal ready
        taken = done + len(waiting)
        ready = min(max(ready, done), taken)
        ctx.step(done, total, "Rendering", worked=TAKEN_SHARE * taken + (1.0 - TAKEN_SHARE) * ready)

    def write(pictures: list[Picture]) -> None:
        nonlocal done
        for picture in pictures:
            frame_index = waiting.popleft()
            encoder.put((frame_index, picture))
            if on_frame is not None:
                on_frame(frame_index, picture)
            done += 1
            report()

    def before_next() -> None:
        nonlocal ready
        report()
        ready += 1

    report()
    with ReadAhead(decode) as frames, WriteBehind(encode) as encoder:
        for frame_index, rgb, depth in frames:
            at = frame_index - start
            # disparity that was opened by itself may know no cuts: they are looked for here
            if frame_index in cuts or (detector is not None and detector.is_cut(to_float(reduce_picture(rgb)))):
                if shot is not None:
                    write(shot.finish(before_next))
                shot = None
            if shot is None:
                shot = engine.begin_shot(shot_bound(project, frame_index, cuts, disparity.frame_count))
            waiting.append(frame_index)
            look = look_at(project.look, frame_index, cuts)
            pictures = shot.push(rgb, depth, float(focus[at]), float(blur[at]), project.sharp_zone, look)
            write(pictures)
            if not pictures:
                report()
        if shot is not None:
            write(shot.finish(before_next))
    return engine.note

"""The one door from the window to the core's heavy half.

Every method imports what it needs when it is called, and all of them (but :meth:`Core.sample_clip_path`) are meant for
worker threads: importing the core takes seconds. Tests give the window another object with the same methods.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QCoreApplication

from app.preload import load_libraries
from vbr_core.project import NO_CUT_EDITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np

    from vbr_core.about import Part
    from vbr_core.clip_link import ClipLink
    from vbr_core.depth.model_files import ModelStatus
    from vbr_core.depth.subjects import Subject
    from vbr_core.focus.tracking import Followed
    from vbr_core.jobs import JobContext
    from vbr_core.project import Clip, CutEdits, Project
    from vbr_core.render.request import FocusSample, RenderedFrame, RenderRequest
    from vbr_core.settings import AnyExport
    from vbr_core.video.info import ClipInfo
    from vbr_core.video.waveform import Waveform


class FrameServerLike(Protocol):
    """What the preview needs: pictures of one clip. Used from one thread only."""

    def set_disparity(self, source: object | None) -> None: ...
    def render(self, request: RenderRequest) -> RenderedFrame: ...
    def sample(self, frame_index: int, x: float, y: float) -> FocusSample | None: ...
    def histogram(self, frame_index: int, bins: int = 64) -> np.ndarray | None: ...
    def subjects(self, frame_index: int) -> tuple[Subject, ...] | None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """What opening a clip found.

    Attributes:
        path: The file.
        info: What is in it.
        entry: Its part of the document.
        link: How the project's clip was found again; None when a clip was opened by itself.
    """

    path: Path
    info: ClipInfo
    entry: Clip
    link: ClipLink | None = None


class Core:
    """The operations of ``vbr_core`` that the window uses."""

    def open_clip(self, path: Path, ctx: JobContext) -> OpenedClip:
        """Look into a video file."""
        load_libraries()
        from vbr_core import pipeline

        ctx.token.raise_if_cancelled()
        info = pipeline.probe(path)
        ctx.token.raise_if_cancelled()
        # What the first picture and the depth need is imported before the window fills with a document: an import holds
        # Python's lock most of the time, and each row that paints itself meanwhile would wait for it.
        import vbr_core.depth.estimate
        import vbr_core.frame_server  # noqa: F401

        ctx.token.raise_if_cancelled()
        return OpenedClip(path, info, pipeline.make_clip_entry(info))

    def find_clip(self, clip: Clip, project_path: Path | None) -> ClipLink:
        """Look for the clip of a project; if it is not where it should be, around there too."""
        from vbr_core.clip_link import find_clip
        from vbr_core.clip_search import search_near

        link = find_clip(clip, project_path)
        return link if link.state in ("found", "moved") else search_near(clip, project_path) or link

    def search_clip(self, clip: Clip, folder: Path, ctx: JobContext) -> Path | None:
        """Look for the clip of a project below a folder."""
        from vbr_core.clip_search import search_clip

        return search_clip(clip, [folder], ctx)

    def open_frames(self, path: Path) -> FrameServerLike:
        """Open a clip for the preview."""
        load_libraries()
        from vbr_core.frame_server import FrameServer

        return FrameServer(path)

    def load_waveform(self, info: ClipInfo, ctx: JobContext) -> Waveform | None:
        """Peaks of a clip's sound, for drawing."""
        load_libraries()
        from vbr_core.video.waveform import load_waveform

        return load_waveform(info, ctx)

    def open_sound(self, info: ClipInfo, stream_index: int, seconds: float, rate: int) -> Iterator[np.ndarray]:
        """Sound of a clip from a time on, (n, 2) int16 a block."""
        load_libraries()
        from vbr_core.video.sound import sound_from

        return sound_from(info.path, stream_index, seconds, rate, info.start_seconds)

    def frame_times(self, info: ClipInfo) -> tuple[float, ...]:
        """When each frame of a clip begins, in seconds from the first."""
        load_libraries()
        from vbr_core.video.reader import VideoReader

        with VideoReader(info.path) as reader:
            index = reader.index
        return tuple(((index.pts - index.pts[0]) * float(index.time_base)).tolist())

    def estimate_depth(
        self,
        clip_path: Path,
        depth: str,
        ctx: JobContext,
        on_ready: Callable[[object], None],
        reading: str = "auto",
        cut_edits: CutEdits = NO_CUT_EDITS,
    ) -> Any:
        """Make or load the disparity of a clip; ``on_ready`` gets a source that fills up meanwhile."""
        from vbr_core import pipeline

        return pipeline.estimate_depth(clip_path, depth, ctx, on_ready=on_ready, reading=reading, cut_edits=cut_edits)

    def follow_point(
        self,
        clip_path: Path,
        source: Any,
        start: tuple[int, float, float, tuple[float, float] | None],
        span: tuple[int, int],
        ctx: JobContext,
        cuts: tuple[int, ...],
    ) -> Followed:
        """Follow a point or a box of the picture through its shot; ``start`` as in FollowStart."""
        from vbr_core.focus.tracking import FollowStart, follow_in_clip

        return follow_in_clip(clip_path, source, FollowStart(*start), span, ctx, cuts)

    def repair_depth(self, source: Any, project: Project, clip_path: Path) -> Any:
        """The disparity with the project's levels and repairs; quick, and not heavy once there is a source."""
        from vbr_core import pipeline

        return pipeline.repair_depth(source, project, clip_path)

    def export(
        self,
        project: Project,
        clip_path: Path,
        settings: AnyExport,
        ctx: JobContext,
        disparity: Any | None,
        on_picture: Callable[[int, np.ndarray], object] | None = None,
    ) -> Any:
        """Write the result; ``on_picture`` gets small pictures of a few frames a second, on the thread of the job."""
        load_libraries()
        from vbr_core.deliver import FrameTap, deliver

        return deliver(project, clip_path, settings, ctx, disparity, FrameTap(on_picture) if on_picture else None)

    def export_still(
        self,
        project: Project,
        clip_path: Path,
        frame_index: int,
        output: Path,
        ctx: JobContext,
        disparity: Any | None,
    ) -> Path:
        """Write one frame of the result as a picture."""
        from vbr_core.still import export_still

        return export_still(project, clip_path, frame_index, output, ctx, disparity)

    def estimate_export(
        self, project: Project, clip_path: Path, settings: AnyExport, ctx: JobContext, disparity: Any | None
    ) -> Any:
        """What an export will need, from a few measured frames: an ExportEstimate."""
        load_libraries()
        from vbr_core.export_estimate import estimate_export

        return estimate_export(project, clip_path, settings, ctx, disparity)

    def describe_device(self) -> str:
        """What pictures are rendered on, in a few words."""
        load_libraries()
        from vbr_core.render.devices import gpu_name, pick_device

        name = gpu_name(pick_device("auto"))
        if name:
            return QCoreApplication.translate("Core", "GPU: {name}").format(name=name)
        count = os.cpu_count() or 1
        if count == 1:
            return QCoreApplication.translate("Core", "CPU, one core")
        return QCoreApplication.translate("Core", "CPU, {count} cores").format(count=count)

    def describe_parts(self) -> list[Part]:
        """What the program is made of, with the licences."""
        from vbr_core.about import parts

        return parts()

    def licence_text(self, part: Part) -> str:
        """The words of a part's licence."""
        from vbr_core.about import licence_text

        return licence_text(part)

    def describe_machine(self, *lines: str) -> str:
        """Versions and devices as text, for a report; ``lines`` are put into it."""
        load_libraries()
        from vbr_core.about import diagnostics

        return diagnostics(lines)

    def model_statuses(self) -> tuple[ModelStatus, ...]:
        """How the depth models stand on this machine."""
        from vbr_core.depth.model_files import all_statuses

        return all_statuses()

    def get_model(self, name: str, ctx: JobContext) -> Path:
        """Download the weights of a depth model."""
        from vbr_core.depth.model_files import get_model
        from vbr_core.depth.registry import find_model

        return get_model(find_model(name), ctx)

    def verify_model(self, name: str, ctx: JobContext) -> Path:
        """Read the weights of a depth model and compare their hash."""
        from vbr_core.depth.model_files import verify
        from vbr_core.depth.registry import find_model

        return verify(find_model(name), ctx)

    def import_model(self, name: str, path: Path, ctx: JobContext) -> Path:
        """Take the weights of a depth model from a file."""
        from vbr_core.depth.model_files import import_model
        from vbr_core.depth.registry import find_model

        return import_model(find_model(name), path, ctx)

    def remove_model(self, name: str) -> None:
        """Delete the weights of a depth model."""
        from vbr_core.depth.model_files import remove_model
        from vbr_core.depth.registry import find_model

        remove_model(find_model(name))

    def sample_clip_path(self) -> Path:
        """The clip that comes with the program."""
        from pathlib import Path

        import resources

        return Path(next(iter(resources.__path__))) / "sample" / "sample.mp4"

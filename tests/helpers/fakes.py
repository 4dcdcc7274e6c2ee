"""A core, a frame server and dialogs for tests of the window: no video, no network, no waiting."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.core_access import OpenedClip
from vbr_core.clip_link import ClipLink
from vbr_core.depth.subjects import Subject
from vbr_core.export_needs import ExportEstimate
from vbr_core.project import NO_CUT_EDITS, Clip, Project
from vbr_core.render.request import FocusSample, RenderedFrame, RenderRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbr_core.jobs import JobContext
    from vbr_core.project import CutEdits, DepthEdit, Stroke
    from vbr_core.settings import AnyExport

WIDTH, HEIGHT, FRAMES = 320, 180, 48


def make_info(
    path: Path = Path("/clips/fake.mp4"), frame_count: int = FRAMES, width: int = WIDTH, height: int = HEIGHT
) -> Any:
    """The facts of a clip that the window reads."""
    return SimpleNamespace(
        path=path,
        width=width,
        height=height,
        frame_count=frame_count,
        frame_rate=Fraction(24),
        time_base=Fraction(1, 24),
        duration_seconds=frame_count / 24,
        note="",
    )


class FakeDisparity:
    """Disparity that rises from left to right; ready for the frames below ``ready_frames``."""

    cuts: tuple[int, ...] = ()
    fingerprint = "starter-1"

    def __init__(self, ready_frames: int = FRAMES) -> None:
        self.ready_frames = ready_frames
        self.gain = 1.0
        """Samples are multiplied by it."""
        self.closed_on: list[str] = []
        """Names of the threads that closed it."""

    def close(self) -> None:
        self.closed_on.append(threading.current_thread().name)


class FakeRepaired:
    """A source with repairs: each halves its samples; levels multiply them by their near end."""

    def __init__(self, core: FakeCore, source: FakeDisparity, project: Project) -> None:
        self.core = core
        self.source = source
        self.cuts = source.cuts
        self.edits = tuple(edit for edit in project.depth_edits if edit.enabled)
        self.levels = project.depth_levels

    @property
    def ready_frames(self) -> int:
        return self.source.ready_frames

    @property
    def gain(self) -> float:
        near = self.levels[0].near if self.levels else 1.0
        return self.source.gain * 0.5 ** len(self.edits) * near

    def is_prepared(self) -> bool:
        return self.core.carried.issuperset(edit.strokes for edit in self.edits)

    def prepare(self, ctx: JobContext) -> None:
        done = 0
        while not self.core.carry_gate.wait(0.01):
            done = min(done + 1, FRAMES - 1)
            ctx.step(done, FRAMES, "Carrying")
        if self.core.carry_error is not None:
            raise self.core.carry_error
        self.core.carried.update(edit.strokes for edit in self.edits)

    def lost_frames(self) -> dict[DepthEdit, tuple[int | None, int | None]]:
        return dict.fromkeys(self.edits, self.core.repairs_lost) if any(self.core.repairs_lost) else {}


class FakeFrameServer:
    """Paints the values of the request into the picture: red d_f, green K / 400, blue the frame."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.width, self.height = width, height
        self.requests: list[RenderRequest] = []
        self.sampled: list[tuple[int, float, float]] = []
        self.gate = threading.Event()
        """Rendering waits for it."""
        self.gate.set()
        self.began = threading.Event()
        """Set whenever a rendering begins."""
        self.error: Exception | None = None
        self.disparity: FakeDisparity | None = None
        self.closed = False
        self.thread_names: set[str] = set()

    def set_disparity(self, source: Any) -> None:
        self.disparity = source

    def _ready(self, frame_index: int) -> bool:
        return self.disparity is not None and frame_index < self.disparity.ready_frames

    def render(self, request: RenderRequest) -> RenderedFrame:
        self.thread_names.add(threading.current_thread().name)
        self.requests.append(request)
        self.began.set()
        assert self.gate.wait(20), "the test never opened the gate"
        if self.error is not None:
            raise self.error
        lines = request.lines or self.height
        rgb = np.empty((lines, round(self.width * lines / self.height), 3), np.uint8)
        rgb[...] = (round(255 * request.d_f), round(255 * request.k / 400), request.frame_index % 256)
        return RenderedFrame(request, rgb, 0.05, self.height, self._ready(request.frame_index))

    def sample(self, frame_index: int, x: float, y: float) -> FocusSample | None:
        self.sampled.append((frame_index, x, y))
        if not self._ready(frame_index):
            return None
        return FocusSample(frame_index, x, y, self.disparity.gain * x / self.width, 25)

    def histogram(self, frame_index: int, bins: int = 64) -> np.ndarray | None:
        return np.linspace(0.0, 1.0, bins, dtype=np.float32) if self._ready(frame_index) else None

    def subjects(self, frame_index: int) -> Any:
        if not self._ready(frame_index):
            return None
        return tuple(Subject(x, 0.5, self.disparity.gain * x, 0.1) for x in (0.8, 0.5, 0.2))

    def close(self) -> None:
        self.closed = True


class FakeCore:
    """Answers at once, unless a gate is closed."""

    def __init__(self) -> None:
        self.server = FakeFrameServer()
        self.info = make_info()
        self.open_error: Exception | None = None
        self.open_gate = threading.Event()
        """Opening a clip waits for it."""
        self.open_gate.set()
        self.link: ClipLink | None = None
        self.depth_gate = threading.Event()
        self.depth_gate.set()
        self.depth_error: Exception | None = None
        self.depth_asked: list[str] = []
        self.cuts: tuple[int, ...] = ()
        self.final_gain: dict[str, float] = {}
        """Depth -> gain of its samples when it is complete."""
        self.partial_frames = 0
        """Frames that are ready as soon as the depth job has begun."""
        self.carry_gate = threading.Event()
        """Carrying depth repairs waits for it."""
        self.carry_gate.set()
        self.carry_error: Exception | None = None
        self.repairs_lost: tuple[int | None, int | None] = (None, None)
        self.carried: set[tuple[Stroke, ...]] = set()
        self.export_gate = threading.Event()
        self.export_gate.set()
        self.export_error: Exception | None = None
        self.exported: list[tuple[Project, Path, Any, object]] = []
        self.estimate = ExportEstimate(FRAMES, (125.0, 300.0), (20_000_000, 35_000_000), 10**9, 8 * 10**9, 10**11)
        self.estimate_gate = threading.Event()
        self.estimate_gate.set()
        self.estimate_error: Exception | None = None
        self.estimated: list[Any] = []
        self.source: FakeDisparity | None = None
        self.stills: list[tuple[Project, int, Path, object]] = []
        self.searched: list[Path] = []
        self.search_result: Path | None = None

    def open_clip(self, path: Path, ctx: JobContext) -> OpenedClip:
        while not self.open_gate.wait(0.01):
            ctx.step(0, 1, "Opening")
        if self.open_error is not None:
            raise self.open_error
        entry = Clip(path=str(path), absolute_path=str(path), frame_count=self.info.frame_count)
        return OpenedClip(path, self.info, entry)

    def find_clip(self, clip: Clip, project_path: Path | None) -> ClipLink:
        return self.link or ClipLink("found", Path(clip.absolute_path or clip.path))

    def load_waveform(self, info: Any, ctx: JobContext) -> Any:
        return None

    def open_frames(self, path: Path) -> FakeFrameServer:
        return self.server

    def estimate_depth(
        self,
        clip_path: Path,
        depth: str,
        ctx: JobContext,
        on_ready: Callable[[object], None],
        reading: str = "auto",
        cut_edits: CutEdits = NO_CUT_EDITS,
    ) -> FakeDisparity:
        self.depth_asked.append(depth)
        if self.depth_error is not None:
            raise self.depth_error
        source = self.source = FakeDisparity(self.partial_frames)
        source.cuts = cut_edits.over(self.cuts)
        on_ready(source)
        done = 0
        while not self.depth_gate.wait(0.01):
            done = min(done + 1, FRAMES - 1)
            ctx.step(done, FRAMES, "Estimating depth")
        source.ready_frames = FRAMES
        source.gain = self.final_gain.get(depth, 1.0)
        return source

    def repair_depth(self, source: Any, project: Project, clip_path: Path) -> FakeRepaired:
        return FakeRepaired(self, source, project)

    def export(
        self,
        project: Project,
        clip_path: Path,
        settings: AnyExport,
        ctx: JobContext,
        disparity: object | None,
        on_picture: Callable[[int, np.ndarray], object] | None = None,
    ) -> Any:
        done = 0
        if on_picture is not None:
            on_picture(7, np.full((90, 160, 3), (10, 200, 30), np.uint8))
        while not self.export_gate.wait(0.01):
            done = min(done + 1, FRAMES - 1)
            ctx.step(done, FRAMES, "Rendering")
        ctx.step(FRAMES, FRAMES, "Rendering")
        if self.export_error is not None:
            raise self.export_error
        self.exported.append((project, clip_path, settings, disparity))
        return SimpleNamespace(path=Path(settings.output), frame_count=FRAMES, seconds=2.0, note="")

    def export_still(
        self, project: Project, clip_path: Path, frame_index: int, output: Path, ctx: JobContext, disparity: object
    ) -> Path:
        self.stills.append((project, frame_index, output, disparity))
        return output

    def search_clip(self, clip: Clip, folder: Path, ctx: JobContext) -> Path | None:
        self.searched.append(folder)
        return self.search_result

    def estimate_export(
        self, project: Project, clip_path: Path, settings: AnyExport, ctx: JobContext, disparity: object | None
    ) -> ExportEstimate:
        self.estimated.append(settings)
        while not self.estimate_gate.wait(0.01):
            ctx.step(0, 3, "Measuring")
        if self.estimate_error is not None:
            raise self.estimate_error
        return self.estimate

    def describe_device(self) -> str:
        return "CPU, 2 cores"

    def describe_parts(self) -> list[Any]:
        return [SimpleNamespace(name=name, version="1", licence="MIT") for name in ("first", "second")]

    def licence_text(self, part: Any) -> str:
        return f"The licence of {part.name}."

    def describe_machine(self, *lines: str) -> str:
        return "\n".join(("VBR Studio", *lines))

    def sample_clip_path(self) -> Path:
        return Path("/clips/sample.mp4")

    def model_statuses(self) -> tuple[Any, ...]:
        return ()


class FakeDialogs:
    """Answers questions from attributes and notes what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.document: Path | None = None
        self.clip: Path | None = None
        self.project_target: Path | None = None
        self.export_target: Path | None = None
        self.depth: Path | None = None
        self.weights: Path | None = None
        self.remove = False
        self.unsaved = "cancel"
        self.swapped = "cancel"
        self.relink = "file"
        self.search_folder: Path | None = None
        self.still_target: Path | None = None
        self.stop_exports = True
        self.forget_kept = False
        self.preset_name: str | None = None
        self.export_anyway = False

    def ask_preset_name(self, suggestion: str) -> str | None:
        self.asked.append(f"preset: {suggestion}")
        return self.preset_name

    def ask_short_disk(self, sentence: str) -> bool:
        self.asked.append(f"short disk: {sentence}")
        return self.export_anyway

    def choose_depth_target(self, suggestion: Path, suffixes: tuple[str, ...]) -> Path | None:
        self.asked.append("depth target")
        return self.depth

    def choose_document(self) -> Path | None:
        self.asked.append("document")
        return self.document

    def locate_clip(self, sentence: str) -> Path | None:
        self.asked.append(f"locate: {sentence}")
        return self.clip

    def choose_project_target(self, suggestion: Path) -> Path | None:
        self.asked.append(f"save: {suggestion.name}")
        return self.project_target

    def choose_export_target(self, suggestion: Path) -> Path | None:
        self.asked.append("export")
        return self.export_target

    def choose_depth_folder(self) -> Path | None:
        self.asked.append("depth folder")
        return self.depth

    def choose_depth_video(self) -> Path | None:
        self.asked.append("depth video")
        return self.depth

    def choose_weights_file(self, title: str) -> Path | None:
        self.asked.append(f"weights: {title}")
        return self.weights

    def ask_remove_model(self, title: str, size: str) -> bool:
        self.asked.append(f"remove: {title}, {size}")
        return self.remove

    def ask_unsaved(self, name: str) -> str:
        self.asked.append(f"unsaved: {name}")
        return self.unsaved

    def ask_swapped(self, sentence: str) -> str:
        self.asked.append("swapped")
        return self.swapped

    def ask_relink(self, sentence: str, detail: str, can_search: bool) -> str:
        self.asked.append(f"relink: {sentence}")
        answer, self.relink = self.relink, "file"  # a folder is searched once, or it would be asked for ever
        return answer

    def choose_search_folder(self) -> Path | None:
        self.asked.append("search folder")
        return self.search_folder

    def choose_still_target(self, suggestion: Path) -> Path | None:
        self.asked.append(f"still: {suggestion.name}")
        return self.still_target

    def ask_stop_exports(self, sentence: str) -> bool:
        self.asked.append(f"stop exports: {sentence}")
        return self.stop_exports

    def ask_forget_kept(self, name: str) -> bool:
        self.asked.append(f"forget: {name}")
        return self.forget_kept

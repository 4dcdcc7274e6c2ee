"""What an export will need, measured; compared with what it then took."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.helpers.clips import make_clip
from vbr_core import edits, export_estimate
from vbr_core.deliver import deliver
from vbr_core.errors import DepthError, InputError, OutputError
from vbr_core.export_estimate import estimate_export, memory_bytes, time_rendering
from vbr_core.export_needs import ExportEstimate, needed_room
from vbr_core.jobs import Cancelled, JobContext
from vbr_core.project import Project
from vbr_core.render.engine import EngineStream, RenderEngine
from vbr_core.settings import DepthSettings, ExportSettings, StillSettings

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT, FRAMES = 160, 96, 60


class Halves:
    """Disparity 0.8 on the left half, 0.2 on the right, with a little noise."""

    cuts = (30,)
    frame_count = FRAMES
    fingerprint = "halves"

    def __init__(self, ready: int = FRAMES) -> None:
        self.ready = ready

    def read(self, frame_index: int) -> np.ndarray:
        if frame_index >= self.ready:
            raise DepthError("not there yet")
        values = np.full((HEIGHT, WIDTH), 0.2, np.float32)
        values[:, : WIDTH // 2] = 0.8
        return values + np.random.default_rng(frame_index).normal(0, 0.01, values.shape).astype(np.float32)

    def close(self) -> None: ...


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("estimate") / "clip.mp4", width=WIDTH, height=HEIGHT, frames=FRAMES, audio=0
    )


@pytest.fixture
def project() -> Project:
    return edits.set_base(Project(renderer="scatter"), "blur", 30.0)


def test_the_file_is_about_as_large_as_was_said(
    clip: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_estimate, "BUDGET_SECONDS", 600.0)  # a busy machine measures less in the same time
    settings = ExportSettings(str(tmp_path / "a.mp4"), quality=6)
    found = estimate_export(project, clip, settings, None, Halves())  # type: ignore[arg-type]
    result = deliver(project, clip, settings, None, Halves())  # type: ignore[arg-type]
    assert found.size_bytes is not None
    assert found.size_bytes[0] < result.path.stat().st_size < found.size_bytes[1]
    assert found.size_bytes[0] > 0.3 * result.path.stat().st_size
    assert found.frame_count == result.frame_count == FRAMES
    assert 0 < found.seconds[0] < found.seconds[1]
    assert found.free_bytes is not None
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    finer = estimate_export(project, clip, replace_quality(settings, 0), None, Halves())  # type: ignore[arg-type]
    assert finer.size_bytes is not None
    assert finer.size_bytes[0] > 1.2 * found.size_bytes[0]


def replace_quality(settings: ExportSettings, quality: int) -> ExportSettings:
    return ExportSettings(settings.output, quality=quality)


def test_a_part_of_a_large_picture_stands_for_it(
    clip: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ExportSettings(str(tmp_path / "a.mp4"), quality=6)
    whole = estimate_export(project, clip, settings, None, Halves())  # type: ignore[arg-type]
    monkeypatch.setattr(export_estimate, "STRIP_PIXELS", 100)
    widths: set[int] = set()
    begin = export_estimate._render_run

    def watch(engine: Any, project: Project, pictures: list[Any], *rest: Any) -> Any:
        widths.update(picture.shape[1] for picture in pictures)
        return begin(engine, project, pictures, *rest)

    monkeypatch.setattr(export_estimate, "_render_run", watch)
    part = estimate_export(project, clip, settings, None, Halves())  # type: ignore[arg-type]
    assert whole.size_bytes is not None
    assert part.size_bytes is not None
    assert widths == {WIDTH // 3 // 2 * 2}
    assert 0.5 < part.size_bytes[0] / whole.size_bytes[0] < 2.0


def test_depth_is_measured_once_it_is_there(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    settings = DepthSettings(str(tmp_path / "maps"), 0, 20, "png16")
    assert estimate_export(Project(), clip, settings).size_bytes is None
    assert estimate_export(Project(), clip, settings, None, Halves(0)).size_bytes is None  # type: ignore[arg-type]
    found = estimate_export(Project(), clip, settings, None, Halves())  # type: ignore[arg-type]
    deliver(Project(), clip, settings, None, Halves())  # type: ignore[arg-type]
    taken = sum(path.stat().st_size for path in (tmp_path / "maps").iterdir())
    assert found.size_bytes is not None
    assert found.size_bytes[0] < taken < found.size_bytes[1]
    assert not list(scratch.iterdir())


def test_a_still_is_estimated(clip: Path, project: Project, tmp_path: Path) -> None:
    settings = StillSettings(str(tmp_path / "a.png"), 4, 16)
    found = estimate_export(project, clip, settings, None, Halves())  # type: ignore[arg-type]
    result = deliver(project, clip, settings, None, Halves())  # type: ignore[arg-type]
    assert found.frame_count == 1
    assert found.size_bytes is not None
    assert found.size_bytes[0] < result.path.stat().st_size < found.size_bytes[1]


def test_it_stops_when_told_and_refuses_what_cannot_be(clip: Path, project: Project, tmp_path: Path) -> None:
    ctx = JobContext()
    ctx.listener = lambda _progress: ctx.token.cancel()
    with pytest.raises(Cancelled):
        estimate_export(project, clip, ExportSettings(str(tmp_path / "a.mp4")), ctx, Halves())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="outside the clip"):
        estimate_export(project, clip, ExportSettings(str(tmp_path / "a.mp4"), 0, FRAMES + 1))
    with pytest.raises(OutputError, match=r"cannot be written"):
        estimate_export(project, clip, DepthSettings(str(tmp_path / "a.avi")))


def test_room_has_a_margin() -> None:
    found = ExportEstimate(10, (1.0, 2.0), (10**9, 2 * 10**9), 10**9, 0, 2 * 10**9)
    assert found.missing_bytes == needed_room(2 * 10**9) - 2 * 10**9 > 0
    assert replace(found, free_bytes=3 * 10**9).missing_bytes == 0
    assert replace(found, free_bytes=None).missing_bytes == 0
    assert replace(found, size_bytes=None).missing_bytes == 0


def test_larger_pictures_and_deeper_files_need_more_memory() -> None:
    small = memory_bytes((1280, 720), "scatter", "h264")
    assert memory_bytes((3840, 2160), "scatter", "h264") > 1.5 * small
    assert memory_bytes((1280, 720), "vbr", "hevc", 10) > memory_bytes((1280, 720), "vbr", "h264") > small


@pytest.mark.parametrize("strip_pixels", [WIDTH * HEIGHT + 1, WIDTH * HEIGHT])
def test_the_time_is_that_of_frames_with_their_own_disparity(
    clip: Path, project: Project, monkeypatch: pytest.MonkeyPatch, strip_pixels: int
) -> None:
    """Large pictures are measured by a third of them."""
    monkeypatch.setattr(export_estimate, "STRIP_PIXELS", strip_pixels)
    rendered: list[tuple[int, int, float, float]] = []

    def render_run(
        _engine: Any, _project: Any, pictures: list[Any], depths: list[Any], k: float, *_given: Any
    ) -> tuple[float, list[Any]]:
        rendered.extend(
            (*picture.shape[:2], float(depth.min()), k) for picture, depth in zip(pictures, depths, strict=True)
        )
        return 2.0, pictures

    monkeypatch.setattr(export_estimate, "_render_run", render_run)
    settings = ExportSettings("a.mp4", start=10, stop=30)
    seconds = time_rendering(project, clip, settings, Halves())  # type: ignore[arg-type]
    part = 3 if strip_pixels == WIDTH * HEIGHT else 1
    assert seconds == pytest.approx(20 * 2.0 * part)
    assert len(rendered) == export_estimate.QUICK_FRAMES
    for height, width, least, k in rendered:
        assert (height, k) == (HEIGHT, 30.0)
        assert width == pytest.approx(WIDTH / part, abs=2)
        assert least > 0.1  # no ramp
    # of one frame there is no more than that
    rendered.clear()
    time_rendering(project, clip, ExportSettings("a.mp4", start=10, stop=11), Halves())  # type: ignore[arg-type]
    assert len(rendered) == 1


def test_measuring_the_time_can_be_cancelled(clip: Path, project: Project) -> None:
    ctx = JobContext()
    ctx.token.cancel()
    with pytest.raises(Cancelled):
        time_rendering(project, clip, ExportSettings("a.mp4"), Halves(), ctx)  # type: ignore[arg-type]


def test_what_is_compiled_is_not_measured(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small shot with a visible edge of depth goes first; without blur there is nothing to compile."""
    order: list[str] = []
    render_run = export_estimate._render_run

    def measured(*given: Any) -> Any:
        order.append("measured")
        return render_run(*given)

    class Watched(RenderEngine):
        def begin_shot(self, largest_radius: float) -> EngineStream:
            order.append(f"shot {largest_radius:g}")
            return super().begin_shot(largest_radius)

    monkeypatch.setattr(export_estimate, "_render_run", measured)
    monkeypatch.setattr(export_estimate, "RenderEngine", Watched)
    project = edits.set_base(edits.set_base(Project(renderer="layered"), "blur", 30.0), "focus", 0.5)
    time_rendering(project, clip, ExportSettings("a.mp4"), Halves())  # type: ignore[arg-type]
    assert order == [f"shot {export_estimate.CORNER_BLUR:g}", "measured", "shot 15"]
    order.clear()
    time_rendering(edits.set_base(project, "blur", 0.0), clip, ExportSettings("a.mp4"), Halves())  # type: ignore[arg-type]
    assert order == ["measured", "shot 0"]

"""All that a project can be written as, by way of one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.helpers.clips import make_clip, psnr
from vbr_core import edits, export
from vbr_core.deliver import FrameTap, deliver
from vbr_core.depth.shots import CutDetector
from vbr_core.depth.source import open_disparity
from vbr_core.errors import InputError, OutputError
from vbr_core.export import prepare_picture
from vbr_core.jobs import Cancelled, JobContext, Progress
from vbr_core.project import Clip, Project
from vbr_core.render.engine import RenderEngine
from vbr_core.render.request import resolve
from vbr_core.settings import DepthSettings, ExportSettings, RenderSettings, StillSettings, result_size
from vbr_core.still import write_picture
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT, FRAMES = 96, 64, 6


class Halves:
    """Disparity 0.8 on the left half, 0.2 on the right."""

    frame_count = FRAMES
    fingerprint = "halves"

    def __init__(self, cuts: tuple[int, ...] = ()) -> None:
        self.cuts = cuts

    def read(self, _frame_index: int) -> np.ndarray:
        values = np.full((HEIGHT, WIDTH), 0.2, np.float32)
        values[:, : WIDTH // 2] = 0.8
        return values

    def close(self) -> None: ...


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "six.mp4", width=WIDTH, height=HEIGHT, frames=FRAMES)


@pytest.fixture
def project() -> Project:
    return edits.set_base(edits.set_base(Project(renderer="layered"), "blur", 60.0), "focus", 0.8)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("size", "side", "wanted"),
    [
        ((1920, 1080), 1080, (1920, 1080)),
        ((3840, 2160), 1080, (1920, 1080)),
        ((2160, 3840), 1080, (1080, 1920)),
        ((1280, 720), 1080, (1280, 720)),
        ((101, 75), None, (101, 75)),
        ((4096, 2161), 1080, (2048, 1080)),
    ],
)
def test_sizes_shrink_only_and_stay_even(size: tuple[int, int], side: int | None, wanted: tuple[int, int]) -> None:
    assert result_size(size, side) == wanted


def test_a_smaller_video_is_the_larger_one_made_smaller(clip: Path, project: Project, tmp_path: Path) -> None:
    settings = {"quality": 1}
    big = deliver(project, clip, ExportSettings(str(tmp_path / "big.mp4"), **settings), None, Halves())  # type: ignore[arg-type]
    small = deliver(
        project, clip, ExportSettings(str(tmp_path / "small.mp4"), short_side_px=32, **settings), None, Halves()
    )  # type: ignore[arg-type]
    with VideoReader(big.path) as one, VideoReader(small.path) as two:
        assert (two.info.width, two.info.height, two.info.frame_count) == (48, 32, FRAMES)
        reduced = cv2.resize(one.frame(3).rgb, (48, 32), interpolation=cv2.INTER_AREA)
        assert psnr(two.frame(3).rgb, reduced) > 30  # blur scales with the picture
        assert [two.index.pts_of(n) for n in range(FRAMES)] == [one.index.pts_of(n) for n in range(FRAMES)]


def test_ten_bits_of_an_eight_bit_clip_hold_more_levels(clip: Path, project: Project, tmp_path: Path) -> None:
    settings = ExportSettings(str(tmp_path / "deep.mov"), codec="hevc", quality=4, bit_depth=10)
    project = edits.set_base(edits.set_base(project, "focus", 0.0), "blur", 200.0)
    deep = deliver(project, clip, settings, None, Halves())  # type: ignore[arg-type]
    with VideoReader(deep.path) as reader:
        assert (reader.info.bit_depth, reader.info.codec) == (10, "hevc")
    rgb = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, 2)
    lifted = prepare_picture(rgb, (256, 1), deep=True)
    assert lifted.dtype == np.uint16
    assert (lifted.min(), lifted.max()) == (0, 65535)
    assert prepare_picture(rgb, (256, 1), deep=False) is rgb


def test_ten_bits_need_hevc() -> None:
    with pytest.raises(InputError, match=r"8 bits"):
        ExportSettings("a.mp4", codec="h264", bit_depth=10)
    with pytest.raises(InputError, match="lines"):
        ExportSettings("a.mp4", short_side_px=2)


def test_depth_alone_is_the_disparity_with_the_levels_of_the_document(clip: Path, tmp_path: Path) -> None:
    output = tmp_path / "depth"
    seen: list[int] = []
    result = deliver(
        Project(),
        clip,
        DepthSettings(str(output), 1, 4, "png16"),
        None,
        Halves(),  # type: ignore[arg-type]
        lambda frame, picture: seen.append(frame) if picture.dtype == np.uint8 else None,
    )
    assert names(output) == ["000001.png", "000002.png", "000003.png"]
    picture = cv2.imread(str(output / "000002.png"), cv2.IMREAD_UNCHANGED)
    assert picture.dtype == np.uint16
    assert picture[32, 5] == round(0.8 * 65535)
    assert seen == [1, 2, 3]
    assert result.frame_count == 3
    assert "65535" in result.note


@pytest.mark.parametrize("bits", [8, 16])
def test_a_still_has_the_bits_that_were_asked_for(clip: Path, project: Project, tmp_path: Path, bits: int) -> None:
    result = deliver(project, clip, StillSettings(str(tmp_path / "a.png"), 2, bits), None, Halves())  # type: ignore[arg-type]
    picture = cv2.imread(str(result.path), cv2.IMREAD_UNCHANGED)
    assert picture.dtype == (np.uint8 if bits == 8 else np.uint16)
    if bits == 16:  # not just the 8-bit picture in a larger file
        assert (picture % 257 != 0).mean() > 0.2
    with pytest.raises(OutputError, match="16 bits"):
        deliver(project, clip, StillSettings(str(tmp_path / "a.jpg"), 2, 16), None, Halves())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [lambda path: ExportSettings(str(path / "a.mp4")), lambda path: DepthSettings(str(path / "depth"))],
    ids=["video", "depth"],
)
def test_cancelled_in_the_middle_leaves_nothing(clip: Path, project: Project, tmp_path: Path, settings: Any) -> None:
    ctx = JobContext()
    before = names(tmp_path)

    def stop(frame_index: int, _picture: Any) -> None:
        if frame_index == 3:
            ctx.token.cancel()

    with pytest.raises(Cancelled):
        deliver(project, clip, settings(tmp_path), ctx, Halves(), stop)  # type: ignore[arg-type]
    assert names(tmp_path) == before


def test_the_tap_is_small_and_slow() -> None:
    now = [0.0]
    seen: list[tuple[int, tuple[int, ...]]] = []
    tap = FrameTap(lambda frame, picture: seen.append((frame, picture.shape)), 0.25, 100, lambda: now[0])
    for frame in range(10):
        tap(frame, np.zeros((200, 400, 3), np.uint16))
        now[0] += 0.1
    assert seen == [(0, (50, 100, 3)), (3, (50, 100, 3)), (6, (50, 100, 3)), (9, (50, 100, 3))]


@pytest.mark.parametrize(("cuts", "searched"), [((), True), ((3,), False)])
def test_cuts_are_looked_for_only_where_the_depth_does_not_know_them(
    clip: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuts: tuple[int, ...], searched: bool
) -> None:
    looked: list[int] = []

    class Watched(CutDetector):
        def is_cut(self, picture: Any) -> bool:
            looked.append(1)
            return super().is_cut(picture)

    monkeypatch.setattr(export, "CutDetector", Watched)
    deliver(project, clip, ExportSettings(str(tmp_path / "a.mp4")), None, Halves(cuts))  # type: ignore[arg-type]
    assert bool(looked) is searched


def test_export_still_and_preview_agree_on_the_cuts_of_an_earlier_depth(clip: Path, tmp_path: Path) -> None:
    """A folder of disparity knows no cuts of its own; the project keeps those of the run before it was chosen."""
    folder = tmp_path / "depth"
    folder.mkdir()
    for frame in range(FRAMES):
        ramp = np.linspace(0, 65535, WIDTH).astype(np.uint16)[None].repeat(HEIGHT, 0)
        write_picture(np.repeat(ramp[..., None], 3, 2), folder / f"{frame:03}.png")
    project = Project(clip=Clip(str(clip), frame_count=FRAMES, cuts=(3,)), renderer="layered", depth=str(folder))
    project = edits.set_base(project, "blur", 200.0)
    project = edits.add_key(edits.add_key(project, "focus", 0, 0.1, "linear"), "focus", 5, 0.9)
    source = open_disparity(folder, FRAMES, (HEIGHT, WIDTH), "disparity")
    with VideoReader(clip) as reader:
        plain = reader.frame(2).rgb
    wanted = resolve(project, 2)
    assert wanted.d_f == pytest.approx(0.1)  # the key behind the cut has no say; eased across it, it would be 0.42
    shown = RenderEngine(RenderSettings("layered")).render(
        plain, source.read(2), wanted.d_f, wanted.k, 0.0, wanted.largest_radius, wanted.look
    )
    seen: dict[int, Any] = {}
    settings = ExportSettings(str(tmp_path / "a.mp4"))
    deliver(project, clip, settings, None, source, lambda frame, picture: seen.setdefault(frame, picture.copy()))
    assert np.array_equal(seen[2], shown)
    still = deliver(project, clip, StillSettings(str(tmp_path / "a.png"), frame=2), None, source)
    found = cv2.imdecode(np.frombuffer(still.path.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(found, shown)


class _LateShot:
    """Every picture comes four frames late; those left at the end one by one."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []

    def push(self, rgb: Any, *_given: Any) -> list[Any]:
        self.waiting.append(rgb)
        return [self.waiting.pop(0)] if len(self.waiting) > 4 else []

    def finish(self, between: Any) -> list[Any]:
        for _ in self.waiting:
            between()
        return self.waiting


@pytest.mark.parametrize(
    ("cuts", "halves"),
    [
        ((), [0, 1, 2, 3, 4, 6, 8, 8, 9, 10, 11, 12, 12, 12, 12]),
        ((3,), [0, 1, 2, 3, 3, 4, 5, 6, 6, 6, 7, 8, 9, 9, 10, 11, 12, 12, 12]),
    ],
)
def test_progress_goes_on_while_pictures_are_held_back(
    clip: Path,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cuts: tuple[int, ...],
    halves: list[int],
) -> None:
    """Taking a frame counts as the one half of it, its picture as the other."""
    monkeypatch.setattr(RenderEngine, "begin_shot", lambda *_given: _LateShot())
    monkeypatch.setattr(export, "TAKEN_SHARE", 0.5)
    seen: list[Progress] = []
    deliver(project, clip, ExportSettings(str(tmp_path / "a.mp4")), JobContext(seen.append), Halves(cuts))
    rendering = [each for each in seen if each.phase == "Rendering"]
    worked = np.array([each.fraction for each in rendering]) - rendering[0].fraction
    np.testing.assert_allclose(worked / worked[-1], np.array(halves) / 12)
    assert (rendering[0].done, rendering[-1].done) == (0, FRAMES)
    elapsed = [each.elapsed_seconds for each in rendering]
    assert elapsed == sorted(elapsed)  # never begun again


def test_an_export_is_cancelled_before_the_first_picture_comes(
    clip: Path, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shots: list[_LateShot] = []

    def begin_shot(*_given: Any) -> _LateShot:
        shots.append(_LateShot())
        return shots[-1]

    monkeypatch.setattr(RenderEngine, "begin_shot", begin_shot)
    ctx = JobContext()

    def listen(progress: Progress) -> None:
        if progress.phase == "Rendering" and progress.fraction > 0.0:
            ctx.token.cancel()

    ctx.listener = listen
    with pytest.raises(Cancelled):
        deliver(project, clip, ExportSettings(str(tmp_path / "a.mp4")), ctx, Halves())
    assert len(shots[0].waiting) == 2
    assert names(tmp_path) == ["six.mp4"]

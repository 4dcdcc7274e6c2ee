from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.helpers.clips import make_clip, psnr
from vbr_core import edits
from vbr_core.errors import InputError, OutputError
from vbr_core.jobs import Cancelled, JobContext
from vbr_core.project import Project
from vbr_core.still import export_still, write_picture
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 96, 64


class Halves:
    """Disparity 0.8 on the left half, 0.2 on the right."""

    cuts: tuple[int, ...] = ()
    frame_count = 6

    def read(self, _frame_index: int) -> np.ndarray:
        values = np.full((HEIGHT, WIDTH), 0.2, np.float32)
        values[:, : WIDTH // 2] = 0.8
        return values

    def close(self) -> None: ...


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "six.mp4", width=WIDTH, height=HEIGHT, frames=6)


def read(path: Path) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return np.asarray(found[..., ::-1])


def test_the_picture_is_the_frame_with_the_focus_of_that_frame(clip: Path, tmp_path: Path) -> None:
    project = Project(renderer="layered")
    project = edits.set_base(project, "blur", 400.0)
    project = edits.add_key(edits.add_key(project, "focus", 0, 0.2, easing="hold"), "focus", 4, 0.8)
    output = export_still(project, clip, 4, tmp_path / "a “frame” 🎬.png", disparity=Halves())  # type: ignore[arg-type]
    found = read(output)
    with VideoReader(clip) as reader:
        original = reader.frame(4).rgb
        wrong = reader.frame(0).rgb
    near, far = slice(0, WIDTH // 2 - 16), slice(WIDTH // 2 + 16, WIDTH)
    assert found.shape == original.shape
    assert psnr(found[:, near], original[:, near]) > 40  # in focus at frame 4
    assert psnr(found[:, far], original[:, far]) < 35
    assert psnr(found[:, near], wrong[:, near]) < 35
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a “frame” 🎬.png", "six.mp4"]


@pytest.mark.parametrize(
    ("name", "depth", "kept"), [("a.png", 16, 16), ("a.tif", 16, 16), ("a.jpg", 16, 8), ("a.png", 8, 8)]
)
def test_deep_pictures_stay_deep_where_the_file_can_hold_it(tmp_path: Path, name: str, depth: int, kept: int) -> None:
    kind = np.uint16 if depth == 16 else np.uint8
    ramp = np.linspace(0, np.iinfo(kind).max, 64).astype(kind)
    picture = np.repeat(np.repeat(ramp[None, :, None], 8, 0), 3, 2)
    write_picture(picture, tmp_path / name)
    found = read(tmp_path / name)
    assert found.dtype == (np.uint16 if kept == 16 else np.uint8)
    if name != "a.jpg":
        assert np.array_equal(found, picture)


def test_bad_requests_leave_nothing(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(tmp_path.iterdir())
    halves = Halves()
    with pytest.raises(OutputError, match="picture file"):
        export_still(Project(), clip, 0, tmp_path / "a.mp4", disparity=halves)  # type: ignore[arg-type]
    with pytest.raises(OutputError, match="does not exist"):
        export_still(Project(), clip, 0, tmp_path / "no" / "a.png", disparity=halves)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="outside the clip"):
        export_still(Project(), clip, 6, tmp_path / "a.png", disparity=halves)  # type: ignore[arg-type]
    ctx = JobContext()
    ctx.token.cancel()
    with pytest.raises(Cancelled):
        export_still(Project(), clip, 0, tmp_path / "a.png", ctx, halves)  # type: ignore[arg-type]

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_picture(np.zeros((4, 4, 3), np.uint8), tmp_path / "a.png")
    assert sorted(tmp_path.iterdir()) == before

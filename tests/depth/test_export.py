"""What ``vbr depth`` writes can be imported again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.helpers.clips import make_clip
from vbr_core.depth.export import check_disparity_output, write_disparity
from vbr_core.depth.source import open_disparity
from vbr_core.errors import DepthError, OutputError
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.video.reader import probe_clip

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.video.info import ClipInfo

FRAMES = 5


class Ramp:
    """A ramp that grows brighter from frame to frame; breaks at ``broken``."""

    frame_count = FRAMES
    fingerprint = "ramp"
    cuts: tuple[int, ...] = ()

    def __init__(self, broken: int = -1) -> None:
        self._broken = broken

    def read(self, frame_index: int) -> NDArray[np.float32]:
        if frame_index == self._broken:
            raise DepthError("broken")
        return np.tile(np.linspace(0, 0.5 + 0.1 * frame_index, 64, dtype=np.float32), (48, 1))


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> ClipInfo:
    return probe_clip(make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=FRAMES))


@pytest.mark.parametrize("name", ["it's depth ü", "depth.mkv"])
def test_a_round_trip(info: ClipInfo, tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    check_disparity_output(output, info.path)
    write_disparity(Ramp(), output, info, JobContext())
    assert [path.name for path in tmp_path.iterdir()] == [name]
    again = open_disparity(output, FRAMES, (info.height, info.width))
    for frame_index in range(FRAMES):
        np.testing.assert_allclose(again.read(frame_index), Ramp().read(frame_index), atol=1 / 4096)


class NetworkSize(Ramp):
    """The same ramp at a network's size, whose sides are multiples of 16: another aspect than the clip's."""

    def read(self, frame_index: int) -> NDArray[np.float32]:
        return np.tile(np.linspace(0, 0.5 + 0.1 * frame_index, 48, dtype=np.float32), (32, 1))


@pytest.mark.parametrize("name", ["folder", "depth.mkv"])
def test_maps_of_network_size_come_out_at_the_size_of_the_clip(info: ClipInfo, tmp_path: Path, name: str) -> None:
    write_disparity(NetworkSize(), tmp_path / name, info, JobContext())
    again = open_disparity(tmp_path / name, FRAMES, (info.height, info.width))
    for frame_index in range(FRAMES):
        found = again.read(frame_index)
        assert found.shape == (info.height, info.width)
        np.testing.assert_allclose(found.mean(), NetworkSize().read(frame_index).mean(), atol=0.02)


@pytest.mark.parametrize("name", ["folder", "depth.mkv"])
@pytest.mark.parametrize("fault", ["cancelled", "broken source"])
def test_nothing_half_is_left(info: ClipInfo, tmp_path: Path, name: str, fault: str) -> None:
    token = CancelToken()
    if fault == "cancelled":
        token.cancel()
    with pytest.raises((Cancelled, DepthError)):
        write_disparity(Ramp(broken=3), tmp_path / name, info, JobContext(token=token))
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_are_refused_before_any_work(info: ClipInfo, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("keep")
    (tmp_path / "file").write_text("keep")
    for output, text in [
        (tmp_path / "depth.mp4", "cannot be written as"),
        (tmp_path / "missing" / "depth", "does not exist"),
        (full, "not empty"),
        (tmp_path / "file", "is a file"),
    ]:
        with pytest.raises(OutputError, match=text):
            check_disparity_output(output, info.path)
    assert (full / "mine.txt").read_text() == "keep"

"""What ``vbr depth`` writes can be imported again."""

from __future__ import annotations

import errno
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from tests.helpers.clips import make_clip
from vbr_core.depth.export import check_disparity_output, write_disparity
from vbr_core.depth.source import open_disparity
from vbr_core.errors import DepthError, InputError, OutputError
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.video.reader import VideoReader, probe_clip

if TYPE_CHECKING:
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


FORMS = [
    ("it's depth ü", None, 0.51 / 65535),
    ("depth.mkv", None, 0.51 / 65535),
    ("depth.exr.d", "exr", 1 / 4096),
    ("for iw3", "iw3", 0.51 / 65535),
    ("depth.mp4", None, 1 / 200),
    ("depth.MOV", "hevc10", 1 / 200),
]


@pytest.mark.parametrize(("name", "form", "within"), FORMS)
def test_a_round_trip(info: ClipInfo, tmp_path: Path, name: str, form: str | None, within: float) -> None:
    output = tmp_path / name
    check_disparity_output(output, info.path, form)
    write_disparity(Ramp(), output, info, JobContext(), name=form)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    again = open_disparity(output, FRAMES, (info.height, info.width))
    assert again.reading.sure
    for frame_index in range(FRAMES):
        np.testing.assert_allclose(again.read(frame_index), Ramp().read(frame_index), atol=within)


@pytest.mark.parametrize("name", ["depth.mkv", "depth.mp4"])
def test_a_video_has_the_times_of_the_clip(tmp_path: Path, name: str) -> None:
    clip = make_clip(tmp_path / "vfr.mp4", frames=FRAMES, vfr=True, start_offset=0.5)
    info = probe_clip(clip)
    write_disparity(Ramp(), tmp_path / name, info, JobContext())
    with VideoReader(clip) as given, VideoReader(tmp_path / name) as found:
        assert len(found.index) == FRAMES
        slack = Fraction(1, 2000) if name.endswith("mkv") else 0
        for frame_index in range(FRAMES):
            assert abs(found.index.time_of(frame_index) - given.index.time_of(frame_index)) <= slack


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, form, _ in FORMS[:5]])
def test_a_part_of_the_clip(info: ClipInfo, tmp_path: Path, name: str, form: str | None) -> None:
    steps: list[tuple[int, int]] = []
    ctx = JobContext(lambda progress: steps.append((progress.done, progress.total)))
    write_disparity(Ramp(), tmp_path / name, info, ctx, name=form, span=(2, 4))
    again = open_disparity(tmp_path / name, 2, (info.height, info.width))
    np.testing.assert_allclose(again.read(1), Ramp().read(3), atol=1 / 200)
    assert steps == [(0, 2), (1, 2), (2, 2)]
    if form is None and "." not in name:
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["000002.png", "000003.png"]


def test_a_folder_for_iw3_has_all_that_it_needs(tmp_path: Path) -> None:
    info = probe_clip(make_clip(tmp_path / "my clip.mp4", frames=FRAMES, audio=1))
    source = Ramp()
    source.cuts = (3,)
    write_disparity(source, tmp_path / "out", info, JobContext(), name="iw3")
    depth, rgb = (sorted(path.name for path in (tmp_path / "out" / name).iterdir()) for name in ("depth", "rgb"))
    assert depth == rgb == [f"{number:08d}.png" for number in range(FRAMES)]
    picture = cv2.imdecode(np.fromfile(tmp_path / "out" / "rgb" / rgb[2], np.uint8), cv2.IMREAD_UNCHANGED)
    with VideoReader(info.path) as reader:
        np.testing.assert_array_equal(picture[..., ::-1], reader.frame(2).rgb)
    text = (tmp_path / "out" / "iw3_export.yml").read_text(encoding="utf-8")
    assert "audio_file: audio.m4a" in text
    with av.open(str(tmp_path / "out" / "audio.m4a")) as sound:
        assert [stream.type for stream in sound.streams] == ["audio"]
        assert sum(packet.size for packet in sound.demux() if packet.size) > 0
    assert open_disparity(tmp_path / "out", FRAMES, (info.height, info.width)).cuts == (3,)


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


@pytest.mark.parametrize(("name", "form"), [(name, form) for name, form, _ in FORMS[:5]])
@pytest.mark.parametrize("fault", ["cancelled", "broken source"])
def test_nothing_half_is_left(info: ClipInfo, tmp_path: Path, name: str, form: str | None, fault: str) -> None:
    token = CancelToken()
    ctx = JobContext(lambda progress: token.cancel() if fault == "cancelled" and progress.done == 2 else None, token)
    with pytest.raises(Cancelled if fault == "cancelled" else DepthError):
        write_disparity(Ramp(broken=3), tmp_path / name, info, ctx, name=form)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tests.depth.test_export import FORMS, Noise
from vbr_core.depth.export import write_disparity
from vbr_core.errors import OutputError
from vbr_core.jobs import JobContext
from vbr_core.video.reader import VideoReader, probe_clip
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
info = probe_clip(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
for name, form, _ in FORMS[:5]:
    try:
        write_disparity(Noise(), Path(sys.argv[2]) / name, info, JobContext(), name=form)
    except OutputError as error:
        print(error.message)
"""


class Noise(Ramp):
    """What does not compress."""

    def read(self, frame_index: int) -> NDArray[np.float32]:
        return np.random.default_rng(frame_index).random((48, 64), np.float32)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the length of files")
def test_a_disk_that_takes_no_more(info: ClipInfo, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(info.path), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    sentences = done.stdout.splitlines()
    assert len(sentences) == 5, done.stderr
    assert all(name in sentence for (name, _, _), sentence in zip(FORMS[:5], sentences, strict=True))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_called_that(info: ClipInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OutputError, match="disk is full") as caught:
        write_disparity(Ramp(), tmp_path / "depth", info, JobContext())
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_hold_it_is_refused_before_the_work(
    info: ClipInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(OutputError, match="takes at least"):
        write_disparity(Ramp(broken=0), tmp_path / "depth", info, JobContext())
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_result_stays_until_the_new_one_is_whole(info: ClipInfo, tmp_path: Path) -> None:
    for name in ("depth.mkv", "depth.mp4"):
        (tmp_path / name).write_text("earlier")
        with pytest.raises(DepthError):
            write_disparity(Ramp(broken=4), tmp_path / name, info, JobContext())
        assert (tmp_path / name).read_text() == "earlier"
        write_disparity(Ramp(), tmp_path / name, info, JobContext())
        assert (tmp_path / name).read_bytes() != b"earlier"


def test_a_clip_of_odd_size(tmp_path: Path) -> None:
    info = probe_clip(make_clip(tmp_path / "odd.mkv", width=63, height=47, frames=2))
    assert (info.width, info.height) == (63, 47)
    for name in ("depth.mkv", "depth.mp4"):
        write_disparity(NetworkSize(), tmp_path / name, info, JobContext())
        found = open_disparity(tmp_path / name, 2, (47, 63)).read(1)
        assert found.shape == (47, 63)


def test_outputs_that_are_refused_before_any_work(info: ClipInfo, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("keep")
    (tmp_path / "file").write_text("keep")
    for output, text in [
        (tmp_path / "depth.avi", "cannot be written as"),
        (tmp_path / "missing" / "depth", "does not exist"),
        (full, "not empty"),
        (tmp_path / "file", "is a file"),
    ]:
        with pytest.raises(OutputError, match=text):
            check_disparity_output(output, info.path)
    assert (full / "mine.txt").read_text() == "keep"
    with pytest.raises(OutputError, match=r"ffv1 cannot be written as 'depth\.mp4'"):
        check_disparity_output(tmp_path / "depth.mp4", info.path, "ffv1")
    (tmp_path / "mine.mkv").write_text("keep")
    with pytest.raises(OutputError, match="input itself"):
        check_disparity_output(tmp_path / "mine.mkv", info.path, depth=str(tmp_path / "mine.mkv"))
    with pytest.raises(InputError, match="depth format called 'tga'"):
        check_disparity_output(tmp_path / "depth", info.path, "tga")

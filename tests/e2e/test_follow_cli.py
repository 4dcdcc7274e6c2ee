"""``vbr render --follow`` on a small clip: what is followed stays sharp, and bad points get one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.helpers.clips import make_clip, psnr
from vbr_core.cli.main import run
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

FRAMES, WIDTH, HEIGHT, SIDE, TOP = 10, 192, 128, 56, 36


def _blotches(seed: int, height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (height // 4, width // 4)).astype(np.float32)
    grey = np.clip(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def _left(frame: int) -> int:
    return 10 + 6 * frame


def _value(frame: int) -> float:
    return 0.3 + 0.05 * frame


def _picture(frame: int, height: int, width: int) -> np.ndarray:
    picture = _blotches(1, height, width)
    picture[TOP : TOP + SIDE, _left(frame) : _left(frame) + SIDE] = _blotches(2, SIDE, SIDE)
    return picture


@pytest.fixture
def clip(tmp_path: Path) -> list[str]:
    """A square that moves right and comes nearer, and its disparity: the arguments to render it."""
    path, folder = tmp_path / "clip.mp4", tmp_path / "disparity"
    make_clip(path, width=WIDTH, height=HEIGHT, frames=FRAMES, pattern=_picture)
    folder.mkdir()
    for frame in range(FRAMES):
        picture = np.full((HEIGHT, WIDTH), 0.05 * 65535, np.uint16)
        picture[TOP : TOP + SIDE, _left(frame) : _left(frame) + SIDE] = round(_value(frame) * 65535)
        picture[0, 0], picture[0, 1] = 0, 65535
        (folder / f"{frame}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return [str(path), "-o", str(tmp_path / "out.mp4"), "--depth", str(folder), "--renderer", "layered"]


def test_what_is_followed_stays_sharp(clip: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    point = f"2,{_left(2) + SIDE / 2},{TOP + SIDE / 2}"
    assert run(["render", *clip, "--follow", point, "-K", "300", "--quality", "1"]) == 0
    assert "Followed 10 of 10 frames; " in "".join(capsys.readouterr())
    with VideoReader(clip[0]) as source, VideoReader(tmp_path / "out.mp4") as result:
        for frame in (0, 9):
            inside = np.s_[TOP + 12 : TOP + SIDE - 12, _left(frame) + 12 : _left(frame) + SIDE - 12]
            assert psnr(result.frame(frame).rgb[inside], source.frame(frame).rgb[inside]) > 30
            assert psnr(result.frame(frame).rgb[:24], source.frame(frame).rgb[:24]) < 25


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--follow", "99,5,5"], "Frame 99"),
        (["--follow", "1,5"], "FRAME,X,Y"),
        (["--follow", "1,5,5", "--focus", "0.5"], "Both --focus and --follow"),
        (["--follow", "1,5,5", "--range", "4:8"], "not rendered"),
    ],
)
def test_bad_points(
    clip: list[str], arguments: list[str], word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", *clip, *arguments]) != 0
    assert word in "".join(capsys.readouterr())
    assert not (tmp_path / "out.mp4").exists()

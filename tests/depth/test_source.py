"""Import of the user's own disparity."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.depth.helpers import write_picture
from tests.helpers.clips import make_clip
from vbr_core.depth.pictures import natural_order, picture_size, read_grey
from vbr_core.depth.source import open_disparity
from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = (72, 128)


def grey(value: int, dtype: type = np.uint8, size: tuple[int, int] = (36, 64)) -> NDArray[np.generic]:
    picture = np.full(size, value, dtype)
    picture[0, 0] = 0
    return picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / 'it\'s "depth" 🎬 ü'
    path.mkdir()
    return path


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_pictures_in_natural_order_over_one_range(folder: Path, dtype: type, top: int) -> None:
    for number in range(12):
        write_picture(folder / f"d{number}.png", grey(top * number // 20, dtype))
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_bytes(b"")
    source = open_disparity(folder, 12, SIZE)
    assert source.frame_count == 12
    assert source.cuts == ()
    for number in range(12):
        found = source.read(number)
        assert found.shape == (36, 64)
        assert found.dtype == np.float32
        # never stretched frame by frame: the value is the file's over the largest of its depth
        assert found[5, 5] == pytest.approx(number / 20, abs=1 / 255)


def test_colour_files_that_are_grey_are_taken(folder: Path) -> None:
    write_picture(folder / "0.png", np.repeat(grey(100)[..., None], 3, axis=2))
    assert open_disparity(folder, 1, SIZE).read(0)[5, 5] == pytest.approx(100 / 255)


@pytest.mark.parametrize(
    ("found", "text"), [(3, "only 3 disparity pictures for 5 frames"), (7, "7 disparity pictures for 5 frames")]
)
def test_a_wrong_number_of_pictures(folder: Path, found: int, text: str) -> None:
    for number in range(found):
        write_picture(folder / f"{number}.png", grey(9))
    with pytest.raises(DepthError, match=text) as caught:
        open_disparity(folder, 5, SIZE)
    assert caught.value.hint


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_picture_of_another_size_is_found_at_once(folder: Path, suffix: str) -> None:
    for number in range(5):
        write_picture(folder / f"{number}{suffix}", grey(9, size=(18, 32) if number == 2 else (36, 64)))
    with pytest.raises(DepthError, match=rf"differ in size: '2{suffix}' is 32 x 18, the first one 64 x 36"):
        open_disparity(folder, 5, SIZE)


def test_another_aspect_than_the_clip(folder: Path) -> None:
    write_picture(folder / "0.png", grey(9, size=(48, 64)))
    with pytest.raises(DepthError, match="another shape than the clip's 128 x 72"):
        open_disparity(folder, 1, SIZE)


def test_an_aspect_that_is_off_by_rounding_is_taken(folder: Path) -> None:
    write_picture(folder / "0.png", grey(9, size=(36, 65)))
    assert open_disparity(folder, 1, SIZE).read(0).shape == (36, 65)


def test_coloured_pictures(folder: Path) -> None:
    picture = np.repeat(grey(100)[..., None], 3, axis=2)
    picture[3:20, 3:20, 0] = 200
    write_picture(folder / "0.png", picture)
    with pytest.raises(DepthError, match="coloured"):
        open_disparity(folder, 1, SIZE)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_a_file_that_is_no_picture(folder: Path, content: bytes) -> None:
    write_picture(folder / "0.png", grey(9))
    (folder / "1.png").write_bytes(content)
    with pytest.raises(DepthError, match=r"1\.png"):
        open_disparity(folder, 2, SIZE)


def test_an_empty_folder_and_a_missing_path(folder: Path) -> None:
    with pytest.raises(DepthError, match="no pictures"):
        open_disparity(folder, 1, SIZE)
    with pytest.raises(DepthError):
        open_disparity(folder / "missing", 1, SIZE)


def test_a_frame_outside(folder: Path) -> None:
    write_picture(folder / "0.png", grey(9))
    source = open_disparity(folder, 1, SIZE)
    for frame_index in (-1, 1):
        with pytest.raises(DepthError, match="no disparity for frame"):
            source.read(frame_index)


def test_the_fingerprint_follows_the_content(folder: Path) -> None:
    import os

    write_picture(folder / "0.png", grey(9))
    before = open_disparity(folder, 1, SIZE).fingerprint
    os.utime(folder / "0.png", (1, 1))
    assert open_disparity(folder, 1, SIZE).fingerprint != before


def grey_video(number: int, height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 20 * number + 10, np.uint8)


def test_a_grey_video(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "depth.mp4", width=64, height=36, frames=8, pattern=grey_video)
    source = open_disparity(path, 8, SIZE)
    for number in (5, 0, 7):
        assert source.read(number)[10, 10] == pytest.approx((20 * number + 10) / 255, abs=0.02)


def test_a_video_that_does_not_fit(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "depth.mp4", width=64, height=36, frames=8, pattern=grey_video)
    with pytest.raises(DepthError, match="8 disparity pictures for 9 frames"):
        open_disparity(path, 9, SIZE)
    with pytest.raises(DepthError, match="another shape"):
        open_disparity(path, 8, (128, 72))

    def red(number: int, height: int, width: int) -> NDArray[np.uint8]:
        return np.full((height, width, 3), (220, 20 + number, 20), np.uint8)

    coloured = make_clip(tmp_path / "red.mp4", width=64, height=36, frames=3, pattern=red)
    with pytest.raises(DepthError, match="coloured"):
        open_disparity(coloured, 3, SIZE)
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(DepthError, match="disparity video"):
        open_disparity(tmp_path / "text.mp4", 3, SIZE)


def test_natural_order() -> None:
    names = ["d10.png", "d2.png", "D1.png", "a.png"]
    assert [path.name for path in sorted(map(Path, names), key=natural_order)] == [
        "a.png",
        "D1.png",
        "d2.png",
        "d10.png",
    ]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp"])
def test_the_size_in_the_header_is_the_picture_size(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"p{suffix}"
    write_picture(path, grey(30, size=(37, 91)))
    assert picture_size(path) == (37, 91) == read_grey(path).shape

"""The pictures that SVB is made of: what is found, how it is split, what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.train.svb.helpers import CUTOUTS, PHOTOGRAPHS, small_library, write_material, write_picture
from vbr_core.errors import InputError
from vbr_core.train.svb.picture_library import (
    TEST_SHARE,
    VALIDATION_SHARE,
    identity,
    open_library,
    read_picture,
    split_of,
)

SPLITS = ("train", "validation", "test")


def many_pictures(folder: Path, things: int) -> Path:
    """Three views of each of some things, in two sub-folders. Only names matter: the files are empty."""
    for number in range(things):
        for view in range(3):
            path = folder / f"half{number % 2}" / f"thing{number}_{view}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder


@pytest.mark.parametrize(
    ("name", "expected"),
    [("anna_0.png", "anna"), ("anna-3.png", "anna"), ("anna.jpg", "anna"), ("anna_12.png", "anna_12"), ("7.png", "7")],
)
def test_a_last_digit_numbers_views_of_one_thing(name: str, expected: str) -> None:
    assert identity(Path("folder") / name) == expected


def test_splits_share_no_thing_and_leave_nothing_out(tmp_path: Path) -> None:
    folder = many_pictures(tmp_path / "all", 200)
    parts = {split: open_library([folder], [folder], split) for split in SPLITS}
    things = {split: {identity(path) for path in library.photographs} for split, library in parts.items()}
    assert not things["train"] & things["test"]
    assert not things["train"] & things["validation"]
    assert not things["validation"] & things["test"]
    assert sum(len(library.photographs) for library in parts.values()) == 600
    assert set.union(*things.values()) == {f"thing{number}" for number in range(200)}
    assert parts["test"].photographs == parts["test"].cutouts
    whole = open_library([folder], [folder])
    assert len(whole.photographs) == 600
    assert whole.split == "all"


def test_shares_are_about_as_documented() -> None:
    splits = [split_of(Path(f"{number}.jpg")) for number in range(4000)]
    assert splits.count("test") / 4000 == pytest.approx(TEST_SHARE, abs=0.03)
    assert splits.count("validation") / 4000 == pytest.approx(VALIDATION_SHARE, abs=0.02)


def test_a_split_does_not_change_as_files_come_or_move(tmp_path: Path) -> None:
    before = open_library([many_pictures(tmp_path / "few", 60)], [tmp_path / "few"], "test")
    after = open_library([many_pictures(tmp_path / "many", 120)], [tmp_path / "many"], "test")
    names = {path.name for path in after.photographs}
    assert {path.name for path in before.photographs} == {
        name for name in names if int(name.split("_")[0].removeprefix("thing")) < 60
    }
    # pinned: another version of the program must not move a test picture into training
    splits = [split_of(Path(f"thing{number}_0.png")) for number in range(6)]
    assert splits == ["train", "test", "train", "validation", "train", "train"]


def test_order_is_by_path_and_other_files_are_passed_over(tmp_path: Path) -> None:
    library = small_library(tmp_path)
    (tmp_path / "photographs" / "notes.txt").write_text("not a picture")
    again = open_library([tmp_path / "photographs"], [tmp_path / "cutouts"])
    assert library == again
    assert len(library.photographs) == PHOTOGRAPHS
    assert len(library.cutouts) == CUTOUTS
    assert list(library.cutouts) == sorted(library.cutouts)


def test_missing_folders_empty_splits_and_unknown_splits_are_refused(tmp_path: Path) -> None:
    photographs, cutouts = write_material(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        open_library([tmp_path / "nowhere"], [cutouts])
    with pytest.raises(InputError, match="no split called 'dev'"):
        open_library([photographs], [cutouts], "dev")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no cut-outs for the split 'all': 0 pictures"):
        open_library([photographs], [tmp_path / "empty"])


def test_pictures_are_read_as_float_rgb(tmp_path: Path) -> None:
    path = tmp_path / "color.png"
    write_picture(path, np.full((4, 6, 3), (255, 51, 0), np.uint8))  # blue, green, red
    picture = read_picture(path, alpha=False)
    assert picture.shape == (4, 6, 3)
    assert picture.dtype == np.float32
    assert picture[0, 0] == pytest.approx([0.0, 0.2, 1.0])
    deep = tmp_path / "deep.png"
    write_picture(deep, np.full((4, 6, 4), (0, 0, 65535, 13107), np.uint16))
    assert read_picture(deep, alpha=True)[1, 1] == pytest.approx([1.0, 0.0, 0.0, 0.2])
    assert read_picture(deep, alpha=False).shape == (4, 6, 3)
    grey = tmp_path / "grey.png"
    write_picture(grey, np.full((4, 6), 128, np.uint8))
    assert read_picture(grey, alpha=False)[2, 2] == pytest.approx([128 / 255] * 3)


def test_a_cutout_without_alpha_is_refused(tmp_path: Path) -> None:
    for name, picture in (("rgb.png", np.zeros((4, 4, 3), np.uint8)), ("grey.png", np.zeros((4, 4), np.uint8))):
        write_picture(tmp_path / name, picture)
        with pytest.raises(InputError, match=rf"{name}' has no alpha channel\. Cut-outs need one"):
            read_picture(tmp_path / name, alpha=True)


@pytest.mark.parametrize("data", [b"", b"this is not a picture", None])
def test_an_unreadable_picture_is_refused(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "broken.png"
    if data is None:
        data = cv2.imencode(".png", np.zeros((64, 64, 4), np.uint8))[1].tobytes()[:20]
    path.write_bytes(data)
    for alpha in (False, True):
        with pytest.raises(InputError, match=r"broken\.png' is not a picture that can be read\. Take it out"):
            read_picture(path, alpha)

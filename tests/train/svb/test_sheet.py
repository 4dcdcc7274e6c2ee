"""The contact sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from vbr_core.errors import InputError, OutputError
from vbr_core.train.svb.clip_file import Clip, write_clip
from vbr_core.train.svb.sheet import CAPTION_LINES, CELL_LINES, GAP_PX, contact_sheet

if TYPE_CHECKING:
    from pathlib import Path

SHARP, BOKEH = (200, 20, 20), (20, 20, 200)


def plain_clip(path: Path, frames: int, lines: int = 32, columns: int = 48) -> None:
    shape = (frames, lines, columns)
    sharp, bokeh = (np.full((*shape, 3), color, np.uint8) for color in (SHARP, BOKEH))
    levels = np.linspace(0, 65535, frames).astype(np.uint16)
    disparity = np.ones(shape, np.uint16) * levels[:, None, None]
    numbers = np.zeros(frames, np.float32)
    write_clip(path, Clip(sharp, bokeh, disparity, np.zeros(shape, bool), numbers, numbers, "blur", ("a.png",)))


def test_a_row_shows_first_middle_and_last_frame(tmp_path: Path) -> None:
    plain_clip(tmp_path / "one.svb", 5)
    assert contact_sheet(tmp_path / "one.svb", tmp_path / "sheet.png") == 1
    sheet = cv2.imread(str(tmp_path / "sheet.png"))[..., ::-1]
    cell = CELL_LINES * 48 // 32
    assert sheet.shape == (CAPTION_LINES + CELL_LINES + GAP_PX, 3 * (3 * cell + GAP_PX), 3)
    line = CAPTION_LINES + CELL_LINES // 2
    for block, grey in enumerate((0, 127, 255)):
        left = block * (3 * cell + GAP_PX) + cell // 2
        assert tuple(sheet[line, left]) == SHARP
        assert tuple(sheet[line, left + cell]) == BOKEH
        assert tuple(sheet[line, left + 2 * cell]) == (grey, grey, grey)
        assert np.ptp(sheet[:CAPTION_LINES, left : left + cell]) > 50  # there is text


def test_a_set_is_shown_from_first_to_last_whatever_the_sizes(tmp_path: Path) -> None:
    for number in range(5):
        plain_clip(tmp_path / f"{number:05d}.svb", 1 + number % 2, columns=32 + 16 * number)
    out = tmp_path / "sheet.png"
    assert contact_sheet(tmp_path, out, clips=3) == 3
    assert cv2.imread(str(out)).shape[0] == 3 * (CAPTION_LINES + CELL_LINES + GAP_PX)
    assert contact_sheet(tmp_path, out, clips=8) == 5


def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    plain_clip(tmp_path / "one.svb", 1)
    with pytest.raises(InputError, match=r"is not a \.png file"):
        contact_sheet(tmp_path, tmp_path / "sheet.jpg")
    with pytest.raises(InputError, match="There is no"):
        contact_sheet(tmp_path / "nowhere", tmp_path / "sheet.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no SVB clips"):
        contact_sheet(tmp_path / "empty", tmp_path / "sheet.png")
    with pytest.raises(InputError, match="clips = 0"):
        contact_sheet(tmp_path, tmp_path / "sheet.png", clips=0)
    with pytest.raises(OutputError, match="cannot be written"):
        contact_sheet(tmp_path, tmp_path / "nowhere" / "sheet.png")
    assert not list(tmp_path.glob("**/sheet*"))

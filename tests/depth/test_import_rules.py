"""What the numbers in depth files are taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbr_core.depth.import_rules import RawMap, Survey, decide, needs_all_frames, slope
from vbr_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = np.linspace(0.0, 1.0, 36, dtype=np.float32)[:, None].repeat(64, axis=1)
"""The bottom has the larger values: the ground of a picture whose near is white."""


def surveyed(*maps: NDArray[np.float32], top: int = 0, channel: str = "", stated: str = "") -> Survey:
    survey = Survey()
    for values in maps:
        survey.add(RawMap(values.astype(np.float32), top, channel, stated))
    return survey


@pytest.mark.parametrize(
    ("survey", "meaning", "sure"),
    [
        (surveyed(ROWS * 65535, top=65535), "disparity", True),
        (surveyed(ROWS[::-1] * 65535, top=65535), "disparity", False),  # black near? ask
        (surveyed(ROWS * 0 + 7, top=255), "disparity", True),  # no evidence is no contradiction
        (surveyed(ROWS), "disparity", True),
        (surveyed(1 - ROWS), "disparity", False),
        (surveyed(2 + 30 * ROWS[::-1]), "depth", True),  # metres: the ground is nearest at the bottom
        (surveyed(2 + 30 * ROWS), "depth", False),  # unnormalised disparity? ask
        (surveyed(2 + 30 * ROWS, channel="z"), "depth", True),
        (surveyed(2 + 30 * ROWS, channel="disparity"), "disparity", True),
        (surveyed(np.where(ROWS < 0.3, np.inf, 1.5 - ROWS)), "depth", True),  # a sky
        (surveyed(-1 - 9 * ROWS[::-1]), "depth", True),  # along the camera's negative axis
        (surveyed(1 - ROWS, channel="z"), "inverted", True),  # in 0..1 the pictures decide
        (surveyed(ROWS, channel="depth"), "disparity", True),
        (surveyed(ROWS * 0 + 0.5, channel="z"), "disparity", False),
        (surveyed(20 * ROWS - 9), "disparity", True),  # of either sign
        (surveyed(1 - ROWS, stated="disparity"), "disparity", True),
    ],
)
def test_the_rules(survey: Survey, meaning: str, sure: bool) -> None:
    reading = decide(survey, name="mine")
    assert (reading.meaning, reading.sure) == (meaning, sure)
    assert ("mine" in reading.question) != sure


def test_what_the_user_says_is_not_doubted() -> None:
    survey = surveyed(ROWS * 65535, top=65535)
    for asked in ("disparity", "depth", "inverted"):
        assert decide(survey, asked).meaning == asked
        assert decide(survey, asked).sure
    with pytest.raises(InputError, match="'nearest'"):
        decide(survey, "nearest")


@given(st.lists(st.floats(0.5, 1000), min_size=8, max_size=8), st.sampled_from(["disparity", "depth", "inverted"]))
def test_order_is_kept_and_the_range_is_0_to_1(numbers: list[float], asked: str) -> None:
    values = np.array(numbers, np.float32).reshape(2, 4).repeat(20, axis=0)
    found = decide(surveyed(values, channel="z"), asked).to_disparity(values)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    nearness = values if asked == "disparity" else -values
    order = np.argsort(nearness.ravel(), kind="stable")
    assert (np.diff(found.ravel()[order]) >= -1e-6).all()


def test_metres_become_one_over_them_over_the_range_of_the_whole_clip() -> None:
    near, far = np.full((30, 40), 2.0, np.float32), np.full((30, 40), 8.0, np.float32)
    middle = np.full((30, 40), 4.0, np.float32)
    reading = decide(surveyed(near, middle, far), "depth")
    # 1/2, 1/4, 1/8 over the range 1/8 to 1/2: never stretched frame by frame
    for values, wanted in ((near, 1.0), (middle, 1 / 3), (far, 0.0)):
        assert reading.to_disparity(values)[3, 3] == pytest.approx(wanted, abs=1e-6)


def test_a_sky_and_holes() -> None:
    values = np.full((30, 40), 4.0, np.float32)
    values[:10] = np.inf
    values[10:12] = np.nan
    values[12:14] = 0  # "not measured" of a depth camera
    values[25:] = 2.0
    reading = decide(surveyed(values))
    found = reading.to_disparity(values)
    assert reading.meaning == "depth"
    assert "NaN" in reading.note
    assert found[:14].max() == 0
    assert found[20, 0] == pytest.approx(0.5)
    assert found[29, 0] == 1


def test_small_numbers_in_a_large_container() -> None:
    survey = surveyed(ROWS * 1023, top=65535)
    assert needs_all_frames(survey, "auto")  # another frame may hold more
    assert decide(survey).to_disparity(ROWS * 1023) == pytest.approx(ROWS)
    dark = surveyed(ROWS * 30000, top=65535)
    assert not needs_all_frames(dark, "auto")
    assert decide(dark).to_disparity(ROWS * 30000).max() == pytest.approx(30000 / 65535)


def test_notes() -> None:
    assert "8 bits" in decide(surveyed(ROWS * 255, top=255)).note
    assert decide(surveyed(ROWS * 65535, top=65535)).note == ""
    assert "equal" in decide(surveyed(ROWS * 0 + 7, top=255)).note
    everything_lost = decide(surveyed(ROWS * np.nan))
    assert "equal" in everything_lost.note
    assert np.isfinite(everything_lost.to_disparity(ROWS * np.nan)).all()


def test_slope() -> None:
    assert slope(ROWS) == pytest.approx(1)
    assert slope(ROWS[::-1]) == pytest.approx(-1)
    assert slope(ROWS * 0) == 0
    assert abs(slope(np.random.default_rng(1).random((64, 64), np.float32))) < 0.5
    sky = np.where(ROWS < 0.3, np.inf, 1.5 - ROWS).astype(np.float32)
    assert slope(sky) < -0.9

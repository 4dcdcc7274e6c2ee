"""The frame index: pure arithmetic on presentation times."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbr_core.errors import InputError
from vbr_core.video.timing import FrameIndex, format_timecode

increasing = st.lists(st.integers(1, 5000), min_size=1, max_size=60).flatmap(
    lambda steps: st.integers(-10_000, 10_000).map(lambda start: np.cumsum([start, *steps]).tolist())
)
time_bases = st.sampled_from([Fraction(1, 90000), Fraction(1, 1000), Fraction(1001, 30000), Fraction(1, 12800)])


@given(increasing, time_bases)
def test_index_and_time_are_each_others_inverse(pts: list[int], time_base: Fraction) -> None:
    index = FrameIndex(pts[:-1], time_base, end_pts=pts[-1])
    for number, value in enumerate(pts[:-1]):
        assert index.pts_of(number) == value
        assert index.find(value) == number
        seconds = (value - pts[0]) * time_base
        assert index.nearest(seconds) == number
        assert index.shown_at(seconds) == number
        assert index.nearest(index.seconds_of(number)) == number
        assert index.duration_of(number) == pts[number + 1] - value
        assert index.time_of(number) == value * time_base
    assert sum(index.duration_of(number) for number in range(len(index))) * time_base == index.duration
    assert index.average_rate == len(index) / index.duration


@given(increasing, st.floats(-50, 50))
def test_nearest_is_nearest(pts: list[int], seconds: float) -> None:
    index = FrameIndex(pts[:-1], Fraction(1, 1000), end_pts=pts[-1])
    away = [abs((value - pts[0]) * Fraction(1, 1000) - Fraction(seconds)) for value in pts[:-1]]
    assert away[index.nearest(seconds)] == min(away)


@given(st.integers(0, 500))
def test_a_time_between_frames_shows_the_earlier_one(tick: int) -> None:
    index = FrameIndex([0, 100, 250, 400], Fraction(1, 1000), end_pts=500)
    assert index.shown_at(Fraction(tick, 1000)) == max(n for n, pts in enumerate([0, 100, 250, 400]) if pts <= tick)


def test_the_ends_hold() -> None:
    index = FrameIndex([50, 100], Fraction(1, 1000))
    assert index.end_pts == 150
    assert index.nearest(-3) == index.shown_at(-3) == 0
    assert index.nearest(99) == index.shown_at(99) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"pts": []},
        {"pts": [0, 0]},
        {"pts": [3, 1]},
        {"pts": [0, 1], "end_pts": 1},
        {"pts": [0], "time_base": Fraction(0)},
        {"pts": [0, 1], "keyframes": [0, 1], "seek_dts": [0]},
    ],
)
def test_impossible_tables_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        FrameIndex(**{"time_base": Fraction(1, 25), **wrong})  # type: ignore[arg-type]


def test_keyframes() -> None:
    index = FrameIndex(range(10), Fraction(1, 25), keyframes=[3, 7], seek_dts=[2, 6])
    assert index.keyframes == (0, 3, 7)
    assert [index.keyframe_number(n) for n in (0, 2, 3, 6, 7, 9)] == [0, 0, 1, 1, 2, 2]
    assert [index.seek_dts_of(n) for n in range(3)] == [0, 2, 6]
    assert [index.next_keyframe(n) for n in (0, 1, 3, 8)] == [0, 3, 3, None]


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)])
@pytest.mark.parametrize("ticks", [1000, 90000])
def test_rounded_times_still_have_a_steady_rate(rate: Fraction, ticks: int) -> None:
    pts = [round(n * ticks / rate) for n in range(500)]
    assert FrameIndex(pts, Fraction(1, ticks)).steady_rate() == rate


def test_irregular_times_have_none() -> None:
    assert FrameIndex([0, 1000, 2100, 3000, 4000], Fraction(1, 30000)).steady_rate() is None
    assert FrameIndex([0, 1000, 3000, 4000], Fraction(1, 30000)).steady_rate([Fraction(30)]) is None


def test_the_table_cannot_be_changed() -> None:
    index = FrameIndex([0, 1, 2], Fraction(1, 25))
    with pytest.raises(ValueError, match="read-only"):
        index.pts[0] = 5


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [
        (0, 3, "0:00:00.000"),
        (61.5, 3, "0:01:01.500"),
        (3599.9999, 3, "0:59:59.999"),
        (3600, 0, "1:00:00"),
        (-2.25, 2, "-0:00:02.25"),
        (Fraction(1001, 30000), 3, "0:00:00.033"),
        (0.1 + 0.2, 3, "0:00:00.300"),
        (36000, 1, "10:00:00.0"),
    ],
)
def test_timecode(seconds: float, decimals: int, text: str) -> None:
    assert format_timecode(seconds, decimals=decimals) == text

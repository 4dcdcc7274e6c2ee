"""What could be focused in a picture."""

from __future__ import annotations

import numpy as np
import pytest

from vbr_core.depth.subjects import find_subjects


def scene() -> np.ndarray:
    """A far wall, a person left, one farther back on the right, a table in front that touches both."""
    disparity = np.full((216, 384), 0.05, np.float32)
    disparity[60:170, 50:130] = 0.7
    disparity[70:170, 250:330] = 0.45
    disparity[170:] = np.linspace(0.55, 0.95, 46, dtype=np.float32)[:, None]
    return disparity


def test_every_thing_is_found_and_the_nearest_comes_first():
    disparity = scene()
    subjects = find_subjects(disparity)
    places = [(round(s.x * 384), round(s.y * 216)) for s in subjects]
    assert any(50 < x < 130 and 60 < y < 170 for x, y in places)
    assert any(250 < x < 330 and 70 < y < 170 for x, y in places)
    assert any(disparity[y, x] < 0.1 for x, y in places)
    rounded = [round(s.disparity, 1) for s in subjects]
    assert rounded == sorted(rounded, reverse=True)
    for subject, (x, y) in zip(subjects, places, strict=True):
        assert disparity[y, x] == pytest.approx(subject.disparity, abs=0.08)
        assert 0 < subject.share <= 1


def test_two_things_at_one_depth_that_touch_by_a_neck_are_two():
    disparity = np.zeros((120, 200), np.float32)
    disparity[30:90, 20:80] = disparity[30:90, 120:180] = 0.6
    disparity[56:64, 80:120] = 0.6
    near = [s for s in find_subjects(disparity) if s.disparity > 0.5]
    assert len(near) == 2
    assert near[0].x < 0.5 < near[1].x  # at one depth from left to right


def test_noise_and_specks_are_no_subjects():
    disparity = np.full((200, 300), 0.3, np.float32)
    disparity[::40, ::40] = 1.0
    (wall,) = find_subjects(disparity)
    assert wall.disparity == pytest.approx(0.3, abs=0.02)
    assert wall.share > 0.9


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (1080, 16), (4, 4)])
def test_any_size_of_map(size):
    for subject in find_subjects(np.full(size, 0.5, np.float32)):
        assert 0 <= subject.x <= 1
        assert 0 <= subject.y <= 1


def test_no_more_than_asked_for():
    disparity = np.zeros((200, 400), np.float32)
    for number in range(10):
        disparity[20:180, 40 * number : 40 * number + 34] = 0.1 * number
    assert len(find_subjects(disparity, limit=3)) == 3


def test_values_that_are_no_numbers_are_far():
    disparity = np.full((60, 80), np.nan, np.float32)
    disparity[10:50, 10:40] = 0.8
    assert find_subjects(disparity)[0].disparity == pytest.approx(0.8, abs=0.01)

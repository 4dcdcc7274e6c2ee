"""Disparity under a click."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbr_core.errors import InputError
from vbr_core.focus.sampling import sample_disparity


def scene():
    disparity = np.full((100, 160), 0.2, np.float32)
    disparity[30:70, 40:80] = 0.8
    return disparity


def test_patch_stays_on_the_thing_that_was_clicked():
    value, count = sample_disparity(scene(), 41.0, 31.0)
    assert value == pytest.approx(0.8)
    assert 1 < count <= 81
    assert sample_disparity(scene(), 38.5, 31.0)[0] == pytest.approx(0.2)


def test_a_bad_pixel_does_not_decide():
    disparity = scene()
    disparity[50, 60] = 0.0
    assert sample_disparity(disparity, 60, 50)[0] == pytest.approx(0.8)


def test_noise_is_averaged_out():
    disparity = scene() + np.random.default_rng(0).normal(0, 0.008, (100, 160)).astype(np.float32)
    assert sample_disparity(disparity, 60, 50)[0] == pytest.approx(0.8, abs=0.01)


@given(st.floats(0, 159.99), st.floats(0, 99.99))
def test_value_is_one_that_lies_there(x, y):
    assert sample_disparity(scene(), x, y)[0] in (pytest.approx(0.2), pytest.approx(0.8))


@pytest.mark.parametrize(("x", "y"), [(-1, 5), (160, 5), (5, 100), (float("nan"), 5)])
def test_points_outside_are_refused(x, y):
    with pytest.raises(InputError, match="outside the picture"):
        sample_disparity(scene(), x, y)


def test_one_pixel_picture():
    assert sample_disparity(np.full((1, 1), 0.5, np.float32), 0, 0) == (0.5, 1)

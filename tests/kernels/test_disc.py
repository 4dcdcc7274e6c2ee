"""The aperture's disc on the pixel grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.slow_scatter import disc_weights
from vbr_core.kernels.disc import STEPS_PER_PX, disc_kernel, disc_table


@given(st.floats(0, 60))
def test_kernel_sums_to_one_and_is_symmetric(radius):
    kernel = disc_kernel(radius)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    assert (kernel >= 0).all()
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-7)


@pytest.mark.parametrize("radius", [0.0, 0.2, 0.5])
def test_small_discs_stay_in_their_pixel(radius):
    assert disc_kernel(radius).shape == (1, 1)


@pytest.mark.parametrize("radius", [0.75, 1.0, 2.5, 7.25, 30.0])
def test_kernel_is_the_disc(radius):
    kernel = disc_kernel(radius)
    middle = kernel.shape[0] // 2
    slow = disc_weights(radius)
    for (dy, dx), weight in slow.items():
        if abs(dy) <= middle and abs(dx) <= middle:
            assert kernel[middle + dy, middle + dx] == pytest.approx(weight, abs=2e-4)
    y, x = np.mgrid[-middle : middle + 1, -middle : middle + 1]
    # second moment of a disc: r^2 / 4 along each axis (plus the pixel's own 1/12)
    assert (kernel * x**2).sum() == pytest.approx(radius**2 / 4, rel=0.12, abs=0.16)
    assert (kernel * y**2).sum() == pytest.approx(radius**2 / 4, rel=0.12, abs=0.16)
    # a flat top: full pixels well inside weigh 1 / area
    if radius > 3:
        assert kernel[middle, middle] == pytest.approx(1 / (np.pi * radius**2), rel=1e-3)


def test_table_holds_all_radii():
    table = disc_table(12.3)
    areas = 2 * table.half_widths[:, 0] + 4 * table.half_widths[:, 1:].sum(axis=1)
    np.testing.assert_allclose(areas * table.inverse_area, 1.0, rtol=1e-5)
    radii = np.arange(len(areas)) / STEPS_PER_PX
    np.testing.assert_allclose(areas[1:], np.pi * radii[1:] ** 2, rtol=1e-4)
    assert table.max_reach >= 12

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.view_geometry import ZOOM_MAX, ZOOM_MIN, ViewGeometry

sizes = st.integers(16, 4000)
ratios = st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0])


@st.composite
def geometries(draw: st.DrawFn) -> ViewGeometry:
    width, height = draw(sizes), draw(sizes)
    zoom = draw(st.one_of(st.none(), st.floats(ZOOM_MIN, ZOOM_MAX)))
    return ViewGeometry(
        width,
        height,
        draw(sizes),
        draw(sizes),
        draw(ratios),
        zoom,
        draw(st.floats(0, width)),
        draw(st.floats(0, height)),
    )


@given(view=geometries(), x=st.floats(-100, 5000), y=st.floats(-100, 5000))
def test_there_and_back(view: ViewGeometry, x: float, y: float) -> None:
    assert view.to_widget(*view.to_picture(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(view=geometries(), x=st.floats(0, 2000), y=st.floats(0, 2000), zoom=st.floats(ZOOM_MIN, ZOOM_MAX))
def test_zoom_keeps_the_point_under_the_cursor(view: ViewGeometry, x: float, y: float, zoom: float) -> None:
    before = view.to_picture(x, y)
    after = view.zoomed(zoom, x, y)
    if 0 < after.centre_x < view.picture_w and 0 < after.centre_y < view.picture_h:  # else it was kept in sight
        assert after.to_picture(x, y) == pytest.approx(before, abs=1e-6 * max(view.picture_w, view.picture_h))


@given(view=geometries())
def test_fitting_shows_all_of_it_in_the_middle(view: ViewGeometry) -> None:
    left, top, width, height = view.fitted().rect
    assert width <= view.widget_w + 1e-6
    assert height <= view.widget_h + 1e-6
    assert left == pytest.approx((view.widget_w - width) / 2, abs=1e-6)
    assert top == pytest.approx((view.widget_h - height) / 2, abs=1e-6)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_100_percent_is_one_device_pixel(ratio: float) -> None:
    view = ViewGeometry(1920, 1080, 800, 600, ratio).zoomed(1.0)
    assert view.rect[2] * ratio == pytest.approx(1920)


@given(view=geometries(), dx=st.floats(-1e5, 1e5), dy=st.floats(-1e5, 1e5))
def test_the_picture_cannot_be_lost(view: ViewGeometry, dx: float, dy: float) -> None:
    moved = view.panned(dx, dy)
    x, y = moved.to_picture(view.widget_w / 2, view.widget_h / 2)
    assert -1e-6 <= x <= view.picture_w + 1e-6
    assert -1e-6 <= y <= view.picture_h + 1e-6


def test_outside_is_not_contained() -> None:
    view = ViewGeometry(160, 90, 200, 90)
    assert view.contains(20.0, 0.0)
    assert not view.contains(19.0, 0.0)
    assert not view.contains(181.0, 45.0)

"""The look of the blur: what shapes do to a point of light, in every renderer and in both forms of the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from vbr_core.errors import InputError
from vbr_core.kernels.aperture import aperture_kernel, aperture_table
from vbr_core.kernels.disc import STEPS_PER_PX
from vbr_core.look import DEFAULT_LOOK, LOOKS, Look, f_number_of, k_of_f_number, parse_look
from vbr_core.render import load_renderer
from vbr_core.render.optics import srgb_to_linear
from vbr_core.render.scatter import ScatterRenderer, scatter_rows, table_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 97
RADIUS = 16.0


def point_of_light(y: int, x: int, is_before: bool, look: Look | None, name: str = "scatter") -> NDArray[np.float64]:
    """Linear light of a white point on black, blurred with a radius of 16 pixels: (H, W), without the black."""
    frame = np.zeros((SIZE, SIZE, 3), np.float32)
    frame[y, x] = 1.0
    disparity = np.full((SIZE, SIZE), 1.0 if is_before else 0.0, np.float32)
    result = load_renderer(name).render(frame[None], disparity[None], 0.5, 2 * RADIUS, look)[0]
    return srgb_to_linear(torch.from_numpy(result)).numpy()[..., 1].astype(np.float64)


def spread(light: NDArray[np.float64]) -> tuple[float, float]:
    """Standard deviation across and down, pixels."""
    y, x = np.indices(light.shape)
    total = light.sum()
    middle = (light * x).sum() / total, (light * y).sum() / total
    return (
        float(np.sqrt((light * (x - middle[0]) ** 2).sum() / total)),
        float(np.sqrt((light * (y - middle[1]) ** 2).sum() / total)),
    )


@pytest.fixture(scope="module")
def scene() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A textured picture with a near square before a slanted background."""
    rng = np.random.default_rng(5)
    frame = rng.random((1, 72, 96, 3), dtype=np.float32)
    frame[0, 10:14, 10:14] = 1.0
    disparity = np.broadcast_to(np.linspace(0.1, 0.4, 96, dtype=np.float32), (1, 72, 96)).copy()
    disparity[0, 20:50, 30:60] = 0.8
    return frame, disparity


@pytest.mark.parametrize("name", ["scatter", "layered", "vbr"])
def test_the_default_look_changes_no_bit(name: str, scene: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    renderer = load_renderer(name)
    plain = renderer.render(*scene, 0.8, 20.0)
    assert np.array_equal(renderer.render(*scene, 0.8, 20.0, DEFAULT_LOOK), plain)
    assert np.array_equal(renderer.render(*scene, 0.8, 20.0, Look(rotation=30.0, roundness=1.0, blades=6)), plain)
    assert not np.array_equal(renderer.render(*scene, 0.8, 20.0, LOOKS["hexagon"]), plain)


@pytest.mark.parametrize("name", ["scatter", "layered"])
@pytest.mark.parametrize("is_before", [False, True])
@pytest.mark.parametrize(
    "look", [LOOKS["hexagon"], Look(blades=3), Look(anamorphic=2.0), Look(blades=5, roundness=0.5)]
)
def test_light_is_kept_and_the_area_is_that_of_the_disc(name: str, look: Look, is_before: bool) -> None:
    light = point_of_light(48, 48, is_before, look, name)
    assert light.sum() == pytest.approx(1.0, abs=0.02)
    covered = (light > 0.5 * light.max()).sum()
    assert covered == pytest.approx(np.pi * RADIUS**2, rel=0.06)


def test_a_triangle_points_up_behind_the_focal_plane_and_down_before_it() -> None:
    for name in ("scatter", "layered"):
        behind = point_of_light(48, 48, False, Look(blades=3), name)
        before = point_of_light(48, 48, True, Look(blades=3), name)
        widths = (behind > 0.5 * behind.max()).sum(axis=1)
        rows = np.flatnonzero(widths)
        assert widths[rows[1]] < 8
        assert widths[rows[-2]] > 30
        assert np.allclose(before, behind[::-1], atol=2e-4)


def test_anamorphic_makes_an_upright_oval_of_the_stated_ratio() -> None:
    across, down = spread(point_of_light(48, 48, False, Look(anamorphic=2.0)))
    assert down / across == pytest.approx(2.0, rel=0.03)
    turned = spread(point_of_light(48, 48, False, Look(anamorphic=0.5)))
    assert turned[0] / turned[1] == pytest.approx(2.0, rel=0.03)


def test_rotation_turns_the_shape_clockwise() -> None:
    square = Look(blades=4)  # at 0 a corner points up
    upright = point_of_light(48, 48, False, square)
    turned = point_of_light(48, 48, False, Look(blades=4, rotation=45.0))
    assert (upright[48 - 18] > 1e-4).sum() < (turned[48 - 12] > 1e-4).sum()
    assert np.allclose(turned, point_of_light(48, 48, False, Look(blades=4, rotation=-45.0)), atol=1e-4)
    slightly = point_of_light(48, 48, False, Look(blades=3, rotation=20.0))
    _y, x = np.indices(slightly.shape)
    top = slightly > 0.5 * slightly.max()
    first_row = np.flatnonzero(top.any(axis=1))[0]
    assert x[first_row][top[first_row]].mean() > 49.0


def test_cat_eye_cuts_only_away_from_the_middle_and_keeps_the_light() -> None:
    look = Look(cat_eye=1.0)
    middle, corner = point_of_light(48, 48, False, look), point_of_light(20, 20, False, look)
    disc = point_of_light(48, 48, False, None)
    assert np.abs(middle - disc).max() < 5e-4
    assert corner.sum() == pytest.approx(1.0, abs=0.03)
    assert (corner > 0.5 * corner.max()).sum() < 0.85 * (disc > 0.5 * disc.max()).sum()
    y, x = np.indices(corner.shape)
    lit = corner > 0.5 * corner.max()
    along, across = (x + y)[lit], (x - y)[lit]
    assert np.ptp(along) < 0.85 * np.ptp(across), "narrow towards the middle, as wide as before across"


@pytest.mark.parametrize(
    "look",
    [LOOKS["hexagon"], LOOKS["vintage"], Look(blades=3, rotation=20.0, anamorphic=1.5, cat_eye=1.0)],
)
def test_both_forms_of_the_kernel_agree(look: Look, scene: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    from vbr_core.kernels.scatter_shaped_torch import scatter_shaped_torch

    frames, disparity = scene
    renderer = ScatterRenderer("cpu")
    given = renderer.prepare(frames[0], disparity[0], 0.3, 24.0, look)
    table = table_for(given.largest / STEPS_PER_PX, look)
    compiled = scatter_rows(given, table, 0, 72)
    turned = torch.zeros_like(given.turned) if table.is_same_turned else given.turned
    plain = scatter_shaped_torch(
        given.color,
        given.radius_index.long(),
        given.layer_index.long(),
        turned,
        given.see_through,
        table,
        given.layers,
        given.visible_layers,
        0,
        72,
    )
    assert float((compiled - plain).abs().max()) < 2e-3
    assert float((compiled - plain).abs().mean()) < 2e-5


def test_bands_make_no_difference(scene: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    whole, banded = ScatterRenderer("cpu"), ScatterRenderer("cpu")
    banded.band_rows = 19
    look = LOOKS["vintage"]
    assert np.allclose(whole.render(*scene, 0.8, 20.0, look), banded.render(*scene, 0.8, 20.0, look), atol=1e-5)


@pytest.mark.parametrize("name", ["scatter", "layered", "vbr"])
def test_near_and_far_have_factors_of_their_own(
    name: str, scene: tuple[NDArray[np.float32], NDArray[np.float32]]
) -> None:
    frames, disparity = scene
    renderer = load_renderer(name)
    sharp_far = renderer.render(frames, disparity, 0.5, 20.0, Look(far=0.0))
    assert np.abs(sharp_far - frames)[0, :, :20].max() < 0.02, "far from the near square the background is the picture"
    assert np.abs(sharp_far - frames)[0, 30:40, 40:50].mean() > 0.1
    # factors of two on either side are a disparity at half the distance rendered with twice the amount
    nearer = (0.5 + (disparity - 0.5) * 0.5).astype(np.float32)
    both = renderer.render(frames, nearer, 0.5, 20.0, Look(near=2.0, far=2.0))
    assert np.allclose(both, renderer.render(frames, disparity, 0.5, 20.0), atol=2e-3)


@pytest.mark.parametrize("name", ["scatter", "layered"])
def test_gain_brightens_blurred_highlights_only(name: str) -> None:
    frame = np.full((1, 64, 128, 3), 0.2, np.float32)
    frame[0, 28:36, 28:36] = frame[0, 28:36, 92:100] = 1.0
    disparity = np.full((1, 64, 128), 0.2, np.float32)
    disparity[:, :, 64:] = 0.6
    renderer = load_renderer(name)
    plain, bright = (renderer.render(frame, disparity, 0.6, 20.0, look)[0] for look in (None, Look(highlight_gain=2.0)))
    assert (bright[20:44, 20:44] - plain[20:44, 20:44]).max() > 0.1
    assert np.abs(bright[:, 90:] - plain[:, 90:]).max() < 1e-3, "what is in focus is shown as it is"
    dim = renderer.render(frame * 0.5, disparity, 0.6, 20.0, Look(highlight_gain=2.0))
    assert np.array_equal(dim, renderer.render(frame * 0.5, disparity, 0.6, 20.0)), "nothing reaches the threshold"


def test_a_kernel_has_the_area_of_its_disc_and_tables_do_not_grow_with_every_radius() -> None:
    kernel = aperture_kernel(10.0, 7, 0.3, 12.0, 1.3)
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    assert 1.0 / kernel.max() == pytest.approx(np.pi * 100, rel=0.02)
    assert aperture_table(9.1, 6, 0.0, 0.0, 0.0, 1.0) is aperture_table(15.9, 6, 0.0, 0.0, 0.0, 1.0)


def test_the_f_number_is_one_fixed_mapping() -> None:
    assert f_number_of(40.0) == pytest.approx(1.6667, abs=1e-3)
    assert k_of_f_number(2.0) == pytest.approx(33.333, abs=1e-2)
    assert k_of_f_number(f_number_of(123.0)) == pytest.approx(123.0)
    assert f_number_of(0.0) == float("inf")
    with pytest.raises(InputError, match="f-number"):
        k_of_f_number(0.0)


@pytest.mark.parametrize(
    "values", [{"near": 2.1}, {"blades": 2}, {"blades": 12}, {"cat_eye": float("nan")}, {"anamorphic": 0.0}]
)
def test_values_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"outside|blades"):
        Look(**values)  # type: ignore[arg-type]


def test_looks_in_words() -> None:
    assert parse_look("hexagon") == LOOKS["hexagon"]
    assert parse_look("cat-eye=0.5", LOOKS["hexagon"]) == Look(blades=6, rotation=15.0, cat_eye=0.5)
    for wrong in ("octagon", "blades=2", "blades=six", "colour=1", "near=-1"):
        with pytest.raises(InputError):
            parse_look(wrong)

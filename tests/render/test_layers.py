"""Frames in layers: the kernels' rule of surfaces, what the layers show together, and what they gain over scatter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.helpers.slow_scatter import slow_scatter
from tests.helpers.thin_lens import Plane, composite, nearest_disparity, render
from vbr_core.kernels.aperture import aperture_table
from vbr_core.kernels.disc import STEPS_PER_PX, disc_table
from vbr_core.kernels.scatter_shaped_torch import scatter_shaped_torch
from vbr_core.kernels.scatter_torch import scatter_torch
from vbr_core.look import Look
from vbr_core.model.layer_separation import Layers, light_in_front
from vbr_core.render import layers as layers_module
from vbr_core.render.layers import layered_input, outline_share, reaching, settled
from vbr_core.render.optics import linear_to_srgb
from vbr_core.render.scatter import ScatterInput, ScatterRenderer, aperture_reach, scatter_rows


def random_input(seed: int = 0, height: int = 14, width: int = 19, layers: int = 9) -> ScatterInput:
    """Two planes with coverage, at random depths, the second with holes."""
    rng = np.random.default_rng(seed)
    coverage = rng.random((2, height, width, 1), np.float32)
    coverage[1, :5] = 0.0
    color = np.concatenate([rng.random((2, height, width, 3), np.float32) * coverage, coverage], axis=-1)
    radius = rng.integers(0, 4 * STEPS_PER_PX, (2, height, width)).astype(np.int32)
    radius[1, 5:7] = -1
    layer = rng.integers(0, layers, (2, height, width)).astype(np.int32)
    tensors = [torch.from_numpy(each) for each in (color.astype(np.float32), radius, layer)]
    everywhere = torch.ones(height, width)
    return ScatterInput(*tensors, everywhere, int(radius.max()), layers, layers, tensors[1] > 20, grouped=True)


@pytest.mark.parametrize("seed", [0, 1])
def test_grouped_layers_match_the_slow_definition(seed: int) -> None:
    given = random_input(seed)
    table = disc_table(given.largest / STEPS_PER_PX)
    radius = np.where(given.radius_index.numpy() < 0, -1.0, given.radius_index.numpy() / STEPS_PER_PX)
    slow = slow_scatter(
        given.color.numpy(),
        radius,
        given.layer_index.numpy(),
        given.see_through.numpy(),
        given.layers,
        given.turned.numpy(),
    )
    fast = scatter_rows(given, table, 0, 14).numpy()
    np.testing.assert_allclose(fast, slow, atol=2e-3)
    in_torch = scatter_torch(
        given.color,
        given.radius_index.long(),
        given.layer_index.long(),
        given.turned,
        given.see_through,
        table,
        given.layers,
        given.layers,
        3,
        11,
        grouped=True,
    )
    np.testing.assert_allclose(in_torch.numpy(), fast[3:11], atol=2e-4)


@pytest.mark.parametrize(("cat_eye", "blades"), [(0.4, 5), (0.0, 5), (0.9, 6)])
def test_grouped_layers_of_a_shaped_aperture_are_equal_in_both_kernels(cat_eye: float, blades: int) -> None:
    given = random_input(3)
    table = aperture_table(given.largest / STEPS_PER_PX, blades, 0.2, 20.0, cat_eye, 1.3)
    fast = scatter_rows(given, table, 0, 14)
    in_torch = scatter_shaped_torch(
        given.color,
        given.radius_index.long(),
        given.layer_index.long(),
        given.turned,
        given.see_through,
        table,
        given.layers,
        given.layers,
        0,
        14,
        grouped=True,
    )
    np.testing.assert_allclose(fast.numpy(), in_torch.numpy(), atol=2e-4)


def test_a_surface_whose_blur_changes_lets_nothing_shine_through() -> None:
    height, width = 24, 40
    shape = (2, height, width)
    color = torch.ones(*shape, 4)
    color[0, ..., :3] = 0.0  # a black surface that leans, before a white one
    radius_index = torch.full(shape, 5 * STEPS_PER_PX, dtype=torch.int32)
    radius_index[0] = STEPS_PER_PX + torch.arange(width, dtype=torch.int32)
    layer = torch.tensor([0, 4], dtype=torch.int32)[:, None, None].expand(shape).contiguous()
    turned = torch.zeros(shape, dtype=torch.bool)
    given = ScatterInput(
        color, radius_index, layer, torch.ones(height, width), 5 * STEPS_PER_PX, 5, 5, turned, grouped=True
    )
    picture = scatter_rows(given, disc_table(5.0), 0, height)
    assert float(picture[:, 6:-6].max()) < 0.002  # 0.017 without ``CLOSED_FROM``


def test_the_layers_of_a_pixel_are_the_pixel() -> None:
    torch.manual_seed(0)
    light = torch.rand(3, 30, 40) * 1.4
    behind, coverage = torch.rand(3, 30, 40), torch.rand(1, 30, 40)
    front, left = light_in_front(light, behind, coverage)
    uncovered = coverage < 0.98
    together = front + (1.0 - coverage) * left
    assert torch.allclose(together[:, uncovered[0]], light[:, uncovered[0]], atol=1e-5)
    assert (front >= 0).all()
    assert (front <= coverage * light.clamp_min(1.0) + 1e-6).all()


def test_settled_coverage_has_clean_ends() -> None:
    coverage = settled(torch.tensor([0.0, 0.03, 0.5, 0.97, 1.0]))
    assert coverage.tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]


def planes(side: int = 96) -> list[Plane]:
    """Striped wall, and before it a blot with a soft outline."""
    rng = np.random.default_rng(4)
    stripes = np.repeat(rng.random((1, side // 4, 3)), 4, axis=1).repeat(side, axis=0).astype(np.float32)
    y, x = np.mgrid[0:side, 0:side] - side / 2
    alpha = np.clip((26.0 - np.hypot(x, y)) / 3.0, 0.0, 1.0).astype(np.float32)
    blot = np.broadcast_to(np.array([0.8, 0.1, 0.1], np.float32), (side, side, 3)).copy()
    return [Plane(stripes, np.ones((side, side), np.float32), 0.1), Plane(blot, alpha, 0.7)]


@pytest.mark.parametrize("d_f", [0.1, 0.7, 0.4])
def test_known_layers_give_what_a_lens_would(d_f: float) -> None:
    scene, k = planes(), 16.0
    wall, blot = scene
    truth = linear_to_srgb(torch.from_numpy(render(scene, d_f, k).astype(np.float32))).numpy()
    frame = linear_to_srgb(torch.from_numpy(composite(scene).astype(np.float32))).numpy()
    disparity = nearest_disparity(scene)
    near = (blot.alpha > 0)[None, None]
    layers = Layers(
        torch.from_numpy(np.where(near, blot.alpha, 1.0).astype(np.float32)),
        torch.from_numpy(np.where(near, 0.7, 0.1).astype(np.float32)),
        linear_to_srgb(torch.from_numpy(wall.color)).permute(2, 0, 1)[None],
        torch.full((1, 1, 96, 96), 0.1),
        torch.from_numpy(near),
    )
    renderer = ScatterRenderer("cpu")
    given = layered_input(frame, disparity, layers, d_f, k, None, "cpu")

    def error(picture: np.ndarray) -> float:
        return float(np.square(picture - truth)[8:-8, 8:-8].mean())

    mine = error(renderer.render_prepared(given))
    assert mine < 0.35 * error(renderer.render_frame(frame, disparity, d_f, k))
    assert -10 * np.log10(mine) > 40.0


def test_what_a_half_hidden_thing_hides_is_seen_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # in focus is the wall; a board ends behind a blot whose blur both are seen through
    wall, blot = planes()
    side = len(wall.alpha)
    board = Plane(
        np.full_like(wall.color, (0.1, 0.6, 0.2)), np.repeat((np.arange(side) < 50)[None] * np.float32(1), side, 0), 0.4
    )
    scene, d_f, k = [wall, board, blot], 0.1, 16.0
    truth = linear_to_srgb(torch.from_numpy(render(scene, d_f, k).astype(np.float32))).numpy()
    frame = linear_to_srgb(torch.from_numpy(composite(scene).astype(np.float32))).numpy()
    behind = composite([wall, board])
    is_near = blot.alpha > 0
    layers = Layers(
        torch.from_numpy(np.where(is_near, blot.alpha, 1.0).astype(np.float32))[None, None],
        torch.from_numpy(np.where(is_near, 0.7, nearest_disparity(scene)).astype(np.float32))[None, None],
        linear_to_srgb(torch.from_numpy(behind)).permute(2, 0, 1)[None],
        torch.from_numpy(nearest_disparity([wall, board]))[None, None],
        torch.from_numpy(is_near)[None, None],
    )
    around_its_edge = np.s_[30:66, 44:56]

    def error() -> float:
        given = layered_input(frame, nearest_disparity(scene), layers, d_f, k, None, "cpu")
        return float(np.square(ScatterRenderer("cpu").render_prepared(given) - truth)[around_its_edge].mean())

    with_it = error()
    guess = layers_module.scatter_planes

    def nothing(*given: Any) -> Any:
        planes = guess(*given)
        return replace(planes, hidden_mask=torch.zeros_like(planes.hidden_mask))

    monkeypatch.setattr(layers_module, "scatter_planes", nothing)
    assert with_it < 0.5 * error()


@pytest.mark.parametrize("d_f", [0.7, 0.1])
def test_a_hidden_lamp_is_seen_beside_what_hides_it_where_it_is_blurred(d_f: float) -> None:
    """In focus is what hides the lamp, then what the lamp hangs on."""
    wall, blot = planes()
    side = len(wall.alpha)
    dark = replace(wall, color=np.full_like(wall.color, 0.02))
    scene = [dark, blot]
    near = (blot.alpha > 0)[None, None]
    layers = Layers(
        torch.from_numpy(np.where(near, blot.alpha, 1.0).astype(np.float32)),
        torch.from_numpy(np.where(near, 0.7, 0.1).astype(np.float32)),
        linear_to_srgb(torch.from_numpy(dark.color)).permute(2, 0, 1)[None],
        torch.full((1, 1, side, side), 0.1),
        torch.from_numpy(near),
    )
    frame = linear_to_srgb(torch.from_numpy(composite(scene).astype(np.float32))).numpy()
    extra = np.zeros((side, side, 3), np.float32)
    extra[47:49, 68:70] = 20.0  # four pixels behind the blot's outline
    extra[4:6, 4:6] = 20.0  # where nothing is hidden
    renderer, depth = ScatterRenderer("cpu"), nearest_disparity(scene)
    dim, lit = (
        renderer.render_prepared(layered_input(frame, depth, layers, d_f, 16.0, None, "cpu", given))
        for given in (None, extra)
    )
    added = lit - dim
    if d_f == 0.1:
        assert not added.any()
        return
    assert added[44:52, 76:79].min() > 0.1  # the ball reaches beyond the outline
    assert np.abs(added[48 - 2 : 48 + 2, 50:56]).max() < 0.01  # not into what hides it
    assert np.abs(added[:20]).max() < 1e-6


def test_layers_matter_near_outlines_only() -> None:
    color = torch.ones(2, 60, 80, 4)
    color[0, 20:40, 30:32, 3] = 0.4  # an outline
    radius = torch.full((2, 60, 80), 2 * STEPS_PER_PX)
    radius[0, :, 40:] = 16 * STEPS_PER_PX  # what lies there is so blurred that the outline shows in it
    given = ScatterInput(
        color, radius, torch.zeros_like(radius), torch.ones(60, 80), 16 * STEPS_PER_PX, 1, 1, radius[0] > 0
    )
    share = outline_share(given)
    assert (share[20:40, 28:34] == 1.0).all()
    assert share[30, 20] == 0.0  # ten pixels away, blurred by two
    assert share[30, 39] == 0.0
    assert share[30, 42] == 1.0
    near = outline_share(replace(given, radius_index=torch.full_like(radius, 30 * STEPS_PER_PX)))
    assert near[30, 55] == 1.0  # an outline of something blurred reaches far
    alone = outline_share(replace(given, color=torch.ones(2, 60, 80, 4)))
    assert not alone.any()


@pytest.mark.parametrize("look", [None, Look(blades=5, anamorphic=1.6)])
def test_light_that_no_wanted_pixel_receives_is_left_out(look: Look | None) -> None:
    given = random_input(height=60, width=90)
    wanted = np.zeros((60, 90), np.bool_)
    wanted[20:30, :12] = True
    fewer = reaching(given, wanted, 1.0 if look is None else aperture_reach(look))
    assert 0 < (fewer.radius_index >= 0).sum() < 0.6 * (given.radius_index >= 0).sum()
    renderer = ScatterRenderer("cpu")
    whole, part = (renderer.render_prepared(each, look) for each in (given, fewer))
    np.testing.assert_allclose(part[wanted], whole[wanted], atol=2e-5)
    assert reaching(given, np.ones_like(wanted)).radius_index.equal(given.radius_index)

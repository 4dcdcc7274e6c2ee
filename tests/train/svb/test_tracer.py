"""The ray tracers against what optics says, and against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from tests.train.svb.helpers import flat_scene, opaque, small_library
from vbr_core.train.svb import tracer_cpu, tracer_torch
from vbr_core.train.svb.scene import W_FAR, W_NEAR, random_scene, seen_range, within_range
from vbr_core.train.svb.tracer_cpu import photograph
from vbr_core.train.svb.tracer_torch import TorchTracer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbr_core.train.svb.picture_library import Library
    from vbr_core.train.svb.scene import Scene

SIZE = 64
RAYS = 1024


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return small_library(tmp_path_factory.mktemp("material"))


def middles() -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the middle of each pixel, (H, W) each."""
    return tuple(np.mgrid[0:SIZE, 0:SIZE] + 0.5)


def light_at(x: int, y: int) -> np.ndarray:
    """A black wall with a light of 4 x 4 texels whose middle is (x, y)."""
    wall = np.zeros((SIZE, SIZE))
    wall[y - 2 : y + 2, x - 2 : x + 2] = 1.0
    return opaque(wall)


def variance(light: np.ndarray) -> float:
    """Second moment about its middle, in square pixels, of (H, W) light."""
    y, x = middles()
    total = light.sum()
    center_x, center_y = (light * x).sum() / total, (light * y).sum() / total
    return float((light * ((x - center_x) ** 2 + (y - center_y) ** 2)).sum() / total)


# --- the closed form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("depth", "focus", "k_px"), [(0.1, 0.6, 40.0), (0.7, 0.3, 40.0), (0.2, 0.8, 20.0)])
def test_a_light_becomes_a_disc_of_radius_k_times_defocus(depth: float, focus: float, k_px: float) -> None:
    shot = photograph(flat_scene([(depth, light_at(32, 32), (0, 0))], SIZE, SIZE, focus, k_px), 0, RAYS)
    sharp, bokeh = shot.sharp[..., 1].astype(np.float64), shot.bokeh[..., 1].astype(np.float64)
    radius = k_px * abs(depth - focus)
    assert sharp.sum() == pytest.approx(16.0, rel=1e-3)
    assert bokeh.sum() == pytest.approx(sharp.sum(), rel=0.02)
    # the disc and the light itself add their second moments
    measured = np.sqrt(2.0 * (variance(bokeh) - variance(sharp)))
    assert measured == pytest.approx(radius, rel=0.02)
    # of even brightness, and nothing outside
    y, x = middles()
    distance = np.hypot(x - 32, y - 32)
    inside = bokeh[distance < 0.5 * radius]
    assert inside.mean() == pytest.approx(16.0 / (np.pi * radius**2), rel=0.05)
    assert bokeh[distance > radius + 4.5].max() == 0


def test_a_light_on_a_slanted_plane_has_the_radius_of_its_own_disparity() -> None:
    # so large a wall that no mirrored copy of the light comes near; the light is seen at (32, 32)
    wall = np.zeros((192, 192))
    wall[94:98, 94:98] = 1.0
    scene = flat_scene([(0.3, opaque(wall), (0, 0))], SIZE, SIZE, 0.8, 30.0)
    slope = 0.004
    scene.disparity[0, 0] = (slope, 0, 0.3 - slope * 32)
    w = W_FAR + (W_NEAR - W_FAR) * 0.3
    scene.texel[0, 0] = [[w, 0, -32 * w, 96], [0, w, -32 * w, 96]]
    shot = photograph(scene, 0, RAYS)
    sharp, bokeh = shot.sharp[..., 1].astype(np.float64), shot.bokeh[..., 1].astype(np.float64)
    radius = 30.0 * 0.5
    y, x = middles()
    distance = np.hypot(x - 32, y - 32)
    assert bokeh.sum() == pytest.approx(sharp.sum(), rel=0.02)
    assert bokeh[distance > radius + 4.5].max() == 0
    assert (bokeh[distance < radius - 4.0] > 0).mean() > 0.99


@pytest.mark.parametrize("focus", [0.2, 0.05])
def test_a_blurred_edge_in_front_is_the_area_of_a_disc_beyond_a_line(focus: float) -> None:
    k_px, near, margin, edge = 24.0, 0.85, 40, 32.0
    wall = opaque(np.ones((SIZE, SIZE)))
    # black, opaque, from far left to x = 32: the last columns are alpha 1, then 0, whose middle is the edge
    screen = np.zeros((SIZE + 2 * margin, 2 * SIZE, 4), np.float32)
    screen[:, :-1, 3] = 1.0
    corner = (screen.shape[1] - 1 - edge, margin)
    scene = flat_scene([(0.2, wall, (0, 0)), (near, screen, corner)], SIZE, SIZE, focus, k_px)
    bokeh = photograph(scene, 0, RAYS).bokeh[..., 1]
    radius = k_px * (near - focus)
    x = np.clip((middles()[1] - edge) / radius, -1, 1)
    covered = 0.5 - (np.arcsin(x) + x * np.sqrt(1 - x * x)) / np.pi
    assert np.abs((1 - bokeh) - covered).max() < 0.02


def test_without_blur_the_lens_is_a_pinhole(library: Library) -> None:
    scene = random_scene(library, np.random.default_rng(1), 3, 2, SIZE, SIZE)
    shot = photograph(replace(scene, k_px=np.zeros(2, np.float32)), 1, 64)
    assert np.abs(shot.bokeh - shot.sharp).max() < 1e-3
    blurred = photograph(scene, 1, 64)
    assert np.abs(blurred.sharp - shot.sharp).max() == 0
    assert np.abs(blurred.bokeh - shot.sharp).max() > 0.05


def test_what_is_in_focus_stays_as_sharp_as_through_a_pinhole() -> None:
    rng = np.random.default_rng(2)
    wall = opaque(rng.random((SIZE, SIZE)))
    alone = photograph(flat_scene([(0.3, wall, (0, 0))], SIZE, SIZE, 0.3, 50.0), 0, RAYS)
    assert np.abs(alone.bokeh - alone.sharp).max() < 1e-3
    # a sharp thing before a blurred wall: more rays, so other places within each pixel, but the same detail
    thing = opaque(rng.random((36, 36)))
    scene = flat_scene([(0.1, wall, (0, 0)), (0.7, thing, (-14, -14))], SIZE, SIZE, 0.7, 30.0)
    shot = photograph(scene, 0, RAYS)
    within = np.s_[17:47, 17:47]
    assert np.abs(shot.bokeh - shot.sharp)[within].mean() < 0.02
    assert shot.bokeh[within].std() == pytest.approx(shot.sharp[within].std(), rel=0.02)
    outside = np.s_[:8]
    assert shot.bokeh[outside].std() < 0.3 * shot.sharp[outside].std()


def a_lamp(x: int, y: int) -> np.ndarray:
    """A black wall with a lamp of 2 x 2 texels, twenty times as bright as white, whose middle is (x, y)."""
    wall = np.zeros((SIZE, SIZE))
    wall[y - 1 : y + 1, x - 1 : x + 1] = 20.0
    return opaque(wall)


def test_the_ball_of_a_lamp_is_even(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = flat_scene([(0.2, a_lamp(32, 32), (0, 0))], SIZE, SIZE, 0.7, 20.0)
    y, x = middles()
    inside = np.hypot(y - 32, x - 32) < 8
    even = photograph(scene, 0, 128).bokeh[inside][:, 0]
    monkeypatch.setattr(tracer_cpu, "LAMP_LIGHT", np.inf)
    grainy = photograph(scene, 0, 128).bokeh[inside][:, 0]
    expected = 4 * 20.0 / (np.pi * 10.0**2)
    assert even.mean() == pytest.approx(expected, rel=0.02)
    assert even.std() < 0.5 * grainy.std()


@pytest.mark.parametrize("slope", [0.0, 0.0004])
def test_more_rays_go_where_a_lamp_sends_light(slope: float) -> None:
    wall = np.zeros((4 * SIZE, 4 * SIZE))
    lamp, dim = wall.copy(), wall.copy()
    lamp[40:42, 200:202], dim[40:42, 200:202] = 20.0, 0.9
    counts = {}
    for name, light in (("lamp", lamp), ("dim", dim)):
        # something opaque before it takes nothing away: it is seen past its edge
        scene = flat_scene([(0.2, opaque(light), (0, 0)), (0.9, opaque(wall), (0, 0))], 4 * SIZE, 4 * SIZE, 0.9, 30.0)
        scene.disparity[0, 0] = (slope, 0.0, 0.2 - slope * 200)
        boxes = tracer_cpu.plane_boxes(scene, 0, lens=True)
        counts[name] = tracer_cpu.tile_rays(scene, 0, boxes, 256).reshape(16, 16)
        if name == "lamp":
            ball = photograph(scene_without(scene, 1), 0, 256).bokeh[..., 0]
    lit = ball.reshape(16, 16, 16, 16).max(axis=(1, 3)) > 1e-4
    assert (counts["lamp"] >= counts["dim"]).all()
    assert lit.any()
    assert (counts["lamp"][lit] >= 4 * counts["dim"][lit]).all()
    assert counts["lamp"][12, 3] == counts["dim"][12, 3]
    assert counts["lamp"].max() <= 8 * 256


def scene_without(scene: Scene, plane: int) -> Scene:
    """A scene less one of its planes."""
    textures = [texture for index, texture in enumerate(scene.textures) if index != plane]
    return replace(
        scene,
        disparity=np.delete(scene.disparity, plane, axis=1),
        texel=np.delete(scene.texel, plane, axis=1),
        textures=textures,
    )


def test_the_disparity_of_a_slanted_plane_is_affine() -> None:
    scene = flat_scene([(0.5, opaque(np.ones((SIZE, SIZE))), (0, 0))], SIZE, SIZE, 0.5, 10.0)
    a, b, c = 0.005, -0.003, 0.4
    scene.disparity[0, 0] = (a, b, c)
    disparity = photograph(scene, 0, 64).disparity
    y, x = middles()
    columns = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1)
    fit = np.linalg.lstsq(columns, disparity.ravel().astype(np.float64), rcond=None)[0]
    assert fit == pytest.approx([a, b, c], abs=1e-5 + 0.1 * a)  # rays are not quite centred in the pixel
    assert fit[:2] == pytest.approx([a, b], abs=1e-6)
    assert np.abs(columns @ fit - disparity.ravel()).max() < 1e-5


def test_a_scene_beyond_the_range_of_disparity_is_told_on_another_scale() -> None:
    rng = np.random.default_rng(2)
    wall, board = opaque(rng.random((2 * SIZE, 2 * SIZE))), opaque(rng.random((SIZE // 2, SIZE // 2)))
    scene = flat_scene([(0.1, wall, (-8, -8)), (0.9, board, (20, 20))], SIZE, SIZE, 0.3, 12.0)
    scene.disparity[0, 1, :2] = (0.012, -0.004)
    scene.disparity[0, 1, 2] = 0.95
    scene.disparity[0, 0] = (0.0, 0.004, -0.05)
    least, most = seen_range(scene)
    assert least < 0.0
    assert most > 1.0
    told = within_range(scene)
    assert (told.w_far, told.w_range) != (scene.w_far, scene.w_range)
    before, after = photograph(scene, 0, 64), photograph(told, 0, 64)
    assert before.disparity.max() == 1.0  # cut off
    assert before.disparity.min() == 0.0
    assert after.disparity.min() > 0.0
    assert after.disparity.max() < 1.0
    for name in ("sharp", "bokeh"):
        assert np.abs(getattr(before, name) - getattr(after, name)).mean() < 1e-4
    radius = (after.disparity - told.d_f[0]) * told.k_px[0]
    kept = (before.disparity > 0.0) & (before.disparity < 1.0)
    assert np.abs(radius - (before.disparity - 0.3) * 12.0)[kept].max() < 1e-3
    untouched = within_range(flat_scene([(0.1, wall, (-8, -8))], SIZE, SIZE, 0.3, 12.0))
    assert (untouched.w_far, untouched.k_px[0]) == (scene.w_far, 12.0)


@pytest.mark.parametrize(("alpha", "nearest"), [(0.6, 0.8), (0.4, 0.2)])
def test_soft_alpha_mixes_light_and_the_half_decides_the_disparity(alpha: float, nearest: float) -> None:
    wall = opaque(np.full((SIZE, SIZE), 0.5))
    veil = np.zeros((SIZE, SIZE, 4))
    veil[..., 0], veil[..., 3] = alpha, alpha  # red light, premultiplied
    shot = photograph(flat_scene([(0.2, wall, (0, 0)), (0.8, veil, (0, 0))], SIZE, SIZE, 0.5, 0.0), 0, 64)
    within = np.s_[2:-2, 2:-2]
    expected = np.array([alpha + (1 - alpha) * 0.5, (1 - alpha) * 0.5, (1 - alpha) * 0.5])
    assert np.abs(shot.sharp[within] - expected).max() < 1e-5
    assert np.abs(shot.disparity[within] - nearest).max() < 1e-5
    assert (shot.plane[within] == (nearest > 0.5)).all()


# --- the batched tracer ----------------------------------------------------------------------------------------------


def assert_same(scene: Scene, tracer: TorchTracer, frame: int, rays: int = 64) -> None:
    compiled, batched = photograph(scene, frame, rays), tracer(scene, frame, rays)
    for name in ("sharp", "bokeh"):
        one, other = getattr(compiled, name), getattr(batched, name)
        assert one.shape == other.shape
        assert one.dtype == other.dtype == np.float32
        difference = np.abs(one - other)
        assert difference.mean() < 1e-4, name
        assert (difference.max(axis=2) < 2e-3).mean() >= 0.999, name
    assert compiled.plane.dtype == batched.plane.dtype == np.int16
    assert (compiled.plane == batched.plane).mean() >= 0.999
    assert (np.abs(compiled.disparity - batched.disparity) < 1e-5).mean() >= 0.999


@pytest.mark.parametrize(("seed", "objects", "height", "width"), [(0, 0, 48, 48), (1, 4, 64, 64), (2, 9, 50, 75)])
def test_batched_rays_give_the_same_photograph(
    library: Library, seed: int, objects: int, height: int, width: int
) -> None:
    scene = random_scene(library, np.random.default_rng(seed), objects, 2, height, width)
    tracer = TorchTracer("cpu")
    for frame in range(2):
        assert_same(scene, tracer, frame)


def test_batched_rays_give_the_same_light_of_lamps() -> None:
    scene = flat_scene([(0.2, a_lamp(32, 32), (0, 0))], SIZE, SIZE, 0.7, 12.0)
    assert_same(scene, TorchTracer("cpu"), 0)


def test_memory_bound_changes_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = random_scene(library, np.random.default_rng(3), 3, 1, 48, 48)
    whole = TorchTracer("cpu")(scene, 0, 64)
    # less than the rays of one tile at once
    monkeypatch.setattr(tracer_torch, "BYTES_AT_ONCE", 20 * 256 * 500)
    pieces = TorchTracer("cpu")(scene, 0, 64)
    assert np.abs(whole.bokeh - pieces.bokeh).max() < 1e-5
    assert np.abs(whole.sharp - pieces.sharp).max() < 1e-5
    assert (whole.plane == pieces.plane).mean() >= 0.999


def test_textures_are_uploaded_once_a_scene(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (random_scene(library, np.random.default_rng(seed), 1, 2, 48, 48) for seed in (4, 5))
    uploads = []
    original = tracer_torch.atlas_of
    monkeypatch.setattr(tracer_torch, "atlas_of", lambda scene: uploads.append(scene) or original(scene))
    tracer = TorchTracer("cpu")
    for scene, frame in ((first, 0), (first, 1), (second, 0), (second, 1)):
        tracer(scene, frame, 16)
    assert [scene is first for scene in uploads] == [True, False]
    assert_same(second, tracer, 1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_gives_the_same_photograph(library: Library) -> None:
    scene = random_scene(library, np.random.default_rng(1), 4, 2, 128, 128)
    tracer = TorchTracer("cuda")
    assert_same(scene, tracer, 1)
    assert np.array_equal(tracer(scene, 1, 64).bokeh, tracer(scene, 1, 64).bokeh)


# --- chance ----------------------------------------------------------------------------------------------------------


def test_the_seed_alone_decides(library: Library) -> None:
    one, same, other = (random_scene(library, np.random.default_rng(seed), 3, 2, 48, 48) for seed in (7, 7, 8))
    assert np.array_equal(one.disparity, same.disparity)
    assert np.array_equal(one.texel, same.texel)
    assert np.array_equal(one.d_f, same.d_f)
    assert np.array_equal(one.k_px, same.k_px)
    assert one.sources == same.sources
    assert one.program == same.program
    assert all(np.array_equal(a, b) for a, b in zip(one.textures, same.textures, strict=True))
    shots = [photograph(scene, 1, 32) for scene in (one, same, other)]
    assert np.array_equal(shots[0].bokeh, shots[1].bokeh)
    assert np.array_equal(shots[0].sharp, shots[1].sharp)
    assert np.array_equal(shots[0].disparity, shots[1].disparity)
    assert not np.array_equal(one.disparity, other.disparity)
    assert np.abs(shots[0].sharp - shots[2].sharp).mean() > 0.01

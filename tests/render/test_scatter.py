"""``scatter`` against its definition, against rays through a lens, and against what must hold for any renderer."""

import numpy as np
import pytest
import torch

from tests.helpers import thin_lens
from tests.helpers.slow_scatter import slow_scatter
from vbr_core.kernels.disc import STEPS_PER_PX, disc_table
from vbr_core.kernels.scatter_torch import scatter_torch
from vbr_core.render import load_renderer
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear
from vbr_core.render.scatter import scatter_rows


def two_planes(height=24, width=30, seed=0):
    """A noisy frame, and disparity with a near box before a slope."""
    rng = np.random.default_rng(seed)
    frame = rng.random((height, width, 3), dtype=np.float32)
    disparity = np.linspace(0.1, 0.3, height, dtype=np.float32)[:, None].repeat(width, axis=1)
    disparity[height // 3 : 2 * height // 3, width // 4 : width // 2] = 0.8
    return frame, disparity


def to_linear(picture):
    return srgb_to_linear(torch.from_numpy(np.asarray(picture, np.float32))).numpy().astype(np.float64)


def to_srgb(linear):
    return linear_to_srgb(torch.from_numpy(np.asarray(linear, np.float32))).numpy()


@pytest.mark.parametrize("d_f", [0.15, 0.8, 0.5])
def test_matches_the_slow_definition(d_f):
    frame, disparity = two_planes()
    renderer = load_renderer("scatter")
    given = renderer.prepare(frame, disparity, d_f, 9.0)
    radius = np.where(given.radius_index.numpy() < 0, -1.0, given.radius_index.numpy() / STEPS_PER_PX)
    slow = slow_scatter(
        given.color.numpy(), radius, given.layer_index.numpy(), given.see_through.numpy(), given.visible_layers
    )
    fast = renderer.render(frame[None], disparity[None], d_f, 9.0)[0]
    np.testing.assert_allclose(fast, to_srgb(slow), atol=2e-3)


@pytest.mark.parametrize(("height", "width", "k"), [(31, 17, 6.0), (16, 16, 40.0), (9, 40, 21.5)])
def test_cpu_and_torch_kernels_are_equal(height, width, k):
    frame, disparity = two_planes(height, width, seed=1)
    given = load_renderer("scatter").prepare(frame, disparity, 0.2, k)
    table = disc_table(given.largest / STEPS_PER_PX)
    fast = scatter_rows(given, table, 0, height)
    slow = scatter_torch(
        given.color,
        given.radius_index.long(),
        given.layer_index.long(),
        given.turned,
        given.see_through,
        table,
        given.layers,
        given.visible_layers,
        0,
        height,
    )
    np.testing.assert_allclose(fast.numpy(), slow.numpy(), atol=2e-4)


@pytest.mark.gpu
def test_cuda_equals_cpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    frame, disparity = two_planes(60, 80)
    cpu = load_renderer("scatter", "cpu").render(frame[None], disparity[None], 0.2, 12.0)
    cuda = load_renderer("scatter", "cuda").render(frame[None], disparity[None], 0.2, 12.0)
    np.testing.assert_allclose(cuda, cpu, atol=2e-3)


def psnr(a, b):
    return -10 * np.log10(float(((a - b) ** 2).mean()))


def smooth_noise(shape, seed):
    import cv2

    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.random(shape).astype(np.float32), (0, 0), 1.2)
    return (noise - noise.min()) / (noise.max() - noise.min())


@pytest.mark.parametrize("d_f", [0.1, 0.7])
def test_against_rays_through_a_lens(d_f):
    """A disc before a background, focused far and near: scatter must come close to the ray-traced truth."""
    y, x = np.mgrid[0:96, 0:120]
    alpha = np.clip(30.5 - np.hypot(y - 48, x - 60), 0, 1).astype(np.float32)
    back = thin_lens.Plane(smooth_noise((96, 120, 3), 1), np.ones((96, 120), np.float32), 0.1)
    front = thin_lens.Plane(smooth_noise((96, 120, 3), 2) * 0.8, alpha, 0.7)
    planes = [back, front]
    truth = to_srgb(thin_lens.render(planes, d_f, 14.0, 400))
    frame = to_srgb(thin_lens.composite(planes))
    disparity = thin_lens.nearest_disparity(planes)
    out = load_renderer("scatter").render(frame[None], disparity[None], d_f, 14.0)[0]
    assert psnr(out, truth) > 36
    assert psnr(out, truth) > psnr(frame, truth) + 8


def test_a_point_of_light_becomes_a_disc_of_its_energy():
    frame = np.zeros((61, 61, 3), np.float32)
    frame[30, 30] = 1.0
    disparity = np.full((61, 61), 0.5, np.float32)
    out = to_linear(load_renderer("scatter").render(frame[None], disparity[None], 0.0, 20.0)[0])[..., 0]
    y, x = np.mgrid[0:61, 0:61]
    distance = np.hypot(y - 30, x - 30)
    assert out.sum() == pytest.approx(1.0, rel=1e-2)
    np.testing.assert_allclose(out[distance < 8.5], 1 / (np.pi * 100), rtol=2e-2)
    assert out[distance > 11.5].max() == pytest.approx(0.0, abs=1e-6)


def test_blurred_foreground_veils_sharp_background_by_the_analytic_ramp():
    """A straight edge, focused on the background: coverage of the half plane by a disc, on both sides of the edge."""
    frame = np.zeros((41, 81, 3), np.float32)
    frame[:, :40] = 1.0
    disparity = np.where(np.arange(81) < 40, 0.9, 0.1).astype(np.float32)[None].repeat(41, axis=0)
    radius = 12.0
    out = load_renderer("scatter").render(frame[None], disparity[None], 0.1, radius / 0.8)[0]
    coverage = to_linear(out)[20, :, 0]
    u = np.clip((40 - (np.arange(81) + 0.5)) / radius, -1, 1)
    expected = 0.5 + (np.arcsin(u) + u * np.sqrt(1 - u * u)) / np.pi
    np.testing.assert_allclose(coverage, expected, atol=0.05)


def test_sharp_foreground_never_bleeds_into_the_blur_behind():
    frame = np.zeros((40, 60, 3), np.float32)
    frame[10:30, 20:40, 0] = 1.0
    disparity = np.full((40, 60), 0.1, np.float32)
    disparity[10:30, 20:40] = 0.9
    out = load_renderer("scatter").render(frame[None], disparity[None], 0.9, 20.0)[0]
    outside = np.ones((40, 60), bool)
    outside[9:31, 19:41] = False
    assert out[outside][:, 0].max() < 0.02
    np.testing.assert_allclose(out[11:29, 21:39, 0], 1.0, atol=1e-4)

"""The network's parts without weights: tiny random nets."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from vbr_core.errors import InputError
from vbr_core.kernels import deform_cpu
from vbr_core.model.config import NetworkConfig
from vbr_core.model.network import VbrNetwork, pad_to_stride
from vbr_core.model.scale import largest_radius, scale_steps, scaled_size
from vbr_core.model.streaming import NetworkStream
from vbr_core.model.temporal_fusion import TAPS, Alignment, deform_conv, deform_conv_grid_sample

TINY = NetworkConfig(widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, max_offset=3.0)
SINGLE = NetworkConfig(widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, fusion_levels=())
PLAIN = NetworkConfig(widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, deformable=False)
PURE = NetworkConfig(base="none", widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2)
ALL = pytest.mark.parametrize("config", [TINY, SINGLE, PLAIN, PURE], ids=["full", "single", "no-dcn", "no-base"])


def random_network(config: NetworkConfig, seed: int = 0) -> VbrNetwork:
    """A network whose every parameter matters: heads and offsets begin at zero and would hide the rest."""
    torch.manual_seed(seed)
    network = VbrNetwork(config).eval()
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return network


def shot(frames: int, height: int, width: int, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.rand(frames, 3, height, width, generator=generator)
    base = torch.rand(frames, 3, height, width, generator=generator)
    return pictures, base, 20.0 * torch.randn(frames, 1, height, width, generator=generator)


def stream_shot(
    network: VbrNetwork,
    scales: list[float],
    pictures: torch.Tensor,
    base: torch.Tensor,
    defocus: torch.Tensor,
    tile: int = 0,
) -> torch.Tensor:
    stream = NetworkStream(network, scales, tile)
    results = []
    given = base if network.config.hybrid else None
    for t in range(len(pictures)):
        results += stream.push(pictures[t : t + 1], None if given is None else given[t : t + 1], defocus[t : t + 1])
    results += stream.finish()
    return torch.cat(results)


# --- scale rule ------------------------------------------------------------------------------------------------------


def test_scale_rule_of_the_paper() -> None:
    assert scale_steps(32, 20) == [1.0]
    assert scale_steps(32, 64) == [0.5, 1.0]
    assert scale_steps(30, 90) == [pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0]
    steps = scale_steps(32, 1024)
    assert steps[0] == 32 / 1024
    assert all(after == pytest.approx(min(1, 2 * before)) for before, after in pairwise(steps))
    assert steps[-1] == 1.0


def test_scale_rule_without_blur() -> None:
    assert scale_steps(32, 0.0) == [1.0]


def test_largest_radius_is_over_all_frames_and_knows_no_disparity() -> None:
    assert largest_radius([0.2, 0.9], [10.0, 20.0]) == pytest.approx(18.0)
    assert largest_radius([], []) == 0.0


def test_scaled_size_never_vanishes() -> None:
    assert scaled_size(5, 7, 0.01) == (1, 1)
    assert scaled_size(540, 960, 0.5) == (270, 480)


# --- deformable convolution ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_grid_sample_form_equals_torchvision(groups: int) -> None:
    from torchvision.ops import deform_conv2d

    torch.manual_seed(0)
    x, offset = torch.randn(2, 8, 9, 11), 3.0 * torch.randn(2, groups * TAPS * 2, 9, 11)
    weight, bias = torch.randn(5, 8, 3, 3), torch.randn(5)
    mine = deform_conv_grid_sample(x, offset, weight, bias)
    torch.testing.assert_close(mine, deform_conv2d(x, offset, weight, bias, padding=1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("pixels", [7, 1024])
def test_compiled_form_equals_grid_sample(groups: int, pixels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deform_cpu, "PIXELS", pixels)
    torch.manual_seed(0)
    x, offset = torch.randn(2, 8, 9, 11), 6.0 * torch.randn(2, groups * TAPS * 2, 9, 11)  # often beyond the border
    weight, bias = torch.randn(5, 8, 3, 3), torch.randn(5)
    wanted = deform_conv_grid_sample(x, offset, weight, bias)
    torch.testing.assert_close(deform_cpu.deform_conv_cpu(x, offset, weight, bias), wanted, atol=1e-4, rtol=1e-4)


def test_compiled_form_is_for_inference_only(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[torch.Tensor] = []
    real = deform_cpu.deform_conv_cpu

    def counted(*given: torch.Tensor) -> torch.Tensor:
        calls.append(given[0])
        return real(*given)

    monkeypatch.setattr(deform_cpu, "deform_conv_cpu", counted)
    x, offset = torch.randn(1, 4, 6, 5), torch.randn(1, TAPS * 2, 6, 5)
    weight, bias = torch.randn(3, 4, 3, 3, requires_grad=True), torch.zeros(3)
    trained = deform_conv(x, offset, weight, bias)
    trained.sum().backward()
    assert weight.grad is not None
    assert not calls
    with torch.no_grad():
        torch.testing.assert_close(deform_conv(x, offset, weight, bias), trained.detach(), atol=1e-4, rtol=1e-4)
    assert len(calls) == 1


def test_gradients_of_the_grid_sample_form() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    offset = (0.3 + 0.2 * torch.rand(1, TAPS * 2, 4, 5, dtype=torch.float64)).requires_grad_()  # off the kinks
    weight = torch.randn(2, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(deform_conv_grid_sample, (x, offset, weight, bias))


def test_alignment_learns_to_find_a_shifted_feature() -> None:
    """Frames that differ by a shift of 3 pixels: alignment must learn to undo it, which no plain 3 x 3 can."""
    torch.manual_seed(0)
    losses = {}
    for deformable in (True, False):
        torch.manual_seed(3)
        align = Alignment(8, 2, max_offset=6.0, deformable=deformable)
        optimizer = torch.optim.Adam(align.parameters(), lr=5e-3)
        for _ in range(150):
            world = torch.nn.functional.avg_pool2d(torch.randn(4, 8, 26, 32), 3, stride=1) * 3
            current, neighbour = world[..., 3:21, 3:27], world[..., 3:21, :24]
            found = align(neighbour, torch.zeros_like(current))
            loss = (found - current)[..., 4:-4, 4:-4].square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses[deformable] = float(loss.detach())
    assert losses[True] < 0.5 * losses[False]


# --- stages ----------------------------------------------------------------------------------------------------------


@ALL
def test_an_untrained_network_gives_its_base(config: NetworkConfig) -> None:
    torch.manual_seed(0)
    network = VbrNetwork(config)
    pictures, base, defocus = shot(3, 16, 24)
    given = network.pictures_for(pictures, base, None)[None]
    expected = base if config.hybrid else pictures
    torch.testing.assert_close(network.coarse(given, defocus[None] / 40)[0], expected)


@ALL
def test_every_parameter_gets_a_gradient(config: NetworkConfig) -> None:
    network = random_network(config).train()
    pictures, base, defocus = shot(3, 32, 32)
    before = torch.rand_like(pictures)
    coarse = network.coarse(network.pictures_for(pictures, base, None)[None], defocus[None] / 40)
    refined = network.refiner(network.pictures_for(pictures, base, before)[None], defocus[None] / 40)
    (coarse.square().mean() + refined.square().mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


@ALL
def test_a_batch_of_two_equals_two_singles(config: NetworkConfig) -> None:
    network = random_network(config)
    windows = [shot(3, 16, 24, seed) for seed in (1, 2)]
    given = [network.pictures_for(p, b, None) for p, b, _ in windows]
    defocus = [d / 40 for _, _, d in windows]
    with torch.no_grad():
        both = network.coarse(torch.stack(given), torch.stack(defocus))
        for i in range(2):
            torch.testing.assert_close(
                both[i], network.coarse(given[i][None], defocus[i][None])[0], atol=2e-5, rtol=1e-4
            )


# --- streaming -------------------------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_streamed_equals_windowed(config: NetworkConfig, frames: int) -> None:
    network = random_network(config)
    pictures, base, defocus = shot(frames, 24, 32)
    with torch.no_grad():
        windowed = network.coarse(network.pictures_for(pictures, base, None)[None], defocus[None] / 40)[0]
    streamed = stream_shot(network, [1.0], pictures, base, defocus)
    torch.testing.assert_close(streamed, windowed, atol=2e-5, rtol=1e-4)


def test_streaming_is_the_same_to_the_bit_however_it_is_called() -> None:
    """Each frame is computed once by the same operations: a longer shot's first frames are those of a shorter one."""
    network = random_network(TINY)
    pictures, base, defocus = shot(6, 24, 32)
    long = stream_shot(network, [1.0], pictures, base, defocus)
    short = stream_shot(network, [1.0], pictures[:4], base[:4], defocus[:4])
    assert torch.equal(long[:3], short[:3])
    assert not torch.equal(long[3], short[3])  # the fourth frame knows the fifth


def test_cascade_streams_with_the_lag_of_its_stages() -> None:
    network = random_network(TINY)
    pictures, base, defocus = shot(6, 48, 40)
    stream = NetworkStream(network, [0.25, 0.5, 1.0])
    counts = [len(stream.push(pictures[t : t + 1], base[t : t + 1], defocus[t : t + 1])) for t in range(6)]
    assert counts == [0, 0, 0, 1, 1, 1]
    assert stream.lag == 3
    assert len(stream.finish()) == 3
    assert stream.finish() == []


def test_cascade_streamed_equals_windowed_at_every_size() -> None:
    network = random_network(TINY)
    pictures, base, defocus = shot(4, 45, 50)
    from vbr_core.model.network import resize

    before = None
    for scale in (0.5, 1.0):
        size = scaled_size(45, 50, scale)
        base_here = resize(base, size)
        enlarged = None if before is None else resize(before, size)
        given = pad_to_stride(network.pictures_for(resize(pictures, size), base_here, enlarged))
        stage = network.coarse if before is None else network.refiner
        small = pad_to_stride(resize(defocus, size) * scale / TINY.max_radius_px)
        with torch.no_grad():
            before = stage(given[None], small[None])[0][..., : size[0], : size[1]]
    streamed = stream_shot(network, [0.5, 1.0], pictures, base, defocus)
    assert before is not None
    torch.testing.assert_close(streamed, before, atol=5e-5, rtol=1e-4)


def test_a_neighbour_is_used() -> None:
    network = random_network(TINY)
    pictures, base, defocus = shot(3, 24, 24)
    other = pictures.clone()
    other[2] = 1.0 - other[2]
    results = [stream_shot(network, [1.0], p, base, defocus)[1] for p in (pictures, other)]
    assert float((results[0] - results[1]).abs().max()) > 1e-3


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (33, 18)])
def test_any_resolution(size: tuple[int, int]) -> None:
    network = random_network(TINY)
    pictures, base, defocus = shot(2, *size)
    out = stream_shot(network, [0.5, 1.0], pictures, base, defocus)
    assert out.shape == (2, 3, *size)
    assert bool(torch.isfinite(out).all())


# --- tiles -----------------------------------------------------------------------------------------------------------


@ALL
def test_tiled_equals_untiled(config: NetworkConfig) -> None:
    network = random_network(config)
    halo = max(network.coarse.encoder_halo_px, network.coarse.decoder_halo_px)
    side = 2 * halo + 96  # far more than one tile with its halo
    pictures, base, defocus = shot(2, 64, side)
    whole = stream_shot(network, [1.0], pictures, base, defocus)
    tiled = stream_shot(network, [1.0], pictures, base, defocus, tile=32)
    torch.testing.assert_close(tiled, whole, atol=2e-5, rtol=1e-4)


def test_the_halo_is_needed() -> None:
    """Guards the test above: with no halo the same comparison fails."""
    network = random_network(TINY)
    pictures, base, defocus = shot(2, 64, 128)
    whole = stream_shot(network, [1.0], pictures, base, defocus)
    from unittest.mock import PropertyMock, patch

    from vbr_core.model.network import Stage

    with patch.object(Stage, "decoder_halo_px", new_callable=PropertyMock, return_value=0):
        tiled = stream_shot(network, [1.0], pictures, base, defocus, tile=32)
    assert float((tiled - whole).abs().max()) > 1e-3


def test_a_failed_push_leaves_the_stream_as_it_was() -> None:
    network = random_network(TINY)
    pictures, base, defocus = shot(4, 32, 32)
    expected = stream_shot(network, [0.5, 1.0], pictures, base, defocus)
    stream = NetworkStream(network, [0.5, 1.0])
    results = []
    original = type(network.refiner).decode
    for t in range(4):
        for attempt in (0, 1):
            calls = []

            def failing(self, *arguments, calls=calls, attempt=attempt):  # type: ignore[no-untyped-def]
                calls.append(1)
                if attempt == 0:
                    raise RuntimeError("out of memory")
                return original(self, *arguments)

            type(network.refiner).decode = failing  # type: ignore[method-assign]
            try:
                results += stream.push(pictures[t : t + 1], base[t : t + 1], defocus[t : t + 1])
                break
            except RuntimeError:
                continue
            finally:
                type(network.refiner).decode = original  # type: ignore[method-assign]
    results += stream.finish()
    assert torch.equal(torch.cat(results), expected)


# --- configuration ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"base": "magic"},
        {"widths": (8, 8)},
        {"fusion_levels": (0,)},
        {"widths": (8, 8, 9)},
        {"max_radius_px": 0.0},
    ],
)
def test_a_wrong_configuration_is_one_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        NetworkConfig(**wrong)  # type: ignore[arg-type]


def test_default_size_fits_the_limits() -> None:
    network = VbrNetwork(NetworkConfig())
    assert sum(p.numel() for p in network.parameters()) * 4 < 16e6
    assert math.ceil(network.coarse.encoder_halo_px / 8) * 8 == network.coarse.encoder_halo_px

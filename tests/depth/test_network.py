"""The starter network without its weights."""

from __future__ import annotations

import pytest
import torch

from vbr_core.depth.network import StarterConfig, StarterNetwork, input_size


@pytest.fixture(scope="module")
def network() -> StarterNetwork:
    torch.manual_seed(0)
    return StarterNetwork(StarterConfig(width=8, long_side=64)).eval()


@pytest.mark.parametrize("size", [(64, 64), (32, 96), (96, 32)])
def test_output_is_half_the_input(network: StarterNetwork, size: tuple[int, int]) -> None:
    with torch.no_grad():
        out = network(torch.rand(2, 3, *size))
    assert out.shape == (2, size[0] // 2, size[1] // 2)
    assert bool(torch.isfinite(out).all())


def test_a_batch_equals_single_pictures(network: StarterNetwork) -> None:
    pictures = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        together = network(pictures)
        alone = torch.cat([network(pictures[:1]), network(pictures[1:])])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_every_parameter_gets_a_gradient() -> None:
    torch.manual_seed(1)
    network = StarterNetwork(StarterConfig(width=8, long_side=64)).train()
    network(torch.rand(2, 3, 64, 64)).square().mean().backward()
    without = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert without == []


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [(1080, 1920, (224, 384)), (1920, 1080, (384, 224)), (16, 16, (384, 384)), (10, 4000, (32, 384))],
)
def test_input_size_keeps_the_aspect(height: int, width: int, expected: tuple[int, int]) -> None:
    assert input_size(height, width, 384) == expected


@pytest.mark.parametrize("values", [{"width": 0}, {"width": 10**9}, {"long_side": 0}, {"backbone": "resnet50"}])
def test_config_refuses_nonsense(values: dict[str, int | str]) -> None:
    with pytest.raises(ValueError, match="is not a starter network"):
        StarterConfig(**values)  # type: ignore[arg-type]

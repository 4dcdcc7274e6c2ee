"""Networks between two networks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import torch

from vbr_core.errors import InputError
from vbr_core.model.config import NetworkConfig
from vbr_core.model.network import VbrNetwork
from vbr_core.model.weights import load_network, save_network
from vbr_core.train import averaging

if TYPE_CHECKING:
    from pathlib import Path

SMALL = NetworkConfig(widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2)


def two_networks() -> list[VbrNetwork]:
    networks = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        networks.append(VbrNetwork(SMALL))
    return networks


def test_weights_lie_between_those_of_two_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = two_networks()
    for name, network in (("first", first), ("second", second)):
        save_network(network, tmp_path / f"{name}.safetensors")
    given = [str(tmp_path / f"{name}.safetensors") for name in ("first", "second", "out")]
    monkeypatch.setattr(sys, "argv", ["averaging", *given[:2], "--share", "0.25", "-o", given[2]])
    averaging.main()
    mixed = load_network(tmp_path / "out.safetensors").state_dict()
    others = second.state_dict()
    for name, value in first.state_dict().items():
        torch.testing.assert_close(mixed[name], 0.75 * value + 0.25 * others[name])


def test_networks_of_different_makes_and_odd_shares_are_refused() -> None:
    first, second = two_networks()
    other = VbrNetwork(NetworkConfig(widths=(8, 8, 16), blocks=(1, 1, 1), offset_groups=2))
    with pytest.raises(InputError, match="different makes"):
        averaging.between(first, other, 0.5)
    with pytest.raises(InputError, match="outside 0 to 1"):
        averaging.between(first, second, 1.5)


def test_a_weakened_network_makes_so_much_of_its_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = two_networks()[0]
    torch.nn.init.normal_(network.coarse.head.weight, std=0.1)
    save_network(network, tmp_path / "first.safetensors")
    given = [str(tmp_path / f"{name}.safetensors") for name in ("first", "first", "out")]
    monkeypatch.setattr(sys, "argv", ["averaging", *given[:2], "--strength", "0.7", "-o", given[2]])
    averaging.main()
    pictures, defocus = torch.rand(1, 2, 6, 16, 16), torch.rand(1, 2, 1, 16, 16)
    with torch.no_grad():
        before, after = (
            each.coarse(pictures, defocus) for each in (network, load_network(tmp_path / "out.safetensors"))
        )
    base = pictures[:, :, :3]
    torch.testing.assert_close(after - base, 0.7 * (before - base))
    assert (before - base).abs().max() > 0.05
    with pytest.raises(InputError, match="outside 0 to 1"):
        averaging.weakened(network, 1.5)

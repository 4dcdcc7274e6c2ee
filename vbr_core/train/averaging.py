"""Averages of weights: along a run, which is smoother than the last step and what is exported, and of two networks.

``python -m vbr_core.train.averaging BEFORE.safetensors AFTER.safetensors --share 0.6 -o OUT.safetensors``: what lies
between a network and what it became in a short run is often better than both (Wortsman et al. 2022, "Model soups").
``--strength`` weakens what the coarse generator changes in its base picture: a network that has seen few scenes is
surer of itself than it should be.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from vbr_core.errors import InputError
from vbr_core.model.weights import load_network, save_network

if TYPE_CHECKING:
    from torch import nn

    from vbr_core.model.network import VbrNetwork


@torch.no_grad()
def follow(average: nn.Module, module: nn.Module, step: int, decay: float) -> None:
    """Move the average; it follows faster at first, so that it is not made of the first weights.

    Args:
        average: Same make as ``module``; changed in place.
        module: What is trained.
        step: Steps done before this one.
        decay: Share that the average keeps, 0..1.
    """
    keep = min(decay, (1 + step) / (10 + step))
    for mine, new in zip(average.parameters(), module.parameters(), strict=True):
        mine.lerp_(new, 1.0 - keep)


def between(first: VbrNetwork, second: VbrNetwork, share: float) -> VbrNetwork:
    """A network whose weights lie between those of two of the same make.

    Args:
        first: Changed in place, and returned.
        second: The other.
        share: Of the second, 0..1.

    Raises:
        InputError: They are not of the same make, or the share is out of range.
    """
    if first.config != second.config:
        raise InputError("The two networks are of different makes.", "Give one and what it became by training.")
    if not 0.0 <= share <= 1.0:
        raise InputError(f"share = {share:g} is outside 0 to 1.")
    others = second.state_dict()
    first.load_state_dict({name: value.lerp(others[name], share) for name, value in first.state_dict().items()})
    return first


@torch.no_grad()
def weakened(network: VbrNetwork, strength: float) -> VbrNetwork:
    """A network whose coarse generator makes only so much of its changes to the base picture.

    Args:
        network: Changed in place, and returned.
        strength: 1 changes nothing, 0 gives the base picture itself.

    Raises:
        InputError: The strength is out of range.
    """
    if not 0.0 <= strength <= 1.0:
        raise InputError(f"strength = {strength:g} is outside 0 to 1.")
    for parameter in network.coarse.head.parameters():
        parameter.mul_(strength)  # the result is linear in the head: base plus what it says
    return network


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path, help="a network (safetensors)")
    parser.add_argument("second", type=Path, help="another of the same make")
    parser.add_argument("--share", type=float, default=0.5, help="of the second, 0..1")
    parser.add_argument("--strength", type=float, default=1.0, help="of its changes to the base picture, 0..1")
    parser.add_argument("--half", action="store_true", help="store 16-bit floats")
    parser.add_argument("-o", "--output", type=Path, required=True, help="file")
    given = parser.parse_args()
    mixed = between(load_network(given.first), load_network(given.second), given.share)
    mixed = weakened(mixed, given.strength)
    save_network(mixed, given.output, {"title": given.output.stem}, half=given.half)


if __name__ == "__main__":
    main()

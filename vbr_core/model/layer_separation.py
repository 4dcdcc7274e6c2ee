"""Takes a frame apart along its depth edges: what is in front, how much of each pixel it covers, what lies behind.

A pixel on the outline of a thing shows that thing and what is behind it, and a lens sees a strip of background that the
thing hides. Blurred as they are, such pixels leave outlines and halos. Here every pixel near a depth edge becomes two
layers: the front one with its coverage, and the one behind it. A small network answers how far the outline covers each
pixel and corrects the guess of what is behind (:mod:`vbr_core.render.hidden_light`). The colour in front follows:
together the layers show the frame itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from vbr_core.model.blocks import SmallUNet
from vbr_core.model.disparity_mending import REACH_PX, surroundings

SLOPE_ALLOWANCE = 1.5

COVERED = 0.98
"""A pixel that the front layer fills so far tells nothing of what is behind."""

LEAST_STEP = 0.03
"""A difference of disparity by this much within reach makes a pixel part of an outline."""


@dataclass(frozen=True)
class HiddenGuess:
    """What may lie behind every pixel, at picture size.

    Attributes:
        color: (B, 3, H, W) sRGB 0..1.
        disparity: (B, 1, H, W).
        seen: (B, 1, H, W) 0..1: how surely another frame shows it.
        zone: (B, 1, H, W) 1 where something may be hidden.
    """

    color: torch.Tensor
    disparity: torch.Tensor
    seen: torch.Tensor
    zone: torch.Tensor


@dataclass(frozen=True)
class Layers:
    """A frame in two layers.

    Attributes:
        coverage: (B, 1, H, W) 0..1: how much of the pixel the front layer fills.
        front_disparity: (B, 1, H, W).
        behind: (B, 3, H, W) sRGB 0..1: the colour of the layer behind.
        behind_disparity: (B, 1, H, W).
        is_behind: (B, 1, H, W) bool: where there is a layer behind.
    """

    coverage: torch.Tensor
    front_disparity: torch.Tensor
    behind: torch.Tensor
    behind_disparity: torch.Tensor
    is_behind: torch.Tensor


class LayerSeparation(SmallUNet):
    """Coverage of outlines, and colours behind them.

    Args:
        widths: Channels at 1/2, 1/4 and 1/8 of the picture.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__(12, 4, widths)

    def forward(self, pictures: torch.Tensor, disparity: torch.Tensor, guess: HiddenGuess) -> Layers:
        """Separate frames.

        Args:
            pictures: (B, 3, H, W) sRGB 0..1, any size.
            disparity: (B, 1, H, W), mended.
            guess: What may be hidden.
        """
        far, near = surroundings(disparity)
        outside = beside_nearer(disparity, near)
        on_edge = near - far > LEAST_STEP
        behind = torch.where(outside, pictures, guess.color)
        behind_disparity = torch.where(outside, disparity, guess.disparity)
        place = (disparity - far) / (near - far + 1.0 / 256.0)
        given = torch.cat(
            [
                pictures - 0.5,
                place - 0.5,
                (4.0 * (near - far)).clamp_max(1.0),
                disparity - 0.5,
                behind - 0.5,
                (2.0 * (behind_disparity - disparity)).clamp(-1.0, 1.0),
                guess.seen,
                guess.zone,
            ],
            dim=1,
        )
        answer = self.answer(given)
        first = 1.0 - outside.to(pictures.dtype)
        coverage = torch.where(on_edge, limited(first + answer[:, :1]), first.new_ones(()))
        is_behind = outside | (guess.zone > 0.5)
        behind = torch.where(is_behind, limited(behind + answer[:, 1:]), behind)
        front_disparity = torch.where(outside, near, disparity)
        return Layers(coverage, front_disparity, behind, torch.minimum(behind_disparity, front_disparity), is_behind)


def beside_nearer(disparity: torch.Tensor, near: torch.Tensor) -> torch.Tensor:
    """Where the outline of something nearer is close by, which may cover some of the pixel: (B, 1, H, W) bool.

    A surface that leans rises within reach as well: its own slope, the least around a pixel, is allowed for.

    Args:
        disparity: (B, 1, H, W).
        near: (B, 1, H, W): the most within reach; see :func:`vbr_core.model.disparity_mending.surroundings`.
    """
    framed = F.pad(disparity, (1, 1, 1, 1), mode="replicate")
    across = (framed[..., 1:-1, 2:] - framed[..., 1:-1, :-2]).abs()
    down = (framed[..., 2:, 1:-1] - framed[..., :-2, 1:-1]).abs()
    slope = -F.max_pool2d(-0.5 * (across + down), 5, stride=1, padding=2)
    return near - disparity > LEAST_STEP + SLOPE_ALLOWANCE * REACH_PX * slope


def limited(values: torch.Tensor) -> torch.Tensor:
    """Values limited to 0..1. Gradients pass as if they were not: what lies at a limit can be learnt to leave it."""
    inside = values.clamp(0.0, 1.0)
    return values + (inside - values).detach() if values.requires_grad else inside


def light_in_front(
    light: torch.Tensor, behind: torch.Tensor, coverage: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Split the light of pixels in two, so that ``front + (1 - coverage) behind`` is the pixel.

    Args:
        light: (..., 3, H, W) linear light, >= 0.
        behind: The same: light of the layer behind, as guessed.
        coverage: (..., 1, H, W) 0..1.

    Returns:
        The front layer's light times coverage, within what the pixel can show, and the light behind that goes with it.
    """
    front = (light - (1.0 - coverage) * behind).clamp_min(0.0)
    # nothing in front is brighter than white, unless the pixel itself is
    front = torch.minimum(front, coverage * light.clamp_min(1.0))
    left = (1.0 - coverage).clamp_min(1e-3)
    fits = ((light - front) / left).clamp_min(0.0)
    return front, torch.where(coverage < COVERED, fits, behind)

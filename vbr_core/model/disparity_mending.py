"""Disparity mended along the edges of its picture, before anything is blurred by it.

What a depth network, a file or a person gives is soft, shifted or frayed at edges, and differently so in every frame; a
blur by it shows halos that flicker. Where the edge is stands in the picture. A small network answers for every pixel
where between the farthest and the nearest disparity of its surroundings it lies: it moves and sharpens edges and cannot
invent a disparity that is not there.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from vbr_core.model.blocks import SmallUNet

REACH_PX = 8
"""How far away a pixel may take its disparity from."""

IGNORED_MOVE, FULL_MOVE = 0.1, 0.3
"""Moves, as parts of the span, that are not made, and from which on they are made in full: disparity that is right
keeps its edges (its error falls to a fifth), and what is wrong is mended as well as without (validation clips)."""

LEAST_SPAN = 1.0 / 256.0
"""Surroundings that span less than about this disparity are flat: their place is not looked at."""


def surroundings(disparity: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Least and largest disparity within ``REACH_PX`` of each pixel: (B, 1, H, W) -> two of the same."""
    return -_most(-disparity), _most(disparity)


def _most(values: torch.Tensor) -> torch.Tensor:
    """Maximum over a square, its reach doubled step by step: far quicker on a processor than a pool of that size."""
    for dim in (-2, -1):
        around = (REACH_PX, REACH_PX) if dim == -1 else (0, 0, REACH_PX, REACH_PX)
        values = F.pad(values, around, value=float("-inf"))
        step, left = 1, 2 * REACH_PX
        while left:
            step = min(step, left)
            length = values.shape[dim] - step
            values = torch.maximum(values.narrow(dim, 0, length), values.narrow(dim, step, length))
            step, left = 2 * step, left - step
    return values


class DisparityMending(SmallUNet):
    """Moves and sharpens the edges of disparity to where the picture has them.

    Args:
        widths: Channels at 1/2, 1/4 and 1/8 of the picture.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__(6, 1, widths)

    def forward(self, pictures: torch.Tensor, disparity: torch.Tensor) -> torch.Tensor:
        """As :meth:`mend`, with every small move: what training needs."""
        return self._moved(pictures, disparity, all_moves=True)

    def mend(self, pictures: torch.Tensor, disparity: torch.Tensor) -> torch.Tensor:
        """Mended disparity.

        Args:
            pictures: (B, 3, H, W) sRGB 0..1, any size.
            disparity: (B, 1, H, W), 0..1.

        Returns:
            (B, 1, H, W), each value within the range of its surroundings; flat disparity comes back as it is.
        """
        return self._moved(pictures, disparity, all_moves=False)

    def _moved(self, pictures: torch.Tensor, disparity: torch.Tensor, all_moves: bool) -> torch.Tensor:
        low, high = surroundings(disparity)
        # without a span the place is anything; it fades in, so that noise of flat parts is not taken for edges
        span = high - low + LEAST_SPAN
        place = (disparity - low) / span
        given = torch.cat([pictures - 0.5, place - 0.5, (4.0 * (high - low)).clamp_max(1.0), disparity - 0.5], dim=1)
        move = self.answer(given)
        if not all_moves:
            share = ((move.abs() - IGNORED_MOVE) / (FULL_MOVE - IGNORED_MOVE)).clamp(0.0, 1.0)
            move = move * share * share * (3.0 - 2.0 * share)
        # not place + move: what is not moved comes back to the bit
        return torch.minimum(torch.maximum(disparity + span * move, low), high)

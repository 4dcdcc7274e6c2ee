"""The range of colours around every place: what a network paints beyond it, it has made up."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

BOUND_CELL_PX = 8
"""The bounds are kept for cells of this size."""


def surrounding_range(frame: torch.Tensor, base: torch.Tensor, radius_px: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The least and the most of each channel that frame and base show around every cell of 8 pixels.

    A blurred picture is a mean of light from no farther than the blur radius. What leaves the range has been made up by
    the network: specks of light in plain black are the worst of it. What was hidden may lie outside it and is limited.

    Args:
        frame: (1, 3, H, W) sRGB 0..1, all-in-focus.
        base: (1, 3 or 6, H, W) sRGB 0..1, the classical renders, or the frame again.
        radius_px: Largest blur radius in the frame.

    Returns:
        Two of (1, 3, h, w), a value a cell: of its surroundings within the radius, and one cell more.
    """
    cell = BOUND_CELL_PX
    cells = -(-max(frame.shape[-2:]) // cell)
    reach = 2 * (1 + min(cells, math.ceil(radius_px / cell))) + 1

    def most(either: torch.Tensor) -> torch.Tensor:
        height, width = either.shape[-2:]
        whole = F.pad(either, (0, -width % cell, 0, -height % cell), "replicate")
        # rows first: the pool of the whole picture in one go takes several times as long on a CPU
        small = whole.reshape(1, 3, -1, cell, whole.shape[-1]).amax(dim=3)
        small = small.reshape(1, 3, small.shape[2], -1, cell).amax(dim=4)
        for kernel in ((reach, 1), (1, reach)):
            small = F.max_pool2d(small, kernel, stride=1, padding=(kernel[0] // 2, kernel[1] // 2))
        return small

    pictures = (frame, *torch.split(base, 3, dim=1))
    least, largest = pictures[0], pictures[0]
    for picture in pictures[1:]:
        least, largest = torch.minimum(least, picture), torch.maximum(largest, picture)
    return -most(-least), most(largest)


def within_range(picture: torch.Tensor, bounds: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """(1, 3, H, W) limited to what :func:`surrounding_range` gave, which is bilinear between the cells."""
    height, width = picture.shape[-2:]
    least, most = (
        F.interpolate(bound, scale_factor=BOUND_CELL_PX, mode="bilinear", align_corners=False)[..., :height, :width]
        for bound in bounds
    )
    return picture.clamp(least, most)

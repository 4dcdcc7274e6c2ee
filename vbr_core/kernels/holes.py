"""Holes in a surface that is nearly in focus.

A pixel's light fills its own place only as long as its disc is no larger than a pixel; with a radius of 1.1 pixels it
leaves three quarters of it to the discs of its neighbours. If those are smaller, nothing comes back, and what lies far
behind shines through: bright specks on dark cloth. Disparity of 8 bits, or from a JPEG file, does this along every line
where the blur begins, because its noise blurs single pixels more than those around them.

Here is told how much is missing, so that the surface's own light can be put there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from numba import njit

from vbr_core.kernels.disc import STEPS_PER_PX, disc_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL_PX, LARGE_PX = 1.0, 2.0
"""Holes are closed whole up to the first radius, and less and less up to the second: larger discs overlap so many
others that none leaves a hole."""

REACH = 2
"""So many pixels beside its own are touched by a disc of ``LARGE_PX``."""

LEAST = 0.004
"""A hole smaller than this part of a pixel shows nowhere."""

SHARP = STEPS_PER_PX // 2
"""Up to this radius index a disc touches no other pixel."""

_LARGE = int(LARGE_PX * STEPS_PER_PX)
_LARGEST = 2 * _LARGE
_FADE = 1.0 / ((LARGE_PX - SMALL_PX) * STEPS_PER_PX)


@lru_cache(maxsize=1)
def disc_shares() -> NDArray[np.float32]:
    """What a disc gives to the pixels around it: (N, 2 REACH + 1, 2 REACH + 1) for radius index 0 to N - 1."""
    size = 2 * REACH + 1
    shares = np.zeros((_LARGEST + 1, size, size), np.float32)
    for index in range(_LARGEST + 1):
        kernel = np.pad(disc_kernel(index / STEPS_PER_PX), REACH)
        around = kernel.shape[0] // 2 - REACH
        shares[index] = kernel[around : around + size, around : around + size]
    return shares


def holes(radius_index: torch.Tensor, depth_px: torch.Tensor, edge_px: float) -> torch.Tensor:
    """What discs leave open of the surface that they make up.

    A pixel has no hole as far as the discs around it make up for what its own gives away, or as it looks past an edge.

    Args:
        radius_index: (H, W) int32, radii in steps of 1 / STEPS_PER_PX; -1 where nothing is.
        depth_px: (H, W) float32, signed radius K (D - d_f) in pixels.
        edge_px: What is deeper by more than this is another surface.

    Returns:
        (H, W) float32, 0..1: part of each pixel that is left open.
    """
    if radius_index.device.type != "cpu":
        return holes_torch(radius_index, depth_px, edge_px)
    missing = np.zeros(radius_index.shape, np.float32)
    _find(radius_index.numpy(), np.ascontiguousarray(depth_px.numpy()), disc_shares(), np.float32(edge_px), missing)
    return torch.from_numpy(missing)


def holes_torch(radius_index: torch.Tensor, depth_px: torch.Tensor, edge_px: float) -> torch.Tensor:
    """:func:`holes` in PyTorch operations: for CUDA, and the plain reading of the compiled form."""
    height, width = radius_index.shape
    shares = torch.from_numpy(disc_shares()).to(radius_index.device)
    rows, columns = torch.nonzero((radius_index > SHARP) & (radius_index < _LARGE), as_tuple=True)
    deepest = depth_px[rows, columns] - edge_px
    own = radius_index[rows, columns].long()
    filled = torch.zeros_like(deepest)
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            y, x = (rows + dy).clamp(0, height - 1), (columns + dx).clamp(0, width - 1)
            there = radius_index[y, x].long()
            given = shares[there.clamp(0, _LARGEST), REACH + dy, REACH + dx] * (there <= _LARGEST)
            is_open = (there < 0) | (depth_px[y, x] < deepest)
            filled += torch.where(is_open, shares[own, REACH + dy, REACH + dx], given)
    open_part = 1.0 - filled
    open_part = torch.where(open_part > LEAST, open_part, 0.0) * ((_LARGE - own) * _FADE).clamp_max(1.0)
    return torch.zeros_like(depth_px).index_put((rows, columns), open_part)


@njit(cache=True, nogil=True)
def _find(radius_index, depth_px, shares, edge_px, missing):  # type: ignore[no-untyped-def]
    """:func:`holes` of pictures on the CPU, into ``missing``."""
    height, width = radius_index.shape
    for y in range(height):
        for x in range(width):
            own = radius_index[y, x]
            if own <= SHARP or own >= _LARGE:
                continue
            deepest = depth_px[y, x] - edge_px
            filled = np.float32(0.0)
            for dy in range(-REACH, REACH + 1):
                qy = min(max(y + dy, 0), height - 1)
                for dx in range(-REACH, REACH + 1):
                    qx = min(max(x + dx, 0), width - 1)
                    there = radius_index[qy, qx]
                    if there < 0 or depth_px[qy, qx] < deepest:
                        filled += shares[own, REACH + dy, REACH + dx]
                    elif there <= _LARGEST:
                        filled += shares[there, REACH + dy, REACH + dx]
            open_part = np.float32(1.0) - filled
            if open_part > np.float32(LEAST):
                missing[y, x] = open_part * min(np.float32((_LARGE - own) * _FADE), np.float32(1.0))

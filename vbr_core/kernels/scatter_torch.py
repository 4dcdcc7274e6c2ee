"""The scatter of :mod:`vbr_core.kernels.scatter_cpu` in torch operations only, for CUDA and other devices.

Differences are added with ``index_add_`` for one row offset at a time, running sums turn them into coverage, and the
layers are taken from near to far. Memory is layers x rows x width x 4 floats, which is why callers ask for bands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from vbr_core.kernels.disc import DiscTable

MIN_WEIGHT = 1e-4


def mirror_index(position: torch.Tensor, size: int) -> torch.Tensor:
    """Index into a mirrored axis: the edge pixel is repeated (..., 1, 0 | 0, 1, ...)."""
    position = position.remainder(2 * size)
    return torch.where(position >= size, 2 * size - 1 - position, position)


def scatter_torch(
    color: torch.Tensor,
    radius_index: torch.Tensor,
    layer_index: torch.Tensor,
    see_through: torch.Tensor,
    table: DiscTable,
    layers: int,
    visible_layers: int,
    first_row: int,
    last_row: int,
    grouped: bool = False,
) -> torch.Tensor:
    """Render rows ``first_row`` to ``last_row - 1``.

    Args:
        color: (P, H, W, 4) float32: linear light times coverage, and the coverage, 0..1: how much of the pixel the
            plane fills. Plane 0 is the picture; further planes hold what it hides.
        radius_index: (P, H, W) int32 or int64, index into ``table``; -1 where a plane has no pixel.
        layer_index: (P, H, W) int32 or int64, 0 = nearest layer, below ``layers``.
        see_through: (H, W) float32, 0..1: the part of what is left of a pixel's budget after the visible layers that
            the hidden ones may fill.
        table: Rows of discs.
        layers: Number of layers.
        visible_layers: Layers below this number are visible, the others hidden.
        first_row: First output row.
        last_row: One past the last output row.
        grouped: Take neighbouring layers for one surface; see :mod:`vbr_core.kernels.scatter_cpu`.

    Returns:
        (last_row - first_row, W, 3) float32, linear light, on the device of ``color``.
    """
    planes, height, width, _ = color.shape
    device = color.device
    rows = last_row - first_row
    radius_index, layer_index = radius_index.long(), layer_index.long()
    half_widths = torch.from_numpy(table.half_widths).to(device)
    inverse_area = torch.from_numpy(table.inverse_area).to(device)
    reach = torch.from_numpy(table.reach).to(device)
    reach_of_pixel = torch.where(radius_index >= 0, reach[radius_index.clamp_min(0)], -1)
    biggest = int(reach_of_pixel.max())
    line = width + 2
    diff = torch.zeros(layers * rows * line, 4, device=device)
    out_rows = torch.arange(first_row, last_row, device=device)
    for dy in range(-biggest, biggest + 1):
        source_rows = mirror_index(out_rows + dy, height)  # (rows,)
        for plane in range(planes):
            hit = (reach_of_pixel[plane, source_rows] >= abs(dy)).nonzero()
            if len(hit) == 0:
                continue
            row, x = hit[:, 0], hit[:, 1]
            source = source_rows[row]
            index = radius_index[plane, source, x]
            half = half_widths[index, abs(dy)]
            weight = inverse_area[index]
            value = color[plane, source, x] * weight[:, None]
            start = (layer_index[plane, source, x] * rows + row) * line
            _add_spans(diff, start, x.to(half.dtype), half, value, width)
            near_border = (half > x + 0.5) | (half > width - x - 0.5)
            if bool(near_border.any()):
                x, half, value, start = x[near_border], half[near_border], value[near_border], start[near_border]
                turns = int(half.max()) // (2 * width) + 1
                for turn in range(-turns, turns + 1):
                    shift = 2 * turn * width
                    if turn != 0:
                        _add_spans(diff, start, (x + shift).to(half.dtype), half, value, width)
                    _add_spans(diff, start, (shift - 1 - x).to(half.dtype), half, value, width)
    sums = diff.view(layers, rows, line, 4)
    return composite(
        sums, see_through[first_row:last_row], color[0, first_row:last_row, :, :3], visible_layers, grouped
    )


def composite(
    sums: torch.Tensor, see_through: torch.Tensor, source: torch.Tensor, visible_layers: int, grouped: bool = False
) -> torch.Tensor:
    """Differences (layers, rows, W + 2, 4) summed along rows and taken from near to far: (rows, W, 3).

    Args:
        sums: Colour and weight of the spans' ends.
        see_through: (rows, W); see :func:`scatter_torch`.
        source: (rows, W, 3) what is shown where nothing arrives.
        visible_layers: Layers below this number are visible, the others hidden.
        grouped: Take neighbouring layers for one surface; see :mod:`vbr_core.kernels.scatter_cpu`.
    """
    layers, rows, line, _ = sums.shape
    width = line - 2
    out = torch.zeros(rows, width, 3, device=sums.device)
    left = torch.ones(rows, width, device=sums.device)
    filled = torch.zeros(rows, width, device=sums.device)
    before, taken = torch.ones_like(left), torch.zeros_like(left)
    goes_on = torch.zeros_like(left, dtype=torch.bool)
    for layer in range(layers):
        if layer == visible_layers:
            left = left * see_through
        covered = sums[layer, :, :width].cumsum(dim=1)  # (rows, W, 4)
        weight = covered[..., 3]
        there = weight > MIN_WEIGHT
        if grouped:
            there = there & (left > 0)
            before, taken = torch.where(goes_on, before, left), torch.where(goes_on, taken, torch.zeros_like(taken))
            share = torch.where(there, torch.minimum(weight, 1.0 - taken), torch.zeros_like(weight))
            taken = taken + share
            take = before * share
            goes_on = there
        else:
            take = torch.where(there, torch.minimum(weight, left), torch.zeros_like(weight))
        out += covered[..., :3] * (take / weight.clamp_min(MIN_WEIGHT))[..., None]
        left = left - take
        filled += take
    normalised = (out / filled.clamp_min(1e-3)[..., None]).clamp_min(0.0)
    return torch.where((filled > 1e-3)[..., None], normalised, source)


def _add_spans(
    diff: torch.Tensor, start: torch.Tensor, x: torch.Tensor, half: torch.Tensor, value: torch.Tensor, width: int
) -> None:
    """Write both ends of every span into the difference array: diff (N, 4), value (M, 4), the others (M,)."""
    left, right = x + 0.5 - half, x + 0.5 + half
    inside = (right > 0) & (left < width)
    if not bool(inside.all()):
        left, right, start, value = left[inside], right[inside], start[inside], value[inside]
    for edge, sign in ((left.clamp(0.0, float(width)), 1.0), (right.clamp(0.0, float(width)), -1.0)):
        cell = edge.floor()
        part = (edge - cell)[:, None]
        at = start + cell.to(start.dtype)
        diff.index_add_(0, at, value * ((1.0 - part) * sign))
        diff.index_add_(0, at + 1, value * (part * sign))

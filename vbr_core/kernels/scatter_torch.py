"""The scatter of :mod:`vbr_core.kernels.scatter_cpu` in torch operations only, for CUDA and other devices.

Differences are added with ``index_add_`` for one row offset at a time, running sums turn them into coverage, and the
layers are taken from near to far. Memory is layers x rows x width x 4 floats, which is why callers ask for bands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from vbr_core.kernels.disc import DiscTable

MIN_WEIGHT = 1e-4
QUARTERS = 4
"""Of the aperture; see :mod:`vbr_core.kernels.scatter_cpu`."""

CLOSED_FROM, NEARLY_CLOSED = 0.96, 0.92
"""How far a surface must fill a part of the aperture to close it; see :mod:`vbr_core.kernels.scatter_cpu`."""


def mirror_index(position: torch.Tensor, size: int) -> torch.Tensor:
    """Index into a mirrored axis: the edge pixel is repeated (..., 1, 0 | 0, 1, ...)."""
    position = position.remainder(2 * size)
    return torch.where(position >= size, 2 * size - 1 - position, position)


def scatter_torch(
    color: torch.Tensor,
    radius_index: torch.Tensor,
    layer_index: torch.Tensor,
    turned: torch.Tensor,
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
        turned: (P, H, W) bool: what lies before the focal plane, where the aperture stands on its head.
        see_through: (H, W) float32, 0..1: the part of what is left of a pixel's budget after the visible layers that
            the hidden ones may fill.
        table: Rows of discs.
        layers: Number of layers.
        visible_layers: Layers below this number are visible, the others hidden.
        first_row: First output row.
        last_row: One past the last output row.
        grouped: Take neighbouring layers for one surface, and each quarter of the aperture by itself; see
            :mod:`vbr_core.kernels.scatter_cpu`.

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
    line, parts = width + 2, QUARTERS if grouped else 1
    diff = torch.zeros(layers * parts * rows * line, 4, device=device)
    shares = torch.full((parts,), float(parts), device=device)
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
            start = (layer_index[plane, source, x] * (parts * rows) + row) * line
            spans = _Spans(start, -half, half, turned[plane, source, x], value, shares.expand(len(half), parts), -dy)
            spans.add(diff, x.to(half.dtype), rows * line, width)
            near_border = (half > x + 0.5) | (half > width - x - 0.5)
            if bool(near_border.any()):
                x, spans = x[near_border], spans.where(near_border)
                turns = int(spans.right.max()) // (2 * width) + 1
                for turn in range(-turns, turns + 1):
                    shift = 2 * turn * width
                    if turn != 0:
                        spans.add(diff, (x + shift).to(half.dtype), rows * line, width)
                    spans.add(diff, (shift - 1 - x).to(half.dtype), rows * line, width)
    return composite(
        diff.view(layers, parts, rows, line, 4),
        see_through[first_row:last_row],
        color[0, first_row:last_row, :, :3],
        visible_layers,
        grouped,
        torch.full((parts, rows, width), 1.0 / parts, device=device),
    )


@dataclass(frozen=True)
class _Spans:
    """Rows of M shapes that fall into one output row each.

    Attributes:
        start: (M,) int64, where that row of the first part of the span's layer begins in the difference array.
        left: (M,) where the span begins, right of the pixel's middle.
        right: (M,) where it ends.
        turned: (M,) bool: what lies before the focal plane.
        value: (M, 4) light and coverage.
        shares: (M, parts) what each part's light is multiplied by: one over its share of the aperture.
        down: Above 0 for rows below the pixel, below 0 for rows above it.
    """

    start: torch.Tensor
    left: torch.Tensor
    right: torch.Tensor
    turned: torch.Tensor
    value: torch.Tensor
    shares: torch.Tensor
    down: int

    def where(self, chosen: torch.Tensor) -> _Spans:
        """Those of a mask."""
        return replace(
            self,
            start=self.start[chosen],
            left=self.left[chosen],
            right=self.right[chosen],
            turned=self.turned[chosen],
            value=self.value[chosen],
            shares=self.shares[chosen],
        )

    def mirrored(self) -> _Spans:
        """Those of the picture mirrored from left to right."""
        return replace(self, left=-self.right, right=-self.left)

    def add(self, diff: torch.Tensor, center: torch.Tensor, part_size: int, width: int) -> None:
        """Write the ends of all pieces into the difference array (N, 4), around ``center`` (M,)."""
        if self.shares.shape[1] == 1:
            _add_spans(
                diff,
                self.start,
                center + 0.5 * (self.left + self.right),
                0.5 * (self.right - self.left),
                self.value,
                width,
            )
            return
        sides = ((self.left, self.right.clamp_max(0.0)), (self.left.clamp_min(0.0), self.right))
        for side, (start, end) in enumerate(sides):
            for below in (0, 1):
                if (below == 0 and self.down > 0) or (below == 1 and self.down < 0):
                    continue
                quarter = torch.where(self.turned, 3 - (2 * below + side), 2 * below + side)
                share = self.shares.gather(1, quarter[:, None]) * (1.0 if self.down else 0.5)
                there = end > start
                middle, half = center + 0.5 * (start + end), 0.5 * (end - start)
                row = self.start + quarter * part_size
                _add_spans(diff, row[there], middle[there], half[there], (self.value * share)[there], width)


def composite(
    sums: torch.Tensor,
    see_through: torch.Tensor,
    source: torch.Tensor,
    visible_layers: int,
    grouped: bool,
    shares: torch.Tensor,
) -> torch.Tensor:
    """Differences (layers, parts, rows, W + 2, 4) summed along rows and taken from near to far: (rows, W, 3).

    Args:
        sums: Colour and weight of the spans' ends, for each part of the aperture.
        see_through: (rows, W); see :func:`scatter_torch`.
        source: (rows, W, 3) what is shown where nothing arrives.
        visible_layers: Layers below this number are visible, the others hidden.
        grouped: Take neighbouring layers for one surface; see :mod:`vbr_core.kernels.scatter_cpu`.
        shares: (parts, rows, W) how much of the whole aperture each part is.
    """
    layers, parts, rows, line, _ = sums.shape
    width = line - 2
    out = torch.zeros(parts, rows, width, 3, device=sums.device)
    left = torch.ones(parts, rows, width, device=sums.device)
    filled = torch.zeros_like(left)
    before, taken = torch.ones_like(left), torch.zeros_like(left)
    goes_on = torch.zeros_like(left, dtype=torch.bool)
    for layer in range(layers):
        if layer == visible_layers:
            left = left * see_through
        covered = sums[layer, :, :, :width].cumsum(dim=2)  # (parts, rows, W, 4)
        weight = covered[..., 3]
        there = weight > MIN_WEIGHT
        if grouped:
            there = there & (left > 0)
            before, taken = torch.where(goes_on, before, left), torch.where(goes_on, taken, torch.zeros_like(taken))
            covered_before = closed(taken)
            taken = torch.where(there, (taken + weight).clamp_max(1.0), taken)
            take = before * (closed(taken) - covered_before)
            goes_on = there
        else:
            take = torch.where(there, torch.minimum(weight, left), torch.zeros_like(weight))
        out += covered[..., :3] * (take / weight.clamp_min(MIN_WEIGHT))[..., None]
        left = left - take
        filled += take
    return together(out, filled, shares, source)


def closed(taken: torch.Tensor) -> torch.Tensor:
    """How far a surface closes a part of the aperture that its discs fill to ``taken``; see ``CLOSED_FROM``."""
    steeper = NEARLY_CLOSED + (taken - NEARLY_CLOSED) * ((1.0 - NEARLY_CLOSED) / (CLOSED_FROM - NEARLY_CLOSED))
    return torch.maximum(taken, steeper.clamp_max(1.0))


def together(out: torch.Tensor, filled: torch.Tensor, shares: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """The parts of the aperture as one picture (rows, W, 3).

    Args:
        out: (parts, rows, W, 3) light.
        filled: (parts, rows, W) how far each part is filled, 0..1: what remains is divided out.
        shares: (parts, rows, W) how much of the whole each part is.
        source: (rows, W, 3) what is shown where nothing arrives.
    """
    weight = torch.where(filled > 1e-3, shares, torch.zeros_like(shares))
    light = (out * (weight / filled.clamp_min(1e-3))[..., None]).sum(dim=0)
    total = weight.sum(dim=0)
    normalised = (light / total.clamp_min(1e-3)[..., None]).clamp_min(0.0)
    return torch.where((total > 1e-3)[..., None], normalised, source)


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

"""The scatter of :mod:`vbr_core.kernels.scatter_shaped_cpu` in torch operations only, for CUDA and other devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from vbr_core.kernels.aperture import LEAST_SPAN_PX
from vbr_core.kernels.disc import SHARP_RADIUS_PX, STEPS_PER_PX
from vbr_core.kernels.scatter_torch import QUARTERS, _Spans, composite, mirror_index

if TYPE_CHECKING:
    from vbr_core.kernels.aperture import ApertureTable

SHARP_INDEX = int(SHARP_RADIUS_PX * STEPS_PER_PX)


@dataclass(frozen=True)
class _Shape:
    """The table on the device, and what the picture's size adds to it."""

    half: torch.Tensor
    middle: torch.Tensor
    cut_half: torch.Tensor
    reach: torch.Tensor
    inverse_area: torch.Tensor
    cut_shift: float
    stretch: tuple[float, float]
    height: int
    width: int

    def spans(
        self, index: torch.Tensor, dy: torch.Tensor, y: torch.Tensor, x: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Half length and middle of the spans of pixels at (y, x) in the rows ``dy`` below them; all (M,)."""
        rows = self.half.shape[1] // 2
        length, center = self.half[index, dy + rows], self.middle[index, dy + rows]
        if self.cut_shift == 0.0:
            return length, center
        half_diagonal = 0.5 * (self.width**2 + self.height**2) ** 0.5
        away = (0.5 * self.cut_shift / STEPS_PER_PX / half_diagonal) * index
        ex = (x + 0.5 - 0.5 * self.width) * away * self.stretch[0]
        ey = (y + 0.5 - 0.5 * self.height) * away * self.stretch[1]
        first, last, part, is_in = self._between(self.half, index, dy + rows - ey)
        at_first, at_last, _, _ = self._between(self.middle, index, dy + rows - ey)
        middle = torch.where(last == 0, at_first, at_first + part * (at_last - at_first))
        middle = torch.where(first == 0, at_last, middle)
        half = first + part * (last - first)
        cut, cut_last, part, is_in_cut = self._between(self.cut_half, index, dy + rows + ey)
        cut = cut + part * (cut_last - cut)
        left = torch.maximum(middle - half + ex, -cut - ex)
        right = torch.minimum(middle + half + ex, cut - ex)
        is_there = is_in & is_in_cut & (half > 0) & (right - left >= LEAST_SPAN_PX)
        nothing = torch.zeros_like(half)
        cut_length = torch.where(is_there, 0.5 * (right - left), nothing)
        cut_center = torch.where(is_there, 0.5 * (right + left), nothing)
        sharp = index <= SHARP_INDEX
        return torch.where(sharp, length, cut_length), torch.where(sharp, center, cut_center)

    @staticmethod
    def _between(
        table: torch.Tensor, index: torch.Tensor, place: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Entries before and after a fractional row, the fraction, and whether the row lies in the table."""
        below = place.floor()
        j = below.long()
        is_in = (j >= 0) & (j < table.shape[1] - 1)
        j = j.clamp(0, table.shape[1] - 2)
        return table[index, j], table[index, j + 1], place - below, is_in

    def areas(self, index: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Sum of the spans of pixels at (y, x) in each quarter of the aperture: (M,) each -> (M, 4)."""
        areas = torch.zeros(len(index), QUARTERS, device=index.device)
        reach = self.reach[index]
        largest = int(reach.max()) if len(index) else 0
        for dy in range(-largest, largest + 1):
            length, place = self.spans(index, torch.full_like(index, dy), y, x)
            length = torch.where(reach >= abs(dy), length, torch.zeros_like(length))
            sides = (
                (place + length).clamp_max(0.0) - (place - length),
                place + length - (place - length).clamp_min(0.0),
            )
            for below in (0, 1):
                if (below == 0 and dy > 0) or (below == 1 and dy < 0):
                    continue
                for side, part in enumerate(sides):
                    areas[:, 2 * below + side] += part.clamp_min(0.0) * (length > 0) * (1.0 if dy else 0.5)
        return areas

    def weights(self, radius_index: torch.Tensor) -> torch.Tensor:
        """One over the sum of the spans of every pixel: (P, H, W)."""
        known = radius_index.clamp_min(0)
        if self.cut_shift == 0.0:
            return self.inverse_area[known]
        rows = torch.arange(self.height, device=known.device)[None, :, None].expand_as(known)
        columns = torch.arange(self.width, device=known.device)[None, None, :].expand_as(known)
        areas = self.areas(known.reshape(-1), rows.reshape(-1), columns.reshape(-1))
        return 1.0 / areas.sum(dim=1).clamp_min(LEAST_SPAN_PX).view_as(known)

    def quarters(self, index: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Share of each quarter in the shapes of pixels at (y, x): (M,) each -> (M, 4), their sum 1."""
        areas = self.areas(index, y, x)
        areas = torch.where(areas > LEAST_SPAN_PX, areas, torch.zeros_like(areas))
        return areas / areas.sum(dim=1, keepdim=True)


def scatter_shaped_torch(
    color: torch.Tensor,
    radius_index: torch.Tensor,
    layer_index: torch.Tensor,
    turned: torch.Tensor,
    see_through: torch.Tensor,
    table: ApertureTable,
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
        radius_index: (P, H, W) int64, index into ``table``; -1 where a plane has no pixel.
        layer_index: (P, H, W) int64, 0 = nearest layer, below ``layers``.
        turned: (P, H, W) bool: whether the pixel's shape is turned by half a circle.
        see_through: (H, W) float32, 0..1; see :func:`vbr_core.kernels.scatter_torch.scatter_torch`.
        table: Rows of the aperture.
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
    arrays = (table.half, table.middle, table.cut_half, table.reach, table.inverse_area)
    half, middle, cut_half, reach, inverse_area = (torch.from_numpy(array).to(device) for array in arrays)
    shape = _Shape(half, middle, cut_half, reach, inverse_area, table.cut_shift, table.stretch, height, width)
    weights = shape.weights(radius_index)
    of_pixel = torch.empty(0)
    if grouped:
        places = torch.meshgrid(*(torch.arange(size, device=device) for size in (planes, height, width)), indexing="ij")
        quarters = shape.quarters(radius_index.clamp_min(0).reshape(-1), places[1].reshape(-1), places[2].reshape(-1))
        of_pixel = torch.where(quarters > 0, 1.0 / quarters.clamp_min(1e-6), torch.zeros_like(quarters))
        of_pixel = of_pixel.view(planes, height, width, QUARTERS)
    reach_of_pixel = torch.where(radius_index >= 0, reach[radius_index.clamp_min(0)], -1)
    biggest = int(reach_of_pixel.max())
    line, parts = width + 2, QUARTERS if grouped else 1
    diff = torch.zeros(layers * parts * rows * line, 4, device=device)
    out_rows = torch.arange(first_row, last_row, device=device)
    for offset in range(-biggest, biggest + 1):
        virtual = out_rows + offset
        source_rows = mirror_index(virtual, height)  # (rows,)
        is_mirrored = torch.div(virtual, height, rounding_mode="floor").remainder(2) != 0
        for plane in range(planes):
            hit = (reach_of_pixel[plane, source_rows] >= abs(offset)).nonzero()
            if len(hit) == 0:
                continue
            row, x = hit[:, 0], hit[:, 1]
            source = source_rows[row]
            index = radius_index[plane, source, x]
            is_turned = turned[plane, source, x]
            down = torch.where(is_mirrored[row] ^ is_turned, offset, -offset)
            length, place = shape.spans(index, down, source, x)
            place = torch.where(is_turned, -place, place)
            weight = weights[plane, source, x]
            value = color[plane, source, x] * weight[:, None]
            start = (layer_index[plane, source, x] * (parts * rows) + row) * line
            shares = of_pixel[plane, source, x] if grouped else torch.ones(len(x), 1, device=device)
            spans = _Spans(start, place - length, place + length, is_turned, value, shares, -offset)
            there = length > 0
            x, spans = x[there], spans.where(there)
            spans.add(diff, x.to(length.dtype), rows * line, width)
            near_border = (-spans.left > x + 0.5) | (spans.right > width - x - 0.5)
            if bool(near_border.any()):
                x, spans = x[near_border], spans.where(near_border)
                mirrored = spans.mirrored()
                turns = int(torch.maximum(-spans.left, spans.right).max()) // (2 * width) + 1
                for turn in range(-turns, turns + 1):
                    shift = 2 * turn * width
                    if turn != 0:
                        spans.add(diff, (x + shift).to(length.dtype), rows * line, width)
                    mirrored.add(diff, (shift - 1 - x).to(length.dtype), rows * line, width)
    whole = torch.ones(1, rows, width, device=device)
    if grouped:
        y, x = (
            each.reshape(-1) for each in torch.meshgrid(out_rows, torch.arange(width, device=device), indexing="ij")
        )
        largest = torch.full_like(x, max(int(radius_index.max()), SHARP_INDEX + 1))
        whole = shape.quarters(largest, y, x).T.reshape(QUARTERS, rows, width)
    return composite(
        diff.view(layers, parts, rows, line, 4),
        see_through[first_row:last_row],
        color[0, first_row:last_row, :, :3],
        visible_layers,
        grouped,
        whole,
    )

"""The scatter of :mod:`vbr_core.kernels.scatter_shaped_cpu` in torch operations only, for CUDA and other devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from vbr_core.kernels.aperture import LEAST_SPAN_PX
from vbr_core.kernels.disc import SHARP_RADIUS_PX, STEPS_PER_PX
from vbr_core.kernels.scatter_torch import _add_spans, composite, mirror_index

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

    def weights(self, radius_index: torch.Tensor) -> torch.Tensor:
        """One over the sum of the spans of every pixel: (P, H, W)."""
        known = radius_index.clamp_min(0)
        if self.cut_shift == 0.0:
            return self.inverse_area[known]
        rows = torch.arange(self.height, device=known.device)[None, :, None].expand_as(known)
        columns = torch.arange(self.width, device=known.device)[None, None, :].expand_as(known)
        total = torch.zeros_like(known, dtype=self.half.dtype)
        reach = int(self.reach[known].max())
        for dy in range(-reach, reach + 1):
            length, _ = self.spans(known, torch.full_like(known, dy), rows, columns)
            total += 2.0 * torch.where(self.reach[known] >= abs(dy), length, torch.zeros_like(length))
        return 1.0 / total.clamp_min(LEAST_SPAN_PX)


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
        grouped: Take neighbouring layers for one surface; see :mod:`vbr_core.kernels.scatter_cpu`.

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
    reach_of_pixel = torch.where(radius_index >= 0, reach[radius_index.clamp_min(0)], -1)
    biggest = int(reach_of_pixel.max())
    line = width + 2
    diff = torch.zeros(layers * rows * line, 4, device=device)
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
            start = (layer_index[plane, source, x] * rows + row) * line
            there = length > 0
            x, length, place, value, start = x[there], length[there], place[there], value[there], start[there]
            _add_spans(diff, start, x + place, length, value, width)
            near_border = (length - place > x + 0.5) | (length + place > width - x - 0.5)
            if bool(near_border.any()):
                x, length, place = x[near_border], length[near_border], place[near_border]
                value, start = value[near_border], start[near_border]
                turns = int((length + place.abs()).max()) // (2 * width) + 1
                for turn in range(-turns, turns + 1):
                    shift = 2 * turn * width
                    if turn != 0:
                        _add_spans(diff, start, (x + shift) + place, length, value, width)
                    _add_spans(diff, start, (shift - 1 - x) - place, length, value, width)
    sums = diff.view(layers, rows, line, 4)
    return composite(
        sums, see_through[first_row:last_row], color[0, first_row:last_row, :, :3], visible_layers, grouped
    )

"""Near or far side of a depth edge in PyTorch operations: for CUDA, and the plain reading of the compiled form.

The pixels of the zone are packed into vectors; every sample cell and every neighbour is one gather over all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from vbr_core.kernels import edge_choice as c

if TYPE_CHECKING:
    from torch import Tensor


def falloff(x: Tensor) -> Tensor:
    """About exp(-x), 0 from x = 8 on, and made of products only."""
    base = (1.0 - x * 0.125).clamp_min(0.0)
    base = base * base
    base = base * base
    return base * base


def edge_choice_torch(
    values: Tensor, guide: Tensor, low: Tensor, high: Tensor, trust: Tensor, inside: Tensor, plain: Tensor, rgb: Tensor
) -> Tensor:
    """Disparity with hard edges; see :class:`vbr_core.kernels.edge_choice.EdgeZone` for the first six.

    Args:
        values: (h, w) float32, 0..1.
        guide: (h, w, 3) float32, 0..1.
        low: (h, w) float32.
        high: (h, w) float32.
        trust: (h, w) float32, 0..1.
        inside: (h, w) bool.
        plain: (H, W) float32, 0..1: the map enlarged without the picture; H >= h, W >= w.
        rgb: (H, W, 3) float32, 0..1, sRGB-encoded.

    Returns:
        (H, W) float32 on the device of the inputs, all of which must share it.
    """
    (h, w), (height, width) = values.shape, plain.shape
    device = values.device
    cell_y = ((torch.arange(height, device=device) + 0.5) * (h / height)).floor().long().clamp_max(h - 1)
    cell_x = ((torch.arange(width, device=device) + 0.5) * (w / width)).floor().long().clamp_max(w - 1)
    y, x = inside[cell_y][:, cell_x].nonzero(as_tuple=True)
    if y.numel() == 0:
        return plain
    near, far, vote = _vote(values, guide, low, high, trust, plain, rgb, (y, x), (cell_y[y], cell_x[x]))
    state = torch.zeros_like(plain)
    state[y, x] = torch.tanh(0.5 * vote)
    color = rgb[y, x]
    for part in c.STRIDES:
        stride = max(1, round(part * height / h))
        amount = torch.full_like(vote, 1e-4)
        total = torch.zeros_like(vote)
        for dy in (-stride, 0, stride):
            for dx in (-stride, 0, stride):
                if dy == 0 and dx == 0:
                    continue
                yy, xx = y + dy, x + dx
                exists = (yy >= 0) & (yy < height) & (xx >= 0) & (xx < width)
                yy, xx = yy.clamp(0, height - 1), xx.clamp(0, width - 1)
                weight = falloff((color - rgb[yy, xx]).square().sum(-1) * c.NEIGHBOUR_FALLOFF) + c.NEIGHBOUR_FLOOR
                weight = weight * exists
                amount += weight
                total += weight * state[yy, xx]
        state = state.clone()
        state[y, x] = torch.tanh(0.5 * (vote + c.NEIGHBOURS_SAY * total / amount))
    gap = near - far
    change = far + (0.5 + 0.5 * state[y, x]) * gap - plain[y, x]
    share = ((change.abs() / gap.clamp_min(1e-3) - 0.05) * 10.0).clamp(0.0, 1.0)
    share = share * ((gap - c.ZONE_START) / (c.ZONE_END - c.ZONE_START)).clamp(0.0, 1.0)
    result = plain.clone()
    result[y, x] += share * change
    return result


def _vote(
    values: Tensor,
    guide: Tensor,
    low: Tensor,
    high: Tensor,
    trust: Tensor,
    plain: Tensor,
    rgb: Tensor,
    pixel: tuple[Tensor, Tensor],
    cell: tuple[Tensor, Tensor],
) -> tuple[Tensor, Tensor, Tensor]:
    """Of every pixel in the zone: disparity of the near side, of the far side, log likelihood ratio; (N,) each."""
    (h, w), (height, width) = values.shape, plain.shape
    (y, x), (i, j) = pixel, cell
    row, column = (y + 0.5) * (h / height) - 0.5, (x + 0.5) * (w / width) - 0.5
    floor = low[i, j]
    span = high[i, j] - floor
    color = rgb[y, x]
    # of each side: likeness, weight, and for the disparity both again
    alike, total, amount, weighted = (torch.zeros(2, len(y), device=values.device) for _ in range(4))
    for di in range(-c.MAP_REACH, c.MAP_REACH + 1):
        for dj in range(-c.MAP_REACH, c.MAP_REACH + 1):
            qi, qj = i + di, j + dj
            exists = (qi >= 0) & (qi < h) & (qj >= 0) & (qj < w)
            si, sj = qi.clamp(0, h - 1), qj.clamp(0, w - 1)
            value = values[si, sj]
            place = (value - floor) / span
            weight = (((2.0 * place - 1.0).abs() - 0.4) * 2.5).clamp(0.0, 1.0)
            weight = torch.maximum(weight, trust[si, sj]) * exists
            weight = weight * falloff(((qi - row).square() + (qj - column).square()) * c.PLACE_FALLOFF)
            match = weight * falloff((guide[si, sj] - color).square().sum(-1) * c.COLOUR_FALLOFF)
            on_near = place > 0.5
            on_side = torch.stack([on_near, ~on_near])
            alike += match * on_side
            total += weight * on_side
            match = match + 0.1 * weight
            amount += match * on_side
            weighted += match * value * on_side
    likelihood = (alike + c.COLOUR_FLOOR) / (total + c.COLOUR_FLOOR)
    near, far = weighted / (amount + 1e-9)
    place = ((plain[y, x] - far) / (near - far).clamp_min(1e-3)).clamp(0.0, 1.0)
    lean = 2.0 * place - 1.0
    vote = torch.log(likelihood[0] / likelihood[1]).clamp(-c.LARGEST_VOTE, c.LARGEST_VOTE) + c.MAP_SAYS * lean
    sure = ((lean.abs() - c.SURE_FROM) / (1.0 - c.SURE_FROM)).clamp_min(0.0) * c.MAP_SURE
    return near, far, vote + torch.where(lean >= 0.0, sure, -sure)

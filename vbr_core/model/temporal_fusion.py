"""Temporal fusion block: neighbours are aligned by deformable convolution and fused (paper, 4.3, eq. 5 and 6, fig. 4).

The deformable convolution has three forms of one signature, tested equal: torchvision's kernel, used on CUDA; one
compiled for the CPU, used there unless gradients are wanted; and one built on ``grid_sample`` for all else.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from vbr_core.model.blocks import activation, convolution

TAPS = 9


def deform_conv_grid_sample(
    x: torch.Tensor, offset: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
) -> torch.Tensor:
    """Deformable 3 x 3 convolution, stride 1, padding 1, written with ``grid_sample``.

    Args:
        x: (B, C, H, W).
        offset: (B, G * 9 * 2, H, W): for each group of channels and each tap (row by row), dy then dx in pixels.
        weight: (O, C, 3, 3).
        bias: (O,).

    Returns:
        (B, O, H, W). Values outside of the picture are 0.
    """
    batch, channels, height, width = x.shape
    groups = offset.shape[1] // (2 * TAPS)
    offset = offset.reshape(batch * groups, TAPS, 2, height, width)
    tap = torch.arange(TAPS, device=x.device)
    rows = torch.arange(height, device=x.device, dtype=x.dtype)[None, :, None]
    columns = torch.arange(width, device=x.device, dtype=x.dtype)[None, None, :]
    y = offset[:, :, 0] + (tap // 3 - 1).to(x.dtype)[:, None, None] + rows
    x_place = offset[:, :, 1] + (tap % 3 - 1).to(x.dtype)[:, None, None] + columns
    # grid_sample's units: -1 and 1 are the outer edges of the picture
    grid = torch.stack([(2.0 * x_place + 1.0) / width - 1.0, (2.0 * y + 1.0) / height - 1.0], dim=-1)
    grid = grid.reshape(batch * groups, TAPS * height, width, 2)
    parts = x.reshape(batch * groups, channels // groups, height, width)
    sampled = F.grid_sample(parts, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    # (B G, C/G, 9 H, W) -> (B, C * 9, H, W), channel by channel with its taps inside, as the weight is laid out
    sampled = sampled.reshape(batch, channels, TAPS, height, width).flatten(1, 2)
    return F.conv2d(sampled, weight.reshape(weight.shape[0], channels * TAPS, 1, 1), bias)


def deform_conv(x: torch.Tensor, offset: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """The same by the form that suits the device. Shapes as in :func:`deform_conv_grid_sample`."""
    if x.device.type == "cuda":
        from torchvision.ops import deform_conv2d

        return deform_conv2d(x, offset.to(x.dtype), weight.to(x.dtype), bias.to(x.dtype), padding=1)
    if x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_grad_enabled():
        from vbr_core.kernels.deform_cpu import deform_conv_cpu

        return deform_conv_cpu(x, offset, weight, bias)
    return deform_conv_grid_sample(x, offset, weight, bias)


class Alignment(nn.Module):
    """Features of a neighbour brought to where they are in the current frame."""

    def __init__(self, channels: int, groups: int, max_offset: float, deformable: bool) -> None:
        super().__init__()
        self.max_offset = max_offset
        self.deformable = deformable
        if not deformable:
            self.plain = convolution(2 * channels, channels)
            return
        narrow = channels // 2
        self.find = nn.Sequential(convolution(2 * channels, narrow), activation(), convolution(narrow, narrow))
        self.active = activation()
        self.offset = nn.Conv2d(narrow, groups * TAPS * 2, 3, padding=1)
        nn.init.zeros_(self.offset.weight)  # offsets begin at 0: a plain convolution
        nn.init.zeros_(self.offset.bias)  # type: ignore[arg-type]
        self.weight = nn.Parameter(torch.empty(channels, 2 * channels, 3, 3))
        nn.init.kaiming_normal_(self.weight, a=math.sqrt(5))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, neighbour: torch.Tensor, current: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) each -> (B, C, H, W)."""
        both = torch.cat([neighbour, current], dim=1)
        if not self.deformable:
            return self.plain(both)
        offset = self.offset(self.active(self.find(both)))
        offset = self.max_offset * torch.tanh(offset / self.max_offset)
        # one half of the groups moves the neighbour, the other half looks around in the current frame
        return deform_conv(both, offset, self.weight, self.bias)


class TemporalFusionBlock(nn.Module):
    """``f_t`` with what its two neighbours know: the same size, the same number of channels."""

    def __init__(self, channels: int, groups: int, max_offset: float, deformable: bool) -> None:
        super().__init__()
        self.align = Alignment(channels, groups, max_offset, deformable)
        last = convolution(channels, channels)
        nn.init.zeros_(last.weight)  # begins as if there were no neighbours: joins a trained single-frame network
        self.fuse = nn.Sequential(convolution(3 * channels, channels), activation(), last)

    def forward(self, before: torch.Tensor, current: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        """Features of frames t-1, t, t+1, (B, C, H, W) each -> (B, C, H, W).

        At a cut or at the end of a clip the missing neighbour is the frame itself.
        """
        earlier = self.align(before, current)
        later = earlier if after is before else self.align(after, current)
        return current + self.fuse(torch.cat([earlier, current, later], dim=1))

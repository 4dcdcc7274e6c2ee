"""Depth Anything V2 (Yang et al. 2024): DINOv2 backbones from timm and their DPT head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from vbr_core.depth.backbones import run_blocks, timm_model
from vbr_core.depth.dpt import Scratch, full_precision, resampler, resize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATCH = 14

POSITION_OFFSET = 0.1
"""DINOv2 adds this to the number of rows and columns when it resizes positions; the published numbers depend on it."""


@dataclass(frozen=True)
class Size:
    """One size of the network.

    Attributes:
        backbone: timm model.
        token_width: Channels of its tokens.
        blocks: Whose outputs are used.
        level_widths: Channels of the four maps.
        width: Channels of the head.
    """

    backbone: str
    token_width: int
    blocks: tuple[int, int, int, int]
    level_widths: tuple[int, int, int, int]
    width: int


SIZES: Mapping[str, Size] = {
    "small": Size("vit_small_patch14_dinov2", 384, (2, 5, 8, 11), (48, 96, 192, 384), 64),
    "base": Size("vit_base_patch14_dinov2", 768, (2, 5, 8, 11), (96, 192, 384, 768), 128),
    "large": Size("vit_large_patch14_dinov2", 1024, (4, 11, 17, 23), (256, 512, 1024, 1024), 256),
}


def dino_backbone(size: Size) -> Any:
    """The backbone, without weights."""
    return timm_model(size.backbone, weight_init="skip")


def dino_layers(model: Any, pictures: torch.Tensor, wanted: Sequence[int]) -> list[torch.Tensor]:
    """Normalised outputs of the ``wanted`` blocks: (B, 3, H, W), multiples of 14 -> (B, C, H/14, W/14) each."""
    patches = model.patch_embed.proj(pictures)
    tokens = patches.flatten(2).transpose(1, 2)
    tokens = torch.cat((model.cls_token.expand(len(tokens), -1, -1), tokens), dim=1)
    tokens = tokens + _positions(model.pos_embed, patches.shape[-2], patches.shape[-1]).to(tokens.device, tokens.dtype)
    layers = run_blocks(model.blocks, tokens, wanted)
    # (B, 1 + N, C) -> (B, C, rows, columns)
    return [model.norm(layer)[:, 1:].transpose(1, 2).unflatten(2, tuple(patches.shape[-2:])) for layer in layers]


def _positions(known: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """Position embedding (1, 1 + side * side, C) resized to a grid: (1, 1 + rows * columns, C)."""
    side = round((known.shape[1] - 1) ** 0.5)
    if rows == columns == side:
        return known
    if known.device.type == "mps":
        known = known.cpu()  # bicubic resizing came late to Apple GPUs
    grid = known[:, 1:].float().transpose(1, 2).reshape(1, -1, side, side)  # (1, N, C) -> (1, C, side, side)
    scale = ((rows + POSITION_OFFSET) / side, (columns + POSITION_OFFSET) / side)
    grid = F.interpolate(grid, scale_factor=scale, mode="bicubic", align_corners=False)
    return torch.cat((known[:, :1].float(), grid.flatten(2).transpose(1, 2)), dim=1)


class DepthAnythingHead(nn.Module):
    """Four maps of tokens to disparity."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.projects = nn.ModuleList(nn.Conv2d(size.token_width, width, 1) for width in size.level_widths)
        self.resize_layers = nn.ModuleList(resampler(level, width) for level, width in enumerate(size.level_widths))
        output = {
            "output_conv1": nn.Conv2d(size.width, size.width // 2, 3, padding=1),
            "output_conv2": nn.Sequential(
                nn.Conv2d(size.width // 2, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 1, 1), nn.ReLU()
            ),
        }
        self.scratch = Scratch(size.level_widths, [size.width] * 4, output)

    def levels(self, layers: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """(B, C, rows, columns) each -> maps of 4, 2, 1 and 1/2 times that size."""
        return [
            resample(project(layer))
            for project, resample, layer in zip(self.projects, self.resize_layers, layers, strict=True)
        ]

    def disparity(self, fused: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        """Fused features to disparity at ``size``: (B, h, w) float32, 0 or more."""
        features = resize(self.scratch.get_submodule("output_conv1")(fused), size)
        return full_precision(self.scratch.get_submodule("output_conv2"), features)[:, 0]


class DepthAnything(nn.Module):
    """``depth_anything_v2_small``, ``_base`` and ``_large`` (relative disparity)."""

    def __init__(self, size_name: str) -> None:
        super().__init__()
        self.size = SIZES[size_name]
        self.pretrained: Any = dino_backbone(self.size)
        self.depth_head = DepthAnythingHead(self.size)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Disparity of normalised pictures: (B, 3, H, W), multiples of 14 -> (B, H, W) float32, nearer is larger."""
        levels = self.depth_head.levels(dino_layers(self.pretrained, pictures, self.size.blocks))
        fused = self.depth_head.scratch(levels)
        return self.depth_head.disparity(fused, (pictures.shape[-2], pictures.shape[-1]))

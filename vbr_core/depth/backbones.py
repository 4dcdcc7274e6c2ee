"""Backbones from timm in the forms that MiDaS 3 uses: any picture size, features of four depths.

timm's modules hold the weights under the published names; how the pictures run through them is written here, since
MiDaS resizes what a network knows of positions in its own way.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import timm
import torch
import torch.nn.functional as F
from timm.layers.std_conv import StdConv2dSame
from timm.models.resnetv2 import ResNetV2
from torch import nn

from vbr_core.depth.dpt import Reassemble

if TYPE_CHECKING:
    from collections.abc import Sequence


def timm_model(name: str, **options: Any) -> Any:
    """A timm network without classifier and without downloaded weights."""
    return timm.create_model(name, pretrained=False, num_classes=0, **options)


def run_blocks(blocks: Sequence[Any], tokens: torch.Tensor, wanted: Sequence[int]) -> list[torch.Tensor]:
    """Run transformer blocks as far as needed; the outputs of the ``wanted`` ones, in order."""
    out = []
    for number, block in enumerate(blocks[: max(wanted) + 1]):
        tokens = block(tokens)
        if number in wanted:
            out.append(tokens)
    return out


def _with_class_token(model: Any, patches: torch.Tensor) -> torch.Tensor:
    return torch.cat((model.cls_token.expand(len(patches), -1, -1), patches), dim=1)


def _with_positions(model: Any, patches: torch.Tensor) -> torch.Tensor:
    """Patches (B, C, rows, columns) to tokens (B, 1 + rows * columns, C) that know where they are."""
    known: torch.Tensor = model.pos_embed
    side = round((known.shape[1] - 1) ** 0.5)
    grid = known[:, 1:].transpose(1, 2).reshape(1, -1, side, side)  # (1, N, C) -> (1, C, side, side)
    grid = F.interpolate(grid, size=patches.shape[-2:], mode="bilinear", align_corners=False)
    positions = torch.cat((known[:, :1], grid.flatten(2).transpose(1, 2)), dim=1)
    return _with_class_token(model, patches.flatten(2).transpose(1, 2)) + positions


class VitBackbone(nn.Module):
    """ViT-L/16 of ``dpt_large_384``: (B, 3, H, W), multiples of 32 -> maps at strides 4, 8, 16, 32."""

    WIDTHS = (256, 512, 1024, 1024)
    BLOCKS = (5, 11, 17, 23)

    def __init__(self) -> None:
        super().__init__()
        self.model: Any = timm_model("vit_large_patch16_384", weight_init="skip")
        for level, width in enumerate(self.WIDTHS):
            self.add_module(f"act_postprocess{level + 1}", Reassemble(level, self.model.embed_dim, width))

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Four maps of normalised pictures."""
        patches = self.model.patch_embed.proj(pictures)
        layers = run_blocks(self.model.blocks, _with_positions(self.model, patches), self.BLOCKS)
        return [
            self.get_submodule(f"act_postprocess{level + 1}")(tokens, tuple(patches.shape[-2:]))
            for level, tokens in enumerate(layers)
        ]


class HybridBackbone(nn.Module):
    """ResNet-50 and ViT-B of ``dpt_hybrid_384``: two maps of the former, two of the latter."""

    WIDTHS = (256, 512, 768, 768)
    BLOCKS = (8, 11)

    def __init__(self) -> None:
        super().__init__()
        self.model: Any = timm_model("vit_base_patch16_384", weight_init="skip")
        # timm's own hybrid runs a picture through the ResNet to learn its size
        self.model.patch_embed = nn.Module()
        self.model.patch_embed.backbone = ResNetV2(
            [3, 4, 9],
            num_classes=0,
            global_pool="",
            preact=False,
            stem_type="same",
            conv_layer=partial(StdConv2dSame, eps=1e-8),
        )
        self.model.patch_embed.proj = nn.Conv2d(1024, self.model.embed_dim, 1)
        self.act_postprocess3 = Reassemble(2, self.model.embed_dim, self.WIDTHS[2])
        self.act_postprocess4 = Reassemble(3, self.model.embed_dim, self.WIDTHS[3])

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Four maps of normalised pictures."""
        resnet = self.model.patch_embed.backbone
        features, maps = resnet.stem(pictures), []
        for stage in resnet.stages:
            features = stage(features)
            maps.append(features)
        patches = self.model.patch_embed.proj(resnet.norm(features))
        third, fourth = run_blocks(self.model.blocks, _with_positions(self.model, patches), self.BLOCKS)
        grid = (patches.shape[-2], patches.shape[-1])
        return [*maps[:2], self.act_postprocess3(third, grid), self.act_postprocess4(fourth, grid)]


class BeitBackbone(nn.Module):
    """BEiT-L/16 of ``dpt_beit_large_512``: as :class:`VitBackbone`, but positions are biases of the attention."""

    WIDTHS = (256, 512, 1024, 1024)
    BLOCKS = (5, 11, 17, 23)

    def __init__(self) -> None:
        super().__init__()
        # timm would compute where a pair of tokens looks in its table of biases, for each block; done below, once
        self.model: Any = timm_model("beit_large_patch16_512", use_rel_pos_bias=False)
        for block in self.model.blocks:
            table = torch.empty((2 * 32 - 1) ** 2 + 3, block.attn.num_heads)  # 32 x 32 patches
            block.attn.relative_position_bias_table = nn.Parameter(table)
        for level, width in enumerate(self.WIDTHS):
            self.add_module(f"act_postprocess{level + 1}", Reassemble(level, self.model.embed_dim, width))

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Four maps of normalised pictures."""
        patches = self.model.patch_embed.proj(pictures)
        grid = (patches.shape[-2], patches.shape[-1])
        index = relative_positions(grid).to(patches.device)
        tokens = _with_class_token(self.model, patches.flatten(2).transpose(1, 2))
        maps: list[torch.Tensor] = []
        for number, block in enumerate(self.model.blocks):
            tokens = tokens + block.gamma_1 * _beit_attention(block.attn, block.norm1(tokens), grid, index)
            tokens = tokens + block.gamma_2 * block.mlp(block.norm2(tokens))
            if number in self.BLOCKS:
                maps.append(self.get_submodule(f"act_postprocess{len(maps) + 1}")(tokens, grid))
        return maps


def relative_positions(grid: tuple[int, int]) -> torch.Tensor:
    """Which entry of the table of biases belongs to each pair of tokens (Bao et al. 2021, BEiT).

    Returns:
        (1 + N, 1 + N) int64, with N = rows * columns: (2 rows - 1) * (2 columns - 1) offsets between patches, row by
        row, then class token to patch, patch to class token, class token to itself.
    """
    rows, columns = grid
    y = torch.arange(rows).repeat_interleave(columns)
    x = torch.arange(columns).repeat(rows)
    offsets = (y[:, None] - y[None] + rows - 1) * (2 * columns - 1) + (x[:, None] - x[None] + columns - 1)
    count = (2 * rows - 1) * (2 * columns - 1)
    index = torch.empty(rows * columns + 1, rows * columns + 1, dtype=torch.int64)
    index[1:, 1:] = offsets
    index[0] = count
    index[:, 0] = count + 1
    index[0, 0] = count + 2
    return index


def _beit_attention(attn: Any, tokens: torch.Tensor, grid: tuple[int, int], index: torch.Tensor) -> torch.Tensor:
    """Attention with the table of biases resized to the grid: (B, 1 + N, C) -> the same."""
    table: torch.Tensor = attn.relative_position_bias_table  # (offsets + 3, heads)
    side = round((len(table) - 3) ** 0.5)
    offsets = table[:-3].T.reshape(1, -1, side, side)  # (1, heads, side, side)
    size = (2 * grid[0] - 1, 2 * grid[1] - 1)
    offsets = F.interpolate(offsets, size=size, mode="bilinear", align_corners=False)
    resized = torch.cat((offsets[0].flatten(1), table[-3:].T), dim=1)  # (heads, offsets + 3)
    bias = resized[:, index][None]  # (1, heads, 1 + N, 1 + N)
    qkv_bias = torch.cat((attn.q_bias, torch.zeros_like(attn.q_bias), attn.v_bias))
    qkv = F.linear(tokens, attn.qkv.weight, qkv_bias)
    # (B, 1 + N, 3 * C) -> (B, 1 + N, 3, heads, c) -> three (B, heads, 1 + N, c)
    q, k, v = qkv.reshape(*tokens.shape[:2], 3, attn.num_heads, -1).permute(2, 0, 3, 1, 4)
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
    projected: torch.Tensor = attn.proj(out.transpose(1, 2).flatten(2))
    return projected


class SwinBackbone(nn.Module):
    """Swin V2 tiny of ``dpt_swin2_tiny_256``: (B, 3, 256, 256) -> maps of 64, 32, 16 and 8 pixels."""

    WIDTHS = (96, 192, 384, 768)

    def __init__(self) -> None:
        super().__init__()
        self.model: Any = timm_model("swinv2_tiny_window16_256")

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Four maps of normalised pictures."""
        features, maps = self.model.patch_embed(pictures), []
        for stage in self.model.layers:
            features = stage(features)
            maps.append(features.permute(0, 3, 1, 2))  # (B, h, w, C) -> (B, C, h, w)
        return maps

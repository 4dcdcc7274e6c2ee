"""Video Depth Anything (Chen et al. 2025): Depth Anything V2 whose head looks across the frames of a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from vbr_core.depth.depth_anything import SIZES, DepthAnythingHead, Size, dino_backbone, dino_layers

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW_FRAMES = 32
KEY_FRAMES = (0, 12, 24, 25, 26, 27, 28, 29, 30, 31)
"""Frames of a window that are shown again as the first ten of the next one."""

ALIGN_FRAMES = 2
"""The first of the key frames, by which scale and shift of the next window are found; the others are blended."""

HEADS = 8
PLACES = 4096
"""Places of the picture whose frames look at each other at a time; bounds the memory."""

DECODE_FRAMES = 4


class TimeAttention(nn.Module):
    """Attention between the frames at one place of the picture: (P, T, C) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.to_q = nn.Linear(width, width, bias=False)
        self.to_k = nn.Linear(width, width, bias=False)
        self.to_v = nn.Linear(width, width, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(width, width)])
        self.pos_encoder = nn.Module()
        self.pos_encoder.register_buffer("pe", torch.zeros(1, WINDOW_FRAMES, width))  # sines, in the file

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Attend."""
        positions: Any = self.pos_encoder.pe
        tokens = tokens + positions[:, : tokens.shape[1]].to(tokens.dtype)
        # (P, T, C) -> (P, heads, T, c)
        q, k, v = (
            layer(tokens).unflatten(2, (HEADS, -1)).transpose(1, 2) for layer in (self.to_q, self.to_k, self.to_v)
        )
        out: torch.Tensor = self.to_out[0](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return out


class GatedLinear(nn.Module):
    """Linear layer to twice the width, of which one half gates the other (Shazeer 2020, GEGLU)."""

    def __init__(self, width: int, out_width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, 2 * out_width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(..., C) -> (..., C')."""
        value, gate = self.proj(tokens).chunk(2, dim=-1)
        out: torch.Tensor = value * F.gelu(gate)
        return out


class FeedForward(nn.Module):
    """(..., C) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.ModuleList([GatedLinear(width, 4 * width), nn.Identity(), nn.Linear(4 * width, width)])

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Widen, gate, narrow."""
        out: torch.Tensor = self.net[2](self.net[0](tokens))
        return out


class TimeBlock(nn.Module):
    """Two attentions and a feed-forward layer: (P, T, C) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention_blocks = nn.ModuleList(TimeAttention(width) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.ff = FeedForward(width)
        self.ff_norm = nn.LayerNorm(width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Run."""
        for attention, norm in zip(self.attention_blocks, self.norms, strict=True):
            tokens = tokens + attention(norm(tokens))
        out: torch.Tensor = tokens + self.ff(self.ff_norm(tokens))
        return out


class TimeTransformer(nn.Module):
    """Changes maps by what the other frames show at the same place: (T, C, h, w) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(32, width, eps=1e-6)
        self.proj_in = nn.Linear(width, width)
        self.transformer_blocks = nn.ModuleList([TimeBlock(width)])
        self.proj_out = nn.Linear(width, width)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Run, some places at a time."""
        places = self.norm(maps).flatten(2).permute(2, 0, 1)  # (T, C, h, w) -> (h * w, T, C)
        changes = [self.proj_out(self._blocks(self.proj_in(part))) for part in places.split(PLACES)]
        # (h * w, T, C) -> (T, C, h, w)
        return maps + torch.cat(changes).permute(1, 2, 0).reshape(maps.shape)

    def _blocks(self, tokens: torch.Tensor) -> torch.Tensor:
        for block in self.transformer_blocks:
            tokens = block(tokens)
        return tokens


class MotionModule(nn.Module):
    """A level of names in the published files."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.temporal_transformer = TimeTransformer(width)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """(T, C, h, w) -> the same."""
        out: torch.Tensor = self.temporal_transformer(maps)
        return out


class VideoHead(DepthAnythingHead):
    """The head of Depth Anything with four motion modules."""

    def __init__(self, size: Size) -> None:
        super().__init__(size)
        widths = (size.level_widths[2], size.level_widths[3], size.width, size.width)
        self.motion_modules = nn.ModuleList(MotionModule(width) for width in widths)

    def window(self, levels: Sequence[torch.Tensor], size: tuple[int, int], keep: int) -> torch.Tensor:
        """Maps of all frames of a window to the disparity of the first ``keep`` ones: (keep, h, w) float32."""
        first, second, third, fourth = levels
        third, fourth = self.motion_modules[0](third), self.motion_modules[1](fourth)
        coarse = self.motion_modules[2](self.scratch.coarse((first, second, third, fourth)))
        middle = self.motion_modules[3](self.scratch.middle(coarse, (first, second, third, fourth)))
        out = []
        for start in range(0, keep, DECODE_FRAMES):
            part = slice(start, min(keep, start + DECODE_FRAMES))
            out.append(self.disparity(self.scratch.fine(middle[part], (first[part], second[part])), size))
        return torch.cat(out)


class VideoDepthAnything(nn.Module):
    """``video_depth_anything_small`` (relative disparity)."""

    def __init__(self, size_name: str) -> None:
        super().__init__()
        self.size = SIZES[size_name]
        self.pretrained: Any = dino_backbone(self.size)
        self.head = VideoHead(self.size)

    def encode(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Four maps of each picture, which does not depend on the others: (B, 3, H, W) -> 4 x (B, C, h, w)."""
        return self.head.levels(dino_layers(self.pretrained, pictures, self.size.blocks))

    def decode(self, levels: Sequence[torch.Tensor], size: tuple[int, int], keep: int) -> torch.Tensor:
        """Disparity of the first ``keep`` frames of a window: maps of all its frames -> (keep, *size) float32."""
        return self.head.window(levels, size, keep)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """One window: (T, 3, H, W), T up to 32 frames in order, multiples of 14 -> (T, H, W) float32."""
        return self.decode(self.encode(pictures), (pictures.shape[-2], pictures.shape[-1]), len(pictures))

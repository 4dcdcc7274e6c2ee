"""The Video Bokeh Renderer: two stages of the same make, coarse generator and refiner (paper, section 4, fig. 3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from vbr_core.model.blocks import activation, convolution, residual_blocks
from vbr_core.model.disparity_mending import DisparityMending
from vbr_core.model.highlights import HighlightRecovery
from vbr_core.model.layer_separation import LayerSeparation
from vbr_core.model.scale import STRIDE
from vbr_core.model.temporal_fusion import TemporalFusionBlock

if TYPE_CHECKING:
    from vbr_core.model.config import NetworkConfig

DEFOCUS_LIMIT = 2.0
"""The defocus map is cut off at this many ``R_m``: a refiner step sees at most twice what the coarse one does, and
larger blur needs no finer distinction."""

Features = tuple[torch.Tensor, ...]


class Stage(nn.Module):
    """One stage: pixel-unshuffle, encoder, temporal fusion, decoder, pixel-shuffle.

    Its output is a mixture of the pictures it is given, plus a correction: ``candidates[0] + sum of weight_i
    (candidates[i] - candidates[0]) + correction``. Weights and correction begin at 0.

    Args:
        config: Sizes.
        candidates: Number of pictures to mix: bases, all-in-focus frame, result of the stage before.
    """

    def __init__(self, config: NetworkConfig, candidates: int) -> None:
        super().__init__()
        self.config = config
        self.candidates = candidates
        half, quarter, eighth = config.widths
        self.stem = convolution(4 * (3 * candidates + 2), half)
        self.encoder = nn.ModuleList(residual_blocks(w, n) for w, n in zip(config.widths, config.blocks, strict=True))
        self.down = nn.ModuleList([convolution(half, quarter, stride=2), convolution(quarter, eighth, stride=2)])
        self.fusion = nn.ModuleDict(
            {
                str(level): TemporalFusionBlock(
                    config.widths[level], config.offset_groups, config.max_offset, config.deformable
                )
                for level in config.fusion_levels
            }
        )
        self.up = nn.ModuleList([convolution(quarter, 4 * half, size=1), convolution(eighth, 4 * quarter, size=1)])
        self.join = nn.ModuleList([convolution(2 * half, half), convolution(2 * quarter, quarter)])
        self.decoder = nn.ModuleList(residual_blocks(w, n) for w, n in zip(config.widths, config.blocks, strict=True))
        self.active = activation()
        self.head = nn.Conv2d(half, 4 * (3 + candidates - 1), 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def encode(self, pictures: torch.Tensor, defocus: torch.Tensor) -> Features:
        """Features of single frames.

        Args:
            pictures: (B, 3 * candidates, H, W) sRGB 0..1; H and W multiples of 8.
            defocus: (B, 1, H, W) ``S / R_m``.

        Returns:
            At 1/2, 1/4 and 1/8.
        """
        fine = defocus.sign() * torch.log1p(defocus.abs() * self.config.max_radius_px) / 4.0
        x = torch.cat([pictures - 0.5, defocus.clamp(-DEFOCUS_LIMIT, DEFOCUS_LIMIT), fine], dim=1)
        x = self.encoder[0](self.stem(F.pixel_unshuffle(x, 2)))
        features = [x]
        for level in (1, 2):
            x = self.encoder[level](self.down[level - 1](self.active(x)))
            features.append(x)
        return tuple(features)

    def decode(
        self, before: Features | None, current: Features, after: Features | None, pictures: torch.Tensor
    ) -> torch.Tensor:
        """The stage's picture from the features of three frames and the frame's own pictures: (B, 3, H, W).

        Without neighbours (None) fusion is left out.
        """
        fused = list(current)
        if before is not None and after is not None:
            for name, block in self.fusion.items():
                level = int(name)
                fused[level] = block(before[level], current[level], after[level])
        x = self.decoder[2](fused[2])
        for level in (1, 0):
            x = F.pixel_shuffle(self.up[level](self.active(x)), 2)
            x = self.join[level](self.active(torch.cat([x, fused[level]], dim=1)))
            x = self.decoder[level](x)
        answer = F.pixel_shuffle(self.head(self.active(x)), 2)
        result = pictures[:, :3] + answer[:, :3]
        for i in range(1, self.candidates):
            difference = pictures[:, 3 * i : 3 * i + 3] - pictures[:, :3]
            result = result + answer[:, 2 + i : 3 + i] * difference
        return result

    def forward(self, pictures: torch.Tensor, defocus: torch.Tensor, fuse: bool = True) -> torch.Tensor:
        """All frames of windows at once.

        Args:
            pictures: (B, T, 3 * candidates, H, W).
            defocus: (B, T, 1, H, W).
            fuse: Let neighbours help; without, every frame is on its own (the first part of training).

        Returns:
            (B, T, 3, H, W).
        """
        batch, frames = pictures.shape[:2]
        flat = pictures.flatten(0, 1)
        current = self.encode(flat, defocus.flatten(0, 1))
        before: Features | None = None
        after: Features | None = None
        if fuse and self.config.fusion_levels:
            earlier = torch.arange(frames, device=flat.device) - 1
            later = (earlier + 2).clamp_max(frames - 1)
            before = tuple(_of_frames(feature, frames, earlier.clamp_min(0)) for feature in current)
            after = tuple(_of_frames(feature, frames, later) for feature in current)
        result = self.decode(before, current, after, flat)
        return result.reshape(batch, frames, *result.shape[1:])

    @property
    def encoder_halo_px(self) -> int:
        """How far features depend on the input, in pixels, rounded up to whole strides: what makes tiling exact."""
        blocks = self.config.blocks
        # convolutions at 1/2: stem, two a block; the strided ones; then two a block at 1/4 and at 1/8
        reach = 2 * (1 + 2 * blocks[0]) + 2 + 4 * 2 * blocks[1] + 4 + 8 * 2 * blocks[2]
        return -(-(reach + STRIDE) // STRIDE) * STRIDE

    @property
    def decoder_halo_px(self) -> int:
        """How far the output depends on features, in pixels, rounded up to whole strides."""
        blocks, levels = self.config.blocks, self.config.fusion_levels
        # the sampled place is at most max_offset + 1 tap + 1 (bilinear) away, the search for it 3;
        # then come two convolutions
        search = max(3, math.ceil(self.config.max_offset) + 2) + 2
        deep = 8 * ((search if 2 in levels else 0) + 2 * blocks[2])
        middle = 4 * (search if 1 in levels else 0)
        back = 4 * (1 + 2 * blocks[1]) + 2 * (1 + 2 * blocks[0]) + 2
        return -(-(max(deep, middle) + back + STRIDE) // STRIDE) * STRIDE


def _of_frames(feature: torch.Tensor, frames: int, index: torch.Tensor) -> torch.Tensor:
    """Features of other frames of the same windows: (B T, C, H, W) -> (B T, C, H, W)."""
    windows = feature.reshape(-1, frames, *feature.shape[1:])
    return windows[:, index].flatten(0, 1)


class VbrNetwork(nn.Module):
    """Coarse generator and refiner.

    The pictures each stage may mix come in this order: the coarse generator has the base render (hybrid only; of the
    layers, then plain) and the all-in-focus frame; the refiner has the base, the enlarged result of the stage before,
    and the frame.
    ``highlights``, ``mending`` and ``separation`` work before both: the base render is made of the picture of the
    first, by the disparity of the second, of the layers of the third.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.coarse = Stage(config, candidates=config.bases + 1)
        self.refiner = Stage(config, candidates=config.bases + 2)
        self.highlights = HighlightRecovery(config.highlight_widths) if config.highlight_widths else None
        self.mending = DisparityMending(config.mending_widths) if config.mending_widths else None
        self.separation = LayerSeparation(config.separation_widths) if config.separation_widths else None

    def pictures_for(
        self, frames: torch.Tensor, base: torch.Tensor | None, before: torch.Tensor | None
    ) -> torch.Tensor:
        """Pictures of a stage side by side, in its order, along the channels (the third dimension from the end).

        Args:
            frames: (..., 3, H, W) sRGB 0..1.
            base: The classical renders side by side, (..., 3 * bases, H, W); None without a base.
            before: Result of the stage before, enlarged to this size; None for the coarse generator.
        """
        given = [picture for picture in (base if self.config.hybrid else None, before, frames) if picture is not None]
        return torch.cat(given, dim=-3)


def resize(pictures: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(..., C, H, W) to another size, bilinear, with a low-pass when it shrinks."""
    if tuple(pictures.shape[-2:]) == size:
        return pictures
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    result = F.interpolate(flat, size=size, mode="bilinear", align_corners=False, antialias=size[0] < flat.shape[-2])
    return result.reshape(*pictures.shape[:-2], *size)


def pad_to_stride(pictures: torch.Tensor) -> torch.Tensor:
    """(B, C, H, W) with its last row and column repeated until both sizes are multiples of 8."""
    height, width = pictures.shape[-2:]
    return F.pad(pictures, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")

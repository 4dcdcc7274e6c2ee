"""The ``starter`` network: a DPT-style head on a small EfficientNet-Lite backbone.

The head follows the idea of "Vision Transformers for Dense Prediction" (Ranftl et al., ICCV 2021, section 3): features
of four strides are brought to one width (reassemble) and merged from coarse to fine by RefineNet-like fusion blocks.
A global context vector is added at the coarsest stride, because which part of the picture is near depends on all of it.
"""

from __future__ import annotations

from typing import cast

import msgspec
import torch
from timm import create_model
from torch import Tensor, nn
from torch.nn import functional as F

INPUT_MEAN = 127.0 / 255.0
INPUT_STD = 128.0 / 255.0


class StarterConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What fixes the shape of a :class:`StarterNetwork`; stored beside its weights.

    Attributes:
        backbone: Name of a timm network that offers ``features_only`` with strides 2 to 32.
        width: Channels of the fusion blocks at strides 32, 16 and 8.
        fine_width: Channels at stride 4 and in the output layers.
        long_side_px: Long side of the network's input; the short side follows the picture's aspect.
        multiple_px: Both sides of the input are multiples of this.
    """

    backbone: str = "tf_efficientnet_lite0"
    width: int = 64
    fine_width: int = 48
    long_side_px: int = 384
    multiple_px: int = 32

    def __post_init__(self) -> None:
        if min(self.width, self.fine_width) < 4 or max(self.width, self.fine_width) > 1024:
            raise ValueError("the widths of the head must be between 4 and 1024 channels")
        if self.multiple_px % 32 != 0 or not 32 <= self.multiple_px <= self.long_side_px <= 2048:
            raise ValueError("the input size must be 32 to 2048 px and a multiple of 32")


class ResidualUnit(nn.Module):
    """Two 3 x 3 convolutions with ReLU before each, added to the input: (B, C, h, w) -> (B, C, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        inner = self.conv1(F.relu(features))
        return features + cast("Tensor", self.conv2(F.relu(inner)))


class FusionBlock(nn.Module):
    """Adds a refined skip connection to the coarser features, refines the sum and doubles its size.

    (B, C, h, w) coarse and (B, C, h, w) skip -> (B, C_out, 2h, 2w).
    """

    def __init__(self, channels: int, out_channels: int) -> None:
        super().__init__()
        self.skip_unit = ResidualUnit(channels)
        self.sum_unit = ResidualUnit(channels)
        self.project = nn.Conv2d(channels, out_channels, 1)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        merged = self.sum_unit(coarse + self.skip_unit(skip))
        # The 1 x 1 convolution commutes with bilinear resizing and is four times cheaper before it.
        return F.interpolate(self.project(merged), scale_factor=2, mode="bilinear", align_corners=False)


class StarterNetwork(nn.Module):
    """One picture in, one map of raw disparity at half the input's size out."""

    def __init__(self, config: StarterConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = create_model(config.backbone, pretrained=False, features_only=True)
        channels: list[int] = self.backbone.feature_info.channels()
        strides: list[int] = self.backbone.feature_info.reduction()
        if strides != [2, 4, 8, 16, 32]:
            raise ValueError(f"backbone {config.backbone} has strides {strides}, expected 2, 4, 8, 16, 32")
        width, fine = config.width, config.fine_width
        self.reassemble = nn.ModuleList(
            [
                nn.Conv2d(channels[0], fine // 2, 1),
                nn.Conv2d(channels[1], fine, 1),
                nn.Conv2d(channels[2], width, 1),
                nn.Conv2d(channels[3], width, 1),
                nn.Conv2d(channels[4], width, 1),
            ]
        )
        self.context = nn.Sequential(nn.Linear(channels[4], width), nn.ReLU(), nn.Linear(width, width))
        self.bottom = ResidualUnit(width)
        self.fuse16 = FusionBlock(width, width)
        self.fuse8 = FusionBlock(width, fine)
        self.fuse4 = FusionBlock(fine, fine // 2)
        self.up32 = nn.Conv2d(width, width, 1)
        self.output = nn.Sequential(
            nn.Conv2d(fine // 2, fine // 2, 3, padding=1), nn.ReLU(), nn.Conv2d(fine // 2, 1, 3, padding=1)
        )
        last = cast("nn.Conv2d", self.output[2])
        if last.bias is not None:
            nn.init.constant_(last.bias, 0.4)  # about the mean of a target in 0..1

    def forward(self, pictures: Tensor) -> Tensor:
        """Raw disparity of normalised pictures.

        Args:
            pictures: (B, 3, H, W) float32, ``(sRGB * 255 - 127) / 128``; H and W multiples of 32.

        Returns:
            (B, H/2, W/2) float32, affine-invariant disparity, nearer = larger, mostly within 0..1.

        Raises:
            ValueError: The input has another shape.
        """
        if pictures.ndim != 4 or pictures.shape[1] != 3 or pictures.shape[2] % 32 or pictures.shape[3] % 32:
            raise ValueError(f"expected (B, 3, H, W) with H and W multiples of 32, got {tuple(pictures.shape)}")
        features: list[Tensor] = self.backbone(pictures)
        half, quarter, eighth, sixteenth, coarse = (
            unit(level) for unit, level in zip(self.reassemble, features, strict=True)
        )
        context: Tensor = self.context(features[4].mean(dim=(2, 3)))
        coarse = self.bottom(coarse + context[:, :, None, None])
        coarse = F.interpolate(self.up32(coarse), scale_factor=2, mode="bilinear", align_corners=False)
        merged = self.fuse16(coarse, sixteenth)
        merged = self.fuse8(merged, eighth)
        merged = self.fuse4(merged, quarter)
        return cast("Tensor", self.output(merged + half))[:, 0]

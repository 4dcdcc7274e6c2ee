"""The ``starter`` network: a DPT-style head on a small convolutional backbone from timm.

"DPT-style" (Ranftl et al. 2021, Vision Transformers for Dense Prediction): features of four depths are brought to one
width ("reassemble") and fused from coarse to fine by residual convolution units with up-sampling in between.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import timm
import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class StarterConfig:
    """Sizes of the network. Stored in the weights file.

    Attributes:
        backbone: timm model with strides 4, 8, 16, 32 at the outputs 1 to 4.
        width: Channels of the head.
        long_side: Pixels of the longer side of the picture at the network's input.
    """

    backbone: str = "tf_efficientnet_lite0"
    width: int = 56
    long_side: int = 384

    def __post_init__(self) -> None:
        if self.backbone != "tf_efficientnet_lite0" or not 8 <= self.width <= 512 or not 64 <= self.long_side <= 2048:
            raise ValueError(f"{self} is not a starter network")

    def as_dict(self) -> dict[str, str | int]:
        """Plain values, for JSON."""
        return asdict(self)


STRIDE = 32


class ResidualUnit(nn.Module):
    """Two 3 x 3 convolutions around an identity: (B, C, h, w) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Refine features."""
        out: torch.Tensor = features + self.conv2(F.relu(self.conv1(F.relu(features))))
        return out


class FusionBlock(nn.Module):
    """Joins coarse features with finer ones: (B, C, h, w) and (B, C, 2h, 2w) -> (B, C, 2h, 2w)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.skip = ResidualUnit(width)
        self.out = ResidualUnit(width)

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor) -> torch.Tensor:
        """Up-sample ``coarse`` to the size of ``fine`` and fuse."""
        up = F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
        fused: torch.Tensor = self.out(up + self.skip(fine))
        return fused


class StarterNetwork(nn.Module):
    """Picture -> affine-invariant disparity."""

    def __init__(self, config: StarterConfig | None = None) -> None:
        super().__init__()
        self.config = config or StarterConfig()
        width = self.config.width
        self.backbone = timm.create_model(
            self.config.backbone, pretrained=False, features_only=True, out_indices=(1, 2, 3, 4)
        )
        channels: list[int] = self.backbone.feature_info.channels()  # type: ignore[union-attr, operator]
        self.reassemble = nn.ModuleList(nn.Conv2d(count, width, 3, padding=1, bias=False) for count in channels)
        self.fuse = nn.ModuleList(FusionBlock(width) for _ in channels[:-1])
        self.coarsest = ResidualUnit(width)
        self.head = nn.Sequential(
            nn.Conv2d(width, width // 2, 3, padding=1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            nn.Conv2d(width // 2, 24, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(24, 1, 1),
        )

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Disparity of pictures.

        Args:
            picture: (B, 3, H, W) float, sRGB-encoded 0..1; H and W multiples of 32.

        Returns:
            (B, H/2, W/2) disparity, nearer is larger, trained towards 0..1 but not clipped.
        """
        features = self.backbone((picture * 255.0 - 127.0) / 128.0)
        levels = [layer(feature) for layer, feature in zip(self.reassemble, features, strict=True)]
        fused = self.coarsest(levels[-1])
        for block, level in zip(reversed(self.fuse), reversed(levels[:-1]), strict=True):
            fused = block(fused, level)
        out: torch.Tensor = self.head(fused)
        return out[:, 0]


def input_size(height: int, width: int, long_side: int) -> tuple[int, int]:
    """Size (h, w) at the network's input: multiples of 32, aspect about kept, the longer side about ``long_side``."""
    scale = long_side / max(height, width)
    return (
        max(STRIDE, round(height * scale / STRIDE) * STRIDE),
        max(STRIDE, round(width * scale / STRIDE) * STRIDE),
    )

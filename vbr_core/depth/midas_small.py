"""MiDaS 2.1 small: EfficientNet-Lite3 and a head whose width grows with depth."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from vbr_core.depth.backbones import timm_model
from vbr_core.depth.dpt import Scratch, disparity_of, output_layers


class LiteBackbone(nn.Module):
    """tf_efficientnet_lite3 in four parts: (B, 3, H, W), multiples of 32 -> maps at strides 4, 8, 16, 32."""

    WIDTHS = (32, 48, 136, 384)

    def __init__(self) -> None:
        super().__init__()
        net: Any = timm_model("tf_efficientnet_lite3")
        # 2 is the activation in the published files; timm has it within the normalisation
        self.layer1 = nn.Sequential(net.conv_stem, net.bn1, nn.Identity(), net.blocks[0], net.blocks[1])
        self.layer2 = nn.Sequential(net.blocks[2])
        self.layer3 = nn.Sequential(net.blocks[3], net.blocks[4])
        self.layer4 = nn.Sequential(net.blocks[5], net.blocks[6])

    def forward(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Four maps of normalised pictures."""
        first = self.layer1(pictures)
        second = self.layer2(first)
        third = self.layer3(second)
        return [first, second, third, self.layer4(third)]


class MidasSmall(nn.Module):
    """``midas_v21_small_256``."""

    def __init__(self) -> None:
        super().__init__()
        self.pretrained = LiteBackbone()
        output = {"output_conv": output_layers(64, first_corners=False)}
        self.scratch = Scratch(LiteBackbone.WIDTHS, [64, 128, 256, 512], output)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Disparity of normalised pictures: (B, 3, H, W) -> (B, H, W) float32, 0 or more, nearer is larger."""
        return disparity_of(self.scratch, self.pretrained(pictures))

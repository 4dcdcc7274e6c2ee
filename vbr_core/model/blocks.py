"""Small parts of the network."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

SLOPE = 0.1
STRIDE = 8
"""Pixels of a cell of :class:`SmallUNet`; it pads its input to whole cells."""


def convolution(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps the size (divided by ``stride``), He-initialised for the activation used here."""
    layer = nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2)
    nn.init.kaiming_normal_(layer.weight, a=SLOPE, nonlinearity="leaky_relu")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def activation() -> nn.Module:
    """The activation between convolutions."""
    return nn.LeakyReLU(SLOPE)


class ResidualBlock(nn.Module):
    """``x + conv(act(conv(act(x))))``; the second convolution begins small, so that a new block is nearly nothing."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = convolution(channels, channels)
        self.active = activation()
        self.active_in_place = nn.LeakyReLU(SLOPE, inplace=True)
        with_small = 0.1
        self.second.weight.data.mul_(with_small)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> the same."""
        return x + self.second(self.active_in_place(self.first(self.active(x))))


def residual_blocks(channels: int, count: int) -> nn.Sequential:
    """``count`` residual blocks in a row."""
    return nn.Sequential(*(ResidualBlock(channels) for _ in range(count)))


class SmallUNet(nn.Module):
    """Pixel-unshuffle, three sizes with a residual block each, and back: something for every pixel of one picture.

    Its head begins at 0.

    Args:
        inputs: Channels given.
        outputs: Channels answered.
        widths: Channels at 1/2, 1/4 and 1/8 of the picture.
    """

    def __init__(self, inputs: int, outputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.stem = convolution(4 * inputs, half)
        self.encoder = nn.ModuleList(residual_blocks(width, 1) for width in widths)
        self.down = nn.ModuleList([convolution(half, quarter, stride=2), convolution(quarter, eighth, stride=2)])
        self.up = nn.ModuleList([convolution(quarter, half, size=1), convolution(eighth, quarter, size=1)])
        self.decoder = nn.ModuleList(residual_blocks(width, 1) for width in widths[:2])
        self.active = activation()
        self.head = nn.Conv2d(half, 4 * outputs, 3, padding=1)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def answer(self, given: torch.Tensor) -> torch.Tensor:
        """(B, inputs, H, W), any size -> (B, outputs, H, W), what the head says."""
        height, width = given.shape[-2:]
        whole = F.pad(given, (0, -width % STRIDE, 0, -height % STRIDE), "replicate")
        features = [self.encoder[0](self.stem(F.pixel_unshuffle(whole, 2)))]
        for level in (1, 2):
            features.append(self.encoder[level](self.down[level - 1](self.active(features[-1]))))
        x = features[2]
        for level in (1, 0):
            x = F.interpolate(self.up[level](self.active(x)), scale_factor=2, mode="bilinear", align_corners=False)
            x = self.decoder[level](x + features[level])
        return F.pixel_shuffle(self.head(self.active(x)), 2)[..., :height, :width]

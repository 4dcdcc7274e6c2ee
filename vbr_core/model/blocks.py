"""Small parts of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    import torch

SLOPE = 0.1


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

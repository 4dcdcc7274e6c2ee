"""The DPT head (Ranftl et al. 2021, Vision Transformers for Dense Prediction), with the names of the published files.

Tokens of four depths become maps ("reassemble"), which are brought to one width and fused from coarse to fine. Where a
module or a layer here has an odd name or number, it is the one under which the published files keep its weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def resize(features: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """Bilinear, corner on corner, as everywhere in the published heads: (B, C, h, w) -> (B, C, *size)."""
    return F.interpolate(features, size=(size[0], size[1]), mode="bilinear", align_corners=True)


def full_precision(layers: Callable[[torch.Tensor], torch.Tensor], features: torch.Tensor) -> torch.Tensor:
    """Apply ``layers`` in float32, also under autocast: disparity in half precision has visible steps."""
    with torch.autocast(features.device.type, enabled=False):
        return layers(features.float())


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


class Fusion(nn.Module):
    """Joins coarse features with finer ones and up-samples: (B, C, h, w) twice -> (B, C', *size)."""

    def __init__(self, width: int, out_width: int) -> None:
        super().__init__()
        self.resConfUnit1 = ResidualUnit(width)  # not used at the coarsest level, but in the files
        self.resConfUnit2 = ResidualUnit(width)
        self.out_conv = nn.Conv2d(width, out_width, 1)

    def forward(self, coarse: torch.Tensor, fine: torch.Tensor | None, size: Sequence[int]) -> torch.Tensor:
        """Fuse; ``fine`` has the size of ``coarse``."""
        fused = coarse if fine is None else coarse + self.resConfUnit1(fine)
        out: torch.Tensor = self.out_conv(resize(self.resConfUnit2(fused), size))
        return out


class Scratch(nn.Module):
    """Four maps, fine to coarse, to one fused map.

    Args:
        in_widths: Channels of the maps.
        widths: Channels after the first convolution of each.
        output: What the file keeps beside it, by name: the layers of the output.
    """

    def __init__(self, in_widths: Sequence[int], widths: Sequence[int], output: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.layer1_rn, self.layer2_rn, self.layer3_rn, self.layer4_rn = (
            nn.Conv2d(in_width, width, 3, padding=1, bias=False)
            for in_width, width in zip(in_widths, widths, strict=True)
        )
        self.refinenet1 = Fusion(widths[0], widths[0])
        self.refinenet2 = Fusion(widths[1], widths[0])
        self.refinenet3 = Fusion(widths[2], widths[1])
        self.refinenet4 = Fusion(widths[3], widths[2])
        for name, module in output.items():
            self.add_module(name, module)

    def coarse(self, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        """Map 4 alone, at the size of map 3."""
        out: torch.Tensor = self.refinenet4(self.layer4_rn(levels[3]), None, levels[2].shape[-2:])
        return out

    def middle(self, coarse: torch.Tensor, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        """The result of :meth:`coarse` with map 3, at the size of map 2."""
        out: torch.Tensor = self.refinenet3(coarse, self.layer3_rn(levels[2]), levels[1].shape[-2:])
        return out

    def fine(self, middle: torch.Tensor, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        """The result of :meth:`middle` with maps 2 and 1, at twice the size of map 1."""
        h, w = levels[0].shape[-2:]
        fused = self.refinenet2(middle, self.layer2_rn(levels[1]), (h, w))
        out: torch.Tensor = self.refinenet1(fused, self.layer1_rn(levels[0]), (2 * h, 2 * w))
        return out

    def forward(self, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        """Fuse (B, C1, h, w), (B, C2, h/2, w/2), (B, C3, h/4, w/4), (B, C4, h/8, w/8) -> (B, C, 2h, 2w)."""
        return self.fine(self.middle(self.coarse(levels), levels), levels)


def output_layers(width: int, *, first_corners: bool) -> nn.Sequential:
    """Layers of MiDaS from fused features to disparity, which is never below 0: (B, C, h, w) -> (B, 1, 2h, 2w).

    Args:
        width: Channels of the fused features.
        first_corners: The up-sampling in the middle puts corner on corner.
    """
    return nn.Sequential(
        nn.Conv2d(width, width // 2, 3, padding=1),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=first_corners),
        nn.Conv2d(width // 2, 32, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 1, 1),
        nn.ReLU(),
    )


class Readout(nn.Module):
    """Tells every token of the picture what the class token knows: (B, 1 + N, C) -> (B, N, C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Linear(2 * width, width), nn.GELU())

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Join each token with the class token, which is the first."""
        patches = tokens[:, 1:]
        joined = torch.cat((patches, tokens[:, :1].expand_as(patches)), dim=-1)
        out: torch.Tensor = self.project(joined)
        return out


def resampler(level: int, width: int) -> nn.Module:
    """Brings a map of tokens to the size of its level: four times, twice, the same, half."""
    if level == 0:
        return nn.ConvTranspose2d(width, width, 4, stride=4)
    if level == 1:
        return nn.ConvTranspose2d(width, width, 2, stride=2)
    if level == 2:
        return nn.Identity()
    return nn.Conv2d(width, width, 3, stride=2, padding=1)


class Reassemble(nn.Sequential):
    """Tokens of a depth to the map of a level: (B, 1 + N, C) -> (B, C', h, w)."""

    def __init__(self, level: int, token_width: int, width: int) -> None:
        # 1 and 2 are reshapes in the published files
        super().__init__(
            Readout(token_width),
            nn.Identity(),
            nn.Identity(),
            nn.Conv2d(token_width, width, 1),
            resampler(level, width),
        )

    def forward(self, tokens: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:  # type: ignore[override]
        """``grid``: rows and columns of tokens."""
        patches = self[0](tokens)
        picture = patches.transpose(1, 2).unflatten(2, grid)  # (B, N, C) -> (B, C, rows, columns)
        out: torch.Tensor = self[4](self[3](picture))
        return out


class MidasNetwork(nn.Module):
    """A backbone of four maps, and the DPT head of MiDaS 3.

    Args:
        backbone: Pictures to four maps.
        in_widths: Channels of the maps.
        width: Channels of the head.
    """

    def __init__(self, backbone: nn.Module, in_widths: Sequence[int], width: int = 256) -> None:
        super().__init__()
        self.pretrained = backbone
        output = {"output_conv": output_layers(width, first_corners=True)}
        self.scratch = Scratch(in_widths, [width] * 4, output)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Disparity of normalised pictures: (B, 3, H, W) -> (B, H, W) float32, 0 or more, nearer is larger."""
        return disparity_of(self.scratch, self.pretrained(pictures))


def disparity_of(scratch: Scratch, levels: Sequence[torch.Tensor]) -> torch.Tensor:
    """Four maps of a MiDaS backbone to disparity: (B, H, W) float32."""
    layers = scratch.get_submodule("output_conv")
    assert isinstance(layers, nn.Sequential)
    features = layers[:4](scratch(levels))
    return full_precision(layers[4:], features)[:, 0]

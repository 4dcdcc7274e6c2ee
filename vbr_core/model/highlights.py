"""Light that the camera clipped: how much brighter than white a lamp or a window was.

A blurred lamp is as bright as the light it spreads, so a picture that stores no more than white gives dull, grey bokeh
balls. How bright it was is gone from the clipped pixels themselves, but not from around them: the skirt of a glow, the
shape and surroundings of a white patch. A small network guesses a gain from these.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from vbr_core.model.blocks import SmallUNet

CLIPPED_FROM = 0.94
"""sRGB-encoded value from which a channel may have been clipped; compression moves white by a few levels."""

CLIPPED_AT = 0.99
"""From this value on it surely was, if its light was brighter than white."""

MOST_LOG_GAIN = 3.5
"""Natural logarithm of the largest gain: 33 times white."""

START_BIAS = -3.0


def clipped_share(pictures: torch.Tensor) -> torch.Tensor:
    """How surely each channel reached white: sRGB 0..1 of any shape -> 0..1, smooth."""
    place = ((pictures - CLIPPED_FROM) / (CLIPPED_AT - CLIPPED_FROM)).clamp(0.0, 1.0)
    return place * place * (3.0 - 2.0 * place)


class HighlightRecovery(SmallUNet):
    """Guesses the light of clipped pixels; all others keep theirs exactly.

    Args:
        widths: Channels at 1/2, 1/4 and 1/8 of the picture.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__(6, 3, widths)
        nn.init.constant_(self.head.bias, START_BIAS)  # type: ignore[arg-type]

    def log_gain(self, pictures: torch.Tensor) -> torch.Tensor:
        """Natural logarithm of light over stored light, 0 where nothing was clipped.

        Args:
            pictures: (B, 3, H, W) sRGB 0..1, any size.

        Returns:
            (B, 3, H, W), 0 .. ``MOST_LOG_GAIN``.
        """
        share = clipped_share(pictures)
        gain = F.softplus(self.answer(torch.cat([pictures - 0.5, share], dim=1))).clamp_max(MOST_LOG_GAIN)
        return gain * share

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """The picture with its highlights: (B, 3, H, W) sRGB 0..1 -> (B, 3, H, W) sRGB curve continued above 1.

        Pictures without a clipped pixel come back as they are.
        """
        if float(pictures.max()) <= CLIPPED_FROM:
            return pictures
        gain = self.log_gain(pictures)
        # above the toe the sRGB curve is (1.055 L^(1/2.4) - 0.055): a gain of the light scales its first term
        brighter = (pictures + 0.055) * torch.exp(gain / 2.4) - 0.055
        return torch.where(gain > 0.0, brighter, pictures)

"""The moving average of a network's weights: smoother than the last step, and what is exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import nn


@torch.no_grad()
def follow(average: nn.Module, module: nn.Module, step: int, decay: float) -> None:
    """Move the average; it follows faster at first, so that it is not made of the first weights.

    Args:
        average: Same make as ``module``; changed in place.
        module: What is trained.
        step: Steps done before this one.
        decay: Share that the average keeps, 0..1.
    """
    keep = min(decay, (1 + step) / (10 + step))
    for mine, new in zip(average.parameters(), module.parameters(), strict=True):
        mine.lerp_(new, 1.0 - keep)

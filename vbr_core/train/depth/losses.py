"""Losses for relative disparity.

Absolute error to disparity over its robust range 0..1, which ties a video's frames to one scale and pulls a network
that starts out upside down the right way round; scale-and-shift-invariant error, with a closed-form least-squares
alignment, and multi-scale gradient matching as in MiDaS (Ranftl et al. 2020, Towards Robust Monocular Depth
Estimation, eq. 4 to 11).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F


def align(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The prediction after the scale and shift, per picture, that bring it closest to the target: (B, h, w)."""
    p, t = prediction.flatten(1), target.flatten(1)
    p_mean, t_mean = p.mean(1, keepdim=True), t.mean(1, keepdim=True)
    variance = ((p - p_mean) ** 2).mean(1, keepdim=True)
    covariance = ((p - p_mean) * (t - t_mean)).mean(1, keepdim=True)
    scale = (covariance / variance.clamp_min(1e-4)).clamp_min(1e-3)
    return ((p - p_mean) * scale + t_mean).view_as(prediction)


def gradient_loss(difference: torch.Tensor, scales: int = 4) -> torch.Tensor:
    """Mean absolute gradient of the error (B, h, w) at several scales."""
    total = difference.new_zeros(())
    for level in range(scales):
        step = 2**level
        part = difference[:, ::step, ::step]
        total = total + (part[:, 1:] - part[:, :-1]).abs().mean() + (part[:, :, 1:] - part[:, :, :-1]).abs().mean()
    return total


def agreement_loss(first: torch.Tensor, second: torch.Tensor, grid: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """How far two views of a scene disagree about the points that both see.

    Args:
        first: (B, h, w) prediction for the first views.
        second: (B, h, w) for the second ones.
        grid: (B, h, w, 2) where the first view's pixels are in the second, -1..1.
        seen: (B, h, w) 0..1: whether they are seen there.
    """
    there = F.grid_sample(second[:, None], grid, align_corners=False, padding_mode="border")[:, 0]
    return ((there - first).abs() * seen).sum() / seen.sum().clamp_min(1.0)


def depth_loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Loss of a batch: prediction and target (B, h, w)."""
    difference = prediction - target
    aligned = align(prediction, target) - target
    return difference.abs().mean() + 0.5 * aligned.abs().mean() + 0.3 * gradient_loss(difference)

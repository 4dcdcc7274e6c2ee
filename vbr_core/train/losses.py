"""Losses of VBR training (paper, eq. 7 to 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def gradients(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Differences between neighbouring rows and columns: (..., H, W) -> (..., H-1, W) and (..., H, W-1)."""
    return pictures[..., 1:, :] - pictures[..., :-1, :], pictures[..., 1:] - pictures[..., :-1]


def absolute(error: torch.Tensor, rounding: float = 0.0) -> torch.Tensor:
    """Mean of ``|error|``, its kink at 0 rounded off: ``sqrt(e^2 + r^2) - r`` (Charbonnier).

    With ``rounding`` 0 it is L1, as in the paper. A ray-traced truth carries some noise, and the L1 of a pixel that is
    right but for that noise pulls as hard as that of a wrong edge: rounded off, edges decide.
    """
    if rounding == 0.0:
        return error.abs().mean()
    return (error.square() + rounding * rounding).sqrt().mean() - rounding


def spatial_loss(result: torch.Tensor, truth: torch.Tensor, rounding: float = 0.0) -> torch.Tensor:
    """Eq. 7: L1 of the pictures plus L1 of their gradients, mean over everything.

    Args:
        result: (B, T, 3, H, W) sRGB.
        truth: The same.
        rounding: See :func:`absolute`.
    """
    loss = absolute(result - truth, rounding)
    for mine, true in zip(gradients(result), gradients(truth), strict=True):
        loss = loss + absolute(mine - true, rounding)
    return loss


def relation_loss(result: torch.Tensor, truth: torch.Tensor, rounding: float = 0.0) -> torch.Tensor:
    """Eq. 8, mean over the window's pairs of frames: the change from frame to frame must be the truth's."""
    if result.shape[1] < 2:
        return result.new_zeros(())
    return absolute((result[:, 1:] - result[:, :-1]) - (truth[:, 1:] - truth[:, :-1]), rounding)


def total_loss(
    result: torch.Tensor, truth: torch.Tensor, relation_weight: float, rounding: float = 0.0
) -> torch.Tensor:
    """Eq. 9. The sums over frames are means here, which keeps their ratio: ``L_s + lambda / T * L_r`` per frame.

    Eq. 9 adds T spatial terms and ``lambda`` times the mean relation term; divided by T that is this.

    Args:
        result: (B, T, 3, H, W).
        truth: The same.
        relation_weight: ``lambda``; 5 in the paper.
        rounding: See :func:`absolute`.
    """
    relation = relation_loss(result, truth, rounding)
    return spatial_loss(result, truth, rounding) + relation_weight / result.shape[1] * relation

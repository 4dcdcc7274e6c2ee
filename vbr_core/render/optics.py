"""Disparity, focus and blur amount -> radius in pixels; and the light that blur mixes.

``S = K (D - d_f)`` (paper, eq. 1 and 2): signed, in pixels; ``|S|`` is the radius of the circle of confusion, and S is
positive in front of the focal plane.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.look import Look

REFERENCE_LINES = 1080


def k_in_pixels(k: float, height: int) -> float:
    """Blur amount for a picture of ``height`` lines: ``K`` is defined at 1080 lines, so preview and export match."""
    return k * height / REFERENCE_LINES


def defocus_map(disparity: NDArray[np.float32], d_f: float, k_px: float) -> NDArray[np.float32]:
    """Signed radius S in pixels: any shape, float32 (paper, eq. 1 and 2)."""
    result: NDArray[np.float32] = (disparity - d_f) * k_px
    return result


def with_sharp_zone(disparity: NDArray[np.float32], d_f: float, zone: float) -> NDArray[np.float32]:
    """Disparity with everything within ``zone`` of the focal plane brought onto it, and the rest as much nearer to it.

    A thin lens has no zone: a face that is sharp at the eyes is soft at the ears. Any shape, 0..1, float32.
    """
    if zone == 0.0:
        return disparity
    away = disparity - np.float32(d_f)
    result: NDArray[np.float32] = np.float32(d_f) + np.sign(away) * np.maximum(np.abs(away) - np.float32(zone), 0)
    return result.astype(np.float32)


def with_near_far(disparity: NDArray[np.float32], d_f: float, near: float, far: float) -> NDArray[np.float32]:
    """Disparity whose distance to the focal plane is multiplied: by ``near`` before it, by ``far`` behind it.

    So is the defocus map, and with it the radius of the circle of confusion, for every renderer. Any shape, float32;
    the result may reach beyond 0..1.
    """
    if near == 1.0 and far == 1.0:
        return disparity
    away = disparity - np.float32(d_f)
    result: NDArray[np.float32] = np.float32(d_f) + away * np.where(away > 0, np.float32(near), np.float32(far))
    return result.astype(np.float32)


def largest_share(d_f: float, look: Look | None = None) -> float:
    """Largest possible ``|D - d_f|`` for D in 0..1, after :func:`with_near_far` with the factors of a look."""
    if look is None:
        return max(d_f, 1.0 - d_f)
    return max(d_f * look.far, (1.0 - d_f) * look.near)


def srgb_to_linear(encoded: torch.Tensor) -> torch.Tensor:
    """sRGB-encoded values 0..1 to linear light 0..1 (IEC 61966-2-1)."""
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded.clamp_min(0.0) + 0.055) / 1.055).pow(2.4))


def linear_to_srgb(linear: torch.Tensor) -> torch.Tensor:
    """Linear light 0..1 to sRGB-encoded values 0..1 (IEC 61966-2-1). Values outside are clipped."""
    linear = linear.clamp(0.0, 1.0)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-12).pow(1 / 2.4) - 0.055)


def encoded_above_white(linear: torch.Tensor) -> torch.Tensor:
    """Linear light >= 0 to the sRGB curve continued above 1; :func:`srgb_to_linear` leads back."""
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-12).pow(1 / 2.4) - 0.055)

"""Pictures that explain: disparity in grey, in false colour, over the picture; the signed defocus map over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.kernels.disc import SHARP_RADIUS_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray


OVERLAY_PART = 0.72
"""How much of the overlay is false colour."""


def disparity_picture(disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Disparity in false colour, near bright: (h, w) 0..1 -> (h, w, 3) uint8 sRGB.

    The palette (viridis) is perceptually even, its lightness only rises, and it reads the same to colour-blind eyes.
    """
    return np.ascontiguousarray(cv2.applyColorMap(_levels(disparity), cv2.COLORMAP_VIRIDIS)[..., ::-1])


def grey_picture(disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Disparity as it is written to files, white nearest: (h, w) 0..1 -> (h, w, 3) uint8."""
    return np.repeat(_levels(disparity)[..., None], 3, axis=-1)


def overlay_picture(rgb: NDArray[np.uint8], disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Disparity in false colour, shaded by the picture, so that edges of both can be compared.

    Args:
        rgb: (h, w, 3) uint8, sRGB-encoded.
        disparity: (h, w) float32, 0..1.

    Returns:
        (h, w, 3) uint8.
    """
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)[..., None] * np.float32(1 / 255)
    colour = disparity_picture(disparity).astype(np.float32) * (0.35 + 0.9 * grey)
    out = rgb.astype(np.float32) * (1.0 - OVERLAY_PART) + colour * OVERLAY_PART
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def _levels(disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(disparity * 255.0 + 0.5, 0, 255).astype(np.uint8)


def defocus_picture(rgb: NDArray[np.uint8], defocus_px: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The picture in grey, tinted by its defocus: orange in front of the focal plane, blue behind, untouched in focus.

    Args:
        rgb: (h, w, 3) uint8.
        defocus_px: (h, w) float32, signed radius in pixels (positive: in front).

    Returns:
        (h, w, 3) uint8. The pair orange and blue stays apart for colour-blind eyes.
    """
    grey = rgb.astype(np.float32).mean(axis=-1, keepdims=True)
    amount = np.clip((np.abs(defocus_px) - SHARP_RADIUS_PX) / max(2.0, 0.012 * rgb.shape[0]), 0.0, 1.0)[..., None]
    near = np.array([255.0, 138.0, 30.0], np.float32)
    far = np.array([30.0, 110.0, 255.0], np.float32)
    tint = np.where(defocus_px[..., None] > 0, near, far)
    tinted = (0.35 + 0.65 * grey / 255.0) * tint
    blend = 0.75 * amount
    out = rgb.astype(np.float32) * (1.0 - blend) + tinted * blend
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)

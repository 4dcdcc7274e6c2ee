"""Pictures that explain: disparity in grey, in false colour, over the picture; what is sharp; the defocus map.

The colours stay apart for colour-blind eyes: what matters also differs in lightness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.kernels.disc import SHARP_RADIUS_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray


OVERLAY_PART = 0.72
"""How much of the overlay is false colour."""

SOFT_RADIUS_PX = 1.0
"""From this radius of the circle of confusion, at export size, nothing of the sharp zone's colour is left."""

PEAKING_DETAIL = 8.0
"""Fine detail of the source, in levels of 255, below which peaking says nothing: noise and flat surfaces."""

PEAKING_KEPT = 0.8
"""Part of the source's fine detail that a sharp edge has kept in the result."""

FOCUS_COLOUR = (255.0, 176.0, 0.0)
"""Amber: focus, as everywhere in the window."""


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


def zone_picture(rgb: NDArray[np.uint8], export_radius_px: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What stays sharp, in amber; the rest in dark grey, so that it also differs in lightness.

    Args:
        rgb: (h, w, 3) uint8, sRGB-encoded.
        export_radius_px: (h, w) float32, radius of the circle of confusion in pixels of the *export*, of any sign: a
            smaller preview shows the same zone.

    Returns:
        (h, w, 3) uint8. Full colour where nothing is blurred (up to :data:`SHARP_RADIUS_PX`), fading out to
        :data:`SOFT_RADIUS_PX`.
    """
    grey = _grey(rgb)[..., None]
    part = (SOFT_RADIUS_PX - np.abs(export_radius_px)) / (SOFT_RADIUS_PX - SHARP_RADIUS_PX)
    part_32 = np.asarray(np.clip(part, 0.0, 1.0), np.float32)[..., None]
    sharp = (0.3 + 0.7 * grey / 255.0) * np.array(FOCUS_COLOUR, np.float32)
    out = 0.45 * grey * (1.0 - part_32) + sharp * part_32
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def peaking_picture(source: NDArray[np.uint8], result: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The result in muted colour with its sharp edges in amber.

    An edge is sharp if the result kept :data:`PEAKING_KEPT` of the source's fine detail there: a strong edge that is
    blurred does not count, a weak one that is not blurred does.

    Args:
        source: (h, w, 3) uint8, sRGB-encoded, all in focus.
        result: (h, w, 3) uint8, refocused.

    Returns:
        (h, w, 3) uint8.
    """
    grey = _grey(result)
    before, after = _fine_detail(_grey(source)), _fine_detail(grey)
    edges = (before > PEAKING_DETAIL) & (after >= PEAKING_KEPT * before)
    if source.shape[0] > 720:  # one pixel would be lost where the window shows the picture smaller
        edges = cv2.dilate(edges.astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
    muted = (0.5 * result.astype(np.float32) + 0.5 * grey[..., None]) * 0.75
    out = np.clip(muted + 0.5, 0, 255).astype(np.uint8)
    out[edges] = np.array(FOCUS_COLOUR, np.uint8)
    return out


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def _fine_detail(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Strength of what a blur of a pixel takes away, the largest of each 3 x 3 pixels: (h, w) float32, 0..255."""
    detail = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.0))
    return np.asarray(cv2.dilate(detail, np.ones((3, 3), np.uint8)), np.float32)

"""A slow, obviously right bokeh: rays through a thin lens onto flat planes that face the camera.

For every aperture sample the planes are shifted by their signed radius times the sample's place on the disc and
composited front to back; the mean over all samples is the picture. Linear light.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass
class Plane:
    """A flat thing: colour (H, W, 3) linear light, alpha (H, W) 0..1, one disparity."""

    color: np.ndarray
    alpha: np.ndarray
    disparity: float


def disc_samples(count: int) -> np.ndarray:
    """(count, 2) points spread evenly over the unit disc (Vogel's spiral)."""
    index = np.arange(count) + 0.5
    radius, angle = np.sqrt(index / count), index * np.pi * (3 - np.sqrt(5))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def composite(planes: list[Plane]) -> np.ndarray:
    """The pinhole picture: (H, W, 3) linear light."""
    out = np.zeros_like(planes[0].color)
    for plane in sorted(planes, key=lambda plane: plane.disparity):
        alpha = plane.alpha[..., None]
        out = out * (1 - alpha) + plane.color * alpha
    return out


def nearest_disparity(planes: list[Plane]) -> np.ndarray:
    """(H, W): disparity of the nearest plane with alpha above one half."""
    out = np.zeros(planes[0].alpha.shape, np.float32)
    for plane in sorted(planes, key=lambda plane: plane.disparity):
        out[plane.alpha > 0.5] = plane.disparity
    return out


def render(planes: list[Plane], d_f: float, k_px: float, samples: int = 200) -> np.ndarray:
    """The picture through the lens: (H, W, 3) linear light. Planes are mirrored at the picture's borders."""
    total = np.zeros(planes[0].color.shape, np.float64)
    height, width = planes[0].alpha.shape
    for u, v in disc_samples(samples):
        shifted = []
        for plane in planes:
            radius = k_px * (plane.disparity - d_f)
            matrix = np.array([[1, 0, radius * u], [0, 1, radius * v]], np.float64)
            layers = [
                cv2.warpAffine(layer, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
                for layer in (plane.color.astype(np.float32), plane.alpha.astype(np.float32))
            ]
            shifted.append(Plane(layers[0], layers[1], plane.disparity))
        total += composite(shifted)
    return total / samples

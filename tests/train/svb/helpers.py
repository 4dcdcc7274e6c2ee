"""Small photographs, cut-outs and scenes for the tests of SVB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.train.svb.picture_library import Library, open_library
from vbr_core.train.svb.scene import W_FAR, W_NEAR, Scene

if TYPE_CHECKING:
    from pathlib import Path

PHOTOGRAPHS, CUTOUTS = 4, 4


def write_picture(path: Path, picture: np.ndarray) -> None:
    """BGR or BGRA into a file."""
    path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())


def write_material(root: Path) -> tuple[Path, Path]:
    """Folders with small photographs and cut-outs."""
    photographs, cutouts = root / "photographs", root / "cutouts"
    photographs.mkdir(parents=True)
    cutouts.mkdir()
    rng = np.random.default_rng(0)
    for number in range(PHOTOGRAPHS):
        noise = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        write_picture(photographs / f"place{number}.png", cv2.resize(noise, (160, 120)))
    for number in range(CUTOUTS):
        disc = np.zeros((60, 80, 4), np.uint8)
        cv2.circle(disc, (40, 30), 25, (60 * number, 200, 90, 255), -1)
        disc[..., 3] = cv2.GaussianBlur(disc[..., 3], (0, 0), 1.5)
        write_picture(cutouts / f"thing{number // 2}_{number % 2}.png", disc)
    return photographs, cutouts


def small_library(root: Path) -> Library:
    """The pictures of :func:`write_material`."""
    photographs, cutouts = write_material(root)
    return open_library([photographs], [cutouts])


def flat_scene(
    planes: list[tuple[float, np.ndarray, tuple[float, float]]], height: int, width: int, d_f: float, k_px: float
) -> Scene:
    """One frame of planes parallel to the picture, the first one the background.

    Args:
        planes: Of each its disparity, its texture (h, w, 4), and where in the texture the picture's corner lies.
        height: Lines.
        width: Columns.
        d_f: Focus.
        k_px: Blur amount.
    """
    disparity = np.zeros((1, len(planes), 3), np.float32)
    texel = np.zeros((1, len(planes), 2, 4), np.float32)
    for number, (depth, _, corner) in enumerate(planes):
        inverse_depth = W_FAR + (W_NEAR - W_FAR) * depth
        disparity[0, number] = (0, 0, depth)
        texel[0, number] = [[inverse_depth, 0, 0, corner[0]], [0, inverse_depth, 0, corner[1]]]
    textures = [np.ascontiguousarray(texture, np.float32) for _, texture, _ in planes]
    focus = np.array([d_f], np.float32)
    return Scene(height, width, disparity, texel, textures, focus, np.array([k_px], np.float32), "blur")


def opaque(color: np.ndarray) -> np.ndarray:
    """(h, w) or (h, w, 3) light as a texture without holes."""
    if color.ndim == 2:
        color = np.repeat(color[..., None], 3, axis=2)
    return np.concatenate([color, np.ones((*color.shape[:2], 1))], axis=2).astype(np.float32)

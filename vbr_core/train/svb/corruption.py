"""Disparity spoiled as depth networks spoil it (paper, section 6.1 and table 2).

Two kinds. ``corrupt`` is table 2: levels I to IV add Gaussian blur, erosion or dilation, elastic transformation, and a
scale that jumps from frame to frame; every frame is spoiled on its own, so the error flickers. ``imitate_network`` is
what a real network's output looks like after up-sampling: computed at a fraction of the size, edges rounded off and
shifted, slow errors over the picture, some of which flicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.upsample import guided_upsample

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = ("0", "I", "II", "III", "IV")
REFERENCE_LINES = 256


@dataclass(frozen=True)
class Strength:
    """How strong each part is, in pixels at 256 lines.

    Attributes:
        blur_px: Standard deviation of the Gaussian blur.
        edge_px: Most by which an object grows or shrinks.
        elastic_px: Most by which a point is moved.
        elastic_smooth_px: Standard deviation of the smoothing of the movement.
        scale: Most by which a frame's disparity is scaled up or down.
    """

    blur_px: float = 2.0
    edge_px: float = 2.0
    elastic_px: float = 3.0
    elastic_smooth_px: float = 10.0
    scale: float = 0.1


EVALUATION = Strength()


def corrupt(
    disparity: NDArray[np.float32], level: str, rng: np.random.Generator, strength: Strength = EVALUATION
) -> NDArray[np.float32]:
    """A clip's disparity at a level of table 2.

    Args:
        disparity: (T, H, W) float32, 0..1.
        level: One of :data:`LEVELS`; ``0`` is no corruption.
        rng: Source of randomness.
        strength: Of the parts.

    Returns:
        (T, H, W) float32, 0..1.
    """
    steps = LEVELS.index(level)
    if steps == 0:
        return disparity
    return np.stack([_corrupt_frame(frame, steps, rng, strength) for frame in disparity])


def _corrupt_frame(
    frame: NDArray[np.float32], steps: int, rng: np.random.Generator, strength: Strength
) -> NDArray[np.float32]:
    unit = frame.shape[0] / REFERENCE_LINES
    result = cv2.GaussianBlur(frame, (0, 0), max(0.1, strength.blur_px * unit))
    if steps >= 2:
        result = _grow_or_shrink(result, rng.uniform(-strength.edge_px, strength.edge_px) * unit)
    if steps >= 3:
        result = elastic(result, rng, strength.elastic_px * unit, strength.elastic_smooth_px * unit)
    if steps >= 4:
        result = result * rng.uniform(1.0 - strength.scale, 1.0 + strength.scale)
    return np.clip(result, 0.0, 1.0).astype(np.float32)


def _grow_or_shrink(frame: NDArray[np.float32], by_px: float) -> NDArray[np.float32]:
    """Dilation (positive) or erosion (negative) of the near things by a disc."""
    reach = round(abs(by_px))
    if reach == 0:
        return frame
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(frame, disc) if by_px > 0 else cv2.erode(frame, disc))


def smooth_noise(shape: tuple[int, int], rng: np.random.Generator, sigma: float) -> NDArray[np.float32]:
    """Smooth random field, (H, W) float32, with a standard deviation of 1."""
    height, width = shape
    # drawn coarsely and enlarged: the same look as blurring white noise, at a fraction of the work
    step = max(1.0, sigma / 2.0)
    coarse = rng.standard_normal((int(height / step) + 4, int(width / step) + 4)).astype(np.float32)
    coarse = cv2.GaussianBlur(coarse, (0, 0), sigma / step)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(field / max(float(field.std()), 1e-6), np.float32)


def elastic(
    frame: NDArray[np.float32], rng: np.random.Generator, amount_px: float, sigma_px: float
) -> NDArray[np.float32]:
    """Elastic transformation: (H, W) warped by a smooth random field of at most about ``amount_px``."""
    height, width = frame.shape
    rows, columns = np.meshgrid(np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32), indexing="ij")
    dy, dx = (
        np.clip(smooth_noise((height, width), rng, sigma_px) / 2.0, -1, 1) * np.float32(amount_px) for _ in range(2)
    )
    return np.asarray(cv2.remap(frame, columns + dx, rows + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def imitate_network(
    disparity: NDArray[np.float32], frames: NDArray[np.uint8], rng: np.random.Generator
) -> NDArray[np.float32]:
    """What the program's own depth path makes of a clip: small, soft, a little wrong, enlarged along picture edges.

    Args:
        disparity: (T, H, W) float32, 0..1: the truth.
        frames: (T, H, W, 3) uint8: the pictures that guide the enlargement.
        rng: Source of randomness.
    """
    height, width = disparity.shape[1:]
    unit = height / REFERENCE_LINES
    factor = rng.uniform(1.5, 5.0)
    size = (max(8, round(width / factor)), max(8, round(height / factor)))
    soft = rng.uniform(0.3, 1.2)
    wrong, flicker = rng.uniform(0.0, 0.03), rng.uniform(0.0, 0.015)
    reach = rng.uniform(15.0, 60.0) * unit
    lasting = smooth_noise((height, width), rng, reach) * wrong
    warp_px = rng.uniform(0.0, 2.0) * unit
    jump = rng.uniform(0.0, 0.03)
    guided = rng.uniform() < 0.7
    result = np.empty_like(disparity)
    for t, truth in enumerate(disparity):
        frame = truth + lasting + smooth_noise((height, width), rng, reach) * flicker
        frame = frame * rng.uniform(1.0 - jump, 1.0 + jump)
        if warp_px > 0.3:
            frame = elastic(frame.astype(np.float32), rng, warp_px, 12.0 * unit)
        small = cv2.GaussianBlur(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), (0, 0), soft)
        small = np.clip(small, 0.0, 1.0).astype(np.float32)
        if guided:
            result[t] = guided_upsample(small, frames[t])
        else:
            result[t] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(result, 0.0, 1.0)


def random_corruption(
    disparity: NDArray[np.float32], frames: NDArray[np.uint8], rng: np.random.Generator
) -> NDArray[np.float32]:
    """A training sample's disparity: clean, of any level and strength of table 2, or like a network's."""
    kind = rng.choice(["clean", "levels", "network"], p=[0.2, 0.4, 0.4])
    if kind == "clean":
        return disparity
    if kind == "network":
        return imitate_network(disparity, frames, rng)
    part = [float(value) for value in rng.uniform(0.2, 1.3, 5)]
    strength = Strength(
        EVALUATION.blur_px * part[0],
        EVALUATION.edge_px * part[1],
        EVALUATION.elastic_px * part[2],
        EVALUATION.elastic_smooth_px * rng.uniform(0.7, 1.5),
        EVALUATION.scale * min(1.0, part[4]),
    )
    return corrupt(disparity, LEVELS[1 + rng.integers(4)], rng, strength)

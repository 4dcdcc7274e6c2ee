"""The definition of ``scatter``, written with plain loops: slow, but there is nothing to get wrong.

Every source pixel is a disc of light. For each output pixel all discs that touch it are collected; within one ordering
layer they add up; from near to far each layer takes what is left of the pixel's budget of 1. Grouped, that is done for
each quarter of the aperture.
"""

from __future__ import annotations

import math

import numpy as np


def disc_weights(radius: float) -> dict[tuple[int, int], float]:
    """{(dy, dx): weight} of a disc whose rows are spans of exactly the disc's area in that row. Sums to 1."""
    if radius <= 1e-6:
        return {(0, 0): 1.0}
    weights: dict[tuple[int, int], float] = {}
    steps = 2000
    reach = math.ceil(radius + 1)
    for dy in range(-reach, reach + 1):
        y = dy - 0.5 + (np.arange(steps) + 0.5) / steps
        half = float(np.sqrt(np.maximum(radius**2 - y**2, 0.0)).mean())
        for dx in range(-reach, reach + 1):
            cover = min(dx + 0.5, half) - max(dx - 0.5, -half)
            if cover > 0:
                weights[dy, dx] = cover
    total = sum(weights.values())
    return {place: weight / total for place, weight in weights.items()}


def quarter_weights(radius: float) -> dict[tuple[int, int], np.ndarray]:
    """The same in the four quarters around the disc's middle (above left, above right, below left, below right)."""
    if radius <= 1e-6:
        return {(0, 0): np.ones(4)}
    half_of = dict.fromkeys(range(-math.ceil(radius + 1), math.ceil(radius + 1) + 1), 0.0)
    steps = 2000
    for dy in half_of:
        y = dy - 0.5 + (np.arange(steps) + 0.5) / steps
        half_of[dy] = float(np.sqrt(np.maximum(radius**2 - y**2, 0.0)).mean())
    weights: dict[tuple[int, int], np.ndarray] = {}
    for dy, half in half_of.items():
        for dx in half_of:
            left = max(0.0, min(dx + 0.5, half, 0.0) - max(dx - 0.5, -half))
            right = max(0.0, min(dx + 0.5, half) - max(dx - 0.5, -half, 0.0))
            above = 1.0 if dy < 0 else 0.5 if dy == 0 else 0.0
            share = np.array([above * left, above * right, (1 - above) * left, (1 - above) * right])
            if share.sum() > 0:
                weights[dy, dx] = share
    total = sum(weights.values())
    return {place: weight / total for place, weight in weights.items()}


def mirror(position: int, size: int) -> int:
    """Index into a picture that is mirrored at its borders."""
    position %= 2 * size
    return 2 * size - 1 - position if position >= size else position


def slow_scatter(
    color: np.ndarray,
    radius: np.ndarray,
    layer: np.ndarray,
    see_through: np.ndarray,
    visible_layers: int,
    turned: np.ndarray | None = None,
) -> np.ndarray:
    """Linear light out of planes of light.

    Args:
        color: (P, H, W, 4) linear light times coverage, and coverage.
        radius: (P, H, W) radius in pixels; negative where a plane has no pixel.
        layer: (P, H, W) ordering layer, 0 nearest.
        see_through: (H, W) how much of the remaining budget layers from ``visible_layers`` on may fill.
        visible_layers: See above.
        turned: (P, H, W) what lies before the focal plane. Given, layers without a gap between them are one surface,
            seen through what surfaces before it leave in a quarter of the aperture.
    """
    planes, height, width, _ = color.shape
    layers = int(layer.max()) + 1
    grouped = turned is not None
    light = np.zeros((4, layers, height, width, 4))
    reach = math.ceil(radius.max() + 1)
    weights_of = {
        value: quarter_weights(value) if grouped else {at: np.full(4, w) for at, w in disc_weights(value).items()}
        for value in np.unique(radius[radius >= 0])
    }
    for plane in range(planes):
        for sy in range(-reach, height + reach):
            for sx in range(-reach, width + reach):
                my, mx = mirror(sy, height), mirror(sx, width)
                if radius[plane, my, mx] < 0 or color[plane, my, mx, 3] <= 0:
                    continue
                value = color[plane, my, mx]
                upside_down = turned is not None and turned[plane, my, mx]
                for (dy, dx), weights in weights_of[radius[plane, my, mx]].items():
                    y, x = sy + dy, sx + dx
                    if 0 <= y < height and 0 <= x < width:
                        quarters = weights[::-1] if upside_down else weights
                        light[:, layer[plane, my, mx], y, x] += quarters[:, None] * value
    pictures = [_from_near_to_far(part, see_through, visible_layers, grouped) for part in light]
    return np.mean(pictures, axis=0)


def closed(taken: float) -> float:
    """What a surface's discs fill of a part of the aperture -> what it closes: all of it from 0.96 on."""
    return max(taken, min(1.0, float(np.interp(taken, [0.0, 0.92, 0.96], [0.0, 0.92, 1.0]))))


def _from_near_to_far(light: np.ndarray, see_through: np.ndarray, visible_layers: int, grouped: bool) -> np.ndarray:
    """Layers (L, H, W, 4) over each other: (H, W, 3)."""
    layers, height, width, _ = light.shape
    out = np.zeros((height, width, 3))
    for y in range(height):
        for x in range(width):
            left, filled = 1.0, 0.0
            before, taken, last = 1.0, 0.0, -2
            for number in range(layers):
                if number == visible_layers:
                    left *= see_through[y, x]
                weight = light[number, y, x, 3]
                take = min(weight, left)
                if grouped and weight > 1e-4:
                    if number > last + 1:
                        before, taken = left, 0.0
                    last = number
                    covered = closed(taken)
                    taken = min(1.0, taken + weight)
                    take = before * (closed(taken) - covered)
                if take > 0:
                    out[y, x] += light[number, y, x, :3] * (take / weight)
                    left -= take
                    filled += take
            out[y, x] /= filled
    return out


def slow_layered(linear: np.ndarray, disparity: np.ndarray, d_f: float, k_px: float, spacing: float) -> np.ndarray:
    """The SteReFo recipe with plain loops: soft layers, each blurred by its disc, over one another from far to near."""
    height, width = disparity.shape
    place = (disparity - d_f) / spacing
    color, covered = np.zeros((height, width, 3)), np.zeros((height, width, 1))
    for number in range(math.floor(place.min()), math.ceil(place.max()) + 1):
        weight = np.clip(1.0 - np.abs(place - number), 0.0, None)[..., None]
        source = np.concatenate([linear * weight, weight], axis=-1)
        blurred = np.zeros_like(source)
        for (dy, dx), kernel in disc_weights(abs(number) * spacing * k_px).items():
            rows = [mirror(y - dy, height) for y in range(height)]
            columns = [mirror(x - dx, width) for x in range(width)]
            blurred += kernel * source[rows][:, columns]
        alpha = np.clip(blurred[..., 3:], 0.0, 1.0)
        color = color * (1.0 - alpha) + blurred[..., :3]
        covered = covered * (1.0 - alpha) + alpha
    return color / np.maximum(covered, 1e-4)

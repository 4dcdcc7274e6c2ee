"""Apertures that are no plain circle, on the pixel grid: polygons, ovals, and what a barrel cuts off of them.

As in :mod:`vbr_core.kernels.disc`, a shape is cut into pixel rows, and each row becomes one span whose length is the
exact area of the shape in that row. All shapes have the area of the disc of the same radius, so that neither blades nor
an anamorphic squeeze change how much is blurred. y points down.

What the barrel leaves of the aperture (cat-eye) differs from pixel to pixel: the kernels cut the spans there, between
the shape moved outwards and a disc moved inwards by as much. ``CutRows`` holds the rows of that disc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from vbr_core.kernels.disc import SHARP_RADIUS_PX, STEPS_PER_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINE_ROWS = 4096
"""Samples over the height of a unit shape."""
CORNERS_OF_CIRCLE = 720
STEPS_PER_BLADE = 12
LEAST_SPAN_PX = 1e-3
"""Shorter spans are left out; what remains is divided by its own sum."""
TABLE_STEP_PX = 8
"""Tables are made for multiples of this radius, so that an animated blur amount finds them again."""


def unit_shape(blades: int, roundness: float, rotation_degrees: float, anamorphic: float) -> NDArray[np.float64]:
    """Corners of the aperture whose circle would have radius 1: (N, 2) float64, x right, y down, in order; area pi.

    Args:
        blades: 0 for a circle, else 3 or more corners.
        roundness: 0..1: the blades bulge from straight lines to arcs of the circle through the corners.
        rotation_degrees: Clockwise; at 0 a corner points up.
        anamorphic: Height over width.
    """
    if blades == 0 or roundness >= 1.0:
        turn = np.arange(CORNERS_OF_CIRCLE) * (2.0 * math.pi / CORNERS_OF_CIRCLE)
    else:
        turn = np.arange(blades * STEPS_PER_BLADE) * (2.0 * math.pi / (blades * STEPS_PER_BLADE))
    x, y = np.sin(turn), -np.cos(turn)
    if blades and roundness < 1.0:
        half = math.pi / blades
        place = np.mod(turn, 2.0 * half) - half  # angle from the middle of the blade
        sagitta = roundness * (1.0 - math.cos(half))
        if sagitta < 1e-9:
            length = math.cos(half) / np.cos(place)
        else:
            # the blade is an arc through both corners that bulges by the sagitta; where does the ray meet it?
            chord = math.sin(half)
            arc = (chord * chord + sagitta * sagitta) / (2.0 * sagitta)
            center = math.cos(half) + sagitta - arc
            length = center * np.cos(place) + np.sqrt(np.maximum(arc * arc - (center * np.sin(place)) ** 2, 0.0))
        x, y = x * length, y * length
    angle = math.radians(rotation_degrees)
    x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    area = 0.5 * abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()))
    scale, squeeze = math.sqrt(math.pi / area), math.sqrt(anamorphic)
    corners: NDArray[np.float64] = np.stack([x * scale / squeeze, y * scale * squeeze], axis=1)
    return corners


def unit_reach(blades: int, roundness: float) -> float:
    """Distance of the farthest corner of :func:`unit_shape` without anamorphic squeeze, >= 1."""
    return float(np.hypot(*unit_shape(blades, roundness, 0.0, 1.0).T).max())


@dataclass(frozen=True)
class ApertureTable:
    """Rows of an aperture for every rounded radius up to a largest one.

    Attributes:
        half: (N, 2 R + 1) float32, pixels: half the length of the span in row dy = -R .. R. Index n of the first axis
            stands for radius n / STEPS_PER_PX.
        middle: (N, 2 R + 1) float32, pixels: where the middle of that span lies, right of the centre.
        reach: (N,) int32, largest abs(dy) whose row may not be empty, however the barrel cuts.
        inverse_area: (N,) float32, one over the sum of all spans.
        cut_half: (N, 2 R + 1) float32: rows of the oval that the barrel cuts with; it holds the whole aperture.
        cut_shift: How far, in radii, the aperture and that oval move apart in the corner of the picture, together.
        stretch: (x, y) factors of the anamorphic squeeze.
        is_same_turned: Whether the shape turned by half a circle is itself.
    """

    half: NDArray[np.float32]
    middle: NDArray[np.float32]
    reach: NDArray[np.int32]
    inverse_area: NDArray[np.float32]
    cut_half: NDArray[np.float32]
    cut_shift: float
    stretch: tuple[float, float]
    is_same_turned: bool

    @property
    def max_rows(self) -> int:
        """R: rows above and below the centre that the tables hold."""
        return self.half.shape[1] // 2


def aperture_table(
    max_radius_px: float, blades: int, roundness: float, rotation: float, cat_eye: float, anamorphic: float
) -> ApertureTable:
    """Rows of all rounded radii from 0 to at least ``max_radius_px``; the other values as in ``vbr_core.look.Look``."""
    rounded = TABLE_STEP_PX * max(1, math.ceil(max_radius_px / TABLE_STEP_PX))
    return _table(rounded, blades, roundness, rotation, cat_eye, anamorphic)


@lru_cache(maxsize=4)
def _table(
    max_radius_px: int, blades: int, roundness: float, rotation: float, cat_eye: float, anamorphic: float
) -> ApertureTable:
    corners = unit_shape(blades, roundness, rotation, anamorphic)
    largest = unit_reach(blades, roundness)
    squeeze = math.sqrt(anamorphic)
    oval = unit_shape(0, 1.0, 0.0, anamorphic) * largest
    rows = math.ceil(max_radius_px * float(np.abs(oval[:, 1]).max()) + 0.5)
    radii = np.arange(max_radius_px * STEPS_PER_PX + 1, dtype=np.float64) / STEPS_PER_PX
    half, middle = _rows(corners, radii, rows)
    sharp = radii <= SHARP_RADIUS_PX
    half[sharp] = middle[sharp] = 0.0
    half[sharp, rows] = 0.5  # the pixel itself
    half[half < 0.5 * LEAST_SPAN_PX] = 0.0
    distance = np.abs(np.arange(-rows, rows + 1))
    total = 2.0 * half.sum(axis=1)
    cut_half, _ = _rows(oval, radii, rows)
    drawn = half if cat_eye == 0.0 else np.where(sharp[:, None], half, cut_half)
    reach = np.where(drawn > 0.0, distance, 0).max(axis=1).astype(np.int32)
    return ApertureTable(
        half.astype(np.float32),
        middle.astype(np.float32),
        reach,
        (1.0 / total).astype(np.float32),
        cut_half.astype(np.float32),
        cat_eye * largest,
        (1.0 / squeeze, squeeze),
        blades % 2 == 0 or roundness >= 1.0,
    )


def _rows(
    corners: NDArray[np.float64], radii: NDArray[np.float64], rows: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Half length and middle of the spans of a convex unit shape: two (N, 2 rows + 1) float64, pixels."""
    top, bottom = float(corners[:, 1].min()), float(corners[:, 1].max())
    edges = np.linspace(top, bottom, FINE_ROWS + 1)
    y = 0.5 * (edges[1:] + edges[:-1])
    x0, y0 = corners[:, 0], corners[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    left, right = np.full(FINE_ROWS, np.inf), np.full(FINE_ROWS, -np.inf)
    for ax, ay, bx, by in zip(x0, y0, x1, y1, strict=True):
        first, last = np.searchsorted(y, [min(ay, by), max(ay, by)])
        if last > first:
            x = ax + (y[first:last] - ay) * ((bx - ax) / (by - ay))
            left[first:last] = np.minimum(left[first:last], x)
            right[first:last] = np.maximum(right[first:last], x)
    width = np.maximum(right - left, 0.0)
    step = edges[1] - edges[0]
    area = np.concatenate([[0.0], np.cumsum(width) * step])
    moment = np.concatenate([[0.0], np.cumsum(width * np.where(width > 0, 0.5 * (left + right), 0.0)) * step])
    safe = np.maximum(radii, 1e-6)[:, None]
    borders = (np.arange(2 * rows + 2) - rows - 0.5)[None, :] / safe
    area_of = np.diff(np.interp(borders, edges, area), axis=1)
    moment_of = np.diff(np.interp(borders, edges, moment), axis=1)
    middle = safe * moment_of / np.maximum(area_of, 1e-12)
    return 0.5 * area_of * safe * safe, middle


def aperture_kernel(
    radius_px: float, blades: int, roundness: float, rotation: float, anamorphic: float
) -> NDArray[np.float32]:
    """The aperture as a picture: (2R+1, 2R+1) float32, sums to 1. Values as in ``vbr_core.look.Look``."""
    table = aperture_table(radius_px, blades, roundness, rotation, 0.0, anamorphic)
    index, rows = round(radius_px * STEPS_PER_PX), table.max_rows
    half, middle = table.half[index].astype(np.float64), table.middle[index].astype(np.float64)
    size = max(int(table.reach[index]), math.ceil(float((np.abs(middle) + half)[half > 0].max()) - 0.5))
    kernel = np.zeros((2 * size + 1, 2 * size + 1), dtype=np.float64)
    edges = np.arange(2 * size + 2, dtype=np.float64) - 0.5 - size
    for dy in range(-int(table.reach[index]), int(table.reach[index]) + 1):
        left, right = middle[dy + rows] - half[dy + rows], middle[dy + rows] + half[dy + rows]
        inside = np.clip(edges, left, right)
        kernel[dy + size] = inside[1:] - inside[:-1]
    normalised: NDArray[np.float32] = (kernel / kernel.sum()).astype(np.float32)
    return normalised

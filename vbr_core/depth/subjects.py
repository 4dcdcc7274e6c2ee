"""What could be focused in a picture: things that stand out by their disparity, for focusing without a mouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LINES = 120
"""Height that the map is reduced to: things smaller than a few of its pixels are no subjects."""

LEVELS = 20
TOLERANCE = 0.07
"""Half of the span of disparity that one thing has: a person, but not the table in front."""

LEAST_RADIUS = 0.04
"""Of the largest disc that lies in a thing, as a part of the picture's height."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A piece of the picture at about one disparity.

    Attributes:
        x: Of a point well inside it, as a part of the picture's width, 0..1.
        y: As a part of the height, 0..1.
        disparity: There, 0..1.
        share: Of the picture's area, 0..1.
    """

    x: float
    y: float
    disparity: float
    share: float


def find_subjects(disparity: NDArray[np.float32], limit: int = 8) -> tuple[Subject, ...]:
    """The widest places of about one disparity, one after the other.

    Each is the middle of the largest disc of pixels within 0.07 of one disparity. What hangs together with it by more
    than a neck half as wide belongs to the same thing and is left out of the search for the next.

    Args:
        disparity: (H, W) float32, 0..1.
        limit: Most that are returned: the widest.

    Returns:
        Nearest first.
    """
    height, width = disparity.shape
    lines = min(LINES, height)
    columns = max(1, round(width * lines / height))
    small = cv2.resize(np.nan_to_num(disparity), (columns, lines), interpolation=cv2.INTER_AREA)
    if min(small.shape) >= 5:
        small = cv2.medianBlur(np.asarray(small, np.float32), 5)
    levels = [np.abs(small - level) <= TOLERANCE for level in np.linspace(0.0, 1.0, LEVELS + 1)]
    free = np.ones(small.shape, bool)
    found: list[Subject] = []
    while len(found) < limit:
        masks = [level & free for level in levels]
        widest = [_widest(mask) for mask in masks]
        best = max(range(len(masks)), key=lambda n: widest[n][0])
        (radius, spot), mask = widest[best], masks[best]
        if radius < max(1.0, LEAST_RADIUS * lines):
            break
        piece = _piece(mask, spot, radius)
        free &= ~piece
        value = float(np.median(small[piece]))
        found.append(Subject((spot[1] + 0.5) / columns, (spot[0] + 0.5) / lines, value, float(piece.mean())))
    return tuple(sorted(found, key=lambda subject: (-round(subject.disparity, 1), subject.x)))


def _widest(mask: NDArray[np.bool_]) -> tuple[float, tuple[int, int]]:
    """Radius and middle (row, column) of the largest disc in a mask; the picture's border is a border of it."""
    inside = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(inside)), inside.shape)
    return float(inside[row, column]), (int(row), int(column))


def _piece(mask: NDArray[np.bool_], spot: tuple[int, int], radius: float) -> NDArray[np.bool_]:
    """The part of a mask that is connected with a disc in it by more than a neck."""
    half = max(1, round(radius / 2))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * half + 1, 2 * half + 1))
    core = cv2.erode(mask.astype(np.uint8), disc, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    core[spot] = 1
    labels = cv2.connectedComponents(core, connectivity=8)[1]
    # twice: back to the old size, and into corners that no disc reaches
    grown = cv2.dilate((labels == labels[spot]).astype(np.uint8), disc, iterations=2)
    edge = cv2.dilate(grown & mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(edge > 0, bool)

"""How sharp disparity is where things end, and whether the picture's texture got into it.

All functions take disparity of picture size, 0..1, beside the truth of the same size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDGE_JUMP = 0.1
"""Change of disparity over two pixels that makes a depth edge."""

FLAT_SPAN = 0.02
"""Where the truth changes by less than this within the flat window, nothing but slope may be seen."""


@dataclass(frozen=True)
class BoundaryScore:
    """Agreement of depth edges, each 0..1; NaN where there is no edge to divide by.

    Attributes:
        precision: Part of the edges found that lie on a true one.
        recall: Part of the true edges that were found.
        f_score: Harmonic mean of the two; 0 if nothing agrees, NaN if neither map has an edge.
    """

    precision: float
    recall: float
    f_score: float


def depth_edges(disparity: NDArray[np.float32], jump: float = EDGE_JUMP) -> NDArray[np.bool_]:
    """Depth discontinuities, one pixel wide.

    A pixel is on an edge if the disparity of its two neighbours, left and right or above and below, differs by at
    least ``jump``, and no pixel beside it in that direction has a larger difference (non-maximum suppression as in
    Canny 1986). A soft ramp therefore counts once if it is steep enough, and not at all if it is not.

    Args:
        disparity: (H, W) float32, 0..1.
        jump: Least change over two pixels.

    Returns:
        (H, W) bool. The outermost pixels are never edges.
    """
    value = np.asarray(disparity, np.float32)
    across, down = np.zeros_like(value), np.zeros_like(value)
    across[:, 1:-1] = np.abs(value[:, 2:] - value[:, :-2])
    down[1:-1] = np.abs(value[2:] - value[:-2])
    # ties: the first of equal neighbours is kept; rounding noise on a straight ramp must not break them
    slack = np.float32(1e-5)
    left, right = np.roll(across, 1, axis=1), np.roll(across, -1, axis=1)
    above, below = np.roll(down, 1, axis=0), np.roll(down, -1, axis=0)
    peak_across = (across >= down) & (across >= jump) & (across > left + slack) & (across >= right - slack)
    peak_down = (down > across) & (down >= jump) & (down > above + slack) & (down >= below - slack)
    edges: NDArray[np.bool_] = peak_across | peak_down
    edges[[0, -1]] = False
    edges[:, [0, -1]] = False
    return edges


def boundary_score(
    found: NDArray[np.float32], truth: NDArray[np.float32], jump: float = EDGE_JUMP, tolerance_px: int = 1
) -> BoundaryScore:
    """Boundary F-score: do depth edges lie where they should (Martin, Fowlkes, Malik 2004, for disparity)?

    Args:
        found: (H, W) float32, 0..1.
        truth: (H, W) float32, 0..1.
        jump: Least change of disparity over two pixels that is an edge, in both maps.
        tolerance_px: Edges this far apart, in rows and in columns, still agree.

    Raises:
        InputError: The shapes differ.
    """
    _check(found, truth)
    edges, wanted = depth_edges(found, jump), depth_edges(truth, jump)
    square = np.ones((2 * tolerance_px + 1, 2 * tolerance_px + 1), np.uint8)
    near_wanted = cv2.dilate(wanted.astype(np.uint8), square) > 0
    near_found = cv2.dilate(edges.astype(np.uint8), square) > 0
    precision = float(near_wanted[edges].mean()) if edges.any() else float("nan")
    recall = float(near_found[wanted].mean()) if wanted.any() else float("nan")
    if not edges.any() and not wanted.any():
        return BoundaryScore(precision, recall, float("nan"))
    # an empty side agrees with nothing
    p, r = np.nan_to_num(precision), np.nan_to_num(recall)
    return BoundaryScore(precision, recall, float(2 * p * r / (p + r)) if p + r > 0 else 0.0)


def boundary_zone(truth: NDArray[np.float32], reach_px: int, jump: float = EDGE_JUMP) -> NDArray[np.bool_]:
    """Pixels within ``reach_px`` of a true depth edge: (H, W) bool."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_px + 1, 2 * reach_px + 1))
    zone: NDArray[np.bool_] = cv2.dilate(depth_edges(truth, jump).astype(np.uint8), disc) > 0
    return zone


def texture_leakage(found: NDArray[np.float32], truth: NDArray[np.float32], window_px: int = 9) -> float:
    """Change of disparity from pixel to pixel where the truth has next to none.

    Args:
        found: (H, W) float32, 0..1.
        truth: (H, W) float32, 0..1.
        window_px: A pixel is flat if the truth spans less than :data:`FLAT_SPAN` in the square window around it.

    Returns:
        Mean over the flat pixels of the length of the gradient of ``found - truth``, in disparity per pixel. 0 is
        perfect; a picture's texture that is printed into the disparity raises it. NaN if nothing is flat.

    Raises:
        InputError: The shapes differ.
    """
    _check(found, truth)
    window = np.ones((window_px, window_px), np.uint8)
    exact = np.asarray(truth, np.float32)
    flat = (cv2.dilate(exact, window) - cv2.erode(exact, window)) < FLAT_SPAN
    error = np.asarray(found, np.float32) - exact
    gradient = np.hypot(np.diff(error, axis=1)[:-1], np.diff(error, axis=0)[:, :-1])
    flat = flat[:-1, :-1]
    return float(gradient[flat].mean()) if flat.any() else float("nan")


def halo_share(found: NDArray[np.float32], truth: NDArray[np.float32], reach_px: int) -> float:
    """Part of the boundary zone whose disparity is neither that of the near nor that of the far side.

    Such pixels are blurred by an amount that belongs to nothing in the picture: the halo.

    Args:
        found: (H, W) float32, 0..1.
        truth: (H, W) float32, 0..1.
        reach_px: Half the width of the zone around true edges.

    Returns:
        0..1; a pixel counts if its disparity is more than :data:`EDGE_JUMP` / 2 away from every true disparity
        within ``reach_px``. NaN without an edge.

    Raises:
        InputError: The shapes differ.
    """
    _check(found, truth)
    zone = boundary_zone(truth, reach_px)
    if not zone.any():
        return float("nan")
    value, exact = np.asarray(found, np.float32), np.asarray(truth, np.float32)
    nearest = np.full(value.shape, np.inf, np.float32)
    height, width = value.shape
    for dy in range(-reach_px, reach_px + 1):
        rows = np.clip(np.arange(height) + dy, 0, height - 1)
        for dx in range(-reach_px, reach_px + 1):
            columns = np.clip(np.arange(width) + dx, 0, width - 1)
            np.minimum(nearest, np.abs(value - exact[rows][:, columns]), out=nearest)
    return float((nearest[zone] > EDGE_JUMP / 2).mean())


def _check(found: NDArray[np.float32], truth: NDArray[np.float32]) -> None:
    if found.shape != truth.shape or found.ndim != 2:
        raise InputError(
            f"The disparity has the shape {found.shape}, the truth has {truth.shape}.", "Give two (H, W) of one size."
        )

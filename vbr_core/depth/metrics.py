"""How good disparity is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.flow import Motion, inside, warp
from vbr_core.depth.ranges import RANGE_PERCENTILES, normalise

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pair_order_accuracy(
    disparity: NDArray[np.float32],
    reference: NDArray[np.float32],
    pairs: int = 20_000,
    least_difference: float = 0.1,
    seed: int = 0,
) -> tuple[float, int]:
    """Share of random pixel pairs that are ordered as in the reference.

    Args:
        disparity: (h, w), any range, nearer larger.
        reference: (h, w), 0..1.
        pairs: Pairs drawn.
        least_difference: Pairs whose reference disparities are nearer together than this do not count.
        seed: Of the draw.

    Returns:
        The share 0..1 and the number of pairs that counted. A tie in ``disparity`` counts as wrong.
    """
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, reference.size, (2, pairs))
    truth = reference.ravel()[first].astype(np.float64) - reference.ravel()[second]
    found = disparity.ravel()[first].astype(np.float64) - disparity.ravel()[second]
    counted = np.abs(truth) > least_difference
    total = int(counted.sum())
    return (float(((truth * found) > 0)[counted].mean()) if total else float("nan")), total


def normalised(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Maps (n, h, w) of a shot over its robust range, as the program shows them: float32 0..1."""
    low, high = np.percentile(maps, RANGE_PERCENTILES)
    return normalise(maps, float(low), float(high))


def flow_warped_error(
    maps: NDArray[np.float32], motions: list[Motion], moving_only: bool = False, least_trust: float = 0.9
) -> float:
    """Temporal alignment error: how much disparity changes along the motion of the picture.

    The mean of ``|D_{t+1}(p + F(p)) - D_t(p)|`` over all pixels whose flow F can be believed, averaged over the pairs
    of frames. Compare only values that were computed with the same motions.

    Args:
        maps: (n, h, w) float32, 0..1 over the range of the shot.
        motions: n - 1, from each frame to the next, at the size of the maps.
        moving_only: Count only pixels with a shift.
        least_trust: Pixels of less trust (0..1) do not count.

    Returns:
        The error, in the unit of the maps; NaN if no pixel counts.
    """
    errors = []
    for before, after, motion in zip(maps[:-1], maps[1:], motions, strict=True):
        counted = (motion.trust >= least_trust) & inside(motion.shift)
        if moving_only:
            counted &= motion.shift.any(axis=-1)
        if counted.any():
            errors.append(float(np.abs(warp(after, motion.shift) - before)[counted].mean()))
    return float(np.mean(errors)) if errors else float("nan")


def frame_change(maps: NDArray[np.float32]) -> float:
    """Mean absolute change from frame to frame at the same pixel, maps (n, h, w); flicker, if the shot is static."""
    return float(np.abs(np.diff(maps, axis=0)).mean())


def range_jump(maps: NDArray[np.float32], borders: list[int] | None = None) -> float:
    """Largest jump of the range from one frame to the next.

    Args:
        maps: (n, h, w) float32.
        borders: Frames whose step from the frame before is looked at (where windows begin); all if not given.

    Returns:
        The largest change of the 5th or the 95th percentile, in the unit of the maps; 0 without a border.
    """
    ends = np.percentile(maps.reshape(len(maps), -1), (5.0, 95.0), axis=1)
    jumps = np.abs(np.diff(ends, axis=1)).max(axis=0)
    if borders is not None:
        jumps = jumps[[border - 1 for border in borders if 0 < border < len(maps)]]
    return float(jumps.max()) if len(jumps) else 0.0


def edge_steepness(disparity: NDArray[np.float32], share: float = 0.02) -> float:
    """Mean slope at the steepest edges of a map (h, w): change per pixel over the ``share`` of steepest pixels."""
    slope = np.sort(_slopes(disparity)[2].ravel())
    return float(slope[-max(1, round(share * slope.size)) :].mean())


def edge_displacement_px(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    share: float = 0.02,
    reach_px: float = 4.0,
    percentile: float = 95.0,
) -> float:
    """How far the edges of a map were moved.

    From each of the steepest pixels of ``before``, both maps are read along the slope's direction. An edge is where
    the profile is half-way between the lowest and the highest value that ``before`` has there.

    Args:
        before: (h, w) float32.
        after: (h, w) float32.
        share: Of the pixels that count as edges.
        reach_px: Half length of the profiles, in pixels of the map.
        percentile: Of the displacements.

    Returns:
        Displacement in pixels of the map; an edge that is gone counts as ``reach_px``.
    """
    along_x, along_y, slope = _slopes(before)
    limit = np.sort(slope.ravel())[-max(1, round(share * slope.size))]
    rows, columns = np.nonzero((slope >= limit) & (slope > 0))
    if len(rows) == 0:
        return 0.0
    place = np.linspace(-reach_px, reach_px, round(reach_px * 16) + 1, dtype=np.float32)
    length = slope[rows, columns]
    x = columns[:, None] + place * (along_x[rows, columns] / length)[:, None]
    y = rows[:, None] + place * (along_y[rows, columns] / length)[:, None]
    profiles = [
        np.asarray(
            cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        )
        for image in (before, after)
    ]
    near = np.abs(place) <= 2.0
    half = (profiles[0][:, near].min(axis=1) + profiles[0][:, near].max(axis=1)) / 2
    first, second = (_crossing(profile, half, place, reach_px) for profile in profiles)
    return float(np.percentile(np.minimum(np.abs(second - first), reach_px), percentile))


def _crossing(
    profile: NDArray[np.float32], half: NDArray[np.float32], place: NDArray[np.float32], reach_px: float
) -> NDArray[np.float32]:
    """Where profiles (n, k) rise through a value (n,), nearest to the middle; twice the reach if nowhere: (n,)."""
    rises = (profile[:, :-1] <= half[:, None]) & (profile[:, 1:] > half[:, None])
    middle = (place[:-1] + place[1:]) / 2
    found = np.where(rises, np.abs(middle), np.inf).argmin(axis=1)
    return np.where(rises.any(axis=1), middle[found], 2 * reach_px).astype(np.float32)


def _slopes(
    disparity: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Slope along x, along y, and its size, per pixel: three arrays (h, w)."""
    along_x = np.asarray(cv2.Sobel(disparity, cv2.CV_32F, 1, 0) / 8, dtype=np.float32)
    along_y = np.asarray(cv2.Sobel(disparity, cv2.CV_32F, 0, 1) / 8, dtype=np.float32)
    return along_x, along_y, np.hypot(along_x, along_y)

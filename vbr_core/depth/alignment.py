"""One scale and shift for a whole shot, although networks choose them anew for every picture or window.

Monocular disparity is known up to ``scale * d + shift``. Networks that see one picture at a time let the two wander
from frame to frame, and networks that see windows begin anew with each. Here both are found by a robust fit and undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.flow import inside, unlike, warp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.depth.flow import Step

GRID = (36, 64)
"""Cells (rows, columns) that a fit looks at: their means have little noise, which would make the scale too small."""

STILL = 0.02
"""Difference of colour (0..1) below which a cell shows the same thing at the same place."""

ALIKE = 0.06
"""The same for what flow has followed: it is blurred a little on the way."""

STILL_SHARE = 0.12
"""Least share of the picture that must stand still, or be followed by flow, for a fit."""

FOLLOWED_SHARE = 0.35
"""The same while the camera moves: flow that is lost agrees with itself here and there by chance."""

SURE = 0.95
"""Least correlation of what was carried and what is there for a fit while the camera moves."""

CAMERA_SHARE = 0.4
"""Share of the picture that moves from which on it is the camera that does."""

PRIOR = 0.05
"""Strength of the wish to keep the scale: the spread of disparity, as a share of the range, that it weighs as."""

LEAK = 0.02
"""Share by which scale and shift go back to 1 and 0 each frame, so that small errors cannot add up."""

MEMORY_FRAMES = 12
"""Frames that the running map looks back, about."""

SCALE_LIMITS = (0.5, 2.0)
ROUNDS = 6


@dataclass(frozen=True)
class Affine:
    """``aligned = scale * raw + shift``."""

    scale: float = 1.0
    shift: float = 0.0

    def __call__(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply to a map, float32."""
        if self.scale == 1.0 and self.shift == 0.0:
            return raw
        return (raw * np.float32(self.scale) + np.float32(self.shift)).astype(np.float32)

    def inverse(self) -> Affine:
        """What undoes it. The scale must not be 0."""
        return Affine(1 / self.scale, -self.shift / self.scale)


def fit_affine(
    source: NDArray[np.float32],
    target: NDArray[np.float32],
    weights: NDArray[np.float32],
    prior: Affine | None = None,
    prior_spread: float = 0.0,
) -> Affine:
    """Scale and shift that bring ``source`` to ``target``, whatever a minority of the values does.

    Iteratively reweighted least squares with Tukey's biweight; the width of the weights is 4.7 times the median
    absolute deviation of the residuals (Holland, Welsch 1977).

    Args:
        source: Any shape, float32.
        target: The same shape, float32.
        weights: The same shape, 0 or more.
        prior: Scale that is kept where the values do not tell (all of ``source`` alike); 1 if not given.
        prior_spread: Standard deviation of ``source``, in its unit, that the prior counts as.
    """
    prior = prior or Affine()
    used = weights.ravel() > 0
    x, y = source.ravel()[used].astype(np.float64), target.ravel()[used].astype(np.float64)
    given = weights.ravel()[used].astype(np.float64)
    if len(x) < 8:
        return prior
    scale = prior.scale
    shift = float(np.median(y - scale * x))
    for _ in range(ROUNDS):
        residual = np.abs(y - scale * x - shift)
        width = 4.7 * 1.4826 * float(np.median(residual)) + 1e-6
        weight = given * np.square(np.clip(1.0 - np.square(residual / width), 0.0, None))
        total = float(weight.sum())
        if total <= 0:
            break
        mean_x, mean_y = float(weight @ x) / total, float(weight @ y) / total
        dx = x - mean_x
        ridge = prior_spread**2
        spread = float(weight @ (dx * dx)) / total
        if spread + ridge < 1e-18:
            scale = prior.scale
        else:
            product = float(weight @ (dx * (y - mean_y))) / total
            scale = (product + ridge * prior.scale) / (spread + ridge)
        scale = float(np.clip(scale, prior.scale * SCALE_LIMITS[0], prior.scale * SCALE_LIMITS[1]))
        shift = mean_y - scale * mean_x
    return Affine(scale, shift)


@dataclass(frozen=True)
class AnchorState:
    """All that :class:`FrameAligner` knows of the past; goes into the cache.

    Attributes:
        disparity: (h, w) float32: the last aligned map.
        running: (h, w) float32: the running map, carried along with the picture.
        age: (rows, columns) float32: frames that a cell of it goes back, up to ``MEMORY_FRAMES``.
        colour: (rows, columns, 3) float32: the last picture, as means over cells.
        scale: Of the last frame.
        shift: Of the last frame.
    """

    disparity: NDArray[np.float32]
    running: NDArray[np.float32]
    age: NDArray[np.float32]
    colour: NDArray[np.float32]
    scale: float
    shift: float


class FrameAligner:
    """Brings each map of a shot to the scale and shift of those before.

    While the camera stands, what stands still in the picture is the judge: what moves has no part in the fit, so a
    person who walks nearer does become nearer. While the camera moves, all that optical flow can be trusted in is
    compared where it has gone. Where neither tells anything the last scale and shift fade out.
    """

    def __init__(self, state: AnchorState | None = None) -> None:
        self.state = state
        """What is known of the past; None at the beginning of a shot."""

    def reset(self) -> None:
        """A new shot begins."""
        self.state = None

    def hold(self, aligned: NDArray[np.float32], picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Remember a map that is on the shot's scale already; it comes back as it is."""
        colour = _cells(picture, aligned.shape)
        age = np.zeros(colour.shape[:2], np.float32)
        self.state = AnchorState(aligned, aligned, age, colour, scale=1.0, shift=0.0)
        return aligned

    def __call__(
        self, raw: NDArray[np.float32], picture: NDArray[np.float32], step: Step | None = None
    ) -> NDArray[np.float32]:
        """Align the next map.

        Args:
            raw: (h, w) float32.
            picture: (H, W, 3) float32, sRGB-encoded 0..1, any size.
            step: Motion from the picture before, at the map's size; None if it is not known.

        Returns:
            (h, w) float32.
        """
        state = self.state
        if state is None or state.disparity.shape != raw.shape:
            return self.hold(raw, picture)
        colour = _cells(picture, raw.shape)
        moves = step is not None and _camera_moves(step)
        if step is not None and moves:
            running, age, trust = _carried(state, step)
        else:
            running, age = state.running, state.age
            trust = (unlike(colour, state.colour) < STILL).astype(np.float32)
        last = Affine(state.scale * (1 - LEAK) + LEAK, state.shift * (1 - LEAK))
        found = last
        cells, values = _cells(running, raw.shape), _cells(raw, raw.shape)
        if _tells(cells, values, trust, moves=moves):
            low, high = np.quantile(cells, (0.02, 0.98))
            # from the running map to the new one, then inverted: noise in what is fitted *from* makes the scale too
            # small, frame after frame, and the running map has little
            weights = (trust * (age + 1)).astype(np.float32)
            found = fit_affine(cells, values, weights, last.inverse(), PRIOR * float(high - low)).inverse()
            scale = float(np.clip(found.scale, *SCALE_LIMITS))
            if scale != found.scale:
                found = last
        else:
            trust = np.zeros_like(trust)  # nothing is known of what came before
        aligned = found(raw)
        age = np.where(trust > 0.5, np.minimum(age + 1, MEMORY_FRAMES), 0).astype(np.float32)
        share = cv2.resize(1 / (age + 1), (raw.shape[1], raw.shape[0]), interpolation=cv2.INTER_NEAREST)
        running = (running + (aligned - running) * share).astype(np.float32)
        self.state = AnchorState(aligned, running, age, colour, found.scale, found.shift)
        return aligned


def _tells(cells: NDArray[np.float32], values: NDArray[np.float32], trust: NDArray[np.float32], *, moves: bool) -> bool:
    """Whether enough is compared for a fit, and while the camera moves, whether it is the same."""
    if not moves:
        return bool(trust.mean() >= STILL_SHARE)
    where = trust > 0
    if where.mean() < FOLLOWED_SHARE:
        return False
    x, y = cells[where] - cells[where].mean(), values[where] - values[where].mean()
    both = float(np.sqrt(np.square(x).sum() * np.square(y).sum()))
    return both > 0 and float((x * y).sum()) > SURE * both


def _camera_moves(step: Step) -> bool:
    return step.back is not None and float((step.back.shift != 0).any(axis=2).mean()) > CAMERA_SHARE


def _carried(state: AnchorState, step: Step) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The running map and its age where the picture has gone, and how far to believe them: map, cells, cells."""
    assert step.back is not None
    assert step.before is not None
    shift = step.back.shift
    alike = unlike(step.view.colour, warp(step.before.colour, shift)) < ALIKE
    trust = _cells(np.where(inside(shift) & alike, step.back.trust, np.float32(0.0)), shift.shape)
    rows, columns = trust.shape
    factor = np.array([columns / shift.shape[1], rows / shift.shape[0]], np.float32)
    age = warp(state.age, np.asarray(_cells(shift, shift.shape) * factor, dtype=np.float32))
    return warp(state.running, shift), age, np.where(trust > 0.5, trust, np.float32(0.0))


def _cells(image: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Means over the cells of a grid, at most one for a pixel of the map: (rows, columns), or with channels."""
    rows, columns = min(GRID[0], size[0]), min(GRID[1], size[1])
    return np.asarray(cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)

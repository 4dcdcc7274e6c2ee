"""Disparity whose edges the frames of a shot agree on.

Disparity from a network is wrong along edges, and differently so in every frame: blurred edges flicker. Where a frame's
edge lies is what the median of its neighbours says, each fetched along the motion of the picture. Disparity that is
right needs none of this, and gains nothing by it: how far the mending (:mod:`vbr_core.model.disparity_mending`) had to
move its edges tells the two apart.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

from vbr_core.depth.flow import FineFlow, Motion, View, follow, inside, make_view, unlike, warp
from vbr_core.kernels.median import weighted_median
from vbr_core.render.hidden_light import working_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Between = tuple[Motion, Motion] | None
    Mend = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]

REACH_FRAMES = 3
"""Frames before and after a frame that are asked: so many later ones must be there first. More gained nothing."""

SURROUNDINGS_PX = 17
LEAST_SPAN = 0.03
RIGHT, WRONG = 0.008, 0.02
"""Mean move of edges, as a share of the step there, up to which disparity is taken for right, and from which it is not.
True disparity moves by 0.001, that of real networks by 0.025 and more."""

ALIKE, DIFFERENT = 0.05, 0.15
"""Differences of colour (0..1) up to which a neighbour counts in full, and from which it does not count."""

Given = TypeVar("Given")


def edge_move(given: NDArray[np.float32], mended: NDArray[np.float32]) -> float:
    """How far mending moved the edges of a map: the mean over pixels near edges, as a share of the step there.

    Args:
        given: (H, W).
        mended: (H, W).
    """
    square = np.ones((SURROUNDINGS_PX, SURROUNDINGS_PX), np.uint8)
    span = np.asarray(cv2.dilate(given, square) - cv2.erode(given, square))
    near = span > LEAST_SPAN
    return float((np.abs(mended - given)[near] / span[near]).mean()) if near.any() else 0.0


@dataclass(frozen=True)
class Agreed(Generic[Given]):
    """A frame that is ready.

    Attributes:
        given: What came with it.
        disparity: (H, W) float32.
        changed: Whether that is another than was given.
        between: Motion from the frame before to it and back, at working size; None for the first frame.
    """

    given: Given
    disparity: NDArray[np.float32]
    changed: bool
    between: tuple[Motion, Motion] | None


@dataclass(frozen=True)
class AgreedShot:
    """``disparity`` (T, H, W) of a shot, and for each frame the motion from the one before and back (None: unknown)."""

    disparity: NDArray[np.float32]
    between: list[Between]


@dataclass(frozen=True)
class _Entry(Generic[Given]):
    view: View
    disparity: NDArray[np.float32]
    move: float | None
    given: Given
    between: tuple[Motion, Motion] | None


class EdgeConsensus(Generic[Given]):
    """Frames of one shot go in, their disparity comes out, ``REACH_FRAMES`` frames later."""

    def __init__(self) -> None:
        self._flow = FineFlow()
        self._entries: deque[_Entry[Given]] = deque(maxlen=2 * REACH_FRAMES + 1)
        self._waiting = 0

    def push(
        self, frame: NDArray[np.float32], disparity: NDArray[np.float32], move: float | None, given: Given
    ) -> list[Agreed[Given]]:
        """Take the next frame.

        Args:
            frame: (H, W, 3) sRGB 0..1.
            disparity: (H, W), mended.
            move: See :func:`edge_move`. None: the disparity means nothing, as nothing is blurred by it.
            given: Comes back with the result.

        Returns:
            No frame or one, an earlier one.
        """
        view = make_view(frame, working_size(*disparity.shape))
        between = self._flow.between(self._entries[-1].view, view) if self._entries else None
        self._entries.append(_Entry(view, disparity, move, given, between))
        self._waiting += 1
        return [self._ready()] if self._waiting > REACH_FRAMES else []

    def finish(self) -> list[Agreed[Given]]:
        """End the shot; returns the frames that were still to come."""
        return [self._ready() for _ in range(self._waiting)]

    def state(self) -> tuple[deque[_Entry[Given]], int]:
        """For :meth:`restore`."""
        return self._entries.copy(), self._waiting

    def restore(self, state: tuple[deque[_Entry[Given]], int]) -> None:
        """Go back to an earlier state."""
        self._entries, self._waiting = state

    def _ready(self) -> Agreed[Given]:
        entries = list(self._entries)
        here = len(entries) - self._waiting
        entry = entries[here]
        around = range(max(0, here - REACH_FRAMES), min(len(entries), here + REACH_FRAMES + 1))
        disparity = entry.disparity
        moves = [move for move in (entries[t].move for t in around) if move is not None]
        share = 0.0
        if entry.move is not None and len(moves) > 1:
            share = float(np.clip((np.mean(moves) - RIGHT) / (WRONG - RIGHT), 0.0, 1.0))
        if share > 0.0:
            agreed = _median_around(entries, here)
            disparity = disparity + np.float32(share) * (agreed - disparity) if share < 1.0 else agreed
        self._waiting -= 1
        return Agreed(entry.given, disparity, disparity is not entry.disparity, entry.between)


def agreed_shot(
    frames: NDArray[np.float32], given: NDArray[np.float32], mended: NDArray[np.float32], mend: Mend
) -> AgreedShot:
    """Disparity of a whole shot with edges that its frames agree on.

    Args:
        frames: (T, H, W, 3) sRGB 0..1.
        given: (T, H, W), before mending.
        mended: (T, H, W).
        mend: Mends the disparity of a frame; what frames have agreed on is mended again.
    """
    consensus: EdgeConsensus[int] = EdgeConsensus()
    agreed: list[Agreed[int]] = []
    for t, frame in enumerate(frames):
        agreed += consensus.push(frame, mended[t], edge_move(given[t], mended[t]), t)
    agreed += consensus.finish()
    settled = [mend(frames[each.given], each.disparity) if each.changed else each.disparity for each in agreed]
    return AgreedShot(np.stack(settled), [each.between for each in agreed])


def _median_around(entries: list[_Entry[Given]], here: int) -> NDArray[np.float32]:
    """Weighted median of a frame's disparity and its neighbours', each where the frame's pixels are in it."""
    centre = entries[here]
    samples, weights = [centre.disparity], [np.ones_like(centre.disparity)]
    for step in (1, -1):
        motion: Motion | None = None
        for distance in range(1, REACH_FRAMES + 1):
            at = here + step * distance
            if not 0 <= at < len(entries):
                break
            pair = entries[at].between if step > 0 else entries[at + 1].between
            assert pair is not None
            further = pair[0] if step > 0 else pair[1]
            motion = further if motion is None else follow(motion, further)
            if entries[at].move is None:
                continue
            sample, weight = _fetched(centre, entries[at], motion)
            samples.append(sample)
            weights.append(weight)
    result: NDArray[np.float32] = weighted_median(np.stack(samples), np.stack(weights))
    return result


def _fetched(
    here: _Entry[Given], there: _Entry[Given], motion: Motion
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Disparity of another frame at the pixels of this one, and how far to believe it: two arrays (H, W)."""
    size = here.disparity.shape
    alike = (DIFFERENT - unlike(here.view.colour, warp(there.view.colour, motion.shift))) / (DIFFERENT - ALIKE)
    weight = np.where(inside(motion.shift), motion.trust * np.clip(alike, 0.0, 1.0), 0.0).astype(np.float32)
    shift = motion.shift
    if shift.shape[:2] != size:
        factor = np.array([size[1] / shift.shape[1], size[0] / shift.shape[0]], np.float32)
        shift = np.asarray(cv2.resize(shift, size[::-1], interpolation=cv2.INTER_LINEAR) * factor, np.float32)
        weight = np.asarray(cv2.resize(weight, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    return warp(there.disparity, shift), weight

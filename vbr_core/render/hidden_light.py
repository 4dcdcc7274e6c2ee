"""What near things hide, as far as the shot's other frames and the surroundings tell.

Three sources, best first:

1. *Other frames.* Behind every depth edge the motion of the farther side is continued; along it each hidden place is
   followed through the neighbouring frames, ``REACH_FRAMES`` either way, until it lies open in one of them. Its colour
   is read there, once, so it stays sharp.
2. *The place across the nearest edge*, for the hidden surface's disparity.
3. *What is seen of that surface elsewhere*, continued smoothly, for its motion, and for colours that no frame shows.

All of it works on small pictures: what is hidden is mostly seen blurred, or through a blurred edge.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

from vbr_core.depth.flow import FineFlow, Motion, View, make_view
from vbr_core.kernels.paths import NO_LIGHT, NO_NUMBERS, look_behind
from vbr_core.render.clipped_light import ClippedLight, agreed_change, clipped_light
from vbr_core.render.outside import SAME_SURFACE, Outside, Sight, border_motion, outside_of
from vbr_core.render.surface_continuation import continued, continued_motion

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH_FRAMES = 10
"""Frames before and after a frame that are looked at: so many later ones must be there first."""

WORKING_LINES = 360
"""Pictures are reduced by a whole number to about this height."""

EDGE_STEP = 0.03
"""A jump of the disparity by this much between neighbours is a depth edge."""

ZONE_SHARE = 0.125
"""How far behind an edge is looked, as a part of the picture's height."""

UNCLEAN_PX = 2
"""Pixels so near an edge mix both sides."""

FLOW_MARGIN_PX = 4
"""Optical flow is not believed so near an edge."""

LEAST_TRUST = 0.5
BESIDE_EDGE, IN_OUTLINE = 0.9, 0.4
"""Certainty of what lies open right beside an edge, and in pixels that the edge mixes, in parts of what lies open
farther away."""

OUTLINE_PX = 3.0
"""Pixels that an edge mixes show their own surface as it is seen so near to them."""

ALIKE = 0.02
"""That surface's disparity differs by less than this."""

LEAST_SHARE = 0.3
"""So much of a place between pixels must be pixels that may be looked at."""

DECAY = 0.93
"""Of the certainty of what was seen, a frame."""

Given = TypeVar("Given")


@dataclass(frozen=True)
class HiddenLight:
    """What lies behind each pixel, at working size. Where nothing is hidden it is the pixel itself.

    Attributes:
        color: (h, w, 3) float32, sRGB-encoded.
        disparity: (h, w) float32.
        seen: (h, w) float32 0..1: how surely another frame shows it; 0 is a guess.
        zone: (h, w) bool: where something may be hidden.
        outside: What lies outside of the frame; None if nothing is known of it.
        back: (h, w, 2) motion of what is behind, to the frame before; None for a shot's first frame.
        extra: (h, w, 3) float32: linear light of lamps that another frame shows there, above what ``color`` can tell;
            None if there are none.
        gain_change: (h, w, 3) float32: what the frames change in the guess of this one's clipped light; see
            :func:`vbr_core.render.clipped_light.agreed_change`.
    """

    color: NDArray[np.float32]
    disparity: NDArray[np.float32]
    seen: NDArray[np.float32]
    zone: NDArray[np.bool_]
    outside: Outside | None = None
    back: NDArray[np.float32] | None = None
    extra: NDArray[np.float32] | None = None
    gain_change: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Look:
    """A frame as its neighbours look at it, at working size.

    Attributes:
        color: (h, w, 3) float32, sRGB-encoded.
        disparity: (h, w) float32.
        clean: (h, w) float32: 1 where a pixel shows one surface only, and so do those around it.
        shown_by: (h, w) int32: flat index of the pixel that shows the surface of each: itself, or, for mixed ones whose
            farther surface is known, one beside it; -1 for the others.
        across: (h, w) int32: flat index of the place across the nearest edge, -1 where nothing is hidden.
        zone: (h, w) bool: where something may be hidden.
        back: (h, w, 2) motion of what is behind, to the frame before; None for the first frame.
        on: The same to the frame after; None for the last one.
        sight: The frame as it is looked at for what is outside of others.
        light: What was guessed of clipped light; None if nothing was clipped.
    """

    color: NDArray[np.float32]
    disparity: NDArray[np.float32]
    clean: NDArray[np.float32]
    shown_by: NDArray[np.int32]
    across: NDArray[np.int32]
    zone: NDArray[np.bool_]
    back: NDArray[np.float32] | None = None
    on: NDArray[np.float32] | None = None
    sight: Sight | None = None
    light: ClippedLight | None = None

    def surface_behind(self) -> NDArray[np.float32]:
        """Disparity (h, w) of what each pixel may hide, that of the place across the edge; else its own."""
        return np.where(self.zone, self.disparity.reshape(-1)[np.maximum(self.across, 0)], self.disparity)


def working_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of the small pictures for pictures of a size."""
    factor = max(1, round(height / WORKING_LINES))
    return -(-height // factor), -(-width // factor)


def look_at(
    frame: NDArray[np.float32], disparity: NDArray[np.float32], bright: NDArray[np.float32] | None = None
) -> Look:
    """Prepare a frame.

    Args:
        frame: (H, W, 3) sRGB 0..1.
        disparity: (H, W).
        bright: The frame with the light that was clipped, on the sRGB curve continued above 1; None if it has none.
    """
    size = working_size(*disparity.shape)
    if size == disparity.shape:
        color, small = np.ascontiguousarray(frame, np.float32), np.ascontiguousarray(disparity, np.float32)
    else:
        color = np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA), np.float32)
        small = np.asarray(cv2.resize(disparity, size[::-1], interpolation=cv2.INTER_NEAREST), np.float32)
    square = np.ones((3, 3), np.uint8)
    near, far = cv2.dilate(small, square), cv2.erode(small, square)
    edge = (near - far > EDGE_STEP).astype(np.uint8)
    clean = 1.0 - cv2.dilate(edge, np.ones((2 * UNCLEAN_PX - 1, 2 * UNCLEAN_PX - 1), np.uint8))
    reach = max(8, round(size[0] * ZONE_SHARE))
    across, zone = _across(small, near - small > EDGE_STEP, clean, reach)
    shown_by = _shown_by(small, edge, near - small > EDGE_STEP)
    clean = clean.astype(np.float32)
    light = clipped_light(frame, bright, color)
    sight = Sight(color, small, clean, light=light)
    return Look(color, small, clean, shown_by, across, zone, sight=sight, light=light)


def _shown_by(
    disparity: NDArray[np.float32], edge: NDArray[np.uint8], far_side: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """The pixel itself where it shows one surface; for mixed ones of the far side of edges the nearest such pixel of
    their surface; else -1: (h, w) flat indices."""
    unmixed = edge == 0
    result = np.where(unmixed, np.arange(disparity.size, dtype=np.int32).reshape(disparity.shape), np.int32(-1))
    if not far_side.any() or not unmixed.any():
        return result
    distance, label = cv2.distanceTransformWithLabels(edge, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = _index_of_labels(label, unmixed)
    same = np.abs(disparity.reshape(-1)[nearest] - disparity) < ALIKE
    mixed = far_side & ~unmixed & same & (distance < OUTLINE_PX)
    result[mixed] = nearest[mixed]
    return result


def _across(
    disparity: NDArray[np.float32], far_side: NDArray[np.bool_], clean: NDArray[np.uint8], reach: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """For every pixel near an edge, on its near side, the place on the far side that is nearest, past mixed pixels."""
    height, width = disparity.shape
    nothing = np.full((height, width), -1, np.int32)
    if not far_side.any():
        return nothing, np.zeros((height, width), bool)
    # the nearest pixel of the far side of an edge, then the nearest clean one to that of about its disparity
    distance, label = cv2.distanceTransformWithLabels(
        (~far_side).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    first = _index_of_labels(label, far_side)
    flat = disparity.reshape(-1)
    behind = flat[first]
    zone = (distance <= reach) & (disparity - behind > EDGE_STEP)
    past_mixed = _clean_neighbour(disparity, clean)
    across = np.where(zone, past_mixed.reshape(-1)[first], -1).astype(np.int32)
    return across, zone


def _index_of_labels(label: NDArray[np.int32], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Flat index of the masked pixel that each label stands for, for every pixel."""
    index_of = np.zeros(int(label.max()) + 1, np.int64)
    places = np.flatnonzero(mask)
    index_of[label.reshape(-1)[places]] = places
    return index_of[label]


def _clean_neighbour(disparity: NDArray[np.float32], clean: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Flat index of the nearest clean pixel that is not nearer than the pixel itself, else the pixel itself."""
    here = np.arange(disparity.size, dtype=np.int64).reshape(disparity.shape)
    if not clean.any():
        return here
    _, label = cv2.distanceTransformWithLabels(
        (clean == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    found = _index_of_labels(label, clean > 0)
    fits = disparity.reshape(-1)[found] <= disparity + EDGE_STEP
    return np.where(fits, found, here)


def behind_motion(look: Look, shift: NDArray[np.float32], trust: NDArray[np.float32]) -> NDArray[np.float32]:
    """Motion of the farther side of every edge, continued behind the nearer one; elsewhere the motion itself.

    Args:
        look: The frame.
        shift: (h, w, 2) motion of what is seen.
        trust: (h, w) of it.
    """
    margin = 2 * FLOW_MARGIN_PX + 1
    near_edge = cv2.erode(look.clean, np.ones((margin, margin), np.uint8)) < 0.5
    weight = ((trust > LEAST_TRUST) & ~near_edge).astype(np.float32)
    behind = look.surface_behind()
    places = look.zone | (weight == 0.0)
    result = shift.copy()
    if places.any():
        result[places] = continued_motion(shift, weight, look.disparity, behind, places)
    return result


@dataclass(frozen=True)
class _Found:
    """What other frames show of each pixel's hidden surface so far; flat, 0 where nothing was found.

    Attributes:
        color: (h w, 3) float32, sRGB-encoded.
        disparity: (h w,) float32.
        extra: (h w, 3) float32: linear light above that colour.
        seen: (h w,) float32: certainty.
    """

    color: NDArray[np.float32]
    disparity: NDArray[np.float32]
    extra: NDArray[np.float32]
    seen: NDArray[np.float32]

    @classmethod
    def nothing(cls, pixels: int) -> _Found:
        """Before any frame is looked at."""
        three, one = (pixels, 3), (pixels,)
        return cls(*(np.zeros(shape, np.float32) for shape in (three, one, three, one)))


def _follow(looks: list[Look], here: int, step: int, behind: NDArray[np.float32], found: _Found) -> None:
    """Look for what frame ``here`` hides in the frames before (``step`` -1) or after (1) it.

    ``behind`` is the disparity of each pixel's hidden surface, flat. What is surer than what was found so far takes its
    place.
    """
    look = looks[here]
    pending = np.flatnonzero(look.zone)
    place = np.stack(np.divmod(pending, look.zone.shape[1])[::-1], axis=1).astype(np.float32)
    sure = np.float32(DECAY)
    for at in range(here, here + step * REACH_FRAMES, step):
        motion = looks[at].back if step < 0 else looks[at].on
        if not 0 <= at + step < len(looks) or motion is None or not len(pending):
            return
        there = looks[at + step]
        number, extra = (NO_NUMBERS, NO_LIGHT) if there.light is None else (there.light.number, there.light.extra)
        kept = look_behind(
            motion,
            there.color,
            there.disparity,
            there.clean,
            there.shown_by,
            number,
            extra,
            place,
            pending,
            behind,
            sure,
            np.float32(sure * np.float32(DECAY)),
            np.float32(BESIDE_EDGE),
            np.float32(IN_OUTLINE),
            np.float32(LEAST_SHARE),
            np.float32(SAME_SURFACE),
            found.color,
            found.disparity,
            found.extra,
            found.seen,
        )
        place, pending = place[:kept], pending[:kept]
        sure = np.float32(sure * np.float32(DECAY))


def hidden_light(looks: list[Look], here: int) -> HiddenLight:
    """What frame ``here`` hides, from all the frames around it that are given."""
    look = looks[here]
    shape = look.disparity.shape
    disparity = behind = look.surface_behind()
    color = look.color
    seen = np.zeros_like(look.disparity)
    extra = None
    if look.zone.any():
        found = _Found.nothing(look.disparity.size)
        for step in (-1, 1):
            _follow(looks, here, step, behind.reshape(-1), found)
        seen = found.seen.reshape(shape)
        if any(each.light is not None for each in looks):
            extra = found.extra.reshape(*shape, 3)
        is_seen = seen > 0
        color = np.where(is_seen[..., None], found.color.reshape(*shape, 3), color)
        disparity = np.where(is_seen, found.disparity.reshape(shape), disparity)
        known = np.where(is_seen, np.float32(1.0), look.clean)
        depths = np.where(is_seen, disparity, look.disparity)
        unknown = look.zone & ~is_seen
        color[unknown] = continued(color, known, depths, disparity, unknown)
    sights = [each.sight for each in looks if each.sight is not None]
    outside = outside_of(sights, here, REACH_FRAMES, DECAY) if len(sights) == len(looks) > 1 else None
    color = np.ascontiguousarray(color, np.float32)
    return HiddenLight(
        color, disparity.astype(np.float32), seen, look.zone, outside, look.back, extra, agreed_change(looks, here)
    )


def _with_motion(look: Look, motion: Motion, forward: bool) -> Look:
    """A frame that knows its motion to the frame after it, or to the one before it."""
    assert look.sight is not None
    at_border = border_motion(look.disparity, motion)
    behind = behind_motion(look, motion.shift, motion.trust)
    if forward:
        return replace(look, on=behind, sight=replace(look.sight, on=at_border))
    return replace(look, back=behind, sight=replace(look.sight, back=at_border))


class HiddenLightFinder(Generic[Given]):
    """Frames of one shot go in, what they hide comes out, ``REACH_FRAMES`` frames later."""

    def __init__(self) -> None:
        self._finder = FineFlow()
        self._looks: deque[Look] = deque(maxlen=2 * REACH_FRAMES + 1)
        self._view: View | None = None
        self._waiting: deque[Given] = deque()

    def push(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        given: Given,
        between: tuple[Motion, Motion] | None = None,
        bright: NDArray[np.float32] | None = None,
    ) -> list[tuple[Given, HiddenLight]]:
        """Take the next frame.

        Args:
            frame: (H, W, 3) sRGB 0..1.
            disparity: (H, W).
            given: Comes back with the result.
            between: Motion from the frame before and back, at working size, if it was found already.
            bright: See :func:`look_at`.

        Returns:
            No frame or one, an earlier one.
        """
        look = look_at(frame, disparity, bright)
        view = make_view(frame, (look.disparity.shape[0], look.disparity.shape[1]))
        if self._view is not None:
            before = self._looks[-1]
            on, back = between or self._finder.between(self._view, view)
            self._looks[-1] = _with_motion(before, on, forward=True)
            look = _with_motion(look, back, forward=False)
        self._view = view
        self._looks.append(look)
        self._waiting.append(given)
        if len(self._waiting) <= REACH_FRAMES:
            return []
        return [self._ready()]

    def finish(self) -> list[tuple[Given, HiddenLight]]:
        """End the shot; returns the frames that were still to come."""
        return [self._ready() for _ in range(len(self._waiting))]

    def state(self) -> tuple[deque[Look], View | None, deque[Given]]:
        """For :meth:`restore`."""
        return self._looks.copy(), self._view, self._waiting.copy()

    def restore(self, state: tuple[deque[Look], View | None, deque[Given]]) -> None:
        """Go back to an earlier state."""
        self._looks, self._view, self._waiting = state

    def _ready(self) -> tuple[Given, HiddenLight]:
        looks = list(self._looks)
        here = len(looks) - len(self._waiting)
        return self._waiting.popleft(), hidden_light(looks[max(0, here - REACH_FRAMES) :], min(here, REACH_FRAMES))

"""Where one shot ends and the next begins."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

import cv2
import numpy as np

from vbr_core.depth.flow import FlowFinder, View, inside, unlike, warp

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

METHOD = "shots-2"
"""Names the rules of this module; part of the key of what is cached by them."""

THUMB = (64, 36)
HISTOGRAM_STEP = 0.42
DIFFERENCE_STEP = 0.09
"""A change of colours and of pixels that together make a cut on their own: between different places."""

LEAST_STEP = 0.07
"""Change of pixels from which a cut within one place is thought of; shots reach half of it from frame to frame."""

CALM_FACTOR = 2.0
"""Such a cut changes the pixels so many times as much as the motion before and after it does."""

CHANGED = 0.06
CHANGED_SHARE = 0.55
"""And so large a share of the picture by more than ``CHANGED``: a person who runs in leaves more as it was."""

LOOKED_AT = (160, 90)
"""Size of the pictures that motion is looked for in."""

SAME_PATTERN = 0.5
"""Likeness of patterns, -1..1, from which two pictures show the same thing in other light, or moved as a whole."""

OTHER_PATTERN = 0.3
EXPLAINED_SHARE = 0.15
"""Two framings of one place are a cut if patterns are less alike, and if motion explains less of what changed.
Measured on four clips: cuts 0.21 and 0.07 at most, pans by 5 to 40 % of the width a frame and zooms by 20 % 0.78, or
0.22, at least."""

MOVED_SHARE = 0.5
"""Share of the colours that must be the same after a shift of the whole picture; of pans it is 0.74 at least."""

LARGEST_SHIFT = 0.45
"""Share of the picture's sides that a camera may pan within one frame."""

CLIPPED = (0.02, 0.98)
CLIPPED_SHARE = 0.7
"""A picture of which so much is black or white beyond recognition counts as the same one, over- or underexposed."""

FLASH_FRAMES = 2
"""Longest flash: if the old picture is back after so many frames, there was no cut. Also the look-ahead."""

FLAT_CONTRAST = 0.03
"""Difference between the brightest and the darkest parts (0..1) below which a picture shows nothing."""

LIT_CONTRAST = 0.15
"""The same from which on a picture that is faded in or out can be told from another one."""

PictureT = TypeVar("PictureT")


@dataclass(frozen=True)
class Signature:
    """What is kept of a picture to tell whether another one is of the same shot.

    Attributes:
        thumb: (36, 64, 3) float32 0..1.
        histogram: (216,) float32: shares of the colours.
        small: (90, 160, 3) float32 0..1, without fine grain.
    """

    thumb: NDArray[np.float32]
    histogram: NDArray[np.float32]
    small: NDArray[np.float32]

    def difference(self, other: Signature) -> float:
        """Mean change of the pixels, 0..1."""
        return float(np.abs(self.thumb - other.thumb).mean())

    def leaps_from(self, other: Signature) -> bool:
        """Whether colours and pixels of two pictures both differ too much for one shot in one light."""
        change = 0.5 * float(np.abs(self.histogram - other.histogram).sum())
        return change > HISTOGRAM_STEP and self.difference(other) > DIFFERENCE_STEP

    def is_far_from(self, other: Signature, motion: float = 0.0) -> bool:
        """Whether two pictures belong to different shots.

        Args:
            other: The earlier picture.
            motion: Mean change of the pixels from frame to frame on either side, whichever is more.
        """
        difference = self.difference(other)
        if difference < LEAST_STEP:
            return False
        leaps = self.leaps_from(other)
        if not leaps:
            changed = float((unlike(self.small, other.small) > CHANGED).mean())
            if difference < CALM_FACTOR * motion or changed < CHANGED_SHARE:
                return False
        alike = max(self.likeness(other), self._likeness_when_moved(other))
        if leaps:
            return alike < SAME_PATTERN
        return alike < OTHER_PATTERN and self._explained(other) < EXPLAINED_SHARE

    def is_light_of(self, other: Signature) -> bool:
        """Whether this is ``other`` lit up or darkened, or shows nothing: not another picture."""
        grey = self._grey
        clipped = float(((grey < CLIPPED[0]) | (grey > CLIPPED[1])).mean())
        return self.is_flat or clipped > CLIPPED_SHARE or self.likeness(other) >= SAME_PATTERN

    @property
    def is_flat(self) -> bool:
        """Whether the picture is black, white or one colour: there is nothing to estimate depth from."""
        return self.contrast < FLAT_CONTRAST

    @cached_property
    def contrast(self) -> float:
        """Difference between the brightest and the darkest parts, 0..1."""
        return float(np.ptp(self.thumb.reshape(-1, 3), axis=0).max())

    @cached_property
    def _grey(self) -> NDArray[np.float32]:
        return np.asarray(cv2.cvtColor(self.small, cv2.COLOR_RGB2GRAY), dtype=np.float32)

    @cached_property
    def pattern(self) -> NDArray[np.float32]:
        """(90, 160) float32: what is left of the picture when its light is taken away, everywhere about as strong."""
        fine = self._grey - cv2.GaussianBlur(self._grey, (0, 0), 6)
        strength = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 6)) + 0.01
        return np.asarray(fine / strength, dtype=np.float32)

    def likeness(self, other: Signature) -> float:
        """How alike the patterns of two pictures are where both show one, -1..1; light does not matter."""
        low, high = np.minimum(self._grey, other._grey), np.maximum(self._grey, other._grey)
        return _correlation(self.pattern, other.pattern, (low > CLIPPED[0]) & (high < CLIPPED[1]))

    def _likeness_when_moved(self, other: Signature) -> float:
        """The same after ``other`` was moved as a whole to where it fits best (phase correlation) and colours do."""
        window = cv2.createHanningWindow(LOOKED_AT, cv2.CV_32F)
        (x, y), _ = cv2.phaseCorrelate(other.pattern, self.pattern, window)
        if not (abs(x) < LARGEST_SHIFT * LOOKED_AT[0] and abs(y) < LARGEST_SHIFT * LOOKED_AT[1]):
            return 0.0
        shift = np.full((*self.pattern.shape, 2), (-x, -y), np.float32)
        overlap = inside(shift)
        if self._fetched(other, shift, overlap) < MOVED_SHARE * float(overlap.mean()):
            return 0.0
        return _correlation(self.pattern, warp(other.pattern, shift), overlap)

    def _explained(self, other: Signature) -> float:
        """Share of what changed that optical flow, checked there and back, fetches from ``other``."""
        views = [View((255 * each._grey).astype(np.uint8), each.small) for each in (self, other)]
        motion, _ = FlowFinder().between(views[0], views[1])
        return self._fetched(other, motion.shift, (motion.trust > 0.5) & inside(motion.shift))

    def _fetched(self, other: Signature, shift: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
        """Share of what changed whose colours are in ``other`` at ``shift``, as far as that is believed."""
        before, after = unlike(self.small, other.small), unlike(self.small, warp(other.small, shift))
        changed = before > CHANGED
        explained = where & changed & (after < np.maximum(CHANGED, 0.4 * before))
        return float(explained.sum()) / max(1, int(changed.sum()))


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """Of two patterns (h, w), whose means are 0; 0 where there is too little to tell."""
    if where.mean() < 0.1:
        return 0.0
    first, second = a[where], b[where]
    both = float(np.sqrt(np.square(first).mean() * np.square(second).mean()))
    return float((first * second).mean()) / both if both > 1e-6 else 0.0


def sign(picture: NDArray[np.float32]) -> Signature:
    """The signature of a picture (H, W, 3) float32 0..1."""
    small = np.asarray(cv2.resize(picture, LOOKED_AT, interpolation=cv2.INTER_AREA), dtype=np.float32)
    thumb = np.asarray(cv2.resize(small, THUMB, interpolation=cv2.INTER_AREA), dtype=np.float32)
    levels = np.clip((thumb * 6).astype(np.int32), 0, 5)
    bins = np.bincount((levels[..., 0] * 36 + levels[..., 1] * 6 + levels[..., 2]).ravel(), minlength=216)
    calm = np.clip(cv2.blur(small, (3, 3)), 0.0, 1.0)
    return Signature(thumb, (bins / bins.sum()).astype(np.float32), np.asarray(calm, dtype=np.float32))


class _Fade:
    """Tells whether a shot faded out and another one in: what is before and behind a flat picture is not alike."""

    def __init__(self) -> None:
        self._lit: Signature | None = None
        self._went_flat = False

    def begin_shot(self) -> None:
        """Forget what was seen."""
        self._lit, self._went_flat = None, False

    def is_another(self, found: Signature) -> bool:
        """Take the next picture; whether it is the first one to be made out of another shot."""
        if found.is_flat:
            self._went_flat = self._lit is not None
            return False
        if found.contrast < LIT_CONTRAST:
            return False
        other = self._went_flat and self._lit is not None and found.likeness(self._lit) < OTHER_PATTERN
        self._lit, self._went_flat = found, False
        return other


class CutDetector:
    """Tells, frame by frame and without looking ahead, whether a new shot begins.

    A cut to another place changes the colours of the whole picture at once *and* leaves hardly a pixel as it was. A cut
    within a place - from the whole to a close-up - changes less, but neither a shift of the picture nor optical flow
    explains it. Pans, light and what moves in the picture do neither. The end of a flash is no cut; its beginning may
    be one here, since only later frames tell: :class:`ShotFinder` waits for them.
    """

    def __init__(self) -> None:
        self._last: Signature | None = None
        self._before: Signature | None = None
        self._since = 0
        self._motion: deque[float] = deque(maxlen=2)
        self._fade = _Fade()

    def is_cut(self, picture: NDArray[np.float32]) -> bool:
        """Look at the next frame: (H, W, 3) float32 0..1. The first frame ever seen is no cut."""
        found, last = sign(picture), self._last
        self._last = found
        self._since += 1
        is_cut = last is not None and found.is_far_from(last, min(self._motion, default=0.0))
        if last is not None:
            self._motion.append(found.difference(last))
        if is_cut and self._before is not None and self._since <= FLASH_FRAMES:
            assert last is not None
            if last.is_light_of(self._before) and not found.is_far_from(self._before):
                self._before = None
                return False
        if is_cut:
            self._before, self._since = last, 0
            self._fade.begin_shot()
        return self._fade.is_another(found) or is_cut


@dataclass(frozen=True)
class ShotFrame(Generic[PictureT]):
    """A frame with its place among the shots.

    Attributes:
        frame_index: As given.
        picture: As given.
        is_cut: Whether it begins a shot.
        is_flash: Whether it is part of a flash of at most ``FLASH_FRAMES`` frames within a shot.
        is_flat: Whether it is black, white or one colour.
    """

    frame_index: int
    picture: PictureT
    is_cut: bool
    is_flash: bool
    is_flat: bool


class ShotFinder:
    """Finds cuts with a look-ahead of ``FLASH_FRAMES`` frames.

    So a flash is not taken for two cuts, and what moves fast before and after is not taken for one. A flash is the
    picture before it in other light, or shows nothing: another picture that is cut in for a frame is a shot of its own.
    """

    def __init__(self, added: Collection[int] = (), removed: Collection[int] = ()) -> None:
        """Begin a clip.

        Args:
            added: Frames that begin a shot whatever they show.
            removed: Frames that begin none.
        """
        self._added, self._removed = frozenset(added), frozenset(removed)
        self._waiting: deque[tuple[int, NDArray[np.float32], Signature]] = deque()
        self._good: Signature | None = None
        self._motion: deque[float] = deque(maxlen=2)
        self._fade = _Fade()

    def push(self, frame_index: int, picture: NDArray[np.float32]) -> list[ShotFrame[NDArray[np.float32]]]:
        """Take the next frame, (H, W, 3) float32 0..1; give those that are decided, in order."""
        self._waiting.append((frame_index, picture, sign(picture)))
        return [self._decide()] if len(self._waiting) > FLASH_FRAMES else []

    def finish(self) -> list[ShotFrame[NDArray[np.float32]]]:
        """No more frames come: give what is left."""
        return [self._decide() for _ in range(len(self._waiting))]

    def _decide(self) -> ShotFrame[NDArray[np.float32]]:
        frame_index, picture, found = self._waiting.popleft()
        good = self._good
        if good is None:
            self._good = found
            self._fade.is_another(found)
            return ShotFrame(frame_index, picture, False, False, found.is_flat)
        later = [signature for _, _, signature in self._waiting]
        is_given = frame_index in self._added
        flash = (
            not is_given
            and found.leaps_from(good)
            and found.is_light_of(good)
            and any(not each.leaps_from(good) and not each.is_far_from(good) for each in later)
        )
        if flash:
            return ShotFrame(frame_index, picture, False, True, found.is_flat)
        chain = [found, *later]
        after = [two.difference(one) for one, two in itertools.pairwise(chain)]
        is_cut = is_given or found.is_far_from(good, max(min(self._motion, default=0.0), min(after, default=0.0)))
        self._motion.append(found.difference(good))
        self._good = found
        if is_cut:
            self._fade.begin_shot()
        is_cut = (self._fade.is_another(found) or is_cut) and frame_index not in self._removed
        return ShotFrame(frame_index, picture, is_cut, False, found.is_flat)

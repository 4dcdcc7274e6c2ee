"""Optical flow between neighbouring pictures, with a check of where it can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOW_SIDE = 320
"""Longer side, in pixels, of the pictures that flow is computed on; maps have other sizes."""

STILL_GAIN = 0.008
"""What flow must improve the likeness of two pictures by (0..1) before a pixel counts as moving."""

LEAST_SIDE = 32
"""Sides that the flow method needs at least, in pixels."""

CHECK_SHARE = 0.01
CHECK_OFFSET_PX2 = 0.5
"""Sundaram, Brox, Keutzer 2010, eq. 5: |F + B|^2 < 0.01 (|F|^2 + |B|^2) + 0.5, in pixels of the flow's picture."""


@dataclass(frozen=True)
class View:
    """A picture as the temporal filter looks at it.

    Attributes:
        grey: (fh, fw) uint8, longer side about ``FLOW_SIDE``: for flow.
        colour: (h, w, 3) float32 0..1 at the map's size, without fine grain: for likeness.
    """

    grey: NDArray[np.uint8]
    colour: NDArray[np.float32]


@dataclass(frozen=True)
class Motion:
    """Where the pixels of a map are found in another frame.

    Attributes:
        shift: (h, w, 2) float32, pixels of the map, x then y: pixel p is found at p + shift.
        trust: (h, w) float32 0..1: whether to believe it.
    """

    shift: NDArray[np.float32]
    trust: NDArray[np.float32]


def make_view(picture: NDArray[np.float32], size: tuple[int, int], flow_side: int = FLOW_SIDE) -> View:
    """Prepare a picture.

    Args:
        picture: (H, W, 3) float32, sRGB-encoded 0..1.
        size: (h, w) of the disparity map.
        flow_side: Longer side of the picture for flow, in pixels, if the picture has as many.
    """
    height, width = picture.shape[:2]
    scale = min(1.0, flow_side / max(height, width))
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, small_size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    interpolation = cv2.INTER_AREA if small.shape[0] >= size[0] else cv2.INTER_LINEAR
    colour = cv2.blur(cv2.resize(small, size[::-1], interpolation=interpolation), (3, 3))
    return View(np.asarray(np.clip(grey * 255.0 + 0.5, 0, 255), dtype=np.uint8), np.asarray(colour, dtype=np.float32))


class FlowFinder:
    """Flow both ways between two pictures, at map size. Holds the work space of the flow method (DIS, Kroeger 2016)."""

    def __init__(self, preset: int = cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST) -> None:
        self._method = cv2.DISOpticalFlow.create(preset)

    def between(self, first: View, second: View) -> tuple[Motion, Motion]:
        """Motion from ``first`` to ``second`` and back, each with its own trust.

        Trust is 0 where flow there and back does not end where it began: what is hidden in the other picture.
        Pixels that look the same where they are count as still: there the shift is exactly 0, so nothing is
        interpolated.
        """
        size = (first.colour.shape[0], first.colour.shape[1])
        if np.array_equal(first.grey, second.grey):
            still = Motion(np.zeros((*size, 2), np.float32), np.ones(size, np.float32))
            return still, still
        there, back = flow_by(self._method, first.grey, second.grey), flow_by(self._method, second.grey, first.grey)
        return (
            _at_map_size(there, _agrees(there, back), first.colour, second.colour),
            _at_map_size(back, _agrees(back, there), second.colour, first.colour),
        )


@dataclass(frozen=True)
class Step:
    """A picture of a shot, and the motion between it and the one before it; None for the first.

    Attributes:
        view: The picture.
        before: The one before.
        arriving: From the picture before to this one.
        back: From this one to the picture before.
    """

    view: View
    before: View | None = None
    arriving: Motion | None = None
    back: Motion | None = None


class MotionTracker:
    """Motion from picture to picture of a shot, found once for all who need it."""

    def __init__(self) -> None:
        self._flow = FlowFinder()
        self._last: View | None = None

    def reset(self) -> None:
        """A new shot begins."""
        self._last = None

    def step(self, picture: NDArray[np.float32], size: tuple[int, int]) -> Step:
        """Take the next picture (H, W, 3) float32, sRGB-encoded 0..1; motion is wanted for maps of ``size`` (h, w)."""
        view, last = make_view(picture, size), self._last
        self._last = view
        if last is None or last.colour.shape != view.colour.shape or last.grey.shape != view.grey.shape:
            return Step(view)
        return Step(view, last, *self._flow.between(last, view))


class FineFlow:
    """Flow to a fraction of a pixel, small motion too; several times as dear as :class:`FlowFinder`.

    DIS at the full size of the views, with small patches, and nothing taken for still.
    """

    def __init__(self) -> None:
        self._method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._method.setFinestScale(0)
        self._method.setPatchSize(6)
        self._method.setPatchStride(3)
        self._method.setGradientDescentIterations(16)
        self._method.setVariationalRefinementIterations(5)

    def between(self, first: View, second: View) -> tuple[Motion, Motion]:
        """Motion from ``first`` to ``second`` and back, at map size; see :meth:`FlowFinder.between`."""
        size = (first.colour.shape[0], first.colour.shape[1])
        if np.array_equal(first.grey, second.grey):
            still = Motion(np.zeros((*size, 2), np.float32), np.ones(size, np.float32))
            return still, still
        there, back = (flow_by(self._method, *pair) for pair in ((first.grey, second.grey), (second.grey, first.grey)))
        return _resized(there, _agrees(there, back), size), _resized(back, _agrees(back, there), size)


def flow_by(method: Any, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(fh, fw) uint8 twice -> (fh, fw, 2). Small and flat pictures are padded: DIS reads outside its pyramid."""
    height, width = first.shape
    below, beside = max(0, max(LEAST_SIDE, width // 4) - height), max(0, LEAST_SIDE - width)
    if below or beside:
        first, second = (
            cv2.copyMakeBorder(grey, 0, below, 0, beside, cv2.BORDER_REPLICATE) for grey in (first, second)
        )
    return np.asarray(method.calc(first, second, None)[:height, :width], dtype=np.float32)


def _resized(flow: NDArray[np.float32], agrees: NDArray[np.float32], size: tuple[int, int]) -> Motion:
    """Flow of the flow's picture -> motion of the map."""
    height, width = size
    factor = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    interpolation = cv2.INTER_AREA if flow.shape[0] >= height else cv2.INTER_LINEAR
    shift = cv2.resize(flow, (width, height), interpolation=interpolation) * factor
    trust = cv2.resize(agrees, (width, height), interpolation=interpolation)
    return Motion(np.asarray(shift, np.float32), np.asarray(trust, np.float32))


def warp(values: NDArray[np.float32], shift: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values (h, w) or (h, w, up to 4) of another frame, fetched to where they belong: out[p] = values[p + shift[p]].

    Beyond the border the nearest value is taken.
    """
    found = cv2.remap(
        values,
        cv2.add(shift, positions(shift.shape[0], shift.shape[1])),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(found, dtype=np.float32)


def inside(shift: NDArray[np.float32]) -> NDArray[Any]:
    """(h, w) bool: whether p + shift lies in the picture."""
    height, width = shift.shape[:2]
    place = cv2.add(shift, positions(height, width))
    return np.asarray(cv2.inRange(place, (-0.5, -0.5), (width - 0.5, height - 0.5))) > 0


def follow(first: Motion, second: Motion) -> Motion:
    """Two motions one after the other, frame a -> b and b -> c: a -> c."""
    if not first.shift.any():
        return Motion(second.shift, np.minimum(first.trust, second.trust))
    if not second.shift.any():
        return Motion(first.shift, np.minimum(first.trust, warp(second.trust, first.shift)))
    return Motion(
        np.asarray(cv2.add(first.shift, warp(second.shift, first.shift)), dtype=np.float32),
        np.minimum(first.trust, warp(second.trust, first.shift)),
    )


@lru_cache(maxsize=8)
def positions(height: int, width: int) -> NDArray[np.float32]:
    """Column and row of every pixel: (h, w, 2) float32. Do not write into it."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([x, y], axis=-1)


def _agrees(there: NDArray[np.float32], back: NDArray[np.float32]) -> NDArray[np.float32]:
    """(fh, fw) float32, 1 where the flow there and the flow back cancel out and end in the picture."""
    returned = warp(back, there)
    miss = _length2(cv2.add(there, returned))
    allowed = cv2.addWeighted(_length2(there), CHECK_SHARE, _length2(returned), CHECK_SHARE, CHECK_OFFSET_PX2)
    return ((miss < allowed) & inside(there)).astype(np.float32)


def _length2(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 2) -> (h, w): squared lengths."""
    x, y = cv2.split(vectors)
    return np.asarray(x * x + y * y, dtype=np.float32)


def _at_map_size(
    flow: NDArray[np.float32],
    agrees: NDArray[np.float32],
    here: NDArray[np.float32],
    other: NDArray[np.float32],
) -> Motion:
    """Flow of the flow's picture -> motion of the map; what is still is set to 0 and trusted."""
    height, width = here.shape[:2]
    factor = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    interpolation = cv2.INTER_AREA if flow.shape[0] >= height else cv2.INTER_LINEAR
    shift = cv2.resize(flow, (width, height), interpolation=interpolation) * factor
    trust = cv2.resize(agrees, (width, height), interpolation=interpolation)
    unlike_still = cv2.blur(unlike(here, other), (5, 5))
    unlike_moved = cv2.blur(unlike(here, warp(other, shift)), (5, 5))
    still = unlike_still <= unlike_moved + STILL_GAIN
    moves = (~still).astype(np.float32)
    return Motion(
        np.asarray(cv2.multiply(shift, cv2.merge([moves, moves])), dtype=np.float32),
        np.where(still, np.float32(1.0), trust),
    )


def unlike(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w) float32: largest difference over the colours of two pictures (h, w, 3)."""
    red, green, blue = cv2.split(cv2.absdiff(a, b))
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.float32)

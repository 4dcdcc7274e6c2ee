"""The light of clipped lamps, as the frames of a shot agree on it.

How bright a lamp is has to be guessed (:mod:`vbr_core.model.highlights`), and each frame's guess is off in its own way:
a bokeh ball would flicker. A lamp is followed along the motion through the frames before and after, and its gain is the
mean of what they guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from vbr_core.kernels.paths import move, numbers_of, sum_of_agreeing
from vbr_core.model.highlights import CLIPPED_FROM, MOST_LOG_GAIN, clipped_share
from vbr_core.render.optics import encoded_above_white, srgb_to_linear
from vbr_core.render.outside import SAME_SURFACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.render.hidden_light import Look

AGREEING_FRAMES = 3
"""Frames before and after that are asked. Ten either way are hardly better."""

AROUND = 3
"""Gains are compared as means over squares of so many pixels: outlines of lamps do not stay on their pixels."""

LEAST_CLIPPED = 0.3
"""So much of the square must be clipped where a lamp is looked for in another frame."""


@dataclass(frozen=True)
class ClippedLight:
    """What was guessed of a frame's clipped light, at working size, where there is any.

    Attributes:
        places: (N,) flat indices of pixels (h, w) that are clipped, or beside such.
        number: (h, w) int32: their rows in the lists; -1 for other pixels.
        extra: (N, 3) float32: linear light above what the picture shows.
        lit: (N, 3) float32: the colour with that light, on the sRGB curve continued above 1.
        gain: (N, 3) float32: mean natural logarithm of the gain of the clipped channels around.
        share: (N, 3) float32 0..1: how much around is clipped.
    """

    places: NDArray[np.intp]
    number: NDArray[np.int32]
    extra: NDArray[np.float32]
    lit: NDArray[np.float32]
    gain: NDArray[np.float32]
    share: NDArray[np.float32]

    def picture(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """One of them as a picture (h, w, 3), 0 elsewhere."""
        result = np.zeros((self.number.size, 3), np.float32)
        result[self.places] = values
        return result.reshape(*self.number.shape, 3)


def clipped_light(
    frame: NDArray[np.float32], bright: NDArray[np.float32] | None, color: NDArray[np.float32]
) -> ClippedLight | None:
    """Sum up what was guessed.

    Args:
        frame: (H, W, 3) sRGB 0..1.
        bright: The frame with the light that was clipped, on the sRGB curve continued above 1; None for none.
        color: (h, w, 3) the frame at working size, smaller by a whole number, rounded up.

    Returns:
        None if nothing was clipped.
    """
    if bright is None or bright is frame:
        return None
    y, x = _clipped_pixels(frame)
    if len(y) == 0:
        return None
    size = (color.shape[0], color.shape[1])
    before, after = frame[y, x], bright[y, x]
    shown, light = (srgb_to_linear(torch.from_numpy(each)).numpy() for each in (before, after))
    clipped = (before > CLIPPED_FROM).astype(np.float32)
    factor = -(-len(frame) // size[0])
    cell = y // factor * size[1] + x // factor

    def summed(values: NDArray[np.float32]) -> NDArray[np.float32]:
        sums = [np.bincount(cell, values[:, channel], size[0] * size[1]) for channel in range(3)]
        return np.stack(sums, axis=-1).reshape(*size, 3).astype(np.float32) / np.float32(factor**2)

    gains = summed(_log_gain(before, after) * clipped)
    gains, share = (cv2.blur(each, (AROUND, AROUND)) for each in (gains, summed(clipped)))
    places = np.flatnonzero(any_channel(share > 0.0))
    extra, gains, share, seen = (
        each.reshape(-1, 3)[places] for each in (summed(light - shown), gains, share, np.ascontiguousarray(color))
    )
    gain = (gains / np.maximum(share, np.float32(1e-6))).astype(np.float32)
    lit = encoded_above_white(srgb_to_linear(torch.from_numpy(seen)) + torch.from_numpy(extra)).numpy()
    lit = np.where(any_channel(extra > 0.0)[:, None], lit, seen)
    return ClippedLight(places, numbers_of(places, size), extra, lit, gain, share)


def agreed_change(looks: list[Look], here: int) -> NDArray[np.float32] | None:
    """What the frames around change in the guess of frame ``here``: (h, w, 3), added to the log gain; None if nothing.

    Args:
        looks: Frames of one shot, one after another.
        here: Number of the frame.
    """
    own = looks[here].light
    if own is None or len(looks) == 1:
        return None
    y, x = np.divmod(own.places, own.number.shape[1])
    surface = looks[here].disparity[y, x]
    count = (own.share > 0.0).astype(np.float32)
    total = own.gain * count
    for step in (-1, 1):
        place = np.stack([x, y], axis=-1).astype(np.float32)
        for at in range(here, here + step * AGREEING_FRAMES, step):
            motion = looks[at].back if step < 0 else looks[at].on
            if motion is None or not 0 <= at + step < len(looks):
                break
            move(motion, place)
            there = looks[at + step]
            if there.light is not None:
                light, least, same = there.light, np.float32(LEAST_CLIPPED), np.float32(SAME_SURFACE)
                sum_of_agreeing(
                    there.disparity, light.number, light.gain, light.share, place, surface, least, same, total, count
                )
    change = total / np.maximum(count, np.float32(1.0)) - own.gain * (count > 0)
    return own.picture(change.astype(np.float32))


def changed(
    frame: NDArray[np.float32], bright: NDArray[np.float32], change: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The frame with clipped light whose log gain is changed.

    Args:
        frame: (H, W, 3) sRGB 0..1.
        bright: The same with the light that was clipped, on the sRGB curve continued above 1.
        change: (h, w, 3) from :func:`agreed_change`.
    """
    y, x = _clipped_pixels(frame)
    factor = -(-len(frame) // len(change))
    before = frame[y, x]
    share = clipped_share(torch.from_numpy(before)).numpy()
    gain = _log_gain(before, bright[y, x]) + share * change[y // factor, x // factor]
    gain = gain.clip(0.0, MOST_LOG_GAIN)
    result = bright.copy()
    result[y, x] = (before + np.float32(0.055)) * np.exp(gain / np.float32(2.4)) - np.float32(0.055)
    return result


def _log_gain(before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural logarithm of the gain of linear light between values above the toe of the sRGB curve; at least 0."""
    ratio = (after + np.float32(0.055)) / (before + np.float32(0.055))
    return np.float32(2.4) * np.log(np.maximum(ratio, np.float32(1.0)))


def _clipped_pixels(frame: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of pixels of which a channel is clipped."""
    rows, columns = np.nonzero(any_channel(frame > CLIPPED_FROM))
    return rows, columns


def any_channel(values: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(..., 3) -> (...): several times as fast as ``any`` along so short an axis."""
    return values[..., 0] | values[..., 1] | values[..., 2]

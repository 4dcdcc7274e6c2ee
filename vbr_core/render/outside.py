"""What lies outside of the frame, as far as the shot's other frames tell.

A lens sees past the edges of the picture: what is blurred there takes in light from as far outside as its blur reaches.
Where the camera or a thing moves, what lies outside now was inside a moment ago or will be in a moment: it is followed
there along the motion of what is seen at the border beside it. Elsewhere it is guessed: as the picture mirrored at its
borders, but stretched, for what is farther away is less like what is mirrored there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from vbr_core.kernels.paths import NO_LIGHT, NO_NUMBERS, look_outside
from vbr_core.kernels.scatter_torch import mirror_index
from vbr_core.render.optics import srgb_to_linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.depth.flow import Motion
    from vbr_core.render.clipped_light import ClippedLight
    from vbr_core.render.scatter import ScatterInput

MARGIN_SHARE = 0.125
"""How far outside is looked, as a part of the picture's height."""

INSET_PX = (1, 3, 5)
"""The motion of the border is that of the pixels so far inside it ..."""

SMOOTH_PX = 8
"""... and of those to either side of them that are of the same surface."""

SAME_SURFACE = 0.04
"""Pixels belong to one surface if their disparities differ by less."""

LEAST_TRUST = 1.0
"""A motion is believed if it rests on the trust of so many pixels."""

LEAST_FOUND = 0.002
"""If less of the surroundings is found, it is not worth the trouble."""

STRETCH = 4
"""The mirrored picture is stretched by so much: on SVB clips nearer to the truth than the mirrored picture itself (1),
and next to as good as the border's own pixels drawn out (without end), which would turn lamps into streaks."""


@dataclass(frozen=True)
class Outside:
    """The surroundings of a frame at working size, the frame in their middle.

    Attributes:
        margin: Pixels on every side.
        color: (h + 2 margin, w + 2 margin, 3) float32, sRGB-encoded, on the curve continued above 1 where lamps are.
        disparity: (h + 2 margin, w + 2 margin) float32.
        found: (h + 2 margin, w + 2 margin) bool: where another frame shows it. The rest, and the middle, are 0.
    """

    margin: int
    color: NDArray[np.float32]
    disparity: NDArray[np.float32]
    found: NDArray[np.bool_]


@dataclass(frozen=True)
class Sight:
    """A frame as its neighbours look at it for what is outside of them, at working size.

    Attributes:
        color: (h, w, 3) float32, sRGB-encoded.
        disparity: (h, w) float32.
        clean: (h, w) float32: 1 where a pixel shows one surface only.
        back: (N, 2) motion of each place of the border (:func:`border_places`), to the frame before; NaN is unknown,
            None stands for no such frame.
        on: The same to the frame after.
        light: What was guessed of clipped light; None if nothing was clipped.
    """

    color: NDArray[np.float32]
    disparity: NDArray[np.float32]
    clean: NDArray[np.float32]
    back: NDArray[np.float32] | None = None
    on: NDArray[np.float32] | None = None
    light: ClippedLight | None = None


def margin_of(height: int) -> int:
    """How far outside is looked, for pictures of a height."""
    return max(4, round(height * MARGIN_SHARE))


@lru_cache(maxsize=8)
def border_places(height: int, width: int, inset: int = 0) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the border's pixels, N = 2 (w + h) of them, clockwise from the top left; ``inset`` inside."""
    x, y = np.arange(width), np.arange(height)
    top, left = np.zeros_like(x), np.zeros_like(y)
    rows = np.concatenate([top, y, top + height - 1, y[::-1]]).clip(inset, max(inset, height - 1 - inset))
    columns = np.concatenate([x, left + width - 1, x[::-1], left]).clip(inset, max(inset, width - 1 - inset))
    return rows.clip(0, height - 1), columns.clip(0, width - 1)


def border_motion(disparity: NDArray[np.float32], motion: Motion) -> NDArray[np.float32]:
    """Motion of the places of the border: (N, 2); NaN where nothing near them can be believed."""
    height, width = disparity.shape
    at_border = disparity[border_places(height, width)]
    total = np.zeros(len(at_border), np.float32)
    sums = np.zeros((len(at_border), 2), np.float32)
    for inset in INSET_PX:
        places = border_places(height, width, min(inset, (min(height, width) - 1) // 2))
        depth, shift, trust = disparity[places], motion.shift[places], motion.trust[places]
        for along in range(-SMOOTH_PX, SMOOTH_PX + 1):
            there = np.roll(trust, along) * (np.abs(np.roll(depth, along) - at_border) < SAME_SURFACE)
            total += there
            sums += there[:, None] * np.roll(shift, along, axis=0)
    result: NDArray[np.float32] = (sums / np.maximum(total, 1e-6)[:, None]).astype(np.float32)
    result[total < LEAST_TRUST] = np.nan
    return result


@lru_cache(maxsize=8)
def _surroundings(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]:
    """Places (N, 2), x then y, of all pixels outside within the margin, their numbers in the padded picture, and the
    flat indices of the border's pixels that are nearest to them."""
    margin = margin_of(height)
    y, x = np.mgrid[-margin : height + margin, -margin : width + margin]
    outside = ((x < 0) | (y < 0) | (x >= width) | (y >= height)).reshape(-1)
    places = np.stack([x.reshape(-1), y.reshape(-1)], axis=1)[outside].astype(np.float32)
    nearest = y.clip(0, height - 1) * width + x.clip(0, width - 1)
    return places, np.flatnonzero(outside), nearest.reshape(-1)[outside]


def outside_of(sights: list[Sight], here: int, reach_frames: int, decay: float) -> Outside | None:
    """What lies outside of frame ``here``, from the frames around it; None if they show next to nothing of it.

    Args:
        sights: Frames of one shot, one after another.
        here: Number of the frame.
        reach_frames: So many frames before and after it are looked at.
        decay: The earlier found counts more: certainty sinks by this factor a frame.
    """
    height, width = sights[here].disparity.shape
    places, numbers, nearest = _surroundings(height, width)
    color = np.zeros((len(places), 3), np.float32)
    disparity, sure = np.zeros(len(places), np.float32), np.zeros(len(places), np.float32)
    surface = sights[here].disparity.reshape(-1)[nearest]
    for step in (-1, 1):
        _follow(sights, here, step, reach_frames, decay, (places, surface), (color, disparity, sure))
    found = sure > 0.0
    if found.mean() < LEAST_FOUND:
        return None
    margin = margin_of(height)
    shape = (height + 2 * margin, width + 2 * margin)
    result = Outside(margin, np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32), np.zeros(shape, bool))
    result.color.reshape(-1, 3)[numbers[found]] = color[found]
    result.disparity.reshape(-1)[numbers[found]] = disparity[found]
    result.found.reshape(-1)[numbers[found]] = True
    return result


def _follow(
    sights: list[Sight],
    here: int,
    step: int,
    reach_frames: int,
    decay: float,
    looked_for: tuple[NDArray[np.float32], NDArray[np.float32]],
    into: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]],
) -> None:
    """Look in the frames before (``step`` -1) or after (1) frame ``here``; what is surer replaces what is there.

    ``looked_for`` are places (N, 2) and the disparity of their surface (N,), ``into`` their colour, disparity and
    certainty.
    """
    places, surface = looked_for
    place, pending = places.copy(), np.arange(len(places))
    sure = np.float32(1.0)
    for at in range(here, here + step * reach_frames, step):
        motion = sights[at].back if step < 0 else sights[at].on
        if motion is None or not 0 <= at + step < len(sights) or not len(pending):
            return
        there = sights[at + step]
        number, lit = (NO_NUMBERS, NO_LIGHT) if there.light is None else (there.light.number, there.light.lit)
        sure = np.float32(sure * np.float32(decay))
        kept = look_outside(
            motion,
            there.color,
            there.disparity,
            there.clean,
            number,
            lit,
            places,
            place,
            pending,
            surface,
            sure,
            np.float32(SAME_SURFACE),
            *into,
        )
        place, pending = place[:kept], pending[:kept]


def surrounded(given: ScatterInput, outside: Outside | None, height: int) -> ScatterInput:
    """The same with a margin around the picture, as wide as its blur reaches: what other frames show there, or a guess.

    Args:
        given: What is to be scattered, with its ``order``.
        outside: What is known, of pictures of any size.
        height: Lines of the pictures that ``outside`` was found in.
    """
    order = given.order
    assert order is not None, "what disparity means is not known any more"
    rows, columns = given.color.shape[1:3]
    reach = int(np.ceil(float(given.largest) * given.shape_reach / order.steps_per_px)) + 1
    margin = min(reach, margin_of(rows))
    device = given.color.device
    y, x = (_guessed(torch.arange(-margin, size + margin, device=device), size) for size in (rows, columns))

    def padded(values: torch.Tensor, most: float | None = None) -> torch.Tensor:
        """Planes (P, H, W, ...) with their surroundings, which are at most so bright."""
        result = values.new_empty(len(values), rows + 2 * margin, columns + 2 * margin, *values.shape[3:])
        middle = result[:, margin : margin + rows]
        middle[:, :, margin : margin + columns] = values
        beside = ((slice(0, margin), x[:margin]), (slice(margin + columns, None), x[margin + columns :]))
        for place, index in beside:
            strip = values.index_select(2, index)
            middle[:, :, place] = strip if most is None else strip.clamp_max(most)
        above = ((slice(0, margin), y[:margin]), (slice(margin + rows, None), y[margin + rows :]))
        for place, index in above:
            strip = middle.index_select(1, index)
            result[:, place] = strip if most is None else strip.clamp_max(most)
        return result

    color = padded(given.color, 1.0)  # a lamp is not there several times
    radius, layer, turned = (padded(each) for each in (given.radius_index, given.layer_index, given.turned))
    if outside is not None:
        known, light, depth = _known(outside, rows / height, (rows, columns), margin, device)
        color[0] = torch.where(known[..., None], light, color[0])
        radius[0] = torch.where(known, order.radius_index(depth), radius[0])
        radius[1:] = torch.where(known, -1, radius[1:])
        layer[0] = torch.where(known, order.layer(depth), layer[0])
        turned[0] = torch.where(known, depth > order.d_f, turned[0])
    return replace(
        given,
        color=color,
        radius_index=radius,
        layer_index=layer,
        see_through=padded(given.see_through[None])[0],
        largest=max(given.largest, int(radius[0].max())),
        turned=turned,
        margin=margin,
    )


def _guessed(position: torch.Tensor, size: int) -> torch.Tensor:
    """Which place of an axis stands for one outside: mirrored at the border and stretched."""
    before, after = position.div(STRETCH, rounding_mode="floor"), position - size
    stretched = torch.where(position < 0, before, size + after.div(STRETCH, rounding_mode="floor"))
    return mirror_index(torch.where((position < 0) | (after >= 0), stretched, position), size)


def _known(
    outside: Outside, scale: float, size: tuple[int, int], margin: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where the surroundings are known, their linear light and coverage, and their disparity, at a picture's size."""
    color, disparity, found = _scaled(outside, scale, size[1], size[0], margin)
    light = srgb_to_linear(torch.from_numpy(color).to(device))
    light = torch.cat([light, torch.ones_like(light[..., :1])], dim=-1)
    return torch.from_numpy(found).to(device), light, torch.from_numpy(disparity).to(device)


def _scaled(
    outside: Outside, scale: float, width: int, height: int, margin: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Colour, disparity and where they are known, around a picture of another size."""
    size = (width + 2 * margin, height + 2 * margin)
    # middle of pixel i of the result -> place in the small pictures
    offset = (0.5 - margin) / scale - 0.5 + outside.margin
    to_small = np.array([[1.0 / scale, 0.0, offset], [0.0, 1.0 / scale, offset]], np.float64)
    weight = outside.found.astype(np.float32)
    smooth = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    share = cv2.warpAffine(weight, to_small, size, flags=smooth)
    color = cv2.warpAffine(outside.color, to_small, size, flags=smooth) / np.maximum(share, 1e-6)[..., None]
    disparity = cv2.warpAffine(outside.disparity, to_small, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    at_all = cv2.warpAffine(weight, to_small, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP) > 0.0
    at_all[margin : margin + height, margin : margin + width] = False
    return np.asarray(color, np.float32), np.asarray(disparity, np.float32), np.asarray(at_all, np.bool_)

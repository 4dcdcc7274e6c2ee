"""Parts of a picture: drawn by hand, brought to edges, and carried from one frame to the next with what they show.

A part is a soft mask at a reduced size: (h, w) uint8, 255 inside, 0 outside, 128 on the outline. It is soft so that
motion of less than a pixel is not lost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vbr_core.project import Stroke

CARRY_SIDE = 512
"""Longer side, in pixels, of the pictures and masks that are carried."""

AGREE_SHARE, AGREE_PX2 = 0.01, 0.5
"""Forward and backward flow agree within this (Sundaram, Brox, Keutzer 2010, eq. 5)."""

SNAP_REACH = 0.03
"""How far a drawn outline may be from the edge that is meant, as a part of the picture's height."""

SPUR_PX = 2
"""Half the width of what a snapped outline leaves out: thinner things are lines of the picture."""

RIM_REACH = 0.014
"""How far the edge of the depth may be from the outline, as a part of the map's height."""

RIM_SHARE = 0.12
"""A pixel of the rim is taken in when it is so much more like the part than like what is around: ramps go with it."""

DEPTH_NOISE = 0.02**2
"""Variance of disparity, 0..1, that means nothing."""

LOCAL_RADIUS_PX = 9
BAND_PX = 2
PULL = 0.5
"""How much of the outline's place is taken from the colours beside it at every frame; the rest comes from the flow."""

UNSURE_PX = 4
"""How far beyond the outline colours may decide where the flow cannot be trusted; more lets the part leak."""

FLOW_MARGIN_PX = 64
"""The flow is found in the part's surroundings only: it is most of the work."""

STEEPER = 1.6
"""Interpolation widens the soft outline a little at every frame; this narrows it again."""

CAMERA_NOISE = (6.0 / 255.0) ** 2
"""Variance of colour, 0..1, that means nothing."""


def carry_size(width: int, height: int) -> tuple[int, int]:
    """Width and height that masks of a clip are carried at."""
    scale = min(1.0, CARRY_SIDE / max(width, height))
    return max(16, round(width * scale)), max(16, round(height * scale))


def draw_strokes(strokes: Sequence[Stroke], clip_size: tuple[int, int], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The union of strokes as a mask.

    Args:
        strokes: In pixels of the clip.
        clip_size: Width and height of the clip.
        size: Width and height of the mask.

    Returns:
        (h, w) uint8, 0..255, with a smooth outline.
    """
    shift = 4  # sixteenths of a pixel
    scale = np.array([size[0] / clip_size[0], size[1] / clip_size[1]])
    mask = np.zeros((size[1], size[0]), np.uint8)
    for stroke in strokes:
        # the middle of the first pixel is at 0.5 in the clip and at 0 for the drawing functions
        points = np.clip(np.array(stroke.points) * scale - 0.5, -2.0 * max(size), 3.0 * max(size))
        fixed = np.round(points * (1 << shift)).astype(np.int32)
        if stroke.radius_px == 0.0:
            cv2.fillPoly(mask, [fixed.reshape(-1, 1, 2)], 255, cv2.LINE_AA, shift)
            continue
        radius = max(0.7, stroke.radius_px * float(scale.mean()))
        for point in fixed:
            cv2.circle(
                mask, (int(point[0]), int(point[1])), round((radius - 0.5) * (1 << shift)), 255, -1, cv2.LINE_AA, shift
            )
        thickness = max(1, round(2.0 * radius))
        cv2.polylines(mask, [fixed.reshape(-1, 1, 2)], False, 255, thickness, cv2.LINE_AA, shift)
    return mask


def inside(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The pixels of the part: (h, w)."""
    return np.asarray(mask > 127)


def at_map(mask: NDArray[np.uint8], disparity: NDArray[np.float32], *, to_edges: bool) -> NDArray[np.bool_]:
    """The pixels of a map that belong to a part.

    The outline is smoothed, without what is thinner than a few pixels. Depth edges rarely lie quite on those of the
    picture: with ``to_edges`` the part takes in what is beside it, of its own disparity rather than of what is around,
    so that no rim of the old depth stays.

    Args:
        mask: (h, w) uint8, of any size.
        disparity: (H, W) float32, 0..1.
        to_edges: Whether to take in the rim.

    Returns:
        (H, W) bool.
    """
    height, width = disparity.shape
    smooth = cv2.GaussianBlur(cv2.medianBlur(mask, 5), (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    region = inside(np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8))
    reach = max(2, round(RIM_REACH * height))
    box = _box(region.astype(np.uint8), 6 * reach)
    if not to_edges or box is None:
        return region
    part = np.ascontiguousarray(region[box]).astype(np.uint8)
    core = np.asarray(cv2.erode(part, _disc(max(1, reach // 2)), borderType=cv2.BORDER_REPLICATE), np.uint8)
    beyond = 1 - np.asarray(cv2.dilate(part, _disc(2 * reach)), np.uint8)
    values = np.ascontiguousarray(disparity[box])[..., None]
    share, sure = _likeness(values, core, beyond, 3 * reach, DEPTH_NOISE)
    near = np.asarray(cv2.dilate(part, _disc(reach)), np.uint8) > 0
    rim = (near & (part == 0) & (sure > 0.5) & (share > RIM_SHARE)).astype(np.uint8)
    # a repair fades in within its outline: one pixel more, so that it is whole where the ramp ends
    grown = part | np.asarray(cv2.dilate(rim, _disc(1)), np.uint8)
    region[box] = cv2.morphologyEx(grown, cv2.MORPH_CLOSE, _disc(1)) > 0
    return region


# --- a drawn outline to edges ----------------------------------------------------------------------------------------


def snap_to_picture(mask: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Move a roughly drawn outline to the edges of the picture, within :data:`SNAP_REACH`.

    Graph cut on colour mixtures (Rother, Kolmogorov, Blake 2004); what lies well inside and well outside is certain.

    Args:
        mask: (h, w) uint8.
        picture: (h, w, 3) uint8.

    Returns:
        (h, w) uint8; the mask as it is if nothing is left to choose.
    """
    drawn = inside(mask).astype(np.uint8)
    certain, possible = _trimap(drawn)
    box = _box(possible, 12)
    if not certain.any() or box is None:
        return mask
    labels = np.where(drawn[box] > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[certain[box] > 0] = cv2.GC_FGD
    labels[possible[box] == 0] = cv2.GC_BGD
    if not (labels == cv2.GC_BGD).any():
        return mask
    cv2.setRNGSeed(0)  # its clusters begin at random: equal input, equal outline
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(picture[box]), labels, None, *models, 4, cv2.GC_INIT_WITH_MASK)
    chosen = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    # without spurs along lines of the picture, and without islands
    chosen = np.asarray(cv2.morphologyEx(chosen, cv2.MORPH_OPEN, _disc(SPUR_PX)), np.uint8) | certain[box]
    parts = cv2.connectedComponents(chosen, connectivity=4)[1]
    kept = np.isin(parts, np.unique(parts[certain[box] > 0]))
    out = np.zeros_like(mask)
    out[box] = np.where(kept & (chosen > 0), 255, 0)
    return _soft(out)


def snap_to_depth(mask: NDArray[np.uint8], disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Move a roughly drawn outline to the edges of the disparity, within :data:`SNAP_REACH`.

    Args:
        mask: (h, w) uint8.
        disparity: Of the same frame, any size, 0..1.

    Returns:
        (h, w) uint8.
    """
    size = (mask.shape[1], mask.shape[0])
    values = np.asarray(cv2.resize(disparity, size, interpolation=cv2.INTER_AREA), np.float32)[..., None]
    drawn = inside(mask).astype(np.uint8)
    certain, possible = _trimap(drawn)
    if not certain.any() or possible.all():
        return mask
    radius = max(LOCAL_RADIUS_PX, 2 * _reach(mask.shape[0]))
    share, sure = _likeness(values, certain, 1 - possible, radius, CAMERA_NOISE)
    band = (possible > 0) & (certain == 0) & (sure > 0.5)
    return _soft(np.where(band, np.where(share > 0.5, 255, 0), drawn * 255).astype(np.uint8))


def _reach(height: int) -> int:
    return max(2, round(SNAP_REACH * height))


def _trimap(drawn: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What is certainly inside and what may be, (h, w) 0 or 1. Thin parts keep at least a quarter as certain."""
    reach = _reach(drawn.shape[0])
    possible = np.asarray(cv2.dilate(drawn, _disc(reach)), np.uint8)
    certain = drawn
    for radius in range(reach, 0, -1):
        certain = np.asarray(cv2.erode(drawn, _disc(radius), borderType=cv2.BORDER_REPLICATE), np.uint8)
        if certain.sum() >= 0.25 * drawn.sum():
            break
    return certain, possible


@lru_cache(maxsize=64)
def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _soft(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A hard mask with its stairs smoothed."""
    return np.asarray(cv2.GaussianBlur(mask, (5, 5), 1.0), np.uint8)


def _likeness(
    values: NDArray[np.float32],
    within: NDArray[np.uint8],
    without: NDArray[np.uint8],
    radius: int,
    noise: float,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much more each pixel is like what is inside nearby than like what is outside nearby.

    Args:
        values: (h, w, c) float32.
        within: (h, w) 0 or 1, certainly inside.
        without: (h, w) 0 or 1, certainly outside.
        radius: Of the window, pixels.
        noise: Variance that means nothing.

    Returns:
        Share 0..1 (1: like the inside) and how sure that is, 0..1 (0 where the two sides look alike or one is missing).
    """
    window = (2 * radius + 1, 2 * radius + 1)
    means, spreads, weights = [], [], []
    for part in (within, without):
        weight = part.astype(np.float32)
        count = np.asarray(cv2.blur(weight, window), np.float32)
        scale = (1.0 / np.maximum(count, 1e-6))[..., None]
        mean = np.asarray(cv2.blur(values * weight[..., None], window), np.float32).reshape(values.shape) * scale
        square = np.asarray(cv2.blur(np.square(values).sum(axis=-1) * weight, window), np.float32) * scale[..., 0]
        means.append(mean)
        spreads.append(np.maximum(square - np.square(mean).sum(axis=-1), 0.0))
        weights.append(count)
    away_in = np.square(values - means[0]).sum(axis=-1)
    away_out = np.square(values - means[1]).sum(axis=-1)
    apart = np.square(means[0] - means[1]).sum(axis=-1)
    share = away_out / np.maximum(away_in + away_out, 1e-9)
    sure = apart / (apart + spreads[0] + spreads[1] + noise)
    sure[(weights[0] < 0.01) | (weights[1] < 0.01)] = 0.0
    return share.astype(np.float32), sure.astype(np.float32)


# --- from frame to frame ---------------------------------------------------------------------------------------------


def carry_masks(masks: NDArray[np.uint8], here: NDArray[np.uint8], there: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Carry parts from a frame to the next or the previous one.

    Args:
        masks: (n, h, w) uint8 on ``here``.
        here: (h, w, 3) uint8, sRGB-encoded.
        there: The other frame, of the same size.

    Returns:
        (n, h, w) uint8 on ``there``. A part that went out of sight is empty, and stays so.
    """
    out = np.zeros_like(masks)
    box = _box(masks.max(axis=0), FLOW_MARGIN_PX)
    if box is not None:
        flow = FlowPair(np.ascontiguousarray(here[box]), np.ascontiguousarray(there[box]))
        for number, mask in enumerate(masks):
            out[number][box] = flow.carry(np.ascontiguousarray(mask[box]))
    return out


def _box(mask: NDArray[np.uint8], margin: int) -> tuple[slice, slice] | None:
    """Rows and columns of what is not 0, and so many pixels around; None if all is 0."""
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        return None
    return (
        slice(max(0, int(rows.min()) - margin), int(rows.max()) + margin + 1),
        slice(max(0, int(columns.min()) - margin), int(columns.max()) + margin + 1),
    )


class FlowPair:
    """Where every pixel of one small picture was in the other, and where that can be trusted."""

    def __init__(self, here: NDArray[np.uint8], there: NDArray[np.uint8]) -> None:
        """Find the flow.

        Args:
            here: (h, w, 3) uint8, the frame that masks come from.
            there: The next or the previous frame, of the same size.
        """
        finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        before, after = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (here, there))
        back = np.asarray(finder.calc(after, before, None))  # (h, w, 2), x before y
        onward = np.asarray(finder.calc(before, after, None))
        height, width = before.shape
        y, x = np.meshgrid(np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32), indexing="ij")
        self.x, self.y = x + back[..., 0], y + back[..., 1]
        returned = np.asarray(cv2.remap(onward, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        miss = np.square(back + returned).sum(axis=-1)
        allowed = AGREE_SHARE * (np.square(back).sum(axis=-1) + np.square(returned).sum(axis=-1)) + AGREE_PX2
        self.trusted: NDArray[np.bool_] = np.asarray(miss < allowed)
        self.picture = np.asarray(cv2.blur(there, (3, 3)), np.float32) * np.float32(1 / 255)

    def carry(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part on the other frame: (h, w) uint8.

        It goes along the flow; its outline is pulled to where the colours inside and outside part, so that small
        errors do not add up. Where the flow cannot be trusted (something came out from behind something), colours
        alone decide as far as they can.
        """
        if not mask.any():
            return mask
        moved = np.asarray(cv2.remap(mask, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        part = inside(moved).astype(np.uint8)
        box = _box(part, 2 * LOCAL_RADIUS_PX + 4)  # nothing farther away has a say
        if box is None:
            return np.zeros_like(mask)
        part = np.ascontiguousarray(part[box])
        soft = moved[box].astype(np.float32) * np.float32(1 / 255)
        core = np.asarray(cv2.erode(part, _disc(BAND_PX), borderType=cv2.BORDER_REPLICATE), np.uint8)
        reach = np.asarray(cv2.dilate(part, _disc(BAND_PX)), np.uint8)
        share, sure = _likeness(np.ascontiguousarray(self.picture[box]), core, 1 - reach, LOCAL_RADIUS_PX, CAMERA_NOISE)
        pull = np.where((reach > 0) & (core == 0), PULL * sure, 0.0)
        near = np.asarray(cv2.dilate(part, _disc(UNSURE_PX)), np.uint8) > 0
        pull = np.where(near & ~self.trusted[box], np.maximum(pull, sure), pull)
        soft = soft + pull.astype(np.float32) * (share - soft)
        soft = np.clip((soft - 0.5) * STEEPER + 0.5, 0.0, 1.0)
        out = np.zeros_like(mask)
        out[box] = np.round(soft * 255.0).astype(np.uint8)
        return out

"""Photographs of a scene, compiled for the CPU: through a pinhole, and through a thin lens.

A lens of blur amount K focused at disparity d_f images light at disparity D at ``q + K (D - d_f) u``, where q is its
place in the pinhole picture and u a point of the unit disc. So the ray that reaches the sensor at p through u meets a
plane ``D = a x + b y + c`` where ``q = p - K (D - d_f) u``, which is linear in D. Each ray is composited from the
nearest plane to the farthest; soft alpha is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numba import njit, prange

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.train.svb.scene import Scene

TILE_PX = 16
PINHOLE_RAYS = 32
RAYS_PER_PX = 3.0
"""Rays of a pixel for every squared pixel of radius: about one for each pixel of the disc."""

LAMP_RAYS = 8
"""So many times as many where light of lamps may arrive: only few rays meet a lamp."""

LAMP_LIGHT = 1.0
"""What is brighter than its surroundings by this (1 is white) is a lamp."""

LAMP_SURROUNDINGS = 9
"""Width of the surroundings in texels."""

MOST_RAYS = 4096
"""No pixel gets more than this."""

TURNS = 64
GOLDEN_ANGLE = 2.399963229728653
JITTER_X, JITTER_Y = 0.7548776662466927, 0.5698402909980532
"""Steps of the R2 low-discrepancy sequence, for the place of a ray within its pixel."""

FAR_AWAY = np.float32(1e30)
OPAQUE = 0.996
"""A ray ends when this much of it is covered."""

_ONE, _HALF, _LAST = np.float32(1.0), np.float32(0.5), np.float32(1.0 - OPAQUE)


@dataclass(frozen=True)
class Photograph:
    """One frame of a scene.

    Attributes:
        sharp: (H, W, 3) float32 linear light, clipped to 0..1: the pinhole picture.
        bokeh: (H, W, 3) float32 linear light, clipped to 0..1: through the lens.
        disparity: (H, W) float32: of the nearest plane that, with those before it, covers half of the pixel.
        plane: (H, W) int16: the number of that plane.
    """

    sharp: NDArray[np.float32]
    bokeh: NDArray[np.float32]
    disparity: NDArray[np.float32]
    plane: NDArray[np.int16]


def ray_counts(radius_px: NDArray[np.float32], most: int) -> NDArray[np.int32]:
    """Rays per pixel for the largest radius around: those of a pinhole where all is sharp, no more than ``most``."""
    return np.clip(PINHOLE_RAYS + RAYS_PER_PX * radius_px * radius_px, PINHOLE_RAYS, max(PINHOLE_RAYS, most)).astype(
        np.int32
    )


@njit(cache=True, fastmath=True, inline="always")
def _mirrored(position, size):  # type: ignore[no-untyped-def]
    """A texture coordinate brought into -0.5 .. size - 0.5 by mirroring."""
    period = np.float32(2.0) * size
    position = position + np.float32(0.5)
    position = position - np.floor(position / period) * period
    if position > size:
        position = period - position
    return position - np.float32(0.5)


@njit(cache=True, fastmath=True, inline="always")
def _sample(atlas, start, height, width, x, y, mirror, out):  # type: ignore[no-untyped-def]
    """Bilinear look-up, texel middles at whole numbers; nothing outside, or mirrored."""
    if mirror:
        x = min(max(_mirrored(x, np.float32(width)), np.float32(0.0)), np.float32(width - 1.001))
        y = min(max(_mirrored(y, np.float32(height)), np.float32(0.0)), np.float32(height - 1.001))
    elif x < 0 or y < 0 or x >= width - 1 or y >= height - 1:
        out[3] = np.float32(0.0)
        return
    column = int(x)
    row = int(y)
    fx = x - np.float32(column)
    fy = y - np.float32(row)
    first = start + row * width + column
    w00 = (_ONE - fx) * (_ONE - fy)
    w01 = fx * (_ONE - fy)
    w10 = (_ONE - fx) * fy
    w11 = fx * fy
    below = first + width
    for c in range(4):
        out[c] = atlas[first, c] * w00 + atlas[first + 1, c] * w01 + atlas[below, c] * w10 + atlas[below + 1, c] * w11


@njit(cache=True, fastmath=True, parallel=True, nogil=True)
def _trace(  # type: ignore[no-untyped-def]
    height,
    width,
    disparity,
    texel,
    w_far,
    w_range,
    atlas,
    starts,
    heights,
    widths,
    boxes,
    counts,
    d_f,
    k_px,
    rays,
    turns,
    lens,
    split,
):
    planes = disparity.shape[0]
    splits = split.shape[0] > 0
    color = np.empty((height, width, 3), np.float32)
    nearest = np.empty((height, width), np.float32)
    label = np.empty((height, width), np.int16)
    tiles_x = (width + TILE_PX - 1) // TILE_PX
    tiles_y = (height + TILE_PX - 1) // TILE_PX
    for tile in prange(tiles_x * tiles_y):
        ty = tile // tiles_x
        tx = tile % tiles_x
        y0, x0 = ty * TILE_PX, tx * TILE_PX
        y1, x1 = min(height, y0 + TILE_PX), min(width, x0 + TILE_PX)
        here = np.empty(planes, np.int64)
        candidates = 0
        for p in range(planes):
            if boxes[p, 0] < x1 and boxes[p, 2] > x0 and boxes[p, 1] < y1 and boxes[p, 3] > y0:
                here[candidates] = p
                candidates += 1
        depths = np.empty(planes, np.float32)
        order = np.empty(planes, np.int64)
        texture = np.empty(4, np.float32)
        coverage = np.empty(planes, np.float32)
        depth_sum = np.empty(planes, np.float32)
        count = counts[tile]
        for y in range(y0, y1):
            for x in range(x0, x1):
                red = np.float32(0.0)
                green = np.float32(0.0)
                blue = np.float32(0.0)
                coverage[:] = 0.0
                depth_sum[:] = 0.0
                in_front = np.float32(0.0)
                behind = np.float32(0.0)
                turn_cos, turn_sin = turns[y % TURNS, x % TURNS, 0], turns[y % TURNS, x % TURNS, 1]
                inverse = np.float32(1.0 / count)
                radius_scale = np.sqrt(inverse) * k_px
                for ray in range(count):
                    px = np.float32(x) + rays[ray, 0]
                    py = np.float32(y) + rays[ray, 1]
                    ax = np.float32(0.0)
                    ay = np.float32(0.0)
                    if lens:
                        ax = -radius_scale * (rays[ray, 2] * turn_cos - rays[ray, 3] * turn_sin)
                        ay = -radius_scale * (rays[ray, 3] * turn_cos + rays[ray, 2] * turn_sin)
                    hits = 0
                    for index in range(candidates):
                        p = here[index]
                        slope = disparity[p, 0] * ax + disparity[p, 1] * ay
                        flat = disparity[p, 0] * px + disparity[p, 1] * py + disparity[p, 2]
                        d = (flat - slope * d_f) / (_ONE - slope)
                        place = hits
                        while place > 0 and depths[place - 1] < d:
                            depths[place] = depths[place - 1]
                            order[place] = order[place - 1]
                            place -= 1
                        depths[place] = d
                        order[place] = p
                        hits += 1
                    through = _ONE
                    open_behind = _ONE
                    for hit in range(hits):
                        p = order[hit]
                        d = depths[hit]
                        w = w_far + w_range * d
                        if w <= np.float32(1e-4):
                            if p != 0:
                                continue
                            w = np.float32(1e-4)
                        qx = px + ax * (d - d_f)
                        qy = py + ay * (d - d_f)
                        z = _ONE / w
                        h = texel[p]
                        s = (h[0, 0] * qx + h[0, 1] * qy + h[0, 2]) * z + h[0, 3] - _HALF
                        t = (h[1, 0] * qx + h[1, 1] * qy + h[1, 2]) * z + h[1, 3] - _HALF
                        _sample(atlas, starts[p], heights[p], widths[p], s, t, p == 0, texture)
                        if texture[3] <= 0:
                            continue
                        if splits:
                            if d >= split[y, x]:
                                through *= _ONE - texture[3]
                                continue
                            red += open_behind * texture[0]
                            green += open_behind * texture[1]
                            blue += open_behind * texture[2]
                            open_behind *= _ONE - texture[3]
                            if open_behind < _LAST:
                                break
                            continue
                        red += through * texture[0]
                        green += through * texture[1]
                        blue += through * texture[2]
                        share = through * texture[3]
                        coverage[p] += share
                        depth_sum[p] += share * d
                        through -= share
                        if through < _LAST:
                            break
                    in_front += _ONE - through
                    behind += _ONE - open_behind
                if splits:
                    nearest[y, x] = in_front / count
                    scale = _ONE / max(behind, _LAST)
                    color[y, x, 0] = red * scale
                    color[y, x, 1] = green * scale
                    color[y, x, 2] = blue * scale
                    continue
                color[y, x, 0] = red * inverse
                color[y, x, 1] = green * inverse
                color[y, x, 2] = blue * inverse
                if not lens:
                    # planes from the nearest to the farthest until half of the pixel is covered
                    total = np.float32(0.0)
                    chosen = 0
                    last = FAR_AWAY
                    while total < np.float32(0.5) * count:
                        best = -1
                        best_depth = -FAR_AWAY
                        for index in range(candidates):
                            p = here[index]
                            if coverage[p] > 0:
                                middle = depth_sum[p] / coverage[p]
                                if middle < last and middle > best_depth:
                                    best, best_depth = p, middle
                        if best < 0:
                            break
                        total += coverage[best]
                        chosen, last = best, best_depth
                    nearest[y, x] = last
                    label[y, x] = chosen
    return color, nearest, label


def ray_table(most: int) -> NDArray[np.float32]:
    """Rays of a pixel, (N, 4) float32: place within the pixel (x, y), and point of the disc times sqrt(rays).

    The places follow the R2 sequence, the points the sunflower spiral, of which any first n cover a disc evenly.
    """
    ray = np.arange(max(most, PINHOLE_RAYS))
    radius = np.sqrt(ray + 0.5)
    place = (0.5 + np.outer(ray, [JITTER_X, JITTER_Y])) % 1.0
    point = radius[:, None] * np.stack([np.cos(ray * GOLDEN_ANGLE), np.sin(ray * GOLDEN_ANGLE)], axis=1)
    return np.concatenate([place, point], axis=1).astype(np.float32)


def turn_table() -> NDArray[np.float32]:
    """Cosine and sine of the turn of each pixel's spiral, (TURNS, TURNS, 2): too few rays then look like fine noise,
    the same in every frame, and not like a pattern."""
    angles = np.random.default_rng(0).permutation(TURNS * TURNS).reshape(TURNS, TURNS) * (2 * np.pi / TURNS**2)
    return np.stack([np.cos(angles), np.sin(angles)], axis=2).astype(np.float32)


def plane_boxes(scene: Scene, frame: int, lens: bool) -> NDArray[np.float32]:
    """Where each plane can be seen, in pixels: (P, 4) float32 x0, y0, x1, y1. The background is everywhere."""
    boxes = np.empty((len(scene.textures), 4), np.float32)
    boxes[0] = (-1e9, -1e9, 1e9, 1e9)
    for p in range(1, len(scene.textures)):
        a, b, c = (float(value) for value in scene.disparity[frame, p])
        rows, columns = scene.textures[p].shape[:2]
        x, y = seen_at(scene, frame, p, np.array([0.0, 0.0, columns, columns]), np.array([0.0, rows, 0.0, rows]))
        reach = float(np.abs(a * x + b * y + c - float(scene.d_f[frame])).max()) * float(scene.k_px[frame])
        grow = (reach * 1.1 if lens else 0.0) + 2.0
        boxes[p] = (x.min() - grow, y.min() - grow, x.max() + grow, y.max() + grow)
    return boxes


def tile_rays(scene: Scene, frame: int, boxes: NDArray[np.float32], most: int) -> NDArray[np.int32]:
    """Rays per pixel of each tile of ``TILE_PX`` squared, row by row."""
    d_f, k_px = float(scene.d_f[frame]), float(scene.k_px[frame])
    y0 = np.arange(0, scene.height, TILE_PX)[:, None]
    x0 = np.arange(0, scene.width, TILE_PX)[None, :]
    radius = np.zeros((y0.size, x0.size), np.float32)
    for box, (a, b, c) in zip(boxes, scene.disparity[frame], strict=True):
        seen = (box[0] < x0 + TILE_PX) & (box[2] > x0) & (box[1] < y0 + TILE_PX) & (box[3] > y0)
        for x, y in ((x0, y0), (x0 + TILE_PX, y0), (x0, y0 + TILE_PX), (x0 + TILE_PX, y0 + TILE_PX)):
            there = np.abs(a * x + b * y + c - d_f) * k_px
            radius = np.where(seen, np.maximum(radius, there), radius)
    counts = ray_counts(radius, most)
    wanted = np.minimum(RAYS_PER_PX * LAMP_RAYS * radius * radius, min(LAMP_RAYS * most, MOST_RAYS))
    counts = np.where(_lamp_tiles(scene, frame), np.maximum(counts, wanted.astype(np.int32)), counts)
    return np.ascontiguousarray(counts.reshape(-1))


def _lamp_tiles(scene: Scene, frame: int) -> NDArray[np.bool_]:
    """Tiles that light of a lamp may reach, whatever stands before it: (rows, columns)."""
    reached = np.zeros((-(-scene.height // TILE_PX), -(-scene.width // TILE_PX)), np.bool_)
    for plane, texture in enumerate(scene.textures):
        rows, columns = lamps_of(texture)
        if rows.size == 0:
            continue
        x, y = seen_at(scene, frame, plane, columns.astype(np.float64) + 0.5, rows.astype(np.float64) + 0.5)
        a, b, c = (float(value) for value in scene.disparity[frame, plane])
        reach = np.abs(a * x + b * y + c - float(scene.d_f[frame])) * float(scene.k_px[frame]) * 1.1 + 2.0
        first_row, last_row = (y - reach) // TILE_PX, (y + reach) // TILE_PX
        first_column, last_column = (x - reach) // TILE_PX, (x + reach) // TILE_PX
        there = np.stack([first_row, last_row, first_column, last_column], axis=1)
        there = there[np.isfinite(there).all(axis=1)].clip(-1, max(reached.shape)).astype(np.int64)
        for top, bottom, left, right in np.unique(there, axis=0):
            reached[max(0, top) : bottom + 1, max(0, left) : right + 1] = True
    return reached


def lamps_of(texture: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the texels of a texture (h, w, 4) that shine like lamps."""
    light = np.ascontiguousarray(texture[..., :3].max(axis=2))
    if float(light.max(initial=0.0)) <= LAMP_LIGHT:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    around = cv2.blur(light, (LAMP_SURROUNDINGS, LAMP_SURROUNDINGS))
    rows, columns = np.nonzero(light - around > LAMP_LIGHT)
    return rows, columns


def seen_at(
    scene: Scene, frame: int, plane: int, s: NDArray[np.float64], t: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where points of a texture (column s, row t, both (N,)) are in the pinhole picture: x and y, (N,) each."""
    a, b, c = (float(value) for value in scene.disparity[frame, plane])
    h = scene.texel[frame, plane].astype(np.float64)
    w_row = np.array([a, b, c]) * scene.w_range + np.array([0.0, 0.0, scene.w_far])
    # (h0 . q) / w + h3 = s and the same for t: two linear equations for q = (x, y)
    first = h[0, :3] + (h[0, 3] - s)[:, None] * w_row
    second = h[1, :3] + (h[1, 3] - t)[:, None] * w_row
    scale = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (first[:, 1] * second[:, 2] - second[:, 1] * first[:, 2]) / scale
        y = (second[:, 0] * first[:, 2] - first[:, 0] * second[:, 2]) / scale
    return x, y


def atlas_of(scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """All textures end to end (N, 4), with each one's first texel, height and width."""
    heights = np.array([texture.shape[0] for texture in scene.textures], np.int64)
    widths = np.array([texture.shape[1] for texture in scene.textures], np.int64)
    starts = np.concatenate([[0], np.cumsum(heights * widths)[:-1]]).astype(np.int64)
    atlas = np.concatenate([texture.reshape(-1, 4) for texture in scene.textures]).astype(np.float32)
    return np.ascontiguousarray(atlas), starts, heights, widths


def photograph(scene: Scene, frame: int, rays: int = 256, bokeh: bool = True) -> Photograph:
    """Trace one frame.

    Args:
        scene: What is seen.
        frame: Index of the frame.
        rays: Most rays per pixel; less blurred places get fewer, those that light of lamps reaches up to eight
            times as many.
        bokeh: Trace through the lens as well; without, ``bokeh`` of the result is the pinhole picture again.
    """
    sharp, disparity, plane = traced(scene, frame, PINHOLE_RAYS, lens=False)
    blurred = traced(scene, frame, rays, lens=True)[0] if bokeh else sharp
    return Photograph(np.minimum(sharp, 1.0), np.minimum(blurred, 1.0), np.clip(disparity, 0.0, 1.0), plane)


def pinhole_light(scene: Scene, frame: int) -> NDArray[np.float32]:
    """The pinhole picture as no camera clips it: (H, W, 3) float32 linear light, 1 is white, lamps are more."""
    return traced(scene, frame, PINHOLE_RAYS, lens=False)[0]


def split_light(scene: Scene, frame: int, at: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The pinhole picture cut in two at a disparity.

    Args:
        scene: What is seen.
        frame: Index of the frame.
        at: (H, W) disparity of the cut.

    Returns:
        (H, W) how much of each pixel is covered by what is nearer, and (H, W, 3) linear light of all that is farther,
        as if nothing nearer were there; black where nothing is.
    """
    color, coverage, _ = traced(scene, frame, PINHOLE_RAYS, lens=False, split=at)
    return coverage, color


def traced(
    scene: Scene, frame: int, rays: int, lens: bool, split: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int16]]:
    """Light (H, W, 3), disparity (H, W) and number (H, W) of the nearest plane; cut in two, see :func:`split_light`."""
    atlas, starts, heights, widths = atlas_of(scene)
    boxes = plane_boxes(scene, frame, lens)
    tiles = -(-scene.height // TILE_PX) * -(-scene.width // TILE_PX)
    counts = tile_rays(scene, frame, boxes, rays) if lens else np.full(tiles, PINHOLE_RAYS, np.int32)
    result: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int16]] = _trace(
        scene.height,
        scene.width,
        scene.disparity[frame],
        scene.texel[frame],
        np.float32(scene.w_far),
        np.float32(scene.w_range),
        atlas,
        starts,
        heights,
        widths,
        boxes,
        counts,
        np.float32(scene.d_f[frame]),
        np.float32(scene.k_px[frame]),
        ray_table(int(counts.max())),
        turn_table(),
        lens,
        np.empty((0, 0), np.float32) if split is None else split,
    )
    return result

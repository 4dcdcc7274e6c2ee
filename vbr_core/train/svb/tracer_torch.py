"""Photographs of a scene in batches of rays, for CUDA: the mathematics of ``tracer_cpu``, step for step.

Tiles with as many planes to see are traced together, and their rays in pieces, so that memory stays bounded at any
size. Everything is a sum along an axis, nothing an atomic addition: the same scene gives the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from vbr_core.train.svb.tracer_cpu import (
    OPAQUE,
    PINHOLE_RAYS,
    TILE_PX,
    TURNS,
    Photograph,
    atlas_of,
    plane_boxes,
    ray_table,
    tile_rays,
    turn_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from vbr_core.train.svb.scene import Scene

BYTES_AT_ONCE = 512 * 2**20
"""About the memory of the rays that are traced together; with the pictures less than 1 GiB at 1080 lines."""

BYTES_PER_RAY, BYTES_PER_HIT = 320, 48
"""Upper estimates of the temporary values: of one ray, and more for each plane that it may meet."""

TILE_PIXELS = TILE_PX * TILE_PX


@dataclass(frozen=True)
class _Textures:
    """The textures of a scene on the device: all texels (N, 4), and per plane its first texel, height and width."""

    scene: Scene
    atlas: Tensor
    starts: Tensor
    heights: Tensor
    widths: Tensor


@dataclass(frozen=True)
class _View:
    """One frame's numbers on the device: ``disparity`` (P, 3), ``texel`` (P, 2, 4); focus, blur, inverse depth."""

    disparity: Tensor
    texel: Tensor
    d_f: float
    k_px: float
    w_far: float
    w_range: float
    lens: bool


class TorchTracer:
    """Traces frames on a device; ``tracer(scene, frame, rays)`` is ``tracer_cpu.photograph``.

    Args:
        device: As torch names it, such as ``cuda`` or ``cpu``.
    """

    def __init__(self, device: str) -> None:
        self.device = torch.device(device)
        self._turns = torch.from_numpy(turn_table()).to(self.device)
        self._textures: _Textures | None = None

    @torch.inference_mode()
    def __call__(self, scene: Scene, frame: int, rays: int = 256) -> Photograph:
        """Trace one frame.

        Args:
            scene: What is seen. The textures of the last one stay on the device.
            frame: Index of the frame.
            rays: Most rays per pixel; less blurred places get fewer, those that light of lamps reaches up to eight
            times as many.
        """
        textures = self._upload(scene)
        results = []
        for lens in (False, True):
            boxes = plane_boxes(scene, frame, lens)
            tiles = -(-scene.height // TILE_PX) * -(-scene.width // TILE_PX)
            counts = tile_rays(scene, frame, boxes, rays) if lens else np.full(tiles, PINHOLE_RAYS, np.int32)
            table = torch.from_numpy(ray_table(int(counts.max()))).to(self.device)
            view = _View(
                torch.from_numpy(scene.disparity[frame]).to(self.device),
                torch.from_numpy(scene.texel[frame]).to(self.device),
                float(scene.d_f[frame]),
                float(scene.k_px[frame]),
                scene.w_far,
                scene.w_range,
                lens,
            )
            results.append(self._trace(scene.height, scene.width, textures, view, boxes, counts, table))
        (sharp, disparity, plane), (bokeh, _, _) = results
        return Photograph(sharp, bokeh, np.clip(disparity, 0.0, 1.0), plane)

    def _upload(self, scene: Scene) -> _Textures:
        if self._textures is None or self._textures.scene is not scene:
            self._textures = None  # two scenes at once would be twice the memory
            self._textures = _Textures(scene, *(torch.from_numpy(array).to(self.device) for array in atlas_of(scene)))
        return self._textures

    def _trace(
        self,
        height: int,
        width: int,
        textures: _Textures,
        view: _View,
        boxes: NDArray[np.float32],
        counts: NDArray[np.int32],
        table: Tensor,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int16]]:
        """Colour (H, W, 3), disparity (H, W) and plane (H, W); the last two only mean something without a lens."""
        tiles_y, tiles_x = -(-height // TILE_PX), -(-width // TILE_PX)
        tiles = tiles_y * tiles_x
        color = torch.empty((tiles, TILE_PIXELS, 3), device=self.device)
        nearest = torch.zeros((tiles, TILE_PIXELS), device=self.device)
        label = torch.zeros((tiles, TILE_PIXELS), dtype=torch.int16, device=self.device)
        within = np.arange(TILE_PIXELS)
        for chosen, planes in _batches(_visible(boxes, height, width), counts):
            # (tiles, 256) -> (N,) pixels
            y = torch.from_numpy(((chosen // tiles_x * TILE_PX)[:, None] + within // TILE_PX).reshape(-1))
            x = torch.from_numpy(((chosen % tiles_x * TILE_PX)[:, None] + within % TILE_PX).reshape(-1))
            count = torch.from_numpy(np.repeat(counts[chosen], TILE_PIXELS))
            here = torch.from_numpy(np.repeat(planes, TILE_PIXELS, axis=0))
            pixels = _Pixels(*(tensor.to(self.device) for tensor in (y, x, count, here)))
            found = self._trace_pixels(textures, view, pixels, table)
            place = torch.from_numpy(chosen).to(self.device)
            color[place] = found[0].reshape(-1, TILE_PIXELS, 3)
            if not view.lens:
                nearest[place], label[place] = (each.reshape(-1, TILE_PIXELS) for each in found[1:])

        def picture(tensor: Tensor) -> NDArray[np.generic]:
            # (tiles, 256, ...) -> (tiles_y, tiles_x, 16, 16, ...) -> (H, W, ...)
            rest = tensor.shape[2:]
            grid = tensor.reshape(tiles_y, tiles_x, TILE_PX, TILE_PX, *rest).transpose(1, 2)
            return np.ascontiguousarray(
                grid.reshape(tiles_y * TILE_PX, tiles_x * TILE_PX, *rest)[:height, :width].cpu().numpy()
            )

        return picture(color), picture(nearest), picture(label)  # type: ignore[return-value]

    def _trace_pixels(
        self, textures: _Textures, view: _View, pixels: _Pixels, table: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Colour (N, 3), disparity (N,) and plane (N,) of some pixels, their rays in pieces that fit the memory."""
        number, candidates = pixels.here.shape
        color = torch.zeros((number, 3), device=self.device)
        coverage = torch.zeros((number, candidates), device=self.device)
        depth_sum = torch.zeros((number, candidates), device=self.device)
        most = int(pixels.count.max())
        at_once = max(1, _rays_at_once(candidates) // number)
        for first in range(0, most, at_once):
            ray = torch.arange(first, min(most, first + at_once), device=self.device)
            self._trace_rays(textures, view, pixels, ray, table, color, coverage, depth_sum)
        color = (color / pixels.count[:, None]).clamp_(max=1.0)
        if view.lens:
            return color, coverage, coverage
        nearest, slot = _nearest(coverage, depth_sum, pixels.count)
        return color, nearest, pixels.here.gather(1, slot[:, None])[:, 0].to(torch.int16)

    def _trace_rays(
        self,
        textures: _Textures,
        view: _View,
        pixels: _Pixels,
        ray: Tensor,
        table: Tensor,
        color: Tensor,
        coverage: Tensor,
        depth_sum: Tensor,
    ) -> None:
        """Add the light of rays ``ray`` (R,) of all pixels (N,) to the sums."""
        plane, candidates = pixels.here, pixels.here.shape[1]
        # (N, R): place on the sensor, and movement in the picture per unit of disparity off the focus
        px = pixels.x[:, None].float() + table[ray, 0]
        py = pixels.y[:, None].float() + table[ray, 1]
        if view.lens:
            cos, sin = self._turns[pixels.y % TURNS, pixels.x % TURNS].unbind(1)
            scale = -torch.sqrt(1.0 / pixels.count.float()) * view.k_px
            u, v = table[ray, 2], table[ray, 3]
            ax = scale[:, None] * (u * cos[:, None] - v * sin[:, None])
            ay = scale[:, None] * (v * cos[:, None] + u * sin[:, None])
        else:
            ax, ay = torch.zeros_like(px), torch.zeros_like(py)
        depth = torch.empty((*px.shape, candidates), device=self.device)
        for slot in range(candidates):
            a, b, c = (each[:, None] for each in view.disparity[plane[:, slot]].unbind(1))
            slope = a * ax + b * ay
            depth[..., slot] = (a * px + b * py + c - slope * view.d_f) / (1.0 - slope)
        depth, order = depth.sort(dim=2, descending=True, stable=True)
        # a ray beyond its pixel's count carries nothing
        through = (ray < pixels.count[:, None]).float()
        for hit in range(candidates):
            d, which = depth[..., hit], order[..., hit]
            p = plane.gather(1, which)
            seen = through >= 1.0 - OPAQUE
            qx, qy = px + ax * (d - view.d_f), py + ay * (d - view.d_f)
            texture = _look_up(textures, view, p, d, qx, qy) * seen[..., None]
            color += (through[..., None] * texture[..., :3]).sum(dim=1)
            share = through * texture[..., 3]
            if not view.lens:
                for each in range(candidates):
                    own = torch.where(which == each, share, 0.0)
                    coverage[:, each] += own.sum(dim=1)
                    depth_sum[:, each] += torch.where(own > 0, own * d, 0.0).sum(dim=1)
            through = through - share


@dataclass(frozen=True)
class _Pixels:
    """Pixels to trace: row and column (N,), rays (N,), and the planes that may be seen there (N, C)."""

    y: Tensor
    x: Tensor
    count: Tensor
    here: Tensor


def _rays_at_once(candidates: int) -> int:
    return BYTES_AT_ONCE // (BYTES_PER_RAY + BYTES_PER_HIT * candidates)


def _visible(boxes: NDArray[np.float32], height: int, width: int) -> NDArray[np.bool_]:
    """Which planes each tile may see: (tiles, P)."""
    y0 = np.arange(0, height, TILE_PX)[:, None, None]
    x0 = np.arange(0, width, TILE_PX)[None, :, None]
    y1, x1 = np.minimum(y0 + TILE_PX, height), np.minimum(x0 + TILE_PX, width)
    seen = (boxes[:, 0] < x1) & (boxes[:, 2] > x0) & (boxes[:, 1] < y1) & (boxes[:, 3] > y0)
    return np.asarray(seen.reshape(-1, len(boxes)))


def _batches(
    visible: NDArray[np.bool_], counts: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Tiles to trace together: their numbers (n,), and the planes that each may see (n, C).

    All tiles of a batch see as many planes; they are sorted by rays, so that little is computed for nothing.
    """
    number = visible.sum(axis=1)
    order = np.lexsort((counts, number))
    start = 0
    while start < len(order):
        candidates = int(number[order[start]])
        end = start + 1
        while end < len(order) and number[order[end]] == candidates:
            rays = int(counts[order[end]]) * TILE_PIXELS * (end + 1 - start)
            if rays > _rays_at_once(candidates):
                break
            end += 1
        chosen = order[start:end].astype(np.int64)
        yield chosen, np.nonzero(visible[chosen])[1].reshape(len(chosen), candidates).astype(np.int64)
        start = end


def _look_up(textures: _Textures, view: _View, p: Tensor, d: Tensor, qx: Tensor, qy: Tensor) -> Tensor:
    """Bilinear look-up of planes ``p`` where their disparity is ``d``: (N, R) -> (N, R, 4), zeros outside.

    Texel middles are at whole numbers; plane 0 is mirrored at its borders.
    """
    w = view.w_far + view.w_range * d
    back = p == 0
    inside = back | (w > 1e-4)
    z = 1.0 / w.clamp(min=1e-4)
    height, width = textures.heights[p], textures.widths[p]
    place = []
    for row, size in ((0, width), (1, height)):
        h = view.texel[:, row]  # (P, 4)
        at = (h[p, 0] * qx + h[p, 1] * qy + h[p, 2]) * z + h[p, 3] - 0.5
        # a plane seen edge-on has no place that is a number
        inside &= torch.isfinite(at) & (back | ((at >= 0) & (at < size - 1)))
        place.append(torch.where(back, _mirrored(at, size.float()), at))
    place = [torch.where(inside, at, 0.0) for at in place]
    column, row_number = (at.long() for at in place)
    fx, fy = (place[0] - column)[..., None], (place[1] - row_number)[..., None]
    first = torch.where(inside, textures.starts[p] + row_number * width + column, 0)
    below = torch.where(inside, first + width, 0)
    beside = inside.long()
    atlas = textures.atlas
    texture = atlas[first] * ((1.0 - fx) * (1.0 - fy))
    texture += atlas[first + beside] * (fx * (1.0 - fy))
    texture += atlas[below] * ((1.0 - fx) * fy)
    texture += atlas[below + beside] * (fx * fy)
    return texture * inside[..., None]


def _mirrored(position: Tensor, size: Tensor) -> Tensor:
    """Texture coordinates brought into 0 .. size - 1.001 by mirroring."""
    period = 2.0 * size
    position = position + 0.5
    position = position - torch.floor(position / period) * period
    position = torch.where(position > size, period - position, position) - 0.5
    return torch.minimum(position.clamp(min=0.0), size - 1.001)


def _nearest(coverage: Tensor, depth_sum: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Disparity (N,) and slot (N,) of the plane that, with those before it, covers half of the pixel.

    ``coverage`` and ``depth_sum`` are (N, C), in rays.
    """
    middle = torch.where(coverage > 0, depth_sum / coverage.clamp(min=1e-30), -torch.inf)
    total = torch.zeros_like(coverage[:, 0])
    last = torch.full_like(total, torch.inf)
    chosen = torch.zeros_like(total, dtype=torch.int64)
    for _ in range(coverage.shape[1]):
        best_depth, best = torch.where(middle < last[:, None], middle, -torch.inf).max(dim=1)
        go_on = (total < 0.5 * count) & torch.isfinite(best_depth)
        chosen = torch.where(go_on, best, chosen)
        last = torch.where(go_on, best_depth, last)
        total = torch.where(go_on, total + coverage.gather(1, best[:, None])[:, 0], total)
    return last, chosen

"""Triangle meshes as a camera sees them: a z-buffer at twice the size, with light, textures and soft edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.train.depth.meshes import Mesh
    from vbr_core.train.depth.rectangles import View

    Vector = NDArray[np.float64]

OVERSAMPLING = 2
NEAREST = 0.05
"""Metres before the camera; a triangle that comes nearer is left out."""

TEXEL_BYTES = 4


@dataclass(frozen=True)
class PlacedMesh:
    """A mesh in a world.

    Attributes:
        mesh: The model.
        foot: (3,) where the middle of its underside stands; y is 0 on the floor.
        yaw: Radians it is turned about the vertical.
        scale: Of its size.
        colors: (M, 3) float32: its materials' colours, or what its textures are multiplied by.
        light: (3,) unit vector towards the light.
        ambient: Light in the shade, of 1.
    """

    mesh: Mesh
    foot: Vector
    yaw: float
    scale: float
    colors: NDArray[np.float32]
    light: Vector
    ambient: float

    @property
    def middle(self) -> Vector:
        """(3,) about its centre."""
        height = self.mesh.size[1] * self.scale
        return self.foot - np.array([0.0, 0.5 * float(height), 0.0])


@dataclass(frozen=True)
class Layer:
    """What a mesh adds to a picture.

    Attributes:
        box: Rows and columns (y0, y1, x0, x1) of the part it covers.
        color: (h, w, 3) float32 0..1, of what is covered.
        alpha: (h, w) float32: how much of the pixel is covered.
        inverse: (h, w) float32 inverse depth of what is covered, in 1/m.
    """

    box: tuple[int, int, int, int]
    color: NDArray[np.float32]
    alpha: NDArray[np.float32]
    inverse: NDArray[np.float32]


def draw_mesh(placed: PlacedMesh, view: View) -> Layer | None:
    """Draw a mesh alone; None if it is out of sight.

    Args:
        placed: The mesh and its light.
        view: The camera.
    """
    mesh = placed.mesh
    cos, sin = np.cos(placed.yaw), np.sin(placed.yaw)
    about = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    turn = (view.turn @ about).astype(np.float32)
    shift = (view.turn @ (placed.foot - view.position)).astype(np.float32)
    points = mesh.vertices @ (turn.T * np.float32(placed.scale)) + shift
    z = np.maximum(points[:, 2], np.float32(NEAREST))
    height, width = view.size
    screen = np.empty_like(points)
    screen[:, 0] = points[:, 0] / z * view.focal_px + 0.5 * width
    screen[:, 1] = points[:, 1] / z * view.focal_px + 0.5 * height
    screen[:, 2] = np.where(points[:, 2] > NEAREST, 1.0 / z, -1.0)
    ahead = screen[screen[:, 2] > 0]
    if not len(ahead):
        return None
    x0, y0 = (max(0, int(value)) for value in ahead[:, :2].min(0))
    x1, y1 = (int(np.ceil(value)) + 1 for value in ahead[:, :2].max(0))
    x1, y1 = min(width, x1), min(height, y1)
    if x1 <= x0 or y1 <= y0:
        return None
    screen[:, 0] = (screen[:, 0] - x0) * OVERSAMPLING
    screen[:, 1] = (screen[:, 1] - y0) * OVERSAMPLING
    light = about.T @ placed.light
    texels, starts, sizes = _atlas(mesh)
    rows, columns = (y1 - y0) * OVERSAMPLING, (x1 - x0) * OVERSAMPLING
    inverse = np.zeros((rows, columns), np.float32)
    color = np.zeros((rows, columns, 3), np.float32)
    eye = about.T @ (view.position - placed.middle)
    _rasterise(
        screen,
        mesh.faces,
        mesh.shade,
        mesh.place.astype(np.float32),
        mesh.material,
        placed.colors,
        mesh.texture,
        texels,
        starts,
        sizes,
        light.astype(np.float32),
        (eye / max(1e-6, float(np.linalg.norm(eye)))).astype(np.float32),
        np.float32(placed.ambient),
        inverse,
        color,
    )
    covered = (inverse > 0).astype(np.float32)
    alpha = _quarter(covered)
    if not alpha.any():
        return None
    part = np.maximum(alpha, 1e-6)
    shade, near = _quarter(color) / part[..., None], _quarter(inverse) / part
    return Layer((y0, y1, x0, x1), np.asarray(shade, np.float32), alpha, np.asarray(near, np.float32))


def _quarter(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of the blocks of a picture at twice the size."""
    size = (picture.shape[1] // OVERSAMPLING, picture.shape[0] // OVERSAMPLING)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _atlas(mesh: Mesh) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """All textures in one row of texels (N, 4), where each begins, and their heights and widths (T, 2)."""
    if not mesh.textures:
        return np.zeros((1, TEXEL_BYTES), np.uint8), np.zeros(1, np.int64), np.ones((1, 2), np.int64)
    flat = [texture.reshape(-1, TEXEL_BYTES) for texture in mesh.textures]
    starts = np.cumsum([0] + [len(texture) for texture in flat[:-1]]).astype(np.int64)
    return np.concatenate(flat), starts, np.array([texture.shape[:2] for texture in mesh.textures], np.int64)


@njit(cache=True, nogil=True, fastmath=True)
def _rasterise(  # type: ignore[no-untyped-def]
    screen, faces, shade, place, material, colors, texture, texels, starts, sizes, light, eye, ambient, inverse, color
):  # pragma: no cover - compiled
    """Draw all faces into ``inverse`` and ``color``, the nearest at each pixel.

    ``screen`` is x, y and inverse depth of the vertices (negative behind the camera). A face is lit from the side that
    the eye is on; the light's part in it is mixed at the corners and interpolated like the place on the texture.
    """
    rows, columns = inverse.shape
    bright = np.empty(3, np.float32)
    for face in range(faces.shape[0]):
        a, b, c = faces[face, 0], faces[face, 1], faces[face, 2]
        wa, wb, wc = screen[a, 2], screen[b, 2], screen[c, 2]
        if wa <= 0 or wb <= 0 or wc <= 0:
            continue
        xa, ya, xb, yb, xc, yc = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
        if abs(area) < 1e-9:
            continue
        x0, x1 = max(0, int(np.floor(min(xa, xb, xc)))), min(columns, int(np.ceil(max(xa, xb, xc))) + 1)
        y0, y1 = max(0, int(np.floor(min(ya, yb, yc)))), min(rows, int(np.ceil(max(ya, yb, yc))) + 1)
        if x1 <= x0 or y1 <= y0:
            continue
        for corner in range(3):
            nx = shade[face, corner, 0] / np.float32(127.0)
            ny = shade[face, corner, 1] / np.float32(127.0)
            nz = shade[face, corner, 2] / np.float32(127.0)
            side = np.float32(1.0) if nx * eye[0] + ny * eye[1] + nz * eye[2] >= 0 else np.float32(-1.0)
            towards = side * (nx * light[0] + ny * light[1] + nz * light[2])
            # from above it is lighter than from below, also in the shade
            sky = np.float32(0.85) - np.float32(0.15) * side * ny
            bright[corner] = ambient * sky + (1 - ambient) * max(towards, np.float32(0.0))
        which = material[face]
        number = texture[which]
        for y in range(y0, y1):
            py = y + np.float32(0.5)
            for x in range(x0, x1):
                px = x + np.float32(0.5)
                kb = ((px - xa) * (yc - ya) - (xc - xa) * (py - ya)) / area
                kc = ((xb - xa) * (py - ya) - (px - xa) * (yb - ya)) / area
                ka = 1 - kb - kc
                if ka < 0 or kb < 0 or kc < 0:
                    continue
                w = ka * wa + kb * wb + kc * wc
                if w <= inverse[y, x]:
                    continue
                # what is linear on the face is linear on the screen when divided by the depth
                ka, kb, kc = ka * wa / w, kb * wb / w, kc * wc / w
                red, green, blue = colors[which, 0], colors[which, 1], colors[which, 2]
                if number >= 0:
                    u = ka * place[face, 0, 0] + kb * place[face, 1, 0] + kc * place[face, 2, 0]
                    v = ka * place[face, 0, 1] + kb * place[face, 1, 1] + kc * place[face, 2, 1]
                    high, wide = sizes[number, 0], sizes[number, 1]
                    column = min(int((u - np.floor(u)) * wide), wide - 1)
                    row = min(int((1 - (v - np.floor(v))) * high), high - 1)
                    texel = texels[starts[number] + row * wide + column]
                    if texel[3] < 128:
                        continue
                    red *= texel[0] / np.float32(255.0)
                    green *= texel[1] / np.float32(255.0)
                    blue *= texel[2] / np.float32(255.0)
                lit = ka * bright[0] + kb * bright[1] + kc * bright[2]
                inverse[y, x] = w
                color[y, x, 0] = red * lit
                color[y, x, 1] = green * lit
                color[y, x, 2] = blue * lit

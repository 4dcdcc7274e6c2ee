"""Little worlds of textured rectangles and triangle meshes, and what a camera sees of them: picture and true disparity.

Coordinates are metres, x to the right, y down, z ahead; the floor is the plane y = 0, the camera stands above it.
A pixel's ray (x, y, 1) meets the plane of a rectangle with corner c and normal n at the inverse depth
``w = (n . ray) / (n . c)``, so the target is exact for every pixel, from any camera: a world is photographed twice from
places a hand's breadth apart, and what both see must come out alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.train.depth.mesh_drawing import Layer, PlacedMesh, draw_mesh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Texture = NDArray[np.float32]

FAR = 400.0
"""Distance of the sky, in metres."""

SEEN_TOLERANCE = 0.03
"""A point is the same in two views if its inverse depth is, up to this part."""

X, Y, Z = np.eye(3)


@dataclass(frozen=True)
class Rectangle:
    """A textured rectangle.

    Attributes:
        corner: (3,) first texel, world coordinates.
        right: (3,) unit vector along the texture's rows.
        down: (3,) unit vector along its columns.
        size: Metres along ``right`` and ``down``.
        texture: (h, w, 4) float32, RGB 0..1 and alpha.
        relief: How far its middle bulges towards the camera, as a part of its distance.
    """

    corner: Vector
    right: Vector
    down: Vector
    size: tuple[float, float]
    texture: Texture
    relief: float = 0.0

    @property
    def middle(self) -> Vector:
        """(3,) its centre."""
        return self.corner + 0.5 * (self.right * self.size[0] + self.down * self.size[1])


@dataclass(frozen=True)
class View:
    """A pinhole camera.

    Attributes:
        position: (3,) metres.
        turn: (3, 3) world -> camera.
        focal_px: Focal length in pixels.
        size: (height, width).
    """

    position: Vector
    turn: NDArray[np.float64]
    focal_px: float
    size: tuple[int, int]

    def rays(self) -> NDArray[np.float32]:
        """(h, w, 3) rays of the pixels with z = 1, in camera coordinates."""
        height, width = self.size
        rays = np.empty((height, width, 3), np.float32)
        rays[..., 0] = ((np.arange(width) + 0.5 - 0.5 * width) / self.focal_px)[None, :]
        rays[..., 1] = ((np.arange(height) + 0.5 - 0.5 * height) / self.focal_px)[:, None]
        rays[..., 2] = 1.0
        return rays


@dataclass(frozen=True)
class World:
    """Rectangles and meshes before a backdrop.

    Attributes:
        rectangles: In any order.
        backdrop: (h, w, 3) float32 0..1: what is seen where there is nothing else.
        haze: Colour of the air (3,) and metres after which two thirds are hidden.
        meshes: In any order.
    """

    rectangles: list[Rectangle]
    backdrop: Texture
    haze: tuple[NDArray[np.float32], float]
    meshes: list[PlacedMesh] = field(default_factory=list)


def turned(pitch: float, yaw: float, roll: float) -> NDArray[np.float64]:
    """World -> camera for angles in radians; a positive pitch looks down."""
    (cp, cy, cr), (sp, sy, sr) = np.cos([pitch, yaw, roll]), np.sin([pitch, yaw, roll])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_z = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y)


def photograph(world: World, view: View) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Picture (h, w, 3) float32 0..1 and inverse depth (h, w) float32 in 1/m."""
    height, width = view.size
    rays = view.rays()
    picture = cv2.resize(world.backdrop, (width, height), interpolation=cv2.INTER_AREA)
    picture = np.ascontiguousarray(picture, np.float32)
    inverse = np.full((height, width), 1.0 / FAR, np.float32)

    def distance(thing: Rectangle | PlacedMesh) -> float:
        return float(np.linalg.norm(thing.middle - view.position))

    things: list[Rectangle | PlacedMesh] = [*world.rectangles, *world.meshes]
    for thing in sorted(things, key=distance, reverse=True):
        if isinstance(thing, Rectangle):
            _draw(thing, view, rays, picture, inverse, world.haze)
        else:
            layer = draw_mesh(thing, view)
            if layer is not None:
                _put(layer, picture, inverse, world.haze)
    return np.clip(picture, 0.0, 1.0), inverse


def _draw(
    rectangle: Rectangle,
    view: View,
    rays: NDArray[np.float32],
    picture: NDArray[np.float32],
    inverse: NDArray[np.float32],
    haze: tuple[NDArray[np.float32], float],
) -> None:
    """Draw one rectangle in place, where it is nearer than what is there."""
    corner = view.turn @ (rectangle.corner - view.position)
    right, down = view.turn @ rectangle.right, view.turn @ rectangle.down
    normal = np.cross(right, down)
    reach = float(normal @ corner)
    box = _bounds(corner, right * rectangle.size[0], down * rectangle.size[1], view)
    if abs(reach) < 1e-6 or box is None:
        return
    y0, y1, x0, x1 = box
    part = rays[y0:y1, x0:x1]
    w = (part @ (normal / reach).astype(np.float32)).astype(np.float32)
    z = 1.0 / np.maximum(w, 1e-6)
    along = (part @ right.astype(np.float32)) * z - np.float32(corner @ right)
    across = (part @ down.astype(np.float32)) * z - np.float32(corner @ down)
    inside = (w > 1.0 / FAR) & (along >= 0) & (along < rectangle.size[0])
    inside &= (across >= 0) & (across < rectangle.size[1])
    if not inside.any():
        return
    rows, columns = rectangle.texture.shape[:2]
    scale = (columns / rectangle.size[0], rows / rectangle.size[1])
    # texels that fall on a pixel, at the middle distance: a smaller texture is looked at instead of every nth texel
    texels = float(np.median(z[inside])) / view.focal_px * max(scale)
    texture = rectangle.texture
    if texels > 1.5:
        small = (max(2, round(columns / texels)), max(2, round(rows / texels)))
        texture = np.asarray(cv2.resize(texture, small, interpolation=cv2.INTER_AREA), np.float32)
        scale = (small[0] / rectangle.size[0], small[1] / rectangle.size[1])
    map_x, map_y = (along * scale[0] - 0.5).astype(np.float32), (across * scale[1] - 0.5).astype(np.float32)
    sampled = cv2.remap(texture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if rectangle.relief:
        u, v = along / rectangle.size[0] - 0.5, across / rectangle.size[1] - 0.5
        bulge = np.clip(1.0 - 4.0 * u * u, 0.0, 1.0) * np.clip(1.0 - 2.0 * v * v, 0.0, 1.0)
        w = np.asarray(w * (1.0 + rectangle.relief * bulge), np.float32)
    alpha = sampled[..., 3] * inside
    _put(Layer(box, sampled[..., :3], np.asarray(alpha, np.float32), w), picture, inverse, haze)


def _put(
    layer: Layer,
    picture: NDArray[np.float32],
    inverse: NDArray[np.float32],
    haze: tuple[NDArray[np.float32], float],
) -> None:
    """Composite a layer in place, where it is nearer than what is there and seen through the air."""
    y0, y1, x0, x1 = layer.box
    w = layer.inverse
    alpha = layer.alpha * (w > inverse[y0:y1, x0:x1])
    air = (1.0 - np.exp(-1.0 / (np.maximum(w, 1e-6) * haze[1])))[..., None]
    color = layer.color * (1.0 - air) + haze[0] * air
    picture[y0:y1, x0:x1] += alpha[..., None] * (color - picture[y0:y1, x0:x1])
    inverse[y0:y1, x0:x1] = np.where(alpha > 0.5, w, inverse[y0:y1, x0:x1])


def _bounds(corner: Vector, right: Vector, down: Vector, view: View) -> tuple[int, int, int, int] | None:
    """Rows and columns (y0, y1, x0, x1) that a rectangle can touch; all of them if it reaches behind the camera."""
    height, width = view.size
    corners = np.array([corner, corner + right, corner + down, corner + right + down])
    if corners[:, 2].max() <= 0.05:
        return None
    if corners[:, 2].min() <= 0.05:
        return 0, height, 0, width
    x = corners[:, 0] / corners[:, 2] * view.focal_px + 0.5 * width
    y = corners[:, 1] / corners[:, 2] * view.focal_px + 0.5 * height
    y0, y1 = max(0, int(y.min())), min(height, int(np.ceil(y.max())) + 1)
    x0, x1 = max(0, int(x.min())), min(width, int(np.ceil(x.max())) + 1)
    return None if y1 <= y0 or x1 <= x0 else (y0, y1, x0, x1)


def moved(rng: np.random.Generator, view: View) -> View:
    """The camera a moment later: some centimetres and a degree or so away."""
    step = rng.normal(0.0, 0.06, 3)
    turn = turned(*np.radians(rng.normal(0.0, 1.2, 3))) @ view.turn
    return View(view.position + step, turn, view.focal_px, view.size)


def correspondence(
    first: View, inverse: NDArray[np.float32], second: View, other: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where the pixels of a view are seen in another one.

    Args:
        first: The view.
        inverse: (h, w) its inverse depth.
        second: The other view.
        other: (h, w) inverse depth of the other view.

    Returns:
        Columns and rows (h, w, 2) float32 in the other view, and (h, w) whether the same point is seen there.
    """
    points = first.rays() / inverse[..., None]
    turn = second.turn @ first.turn.T
    shift = second.turn @ (first.position - second.position)
    there = points @ turn.T.astype(np.float32) + shift.astype(np.float32)
    z = np.maximum(there[..., 2], 1e-6)
    height, width = second.size
    x = (there[..., 0] / z * second.focal_px + 0.5 * width - 0.5).astype(np.float32)
    y = (there[..., 1] / z * second.focal_px + 0.5 * height - 0.5).astype(np.float32)
    found = cv2.remap(other, x, y, cv2.INTER_NEAREST, borderValue=-1.0)
    seen = np.abs(found * z - 1.0) < SEEN_TOLERANCE
    seen &= (there[..., 2] > 0) & (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    return np.stack([x, y], axis=-1), seen

"""Little worlds of textured rectangles with true disparity: rooms and open ground, boxes, and cut-outs on the floor.

Coordinates are metres, x to the right, y down, z ahead; the floor is the plane y = 0, the camera stands above it.
A pixel's ray (x, y, 1) meets the plane of a rectangle with corner c and normal n at the inverse depth
``w = (n . ray) / (n . c)``, so the target is exact for every pixel, from any camera: a world is photographed twice from
places a hand's breadth apart, and what both see must come out alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.train.depth.scenes import Assets

    Vector = NDArray[np.float64]
    Texture = NDArray[np.float32]

FAR = 400.0
"""Distance of the sky, in metres."""

TEXTURE_PX = 256
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
    """Rectangles before a backdrop.

    Attributes:
        rectangles: In any order.
        backdrop: (h, w, 3) float32 0..1: what is seen where there is no rectangle.
        haze: Colour of the air (3,) and metres after which two thirds are hidden.
    """

    rectangles: list[Rectangle]
    backdrop: Texture
    haze: tuple[NDArray[np.float32], float]


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

    def distance(rectangle: Rectangle) -> float:
        middle = rectangle.corner + 0.5 * (rectangle.right * rectangle.size[0] + rectangle.down * rectangle.size[1])
        return float(np.linalg.norm(middle - view.position))

    for rectangle in sorted(world.rectangles, key=distance, reverse=True):
        _draw(rectangle, view, rays, picture, inverse, world.haze)
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
    nearer = inside & (w > inverse[y0:y1, x0:x1])
    alpha = sampled[..., 3:] * nearer[..., None]
    air = (1.0 - np.exp(-z / haze[1]))[..., None]
    color = sampled[..., :3] * (1.0 - air) + haze[0] * air
    picture[y0:y1, x0:x1] += alpha * (color - picture[y0:y1, x0:x1])
    inverse[y0:y1, x0:x1] = np.where(nearer & (sampled[..., 3] > 0.5), w, inverse[y0:y1, x0:x1])


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


def random_texture(rng: np.random.Generator, assets: Assets, lively: float) -> Texture:
    """(h, w, 4): part of a photograph over a plain colour; ``lively`` 0..1 is the share of the photograph."""
    photograph_ = assets.backgrounds[rng.integers(len(assets.backgrounds))]
    height, width = photograph_.shape[:2]
    side = int(min(height, width) * rng.uniform(0.25, 0.9))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    part = cv2.resize(photograph_[top : top + side, left : left + side], (TEXTURE_PX, TEXTURE_PX))
    plain = rng.uniform(0.15, 0.95) * (1.0 + rng.normal(0.0, 0.08, 3))
    if rng.random() < 0.3:
        plain = rng.uniform(0.05, 0.9, 3)
    color = part.astype(np.float32) / 255.0 * lively + plain.astype(np.float32) * (1.0 - lively)
    first, last = (float(value) for value in rng.uniform(0.75, 1.15, 2))
    slope = np.linspace(first, last, TEXTURE_PX, dtype=np.float32)
    color = color * (slope[:, None, None] if rng.random() < 0.5 else slope[None, :, None])
    return np.concatenate([color, np.ones((TEXTURE_PX, TEXTURE_PX, 1), np.float32)], axis=2).astype(np.float32)


def _shaded(texture: Texture, light: float) -> Texture:
    return np.concatenate([texture[..., :3] * np.float32(light), texture[..., 3:]], axis=2)


def _box(rng: np.random.Generator, assets: Assets, foot: Vector, size: Vector, base: float = 0.0) -> list[Rectangle]:
    """Five faces of a box that stands at ``foot`` (x, z) with its underside ``base`` metres above the floor."""
    angle = rng.uniform(0, 2 * np.pi)
    a, b = np.array([np.cos(angle), 0, np.sin(angle)]), np.array([-np.sin(angle), 0, np.cos(angle)])
    width, height, depth = (float(value) for value in size)
    middle = np.array([foot[0], -base, foot[1]])
    texture = random_texture(rng, assets, float(rng.choice([0.0, 0.3, 0.9])))
    light = rng.uniform(0.45, 1.1, 4)
    faces = []
    for (first, wide), (second, deep), shade in (
        ((a, width), (b, depth), light[0]),
        ((b, depth), (-a, width), light[1]),
        ((-a, width), (-b, depth), light[2]),
        ((-b, depth), (a, width), light[3]),
    ):
        start = middle - 0.5 * wide * first - 0.5 * deep * second - height * Y
        faces.append(Rectangle(start, first, Y, (wide, height), _shaded(texture, float(shade))))
    top = middle - 0.5 * width * a - 0.5 * depth * b - height * Y
    return [*faces, Rectangle(top, a, b, (width, depth), _shaded(texture, 1.15))]


def _table(rng: np.random.Generator, assets: Assets, foot: Vector) -> list[Rectangle]:
    """A flat top on a narrow stand."""
    height = rng.uniform(0.45, 1.0)
    top = _box(rng, assets, foot, np.array([rng.uniform(0.5, 1.8), 0.05, rng.uniform(0.4, 0.9)]), base=height)
    return top + _box(rng, assets, foot, np.array([0.1, height, 0.1]))


def _standing(
    rng: np.random.Generator, piece: NDArray[np.uint8], kind: str, foot: Vector, camera_at: Vector, base: float
) -> Rectangle:
    """A cut-out on the floor, turned towards the camera but for a few degrees."""
    rows, columns = piece.shape[:2]
    if kind == "standing":
        height = rng.uniform(1.45, 1.95)
    elif kind == "upper":
        height, base = rng.uniform(0.75, 1.0), rng.uniform(0.6, 0.9)
    else:
        height = float(np.exp(rng.uniform(np.log(0.25), np.log(2.0)))) * (0.5 if columns > 2 * rows else 1.0)
    texture = piece.astype(np.float32) / 255.0
    texture[..., :3] *= rng.uniform(0.7, 1.15)
    if rng.random() < 0.5:
        texture = np.ascontiguousarray(texture[:, ::-1])
    away = np.array([foot[0] - camera_at[0], foot[1] - camera_at[2]])
    angle = np.arctan2(away[0], away[1]) + rng.normal(0.0, 0.15)
    right = np.array([np.cos(angle), 0.0, -np.sin(angle)])
    wide = height * columns / rows
    corner = np.array([foot[0], -base - height, foot[1]]) - 0.5 * wide * right
    return Rectangle(corner, right, Y, (wide, height), texture, float(rng.uniform(0.0, 0.04)))


def _shadow(foot: Vector, radius: float, strength: float) -> Rectangle:
    """A soft dark patch on the floor."""
    place = np.linspace(-1.0, 1.0, 32, dtype=np.float32)
    alpha = strength * np.exp(-3.0 * (place[:, None] ** 2 + place[None, :] ** 2))
    # never above one half: a shadow has no depth of its own
    texture = np.concatenate([np.zeros((32, 32, 3), np.float32), np.minimum(alpha, 0.49)[..., None]], axis=2)
    corner = np.array([foot[0] - radius, -0.004, foot[1] - radius])
    return Rectangle(corner, X, Z, (2 * radius, 2 * radius), texture.astype(np.float32))


def random_world(rng: np.random.Generator, assets: Assets, size: tuple[int, int]) -> tuple[World, View]:
    """Draw a world and the camera that looks at it."""
    width = size[1]
    indoor = rng.random() < 0.45
    eye = rng.uniform(0.9, 1.9)
    focal = width / (2.0 * np.tan(np.radians(rng.uniform(38.0, 75.0)) / 2.0))
    camera_at = np.array([0.0, -eye, 0.0])
    turn = turned(np.radians(rng.normal(4.0, 6.0)), np.radians(rng.normal(0.0, 8.0)), np.radians(rng.normal(0.0, 1.5)))
    view = View(camera_at, turn, float(focal), size)
    farthest = float(np.exp(rng.uniform(np.log(3.0), np.log(9.0 if indoor else 40.0))))
    rectangles = _room(rng, assets, farthest) if indoor else _outdoors(rng, assets, farthest)
    near = rng.uniform(0.6, 1.6)
    # as many near as far: evenly spread in inverse depth, roughly
    for place in rng.permutation(np.linspace(0.05, 1.0, int(rng.integers(2, 9)))):
        z = 1.0 / (1.0 / farthest + place * (1.0 / near - 1.0 / farthest)) * rng.uniform(0.85, 0.98)
        foot = np.array([rng.uniform(-0.65, 0.65) * width / focal * z, z])
        choice, base = rng.random(), 0.0
        if choice < 0.3:
            side = float(np.clip(z * rng.uniform(0.1, 0.45), 0.15, 2.5))
            box = side * np.exp(rng.normal(0.0, 0.35, 3))
            rectangles += _box(rng, assets, foot, box)
            base = float(box[1])
        elif choice < 0.4:
            rectangles += _table(rng, assets, foot)
        if 0.15 <= choice < 0.4:
            continue
        index = int(rng.integers(len(assets.cutouts)))
        kind = assets.kinds[index] if base == 0.0 else "thing"
        if kind == "upper":
            foot = foot * (rng.uniform(0.6, 1.4) / foot[1])  # farther away one would see that they end in mid-air
        rectangles.append(_standing(rng, assets.cutouts[index], kind, foot, camera_at, base))
        if base == 0.0 and kind != "upper" and rng.random() < 0.8:
            rectangles.append(_shadow(foot, rectangles[-1].size[0] * rng.uniform(0.5, 0.9), rng.uniform(0.3, 0.8)))
    backdrop = assets.backgrounds[rng.integers(len(assets.backgrounds))].astype(np.float32) / 255.0
    haze = (rng.uniform(0.5, 0.9, 3).astype(np.float32), float(rng.choice([60.0, 200.0, 2000.0])))
    return World(rectangles, backdrop, haze), view


def _room(rng: np.random.Generator, assets: Assets, depth: float) -> list[Rectangle]:
    """Floor, ceiling and walls, with pictures on them."""
    half, tall = rng.uniform(1.3, 4.5), rng.uniform(2.3, 3.4)
    behind = -1.0
    long = depth - behind
    wall = random_texture(rng, assets, float(rng.choice([0.0, 0.1, 0.5])))
    shade = rng.uniform(0.6, 1.1, 4)
    start = np.array([-half, -tall, behind])
    faces = [
        Rectangle(np.array([-half, 0.0, behind]), X, Z, (2 * half, long), random_texture(rng, assets, 0.5)),
        Rectangle(np.array([-half, -tall, depth]), X, Y, (2 * half, tall), _shaded(wall, shade[0])),
        Rectangle(start, Z, Y, (long, tall), _shaded(wall, shade[1])),
        Rectangle(start + 2 * half * X, Z, Y, (long, tall), _shaded(wall, shade[2])),
        Rectangle(start, X, Z, (2 * half, long), _shaded(wall, 1.2 * shade[3])),
    ]
    for _ in range(int(rng.integers(0, 4))):
        texture = random_texture(rng, assets, 1.0)
        size = (rng.uniform(0.3, 1.6), rng.uniform(0.3, 1.2))
        up = -rng.uniform(0.9, 1.6) - size[1] / 2
        if rng.random() < 0.5:
            corner = np.array([rng.uniform(-half, half - 0.3), up, depth - 0.02])
            faces.append(Rectangle(corner, X, Y, size, texture))
        else:
            side = half - 0.02 if rng.random() < 0.5 else -half + 0.02
            faces.append(Rectangle(np.array([side, up, rng.uniform(0.5, depth)]), Z, Y, size, texture))
    return faces


def _outdoors(rng: np.random.Generator, assets: Assets, farthest: float) -> list[Rectangle]:
    """Ground to the horizon or to a wall, and houses at the sides."""
    texture = random_texture(rng, assets, float(rng.choice([0.2, 0.6, 1.0])))
    bands, z = [], -1.0
    # longer and longer pieces with the same texture: each is sampled at the size that fits its distance
    for length in (5.0, 10.0, 30.0, 100.0, 250.0):
        half = 1.2 * (z + length) + 6
        bands.append(Rectangle(np.array([-half, 0.0, z]), X, Z, (2 * half, length), texture))
        z += length
    if rng.random() < 0.35:
        tall = rng.uniform(1.0, 8.0)
        wall = random_texture(rng, assets, 0.7)
        bands.append(Rectangle(np.array([-60.0, -tall, farthest]), X, Y, (120.0, tall), wall))
    for side in (-1.0, 1.0):
        if rng.random() < 0.3:
            tall, away = rng.uniform(2.5, 12.0), rng.uniform(1.5, 7.0)
            house = random_texture(rng, assets, 0.7)
            start = np.array([side * away, -tall, rng.uniform(0.0, 6.0)])
            bands.append(Rectangle(start, Z, Y, (rng.uniform(6.0, 40.0), tall), house))
    return bands


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

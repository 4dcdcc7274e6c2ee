"""Random little worlds: rooms, open ground and tables with furniture, people, plants and things on them.

They are made of :mod:`vbr_core.train.depth.rectangles` (floors, walls, boxes, cut-outs) and, if there are any, of
:mod:`vbr_core.train.depth.meshes` at their true size. Coordinates as there: metres, the floor is y = 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.train.depth.mesh_drawing import PlacedMesh
from vbr_core.train.depth.rectangles import Rectangle, View, World, X, Y, Z, turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.train.depth.meshes import Mesh
    from vbr_core.train.depth.rectangles import Texture, Vector
    from vbr_core.train.depth.scenes import Assets

TEXTURE_PX = 256
OUTDOORS = ("Exterior", "Vehicles", "Characters")
SMALL_M = 0.55
"""A mesh that measures less than this in all directions can stand on a table."""


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
    rng: np.random.Generator,
    piece: NDArray[np.uint8],
    kind: str,
    foot: Vector,
    camera_at: Vector,
    base: float,
    height: float = 0.0,
) -> Rectangle:
    """A cut-out on the floor, turned towards the camera but for a few degrees; as high as its kind, or ``height``."""
    rows, columns = piece.shape[:2]
    if height > 0:
        pass
    elif kind == "standing":
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


class _Light:
    """Where the light of a world comes from, and how mesh colours vary."""

    def __init__(self, rng: np.random.Generator) -> None:
        direction = np.array([rng.normal(0.0, 0.7), -abs(rng.normal(0.9, 0.4)), rng.normal(-0.5, 0.7)])
        self.direction = direction / np.linalg.norm(direction)
        self.ambient = float(rng.uniform(0.25, 0.75))
        self.strength = float(rng.uniform(0.8, 1.3))

    def place(self, rng: np.random.Generator, mesh: Mesh, foot: Vector, yaw: float, scale: float = 1.0) -> PlacedMesh:
        """A mesh in this light; half of the time in other colours than its own."""
        colors = mesh.colors
        if mesh.category != "Characters" and rng.random() < 0.5:
            fresh = rng.uniform(0.05, 0.95, colors.shape)
            plain = (mesh.texture < 0)[:, None]
            colors = np.where(plain, fresh, colors * rng.uniform(0.6, 1.1, 3)).astype(np.float32)
        lit = (colors * self.strength).astype(np.float32)
        return PlacedMesh(mesh, foot, yaw, scale, lit, self.direction, self.ambient)


def _yaw(rng: np.random.Generator) -> float:
    """Square to the room half of the time."""
    quarter = float(rng.integers(4)) * np.pi / 2
    return quarter + float(rng.normal(0.0, 0.05)) if rng.random() < 0.5 else float(rng.uniform(0, 2 * np.pi))


def _choose(rng: np.random.Generator, meshes: list[Mesh], smallest: float, largest: float) -> Mesh | None:
    """A mesh whose longest side is in a range of metres; None if none was found in a few tries."""
    for _ in range(12 if meshes else 0):
        mesh = meshes[rng.integers(len(meshes))]
        if smallest <= float(mesh.size.max()) <= largest:
            return mesh
    return None


def random_world(rng: np.random.Generator, assets: Assets, size: tuple[int, int]) -> tuple[World, View]:
    """Draw a world and the camera that looks at it."""
    width = size[1]
    focal = float(width / (2.0 * np.tan(np.radians(rng.uniform(38.0, 75.0)) / 2.0)))
    choice = rng.random()
    if choice < 0.3:
        return _table_world(rng, assets, size, focal)
    indoor = choice < 0.68
    eye = rng.uniform(0.9, 1.9)
    camera_at = np.array([0.0, -eye, 0.0])
    turn = turned(np.radians(rng.normal(4.0, 6.0)), np.radians(rng.normal(0.0, 8.0)), np.radians(rng.normal(0.0, 1.5)))
    view = View(camera_at, turn, focal, size)
    farthest = float(np.exp(rng.uniform(np.log(3.0), np.log(9.0 if indoor else 40.0))))
    rectangles = _room(rng, assets, farthest) if indoor else _outdoors(rng, assets, farthest)
    known = [mesh for mesh in assets.meshes if indoor != (mesh.category in OUTDOORS[:2])]
    light, meshes = _Light(rng), list[PlacedMesh]()
    near = rng.uniform(0.6, 1.6)
    # as many near as far: evenly spread in inverse depth, roughly
    for place in rng.permutation(np.linspace(0.05, 1.0, int(rng.integers(3, 13)))):
        z = 1.0 / (1.0 / farthest + place * (1.0 / near - 1.0 / farthest)) * rng.uniform(0.85, 0.98)
        foot = np.array([rng.uniform(-0.65, 0.65) * width / focal * z, z])
        if known and rng.random() < 0.65:
            _furnish(rng, known, light, foot, z, rectangles, meshes)
        else:
            _add_thing(rng, assets, foot, camera_at, rectangles)
    haze = (rng.uniform(0.5, 0.9, 3).astype(np.float32), float(rng.choice([60.0, 200.0, 2000.0])))
    return World(rectangles, _backdrop(rng, assets), haze, meshes), view


def _backdrop(rng: np.random.Generator, assets: Assets) -> Texture:
    return np.asarray(assets.backgrounds[rng.integers(len(assets.backgrounds))].astype(np.float32) / 255.0)


def _furnish(
    rng: np.random.Generator,
    known: list[Mesh],
    light: _Light,
    foot: Vector,
    z: float,
    rectangles: list[Rectangle],
    meshes: list[PlacedMesh],
) -> None:
    """Add a mesh at its true size, its shadow, and often something on top of it."""
    people = [mesh for mesh in known if mesh.category == "Characters"]
    person = bool(people) and rng.random() < 0.3
    # what is much larger than its distance would hide everything
    mesh = people[rng.integers(len(people))] if person else _choose(rng, known, 0.12 * z, max(0.6, 0.9 * z))
    if mesh is None:
        return
    reach = 0.5 * float(np.hypot(mesh.size[0], mesh.size[2]))
    foot = foot * max(1.0, (reach + 0.4) / foot[1])
    yaw = float(rng.normal(0.0, 0.8)) if person else _yaw(rng)
    at = np.array([foot[0], -mesh.elevation, foot[1]])
    meshes.append(light.place(rng, mesh, at, yaw))
    if mesh.elevation < 0.05:
        rectangles.append(_shadow(foot, max(0.1, reach * rng.uniform(0.8, 1.3)), rng.uniform(0.3, 0.9)))
    if mesh.top > 0.2 and rng.random() < 0.7:
        for _ in range(int(rng.integers(1, 4))):
            small = _choose(rng, known, 0.05, min(SMALL_M, 0.7 * float(mesh.size[0])))
            if small is not None and small.elevation < 0.05:
                aside = 0.3 * mesh.size[[0, 2]] * rng.uniform(-1, 1, 2)
                cos, sin = np.cos(yaw), np.sin(yaw)
                across = np.array([cos * aside[0] + sin * aside[1], -sin * aside[0] + cos * aside[1]])
                on = np.array([foot[0] + across[0], at[1] - mesh.top, foot[1] + across[1]])
                meshes.append(light.place(rng, small, on, _yaw(rng)))


def _add_thing(
    rng: np.random.Generator, assets: Assets, foot: Vector, camera_at: Vector, rectangles: list[Rectangle]
) -> None:
    """Add a box, a table or a cut-out."""
    choice, base = rng.random(), 0.0
    z = float(foot[1])
    if choice < 0.3:
        side = float(np.clip(z * rng.uniform(0.1, 0.45), 0.15, 2.5))
        box = side * np.exp(rng.normal(0.0, 0.35, 3))
        rectangles += _box(rng, assets, foot, box)
        base = float(box[1])
    elif choice < 0.4:
        rectangles += _table(rng, assets, foot)
    if 0.15 <= choice < 0.4:
        return
    index = int(rng.integers(len(assets.cutouts)))
    kind = assets.kinds[index] if base == 0.0 else "thing"
    if kind == "upper":
        foot = foot * (rng.uniform(0.6, 1.4) / foot[1])  # farther away one would see that they end in mid-air
    rectangles.append(_standing(rng, assets.cutouts[index], kind, foot, camera_at, base))
    if base == 0.0 and kind != "upper" and rng.random() < 0.8:
        rectangles.append(_shadow(foot, rectangles[-1].size[0] * rng.uniform(0.5, 0.9), rng.uniform(0.3, 0.8)))


def _table_world(rng: np.random.Generator, assets: Assets, size: tuple[int, int], focal: float) -> tuple[World, View]:
    """Things close by on a table top, people sitting behind it, a room or a photograph beyond.

    The table top is the plane y = 0 here, and the floor below it.
    """
    eye = float(rng.uniform(0.12, 0.7))
    camera_at = np.array([0.0, -eye, 0.0])
    pitch = np.radians(rng.uniform(0.0, 10.0) + 30.0 * eye * rng.random())
    turn = turned(float(pitch), np.radians(rng.normal(0.0, 6.0)), np.radians(rng.normal(0.0, 2.0)))
    edge, half = float(rng.uniform(0.7, 2.0)), float(rng.uniform(0.5, 1.6))
    wall_z = edge + float(np.exp(rng.uniform(np.log(0.15), np.log(5.0))))
    tall = 0.75
    top = Rectangle(
        np.array([-half, 0.0, -0.5]),
        X,
        Z,
        (2 * half, edge + 0.5),
        random_texture(rng, assets, rng.choice([0.1, 0.5, 1])),
    )
    front = _shaded(random_texture(rng, assets, 0.1), 0.6)
    rectangles = [
        top,
        Rectangle(np.array([-half, 0.001, edge]), X, Y, (2 * half, 0.04), front),
        Rectangle(np.array([-8.0, tall, -1.0]), X, Z, (16.0, wall_z + 1.0), random_texture(rng, assets, 0.5)),
    ]
    if rng.random() < 0.75:
        lively = float(rng.choice([0.0, 0.2, 1.0]))
        rectangles.append(
            Rectangle(np.array([-8.0, tall - 3.0, wall_z]), X, Y, (16.0, 3.0), random_texture(rng, assets, lively))
        )
    light, meshes = _Light(rng), list[PlacedMesh]()
    small = [mesh for mesh in assets.meshes if mesh.category not in OUTDOORS and mesh.elevation < 0.05]
    near = 0.3
    for place in rng.permutation(np.linspace(0.05, 1.0, int(rng.integers(1, 7)))):
        z = 1.0 / (1.0 / edge + place * (1.0 / near - 1.0 / edge)) * rng.uniform(0.85, 0.95)
        foot = np.array([rng.uniform(-0.55, 0.55) * size[1] / focal * z, z])
        mesh = _choose(rng, small, 0.06, SMALL_M) if rng.random() < 0.65 else None
        if mesh is not None:
            scale = float(rng.uniform(0.7, 1.2))
            meshes.append(light.place(rng, mesh, np.array([foot[0], 0.0, foot[1]]), _yaw(rng), scale))
            radius = 0.5 * float(mesh.size[0]) * scale
        else:
            piece = assets.cutouts[rng.integers(len(assets.cutouts))]
            rectangles.append(_standing(rng, piece, "thing", foot, camera_at, 0.0, float(rng.uniform(0.12, 0.45))))
            radius = 0.5 * rectangles[-1].size[0]
        rectangles.append(_shadow(foot, max(0.02, radius * rng.uniform(0.8, 1.4)), rng.uniform(0.3, 0.9)))
    people = [mesh for mesh in assets.meshes if mesh.category == "Characters"]
    upper = [number for number, kind in enumerate(assets.kinds) if kind == "upper"]
    for _ in range(int(rng.integers(0, 4))):
        z = rng.uniform(edge + 0.1, max(edge + 0.2, wall_z - 0.1))
        foot = np.array([rng.uniform(-0.5, 0.5) * size[1] / focal * z, z])
        if upper and (not people or rng.random() < 0.6):
            index = upper[rng.integers(len(upper))]
            rectangles.append(
                _standing(rng, assets.cutouts[index], "thing", foot, camera_at, -0.15, rng.uniform(0.6, 0.85))
            )
        elif people:
            mesh = people[rng.integers(len(people))]
            at = np.array([foot[0], tall, foot[1]])
            meshes.append(light.place(rng, mesh, at, float(rng.normal(0.0, 0.7)), 0.85))
    haze = (np.full(3, 0.7, np.float32), 2000.0)
    view = View(camera_at, turn, focal, size)
    return World(rectangles, _backdrop(rng, assets), haze, meshes), view


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

"""Random scenes: a far background and slanted cut-outs on 3D paths, a shaking camera, and a focus programme.

The camera looks along +z, x to the right, y down. A plane's inverse depth is affine in the picture:
``w(x, y) = 1 / z``, and so is its disparity. Scenes are drawn with ``D = (w - W_FAR) / (W_NEAR - W_FAR)``, and told by
a few numbers per plane and frame, the same for every tracer, on a scale of disparity that holds all that is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.train.svb.picture_library import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.train.svb.picture_library import Library

W_NEAR = 1.0
"""Inverse depth (1 / scene unit) of disparity 1."""

W_FAR = 0.05
"""Inverse depth of disparity 0."""

FOCAL_LENGTH = 1.1
"""In picture widths: a field of view of 49 degrees."""

TRACER_VERSION = 3
"""Counts up when the same scene is photographed or described another way: no set is continued by another tracer."""

GRID_LINES = 64
"""What disparity a scene shows is looked up on a grid of so many lines."""

PROGRAMS = ("blur", "rack", "sweep")
"""What the camera changes: the amount of blur on a fixed target; the focus from one target to another; the focus from
the farthest to the nearest thing or back (paper, section 5)."""


@dataclass(frozen=True)
class Scene:
    """Everything that a tracer needs.

    Attributes:
        height: Lines.
        width: Columns.
        disparity: (T, P, 3) float32: D = a x + b y + c of each plane in each frame; x, y in pixels, the middle of the
            first pixel is (0.5, 0.5). Plane 0 is the background.
        texel: (T, P, 2, 4) float32: column and row of the texture, ``(h0 x + h1 y + h2) / w + h3`` with the inverse
            depth ``w`` of that place.
        textures: P pictures (h, w, 4) float32: premultiplied linear light (may exceed 1) and alpha.
        d_f: (T,) float32 disparity of the focal plane.
        k_px: (T,) float32 blur amount: radius in pixels per unit of disparity.
        program: One of :data:`PROGRAMS`.
        sources: Names of the pictures, in the order of the textures.
        w_far: Inverse depth of disparity 0.
        w_range: What disparity 1 has more.
    """

    height: int
    width: int
    disparity: NDArray[np.float32]
    texel: NDArray[np.float32]
    textures: list[NDArray[np.float32]]
    d_f: NDArray[np.float32]
    k_px: NDArray[np.float32]
    program: str
    sources: tuple[str, ...] = ()
    w_far: float = W_FAR
    w_range: float = W_NEAR - W_FAR

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.d_f)


def to_linear(encoded: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB-encoded values to linear light (IEC 61966-2-1)."""
    high = ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4
    return np.where(encoded <= 0.04045, encoded / 12.92, high).astype(np.float32)


def random_scene(
    library: Library, rng: np.random.Generator, objects: int, frames: int = 16, height: int = 256, width: int = 256
) -> Scene:
    """Draw a scene.

    Args:
        library: Photographs and cut-outs.
        rng: Source of all randomness.
        objects: Number of cut-outs.
        frames: Length.
        height: Lines; sizes, paths and blur scale with it.
        width: Columns.
    """
    size = float(min(height, width))
    camera = _Camera(rng, frames, height, width)
    disparities = [_background_plane(rng, camera)]
    photograph = library.photographs[rng.integers(len(library.photographs))]
    textures = [_background_texture(read_picture(photograph, alpha=False), rng, disparities[0], camera)]
    sources = [photograph.name]
    # nearer things are drawn at all depths: one in each of as many equal slices of the disparity range
    slices = rng.permutation(objects)
    for index in range(objects):
        depth = 0.12 + 0.8 * (slices[index] + rng.uniform(0.1, 0.9)) / objects
        path = library.cutouts[rng.integers(len(library.cutouts))]
        plane, texture = _object(path, rng, depth, camera, size)
        disparities.append(plane)
        textures.append(texture)
        sources.append(path.name)
    affine, texel = camera.project(disparities, textures)
    k_px, d_f, program = _focus_program(rng, affine, disparities, camera, size)
    return within_range(Scene(height, width, affine, texel, textures, d_f, k_px, program, tuple(sources)))


def within_range(scene: Scene) -> Scene:
    """The same scene with a scale of disparity on which all that it shows lies in 0..1: the blur stays what it is.

    A thing that leans far or comes near would else be blurred more than any disparity up to 1 tells.
    """
    least, most = seen_range(scene)
    least, most = min(least, 0.0), max(most, 1.0)
    span = most - least
    disparity = scene.disparity / np.float32(span)
    disparity[..., 2] -= np.float32(least / span)
    d_f = (scene.d_f - np.float32(least)) / np.float32(span)
    return replace(
        scene,
        disparity=disparity,
        d_f=d_f,
        k_px=scene.k_px * np.float32(span),
        w_far=scene.w_far + scene.w_range * least,
        w_range=scene.w_range * span,
    )


def seen_range(scene: Scene) -> tuple[float, float]:
    """Least and largest disparity that planes have within the picture, over all frames; a little wider than true."""
    step = max(scene.height, scene.width) / GRID_LINES
    x, y = (np.linspace(0.0, size, int(np.ceil(size / step)) + 1) for size in (scene.width, scene.height))
    place = np.stack([*np.meshgrid(x, y), np.ones((len(y), len(x)))], axis=-1)
    least, most = np.inf, -np.inf
    for planes, homographies in zip(scene.disparity, scene.texel, strict=True):
        for number, (affine, texel, texture) in enumerate(zip(planes, homographies, scene.textures, strict=True)):
            disparity = place @ affine
            inverse_depth = scene.w_far + scene.w_range * disparity
            at = (place @ texel[:, :3].T) / np.maximum(inverse_depth, 1e-6)[..., None] + texel[:, 3]
            height, width = texture.shape[:2]
            inside = (at >= 0.0).all(axis=-1) & (at[..., 0] <= width) & (at[..., 1] <= height) & (inverse_depth > 0.0)
            inside |= number == 0  # the background has no end
            if inside.any():
                room = step * float(np.abs(affine[:2]).sum())
                least = min(least, float(disparity[inside].min()) - room)
                most = max(most, float(disparity[inside].max()) + room)
    return least, most


@dataclass
class _Plane:
    """A textured rectangle in the world: centre (T, 3), axes (T, 3) each, texels per unit, and its middle texel."""

    center: NDArray[np.float64]
    right: NDArray[np.float64]
    down: NDArray[np.float64]
    texels_per_unit: float
    middle: tuple[float, float] = (0.0, 0.0)


class _Camera:
    """A pinhole that shakes and drifts: the pose of every frame."""

    def __init__(self, rng: np.random.Generator, frames: int, height: int, width: int) -> None:
        self.frames, self.height, self.width = frames, height, width
        self.focal_px = FOCAL_LENGTH * width
        time = np.arange(frames) / 15.0
        strength = rng.choice([0.0, 0.3, 1.0, 2.0], p=[0.1, 0.4, 0.35, 0.15])
        self.angles = strength * 0.004 * np.stack([_wobble(rng, time) for _ in range(3)], axis=1)
        self.position = strength * 0.012 * np.stack([_wobble(rng, time) for _ in range(3)], axis=1)
        self.position += np.outer(time, rng.normal(0.0, 0.03, 3))
        self.angles += np.outer(time, rng.normal(0.0, 0.015, 3) * np.array([1.0, 1.0, 0.5]))

    def project(
        self, planes: list[_Plane], textures: list[NDArray[np.float32]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """``disparity`` (T, P, 3) and ``texel`` (T, P, 2, 4) of :class:`Scene`."""
        affine = np.empty((self.frames, len(planes), 3))
        texel = np.empty((self.frames, len(planes), 2, 4))
        # pixel (x, y, 1) -> direction (X/z, Y/z, 1)
        ray = np.array(
            [
                [1 / self.focal_px, 0, -0.5 * self.width / self.focal_px],
                [0, 1 / self.focal_px, -0.5 * self.height / self.focal_px],
                [0, 0, 1],
            ]
        )
        for t in range(self.frames):
            turn = _rotation(self.angles[t])
            for p, plane in enumerate(planes):
                center = turn @ (plane.center[t] - self.position[t])
                right, down = turn @ plane.right[t], turn @ plane.down[t]
                normal = np.cross(right, down)
                inverse_depth = (normal @ ray) / (normal @ center)
                affine[t, p] = inverse_depth / (W_NEAR - W_FAR)
                affine[t, p, 2] -= W_FAR / (W_NEAR - W_FAR)
                for row, axis in enumerate((right, down)):
                    texel[t, p, row, :3] = (axis @ ray) * plane.texels_per_unit
                    texel[t, p, row, 3] = -(axis @ center) * plane.texels_per_unit + plane.middle[row]
        return affine.astype(np.float32), texel.astype(np.float32)


def _wobble(rng: np.random.Generator, time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Smooth noise around 0 with a standard deviation near 1."""
    waves = [
        rng.normal(0.0, 0.7) * np.sin(2 * np.pi * (rng.uniform(0.3, 3.0) * time + rng.uniform())) for _ in range(3)
    ]
    return np.asarray(sum(waves))


def _rotation(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation matrix for turns about x, y and z, in radians."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def _depth_of(disparity: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Disparity 0..1 -> z."""
    return 1.0 / (W_FAR + (W_NEAR - W_FAR) * np.asarray(disparity, np.float64))


def _background_plane(rng: np.random.Generator, camera: _Camera) -> _Plane:
    """The far plane. Three in ten lean towards the camera like ground."""
    depth = float(_depth_of(rng.uniform(0.01, 0.06)))
    lean = rng.uniform(0.2, 0.9) if rng.uniform() < 0.3 else 0.0
    turn = _rotation(np.array([lean, rng.normal(0.0, 0.1), 0.0]))
    one = np.ones((camera.frames, 1))
    return _Plane(one * np.array([0.0, 0.0, depth]), one * turn[:, 0], one * turn[:, 1], camera.focal_px / depth)


def _background_texture(
    photograph: NDArray[np.float32], rng: np.random.Generator, plane: _Plane, camera: _Camera
) -> NDArray[np.float32]:
    """A crop of the photograph that fills the picture with some room, in linear light with highlights."""
    room = 1.25
    height, width = round(camera.height * room), round(camera.width * room)
    source_height, source_width = photograph.shape[:2]
    most = min(source_height / height, source_width / width)
    scale = most * rng.uniform(0.6, 1.0) if most > 1.6 else most
    crop_height, crop_width = min(source_height, int(height * scale)), min(source_width, int(width * scale))
    top = int(rng.integers(source_height - crop_height + 1))
    left = int(rng.integers(source_width - crop_width + 1))
    crop = np.ascontiguousarray(photograph[top : top + crop_height, left : left + crop_width])
    if rng.uniform() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    interpolation = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    linear = cv2.resize(to_linear(crop), (width, height), interpolation=interpolation)
    linear = np.maximum(np.asarray(linear, np.float32), 0.0) * np.float32(rng.uniform(0.6, 1.1))
    linear = _brighten_highlights(linear, rng)
    if rng.uniform() < 0.35:
        _add_lights(linear, rng, camera.height)
    plane.middle = (0.5 * width, 0.5 * height)
    alpha = np.ones((height, width, 1), np.float32)
    return np.concatenate([linear, alpha], axis=2)


def _brighten_highlights(linear: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Give back light that a camera clipped: what is nearly white becomes up to several times as bright."""
    if rng.uniform() < 0.4:
        return linear
    gain = np.float32(np.exp(rng.uniform(0.0, np.log(6.0))))
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    share = np.clip((luminance - 0.75) / 0.25, 0.0, 1.0)[..., None]
    return linear * (1.0 + (gain - 1.0) * share * share)


def _add_lights(linear: NDArray[np.float32], rng: np.random.Generator, lines: int) -> None:
    """Small lamps: what turns into bokeh balls. Brighter than white, about a pixel wide at 256 lines."""
    height, width = linear.shape[:2]
    scale = lines / 256.0
    for _ in range(int(rng.integers(5, 50))):
        y, x = rng.uniform(0, height), rng.uniform(0, width)
        sigma = rng.uniform(0.5, 1.4) * scale
        warm = rng.uniform(-0.4, 0.6)
        color = np.array([1.0 + max(warm, 0.0), 1.0, 1.0 - warm], np.float32) * np.exp(rng.uniform(0.5, 3.0))
        reach = int(np.ceil(4 * sigma))
        y0, y1 = max(0, int(y) - reach), min(height, int(y) + reach + 1)
        x0, x1 = max(0, int(x) - reach), min(width, int(x) + reach + 1)
        dy, dx = np.arange(y0, y1) + 0.5 - y, np.arange(x0, x1) + 0.5 - x
        spot = np.exp(-(dy[:, None] ** 2 + dx[None, :] ** 2) / (2 * sigma * sigma))
        linear[y0:y1, x0:x1] += (spot[..., None] * color).astype(np.float32)


def _object(
    path: Path, rng: np.random.Generator, depth: float, camera: _Camera, size: float
) -> tuple[_Plane, NDArray[np.float32]]:
    """A cut-out on its path, and its texture at about the size at which it is seen."""
    picture = read_picture(path, alpha=True)
    time = np.arange(camera.frames) / 15.0
    start, end = depth, float(np.clip(depth + rng.normal(0.0, 0.07), 0.08, 1.0))
    along = _eased(time, rng)
    z = _depth_of(start + (end - start) * along)
    # the longer side as seen in the middle of the clip, in pixels; near things are larger
    longer_px = size * np.clip(rng.uniform(0.25, 0.65) * (0.6 + 0.9 * depth), 0.18, 1.1)
    unit = longer_px * z[len(z) // 2] / camera.focal_px / max(picture.shape[:2])  # scene units per texel
    x0, y0 = rng.uniform(0.05, 0.95) * camera.width, rng.uniform(0.2, 0.9) * camera.height
    speed = size / 256.0 * np.exp(rng.uniform(np.log(3.0), np.log(70.0)))  # pixels over the clip
    direction = rng.uniform(0, 2 * np.pi)
    x = x0 + speed * np.cos(direction) * (along - 0.5) + 0.1 * speed * _wobble(rng, time)
    y = y0 + speed * np.sin(direction) * 0.6 * (along - 0.5) + 0.1 * speed * _wobble(rng, time)
    center = np.stack(
        [(x - 0.5 * camera.width) * z / camera.focal_px, (y - 0.5 * camera.height) * z / camera.focal_px, z], axis=1
    )
    tilt = rng.normal(0.0, 0.25, 3) * np.array([1.0, 1.3, 0.5])
    turning = rng.normal(0.0, 0.15, 3)
    axes = np.stack([_rotation(tilt + turning * part) for part in along])
    # texels about as large as pixels where the thing comes nearest
    largest = unit * camera.focal_px / z.min()
    if largest < 1.0:
        new_width = max(8, round(picture.shape[1] * largest))
        new_height = max(8, round(picture.shape[0] * largest))
        factor = max(picture.shape[1] / new_width, picture.shape[0] / new_height)
    else:
        new_width, new_height, factor = picture.shape[1], picture.shape[0], 1.0
    linear = to_linear(picture[..., :3]) * np.float32(rng.uniform(0.6, 1.15))
    linear = linear * rng.uniform(0.9, 1.1, 3).astype(np.float32)
    alpha = picture[..., 3:]
    premultiplied = np.concatenate([_brighten_highlights(linear, rng) * alpha, alpha], axis=2)
    if rng.uniform() < 0.5:
        premultiplied = premultiplied[:, ::-1]
    premultiplied = np.ascontiguousarray(premultiplied, np.float32)
    if factor > 1.0:
        premultiplied = np.asarray(cv2.resize(premultiplied, (new_width, new_height), interpolation=cv2.INTER_AREA))
    premultiplied = np.pad(premultiplied, ((1, 1), (1, 1), (0, 0)))
    middle = (0.5 * premultiplied.shape[1], 0.5 * premultiplied.shape[0])
    plane = _Plane(center, axes[:, :, 0], axes[:, :, 1], 1.0 / (unit * factor), middle)
    return plane, premultiplied


def _eased(time: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """0 to 1 over the clip, evenly or easing in and out."""
    even = time / max(time[-1], 1e-9)
    share = rng.uniform()
    return np.asarray((1 - share) * even + share * even * even * (3 - 2 * even))


def _focus_program(
    rng: np.random.Generator, affine: NDArray[np.float32], planes: list[_Plane], camera: _Camera, size: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], str]:
    """``k_px`` (T,), ``d_f`` (T,) and the programme's name."""
    frames = camera.frames
    time = np.arange(frames) / 15.0
    along = _eased(time, rng)
    program = PROGRAMS[rng.integers(len(PROGRAMS))]
    # disparity at each plane's middle, as the camera sees it
    middles = np.empty((frames, len(planes)))
    for t in range(frames):
        for p, plane in enumerate(planes):
            center = _rotation(camera.angles[t]) @ (plane.center[t] - camera.position[t])
            middles[t, p] = (1.0 / center[2] - W_FAR) / (W_NEAR - W_FAR)
    lowest, highest = np.log(8.0 * size / 256.0), np.log(38.0 * size / 256.0)
    k = np.full(frames, np.exp(rng.uniform(lowest, highest)))
    targets = rng.permutation(len(planes))
    if len(planes) == 1:
        targets = np.array([0, 0])
    if program == "blur":
        d_f = middles[:, targets[0]]
        other = np.exp(rng.uniform(lowest, highest)) * (rng.uniform() > 0.2)
        k = k + (other - k) * along
    elif program == "rack":
        d_f = middles[:, targets[0]] * (1 - along) + middles[:, targets[1]] * along
    else:
        nearest, farthest = middles.max(axis=1), middles.min(axis=1)
        part = along if rng.uniform() < 0.5 else 1 - along
        d_f = farthest + (nearest - farthest) * part
    return k.astype(np.float32), np.clip(d_f, 0.0, 1.0).astype(np.float32), program

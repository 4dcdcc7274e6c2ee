"""Pictures with known disparity, made while training.

Three sources: rendered pairs (JPEG + 16-bit PNG disparity), compositions of a background photograph with cut-outs that
stand on a ground plane or hang in the air, and little worlds (:mod:`vbr_core.train.depth.worlds`), also seen twice.
Cut-outs are also pasted in front of rendered pairs. Everything is photometrically disturbed afterwards: exposure,
colour, blur, noise, JPEG.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.train.depth.meshes import Mesh, load_mesh
from vbr_core.train.depth.rectangles import correspondence, moved, photograph
from vbr_core.train.depth.worlds import random_world

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.train.depth.rectangles import View, World

    Picture = NDArray[np.uint8]
    Disparity = NDArray[np.float32]

STANDING = re.compile(r"(?i)standing|male0|^person-walk")
UPPER_BODY = re.compile(r"^person-")
"""Names of cut-outs that show people, whole or from the waist up."""

LABELLED_SHARE = 0.4
"""Of the rendered pairs, where there are labelled photographs: those take their place."""

LEAST_SPREAD = 0.15
"""Standard deviation of the disparity 0..1 below which a world has little to teach."""

HELD_OUT_EVERY = 12
"""Every twelfth rendered pair, and cut-out identity, is for validation only."""


def read_picture(path: Path, flags: int = cv2.IMREAD_COLOR) -> NDArray[np.generic]:
    """A picture file as OpenCV gives it (BGR); reads the bytes itself, so any path works."""
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flags)
    if picture is None:
        raise ValueError(f"'{path.name}' is not a picture that can be read")
    return picture


def identity(path: Path) -> str:
    """Files of one person or thing share this: the name without the number of the view at its end."""
    return re.sub(r"[-_]\d+$", "", path.stem)


@dataclass
class Assets:
    """Material in memory.

    Attributes:
        pairs: Rendered pictures (RGB uint8) and their disparity (uint16).
        backgrounds: Photographs, RGB uint8.
        cutouts: RGBA uint8.
        kinds: For each cut-out whether it shows a ``standing`` person, the ``upper`` body of one, or a ``thing``.
        meshes: For worlds.
        labelled: Photographs and what a network made of them, like pairs.
    """

    pairs: list[tuple[Picture, NDArray[np.uint16]]]
    backgrounds: list[Picture]
    cutouts: list[Picture]
    kinds: list[str] = field(default_factory=list)
    meshes: list[Mesh] = field(default_factory=list)
    labelled: list[tuple[Picture, NDArray[np.uint16]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kinds = self.kinds or ["thing"] * len(self.cutouts)

    @property
    def parts(self) -> tuple[list[Any], ...]:
        """Pairs, photographs, cut-outs, meshes and labelled photographs."""
        return self.pairs, self.backgrounds, self.cutouts, self.meshes, self.labelled


def shrink(picture: Picture, long_side: int) -> Picture:
    """A picture whose longer side is no more than ``long_side`` pixels."""
    scale = long_side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def load_assets(
    rgbd: Path,
    backgrounds: Path,
    cutouts: Path,
    held_out: bool,
    meshes: Path | None = None,
    labelled: Path | None = None,
) -> Assets:
    """Read one split of the material: for training, or (``held_out``) for validation.

    Args:
        rgbd: Folder of rendered pairs.
        backgrounds: Folder of photographs.
        cutouts: Folder of cut-outs with alpha.
        held_out: The split for validation.
        meshes: Folder made by :mod:`vbr_core.train.depth.meshes`; None for worlds without meshes.
        labelled: Folder made by :mod:`vbr_core.train.depth.label`, of the same photographs; only for training.
    """

    def wanted(number: int) -> bool:
        return (number % HELD_OUT_EVERY == 0) == held_out

    pairs = [_read_pair(path) for number, path in enumerate(sorted(rgbd.glob("*.jpg"))) if wanted(number)]
    real = sorted(labelled.glob("*.jpg")) if labelled and not held_out else []
    # the photographs' own split: the label has the name of the photograph
    names = {path.stem for number, path in enumerate(sorted(backgrounds.iterdir())) if wanted(number)}
    answers = [_read_pair(path) for path in real if path.stem in names]
    photographs = [
        np.ascontiguousarray(shrink(np.asarray(read_picture(path), np.uint8), 640)[..., ::-1])
        for number, path in enumerate(sorted(backgrounds.iterdir()))
        if wanted(number)
    ]
    identities = sorted({identity(path) for path in cutouts.iterdir()})
    chosen = {name for number, name in enumerate(identities) if wanted(number)}
    pieces, kinds = [], []
    for path in sorted(cutouts.iterdir()):
        if identity(path) in chosen:
            piece = np.asarray(read_picture(path, cv2.IMREAD_UNCHANGED), dtype=np.uint8)
            if piece.ndim == 3 and piece.shape[2] == 4:
                pieces.append(np.ascontiguousarray(shrink(piece, 320)[..., [2, 1, 0, 3]]))
                standing = STANDING.search(path.stem) and piece.shape[0] > 1.5 * piece.shape[1]
                kinds.append("standing" if standing else "upper" if UPPER_BODY.search(path.stem) else "thing")
    files = sorted(meshes.glob("*.npz")) if meshes else []
    models = [load_mesh(path) for number, path in enumerate(files) if wanted(number)]
    return Assets(pairs, photographs, pieces, kinds, models, answers)


def _read_pair(path: Path) -> tuple[Picture, NDArray[np.uint16]]:
    """A JPEG (RGB) and the 16-bit disparity beside it."""
    picture = np.asarray(read_picture(path)[..., ::-1], dtype=np.uint8)
    depth = np.asarray(read_picture(path.with_suffix(".png"), cv2.IMREAD_UNCHANGED), dtype=np.uint16)
    return np.ascontiguousarray(picture), depth


def random_crop(
    rng: np.random.Generator, picture: Picture, depth: Disparity | None, size: tuple[int, int], smallest: float = 0.5
) -> tuple[Picture, Disparity | None]:
    """A random part of about the right aspect, brought to ``size`` (h, w), mirrored half of the time."""
    height, width = picture.shape[:2]
    aspect = size[1] / size[0] * float(np.exp(rng.uniform(-0.15, 0.15)))
    part = rng.uniform(smallest, 1.0)
    h = min(height, width / aspect) * part
    w = h * aspect
    h, w = max(8, int(h)), max(8, min(width, int(w)))
    top, left = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    flip = rng.random() < 0.5

    def cut(image: NDArray[np.generic], interpolation: int) -> NDArray[np.generic]:
        out = cv2.resize(image[top : top + h, left : left + w], (size[1], size[0]), interpolation=interpolation)
        return np.ascontiguousarray(out[:, ::-1] if flip else out)

    shrinking = cv2.INTER_AREA if h > size[0] else cv2.INTER_LINEAR
    cut_depth = None if depth is None else np.asarray(cut(depth, cv2.INTER_LINEAR), dtype=np.float32)
    return np.asarray(cut(picture, shrinking), dtype=np.uint8), cut_depth


def paste(
    rng: np.random.Generator, picture: NDArray[np.float32], depth: Disparity, piece: Picture, value: float, bottom: int
) -> None:
    """Composite a cut-out at disparity ``value`` with its feet at row ``bottom``, in place.

    Only where it is nearer than what is there. Size follows nearness loosely, as it does in the world.
    """
    height, width = depth.shape
    share = np.clip(0.25 + 0.9 * value, 0.2, 1.3) * float(np.exp(rng.normal(0.0, 0.3)))
    scale = share * height / piece.shape[0]
    size = (max(3, int(piece.shape[1] * scale)), max(3, int(piece.shape[0] * scale)))
    if size[0] > 2 * width or size[1] > 2 * height:
        return
    piece = cv2.resize(piece, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    left, top = int(rng.integers(-size[0] // 3, max(1, width - size[0] * 2 // 3))), bottom - size[1]
    y0, y1, x0, x1 = max(0, top), min(height, top + size[1]), max(0, left), min(width, left + size[0])
    if y1 <= y0 or x1 <= x0:
        return
    part = piece[y0 - top : y1 - top, x0 - left : x1 - left].astype(np.float32)
    rows = np.linspace(rng.uniform(-0.02, 0.02), rng.uniform(-0.02, 0.02), y1 - y0, dtype=np.float32)[:, None]
    own = np.clip(value + rows, 0.0, 1.0).astype(np.float32)
    in_front = depth[y0:y1, x0:x1] < own
    alpha = part[..., 3:] / 255.0 * in_front[..., None]
    light = part[..., :3] * rng.uniform(0.75, 1.15)
    picture[y0:y1, x0:x1] = picture[y0:y1, x0:x1] * (1.0 - alpha) + light * alpha
    depth[y0:y1, x0:x1] = np.where(alpha[..., 0] > 0.5, own, depth[y0:y1, x0:x1])


def composed_scene(
    rng: np.random.Generator, assets: Assets, size: tuple[int, int]
) -> tuple[NDArray[np.float32], Disparity]:
    """A photograph with cut-outs: RGB (h, w, 3) 0..255 and disparity (h, w) 0..1."""
    height, width = size
    background, _ = random_crop(rng, assets.backgrounds[rng.integers(len(assets.backgrounds))], None, size)
    picture = background.astype(np.float32)
    rows = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
    horizon = rng.uniform(0.3, 0.7)
    far = rng.uniform(0.0, 0.12)
    slope = rng.uniform(0.3, 1.1) if rng.random() < 0.8 else 0.0
    ground = far + slope * np.clip(rows - horizon, 0.0, None) / (1.0 - horizon) * 0.8
    depth: Disparity = np.clip(np.repeat(ground, width, axis=1), 0.0, 1.0).astype(np.float32)
    if slope > 0 and rng.random() < 0.7:
        floor, _ = random_crop(rng, assets.backgrounds[rng.integers(len(assets.backgrounds))], None, size, 0.2)
        below = np.clip((rows - horizon) * height / 2, 0, 1)[..., None]
        picture = (picture * (1 - below) + floor.astype(np.float32) * below).astype(np.float32)
    values = np.sort(rng.uniform(far + 0.08, 1.0, int(rng.integers(1, 6))))
    for value in values:
        piece = assets.cutouts[rng.integers(len(assets.cutouts))]
        if slope > 0 and rng.random() < 0.75:
            row = horizon + (value - far) / (slope * 0.8) * (1.0 - horizon)
            bottom = int(row * height)
        else:
            bottom = int(rng.uniform(0.55, 1.35) * height)
        paste(rng, picture, depth, piece, float(value), min(bottom, int(1.5 * height)))
    return picture, depth


def rendered_scene(
    rng: np.random.Generator, assets: Assets, size: tuple[int, int]
) -> tuple[NDArray[np.float32], Disparity]:
    """A part of a rendered pair or labelled photograph, half of the time with cut-outs in front of it."""
    pairs = assets.labelled if assets.labelled and rng.random() < LABELLED_SHARE else assets.pairs
    picture, depth16 = pairs[rng.integers(len(pairs))]
    depth = depth16.astype(np.float32) / 65535.0
    cut, cut_depth = random_crop(rng, picture, depth, size)
    assert cut_depth is not None
    result = cut.astype(np.float32)
    if rng.random() < 0.5:
        span = float(np.percentile(cut_depth, 98)) or 1.0
        cut_depth = cut_depth / max(span * rng.uniform(1.0, 1.6), 1e-3)
        cut_depth = np.clip(cut_depth, 0.0, 1.0)
        for value in np.sort(rng.uniform(0.2, 1.0, int(rng.integers(1, 4)))):
            piece = assets.cutouts[rng.integers(len(assets.cutouts))]
            paste(rng, result, cut_depth, piece, float(value), int(rng.uniform(0.6, 1.4) * size[0]))
    return result, cut_depth


def disturb(rng: np.random.Generator, picture: NDArray[np.float32]) -> Picture:
    """What cameras and codecs do: exposure, colour, contrast, blur, noise, compression. 0..255 in and out."""
    out = picture / 255.0
    out = out * rng.uniform(0.6, 1.35) * np.exp(rng.normal(0.0, 0.07, 3)).astype(np.float32)
    if rng.random() < 0.3:
        grey = out.mean(axis=-1, keepdims=True)
        out = grey + (out - grey) * rng.uniform(0.0, 1.6)
    out = np.clip(out, 0.0, 1.0) ** rng.uniform(0.7, 1.5)
    if rng.random() < 0.35:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.3, 1.6))
    if rng.random() < 0.4:
        out = out + rng.normal(0.0, rng.uniform(0.005, 0.05), out.shape).astype(np.float32)
    result = np.clip(out * 255.0 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        done, data = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        if done:
            result = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return result


def normalise(depth: Disparity, like: Disparity | None = None) -> Disparity:
    """Disparity over its robust range (1 % to 99 %), clipped to 0..1: what the whole clip gets at run time.

    Args:
        depth: Disparity in any unit.
        like: Take the range of this one, another view of the same scene.
    """
    low, high = np.percentile(depth if like is None else like, (1.0, 99.0))
    return np.clip((depth - low) / max(float(high - low), 1e-3), 0.0, 1.0).astype(np.float32)


def lively_world(
    rng: np.random.Generator, assets: Assets, size: tuple[int, int]
) -> tuple[World, View, NDArray[np.float32], Disparity]:
    """A world, a camera, the picture (h, w, 3) 0..1 and the inverse depth; drawn again if there is little to see."""
    for _ in range(3):
        world, camera = random_world(rng, assets, size)
        picture, inverse = photograph(world, camera)
        if float(normalise(inverse).std()) > LEAST_SPREAD:
            break
    return world, camera, picture, inverse


def make_sample(rng: np.random.Generator, assets: Assets, size: tuple[int, int]) -> tuple[Picture, Disparity]:
    """One training sample: RGB (h, w, 3) uint8 and disparity (h, w) float32 0..1."""
    choice = rng.random()
    if choice < 0.25:
        _, _, picture, depth = lively_world(rng, assets, size)
        picture = picture * np.float32(255.0)
    else:
        picture, depth = (rendered_scene if choice < 0.8 else composed_scene)(rng, assets, size)
    return disturb(rng, picture), normalise(depth)


def make_batch(
    seed: int, assets: Assets, count: int, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A batch, reproducible by its seed: pictures (B, 3, h, w) 0..1 and disparity (B, h, w) 0..1, float32."""
    rng = np.random.default_rng(seed)
    samples = [make_sample(rng, assets, size) for _ in range(count)]
    pictures = np.stack([sample[0] for sample in samples]).transpose(0, 3, 1, 2).astype(np.float32) / 255.0
    return np.ascontiguousarray(pictures), np.stack([sample[1] for sample in samples])


@dataclass
class Pairs:
    """Worlds seen from two places.

    Attributes:
        pictures: (2 B, 3, h, w) float32 0..1; the first views, then the second ones.
        target: (2 B, h, w) float32: disparity of both views over the range of the first.
        grid: (B, h, w, 2) float32: where the first view's pixels are in the second one, as ``grid_sample`` has it.
        seen: (B, h, w) float32: 1 where they are seen there.
    """

    pictures: NDArray[np.float32]
    target: NDArray[np.float32]
    grid: NDArray[np.float32]
    seen: NDArray[np.float32]


def make_pairs(seed: int, assets: Assets, count: int, size: tuple[int, int]) -> Pairs:
    """Worlds seen from two places a hand's breadth apart, each view disturbed on its own; reproducible by the seed."""
    rng = np.random.default_rng([seed, 2])
    pictures: list[list[Picture]] = [[], []]
    targets: list[list[Disparity]] = [[], []]
    grids, seen = [], []
    for _ in range(count):
        world, camera, *first = lively_world(rng, assets, size)
        other = moved(rng, camera)
        views = [first, photograph(world, other)]
        for place, (picture, depth) in enumerate(views):
            pictures[place].append(disturb(rng, picture * np.float32(255.0)))
            targets[place].append(normalise(depth, views[0][1]))
        place_there, both = correspondence(camera, views[0][1], other, views[1][1])
        grids.append((place_there + 0.5) * (2.0 / np.array([size[1], size[0]], np.float32)) - 1.0)
        seen.append(both.astype(np.float32))
    stacked = np.stack(pictures[0] + pictures[1]).transpose(0, 3, 1, 2).astype(np.float32) / 255.0
    return Pairs(np.ascontiguousarray(stacked), np.stack(targets[0] + targets[1]), np.stack(grids), np.stack(seen))

"""Windows of new scenes, prepared for training without a detour over SVB clips, by as many processes as there are.

``python -m vbr_core.train.prepared_scenes RUN.toml -o FOLDER`` draws scenes one after another: pinhole pictures of all
frames, disparity as the program would have it, ray-traced truth and base pictures of two windows of four frames. The
rest of a scene would teach little more. ``vbr train`` reads the folder (``[data] prepared``), also while it fills.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from vbr_core.render.optics import linear_to_srgb, srgb_to_linear
from vbr_core.train.config import read_config
from vbr_core.train.data import Batch
from vbr_core.train.device_pool import DevicePool
from vbr_core.train.svb.corruption import random_corruption
from vbr_core.train.svb.make import to_srgb8
from vbr_core.train.svb.scene import random_scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from vbr_core.jobs import JobContext
    from vbr_core.render.base_picture import BasePicture
    from vbr_core.train.config import RunConfig
    from vbr_core.train.svb.picture_library import Library

SIZE, FRAMES, WINDOW = 256, 16, 4
LEAST_OBJECTS, MOST_OBJECTS = 3, 9
RAYS, PINHOLE_RAYS = 96, 16
PLACES = 3
"""Most of a picture is flat blur that the base has right: of a few places the one where it is most wrong is taken."""

ERROR_CELL = 8
CLEAN_SHARE = 0.3
"""Of the scenes, so many have the true disparity, and some of the others too."""

REFRESH_EVERY, MOST_NEW_FILES = 20, 16

LIGHT_STEPS = 1 << 16

MOST_MIXED = 0.5
"""Of a colour, at most so much comes from the other two when windows are shown in other colours."""


@dataclass(frozen=True)
class SceneKind:
    """What scenes are drawn: least and most number of objects, and the share with the true disparity."""

    least_objects: int = LEAST_OBJECTS
    most_objects: int = MOST_OBJECTS
    clean_share: float = CLEAN_SHARE


def prepare_scene(
    library: Library, base: BasePicture, rng: np.random.Generator, kind: SceneKind | None = None
) -> dict[str, NDArray[Any]]:
    """Two windows of one scene.

    Args:
        library: Photographs and cut-outs.
        base: Renderer of the base pictures, with separation into layers.
        rng: Source of all randomness.
        kind: What is drawn.

    Returns:
        (2, 4, H, W, C) or (2, 4): ``sharp``, ``bokeh`` uint8; ``disparity`` uint16, mended; ``base`` uint8, the base
        pictures; ``disparity_alone`` and ``base_alone``, the same made of each frame alone; ``d_f`` and ``k_px``
        float32.
    """
    from vbr_core.render.behind_steadying import BehindSteadier
    from vbr_core.render.hidden_light import HiddenLight, HiddenLightFinder
    from vbr_core.train.svb.tracer_cpu import photograph

    kind = kind or SceneKind()
    objects = int(rng.integers(kind.least_objects, kind.most_objects + 1))
    scene = random_scene(library, rng, objects, FRAMES, SIZE, SIZE)
    shots = [photograph(scene, t, PINHOLE_RAYS, bokeh=False) for t in range(FRAMES)]
    sharp = np.stack([to_srgb8(shot.sharp) for shot in shots])
    frames = sharp.astype(np.float32) / 255.0
    disparity = np.stack([shot.disparity for shot in shots])
    if rng.uniform() > kind.clean_share:
        disparity = random_corruption(disparity, sharp, rng)
    disparity_alone, agreed = base.mended_shot(frames, disparity)
    disparity = agreed.disparity
    hidden: dict[int, HiddenLight] = {}
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    lights = [base.highlights_of(frame) for frame in frames]
    for t in range(FRAMES):
        hidden.update(finder.push(frames[t], disparity[t], t, agreed.between[t], lights[t].on(frames[t])))
    hidden.update(finder.finish())
    half = FRAMES // 2
    starts = [first + int(rng.integers(half - WINDOW + 1)) for first in (0, half)]
    chosen = [start + t for start in starts for t in range(WINDOW)]

    def rendered(
        t: int, depth: NDArray[np.float32], known: HiddenLight | None, steadier: BehindSteadier | None = None
    ) -> NDArray[np.uint8]:
        d_f, k_px = float(scene.d_f[t]), float(scene.k_px[t])
        picture = base.render_with(frames[t], depth, d_f, k_px, None, known, steadier, lights[t])
        return np.round(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)

    def in_the_shot() -> NDArray[np.uint8]:
        """The chosen frames, each with what was guessed in those before it."""
        pictures, steadier = [], BehindSteadier()
        for t in range(FRAMES):
            if t in chosen:
                pictures.append(rendered(t, disparity[t], hidden[t], steadier))
            elif hidden[t].zone.any():
                base.steadily_separated(frames[t], disparity[t], hidden[t], steadier)
            else:
                steadier.forget()
        return np.stack(pictures)

    values: dict[str, NDArray[Any]] = {
        "sharp": sharp[chosen],
        "bokeh": np.stack([to_srgb8(photograph(scene, t, RAYS).bokeh) for t in chosen]),
        "disparity": np.round(disparity[chosen] * 65535.0).astype(np.uint16)[..., None],
        "base": in_the_shot(),
        "disparity_alone": np.round(disparity_alone[chosen] * 65535.0).astype(np.uint16)[..., None],
        "base_alone": np.stack([rendered(t, disparity_alone[t], None) for t in chosen]),
        "d_f": scene.d_f[chosen],
        "k_px": scene.k_px[chosen],
    }
    return {name: np.ascontiguousarray(value.reshape(2, WINDOW, *value.shape[1:])) for name, value in values.items()}


def make(
    config: RunConfig, library: Library, folder: Path, scenes: range, seed: int, kind: SceneKind | None = None
) -> None:
    """Prepare scenes, a file each; those that are there are left alone. Parts that train meanwhile are read again."""
    from vbr_core.train.loop import base_renderer, network_of

    training = config.training
    parts = [Path(name) for name in (training.highlights, training.mending, training.separation) if name]
    base, known = None, None
    parent = multiprocessing.parent_process()
    folder.mkdir(parents=True, exist_ok=True)
    for index in scenes:
        path = folder / f"{seed}-{index:06d}.safetensors"
        if parent is not None and not parent.is_alive():
            return
        stamps = [part.stat().st_mtime_ns for part in parts]
        if base is None or stamps != known:
            base, known = base_renderer(network_of(config), "cpu"), stamps
        assert base is not None, "a network without a base needs no such files"
        if not path.exists():
            part = path.with_name(path.name + ".part")
            save_file(prepare_scene(library, base, np.random.default_rng([seed, 3, index]), kind), part)
            part.replace(path)


def recolored(pictures: tuple[torch.Tensor, ...], seed: int) -> list[torch.Tensor]:
    """Windows in other colours, so that a few scenes are not learnt by heart.

    Red, green and blue change places and are mixed in linear light, each window in its own way. A blur does the same to
    all colours, so windows stay true; white stays white, and what was clipped stays clipped.

    Args:
        pictures: (B, T, 3 n, h, w) sRGB 0..1 each, in steps of 1 / 255, of the same windows.
        seed: The same seed gives the same colours.

    Returns:
        The same shapes.
    """
    batch = len(pictures[0])
    rng = torch.Generator().manual_seed(seed)
    matrices = []
    for _ in range(batch):
        places = torch.eye(3)[torch.randperm(3, generator=rng)]
        mixture = torch.rand(3, 3, generator=rng).pow(2)
        mixture = mixture / mixture.sum(dim=1, keepdim=True)
        share = MOST_MIXED * torch.rand((), generator=rng)
        matrices.append((1.0 - share) * places + share * mixture)
    matrix = torch.stack(matrices).to(pictures[0].device)
    # powers of millions of numbers would take as long as the network itself
    decoded = srgb_to_linear(torch.arange(256, device=matrix.device) / 255.0)
    encoded = linear_to_srgb(torch.arange(LIGHT_STEPS, device=matrix.device) / (LIGHT_STEPS - 1.0))
    results = []
    for picture in pictures:
        light = decoded[(picture * 255.0).round().int()]
        light = light.reshape(*light.shape[:2], -1, 3, *light.shape[3:])
        mixed = torch.einsum("bij,btnjhw->btnihw", matrix, light).flatten(2, 3)
        results.append(encoded[(mixed * (LIGHT_STEPS - 1.0)).round().clamp_(0, LIGHT_STEPS - 1).int()])
    return results


class PreparedStream:
    """Batches of a folder of prepared scenes, which stay on the device that trains; see :class:`BatchStream`.

    Args:
        folder: Filled by :func:`make`. While it is empty, it is waited for.
        device: torch device string.
        alone_share: Share of the windows whose disparity and base pictures were made of each frame alone.
        shape_of: Windows, frames and crop of a step.
        seed: Of the run (and rank).
        context: May stop the waiting.
        other_colors: See :func:`recolored`.
    """

    def __init__(
        self,
        folder: Path,
        device: str,
        alone_share: float,
        shape_of: Callable[[int], tuple[int, int, int]],
        seed: int,
        context: JobContext,
        other_colors: bool = False,
    ) -> None:
        self._alone_share, self._seed, self._shape_of = alone_share, seed, shape_of
        self._other_colors = other_colors
        self.pool = DevicePool(folder, self._read, device)
        while len(self.pool) == 0:
            context.step(0, 1, f"Waiting for scenes in {folder}")
            time.sleep(0.5)
            self.pool.refresh()

    def _read(self, path: Path) -> dict[str, NDArray[Any]]:
        arrays = load_file(path)
        for name in ("disparity", "disparity_alone"):
            arrays[name] = arrays[name].astype(np.float32) / np.float32(65535.0)
        shown, truth = (arrays[name][:, :, ::2, ::2, :3].astype(np.float32) for name in ("base", "bokeh"))
        error = np.square(shown - truth).mean(axis=-1)
        half = ERROR_CELL // 2
        count, frames, height, width = error.shape
        cells = error.reshape(count, frames, height // half, half, width // half, half)
        arrays["error"] = np.ascontiguousarray(cells.mean(axis=(3, 5))[..., None], np.float32)
        return arrays

    def take(self, step: int) -> Batch:
        """The batch of a step, on the device. With a folder that no longer fills it depends on the step alone."""
        if step % REFRESH_EVERY == 0:
            self.pool.refresh(MOST_NEW_FILES)
        pool = self.pool
        batch, window, crop = self._shape_of(step)
        crops = pool.random_crops("sharp", 1_000_003 * self._seed + step, batch, window, crop, PLACES)
        errors = pool.cut_coarse("error", crops, ERROR_CELL).mean(dim=(1, 2, 3, 4))
        crops = pool.best(crops, errors, PLACES)
        alone = torch.arange(batch, device=crops.sample.device)[:, None, None, None, None] < self._alone_share * batch
        frames, truth = (pool.cut(name, crops).float() / 255.0 for name in ("sharp", "bokeh"))
        base, disparity = (
            torch.where(alone, pool.cut(f"{name}_alone", crops), pool.cut(name, crops))
            for name in ("base", "disparity")
        )
        base = base.float() / 255.0
        d_f, k_px = (pool.cut(name, crops)[..., None, None, None] for name in ("d_f", "k_px"))
        if self._other_colors:
            frames, truth, base = recolored((frames, truth, base), 1_000_003 * self._seed + step)
        return Batch(frames, truth, base, (disparity - d_f) * k_px)

    def close(self) -> None:
        """Nothing runs beside it."""


def _work(
    config: Path, photographs: list[Path], cutouts: list[Path], folder: Path, scenes: range, seed: int, kind: SceneKind
) -> None:
    import cv2

    from vbr_core.train.svb.picture_library import open_library

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    make(read_config(config), open_library(photographs, cutouts, "train"), folder, scenes, seed, kind)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, help="the run's TOML file: its network and parts")
    parser.add_argument("--photographs", type=Path, nargs="+", required=True)
    parser.add_argument("--cutouts", type=Path, nargs="+", required=True)
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objects", type=int, nargs=2, default=(LEAST_OBJECTS, MOST_OBJECTS), help="least and most")
    parser.add_argument("--clean-share", type=float, default=CLEAN_SHARE, help="of scenes with the true disparity")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder")
    given = parser.parse_args()
    pictures = (given.config, given.photographs, given.cutouts, given.output)
    context = multiprocessing.get_context("spawn")
    shares = [range(first, given.scenes, given.processes) for first in range(given.processes)]
    kind = SceneKind(given.objects[0], given.objects[1], given.clean_share)
    workers = [context.Process(target=_work, args=(*pictures, share, given.seed, kind)) for share in shares]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()

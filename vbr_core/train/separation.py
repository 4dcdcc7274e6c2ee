"""Trains the separation of a frame into layers (:mod:`vbr_core.model.layer_separation`).

``python -m vbr_core.train.separation make`` draws SVB scenes and writes crops of their frames, with the guesses that
the program would have made of what is hidden, and the truth: the pinhole picture of a scene is cheap, and all its
planes are known, so no lens is needed. ``... train`` trains on them, also while more are being made.
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays

from vbr_core.model.disparity_mending import DisparityMending, surroundings
from vbr_core.model.layer_separation import LEAST_STEP, HiddenGuess, Layers, LayerSeparation, beside_nearer
from vbr_core.render.hidden_light import HiddenLight, HiddenLightFinder, hidden_light, look_at
from vbr_core.train.averaging import follow
from vbr_core.train.losses import absolute
from vbr_core.train.svb.corruption import EVALUATION, LEVELS, Strength, corrupt, imitate_network
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.scene import random_scene
from vbr_core.train.svb.tracer_cpu import photograph, split_light

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vbr_core.train.svb.picture_library import Library

WIDTHS = (24, 48, 64)
SIZE, CROP = 256, 128
TARGETS = (2, 6, 10, 13)
"""Frames of a scene that crops are taken from."""

CROPS = 4
CLEAN_SHARE = 0.4
ALONE_SHARE = 0.4
"""Samples whose frame has no neighbours, as in a preview."""

SEEN_REACH_PX = 8.0
"""What is hidden counts less with the distance from the edge: a lens sees so far behind only when it blurs much."""

ROUNDING = 0.01
COVERAGE_WEIGHT = 2.0


@dataclass(frozen=True)
class Truth:
    """What a frame is made of: ``coverage`` (B, 1, H, W) of all before the split, ``behind`` (B, 3, H, W) sRGB."""

    coverage: torch.Tensor
    behind: torch.Tensor


def encoded(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light, clipped to 0..1 -> sRGB 0..1."""
    value = np.clip(linear, 0.0, 1.0)
    high = 1.055 * np.maximum(value, 1e-6) ** (1 / 2.4) - 0.055
    return np.where(value <= 0.0031308, value * 12.92, high).astype(np.float32)


def split_disparity(disparity: NDArray[np.float32], hidden: HiddenLight) -> NDArray[np.float32]:
    """The disparity (H, W) that the front layer lies before, as the network will take it.

    Half-way between the two layers: the given disparity may be off by less than that.
    """
    given = torch.from_numpy(disparity)[None, None]
    _, near = surroundings(given)
    nearest = near[0, 0].numpy()
    behind = np.where(hidden.zone, 0.5 * (disparity + hidden.disparity), np.float32(-1e9))
    outside = beside_nearer(given, near)[0, 0].numpy()
    return np.where(outside, 0.5 * (disparity + nearest), behind).astype(np.float32)


def given_disparity(
    truth: NDArray[np.float32], frames: NDArray[np.float32], mending: DisparityMending | None, rng: np.random.Generator
) -> NDArray[np.float32]:
    """A scene's disparity (T, H, W) as the program would have it: true, or spoiled and mended."""
    if rng.uniform() < CLEAN_SHARE:
        result = truth
    elif rng.uniform() < 0.5:
        result = imitate_network(truth, np.round(frames * 255.0).astype(np.uint8), rng)
    else:
        part = rng.uniform(0.2, 1.3, 4)
        strength = Strength(
            EVALUATION.blur_px * float(part[0]),
            EVALUATION.edge_px * float(part[1]),
            EVALUATION.elastic_px * float(part[2]),
            EVALUATION.elastic_smooth_px * float(rng.uniform(0.7, 1.5)),
            0.0,
        )
        result = corrupt(truth, LEVELS[1 + rng.integers(3)], rng, strength)
    if mending is None:
        return result
    with torch.no_grad():
        pictures = torch.from_numpy(frames).permute(0, 3, 1, 2)
        return np.asarray(mending.mend(pictures, torch.from_numpy(result)[:, None])[:, 0].numpy())


def scene_samples(
    library: Library, mending: DisparityMending | None, rng: np.random.Generator
) -> Iterator[dict[str, NDArray[Any]]]:
    """Crops of one scene."""
    scene = random_scene(library, rng, int(rng.integers(4, 10)), 16, SIZE, SIZE)
    shots = [photograph(scene, t, 16, bokeh=False) for t in range(scene.frames)]
    frames = np.stack([np.round(encoded(shot.sharp) * 255.0) / np.float32(255.0) for shot in shots]).astype(np.float32)
    disparity = given_disparity(np.stack([shot.disparity for shot in shots]), frames, mending, rng)
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    found: dict[int, HiddenLight] = {}
    for t in range(scene.frames):
        found.update(finder.push(frames[t], disparity[t], t))
    found.update(finder.finish())
    for t in TARGETS:
        alone = hidden_light([look_at(frames[t], disparity[t])], 0)
        hidden = alone if rng.uniform() < ALONE_SHARE else found[t]
        coverage, light = split_light(scene, t, split_disparity(disparity[t], hidden))
        edge = cv2.dilate(disparity[t], np.ones((3, 3), np.uint8)) - disparity[t] > LEAST_STEP
        distance = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3)
        whole = {
            "frame": np.round(frames[t] * 255.0).astype(np.uint8),
            "disparity": disparity[t].astype(np.float32),
            "color": np.round(hidden.color * 255.0).astype(np.uint8),
            "hidden_disparity": hidden.disparity,
            "seen": np.round(hidden.seen * 255.0).astype(np.uint8),
            "zone": hidden.zone.astype(np.uint8),
            "coverage": np.round(coverage * 255.0).astype(np.uint8),
            "behind": np.round(encoded(light) * 255.0).astype(np.uint8),
            "distance": np.minimum(distance, 255.0).astype(np.uint8),
        }
        for _ in range(CROPS):
            places = rng.integers(SIZE - CROP + 1, size=(3, 2))
            y, x = max(places.tolist(), key=lambda place: float(edge[place[0] :, place[1] :][:CROP, :CROP].mean()))
            yield {name: np.ascontiguousarray(values[y : y + CROP, x : x + CROP]) for name, values in whole.items()}


def make(
    library: Library, mending: DisparityMending | None, folder: Path, scenes: int, seed: int, each: int = 20
) -> None:
    """Write ``scenes`` scenes' crops into files of ``each`` scenes; files that are there are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, scenes, each):
        path = folder / f"{seed}-{first:06d}.safetensors"
        if path.exists():
            continue
        samples = [
            sample
            for index in range(first, min(scenes, first + each))
            for sample in scene_samples(library, mending, np.random.default_rng([seed, index]))
        ]
        part = path.with_name(path.name + ".part")
        save_arrays({name: np.stack([sample[name] for sample in samples]) for name in samples[0]}, part)
        part.replace(path)
        print(f"{path.name}: {len(samples)} crops", flush=True)  # noqa: T201 - a training tool


class Pool:
    """Crops of all files of a folder; files that appear later are taken in with :meth:`refresh`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[Path, dict[str, NDArray[Any]]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Look for new files."""
        for path in sorted(self.folder.glob("*.safetensors")):
            if path not in self._files:
                self._files[path] = load_arrays(path)

    def draw(
        self, rng: np.random.Generator, batch: int
    ) -> tuple[torch.Tensor, torch.Tensor, HiddenGuess, Truth, torch.Tensor]:
        """Pictures, disparity, guess, truth, and distance from the edge, (B, C, h, w) each."""
        files = list(self._files.values())
        sizes = np.array([len(file["frame"]) for file in files])
        rows: list[dict[str, NDArray[Any]]] = []
        for _ in range(batch):
            file = files[int(rng.choice(len(files), p=sizes / sizes.sum()))]
            index = int(rng.integers(len(file["frame"])))
            mirror, turn = rng.uniform() < 0.5, int(rng.integers(4))
            row = {}
            for name, values in file.items():
                part = values[index]
                part = np.rot90(part[:, ::-1] if mirror else part, turn)
                row[name] = part if part.ndim == 3 else part[..., None]
            rows.append(row)
        return collate(rows)


def collate(
    rows: list[dict[str, NDArray[Any]]],
) -> tuple[torch.Tensor, torch.Tensor, HiddenGuess, Truth, torch.Tensor]:
    """Crops (h, w, C) as tensors; see :meth:`Pool.draw`."""

    def tensor(name: str) -> torch.Tensor:
        values = np.stack([row[name] for row in rows])
        result = torch.from_numpy(np.ascontiguousarray(values)).permute(0, 3, 1, 2).float()
        return result / 255.0 if values.dtype == np.uint8 and name not in ("zone", "distance") else result

    guess = HiddenGuess(tensor("color"), tensor("hidden_disparity"), tensor("seen"), tensor("zone"))
    truth = Truth(tensor("coverage"), tensor("behind"))
    return tensor("frame"), tensor("disparity"), guess, truth, tensor("distance")


def separation_loss(layers: Layers, truth: Truth, distance: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Errors of coverage and of the colour behind, the latter where a lens would see it."""
    weight = layers.is_behind.to(distance.dtype)
    weight = weight * ((1.0 - truth.coverage) + truth.coverage * torch.exp(-distance / SEEN_REACH_PX))
    # a pixel that is not covered shows what is behind itself: nothing is left to guess
    weight = weight * (layers.coverage.detach() + truth.coverage).clamp_max(1.0)
    behind = (((layers.behind - truth.behind).square() + ROUNDING**2).sqrt() - ROUNDING) * weight
    return absolute(layers.coverage - truth.coverage, ROUNDING), behind.mean()


def train(
    data: Path,
    validation: Path,
    output: Path,
    steps: int,
    minutes: float = math.inf,
    batch: int = 8,
    rate: float = 2e-3,
    start: Path | None = None,
) -> LayerSeparation:
    """Train; the average of the weights is returned and kept in ``output`` (safetensors).

    Args:
        data: Folder that ``make`` fills.
        validation: Another.
        output: File.
        steps: Steps that the learning rate is laid over.
        minutes: Time budget; the learning rate falls with what is used up of it, if that is more.
        batch: Crops a step.
        rate: Largest learning rate.
        start: Weights to go on from; None for nothing.
    """
    from safetensors.torch import load_file, save_file

    began = time.monotonic()
    torch.manual_seed(0)
    module, average = LayerSeparation(WIDTHS), LayerSeparation(WIDTHS).requires_grad_(False)
    for each in (module, average):
        each.to(memory_format=torch.channels_last)
    if start is not None:
        module.load_state_dict(load_file(start))
    average.load_state_dict(module.state_dict())
    seed = 1 if start is None else 2
    pool, held_out = Pool(data), Pool(validation)
    checks = [held_out.draw(np.random.default_rng([5, n]), 16) for n in range(6)]
    optimizer = torch.optim.Adam(module.parameters(), lr=rate)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(pool.draw, np.random.default_rng([seed, 0]), batch)
        for step in range(steps):
            used = max(step / steps, (time.monotonic() - began) / (60.0 * minutes))
            pictures, disparity, guess, truth, distance = coming.result()
            if step % 100 == 0:
                pool.refresh()
            coming = thread.submit(pool.draw, np.random.default_rng([seed, step + 1]), batch)
            fall = max(0.01, 0.5 + 0.5 * math.cos(math.pi * min(1.0, used)))
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / 100) * fall
            coverage, behind = separation_loss(module(pictures, disparity, guess), truth, distance)
            optimizer.zero_grad(set_to_none=True)
            (COVERAGE_WEIGHT * coverage + behind).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(module.parameters(), 0.5)
            optimizer.step()
            follow(average, module, step, 0.998)
            last = used >= 1.0 or step + 1 == steps
            if step == 0 or (step + 1) % 200 == 0 or last:
                report(step + 1, average, checks, time.monotonic() - began)
                save_file({name: value.contiguous() for name, value in average.state_dict().items()}, output)
            if last:
                break
    return average


@torch.no_grad()
def report(step: int, module: LayerSeparation, checks: list[Any], took: float) -> None:
    """Print the held-out errors of coverage and colour."""
    figures = np.mean(
        [
            [float(value) for value in separation_loss(module(pictures, disparity, guess), truth, distance)]
            for pictures, disparity, guess, truth, distance in checks
        ],
        axis=0,
    )
    print(f"step {step}: coverage {figures[0]:.5f}, behind {figures[1]:.5f}, {took:.0f} s", flush=True)  # noqa: T201


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    making = parts.add_parser("make", help="write crops of scenes")
    making.add_argument("--photographs", type=Path, nargs="+", required=True)
    making.add_argument("--cutouts", type=Path, nargs="+", required=True)
    making.add_argument("--split", default="train", choices=("train", "validation"))
    making.add_argument("--mending", type=Path, help="VBR network whose mending of disparity is used")
    making.add_argument("--scenes", type=int, default=1000)
    making.add_argument("--seed", type=int, default=1)
    making.add_argument("-o", "--output", type=Path, required=True, help="folder")
    training = parts.add_parser("train", help="train on them")
    training.add_argument("--data", type=Path, required=True)
    training.add_argument("--validation", type=Path, required=True)
    training.add_argument("-o", "--output", type=Path, required=True, help="safetensors file")
    training.add_argument("--steps", type=int, default=8000)
    training.add_argument("--minutes", type=float, default=math.inf)
    training.add_argument("--rate", type=float, default=2e-3, help="largest learning rate")
    training.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    given = parser.parse_args()
    if given.part == "make":
        mending = None
        if given.mending is not None:
            from vbr_core.model.weights import load_network

            mending = load_network(given.mending).mending
        make(
            open_library(given.photographs, given.cutouts, given.split), mending, given.output, given.scenes, given.seed
        )
    else:
        train(
            given.data, given.validation, given.output, given.steps, given.minutes, rate=given.rate, start=given.start
        )


if __name__ == "__main__":
    main()

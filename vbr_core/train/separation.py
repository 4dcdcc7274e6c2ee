"""Trains the separation of a frame into layers (:mod:`vbr_core.model.layer_separation`).

``python -m vbr_core.train.separation make`` draws SVB scenes and writes crops of their frames, with the guesses that
the program would have made of what is hidden, and the truth: the pinhole picture of a scene is cheap, and all its
planes are known, so no lens is needed. ``... train`` trains on them, also while more are being made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays

from vbr_core.model.disparity_mending import DisparityMending, surroundings
from vbr_core.model.layer_separation import LEAST_STEP, HiddenGuess, Layers, LayerSeparation, beside_nearer
from vbr_core.render.edge_consensus import AgreedShot, agreed_shot
from vbr_core.render.hidden_light import HiddenLight, HiddenLightFinder, hidden_light, look_at
from vbr_core.train.crop_files import make_files, read_arguments
from vbr_core.train.device_pool import DevicePool
from vbr_core.train.losses import absolute
from vbr_core.train.part_training import train_part
from vbr_core.train.svb.corruption import EVALUATION, LEVELS, Strength, corrupt, imitate_network
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.scene import random_scene
from vbr_core.train.svb.tracer_cpu import photograph, split_light

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vbr_core.train.svb.picture_library import Library

WIDTHS = (32, 64, 96)
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


@dataclass(frozen=True)
class Sample:
    """Pictures, disparity, guess, truth, and distance from the edge in pixels, (B, C, h, w) each."""

    pictures: torch.Tensor
    disparity: torch.Tensor
    guess: HiddenGuess
    truth: Truth
    distance: torch.Tensor


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
) -> tuple[NDArray[np.float32], AgreedShot]:
    """A scene's disparity (T, H, W) as the program would have it, true or spoiled: mended, and agreed on by frames."""
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
        return result, AgreedShot(result, [None] * len(result))

    @torch.no_grad()
    def mend(frame: NDArray[np.float32], disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        picture = torch.from_numpy(frame).permute(2, 0, 1)[None]
        return np.asarray(mending.mend(picture, torch.from_numpy(disparity)[None, None])[0, 0].numpy())

    mended = np.stack([mend(frame, each) for frame, each in zip(frames, result, strict=True)])
    return mended, agreed_shot(frames, result, mended, mend)


def scene_samples(
    library: Library, mending: DisparityMending | None, rng: np.random.Generator
) -> Iterator[dict[str, NDArray[Any]]]:
    """Crops of one scene."""
    scene = random_scene(library, rng, int(rng.integers(4, 10)), 16, SIZE, SIZE)
    shots = [photograph(scene, t, 16, bokeh=False) for t in range(scene.frames)]
    frames = np.stack([np.round(encoded(shot.sharp) * 255.0) / np.float32(255.0) for shot in shots]).astype(np.float32)
    mended, agreed = given_disparity(np.stack([shot.disparity for shot in shots]), frames, mending, rng)
    finder: HiddenLightFinder[int] = HiddenLightFinder()
    found: dict[int, HiddenLight] = {}
    for t in range(scene.frames):
        found.update(finder.push(frames[t], agreed.disparity[t], t, agreed.between[t]))
    found.update(finder.finish())
    for t in TARGETS:
        is_alone = rng.uniform() < ALONE_SHARE
        disparity = mended[t] if is_alone else agreed.disparity[t]
        hidden = hidden_light([look_at(frames[t], disparity)], 0) if is_alone else found[t]
        coverage, light = split_light(scene, t, split_disparity(disparity, hidden))
        edge = cv2.dilate(disparity, np.ones((3, 3), np.uint8)) - disparity > LEAST_STEP
        distance = cv2.distanceTransform((~edge).astype(np.uint8), cv2.DIST_L2, 3)
        whole = {
            "frame": np.round(frames[t] * 255.0).astype(np.uint8),
            "disparity": disparity.astype(np.float32),
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
    make_files(
        lambda index: scene_samples(library, mending, np.random.default_rng([seed, index])),
        folder,
        scenes,
        str(seed),
        each,
    )


def read_crops(path: Path) -> dict[str, NDArray[Any]]:
    """A file of ``make`` for :class:`vbr_core.train.device_pool.DevicePool`: samples of one frame, channels last."""
    arrays = load_arrays(path)
    with_channels = {name: values if values.ndim == 4 else values[..., None] for name, values in arrays.items()}
    return {name: values[:, None] for name, values in with_channels.items()}


def drawn(pool: DevicePool, seed: int, batch: int) -> Sample:
    """Crops of a step, each as large as they were made."""
    crops = pool.random_crops("frame", seed, batch, 1, CROP)

    def tensor(name: str) -> torch.Tensor:
        values = pool.cut(name, crops)[:, 0]
        result = values.float()
        return result / 255.0 if values.dtype == torch.uint8 and name not in ("zone", "distance") else result

    guess = HiddenGuess(tensor("color"), tensor("hidden_disparity"), tensor("seen"), tensor("zone"))
    truth = Truth(tensor("coverage"), tensor("behind"))
    return Sample(tensor("frame"), tensor("disparity"), guess, truth, tensor("distance"))


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
    device: str = "cpu",
) -> LayerSeparation:
    """Train; see :func:`vbr_core.train.part_training.train_part`.

    Args:
        data: Folder that ``make`` fills, also while this runs.
        validation: Another.
        output: File.
        steps: Steps that the learning rate is laid over.
        minutes: Time budget.
        batch: Crops a step.
        rate: Largest learning rate.
        start: Weights to go on from; None for nothing.
        device: torch device string.
    """
    torch.manual_seed(0)
    pool, held_out = (DevicePool(folder, read_crops, device) for folder in (data, validation))
    for each in (pool, held_out):
        each.wait()
    checks = [drawn(held_out, 500 + n, 16) for n in range(6)]
    first = 0 if start is None else 10**6

    def draw(step: int) -> Sample:
        if step % 100 == 0:
            pool.refresh()
        return drawn(pool, first + step, batch)

    def loss_of(module: LayerSeparation, sample: Sample) -> torch.Tensor:
        layers = module(sample.pictures, sample.disparity, sample.guess)
        coverage, behind = separation_loss(layers, sample.truth, sample.distance)
        return COVERAGE_WEIGHT * coverage + behind

    def report(step: int, average: LayerSeparation, took: float) -> None:
        figures = held_out_errors(average, checks)
        print(f"step {step}: coverage {figures[0]:.5f}, behind {figures[1]:.5f}, {took:.0f} s", flush=True)  # noqa: T201 - a training tool

    parts = (LayerSeparation(WIDTHS), LayerSeparation(WIDTHS))
    return train_part(*parts, draw, loss_of, report, output, steps, minutes, rate, start, device)


@torch.no_grad()
def held_out_errors(module: LayerSeparation, checks: list[Sample]) -> NDArray[np.float64]:
    """Mean errors of coverage and colour, (2,)."""
    errors = [
        separation_loss(module(each.pictures, each.disparity, each.guess), each.truth, each.distance) for each in checks
    ]
    return np.asarray(np.mean([[float(value) for value in pair] for pair in errors], axis=0))


def main() -> None:
    """Command line."""
    given = read_arguments(
        __doc__,
        2e-3,
        lambda making: making.add_argument("--mending", type=Path, help="VBR network whose mending is used"),
    )
    if given.part == "make":
        mending = None
        if given.mending is not None:
            from vbr_core.model.weights import load_network

            mending = load_network(given.mending).mending
        library = open_library(given.photographs, given.cutouts, given.split)
        make(library, mending, given.output, given.scenes, given.seed, given.each)
    else:
        budget = (given.steps, given.minutes, given.batch, given.rate)
        train(given.data, given.validation, given.output, *budget, given.start, given.device)


if __name__ == "__main__":
    main()

"""Trains the mending of disparity (:mod:`vbr_core.model.disparity_mending`): ``python -m vbr_core.train.mending``.

Samples are frames of SVB clips with their true disparity, which is spoiled anew for every sample: as table 2 of the
paper does it, at any strength, or as a depth network and its enlargement would, sometimes compressed as a grey picture.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from vbr_core.model.disparity_mending import DisparityMending
from vbr_core.train.losses import absolute, gradients
from vbr_core.train.part_training import train_part
from vbr_core.train.svb.clip_file import read_clip
from vbr_core.train.svb.corruption import EVALUATION, LEVELS, Strength, corrupt, imitate_network
from vbr_core.train.svb.make import clips_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTHS = (16, 32, 48)
FRAMES = 4
"""Frames kept of each clip, spread over it."""

KINDS = ("clean", "levels", "network")
SHARES = (0.15, 0.5, 0.35)
STRENGTHS = (0.2, 1.6)
COMPRESSED_SHARE = 0.25
ROUNDING = 0.01
GRADIENT_WEIGHT = 0.5


@dataclass(frozen=True)
class Sample:
    """A frame: ``picture`` (H, W, 3) uint8 and ``disparity`` (H, W) uint16 of 65535."""

    picture: NDArray[np.uint8]
    disparity: NDArray[np.uint16]


def read_samples(folder: Path, clips: int | None = None) -> list[Sample]:
    """A few frames of every clip in a folder."""
    samples = []
    for path in clips_in(folder)[:clips]:
        clip = read_clip(path)
        for t in np.linspace(0, len(clip.sharp) - 1, FRAMES).round().astype(int):
            samples.append(Sample(clip.sharp[t].copy(), clip.disparity[t].copy()))
    return samples


def spoil(truth: NDArray[np.float32], picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """True disparity (H, W) as the program might get it: (H, W) float32, 0..1."""
    kind = rng.choice(KINDS, p=SHARES)
    result = truth
    if kind == "network":
        result = imitate_network(truth[None], picture[None], rng)[0]
    elif kind == "levels":
        part = rng.uniform(*STRENGTHS, 4)
        strength = Strength(
            EVALUATION.blur_px * float(part[0]),
            EVALUATION.edge_px * float(part[1]),
            EVALUATION.elastic_px * float(part[2]),
            EVALUATION.elastic_smooth_px * float(rng.uniform(0.7, 1.5)),
            0.0,  # nobody can tell a frame's scale from the frame
        )
        result = corrupt(truth[None], LEVELS[1 + rng.integers(3)], rng, strength)[0]
    if kind != "clean" and rng.uniform() < COMPRESSED_SHARE:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96))]
        _, data = cv2.imencode(".jpg", np.round(result * 255.0).astype(np.uint8), quality)
        grey = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.float32)
        result = np.asarray(grey * np.float32(1.0 / 255.0))
    return result


def draw(
    samples: list[Sample], rng: np.random.Generator, batch: int, crop: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pictures (B, 3, h, w) sRGB 0..1, spoiled and true disparity (B, 1, h, w); crops lie around a depth edge."""
    given: list[list[NDArray[np.float32]]] = [[], [], []]
    for _ in range(batch):
        sample = samples[rng.integers(len(samples))]
        truth = sample.disparity.astype(np.float32) * np.float32(1.0 / 65535.0)
        spoiled = spoil(truth, sample.picture, rng)
        picture = sample.picture.astype(np.float32) * np.float32(1.0 / 255.0)
        picture = np.power(picture, np.float32(np.exp(rng.uniform(-0.4, 0.4)))) * np.float32(rng.uniform(0.6, 1.0))
        y, x = _place(truth, rng, crop)
        mirror, turn = rng.uniform() < 0.5, int(rng.integers(4))
        for target, values in zip(given, (picture, spoiled, truth), strict=True):
            part = values[y : y + crop, x : x + crop]
            part = np.rot90(part[:, ::-1] if mirror else part, turn)
            target.append(np.ascontiguousarray(part if part.ndim == 3 else part[..., None]))
    tensors = [torch.from_numpy(np.stack(values)).permute(0, 3, 1, 2).contiguous() for values in given]
    return tensors[0], tensors[1], tensors[2]


def _place(truth: NDArray[np.float32], rng: np.random.Generator, crop: int) -> tuple[int, int]:
    """Upper left corner of a crop with an edge in it, if the frame has one."""
    height, width = truth.shape
    places = rng.integers((max(1, height - crop + 1), max(1, width - crop + 1)), size=(3, 2))
    spans = [float(np.ptp(truth[y : y + crop : 4, x : x + crop : 4])) for y, x in places]
    y, x = places[int(np.argmax(spans))]
    return int(y), int(x)


def mending_loss(mended: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Rounded L1 of disparity, and of its differences between neighbours."""
    loss = absolute(mended - truth, ROUNDING)
    for mine, true in zip(gradients(mended), gradients(truth), strict=True):
        loss = loss + GRADIENT_WEIGHT * absolute(mine - true, ROUNDING)
    return loss


def train(
    data: Path,
    validation: Path,
    output: Path,
    steps: int,
    minutes: float = math.inf,
    batch: int = 8,
    crop: int = 128,
    rate: float = 2e-3,
    start: Path | None = None,
) -> DisparityMending:
    """Train; the average of the weights is returned and kept in ``output`` (safetensors).

    Args:
        data: Folder of SVB clips.
        validation: Folder of others.
        output: File.
        steps: Steps that the learning rate is laid over.
        minutes: Time budget; the learning rate falls with what is used up of it, if that is more.
        batch: Crops a step.
        crop: Their height and width.
        rate: Largest learning rate.
        start: Weights to go on from; None for nothing. Samples are others than those of a run from nothing.
    """
    torch.manual_seed(0)
    seed = 1 if start is None else 2
    samples, held_out = read_samples(data), read_samples(validation)
    checks = [draw(held_out, np.random.default_rng([5, n]), 8, 192) for n in range(6)]
    parts = (DisparityMending(WIDTHS), DisparityMending(WIDTHS))
    return train_part(
        *parts,
        lambda step: draw(samples, np.random.default_rng([seed, step]), batch, crop),
        lambda module, given: mending_loss(module(given[0], given[1]), given[2]),
        lambda step, average, took: report(step, average, checks, took),
        output,
        steps,
        minutes,
        rate,
        start,
    )


@torch.no_grad()
def report(
    step: int, module: DisparityMending, checks: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]], took: float
) -> None:
    """Print the mean error of held-out disparity, as given and mended."""
    given = np.mean([float((spoiled - truth).abs().mean()) for _, spoiled, truth in checks])
    mended = np.mean(
        [float((module.mend(pictures, spoiled) - truth).abs().mean()) for pictures, spoiled, truth in checks]
    )
    print(f"step {step}: given {given:.5f}, mended {mended:.5f}, {took:.0f} s", flush=True)  # noqa: T201 - a training tool


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of SVB clips")
    parser.add_argument("--validation", type=Path, required=True, help="folder of other SVB clips")
    parser.add_argument("-o", "--output", type=Path, required=True, help="safetensors file")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--rate", type=float, default=2e-3, help="largest learning rate")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    given = parser.parse_args()
    train(
        given.data,
        given.validation,
        given.output,
        given.steps,
        given.minutes,
        rate=given.rate,
        start=given.start,
    )


if __name__ == "__main__":
    main()

"""Trains the guess of clipped light (:mod:`vbr_core.model.highlights`).

``python -m vbr_core.train.highlights make`` writes crops of pinhole pictures of SVB scenes, whose light is known beyond
white; ``... train`` trains on them, also while more are being made. What counts is how a blurred picture looks, so
result and truth are compared after a blur by discs of random radii, clipped and sRGB-encoded like a frame.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays

from vbr_core.model.highlights import HighlightRecovery, clipped_share
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear
from vbr_core.train.crop_files import make_files, read_arguments
from vbr_core.train.device_pool import DevicePool
from vbr_core.train.losses import absolute
from vbr_core.train.part_training import train_part
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.scene import random_scene
from vbr_core.train.svb.tracer_cpu import pinhole_light

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.train.svb.picture_library import Library

WIDTHS = (16, 24, 32)
LINES = (192, 256, 256, 384)
FRAMES = (0, 15)
CROP, CROPS = 128, 4
LEAST_CLIPPED = 12
"""Pictures with fewer clipped pixels teach nothing."""

RADII_PX = (2.0, 16.0)
ROUNDING = 0.01
LOG_WEIGHT = 0.01
SLOPE_ABOVE_WHITE = 0.02


def scene_crops(library: Library, rng: np.random.Generator) -> Iterator[dict[str, NDArray[Any]]]:
    """Crops of one scene around clipped pixels: ``stored`` uint8 as a camera has it, ``light`` float16, linear.

    Args:
        library: Photographs and cut-outs.
        rng: Source of all randomness.
    """
    lines = int(rng.choice(LINES))
    scene = random_scene(library, rng, int(rng.integers(2, 8)), 16, lines, lines)
    for frame in FRAMES:
        light = pinhole_light(scene, frame)
        clipped = np.argwhere(light.max(axis=-1) > 1.0)
        if len(clipped) < LEAST_CLIPPED:
            continue
        for y, x in clipped[rng.integers(len(clipped), size=CROPS)] - rng.integers(CROP, size=(CROPS, 2)):
            top, left = (int(np.clip(place, 0, lines - CROP)) for place in (y, x))
            part = np.ascontiguousarray(light[top : top + CROP, left : left + CROP])
            stored = np.round(as_stored(part, rng) * 255.0).astype(np.uint8)
            yield {"stored": stored, "light": np.minimum(part, 60000.0).astype(np.float16)}


def make(library: Library, folder: Path, scenes: int, seed: int, each: int = 20) -> None:
    """Write ``scenes`` scenes' crops into files of ``each`` scenes; files that are there are left alone."""
    make_files(
        lambda index: scene_crops(library, np.random.default_rng([seed, 7, index])), folder, scenes, str(seed), each
    )


def as_stored(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """What a camera makes of light: clipped, sRGB, 8 bits, in most cases compressed. (H, W, 3) -> the same, 0..1."""
    encoded = linear_to_srgb(torch.from_numpy(light)).numpy()
    stored = np.round(encoded * 255.0).astype(np.uint8)
    if rng.uniform() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 98))]
        _, data = cv2.imencode(".jpg", stored, quality)
        stored = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return stored.astype(np.float32) / 255.0


def read_crops(path: Path) -> dict[str, NDArray[Any]]:
    """A file of ``make`` for :class:`vbr_core.train.device_pool.DevicePool`: samples of one frame."""
    return {name: values[:, None] for name, values in load_arrays(path).items()}


def drawn(pool: DevicePool, seed: int, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Stored pictures (B, 3, h, w) sRGB 0..1 and their light, linear."""
    crops = pool.random_crops("light", seed, batch, 1, CROP)
    stored, light = (pool.cut(name, crops)[:, 0].float().contiguous() for name in ("stored", "light"))
    return stored / 255.0, light


def disc_blur(light: torch.Tensor, radius_px: float) -> torch.Tensor:
    """(B, C, H, W) averaged over a disc, periodic at the borders."""
    height, width = light.shape[-2:]
    y = torch.fft.fftfreq(height, 1.0 / height, device=light.device)[:, None]
    x = torch.fft.fftfreq(width, 1.0 / width, device=light.device)[None, :]
    disc = (radius_px + 0.5 - torch.sqrt(y * y + x * x)).clamp(0.0, 1.0)
    kernel = torch.fft.rfft2(disc / disc.sum())
    return torch.fft.irfft2(torch.fft.rfft2(light) * kernel, s=(height, width))


def shown(light: torch.Tensor) -> torch.Tensor:
    """Linear light as displayed: sRGB, with a slight slope above white so that too bright can be told from bright."""
    inside = light.clamp(1e-6, 1.0)
    return 1.055 * inside.pow(1 / 2.4) - 0.055 + SLOPE_ABOVE_WHITE * torch.log(light.clamp_min(1.0))


def highlight_loss(
    module: HighlightRecovery, stored: torch.Tensor, light: torch.Tensor, radii_px: list[float]
) -> torch.Tensor:
    """Rounded L1 between blurred result and blurred truth as displayed, and of the logarithm where it was clipped."""
    gain = module.log_gain(stored)
    # only the clipped pixels are unknown: the rest is the truth itself, so that compression is not learnt here
    share = clipped_share(stored)
    result = srgb_to_linear(stored) * torch.exp(gain)
    known = light * (1.0 - share) + result * share
    loss = stored.new_zeros(())
    for radius in radii_px:
        loss = loss + absolute(shown(disc_blur(known, radius)) - shown(disc_blur(light, radius)), ROUNDING)
    wanted = torch.log((light / srgb_to_linear(stored).clamp_min(0.5)).clamp_min(1.0))
    return loss / len(radii_px) + LOG_WEIGHT * ((gain - wanted).abs() * share).sum() / share.sum().clamp_min(1.0)


def train(
    data: Path,
    validation: Path,
    output: Path,
    steps: int,
    minutes: float = math.inf,
    batch: int = 8,
    rate: float = 1e-3,
    start: Path | None = None,
    device: str = "cpu",
) -> HighlightRecovery:
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

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor, list[float]]:
        if step % 100 == 0:
            pool.refresh()
        low, high = np.log(RADII_PX).tolist()
        radii = np.exp(np.random.default_rng([1, first + step]).uniform(low, high, 2))
        return *drawn(pool, first + step, batch), [float(radius) for radius in radii]

    return train_part(
        HighlightRecovery(WIDTHS),
        HighlightRecovery(WIDTHS),
        draw,
        lambda module, given: highlight_loss(module, *given),
        lambda step, average, took: report(step, average, checks, took),
        output,
        steps,
        minutes,
        rate,
        start,
        device,
    )


@torch.no_grad()
def report(step: int, module: HighlightRecovery, checks: list[tuple[torch.Tensor, torch.Tensor]], took: float) -> None:
    """Print the PSNR of blurred held-out pictures with and without recovery."""
    totals = np.zeros(2)
    for stored, light in checks:
        for place, linear in enumerate((srgb_to_linear(stored), srgb_to_linear(module(stored)))):
            for radius in (4.0, 10.0):
                error = linear_to_srgb(disc_blur(linear, radius)) - linear_to_srgb(disc_blur(light, radius))
                totals[place] += float((-10 * torch.log10(error.square().mean(dim=(1, 2, 3)) + 1e-9)).mean())
    stored_db, recovered_db = totals / (2 * len(checks))
    print(f"step {step}: clipped {stored_db:.2f} dB, recovered {recovered_db:.2f} dB, {took:.0f} s", flush=True)  # noqa: T201 - a training tool


def main() -> None:
    """Command line."""
    given = read_arguments(__doc__, 1e-3)
    if given.part == "make":
        library = open_library(given.photographs, given.cutouts, given.split)
        make(library, given.output, given.scenes, given.seed, given.each)
    else:
        budget = (given.steps, given.minutes, given.batch, given.rate)
        train(given.data, given.validation, given.output, *budget, given.start, given.device)


if __name__ == "__main__":
    main()

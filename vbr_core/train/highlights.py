"""Trains the guess of clipped light (:mod:`vbr_core.model.highlights`): ``python -m vbr_core.train.highlights``.

Samples are pinhole pictures of SVB scenes, whose light is known beyond white. What counts is how a blurred picture
looks, so result and truth are compared after a blur by discs of random radii, clipped and sRGB-encoded like a frame.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from vbr_core.model.highlights import HighlightRecovery, clipped_share
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear
from vbr_core.train.averaging import follow
from vbr_core.train.losses import absolute
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.scene import random_scene
from vbr_core.train.svb.tracer_cpu import pinhole_light

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.train.svb.picture_library import Library

WIDTHS = (16, 24, 32)
LINES = (192, 256, 256, 384)
FRAMES = (0, 15)
LEAST_CLIPPED = 12
"""Pictures with fewer clipped pixels teach nothing."""

RADII_PX = (2.0, 16.0)
ROUNDING = 0.01
LOG_WEIGHT = 0.01
SLOPE_ABOVE_WHITE = 0.02


def make_pictures(library: Library, count: int, seed: int) -> list[NDArray[np.float16]]:
    """Light of ``count`` pinhole pictures: (H, W, 3) float16, linear, unclipped. Those without highlights are left out.

    Args:
        library: Photographs and cut-outs.
        count: Scenes to draw; two moments of each are used.
        seed: Scene i of a seed is always the same.
    """
    pictures = []
    for index in range(count):
        rng = np.random.default_rng([seed, 7, index])
        lines = int(rng.choice(LINES))
        scene = random_scene(library, rng, int(rng.integers(2, 8)), 16, lines, lines)
        for frame in FRAMES:
            light = pinhole_light(scene, frame)
            if int((light.max(axis=-1) > 1.0).sum()) >= LEAST_CLIPPED:
                pictures.append(np.minimum(light, 60000.0).astype(np.float16))
    return pictures


def as_stored(light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """What a camera makes of light: clipped, sRGB, 8 bits, in most cases compressed. (H, W, 3) -> the same, 0..1."""
    encoded = linear_to_srgb(torch.from_numpy(light)).numpy()
    stored = np.round(encoded * 255.0).astype(np.uint8)
    if rng.uniform() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 98))]
        _, data = cv2.imencode(".jpg", stored, quality)
        stored = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return stored.astype(np.float32) / 255.0


def draw(
    pictures: list[NDArray[np.float16]], rng: np.random.Generator, batch: int, crop: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Stored pictures (B, 3, h, w) sRGB 0..1 and their light, linear; crops lie around a clipped pixel."""
    stored: list[NDArray[np.float32]] = []
    lights: list[NDArray[np.float32]] = []
    while len(stored) < batch:
        light = pictures[rng.integers(len(pictures))]
        clipped = np.argwhere(light.max(axis=-1) > 1.0)
        if len(clipped) == 0:
            continue
        y, x = clipped[rng.integers(len(clipped))] - rng.integers(crop, size=2)
        y, x = (int(np.clip(v, 0, n - crop)) for v, n in ((y, light.shape[0]), (x, light.shape[1])))
        part = light[y : y + crop, x : x + crop].astype(np.float32)
        if rng.uniform() < 0.5:
            part = part[:, ::-1]
        part = np.ascontiguousarray(np.rot90(part, int(rng.integers(4))))
        stored.append(as_stored(part, rng))
        lights.append(part)
    as_tensor = [torch.from_numpy(np.stack(x)).permute(0, 3, 1, 2).contiguous() for x in (stored, lights)]
    return as_tensor[0], as_tensor[1]


def disc_blur(light: torch.Tensor, radius_px: float) -> torch.Tensor:
    """(B, C, H, W) averaged over a disc, periodic at the borders."""
    height, width = light.shape[-2:]
    y = torch.fft.fftfreq(height, 1.0 / height)[:, None]
    x = torch.fft.fftfreq(width, 1.0 / width)[None, :]
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
    library: Library, validation: Library, output: Path, scenes: int, steps: int, minutes: float = math.inf
) -> HighlightRecovery:
    """Train from nothing; the average of the weights is returned and kept in ``output`` (safetensors)."""
    from safetensors.torch import save_file

    start = time.monotonic()
    torch.manual_seed(0)
    widths = WIDTHS
    module, average = HighlightRecovery(widths), HighlightRecovery(widths).requires_grad_(False)
    average.load_state_dict(module.state_dict())
    pictures, held_out = make_pictures(library, scenes, 11), make_pictures(validation, max(8, scenes // 16), 12)
    checks = [draw(held_out, np.random.default_rng([5, n]), 8, 128) for n in range(8)]
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    for step in range(steps):
        if time.monotonic() - start > 60.0 * minutes:
            break
        rng = np.random.default_rng([1, step])
        left = 1.0 - step / steps
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * min(1.0, (step + 1) / 50) * min(1.0, 3.0 * left)
        radii = [float(np.exp(rng.uniform(*np.log(RADII_PX)))) for _ in range(2)]
        loss = highlight_loss(module, *draw(pictures, rng, 8, 128), radii)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(module.parameters(), 0.5)
        optimizer.step()
        follow(average, module, step, 0.995)
        if (step + 1) % 100 == 0 or step + 1 == steps:
            report(step + 1, average, checks, time.monotonic() - start)
            save_file(average.state_dict(), output)
    return average


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", nargs="+", type=Path, required=True)
    parser.add_argument("--cutouts", nargs="+", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True, help="safetensors file")
    parser.add_argument("--scenes", type=int, default=800)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--minutes", type=float, default=math.inf)
    given = parser.parse_args()
    libraries = [open_library(given.photographs, given.cutouts, split) for split in ("train", "validation")]
    train(libraries[0], libraries[1], given.output, given.scenes, given.steps, given.minutes)


if __name__ == "__main__":
    main()

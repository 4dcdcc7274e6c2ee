"""Weights files in the published format, with values that anyone can make again from the names.

The goldens in ``published/golden.npz`` are outputs of the *published* code (MiDaS with timm 0.6.12, Depth Anything V2,
Video Depth Anything; float32 on a CPU) whose weights were filled with :func:`fill`, name by name, and whose input was
:func:`picture` (or, for "frame" and "clip", :func:`frame` through the published preparation of pictures too). They are
a grid of values from the whole output, and its least and largest value. ``published/*.json.gz`` hold names and shapes
of the tensors of the published networks, likewise from the published code.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "published"

NOT_WEIGHTS = ("relative_position_index", "attn_mask")
"""Tables in the files that the published networks compute; ours must not read them."""


def published_shapes(name: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors of a published network."""
    listing = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    return {key: tuple(shape) for key, shape in listing.items()}


def fill(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Values of a tensor by its name: of a size that keeps signals alive through the whole network."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    noise = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    if name.endswith("running_var"):
        return np.abs(noise) + np.float32(0.5)
    if name.endswith("logit_scale"):
        return np.float32(2) + np.float32(0.1) * noise
    if name.endswith(("output_conv.4.weight", "output_conv2.2.weight")):
        return np.abs(noise) / np.float32(32)  # so that the last activation does not cut everything off
    if "gamma" in name:
        return np.float32(0.3) + np.float32(0.1) * noise
    if len(shape) >= 2 and name.endswith("weight"):
        return noise / np.float32(np.sqrt(np.prod(shape[1:])))
    if name.endswith("weight"):
        return 1 + np.float32(0.2) * noise
    return np.float32(0.2) * noise


def published_state(name: str) -> dict[str, torch.Tensor]:
    """A state dict as the publisher saves it."""
    state = {}
    for key, shape in published_shapes(name).items():
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(7)
        elif key.endswith(NOT_WEIGHTS):
            state[key] = torch.zeros(1, dtype=torch.int64).expand(shape)  # wrong on purpose
        else:
            state[key] = torch.from_numpy(np.asarray(fill(key, shape)))
    return state


def hollow_state(name: str) -> dict[str, torch.Tensor]:
    """A state dict of the right names and shapes whose file is small: every tensor is one number, repeated."""
    shapes = published_shapes(name)
    return {key: torch.tensor(number / len(shapes)).expand(shape) for number, (key, shape) in enumerate(shapes.items())}


def picture(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """Input of a network: (3, H, W) float32, about -2..2; waves and noise."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(x * (0.05 + 0.02 * c) + c) + np.cos(y * (0.07 - 0.01 * c) - x * 0.02) for c in range(3)]
    noise = np.random.default_rng(seed).standard_normal((3, height, width), dtype=np.float32)
    return (np.stack(waves) + np.float32(0.3) * noise).astype(np.float32)


def frame(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """A picture of 8 bits: (H, W, 3) float32, sRGB 0..1."""
    values = np.clip(picture(height, width, seed) * 0.25 + 0.5, 0, 1) * 255
    return (values.astype(np.uint8).transpose(1, 2, 0) / np.float32(255)).astype(np.float32)


def golden(key: str) -> tuple[NDArray[np.float32], float]:
    """Stored values, and the range (largest minus least) of the output that they are from."""
    with np.load(FOLDER / "golden.npz") as file:
        least, largest = file[f"{key} range"]
        return file[key], float(largest - least)


def grid(output: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """``count`` x ``count`` values spread over the last two axes."""
    rows, columns = (np.linspace(0, size - 1, count).round().astype(int) for size in output.shape[-2:])
    return output[..., rows[:, None], columns]

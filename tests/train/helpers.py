"""Small SVB clips made by formula, for tests of training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vbr_core.model.config import NetworkConfig
from vbr_core.train.config import DataConfig, RunConfig, TrainingConfig
from vbr_core.train.svb.clip_file import SUFFIX, Clip, write_clip

if TYPE_CHECKING:
    from pathlib import Path

TINY = NetworkConfig(base="none", widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2)


def formula_clip(seed: int, frames: int = 5, side: int = 48) -> Clip:
    """Random blocks, with a truth that is a simple function of the frames: the darker picture, shifted with time."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (frames, side // 8, side // 8, 3)).astype(np.uint8)
    sharp = blocks.repeat(8, axis=1).repeat(8, axis=2)
    disparity = rng.integers(0, 65536, (frames, side // 8, side // 8)).astype(np.uint16)
    return Clip(
        sharp,
        (sharp // 2 + 20).astype(np.uint8),
        disparity.repeat(8, axis=1).repeat(8, axis=2),
        rng.random((frames, side, side)) < 0.3,
        np.linspace(0.2, 0.8, frames).astype(np.float32),
        np.full(frames, 6.0, np.float32),
        "rack",
        ("a.jpg", "b.webp"),
    )


def formula_set(folder: Path, clips: int = 4) -> Path:
    folder.mkdir(parents=True)
    for index in range(clips):
        write_clip(folder / f"{index:05d}{SUFFIX}", formula_clip(index))
    return folder


def tiny_run(folder: Path, network: NetworkConfig = TINY, **training: object) -> RunConfig:
    """A run of seconds on four small clips."""
    schedule: dict[str, object] = {
        "coarse_steps": 8,
        "refiner_steps": 4,
        "batch": 2,
        "window": 3,
        "crop": 32,
        "learning_rate": 2e-3,
        "warmup_steps": 2,
        "validate_every": 6,
        "checkpoint_every": 5,
        "log_every": 2,
        **training,
    }
    data = formula_set(folder / "clips") if not (folder / "clips").exists() else folder / "clips"
    return RunConfig(
        DataConfig(train=str(data), validation=str(data), cache=str(folder / "cache")),
        network,
        TrainingConfig(**schedule),  # type: ignore[arg-type]
    )

"""Files of crops of random scenes, and the command line of the tools that make them and train on them."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray


def make_files(
    crops_of: Callable[[int], Iterable[dict[str, NDArray[Any]]]], folder: Path, scenes: int, name: str, each: int
) -> None:
    """Write the crops of scenes 0, 1, ... into files of ``each`` scenes; files that are there are left alone.

    Args:
        crops_of: Crops of a scene: tensors by name, of the same shapes in all crops.
        folder: Where the files go, ``NAME-FIRST.safetensors``.
        scenes: Number of scenes.
        name: Begins the files' names, so that several processes can fill a folder.
        each: Scenes in a file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, scenes, each):
        path = folder / f"{name}-{first:06d}.safetensors"
        if path.exists():
            continue
        crops = [crop for index in range(first, min(scenes, first + each)) for crop in crops_of(index)]
        if not crops:
            continue
        part = path.with_name(path.name + ".part")
        save_file({key: np.stack([crop[key] for crop in crops]) for key in crops[0]}, part)
        part.replace(path)
        print(f"{path.name}: {len(crops)} crops", flush=True)  # noqa: T201 - a training tool


def read_arguments(
    description: str | None, rate: float, more: Callable[[argparse.ArgumentParser], Any] | None = None
) -> argparse.Namespace:
    """What a tool was asked: ``make`` or ``train`` (``part``) and their options.

    Args:
        description: Of the tool.
        rate: Its largest learning rate, unless another is given.
        more: Adds options to ``make``.
    """
    parser = argparse.ArgumentParser(description=description)
    parts = parser.add_subparsers(dest="part", required=True)
    making = parts.add_parser("make", help="write crops of scenes")
    making.add_argument("--photographs", type=Path, nargs="+", required=True)
    making.add_argument("--cutouts", type=Path, nargs="+", required=True)
    making.add_argument("--split", default="train", choices=("train", "validation"))
    making.add_argument("--scenes", type=int, default=1000)
    making.add_argument("--each", type=int, default=20, help="scenes in a file")
    making.add_argument("--seed", type=int, default=1)
    making.add_argument("-o", "--output", type=Path, required=True, help="folder")
    if more is not None:
        more(making)
    training = parts.add_parser("train", help="train on them")
    training.add_argument("--data", type=Path, required=True, help="folder that make fills, also while this runs")
    training.add_argument("--validation", type=Path, required=True, help="another one, of the validation split")
    training.add_argument("-o", "--output", type=Path, required=True, help="safetensors file")
    training.add_argument("--steps", type=int, default=8000)
    training.add_argument("--minutes", type=float, default=math.inf, help="time budget")
    training.add_argument("--batch", type=int, default=8, help="crops a step")
    training.add_argument("--rate", type=float, default=rate, help="largest learning rate")
    training.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    training.add_argument("--device", default="cpu", help="cpu or cuda")
    return parser.parse_args()

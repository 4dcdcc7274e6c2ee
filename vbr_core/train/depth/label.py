"""Photographs labelled by the network itself, so that training on made scenes does not unlearn real pictures.

    python -m vbr_core.train.depth.label --pictures PHOTOGRAPHS -o LABELLED [--weights STARTER.safetensors]

The label is the mean over several input sizes and mirror images, each over its own range, which errs less than one
answer does, brought to picture size along the picture's edges (self-training: Xie et al. 2020, Self-training with Noisy
Student; Yang et al. 2024, Depth Anything). Written as ``NAME.jpg`` and ``NAME.png`` (16-bit disparity).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from resources import resource_path
from vbr_core.depth.estimator import load_starter_network
from vbr_core.depth.network import StarterNetwork, input_size
from vbr_core.depth.upsample import guided_upsample
from vbr_core.train.depth.scenes import normalise, read_picture, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG_SIDES = (256, 320, 384, 448)
PICTURE_PX = 512
LABEL_PX = 256
"""Longer side at which the answers are averaged."""


def label(network: StarterNetwork, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Disparity (H, W) float32 0..1 of a picture (H, W, 3) RGB uint8."""
    height, width = picture.shape[:2]
    part = LABEL_PX / max(height, width)
    size = (max(1, round(width * part)), max(1, round(height * part)))
    total = np.zeros(size[::-1], np.float32)
    for long_side in LONG_SIDES:
        rows, columns = input_size(height, width, long_side)
        small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
        views = np.stack([small, small[:, ::-1]]).transpose(0, 3, 1, 2).astype(np.float32) / 255.0
        with torch.no_grad():
            first, mirrored = network(torch.from_numpy(views)).numpy()
        for answer in (first, np.ascontiguousarray(mirrored[:, ::-1])):
            total += normalise(np.asarray(cv2.resize(answer, size, interpolation=cv2.INTER_LINEAR), np.float32))
    return normalise(guided_upsample(normalise(total), picture.astype(np.float32) / 255.0))


def main() -> None:
    """Label a folder of photographs."""
    parser = argparse.ArgumentParser(prog="python -m vbr_core.train.depth.label", description=__doc__)
    parser.add_argument("--pictures", type=Path, required=True, help="folder of photographs")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for pictures and labels")
    parser.add_argument("--weights", type=Path, default=resource_path("models", "starter.safetensors"))
    arguments = parser.parse_args()
    network = load_starter_network(arguments.weights).eval()
    arguments.output.mkdir(parents=True, exist_ok=True)
    paths = sorted(arguments.pictures.iterdir())
    for number, path in enumerate(paths):
        picture = shrink(np.asarray(read_picture(path), np.uint8), PICTURE_PX)
        disparity = label(network, np.ascontiguousarray(picture[..., ::-1]))
        cv2.imwrite(str(arguments.output / f"{path.stem}.png"), np.round(disparity * 65535.0).astype(np.uint16))
        cv2.imwrite(str(arguments.output / f"{path.stem}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 93])
        sys.stdout.write(f"\r{number + 1} of {len(paths)} ")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

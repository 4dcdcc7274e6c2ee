"""``python -m vbr_core.train.depth``: train the starter network, or export a checkpoint."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch

from vbr_core.depth.network import STRIDE
from vbr_core.train.depth.loop import TrainConfig, export, train


def _size(text: str) -> tuple[int, int]:
    """``192x256``, height first; multiples of what the network halves."""
    height, width = (int(part) for part in text.split("x"))
    if min(height, width) < STRIDE or height % STRIDE or width % STRIDE:
        raise argparse.ArgumentTypeError(f"'{text}' must be multiples of {STRIDE}.")
    return height, width


def main() -> None:
    """Read the arguments and train, then export if asked to."""
    parser = argparse.ArgumentParser(prog="python -m vbr_core.train.depth", description=__doc__)
    parser.add_argument("--rgbd", required=True, help="folder of N.jpg with N.png (16-bit disparity)")
    parser.add_argument("--backgrounds", required=True, help="folder of photographs")
    parser.add_argument("--cutouts", required=True, help="folder of pictures with alpha")
    parser.add_argument("--meshes", default="", help="folder made by python -m vbr_core.train.depth.meshes")
    parser.add_argument("--labelled", default="", help="folder made by python -m vbr_core.train.depth.label")
    parser.add_argument("--backbone", default="", help="ImageNet weights of EfficientNet-Lite0 (PyTorch state dict)")
    parser.add_argument("--start", default="", help="weights of an earlier run (safetensors), instead of --backbone")
    parser.add_argument("--out", required=True, help="run folder; an existing checkpoint is continued")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--backbone-share", type=float, default=0.33, help="of the rate, at which the backbone learns")
    parser.add_argument(
        "--sizes", nargs="+", type=_size, default=TrainConfig.sizes, help="input sizes, such as 192x256"
    )
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 for all")
    parser.add_argument("--share", type=float, default=1.0, help="of the run in what is exported; the rest is --start")
    parser.add_argument("--export", type=Path, help="write safetensors here at the end")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    config = TrainConfig(
        rgbd=arguments.rgbd,
        backgrounds=arguments.backgrounds,
        cutouts=arguments.cutouts,
        backbone=arguments.backbone,
        out=arguments.out,
        minutes=arguments.minutes,
        steps=arguments.steps,
        batch=arguments.batch,
        pairs=arguments.pairs,
        rate=arguments.rate,
        start=arguments.start,
        meshes=arguments.meshes,
        labelled=arguments.labelled,
        backbone_share=arguments.backbone_share,
        sizes=tuple(arguments.sizes),
    )
    train(config)
    if arguments.export:
        start = Path(arguments.start) if arguments.start else None
        export(Path(arguments.out) / "checkpoint.pt", arguments.export, start=start, share=arguments.share)


if __name__ == "__main__":
    main()

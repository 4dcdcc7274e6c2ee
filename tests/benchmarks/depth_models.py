"""The README's table of depth models: licence, size, speed, and how good each is on a real clip.

    python tests/benchmarks/depth_models.py [CLIP REFERENCE] [--models NAME ...] [--repeats 3] [--frames 120]

Prints Markdown rows. Seconds a frame are a ratio to ``starter``, measured in turn with it in the same run on one
picture of 960 x 540. A model whose weights are not on this machine is timed with random weights, which takes as long;
its columns of quality stay empty. CLIP (of one shot) and REFERENCE (disparity of it that can be trusted: a folder or
video) give the others: the share of pixel pairs in the right order, and flicker (flow-warped error in percent of the
shot's range) of the network's maps before and after the program's processing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import msgspec
import numpy as np
import torch
from safetensors.torch import save_file

from tests.benchmarks.depth_stability import METRIC_FLOW_SIDE, processed_maps, raw_maps, read_pictures
from vbr_core.depth import load_estimator
from vbr_core.depth.architectures import find_architecture
from vbr_core.depth.flow import FlowFinder, make_view
from vbr_core.depth.metrics import flow_warped_error, normalised, pair_order_accuracy
from vbr_core.depth.published import PublishedEstimator
from vbr_core.depth.registry import ModelEntry, licence_words, list_models
from vbr_core.depth.source import open_disparity
from vbr_core.errors import ModelError
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from vbr_core.depth.estimator import DisparityEstimator

PAIR_ORDER_EVERY = 10
"""Frames between those whose pairs are compared."""

HEADER = (
    "| model | licence | file | seconds a frame | pairs in order (worst frame) | flicker before | after |",
    "|---|---|---:|---:|---:|---:|---:|",
)


@dataclass(frozen=True)
class Quality:
    """What a clip says of a model: shares in 0..1, errors as a share of the shot's range."""

    order: float
    worst: float
    before: float
    after: float


def with_random_weights(entry: ModelEntry, folder: Path) -> DisparityEstimator:
    """The network of an entry with random weights: as fast as with the published ones, and good for nothing else."""
    architecture = find_architecture(entry.architecture)
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in architecture.published_shapes().items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.zeros(shape, dtype=torch.int64)
        elif name.endswith(("running_var", "logit_scale")):
            state[name] = torch.ones(shape)
        else:
            state[name] = torch.randn(shape, generator=generator) * 0.02
    path = folder / "random.safetensors"
    save_file(state, path)
    estimator = PublishedEstimator(msgspec.structs.replace(entry, sha256=None, file=path.name), path)
    path.unlink()
    return estimator


def seconds_a_frame(estimator: DisparityEstimator, picture: np.ndarray) -> float:
    """Of one prediction; models of windows look at one whole window."""
    frames = np.repeat(picture[None], int(getattr(estimator, "window_frames", 1)), axis=0)
    start = time.perf_counter()
    estimator.predict(frames)
    return (time.perf_counter() - start) / len(frames)


def quality(estimator: DisparityEstimator, clip: Path, reference: Path, frames: int) -> Quality:
    """See :class:`Quality`."""
    raw, _, _ = raw_maps(clip, estimator, frames)
    with VideoReader(clip) as reader:
        info = reader.info
    source = open_disparity(reference, info.frame_count, (info.height, info.width))
    shares = []
    for frame in range(0, len(raw), PAIR_ORDER_EVERY):
        truth = source.read(frame)
        found = np.asarray(cv2.resize(raw[frame], truth.shape[::-1]), dtype=np.float32)
        share, pairs = pair_order_accuracy(found, truth, seed=frame)
        if pairs:
            shares.append(share)
    source.close()
    size = (raw.shape[1], raw.shape[2])
    views = [make_view(picture, size, METRIC_FLOW_SIDE) for picture in read_pictures(clip, frames)]
    finder = FlowFinder(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    motions = [finder.between(first, second)[0] for first, second in pairwise(views)]
    before = flow_warped_error(normalised(raw), motions)
    after = flow_warped_error(processed_maps(clip, estimator, frames), motions)
    return Quality(float(np.mean(shares)), float(np.min(shares)), before, after)


def row(entry: ModelEntry, ratio: float, at_hand: bool, found: Quality | None) -> str:
    """A line of the table."""
    size = "?" if not entry.size_bytes else f"{entry.size_bytes / 2**20:.0f} MB"
    words = [f"`{entry.name}`", licence_words(entry), size, f"{ratio:.3g} x" + ("" if at_hand else " (random weights)")]
    if found is None:
        words += ["not measured" if at_hand else "weights not at hand", "", ""]
    else:
        words += [f"{found.order:.1%} ({found.worst:.1%})", f"{found.before:.2%}", f"{found.after:.2%}"]
    return "| " + " | ".join(words) + " |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path, nargs="?")
    parser.add_argument("reference", type=Path, nargs="?")
    parser.add_argument("--models", nargs="*", help="only these; all by default")
    parser.add_argument("--repeats", type=int, default=3, help="times each model is timed")
    parser.add_argument("--frames", type=int, default=120, help="of the clip, for the columns of quality")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 for all")
    arguments = parser.parse_args()
    if arguments.clip is not None and arguments.reference is None:
        parser.error("give the clip's REFERENCE disparity, too")
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
        cv2.setNumThreads(arguments.threads)
    starter = load_estimator("starter")
    picture = np.random.default_rng(0).random((540, 960, 3), dtype=np.float32)
    seconds_a_frame(starter, picture)
    print("\n".join(HEADER))
    with tempfile.TemporaryDirectory() as folder:
        for entry in list_models():
            if arguments.models and entry.name not in arguments.models:
                continue
            at_hand = True
            try:
                estimator: DisparityEstimator = load_estimator(entry.name)
            except ModelError:
                at_hand = False
                estimator = with_random_weights(entry, Path(folder))
            ratios = []
            estimator.predict(picture[None])  # the first one warms up
            for _ in range(max(1, arguments.repeats)):
                base = seconds_a_frame(starter, picture)
                ratios.append(seconds_a_frame(estimator, picture) / base)
            measured = at_hand and arguments.clip is not None
            found = quality(estimator, arguments.clip, arguments.reference, arguments.frames) if measured else None
            print(row(entry, float(np.median(ratios)), at_hand, found), flush=True)
    print(f"\n{torch.get_num_threads()} CPU threads, ratios are medians of {max(1, arguments.repeats)}", flush=True)


if __name__ == "__main__":
    main()

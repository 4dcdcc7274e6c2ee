"""How often a depth model puts two pixels into the order of a reference.

    python tests/benchmarks/depth_pair_order.py CLIP REFERENCE [--model starter | --weights FILE]

REFERENCE is a folder with one grey picture a frame, white nearest. Prints one JSON line: the share of random pixel
pairs more than 0.1 apart in the reference that the model orders alike (each sampled frame weighs the same), its least
value over the frames, and seconds a frame of prediction, with machine and commit.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from vbr_core.depth import load_estimator
from vbr_core.depth.metrics import pair_order_accuracy
from vbr_core.depth.source import open_disparity
from vbr_core.video.reader import VideoReader, to_float

if TYPE_CHECKING:
    from numpy.typing import NDArray


def commit() -> str:
    """The checked-out commit, or an empty string outside a repository."""
    try:
        found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def false_colour(disparity: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(h, w) in any range -> (h, w, 3) uint8 BGR over the range 1 % to 99 %."""
    low, high = np.percentile(disparity, (1, 99))
    grey = np.clip((disparity - low) / max(float(high - low), 1e-6) * 255, 0, 255).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), dtype=np.uint8)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--weights", type=Path, help="a safetensors file of the starter network instead of a model")
    parser.add_argument("--every", type=int, default=10, help="look at every Nth frame")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 for all")
    parser.add_argument("--pictures", type=Path, help="write picture, prediction and reference side by side here")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.weights:
        from vbr_core.depth.estimator import StarterEstimator
        from vbr_core.depth.registry import find_model

        estimator = StarterEstimator(find_model("starter"), arguments.weights)
    else:
        estimator = load_estimator(arguments.model)
    shares, counted, seconds = [], 0, []
    with VideoReader(arguments.clip) as reader:
        info = reader.info
        reference = open_disparity(arguments.reference, info.frame_count, (info.height, info.width))
        for frame_index in range(0, info.frame_count, arguments.every):
            picture = to_float(reader.frame(frame_index).rgb)
            start = time.perf_counter()
            raw = estimator.predict(picture[None])[0]
            seconds.append(time.perf_counter() - start)
            truth = reference.read(frame_index)
            found = np.asarray(cv2.resize(raw, truth.shape[::-1]), dtype=np.float32)
            share, pairs = pair_order_accuracy(found, truth, seed=frame_index)
            if pairs:
                shares.append(share)
                counted += pairs
            if arguments.pictures and frame_index % (4 * arguments.every) == 0:
                arguments.pictures.mkdir(parents=True, exist_ok=True)
                small = (cv2.resize(picture, (480, 270))[..., ::-1] * 255).astype(np.uint8)
                row = [small, *(cv2.resize(false_colour(part), (480, 270)) for part in (found, truth))]
                _, data = cv2.imencode(".png", np.hstack(row))
                (arguments.pictures / f"{frame_index:05d}.png").write_bytes(data.tobytes())
    result = {
        "model": estimator.fingerprint,
        "clip": arguments.clip.name,
        "frames": len(shares),
        "pairs": counted,
        "pair_order": round(float(np.mean(shares)), 4),
        "worst_frame": round(float(np.min(shares)), 4),
        "seconds_per_frame": round(float(np.median(seconds)), 4),
        "threads": torch.get_num_threads(),
        "machine": f"{platform.machine()} {platform.processor()}".strip(),
        "commit": commit(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""How long the renderers take for a frame: ``python tests/benchmarks/render_speed.py [--device cuda] [--lines 540]``.

A shot made by formula (textured planes that move) is rendered with ``scatter``, the baseline of the same run, and with
``vbr``. Printed are milliseconds a frame after a warm-up, and the ratio; absolute times mean something on a named
GPU only.
"""

from __future__ import annotations

import argparse
import time

import cv2
import numpy as np
import torch

from vbr_core.render import load_renderer

WARM_UP = 16


def shot(lines: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames (T, H, W, 3) sRGB and disparity (T, H, W) of a wall and three discs that move across it."""
    height, width = lines, lines * 16 // 9
    rng = np.random.default_rng(0)

    def texture() -> np.ndarray:
        fine = rng.random((height // 4, width // 4, 3)).astype(np.float32)
        return cv2.resize(fine, (width, height), interpolation=cv2.INTER_CUBIC).clip(0.0, 1.0)

    wall, things = texture(), [texture() for _ in range(3)]
    pictures, depths = [], []
    y, x = np.mgrid[0:height, 0:width]
    for t in range(frames):
        picture, depth = wall.copy(), np.full((height, width), 0.1, np.float32)
        for index, thing in enumerate(things):
            middle = (width * (0.2 + 0.3 * index) + t * lines / 270.0, height * (0.4 + 0.1 * index))
            inside = (x - middle[0]) ** 2 + (y - middle[1]) ** 2 < (height * 0.22) ** 2
            picture[inside], depth[inside] = thing[inside], 0.3 + 0.25 * index
        pictures.append(picture)
        depths.append(depth)
    return np.stack(pictures), np.stack(depths)


def seconds_a_frame(name: str, device: str, lines: int, frames: int, k_px: float) -> float:
    """Mean time of a frame in a long shot, the first frames left out."""
    pictures, depth = shot(lines, WARM_UP + frames)
    stream = load_renderer(name, device).stream(k_px)
    began = 0.0
    for t, picture in enumerate(pictures):
        if t == WARM_UP:
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            began = time.perf_counter()
        stream.push(picture, depth[t], 0.3, k_px)
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return (time.perf_counter() - began) / frames


def main() -> None:
    """Print a line for each renderer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--lines", type=int, default=540)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--blur", type=float, default=0.03, help="blur amount, as a share of the picture's height")
    given = parser.parse_args()
    where = torch.cuda.get_device_name() if given.device.startswith("cuda") else f"{torch.get_num_threads()} threads"
    print(f"{given.lines} lines, {where}, {given.frames} frames after {WARM_UP}")
    k_px = given.blur * given.lines * 1.4
    baseline = 0.0
    for name in ("scatter", "vbr"):
        took = seconds_a_frame(name, given.device, given.lines, given.frames, k_px)
        baseline = baseline or took
        print(f"{name}: {1000 * took:.0f} ms a frame, {took / baseline:.2f} x scatter")


if __name__ == "__main__":
    main()

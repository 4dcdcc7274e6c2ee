"""How long the renderers take for a frame: ``python tests/benchmarks/render_speed.py [--device cuda] [--lines 540]``.

A shot made by formula (textured planes that move) is rendered with ``scatter``, the baseline of the same run, and with
``vbr``; ``network`` is the network of ``vbr`` alone, its base pictures given. ``preview`` is ``vbr`` on single frames,
each on its own, and ``refocus`` the same on one frame whose focus moves, as when a person tries it out. Their disparity
is right to the bit; ``estimated`` is ``vbr`` on disparity like that of a network, whose edges the frames have to agree
on. Printed are milliseconds a frame after a warm-up, and the ratio; absolute times mean something on a named GPU only.
``--profile`` adds where ``vbr`` spends them.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from vbr_core.model.scale import scale_steps
from vbr_core.model.streaming import NetworkStream
from vbr_core.render import load_renderer
from vbr_core.render.neural import NeuralRenderer
from vbr_core.train.svb.corruption import imitate_network

if TYPE_CHECKING:
    from collections.abc import Callable

WARM_UP = 16
PROFILE_LINES = 40


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


def seconds_a_frame(push: Callable[[int], object], device: str, frames: int, profile: cProfile.Profile | None) -> float:
    """Mean time of a frame in a long shot, the first frames left out."""
    began = 0.0
    for t in range(WARM_UP + frames):
        if t == WARM_UP:
            _wait_for(device)
            began = time.perf_counter()
            if profile is not None:
                profile.enable()
        push(t)
    _wait_for(device)
    if profile is not None:
        profile.disable()
    return (time.perf_counter() - began) / frames


def _wait_for(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def renderer_pushes(
    name: str, device: str, lines: int, frames: int, k_px: float, is_estimated: bool = False
) -> Callable[[int], object]:
    """Takes the number of a frame and renders it."""
    pictures, depth = shot(lines, WARM_UP + frames)
    if is_estimated:
        depth = imitate_network(depth, np.rint(255.0 * pictures).astype(np.uint8), np.random.default_rng(0))
    stream = load_renderer(name, device).stream(k_px)
    return lambda t: stream.push(pictures[t], depth[t], 0.3, k_px)


def preview_pushes(device: str, lines: int, frames: int, k_px: float, is_new: bool) -> Callable[[int], object]:
    """Renders a frame alone: a new one each time, or the same one with another focus."""
    pictures, depth = shot(lines, WARM_UP + frames)
    renderer = load_renderer("vbr", device)

    def push(t: int) -> object:
        if is_new:
            return renderer.render_frame(pictures[t], depth[t], 0.3, k_px)
        return renderer.render_frame(pictures[0], depth[0], 0.3 + 0.01 * (t % 20), k_px)

    return push


def network_pushes(device: str, lines: int, k_px: float) -> Callable[[int], object]:
    """The same for the network by itself, on pictures that lie on the device."""
    renderer = load_renderer("vbr", device)
    assert isinstance(renderer, NeuralRenderer)
    network = renderer.network
    stream = NetworkStream(network, scale_steps(network.config.max_radius_px, k_px), 0)
    pictures, depth = shot(lines, 1)
    frame = torch.from_numpy(pictures[0]).permute(2, 0, 1)[None].contiguous().to(device)
    base = torch.cat([frame, frame], dim=1) if network.config.plain_base else frame
    defocus = (torch.from_numpy(depth[0])[None, None].to(device) - 0.3) * k_px
    return lambda t: stream.push(frame, base, defocus)


def main() -> None:
    """Print a line for each renderer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--lines", type=int, default=540)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--blur", type=float, default=0.03, help="blur amount, as a share of the picture's height")
    parser.add_argument("--profile", action="store_true", help="print the functions that take longest")
    given = parser.parse_args()
    where = torch.cuda.get_device_name() if given.device.startswith("cuda") else f"{torch.get_num_threads()} threads"
    print(f"{given.lines} lines, {where}, {given.frames} frames after {WARM_UP}")
    k_px = given.blur * given.lines * 1.4
    baseline = 0.0
    profile = cProfile.Profile() if given.profile else None
    for name in ("scatter", "network", "preview", "refocus", "estimated", "vbr"):
        if name in ("preview", "refocus"):
            push = preview_pushes(given.device, given.lines, given.frames, k_px, name == "preview")
        elif name == "network":
            push = network_pushes(given.device, given.lines, k_px)
        elif name == "estimated":
            push = renderer_pushes("vbr", given.device, given.lines, given.frames, k_px, is_estimated=True)
        else:
            push = renderer_pushes(name, given.device, given.lines, given.frames, k_px)
        took = seconds_a_frame(push, given.device, given.frames, profile if name == "vbr" else None)
        baseline = baseline or took
        print(f"{name}: {1000 * took:.1f} ms a frame, {took / baseline:.2f} x scatter", flush=True)
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(PROFILE_LINES)


if __name__ == "__main__":
    main()

"""What keeps ``vbr`` from the ray-traced truth: the same clips with parts of its knowledge replaced by the truth.

    python tests/benchmarks/what_limits.py --photographs FOLDER --cutouts FOLDER [--clips 6] [--objects 9] [--seed 3]

Scenes of the test split are drawn and traced (the same as those of ``vbr dataset make`` with that seed) and rendered
with ``scatter``, with ``vbr``, and with ``vbr`` that is told the light of clipped highlights, what lies hidden behind
outlines and how much of each pixel they cover, or both. The network itself stays as it is. What is left then is neither
want of knowledge about the scene nor training of those parts. ``base`` is the picture that the network is given.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from vbr_core.jobs import JobContext
from vbr_core.render import load_renderer
from vbr_core.render.neural import NeuralRenderer
from vbr_core.render.optics import encoded_above_white
from vbr_core.train.metrics import consistency, psnr, psnr_ob
from vbr_core.train.separation import encoded, split_disparity
from vbr_core.train.svb.make import DatasetSettings, draw_scene, make_clip, pick_tracer
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.tracer_cpu import pinhole_light, split_light

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.model.layer_separation import Layers
    from vbr_core.render.hidden_light import HiddenLight
    from vbr_core.train.svb.clip_file import Clip
    from vbr_core.train.svb.scene import Scene

ROWS = ("scatter", "vbr", "true lights", "true layers", "both true")


class KnowingBase:
    """Stands for the parts of a renderer's base picture, for one scene, and keeps the base pictures it made."""

    def __init__(self, renderer: NeuralRenderer, scene: Scene, frames: NDArray[np.float32]) -> None:
        base = renderer._base
        assert base is not None
        self._scene = scene
        self._number = {frame.tobytes(): t for t, frame in enumerate(frames)}
        self._separated, self._render_with = type(base).separated.__get__(base), type(base).render_with.__get__(base)
        self.pictures: list[NDArray[np.float32]] = []
        self.knows_lights = False

    def with_highlights(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frame with the light that the camera clipped."""
        light = pinhole_light(self._scene, self._number[frame.tobytes()])
        clipped = (light >= 1.0).any(axis=-1, keepdims=True)
        bright = encoded_above_white(torch.from_numpy(light)).numpy()
        return np.where(clipped, np.maximum(bright, frame), frame)

    def separated(self, frame: NDArray[np.float32], disparity: NDArray[np.float32], hidden: HiddenLight) -> Layers:
        """The layers as they are in the scene, where the renderer would have them."""
        layers = self._separated(frame, disparity, hidden)
        covered, light = split_light(
            self._scene, self._number[frame.tobytes()], split_disparity(disparity, hidden).astype(np.float32)
        )
        coverage = torch.from_numpy(covered)[None, None]
        behind = torch.from_numpy(encoded(light)).permute(2, 0, 1)[None]
        is_there = layers.is_behind & (behind.sum(dim=1, keepdim=True) > 0)
        return replace(
            layers,
            coverage=torch.where(layers.is_behind | (layers.coverage < 1), coverage, layers.coverage),
            behind=torch.where(is_there, behind, layers.behind),
        )

    def render_with(self, *given: Any) -> NDArray[np.float32]:
        """As ever; the picture is kept. What is known of lamps is not averaged with other frames."""
        hidden = given[5]
        if self.knows_lights and hidden is not None:
            given = (*given[:5], replace(hidden, gain_change=None), *given[6:])
        picture: NDArray[np.float32] = self._render_with(*given)
        self.pictures.append(picture[..., :3])
        return picture


def measured(renderer: Any, clip: Clip, scene: Scene, row: str) -> list[float]:
    """PSNR, PSNR_ob and consistency of the result, then of the base."""
    frames, disparity = clip.sharp.astype(np.float32) / 255.0, clip.disparity.astype(np.float32) / 65535.0
    truth, band = clip.bokeh.astype(np.float32) / 255.0, clip.band.astype(bool)
    knowing = None
    if isinstance(renderer, NeuralRenderer):
        base: Any = renderer._base
        for name in ("with_highlights", "separated", "render_with"):
            vars(base).pop(name, None)
        knowing = KnowingBase(renderer, scene, frames)
        base.render_with = knowing.render_with
        if row in ("true lights", "both true"):
            base.with_highlights = knowing.with_highlights
            knowing.knows_lights = True
        if row in ("true layers", "both true"):
            base.separated = knowing.separated
    result = np.asarray(renderer.render(frames, disparity, clip.d_f, clip.k_px))
    pictures = [result, result if knowing is None else np.stack(knowing.pictures)]
    return [
        value
        for each in pictures
        for value in (psnr(each, truth), psnr_ob(each, truth, band), consistency(each, truth))
    ]


def main() -> None:
    """Print a line for each row, and its flicker against that of ``scatter``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, nargs="+", required=True)
    parser.add_argument("--cutouts", type=Path, nargs="+", required=True)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--objects", type=int, default=9)
    parser.add_argument("--rays", type=int, default=256)
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    library = open_library(given.photographs, given.cutouts, "test")
    settings = DatasetSettings(clips=given.clips, objects=given.objects, rays=given.rays, seed=given.seed)
    renderers = {name: load_renderer(name, "cpu") for name in ("scatter", "vbr")}
    figures: dict[str, list[list[float]]] = {row: [] for row in ROWS}
    for index in range(given.clips):
        clip = make_clip(library, settings, index, pick_tracer("cpu"), JobContext())
        scene = draw_scene(library, settings, index)
        for row in ROWS:
            figures[row].append(measured(renderers["scatter" if row == "scatter" else "vbr"], clip, scene, row))
        print(f"clip {index + 1} of {given.clips}", flush=True)
    flicker = float(np.mean(figures["scatter"], axis=0)[2])
    print("| row | PSNR | PSNR_ob | consistency | against scatter | base: PSNR | PSNR_ob | consistency | against |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in ROWS:
        mean = np.mean(figures[row], axis=0)
        parts = [
            f"{p:.2f} | {ob:.2f} | {c:.3f} | {c / flicker:.2f}x" for p, ob, c in (mean[:3].tolist(), mean[3:].tolist())
        ]
        print(f"| {row} | {' | '.join(parts)} |")


if __name__ == "__main__":
    main()

"""What keeps ``vbr`` from the ray-traced truth: the same clips with parts of its knowledge replaced by the truth.

    python tests/benchmarks/what_limits.py --photographs FOLDER --cutouts FOLDER [--clips 6] [--objects 9] [--seed 3]

Scenes of the test split are drawn and traced (the same as those of ``vbr dataset make`` with that seed) and rendered
with ``scatter``, with ``vbr``, and with ``vbr`` that is told the light of clipped highlights, what lies hidden behind
outlines and how much of each pixel they cover, or both. The network itself stays as it is. What is left then is neither
want of knowledge about the scene nor training of those parts. ``base`` is the picture that the network is given.

Two rows are told the colour and the disparity of the surface behind each place, but not what outlines cover: ``shown by
others`` where another frame within reach shows that very place of that surface, which is all that a search in other
frames could ever find; ``all hidden`` everywhere.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from vbr_core.jobs import JobContext
from vbr_core.render import load_renderer
from vbr_core.render.hidden_light import EDGE_STEP, REACH_FRAMES
from vbr_core.render.neural import NeuralRenderer
from vbr_core.render.optics import encoded_above_white
from vbr_core.train.metrics import consistency, psnr, psnr_ob
from vbr_core.train.separation import encoded, split_disparity
from vbr_core.train.svb.make import DatasetSettings, draw_scene, make_clip, pick_tracer
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.tracer_cpu import PINHOLE_RAYS, photograph, pinhole_light, seen_at, split_light, traced

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.model.layer_separation import Layers
    from vbr_core.render.hidden_light import HiddenLight
    from vbr_core.train.svb.clip_file import Clip
    from vbr_core.train.svb.scene import Scene

ROWS = ("scatter", "vbr", "shown by others", "all hidden", "true lights", "true layers", "both true")


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
        self.knows_hidden = ""
        self._front: list[tuple[NDArray[np.int16], NDArray[np.bool_]]] = []

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
        if hidden is not None and self.knows_lights:
            hidden = replace(hidden, gain_change=None)
        if hidden is not None and self.knows_hidden and hidden.zone.any():
            hidden = self._told(hidden, self._number[given[0].tobytes()], given[1])
        given = (*given[:5], hidden, *given[6:])
        picture: NDArray[np.float32] = self._render_with(*given)
        self.pictures.append(picture[..., :3])
        return picture

    def _told(self, hidden: HiddenLight, t: int, disparity: NDArray[np.float32]) -> HiddenLight:
        """What is behind as it is in the scene; if other frames must show it, only where they do."""
        depths, covers = self._planes(t)
        # the nearest surface behind the one that is seen
        behind = np.where((covers > 0.5) & (depths < disparity - 0.5 * EDGE_STEP), depths, np.float32(-1.0))
        plane, depth = behind.argmax(axis=0), behind.max(axis=0).astype(np.float32)
        where = hidden.zone & (depth >= 0.0)
        if self.knows_hidden == "shown by others":
            where &= self._shown_by_others(t, plane, where)
        _, light = split_light(self._scene, t, (0.5 * (disparity + np.maximum(depth, 0.0))).astype(np.float32))
        return replace(
            hidden,
            color=np.where(where[..., None], encoded(light), hidden.color).astype(np.float32),
            disparity=np.where(where, depth, hidden.disparity).astype(np.float32),
            seen=np.where(where, np.float32(1.0), hidden.seen),
        )

    def _planes(self, t: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Disparity of each plane of a frame, and how much of each pixel it would cover by itself: (P, H, W) each."""
        scene, empty = self._scene, np.zeros((2, 2, 4), np.float32)
        y, x = np.indices((scene.height, scene.width), np.float32) + np.float32(0.5)
        a, b, c = scene.disparity[t].T[..., None, None]
        covers = []
        for plane, texture in enumerate(scene.textures):
            alpha = np.repeat(texture[..., 3:], 4, axis=2)
            chosen = [0] if plane == 0 else [0, plane]
            alone = replace(
                scene,
                disparity=scene.disparity[:, chosen],
                texel=scene.texel[:, chosen],
                textures=(alpha,) if plane == 0 else (empty, alpha),
            )
            covers.append(traced(alone, t, PINHOLE_RAYS, lens=False)[0][..., 0])
        return (a * x + b * y + c).astype(np.float32), np.stack(covers)

    def _shown_by_others(self, t: int, plane: NDArray[np.intp], where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Where a place of a plane that frame ``t`` hides lies open in a frame within reach, in no outline: (H, W)."""
        scene = self._scene
        if not self._front:
            square = np.ones((3, 3), np.uint8)
            for number in range(scene.frames):
                label = photograph(scene, number, bokeh=False).plane
                self._front.append((label, cv2.dilate(label, square) == cv2.erode(label, square)))
        result = np.zeros_like(where)
        for number in np.unique(plane[where]):
            rows, columns = np.nonzero(where & (plane == number))
            x, y = columns + 0.5, rows + 0.5
            a, b, c = scene.disparity[t, number]
            h = scene.texel[t, number].astype(np.float64)
            w = scene.w_far + scene.w_range * (a * x + b * y + c)
            column, row = ((each[0] * x + each[1] * y + each[2]) / w + each[3] for each in h)
            shown = np.zeros(len(x), bool)
            for other in range(max(0, t - REACH_FRAMES), min(scene.frames, t + REACH_FRAMES + 1)):
                if other == t:
                    continue
                at_x, at_y = (np.floor(each) for each in seen_at(scene, other, int(number), column, row))
                inside = (at_x >= 0) & (at_y >= 0) & (at_x < scene.width) & (at_y < scene.height)
                i, j = (np.where(inside, each, 0).astype(np.intp) for each in (at_y, at_x))
                label, unmixed = self._front[other]
                shown |= inside & unmixed[i, j] & (label[i, j] == number)
            result[rows, columns] = shown
        return result


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
        if row in ("shown by others", "all hidden"):
            knowing.knows_hidden = row
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

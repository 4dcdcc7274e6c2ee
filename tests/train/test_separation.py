"""Samples for the separation into layers, and its training tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from vbr_core.model.config import NetworkConfig
from vbr_core.model.layer_separation import HiddenGuess, LayerSeparation
from vbr_core.model.network import VbrNetwork
from vbr_core.train import separation
from vbr_core.train.loop import take_part
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.scene import Scene, random_scene
from vbr_core.train.svb.tracer_cpu import photograph, split_light

if TYPE_CHECKING:
    from pathlib import Path

    from vbr_core.train.svb.picture_library import Library

SIDE = 64


def small_library(folder: Path) -> Library:
    """A photograph, and a cut-out with a soft outline."""
    rng = np.random.default_rng(0)
    photograph_file, thing_file = folder / "photographs" / "wall.png", folder / "cutouts" / "thing.png"
    for path in (photograph_file, thing_file):
        path.parent.mkdir()
    cv2.imwrite(str(photograph_file), cv2.resize(rng.integers(0, 256, (20, 30, 3)).astype(np.uint8), (300, 200)))
    thing = np.full((80, 60, 4), 200, np.uint8)
    y, x = np.mgrid[0:80, 0:60]
    thing[..., 3] = np.clip((30 - np.hypot(y - 40, x - 30)) * 60, 0, 255)
    cv2.imwrite(str(thing_file), thing)
    return open_library([photograph_file.parent], [thing_file.parent])


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return small_library(tmp_path)


@pytest.fixture
def scene(library: Library) -> Scene:
    return random_scene(library, np.random.default_rng(1), 4, 16, SIDE, SIDE)


def test_the_two_parts_of_a_split_are_the_picture(scene: Scene) -> None:
    whole = photograph(scene, 3, 16, bokeh=False)
    for at in (-1.0, 0.1, 0.45, 2.0):
        coverage, behind = split_light(scene, 3, np.full((SIDE, SIDE), at, np.float32))
        if at == -1.0:  # all is nearer: nothing is left behind
            assert np.allclose(coverage, 1.0, atol=0.01)
            assert not behind.any()
        if at == 2.0:
            assert not coverage.any()
            assert np.allclose(np.minimum(behind, 1.0), whole.sharp, atol=6e-3)
        nothing_before = coverage == 0.0
        assert np.allclose(np.minimum(behind, 1.0)[nothing_before], whole.sharp[nothing_before], atol=0.02)


def test_a_hidden_wall_is_shown_behind_things(scene: Scene) -> None:
    whole = photograph(scene, 3, 16, bokeh=False)
    wall = split_light(scene, 3, np.full((SIDE, SIDE), 0.1, np.float32))[1]
    alone = Scene(
        SIDE, SIDE, scene.disparity[:, :1], scene.texel[:, :1], scene.textures[:1], scene.d_f, scene.k_px, scene.program
    )
    assert (whole.plane > 0).any()
    assert np.allclose(np.minimum(wall, 1.0), photograph(alone, 3, 16, bokeh=False).sharp, atol=1e-4)


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SIZE", SIDE), ("CROP", 32), ("TARGETS", (2, 9)), ("CROPS", 2), ("WIDTHS", (8, 8, 8))):
        monkeypatch.setattr(separation, name, value)


def test_crops_belong_together(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    samples = list(separation.scene_samples(library, None, np.random.default_rng(2)))
    assert len(samples) == 4
    again = list(separation.scene_samples(library, None, np.random.default_rng(2)))
    for sample, other in zip(samples, again, strict=True):
        assert all(np.array_equal(sample[name], other[name]) for name in sample)
        uncovered = sample["coverage"] == 0  # nothing is before these pixels: they show what is behind themselves
        difference = np.abs(sample["behind"].astype(int) - sample["frame"])[uncovered]
        assert difference.size == 0 or np.median(difference) <= 2


def test_files_are_made_once_and_the_tool_learns_from_them(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small(monkeypatch)
    data = tmp_path / "crops"
    separation.make(library, None, data, scenes=3, seed=1, each=2)
    files = sorted(data.iterdir())
    assert [len(load_file(file)["frame"]) for file in files] == [8, 4]
    before = files[0].stat().st_mtime_ns
    files[1].unlink()
    separation.make(library, None, data, scenes=3, seed=1, each=2)
    assert sorted(data.iterdir()) == files
    assert files[0].stat().st_mtime_ns == before
    output = tmp_path / "separation.safetensors"
    separation.train(data, data, output, steps=60, batch=4, rate=1e-2)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step")]
    first, last = (float(line.split("coverage ")[1].split(",")[0]) for line in (said[0], said[-1]))
    assert last < first
    take_part(VbrNetwork(NetworkConfig(separation_widths=(8, 8, 8))), "separation", output)


def test_what_no_lens_sees_does_not_count() -> None:
    module = LayerSeparation((8, 8, 8))
    disparity = torch.full((1, 1, 32, 32), 0.2)
    disparity[..., 16:] = 0.8
    zone = (disparity > 0.5).float()
    guess = HiddenGuess(torch.rand(1, 3, 32, 32), torch.full_like(disparity, 0.2), torch.zeros_like(disparity), zone)
    layers = module(torch.rand(1, 3, 32, 32), disparity, guess)
    truth = separation.Truth(layers.coverage.detach(), torch.zeros(1, 3, 32, 32))
    near = separation.separation_loss(layers, truth, torch.zeros(1, 1, 32, 32))[1]
    far = separation.separation_loss(layers, truth, torch.full((1, 1, 32, 32), 100.0))[1]
    assert float(far.detach()) < 0.01 * float(near.detach())

"""Windows of new scenes that are prepared by other processes, and training on them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file

from tests.train.test_separation import SIDE, small_library
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.model.config import NetworkConfig
from vbr_core.model.layer_separation import LayerSeparation
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear
from vbr_core.train import prepared_scenes
from vbr_core.train.config import DataConfig, RunConfig, TrainingConfig
from vbr_core.train.loop import train
from vbr_core.train.prepared_scenes import PreparedStream, SceneKind, make, recolored

if TYPE_CHECKING:
    from vbr_core.train.svb.picture_library import Library

NETWORK = NetworkConfig(
    widths=(8, 8, 8),
    blocks=(1, 1, 1),
    offset_groups=2,
    mending_widths=(8, 8, 8),
    separation_widths=(8, 8, 8),
    plain_base=True,
)

FEW = SceneKind(2, 3)
BLURRED = range(3, 5)
"""Scenes with much blur."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return small_library(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SIZE", SIDE), ("RAYS", 16)):
        monkeypatch.setattr(prepared_scenes, name, value)


@pytest.fixture(scope="module")
def made(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    with pytest.MonkeyPatch.context() as monkeypatch:
        make_small(monkeypatch)
        make(RunConfig(network=NETWORK), library, folder, BLURRED, 4, FEW)
    return folder


@pytest.fixture
def scenes(made: Path, tmp_path: Path) -> Path:
    """A folder with two small scenes."""
    return Path(shutil.copytree(made, tmp_path / "scenes"))


def stream_of(folder: Path, alone_share: float = 0.0, other_colors: bool = False) -> PreparedStream:
    return PreparedStream(folder, "cpu", alone_share, lambda step: (4, 3, 32), 0, JobContext(), other_colors)


def test_a_scene_holds_two_windows_of_all_that_training_needs(scenes: Path) -> None:
    files = sorted(scenes.iterdir())
    assert [file.name for file in files] == ["4-000003.safetensors", "4-000004.safetensors"]
    arrays = load_file(files[0])
    for name in ("sharp", "bokeh"):
        assert arrays[name].shape == (2, 4, SIDE, SIDE, 3)
    for name in ("base", "base_alone"):
        assert arrays[name].shape == (2, 4, SIDE, SIDE, 6)
    assert arrays["k_px"].shape == (2, 4)
    # each base is nearer to the truth than the frame is
    errors = [np.abs(arrays[name][..., :3].astype(float) - arrays["bokeh"]).mean() for name in ("base", "sharp")]
    assert errors[0] < errors[1]


def test_scenes_that_are_there_are_left_alone(scenes: Path, library: Library) -> None:
    stamps = {file: file.stat().st_mtime_ns for file in scenes.iterdir()}
    make(RunConfig(network=NETWORK), library, scenes, BLURRED, 4, FEW)
    assert {file: file.stat().st_mtime_ns for file in scenes.iterdir()} == stamps


def test_parts_that_train_meanwhile_are_read_again(library: Library, tmp_path: Path, scenes: Path) -> None:
    """Two processes would do this; here a part changes between two calls of one."""
    weights = tmp_path / "separation.safetensors"
    module = LayerSeparation((8, 8, 8))
    config = RunConfig(network=NETWORK, training=TrainingConfig(separation=str(weights)))
    save_file(module.state_dict(), weights)
    make(config, library, tmp_path / "one", range(4, 5), 4, FEW)
    torch.nn.init.normal_(module.head.weight, std=0.5)
    save_file(module.state_dict(), weights)
    make(config, library, tmp_path / "two", range(4, 5), 4, FEW)
    one, two = (load_file(tmp_path / name / "4-000004.safetensors") for name in ("one", "two"))
    assert np.array_equal(one["sharp"], two["sharp"])
    assert not np.array_equal(one["base"], two["base"])
    assert np.array_equal(one["base"][..., 3:], two["base"][..., 3:])  # the plain one knows no layers


def test_batches_belong_together(scenes: Path) -> None:
    stream = stream_of(scenes)
    first, again = stream.take(3), stream_of(scenes).take(3)
    assert torch.equal(first.frames, again.frames)
    assert not torch.equal(first.frames, stream.take(4).frames)
    assert first.frames.shape == first.truth.shape == (4, 3, 3, 32, 32)
    assert first.base is not None
    assert first.base.shape == (4, 3, 6, 32, 32)
    assert first.defocus.shape == (4, 3, 1, 32, 32)
    # mirrored, turned or reversed, the base stays with its truth
    near = (first.base[:, :, :3] - first.truth).abs().mean()
    far = (first.base[:, :, :3].flip(-1) - first.truth).abs().mean()
    assert near < 0.5 * far


def test_some_windows_are_shown_as_if_alone(scenes: Path) -> None:
    for file in scenes.iterdir():
        arrays = load_file(file)
        arrays["base_alone"] = 255 - arrays["base_alone"]
        save_arrays(arrays, file)
    together, half, alone = (stream_of(scenes, share).take(0) for share in (0.0, 0.5, 1.0))
    assert together.base is not None
    assert half.base is not None
    assert alone.base is not None
    assert not torch.equal(together.base, alone.base)
    assert torch.equal(half.base[:2], alone.base[:2])
    assert torch.equal(half.base[2:], together.base[2:])


def test_in_other_colours_a_blur_is_still_the_blur_of_its_frame() -> None:
    frames = (torch.rand(3, 2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 255).round() / 255

    def blurred(pictures: torch.Tensor) -> torch.Tensor:
        mean = torch.nn.functional.avg_pool2d(srgb_to_linear(pictures).flatten(0, 1), 4)
        return linear_to_srgb(mean).reshape(3, 2, 3, 4, 4)

    truth = (blurred(frames) * 255).round() / 255
    shown, wanted, pair = recolored((frames, truth, torch.cat([truth, frames[..., :4, :4]], dim=2)), 5)
    assert torch.allclose(blurred(shown), wanted, atol=0.01)
    assert torch.equal(pair[:, :, :3], wanted)
    changes = [(shown[n] - frames[n]).abs().mean() for n in range(3)]
    assert min(changes) > 0.02
    assert not torch.equal(recolored((frames,), 6)[0], shown)
    assert torch.equal(recolored((frames,), 5)[0], shown)
    white = torch.ones(2, 1, 3, 4, 4)
    assert torch.allclose(recolored((white,), 5)[0], white)


def test_a_stream_shows_other_colours_when_asked(scenes: Path) -> None:
    plain, other = stream_of(scenes).take(3), stream_of(scenes, other_colors=True).take(3)
    assert torch.equal(plain.defocus, other.defocus)
    assert not torch.allclose(plain.frames, other.frames, atol=0.02)
    assert other.base is not None
    near = (other.base[:, :, :3] - other.truth).abs().mean()
    far = (other.base[:, :, :3].flip(-1) - other.truth).abs().mean()
    assert near < 0.5 * far


def test_an_empty_folder_is_waited_for(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        PreparedStream(tmp_path, "cpu", 0.0, lambda step: (1, 1, 16), 0, JobContext(token=token))


def test_a_run_learns_from_them(scenes: Path, tmp_path: Path) -> None:
    training = TrainingConfig(
        frame_steps=30, frame_batch=4, frame_crop=32, coarse_steps=4, refiner_steps=2, batch=2, crop=32, warmup_steps=2
    )
    config = RunConfig(DataConfig(prepared=str(scenes), alone_share=0.5), NETWORK, training)
    result = train(config, tmp_path / "run", JobContext())
    assert result.finished
    assert len(result.losses) == 36
    assert np.mean(result.losses[20:30]) < np.mean(result.losses[:10])

"""The training loop: losses, schedule, learning, checkpoints, time budget."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.train.helpers import TINY, tiny_run
from vbr_core.errors import InputError
from vbr_core.jobs import Cancelled, CancelToken, JobContext
from vbr_core.model.config import NetworkConfig
from vbr_core.model.weights import load_network
from vbr_core.train.config import TrainingConfig, open_run, read_config
from vbr_core.train.data import BatchStream, draw_batch, prepare_all
from vbr_core.train.loop import Trainer, paced_step, passed, rate_at, stage_of, train
from vbr_core.train.losses import relation_loss, spatial_loss, total_loss
from vbr_core.train.svb.make import clips_in

# --- losses (eq. 7 to 9) ---------------------------------------------------------------------------------------------


def test_losses_against_sums_written_out() -> None:
    rng = np.random.default_rng(0)
    mine, truth = rng.random((2, 3, 3, 5, 4)), rng.random((2, 3, 3, 5, 4))
    spatial = np.abs(mine - truth).mean()
    for axis in (3, 4):
        spatial += np.abs(np.diff(mine, axis=axis) - np.diff(truth, axis=axis)).mean()
    relation = np.abs(np.diff(mine, axis=1) - np.diff(truth, axis=1)).mean()
    a, b = torch.from_numpy(mine), torch.from_numpy(truth)
    assert float(spatial_loss(a, b)) == pytest.approx(spatial)
    assert float(relation_loss(a, b)) == pytest.approx(relation)
    assert float(total_loss(a, b, 5.0)) == pytest.approx(spatial + 5.0 / 3 * relation)


def test_a_constant_error_costs_no_relation_loss() -> None:
    truth = torch.rand(1, 4, 3, 8, 8)
    assert float(relation_loss(truth + 0.1, truth)) == pytest.approx(0.0, abs=1e-6)
    flicker = truth + 0.1 * torch.tensor([1.0, -1, 1, -1])[None, :, None, None, None]
    assert float(relation_loss(flicker, truth)) == pytest.approx(0.2, abs=1e-6)
    assert float(relation_loss(truth[:, :1], truth[:, :1])) == 0.0


# --- schedule --------------------------------------------------------------------------------------------------------


def test_coarse_comes_before_the_refiner() -> None:
    training = TrainingConfig(coarse_steps=3, refiner_steps=2)
    assert [stage_of(step, training)[0] for step in range(5)] == ["coarse"] * 3 + ["refiner"] * 2
    assert stage_of(3, training) == ("refiner", 0, 2)
    three = TrainingConfig(frame_steps=2, coarse_steps=1, refiner_steps=1)
    assert [stage_of(step, three) for step in range(4)] == [
        ("frames", 0, 2),
        ("frames", 1, 2),
        ("coarse", 0, 1),
        ("refiner", 0, 1),
    ]


def test_a_time_budget_leaves_steps_out_evenly() -> None:
    training = TrainingConfig(frame_steps=100, coarse_steps=50, refiner_steps=10, time_shares=(2.0, 1.0, 1.0))
    places = [paced_step(0, used, training) for used in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert places == [0, 50, 100, 150, 160]
    assert paced_step(120, 0.5, training) == 120  # never back
    # steps that are skipped skip no checkpoint
    kept = [step for before, step in ((0, 4), (4, 9), (9, 10), (10, 11), (11, 23)) if passed(before, step, 10)]
    assert kept == [10, 23]
    assert paced_step(7, 0.9, TrainingConfig(frame_steps=100)) == 7
    for shares in ((1.0, 1.0), (1.0, -1.0, 1.0), (0.0, 0.0, 0.0)):
        with pytest.raises(InputError, match="time_shares"):
            TrainingConfig(time_shares=shares)


def test_rate_rises_then_falls() -> None:
    training = TrainingConfig(warmup_steps=10)
    rates = [rate_at(step, 100, training) for step in range(100)]
    assert rates[0] < 0.2
    assert max(rates) == pytest.approx(1.0, abs=0.05)
    assert rates[-1] < 0.02


# --- data ------------------------------------------------------------------------------------------------------------


def test_a_steps_windows_depend_on_seed_and_step_alone(tmp_path: Path) -> None:
    config = tiny_run(tmp_path)
    clips = prepare_all(clips_in(Path(config.data.train)), tmp_path / "cache", 2, None, 0, JobContext())
    first, again = (draw_batch(clips, 7, 0, 3, 3, 32) for _ in range(2))
    assert torch.equal(first.frames, again.frames)
    assert torch.equal(first.defocus, again.defocus)
    assert not torch.equal(first.frames, draw_batch(clips, 8, 0, 3, 3, 32).frames)
    assert first.frames.shape == (3, 3, 3, 32, 32)
    assert first.defocus.shape == (3, 3, 1, 32, 32)
    assert first.base is None
    # mirrored, turned or reversed, truth stays with its frame
    torch.testing.assert_close(first.truth, ((first.frames * 255 // 2) + 20) / 255, atol=1.1 / 255, rtol=0)
    stream = BatchStream(clips, 7, lambda step: (3, 3, 32), 0)
    try:
        assert torch.equal(stream.take(7).frames, first.frames)
        # steps that are left out for want of time: what was drawn ahead is not thrown away
        assert torch.equal(stream.take(20).frames, draw_batch(clips, 8, 0, 3, 3, 32).frames)
        assert torch.equal(stream.take(21).frames, draw_batch(clips, 21, 0, 3, 3, 32).frames)
    finally:
        stream.close()


def test_variant_0_is_clean_and_others_are_not(tmp_path: Path) -> None:
    config = tiny_run(tmp_path)
    clips = prepare_all(clips_in(Path(config.data.train)), tmp_path / "cache", 6, None, 0, JobContext())
    from vbr_core.train.svb.clip_file import read_clip

    truth = read_clip(clips_in(Path(config.data.train))[0]).disparity
    windows = [clips[0].window(v, 0, 5, 0, 48, 0, 48)["disparity"] for v in range(6)]
    assert np.array_equal(windows[0], truth)
    assert any(not np.array_equal(window, truth) for window in windows[1:])


def test_hybrid_samples_hold_the_base_render(tmp_path: Path) -> None:
    from vbr_core.render import load_renderer
    from vbr_core.render.base_picture import BasePicture

    config = tiny_run(tmp_path)
    scatter = BasePicture(load_renderer("scatter"), None)
    paths = clips_in(Path(config.data.train))[:1]
    clip = prepare_all(paths, tmp_path / "cache2", 1, scatter, 0, JobContext())[0]
    window = clip.window(0, 0, 5, 0, 48, 0, 48)
    frames, disparity = window["sharp"].astype(np.float32) / 255, window["disparity"].astype(np.float32) / 65535
    expected = scatter.render(frames, disparity, window["d_f"], window["k_px"])
    # the disparity was steadied, and then rounded to 16 bits
    error = np.abs(window["base"] / 255.0 - expected)
    assert error.max() <= 2.0 / 255
    assert error.mean() <= 0.3 / 255


# --- learning --------------------------------------------------------------------------------------------------------


def test_the_loss_falls(tmp_path: Path) -> None:
    config = tiny_run(tmp_path, coarse_steps=60, refiner_steps=0, learning_rate=5e-3)
    result = train(config, tmp_path / "run", JobContext())
    assert result.finished
    assert np.mean(result.losses[-10:]) < 0.7 * np.mean(result.losses[:10])


def test_both_stages_train_and_the_first_rests_while_the_second_does(tmp_path: Path) -> None:
    config = tiny_run(tmp_path)
    train(tiny_run(tmp_path, refiner_steps=0), tmp_path / "a", JobContext())
    result = train(config, tmp_path / "b", JobContext())
    assert result.step == 12
    coarse_only, both = (load_network(tmp_path / name / "network.safetensors") for name in ("a", "b"))
    assert all(
        torch.equal(x, y) for x, y in zip(coarse_only.coarse.parameters(), both.coarse.parameters(), strict=True)
    )
    assert any(
        not torch.equal(x, y) for x, y in zip(coarse_only.refiner.parameters(), both.refiner.parameters(), strict=True)
    )
    with (tmp_path / "b" / "log.csv").open() as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert {"loss", "val_psnr", "seconds_per_step"} <= names
    assert list((tmp_path / "b" / "validation").glob("*.png"))


def test_fusion_rests_while_single_frames_train_and_joins_without_a_jump(tmp_path: Path) -> None:
    first = tiny_run(tmp_path, frame_steps=6, frame_batch=2, frame_crop=32, coarse_steps=0, refiner_steps=0)
    train(first, tmp_path / "frames", JobContext())
    trained, fresh = load_network(tmp_path / "frames" / "network.safetensors"), Trainer(first, tmp_path / "x").network
    for name, value in trained.coarse.state_dict().items():
        assert torch.equal(value, fresh.coarse.state_dict()[name]) == ("fusion" in name), name
    pictures, defocus = torch.rand(1, 3, 3, 16, 16), torch.rand(1, 3, 1, 16, 16)
    torch.testing.assert_close(trained.coarse(pictures, defocus), trained.coarse(pictures, defocus, fuse=False))


def test_ablations_start_from_the_same_frames(tmp_path: Path) -> None:
    first = tiny_run(tmp_path, frame_steps=6, frame_batch=2, frame_crop=32, coarse_steps=0, refiner_steps=0)
    train(first, tmp_path / "frames", JobContext())
    start = str(tmp_path / "frames" / "network.safetensors")
    single = NetworkConfig(base="none", widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, fusion_levels=())
    for network in (TINY, single):
        mine = Trainer(tiny_run(tmp_path, network=network, start=start), tmp_path / "none").network
        assert torch.equal(mine.coarse.head.weight, load_network(Path(start)).coarse.head.weight)
    wide = NetworkConfig(base="scatter", widths=(16, 16, 16), blocks=(2, 2, 2), offset_groups=2)
    assert Trainer(tiny_run(tmp_path, network=wide), tmp_path / "none").step == 0
    with pytest.raises(InputError, match="not there"):
        Trainer(tiny_run(tmp_path, start=str(tmp_path / "no.safetensors")), tmp_path / "none")


@pytest.mark.parametrize("stop_at", [1, 5, 12])  # in each of the three stages
def test_resumed_equals_never_stopped_to_the_bit(tmp_path: Path, stop_at: int) -> None:
    config = tiny_run(tmp_path, frame_steps=3, frame_batch=2, frame_crop=32)
    whole = train(config, tmp_path / "whole", JobContext())
    token = CancelToken()

    def listen(progress: object) -> None:
        if progress.phase.startswith("Training") and progress.done >= stop_at:  # type: ignore[attr-defined]
            token.cancel()

    with pytest.raises(Cancelled):
        train(config, tmp_path / "parts", JobContext(listen, token))
    assert Trainer(config, tmp_path / "parts").step in (stop_at, stop_at + 1)
    rest = train(config, tmp_path / "parts", JobContext())
    assert rest.finished
    assert rest.losses == whole.losses[-len(rest.losses) :]
    states = [Trainer(config, tmp_path / name) for name in ("whole", "parts")]
    for name, value in states[0].network.state_dict().items():
        assert torch.equal(value, states[1].network.state_dict()[name]), name
    for name, value in states[0].average.state_dict().items():
        assert torch.equal(value, states[1].average.state_dict()[name]), name


def test_a_time_budget_ends_with_a_checkpoint(tmp_path: Path) -> None:
    config = tiny_run(tmp_path, coarse_steps=100_000)
    result = train(config, tmp_path / "run", JobContext(), minutes=0.05)
    assert not result.finished
    assert 0 < result.step < 100_000
    assert Trainer(config, tmp_path / "run").step == result.step
    load_network(tmp_path / "run" / "network.safetensors")


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    train(tiny_run(tmp_path), tmp_path / "run", JobContext())
    other = NetworkConfig(base="none", widths=(8, 8, 12), blocks=(1, 1, 1), offset_groups=2)
    with pytest.raises(InputError, match="does not fit"):
        Trainer(tiny_run(tmp_path, network=other), tmp_path / "run")
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(InputError):
        Trainer(tiny_run(tmp_path), tmp_path / "run")


@pytest.mark.slow
def test_two_processes_train_one_network(tmp_path: Path) -> None:
    """torchrun on the CPU (gloo): both ranks end with the same weights, and only one writes."""
    config = tiny_run(tmp_path)
    toml = tmp_path / "run.toml"
    toml.write_text(
        f'[data]\ntrain = "{config.data.train}"\ncache = "{config.data.cache}"\n'
        '[network]\nbase = "none"\nwidths = [8, 8, 8]\nblocks = [1, 1, 1]\noffset_groups = 2\n'
        "[training]\ncoarse_steps = 3\nrefiner_steps = 1\nbatch = 1\nwindow = 3\ncrop = 32\n",
        encoding="utf-8",
    )
    prepare_all(clips_in(Path(config.data.train)), Path(config.data.cache) / "train", 2, None, 0, JobContext())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *("-m", "vbr_core.train", str(toml), "-o", str(tmp_path / "run"), "--device", "cpu"),
        ],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert load_network(tmp_path / "run" / "network.safetensors").config == TINY


# --- configuration ---------------------------------------------------------------------------------------------------


def test_configuration_is_read_checked_and_copied(tmp_path: Path) -> None:
    given = tmp_path / "run.toml"
    given.write_text('[network]\nbase = "none"\n[training]\ncoarse_steps = 7\n', encoding="utf-8")
    config = open_run(given, tmp_path / "run")
    assert (config.network.base, config.training.coarse_steps) == ("none", 7)
    assert (tmp_path / "run" / "config.toml").read_bytes() == given.read_bytes()
    given.write_text('[network]\nbase = "scatter"\n', encoding="utf-8")
    with pytest.raises(InputError, match="another network"):
        open_run(given, tmp_path / "run")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[training]\nlearning = 1\n", "learning"),
        ("[training]\ncrop = 20\n", "crop"),
        ("[network]\nwidths = 3\n", "widths"),
        ("not toml", "run.toml"),
    ],
)
def test_a_wrong_configuration_names_the_key(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=named):
        read_config(path)
    with pytest.raises(InputError):
        read_config(tmp_path / "missing.toml")

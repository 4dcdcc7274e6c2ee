"""Training of the starter network on a handful of generated pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from tests.depth.helpers import write_picture
from vbr_core.depth.estimator import load_starter_network
from vbr_core.depth.network import StarterConfig, StarterNetwork
from vbr_core.depth.registry import file_sha256
from vbr_core.errors import ModelError
from vbr_core.train.depth.__main__ import main as command_line
from vbr_core.train.depth.backbone import load_backbone
from vbr_core.train.depth.loop import TrainConfig, Trainer, export, learning_rate, train, validate
from vbr_core.train.depth.losses import align, depth_loss, gradient_loss
from vbr_core.train.depth.scenes import Assets, identity, load_assets, make_batch, normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TINY = StarterConfig(width=8, long_side=64)
SIZE = (64, 96)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors are slower on several threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders rgbd, backgrounds and cutouts with 26 small files each."""
    root = tmp_path_factory.mktemp("material")
    rng = np.random.default_rng(0)
    for name in ("rgbd", "backgrounds", "cutouts"):
        (root / name).mkdir()
    for number in range(26):
        noise = cv2.resize(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8), (128, 96))
        ramp = np.tile(np.linspace(0, 65535, 96)[:, None], (1, 128)).astype(np.uint16)
        write_picture(root / "rgbd" / f"{number}.jpg", noise)
        write_picture(root / "rgbd" / f"{number}.png", ramp)
        write_picture(root / "backgrounds" / f"{number}.jpg", noise)
        cutout = np.dstack([noise, np.zeros((96, 128), np.uint8)])
        cv2.circle(cutout, (64, 48), 40, (30, 200, 90, 255), -1)
        write_picture(root / "cutouts" / f"thing{number // 2}_{number % 2}.png", cutout)
    return root


def read(material: Path, held_out: bool) -> Assets:
    return load_assets(material / "rgbd", material / "backgrounds", material / "cutouts", held_out)


def test_validation_material_is_never_trained_on(material: Path) -> None:
    training, validation = read(material, False), read(material, True)
    assert len(training.pairs) + len(validation.pairs) == 26
    assert len(training.cutouts) + len(validation.cutouts) == 26
    assert validation.pairs
    assert validation.backgrounds
    # both views of a thing are on the same side
    assert len(validation.cutouts) % 2 == 0
    assert len(validation.cutouts) > 0


def test_identity_of_views(tmp_path: Path) -> None:
    names = ["render-girl_0.webp", "render-girl_12.webp", "person-again-0.webp", "person-again-1.webp"]
    assert [identity(tmp_path / name) for name in names] == ["render-girl"] * 2 + ["person-again"] * 2


def test_batches_are_reproducible_and_in_range(material: Path) -> None:
    assets = read(material, False)
    for seed in range(4):
        pictures, disparity = make_batch(seed, assets, 3, SIZE)
        assert pictures.shape == (3, 3, *SIZE)
        assert disparity.shape == (3, *SIZE)
        assert pictures.dtype == disparity.dtype == np.float32
        for values in (pictures, disparity):
            assert np.isfinite(values).all()
            assert values.min() >= 0.0
            assert values.max() <= 1.0
        again = make_batch(seed, assets, 3, SIZE)
        np.testing.assert_array_equal(pictures, again[0])
        np.testing.assert_array_equal(disparity, again[1])
    assert not np.array_equal(make_batch(1, assets, 3, SIZE)[0], make_batch(2, assets, 3, SIZE)[0])


def test_targets_use_a_robust_range() -> None:
    values = np.linspace(10, 20, 10_000, dtype=np.float32).reshape(100, 100)
    values[0, 0], values[0, 1] = -900.0, 900.0
    out = normalise(values)
    assert out.min() == 0.0
    assert out.max() == 1.0
    assert out[50, 50] == pytest.approx(0.5, abs=0.02)
    assert np.all(normalise(np.ones((4, 4), np.float32)) == 0.0)


def test_alignment_undoes_scale_and_shift() -> None:
    truth = torch.rand(2, 12, 16)
    scales, shifts = torch.tensor([3.0, 0.2])[:, None, None], torch.tensor([-1.0, 5.0])[:, None, None]
    torch.testing.assert_close(align(truth * scales + shifts, truth), truth, atol=1e-3, rtol=1e-3)


def test_the_loss_is_zero_for_the_truth_and_prefers_the_right_way_round() -> None:
    truth = torch.rand(2, 32, 32)
    assert float(depth_loss(truth, truth)) == pytest.approx(0.0, abs=1e-4)
    assert float(gradient_loss(torch.full((1, 16, 16), 0.3))) == pytest.approx(0.0, abs=1e-6)
    assert float(depth_loss(1 - truth, truth)) > float(depth_loss(torch.full_like(truth, 0.5), truth))


def test_the_loss_falls_over_20_steps(material: Path) -> None:
    assets = read(material, False)
    config = TrainConfig("", "", "", "", "", rate=2e-3)
    trainer = Trainer(config, TINY)
    batches = [tuple(map(torch.from_numpy, make_batch(seed, assets, 4, SIZE))) for seed in range(2)]
    losses = [trainer.train_step(*batches[step % 2]) for step in range(20)]
    assert np.mean(losses[-4:]) < 0.8 * np.mean(losses[:4])
    assert trainer.step == 20


def test_the_learning_rate_warms_up_and_falls() -> None:
    config = TrainConfig("", "", "", "", "", steps=1000, rate=1.0)
    rates = [learning_rate(step, config) for step in range(1001)]
    assert rates[0] == pytest.approx(0.02, rel=0.01)
    assert max(rates) == pytest.approx(rates[49], rel=0.01)
    assert rates[1000] == pytest.approx(0.03, rel=0.01)
    assert rates[50:] == sorted(rates[50:], reverse=True)


def test_a_checkpoint_continues_exactly(material: Path, tmp_path: Path) -> None:
    assets = read(material, False)
    config = TrainConfig("", "", "", "", "")
    batches = [tuple(map(torch.from_numpy, make_batch(seed, assets, 2, SIZE))) for seed in range(4)]
    straight, first, second = (Trainer(config, TINY) for _ in range(3))
    for batch in batches:
        straight.train_step(*batch)
    for batch in batches[:2]:
        first.train_step(*batch)
    first.save(tmp_path / "checkpoint.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]
    second.load(tmp_path / "checkpoint.pt")
    for batch in batches[2:]:
        second.train_step(*batch)
    assert second.step == 4
    for name, value in straight.average.items():
        torch.testing.assert_close(second.average[name], value)


def test_train_validate_and_export(material: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vbr_core.train.depth.loop.StarterNetwork", lambda _config=None: StarterNetwork(TINY))
    config = TrainConfig(
        *(str(material / name) for name in ("rgbd", "backgrounds", "cutouts")),
        backbone="",
        out=str(tmp_path / "run"),
        steps=3,
        batch=2,
        sizes=(SIZE,),
        validate_every=2,
    )
    assert train(config).step == 3
    assert json.loads((tmp_path / "run" / "config.json").read_text("utf-8"))["batch"] == 2
    assert (tmp_path / "run" / "log.csv").read_text("utf-8").startswith("2,")
    again = train(config)
    assert again.step == 3  # nothing left to do
    error, order = validate(again.averaged(), read(material, True), SIZE)
    assert error > 0.0
    assert 0.0 <= order <= 1.0
    weights = tmp_path / "starter.safetensors"
    listing = [{"file": "starter.safetensors", "size_bytes": 1, "sha256": "old", "licence": "kept"}, {"file": "other"}]
    (tmp_path / "models.json").write_text(json.dumps(listing), "utf-8")
    export(tmp_path / "run" / "checkpoint.pt", weights)
    entry, other = json.loads((tmp_path / "models.json").read_text("utf-8"))
    assert (entry["size_bytes"], entry["licence"]) == (weights.stat().st_size, "kept")
    assert entry["sha256"] == file_sha256(weights)
    assert other == {"file": "other"}
    network = load_starter_network(weights)
    assert network.config == TINY
    for name, value in network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(value, again.average[name], atol=1e-3, rtol=2e-3)


@pytest.mark.parametrize("size", ["100x200", "0x32", "192", "wide"])
def test_input_sizes_that_the_network_cannot_take_are_refused(
    size: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--rgbd", "a", "--backgrounds", "b", "--cutouts", "c", "--out", "d"]
    monkeypatch.setattr("sys.argv", ["train", *folders, "--sizes", size])
    with pytest.raises(SystemExit):
        command_line()
    assert size in capsys.readouterr().err


def test_backbone_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    network = StarterNetwork(TINY)
    own = {f"other.{name}": value + 1 for name, value in network.backbone.state_dict().items()}
    torch.save(own, tmp_path / "good.pth")
    assert load_backbone(network, tmp_path / "good.pth") == len(own)
    torch.save(dict(list(own.items())[:9]), tmp_path / "short.pth")
    with pytest.raises(ModelError, match="9 tensors"):
        load_backbone(network, tmp_path / "short.pth")
    wrong = dict(own)
    wrong[next(iter(wrong))] = torch.zeros(3)
    torch.save(wrong, tmp_path / "wrong.pth")
    with pytest.raises(ModelError, match="does not fit"):
        load_backbone(network, tmp_path / "wrong.pth")

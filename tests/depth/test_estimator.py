"""Loading of weights, and what the estimator gives."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from vbr_core import memory
from vbr_core.depth import load_estimator, registry
from vbr_core.depth.estimator import StarterEstimator, load_starter_network
from vbr_core.depth.network import StarterConfig, StarterNetwork
from vbr_core.depth.ranges import normalise
from vbr_core.depth.registry import ModelEntry, find_model, list_models, model_path, verify_model
from vbr_core.errors import InputError, ModelError, OutOfMemoryError

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = StarterConfig(width=8, long_side=96)
METADATA = {"format": "vbr-starter", "version": "1", "config": json.dumps(CONFIG.as_dict())}
ENTRY = ModelEntry("tiny", "A tiny network", "Apache-2.0", True, "tiny.safetensors", 1, "00" * 32, "")


def tiny_tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    state = StarterNetwork(CONFIG).state_dict()
    return {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_file(tiny_tensors(), path, METADATA)
    return path


@pytest.fixture(scope="module")
def estimator(weights: Path) -> StarterEstimator:
    return StarterEstimator(ENTRY, weights)


def test_weights_survive_the_file(weights: Path) -> None:
    network = load_starter_network(weights)
    assert network.config == CONFIG
    for name, value in tiny_tensors().items():
        torch.testing.assert_close(network.state_dict()[name], value)


def test_a_pickle_is_refused_and_does_not_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (open, (str(trace), "w"))

    path = tmp_path / "bomb.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="damaged or is not a safetensors file"):
        load_starter_network(path)
    torch.save({"a": torch.zeros(2)}, path)
    with pytest.raises(ModelError, match="damaged or is not a safetensors file"):
        load_starter_network(path)
    assert not trace.exists()


@pytest.mark.parametrize("kept", [0, 7, 100, -1])
def test_truncated_weights_are_refused(weights: Path, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "short.safetensors"
    path.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(ModelError) as caught:
        load_starter_network(path)
    assert caught.value.hint


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        load_starter_network(tmp_path / "nothing.safetensors")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(ModelError, match="another network"):
        load_starter_network(path)


@pytest.mark.parametrize("fault", ["missing", "unknown", "shape", "nan", "config", "config keys"])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, fault: str) -> None:
    tensors, metadata = tiny_tensors(), dict(METADATA)
    name = "coarsest.conv1.weight"
    if fault == "missing":
        del tensors[name]
    elif fault == "unknown":
        tensors["other.weight"] = torch.zeros(1)
    elif fault == "shape":
        tensors[name] = torch.zeros(4, 4, 3, 3)
    elif fault == "nan":
        tensors[name] = torch.full_like(tensors[name], float("nan"))
    elif fault == "config":
        metadata["config"] = json.dumps(CONFIG.as_dict() | {"backbone": "no_such_network"})
    else:
        metadata["config"] = json.dumps({"depth": 5})
    path = tmp_path / "wrong.safetensors"
    save_file(tensors, path, metadata)
    with pytest.raises(ModelError, match=r"wrong\.safetensors"):
        load_starter_network(path)


def test_prediction_and_estimate(estimator: StarterEstimator) -> None:
    frames = np.random.default_rng(0).random((3, 54, 97, 3), dtype=np.float32)
    raw = estimator.predict(frames)
    assert raw.shape == (3, 32, 48)
    assert raw.dtype == np.float32
    # on one scale: a frame's raw disparity does not depend on its company
    np.testing.assert_allclose(raw[1], estimator.predict(frames[1:2])[0], atol=1e-5)
    disparity = estimator.estimate(torch.from_numpy(frames))
    assert disparity.shape == (3, 54, 97)
    assert disparity.dtype == np.float32
    assert np.isfinite(disparity).all()
    assert disparity.min() >= 0.0
    assert disparity.max() <= 1.0


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
def test_flat_pictures_give_finite_disparity(estimator: StarterEstimator, value: float) -> None:
    out = estimator.estimate(np.full((1, 40, 40, 3), value, np.float32))
    assert np.isfinite(out).all()


@pytest.mark.parametrize("shape", [(4, 4, 3), (0, 8, 8, 3), (1, 8, 8, 4), (1, 0, 8, 3)])
def test_frames_of_a_wrong_shape_are_refused(estimator: StarterEstimator, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="shape"):
        estimator.predict(np.zeros(shape, np.float32))


def test_frames_that_are_not_finite_are_refused(estimator: StarterEstimator) -> None:
    frames = np.zeros((1, 32, 32, 3), np.float32)
    frames[0, 3, 3, 1] = np.nan
    with pytest.raises(InputError, match="not finite"):
        estimator.predict(frames)


def test_normalise_of_an_empty_range_is_the_middle() -> None:
    assert np.all(normalise(np.full((2, 2), 3.0, np.float32), 3.0, 3.0) == 0.5)
    np.testing.assert_allclose(normalise(np.array([[0, 1, 2, 9]], np.float32), 1.0, 3.0), [[0, 0, 0.5, 1]])


def test_the_registry_is_honest_about_the_bundled_file() -> None:
    for entry in list_models():
        if entry.bundled:
            path = verify_model(entry.name)
            assert path.stat().st_size == entry.size_bytes
        assert entry.licence
    assert find_model("starter").size_bytes <= 12_000_000


def test_an_unknown_model_is_named_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="midas") as caught:
        load_estimator("midas")
    assert "starter" in caught.value.hint


def test_a_changed_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = model_path(find_model("starter"))
    listing = source.with_name("models.json").read_bytes()
    (tmp_path / "models.json").write_bytes(listing)
    monkeypatch.setattr(registry, "models_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="missing"):
        load_estimator("starter")
    data = bytearray(source.read_bytes())
    data[-1000] ^= 1
    (tmp_path / source.name).write_bytes(data)
    with pytest.raises(ModelError, match="not the published file"):
        load_estimator("starter")


@pytest.mark.weights
def test_the_bundled_weights_are_numbers_of_a_trained_network() -> None:
    tensors = load_file(model_path(find_model("starter")))
    assert all(bool(torch.isfinite(value).all()) for value in tensors.values())
    # A floor seen from above, with texture: its lower half must come out nearer than its upper half.
    rng = np.random.default_rng(1)
    picture = np.full((288, 512, 3), 0.55, np.float32)
    for row in range(100, 288):
        cells = max(4, round(4000 / (row - 70)))
        picture[row] *= np.repeat(rng.random(cells) * 0.3 + 0.7, -(-512 // cells))[:512, None]
    disparity = load_estimator("starter").estimate(picture[None])[0]
    assert disparity[220:].mean() > disparity[:100].mean()


def test_the_package_and_the_imports_need_no_torch() -> None:
    modules = ", ".join(f"vbr_core.depth.{name}" for name in ("registry", "cache", "source", "upsample", "export"))
    code = f"import sys, {modules}; assert 'torch' not in sys.modules, 'torch was imported'"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("free_mb", "swap_mb", "fits"), [(60, 0, False), (60, 40, True), (4000, 0, True)])
def test_memory_is_looked_at_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mb: int, swap_mb: int, fits: bool
) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 9 kB\nMemAvailable: {free_mb * 10**6 // 1024} kB\nSwapFree: {swap_mb * 977} kB\n")
    monkeypatch.setattr(memory, "MEMINFO", meminfo)
    if fits:
        assert load_estimator("starter").name == "starter"
        return
    with pytest.raises(OutOfMemoryError, match="needs about 85 MB of memory, and 60 MB are free") as caught:
        load_estimator("starter")
    assert "smaller depth network" in caught.value.hint


def test_a_machine_that_does_not_tell_its_memory_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "nothing")
    assert load_estimator("starter").name == "starter"


def test_memory_that_runs_out_is_one_sentence(estimator: StarterEstimator, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = np.random.default_rng(0).random((3, 48, 64, 3), dtype=np.float32)
    whole, network, sizes = estimator.predict(frames), estimator._network, []

    def short(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        if len(batch) > room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
        return network(batch)

    monkeypatch.setattr(estimator, "_network", short)
    monkeypatch.setattr(short, "config", network.config, raising=False)
    room = 1
    np.testing.assert_allclose(estimator.predict(frames), whole, atol=1e-5)
    assert sizes == [3, 1, 1, 1]
    room = 0
    with pytest.raises(OutOfMemoryError, match="not enough memory on 'cpu'") as caught:
        estimator.predict(frames)
    assert caught.value.hint

    def broken(batch: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("something else")

    monkeypatch.setattr(broken, "config", network.config, raising=False)
    monkeypatch.setattr(estimator, "_network", broken)
    with pytest.raises(RuntimeError, match="something else"):
        estimator.predict(frames)

"""Published weights files: loaded unchanged, the published numbers come out; anything else is refused.

Where the stored numbers come from is said in :mod:`tests.depth.published_weights`. The large networks need gigabytes
and minutes: they run where the environment variable ``VBR_SLOW_TESTS`` is set.
"""

from __future__ import annotations

import dataclasses
import gc
import os
import pickle
import zipfile
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import save_file

from tests.depth.published_weights import fill, frame, golden, grid, hollow_state, picture, published_state
from vbr_core.depth import load_estimator, registry
from vbr_core.depth.published import ARCHITECTURES, PublishedEstimator, check_checkpoint, load_published
from vbr_core.depth.registry import ModelEntry
from vbr_core.depth.video_depth_anything import VideoDepthAnything
from vbr_core.errors import InputError, ModelError, OutOfMemoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SMALL = ("midas_v21_small_256", "dpt_swin2_tiny_256", "depth_anything_v2_small", "video_depth_anything_small")
LARGE = ("dpt_hybrid_384", "dpt_large_384", "dpt_beit_large_512", "depth_anything_v2_base", "depth_anything_v2_large")
SIZES = {
    "midas_v21_small_256": ((96, 96), (64, 128), (160, 96)),
    "dpt_swin2_tiny_256": ((256, 256),),
    "dpt_hybrid_384": ((96, 96), (64, 128), (160, 96)),
    "dpt_large_384": ((96, 96), (64, 128), (160, 96)),
    "dpt_beit_large_512": ((96, 96), (64, 128), (160, 96)),
    "depth_anything_v2_small": ((70, 70), (56, 98), (98, 56)),
    "depth_anything_v2_base": ((70, 70), (56, 98), (98, 56)),
    "depth_anything_v2_large": ((70, 70), (56, 98), (98, 56)),
    "video_depth_anything_small": ((70, 70), (56, 98)),
}
TOLERANCE = 1e-4
"""Of the output's range."""

ENTRY = ModelEntry("mine", "A network", "Apache-2.0", True, "weights.pt", 1, "ab" * 32, "", "midas_v21_small_256")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Makes the published file of a network, once."""
    folder = tmp_path_factory.mktemp("published")

    def make(name: str) -> Path:
        path = folder / f"{name}.pt"
        if not path.exists():
            torch.save(published_state(name), path)
        return path

    yield make
    for path in folder.glob("*.pt"):
        path.unlink()


@pytest.fixture(scope="module")
def estimators(weights: Callable[[str], Path]) -> Callable[[str], PublishedEstimator]:
    """Loads the published file of a network, once."""

    @cache
    def load(name: str) -> PublishedEstimator:
        return PublishedEstimator(replace(ENTRY, architecture=name), weights(name))

    return load


@pytest.fixture
def estimator(estimators: Callable[[str], PublishedEstimator]) -> PublishedEstimator:
    return estimators(ENTRY.architecture)


def check_numbers(name: str, network: torch.nn.Module) -> None:
    for height, width in SIZES[name]:
        wanted, extent = golden(f"{name} {height}x{width}")
        shown = len(wanted) if name.startswith("video") else 1
        pictures = torch.from_numpy(np.stack([picture(height, width, seed) for seed in range(shown)]))
        with torch.inference_mode():
            output = network(pictures).numpy()
        assert output.shape == (shown, height, width)
        np.testing.assert_allclose(
            grid(output, wanted.shape[-1]).reshape(wanted.shape), wanted, atol=TOLERANCE * extent
        )
        assert wanted.std() > 0.05 * extent  # the numbers say something


def test_the_values_of_the_weights_are_those_of_the_goldens() -> None:
    np.testing.assert_allclose(fill("a.weight", (2, 3))[1], [0.24742, -0.05380, -0.06814], atol=1e-4)


@pytest.mark.parametrize("name", SMALL)
def test_the_published_numbers_come_out(estimators: Callable[[str], PublishedEstimator], name: str) -> None:
    check_numbers(name, estimators(name)._network)


@pytest.mark.slow
@pytest.mark.skipif("VBR_SLOW_TESTS" not in os.environ, reason="needs gigabytes and minutes; set VBR_SLOW_TESTS=1")
@pytest.mark.parametrize("name", LARGE)
def test_the_published_numbers_come_out_of_large_networks(tmp_path: Path, name: str) -> None:
    path = tmp_path / "weights.pt"
    torch.save(published_state(name), path)
    check_numbers(name, load_published(name, path))
    path.unlink()
    gc.collect()


@pytest.mark.parametrize(
    ("name", "sizes"),
    [("midas_v21_small_256", ((120, 200), (300, 170))), ("dpt_swin2_tiny_256", ((120, 200),))],
)
def test_pictures_are_prepared_as_published(
    estimators: Callable[[str], PublishedEstimator], name: str, sizes: tuple[tuple[int, int], ...]
) -> None:
    estimator = estimators(name)
    for height, width in sizes:
        wanted, extent = golden(f"{name} frame {height}x{width}")
        output = estimator.predict(frame(height, width)[None])
        assert output.shape == (1, *ARCHITECTURES[name].rule.size(height, width))
        np.testing.assert_allclose(grid(output[0], 16), wanted, atol=TOLERANCE * extent)


def test_a_clip_runs_in_windows_as_published(
    estimators: Callable[[str], PublishedEstimator], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "video_depth_anything_small"
    estimator = estimators(name)
    assert (estimator.window_frames, estimator.overlap_frames, len(estimator.key_frames)) == (32, 10, 10)
    monkeypatch.setattr(estimator, "rule", dataclasses.replace(estimator.rule, target=28))
    clip = np.stack([frame(28, 28, seed) for seed in range(50)])
    wanted, extent = golden(f"{name} clip 28x28")
    output = estimator.predict(clip)
    assert output.shape == (50, 28, 28)
    np.testing.assert_allclose(grid(output, 4), wanted, atol=TOLERANCE * extent)
    # fewer frames than a window: the last one stands still, and the first ones see what came
    disparity = estimator.estimate(clip[:3, :20])
    assert disparity.shape == (3, 20, 28)
    assert disparity.min() >= 0.0
    assert disparity.max() <= 1.0


def test_weights_are_read_from_other_kinds_of_files_too(tmp_path: Path) -> None:
    name = ENTRY.architecture
    state = hollow_state(name)
    torch.save({"optimizer": {}, "model": state}, tmp_path / "training.pt", _use_new_zipfile_serialization=False)
    halves = {key: value.half().contiguous() for key, value in state.items()}
    save_file(halves, tmp_path / "safe.pt")  # whatever it is called
    for file in ("training.pt", "safe.pt"):
        check_checkpoint(name, tmp_path / file)
        loaded = load_published(name, tmp_path / file).state_dict()
        wanted = halves if file == "safe.pt" else state
        assert loaded.keys() == wanted.keys()
        for key, value in loaded.items():
            assert torch.equal(value, wanted[key].float()), key


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weights_of_another_network_are_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "downloaded.pt"
    torch.save(hollow_state(name), path)
    check_checkpoint(name, path)
    other = next(other for other in ARCHITECTURES if other != name)
    with pytest.raises(ModelError, match=r"downloaded\.pt") as caught:
        check_checkpoint(other, path)
    assert f"holds the weights of {ARCHITECTURES[name].title}, not of {ARCHITECTURES[other].title}" in str(caught.value)
    assert name in caught.value.hint


@pytest.mark.parametrize("fault", ["missing", "unknown", "shape", "no tensor", "a list", "empty"])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, fault: str) -> None:
    name = "depth_anything_v2_small"
    state: dict[str, object] = dict(hollow_state(name))
    if fault == "missing":
        del state["pretrained.cls_token"]
    elif fault == "unknown":
        state["other.weight"] = torch.zeros(1)
    elif fault == "shape":
        state["pretrained.mask_token"] = torch.zeros(1, 385)
    elif fault == "no tensor":
        state["epoch"] = 3
    content: object = [torch.zeros(1)] if fault == "a list" else {} if fault == "empty" else state
    path = tmp_path / "wrong.pt"
    torch.save(content, path)
    for refuse in (check_checkpoint, load_published):
        with pytest.raises(ModelError, match=r"wrong\.pt") as caught:
            refuse(name, path)
        assert caught.value.hint


def test_a_file_may_lack_what_the_network_does_not_use(tmp_path: Path) -> None:
    state = hollow_state("dpt_beit_large_512")
    unused = ARCHITECTURES["dpt_beit_large_512"].unused
    path = tmp_path / "lean.pt"
    torch.save({key: value for key, value in state.items() if key not in unused}, path)
    check_checkpoint("dpt_beit_large_512", path)


@pytest.mark.parametrize("kept", [0, 3, 100, 0.5, 0.999])
@pytest.mark.parametrize("kind", ["archive", "pickle", "safetensors"])
def test_files_that_are_cut_off_are_refused(tmp_path: Path, kind: str, kept: float) -> None:
    name = "depth_anything_v2_small"
    whole, path = tmp_path / "whole.pt", tmp_path / "cut.pt"
    if kind == "safetensors":
        save_file({"pretrained.cls_token": torch.zeros(1, 1, 384), "other": torch.zeros(64)}, whole)
    else:
        torch.save(hollow_state(name), whole, _use_new_zipfile_serialization=kind == "archive")
    data = whole.read_bytes()
    path.write_bytes(data[: kept if kept > 1 or kept == 0 else int(kept * len(data))])
    for refuse in (check_checkpoint, load_published):
        with pytest.raises(ModelError, match=r"cut\.pt") as caught:
            refuse(name, path)
        assert "code" not in caught.value.message


@pytest.mark.parametrize("kind", ["archive", "old", "plain pickle"])
def test_code_in_a_file_is_refused_and_does_not_run(tmp_path: Path, kind: str) -> None:
    trace = tmp_path / "ran"

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (os.mkdir, (str(trace),))

    path = tmp_path / "trap.pt"
    content = {**hollow_state("midas_v21_small_256"), "bomb": Bomb()}
    if kind == "plain pickle":
        path.write_bytes(pickle.dumps({"bomb": Bomb()}, protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == "archive")
    for refuse in (check_checkpoint, load_published):
        with pytest.raises(ModelError, match=r"trap\.pt.*code.*nothing of it was run"):
            refuse("midas_v21_small_256", path)
    assert not trace.exists()


def test_a_compiled_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "traced.pt"
    with zipfile.ZipFile(path, "w") as file:
        for member in ("archive/data.pkl", "archive/constants.pkl", "archive/version"):
            file.writestr(member, b"")
    with pytest.raises(ModelError, match="compiled program"):
        check_checkpoint("midas_v21_small_256", path)


def test_a_missing_file_and_a_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        check_checkpoint("midas_v21_small_256", tmp_path / "nothing.pt")
    path = tmp_path / "page.pt"
    path.write_bytes(b"<!DOCTYPE html><html><body>404 Not Found</body></html>")
    with pytest.raises(ModelError, match="not a weights file"):
        check_checkpoint("midas_v21_small_256", path)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    state = hollow_state("midas_v21_small_256")
    state["scratch.layer1_rn.weight"] = torch.full((64, 32, 3, 3), float("nan"))
    path = tmp_path / "nan.pt"
    torch.save(state, path)
    with pytest.raises(ModelError, match=r"layer1_rn.weight.*not finite"):
        load_published("midas_v21_small_256", path)


def test_frames_are_checked_and_stay_on_one_scale(estimator: PublishedEstimator) -> None:
    clip = np.stack([frame(60, 100, seed) for seed in range(3)])
    raw = estimator.predict(clip)
    assert raw.shape == (3, 160, 256)
    np.testing.assert_allclose(raw[1], estimator.predict(torch.from_numpy(clip[1:2]))[0], atol=1e-5)
    disparity = estimator.estimate(clip)
    assert disparity.shape == (3, 60, 100)
    assert disparity.std() > 0.05
    clip[1, 3, 4, 0] = np.nan
    with pytest.raises(InputError, match="not finite"):
        estimator.predict(clip)
    with pytest.raises(InputError, match="shape"):
        estimator.predict(np.zeros((1, 8, 8), np.float32))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_flat_pictures_give_finite_disparity(estimator: PublishedEstimator, value: float) -> None:
    assert np.isfinite(estimator.estimate(np.full((1, 40, 30, 3), value, np.float32))).all()


def test_short_memory_means_one_picture_at_a_time_then_a_clear_word(
    estimator: PublishedEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def network(pictures: torch.Tensor, most: int) -> torch.Tensor:
        seen.append(len(pictures))
        if len(pictures) > most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return pictures.mean(dim=1)

    monkeypatch.setattr(estimator, "_batch", 2)
    monkeypatch.setattr(estimator, "_network", lambda pictures: network(pictures, 1))
    clip = np.stack([frame(64, 64, seed) for seed in range(3)])
    assert estimator.predict(clip).shape == (3, 256, 256)
    assert seen == [2, 1, 1, 1]
    monkeypatch.setattr(estimator, "_network", lambda pictures: network(pictures, 0))
    with pytest.raises(OutOfMemoryError, match=r"mine.*256 x 256") as caught:
        estimator.predict(clip)
    assert caught.value.hint


def test_an_overflow_of_half_precision_is_computed_again(
    estimator: PublishedEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def network(pictures: torch.Tensor) -> torch.Tensor:
        return pictures.mean(dim=1) * (float("inf") if torch.is_autocast_enabled("cpu") else 1.0)

    monkeypatch.setattr(estimator, "_half", True)
    monkeypatch.setattr(estimator, "_network", network)
    assert np.isfinite(estimator.predict(np.ones((1, 64, 64, 3), np.float32))).all()
    assert not estimator._half


def test_an_overflow_in_a_window_is_computed_again_from_the_pictures(
    estimators: Callable[[str], PublishedEstimator], monkeypatch: pytest.MonkeyPatch
) -> None:
    estimator = estimators("video_depth_anything_small")
    network = estimator._network
    assert isinstance(network, VideoDepthAnything)
    encode = network.encode
    monkeypatch.setattr(estimator, "rule", dataclasses.replace(estimator.rule, target=28))
    clip = np.stack([frame(28, 28, seed) for seed in range(2)])
    wanted = estimator.predict(clip)

    def overflow(pictures: torch.Tensor) -> list[torch.Tensor]:
        with torch.autocast("cpu", enabled=False):
            levels = encode(pictures)
        return [level * (float("inf") if torch.is_autocast_enabled("cpu") else 1.0) for level in levels]

    monkeypatch.setattr(estimator, "_half", True)
    monkeypatch.setattr(network, "encode", overflow)
    np.testing.assert_allclose(estimator.predict(clip), wanted, atol=1e-5)


def test_the_registry_leads_to_the_network(
    weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, estimator: PublishedEstimator
) -> None:
    monkeypatch.setattr(registry, "find_model", lambda name: ENTRY)
    monkeypatch.setattr(registry, "verify_model", lambda name: weights(ENTRY.architecture))
    loaded = load_estimator("mine")
    assert isinstance(loaded, PublishedEstimator)
    assert loaded.name == "mine"
    assert loaded.fingerprint == estimator.fingerprint
    assert "abab" in loaded.fingerprint

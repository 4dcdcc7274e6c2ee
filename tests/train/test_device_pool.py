"""Samples on the device that trains: what is cut is what was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

from vbr_core.train.device_pool import Crops, DevicePool

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, name: str, count: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arrays = {
        "picture": rng.integers(0, 256, (count, 5, 24, 32, 3)).astype(np.uint8),
        "coarse": rng.random((count, 5, 3, 4, 1)).astype(np.float32),
        "focus": rng.random((count, 5)).astype(np.float32),
    }
    folder.mkdir(exist_ok=True)
    save_file(arrays, folder / f"{name}.safetensors")
    return arrays


def test_pixels_are_those_of_the_places(tmp_path: Path) -> None:
    arrays = write(tmp_path / "pool", "a", 4, 0)
    pool = DevicePool(tmp_path / "pool", load_file)
    crops = Crops(
        torch.tensor([3, 1]),
        torch.tensor([[0, 1], [4, 3]]),
        torch.tensor([[2, 3, 4], [9, 8, 7]]),
        torch.tensor([[5, 6, 7], [30, 29, 28]]),
        torch.tensor([False, True]),
    )
    cut = pool.cut("picture", crops).permute(0, 1, 3, 4, 2).numpy()
    assert np.array_equal(cut[0], arrays["picture"][3, 0:2, 2:5, 5:8])
    backwards = arrays["picture"][1, [4, 3]][:, [9, 8, 7]][:, :, [30, 29, 28]]
    assert np.array_equal(cut[1], backwards.transpose(0, 2, 1, 3))
    assert np.array_equal(pool.cut("focus", crops).numpy(), arrays["focus"][[[3], [1]], [[0, 1], [4, 3]]])


def test_random_crops_are_whole_and_repeatable(tmp_path: Path) -> None:
    write(tmp_path / "pool", "a", 6, 0)
    pool = DevicePool(tmp_path / "pool", load_file)
    crops, again = (pool.random_crops("picture", 7, 64, 3, 16) for _ in range(2))
    assert torch.equal(pool.cut("picture", crops), pool.cut("picture", again))
    assert not torch.equal(crops.rows, pool.random_crops("picture", 8, 64, 3, 16).rows)
    for places, limit in ((crops.frames, 5), (crops.rows, 24), (crops.columns, 32)):
        steps = places.diff(dim=1)
        assert ((steps == 1).all(dim=1) | (steps == -1).all(dim=1)).all()
        assert int(places.min()) >= 0
        assert int(places.max()) == limit - 1  # every place can be reached
    assert len(set(crops.sample.tolist())) == 6
    assert 0 < int(crops.turned.sum()) < 64


def test_more_than_there_is_becomes_all_of_it(tmp_path: Path) -> None:
    write(tmp_path / "pool", "a", 1, 0)
    pool = DevicePool(tmp_path / "pool", load_file)
    assert pool.cut("picture", pool.random_crops("picture", 0, 2, 9, 999)).shape == (2, 5, 3, 24, 24)


def test_coarse_maps_lie_under_their_pixels(tmp_path: Path) -> None:
    arrays = write(tmp_path / "pool", "a", 1, 0)
    pool = DevicePool(tmp_path / "pool", load_file)
    still = torch.tensor([False])
    forth = Crops(torch.tensor([0]), torch.tensor([[2]]), torch.arange(8, 24)[None], torch.arange(0, 16)[None], still)
    assert np.array_equal(pool.cut_coarse("coarse", forth, 8)[0, 0, 0].numpy(), arrays["coarse"][0, 2, 1:3, 0:2, 0])
    back = Crops(forth.sample, forth.frames, forth.rows.flip(1), forth.columns, still)
    assert np.array_equal(pool.cut_coarse("coarse", back, 8)[0, 0, 0].numpy(), arrays["coarse"][0, 2, 2:0:-1, 0:2, 0])


def test_the_best_of_several_places_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "pool", "a", 3, 0)
    pool = DevicePool(tmp_path / "pool", load_file)
    crops = pool.random_crops("picture", 0, 2, 1, 8, places=3)
    assert crops.sample[0] == crops.sample[1] == crops.sample[2]
    chosen = pool.best(crops, torch.tensor([0.1, 0.9, 0.3, 0.5, 0.2, 0.7]), 3)
    assert torch.equal(chosen.rows, crops.rows[[1, 5]])
    assert torch.equal(chosen.columns, crops.columns[[1, 5]])


def test_a_folder_that_fills_is_read_on(tmp_path: Path) -> None:
    folder = tmp_path / "pool"
    first = write(folder, "a", 50, 0)
    pool = DevicePool(folder, load_file)
    assert len(pool) == 50
    assert pool.refresh() == 0
    second = write(folder, "b", 70, 1)
    (folder / "c.safetensors.part").write_bytes(b"half of a file")
    assert pool.refresh() == 1
    assert len(pool) == 120
    stored = np.concatenate([first["focus"], second["focus"]])
    every = Crops(
        torch.arange(120), torch.zeros(120, 1).long(), *[torch.zeros(120, 1).long()] * 2, torch.zeros(120) > 0
    )
    assert np.array_equal(pool.cut("focus", every)[:, 0].numpy(), stored[:, 0])
    for name in ("d", "e", "f"):
        write(folder, name, 1, 2)
    assert pool.refresh(most=2) == 2
    assert len(pool) == 122

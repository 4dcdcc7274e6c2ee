"""Training samples that stay on the device that trains, and are cut and turned there.

A folder is filled by other processes, also while training goes on; its files are read once. What a batch needs is one
gathering of pixels per tensor: a processor that cuts crops one by one could not feed a GPU.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    ReadSamples = Callable[[Path], dict[str, NDArray[Any]]]

SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Crops:
    """Which pixels a batch is made of: sample (B,), frames (B, T), rows (B, h), columns (B, w), and which crops have
    rows and columns exchanged, (B,) bool. Rows, columns and frames that run backwards mirror them."""

    sample: torch.Tensor
    frames: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor
    turned: torch.Tensor


class DevicePool:
    """Samples of all files of a folder.

    Args:
        folder: Filled by a tool that writes finished files only.
        read: Gives a file's arrays by name: (n, T, H, W, C), or (n, T) for a number per frame; n is the same for all.
        device: torch device string.
    """

    def __init__(self, folder: Path, read: ReadSamples, device: str = "cpu") -> None:
        self.folder, self.device = folder, device
        self._read = read
        self._known: set[Path] = set()
        self._store: dict[str, torch.Tensor] = {}
        self._count = 0
        self.refresh()

    def __len__(self) -> int:
        return self._count

    def refresh(self, most: int | None = None) -> int:
        """Read new files, at most so many; returns how many were read."""
        new = sorted(path for path in self.folder.glob(f"*{SUFFIX}") if path not in self._known)[:most]
        for path in new:
            self._known.add(path)
            self._add(self._read(path))
        return len(new)

    def wait(self) -> None:
        """Wait until there is something."""
        while not self._count:
            time.sleep(0.5)
            self.refresh()

    def _add(self, arrays: dict[str, NDArray[Any]]) -> None:
        count = len(next(iter(arrays.values())))
        for name, values in arrays.items():
            new = torch.from_numpy(values).to(self.device)
            store = self._store.get(name)
            if store is None or self._count + count > len(store):
                # room is doubled: copying everything for each file would cost its square
                room = new.new_empty((max(64, 2 * self._count, self._count + count), *new.shape[1:]))
                if store is not None:
                    room[: self._count] = store[: self._count]
                self._store[name] = store = room
            store[self._count : self._count + count] = new
        self._count += count

    def shape(self, name: str) -> tuple[int, ...]:
        """Shape of one sample's tensor: (T, H, W, C) or (T,)."""
        return tuple(self._store[name].shape[1:])

    def cut(self, name: str, crops: Crops) -> torch.Tensor:
        """Pixels of a batch: (B, T, C, h, w), or (B, T) of a number per frame; the type is as stored."""
        store = self._store[name]
        if store.ndim == 2:
            return store[crops.sample[:, None], crops.frames]
        found = store[
            crops.sample[:, None, None, None],
            crops.frames[:, :, None, None],
            crops.rows[:, None, :, None],
            crops.columns[:, None, None, :],
        ]
        found = torch.where(crops.turned[:, None, None, None, None], found.transpose(2, 3), found)
        return found.permute(0, 1, 4, 2, 3)

    def cut_coarse(self, name: str, crops: Crops, cell: int) -> torch.Tensor:
        """As :meth:`cut`, of a tensor whose height and width are smaller by ``cell``, of which crops are multiples."""
        rows, columns = (
            places.reshape(len(places), -1, cell).float().mean(dim=2).long() // cell
            for places in (crops.rows, crops.columns)
        )
        return self.cut(name, Crops(crops.sample, crops.frames, rows, columns, crops.turned))

    def random_crops(self, name: str, seed: int, batch: int, window: int, crop: int, places: int = 1) -> Crops:
        """Crops of random samples at random places, mirrored, turned and reversed in time at random.

        Args:
            name: A tensor whose frames, height and width the others share.
            seed: The same seed makes the same choice among the same samples.
            batch: Number of crops.
            window: Frames in each; at most what samples have.
            crop: Height and width; at most what samples have.
            places: Different places of each sample, one after another: the result holds ``batch * places`` crops.
        """
        frames, height, width = self.shape(name)[:3]
        window, crop = min(window, frames), min(crop, height, width)
        rng = torch.Generator(self.device).manual_seed(seed)

        def draw(limit: int, count: int) -> torch.Tensor:
            return torch.randint(limit, (count,), generator=rng, device=self.device)

        total = batch * places
        sample = draw(self._count, batch).repeat_interleave(places)
        flips = [draw(2, batch).bool().repeat_interleave(places)[:, None] for _ in range(4)]
        run = []
        for length, limit, flip in ((window, frames, flips[0]), (crop, height, flips[1]), (crop, width, flips[2])):
            along = torch.arange(length, device=self.device)[None]
            along = torch.where(flip, length - 1 - along, along)
            run.append(draw(limit - length + 1, total)[:, None] + along)
        return Crops(sample, run[0], run[1], run[2], flips[3][:, 0])

    def best(self, crops: Crops, scores: torch.Tensor, places: int) -> Crops:
        """Of every ``places`` crops in a row the one with the highest score (B * places,)."""
        chosen = scores.reshape(-1, places).argmax(dim=1)
        index = torch.arange(len(chosen), device=self.device) * places + chosen
        parts = (crops.sample, crops.frames, crops.rows, crops.columns, crops.turned)
        return Crops(*(part[index] for part in parts))

"""Training samples: windows of SVB clips with corrupted disparity and the base render.

Rendering the base picture takes longer than a training step may, so every clip is *prepared* once: decoded, its
disparity corrupted in a few ways, the classical render made for each, all written as one safetensors file that is
mapped into memory. A window is then a few slices of it. Which windows step n sees depends on the seed and n alone, so a
run that stops and goes on sees what it would have seen.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from vbr_core.errors import InputError
from vbr_core.train.svb.clip_file import read_clip
from vbr_core.train.svb.corruption import random_corruption

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.jobs import JobContext
    from vbr_core.render.base_picture import BasePicture
    from vbr_core.train.svb.clip_file import Clip

PREPARED_VERSION = 1
PLACES = 3
CHOSEN_SHARE = 0.75


@dataclass(frozen=True)
class Batch:
    """Windows for a step, all (B, T, C, H, W) float32: ``frames``, ``truth`` and ``base`` (3 channels, sRGB 0..1;
    ``base`` has 3 for each base picture, and is None without one) and ``defocus`` (1 channel, S in pixels)."""

    frames: torch.Tensor
    truth: torch.Tensor
    base: torch.Tensor | None
    defocus: torch.Tensor

    def to(self, device: str) -> Batch:
        """The same on another device."""
        base = None if self.base is None else self.base.to(device, non_blocking=True)
        parts = [part.to(device, non_blocking=True) for part in (self.frames, self.truth, self.defocus)]
        return Batch(parts[0], parts[1], base, parts[2])


class Windows(Protocol):
    """A prepared clip: slices of it on demand."""

    frames: int
    height: int
    width: int
    variants: int

    def window(self, variant: int, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> dict[str, NDArray[Any]]:
        """``sharp``, ``bokeh`` uint8 (T, h, w, 3); ``base`` the same, of 3 or 6 channels; ``disparity`` uint16
        (T, h, w); ``d_f``, ``k_px`` (T,)."""


class PreparedClip:
    """Windows of a prepared file.

    Raises:
        InputError: The file is not a prepared clip.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            file: Any = safe_open(path, framework="numpy")
            shape = file.get_slice("disparity").get_shape()
        except (OSError, SafetensorError) as error:
            raise InputError(f"'{path}' is not a prepared clip: {error}.", "Delete it; it is made again.") from error
        self.variants, self.frames, self.height, self.width = shape
        self._file = file
        self.has_base = "base" in file.keys()  # noqa: SIM118 - not a dict

    def window(self, variant: int, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> dict[str, NDArray[Any]]:
        """See :class:`Windows`."""
        result = {}
        for name in ("sharp", "bokeh"):
            result[name] = self._file.get_slice(name)[t0:t1, y0:y1, x0:x1]
        result["disparity"] = self._file.get_slice("disparity")[variant : variant + 1, t0:t1, y0:y1, x0:x1][0]
        if self.has_base:
            result["base"] = self._file.get_slice("base")[variant : variant + 1, t0:t1, y0:y1, x0:x1][0]
        for name in ("d_f", "k_px"):
            result[name] = self._file.get_tensor(name)[t0:t1]
        return result


def prepare(clip: Clip, variants: int, base: BasePicture | None, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Tensors of a prepared clip. Variant 0 has the true disparity, the others a corrupted one; all of it mended."""
    truth = clip.disparity.astype(np.float32) / 65535.0
    frames = clip.sharp.astype(np.float32) / 255.0
    disparities, bases = [], []
    for variant in range(variants):
        disparity = truth if variant == 0 else random_corruption(truth, clip.sharp, rng)
        if base is not None:
            agreed = base.mended_shot(frames, disparity)[1]
            disparity = agreed.disparity
        disparities.append(np.round(disparity * 65535.0).astype(np.uint16))
        if base is not None:
            rendered = base.render_shot(frames, disparity, clip.d_f, clip.k_px, agreed.between)
            bases.append(np.round(np.clip(rendered, 0.0, 1.0) * 255.0).astype(np.uint8))
    tensors: dict[str, NDArray[Any]] = {
        "sharp": clip.sharp,
        "bokeh": clip.bokeh,
        "disparity": np.stack(disparities),
        "d_f": clip.d_f,
        "k_px": clip.k_px,
    }
    if base is not None:
        tensors["base"] = np.stack(bases)
    return tensors


def prepare_all(
    clips: list[Path], cache: Path, variants: int, base: BasePicture | None, seed: int, context: JobContext
) -> list[PreparedClip]:
    """Prepare the clips that are not prepared yet.

    Args:
        clips: SVB files.
        cache: Where prepared files go.
        variants: Disparities of each clip; at least 1.
        base: Renderer of the base pictures; None without one.
        seed: Of the corruption.
        context: Progress and stop.
    """
    cache.mkdir(parents=True, exist_ok=True)
    prepared = []
    for index, path in enumerate(clips):
        context.step(index, len(clips), "Preparing clips")
        kind = base.name if base else "none"
        target = cache / f"{path.stem}.{kind}.{variants}.v{PREPARED_VERSION}.safetensors"
        if not target.exists():
            part = target.with_name(target.name + ".part")
            save_file(prepare(read_clip(path), variants, base, np.random.default_rng([seed, index])), part)
            part.replace(target)
        prepared.append(PreparedClip(target))
    context.step(len(clips), len(clips), "Preparing clips")
    return prepared


def draw_batch(clips: list[Any], step: int, seed: int, batch: int, window: int, crop: int) -> Batch:
    """The windows of a step: random clip, variant, place, moment, mirroring, turning and direction of time.

    Args:
        clips: Prepared clips (:class:`Windows`).
        step: Number of the step.
        seed: Of the run (and rank).
        batch: Windows.
        window: Frames.
        crop: Height and width.
    """
    rng = np.random.default_rng([seed, step])
    return collate([_draw_window(clips[rng.integers(len(clips))], rng, window, crop) for _ in range(batch)])


def _draw_window(clip: Windows, rng: np.random.Generator, window: int, crop: int) -> dict[str, NDArray[Any]]:
    frames, height, width = min(window, clip.frames), min(crop, clip.height), min(crop, clip.width)
    # the clean variant is one of several kinds of disparity, not half of all samples
    variant = 0 if clip.variants == 1 or rng.uniform() < 0.3 else int(rng.integers(1, clip.variants))
    sample: dict[str, NDArray[Any]] = {}
    worst = -1.0
    # most of a picture is flat blur that the base has right: of a few places the one where it is most wrong is taken
    for _ in range(PLACES if rng.uniform() < CHOSEN_SHARE else 1):
        t0 = int(rng.integers(clip.frames - frames + 1))
        y0 = int(rng.integers(clip.height - height + 1))
        x0 = int(rng.integers(clip.width - width + 1))
        place = clip.window(variant, t0, t0 + frames, y0, y0 + height, x0, x0 + width)
        shown = place.get("base", place["sharp"])[0, ::3, ::3, :3].astype(np.float32)
        error = float(np.square(shown - place["bokeh"][0, ::3, ::3]).mean())
        if error > worst:
            sample, worst = place, error
    mirror, turn, backwards = rng.uniform() < 0.5, int(rng.integers(4)), rng.uniform() < 0.5
    for name, value in sample.items():
        if value.ndim > 1:
            value = np.flip(value, 2) if mirror else value
            value = np.rot90(value, turn, (1, 2)) if height == width else value
        sample[name] = value[::-1] if backwards else value
    return sample


def collate(samples: list[dict[str, NDArray[Any]]]) -> Batch:
    """Windows of one shape as tensors."""

    def pictures(name: str) -> torch.Tensor:
        stacked = torch.from_numpy(np.stack([sample[name] for sample in samples]))
        return stacked.permute(0, 1, 4, 2, 3).float().div_(255.0).contiguous()

    disparity = torch.from_numpy(np.stack([sample["disparity"].astype(np.float32) for sample in samples])) / 65535.0
    d_f, k_px = (torch.from_numpy(np.stack([sample[name] for sample in samples])) for name in ("d_f", "k_px"))
    defocus = (disparity - d_f[..., None, None]) * k_px[..., None, None]
    base = pictures("base") if "base" in samples[0] else None
    return Batch(pictures("sharp"), pictures("bokeh"), base, defocus[:, :, None].contiguous())


class BatchStream:
    """Batches of consecutive steps, the next one drawn on a thread while this one is used.

    Args:
        clips: Prepared clips.
        first_step: Number of the first step.
        shape_of: Windows, frames and crop of a step.
        seed: Of the run (and rank).
    """

    def __init__(
        self, clips: list[Any], first_step: int, shape_of: Callable[[int], tuple[int, int, int]], seed: int
    ) -> None:
        self._clips, self._shape_of = clips, shape_of
        self._pool = ThreadPoolExecutor(1)
        self._draw = lambda step: draw_batch(clips, step, seed, *shape_of(step))
        self._step = first_step
        self._next: Future[Batch] = self._pool.submit(self._draw, first_step)

    def take(self, step: int) -> Batch:
        """The batch of a step; the one after it is drawn meanwhile.

        A run that leaves out steps for want of time takes what was drawn already, if it is of the right shape.
        """
        if self._shape_of(step) != self._shape_of(self._step):
            self._next = self._pool.submit(self._draw, step)
        batch = self._next.result()
        self._step = step + 1
        self._next = self._pool.submit(self._draw, self._step)
        return batch

    def close(self) -> None:
        """Stop the thread, and that of clips that are made meanwhile."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if hasattr(self._clips, "close"):
            self._clips.close()

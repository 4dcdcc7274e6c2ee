"""Published networks: check a weights file, load it, estimate with it. The one door to them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import torch

from vbr_core.depth.architectures import ARCHITECTURES, Architecture, empty_network, find_architecture
from vbr_core.depth.checkpoints import FETCH_AGAIN, Shapes, read_shapes, read_tensors
from vbr_core.depth.device_memory import SMALLER, free_device_memory, is_out_of_memory, too_large
from vbr_core.depth.estimator import NetworkEstimator
from vbr_core.depth.input_rules import InputRule
from vbr_core.depth.registry import weights_hash
from vbr_core.depth.video_depth_anything import ALIGN_FRAMES, KEY_FRAMES, VideoDepthAnything
from vbr_core.errors import ModelError, OutOfMemoryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import nn

    from vbr_core.depth.registry import ModelEntry

__all__ = ["ARCHITECTURES", "Architecture", "InputRule", "PublishedEstimator", "check_checkpoint", "load_published"]

log = logging.getLogger(__name__)

BATCH_FRAMES = 2
PREPARATION = "1"
"""Raise it when the way from picture to disparity changes here: it is part of the fingerprint."""


def check_checkpoint(architecture: str, path: Path) -> None:
    """Check that a file holds the weights of a network: names and shapes. Values are not read.

    Raises:
        ModelError: The file is missing, damaged or cut off, holds code (none of which is run), or the weights of
            another network, which is named if it is known.
    """
    _check(find_architecture(architecture), path.name, read_shapes(path))


def load_published(architecture: str, path: Path, device: str = "cpu") -> nn.Module:
    """A published network with its weights in evaluation mode, float32 on ``device``.

    The weights are copied from the file to the device one by one, so that they are in memory once.

    Raises:
        ModelError: As :func:`check_checkpoint`; or there are weights that are not finite numbers.
        OutOfMemoryError: They do not fit into the device's memory.
    """
    wanted = find_architecture(architecture)
    _check(wanted, path.name, read_shapes(path))
    network = empty_network(wanted)
    try:
        state = {
            wanted.own_name(name): _copy(path.name, name, value, device)
            for name, value in read_tensors(path)
            if name not in wanted.unused
        }
        network.load_state_dict(state, strict=True, assign=True)
        return network.to(device).requires_grad_(False)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemoryError(
            f"There is not enough memory on '{device}' for the weights of {wanted.title}.",
            SMALLER,
        ) from error


def _copy(file_name: str, name: str, value: torch.Tensor, device: str) -> torch.Tensor:
    dtype = torch.float32 if value.is_floating_point() else value.dtype
    copied = value.to(device=device, dtype=dtype, copy=True)
    if not bool(torch.isfinite(copied).all()):
        raise ModelError(f"'{file_name}' is damaged: '{name}' has values that are not finite numbers.", FETCH_AGAIN)
    return copied


def _check(wanted: Architecture, file_name: str, found: Shapes) -> None:
    problem = _misfit(wanted, found)
    if problem is None:
        return
    for other in ARCHITECTURES.values():
        if other is not wanted and _misfit(other, found) is None:
            raise ModelError(
                f"'{file_name}' holds the weights of {other.title}, not of {wanted.title}.",
                f"Use it as '{other.name}', or choose the file of {wanted.title}.",
            )
    raise ModelError(f"'{file_name}' does not hold the weights of {wanted.title}: {problem}.", FETCH_AGAIN)


def _misfit(architecture: Architecture, found: Shapes) -> str | None:
    """What is wrong with names and shapes; None if they fit."""
    wanted = architecture.published_shapes()
    for name in sorted(wanted.keys() - found.keys()):
        return f"'{name}' is missing"
    for name, shape in found.items():
        expected = wanted.get(name, architecture.unused.get(name))
        if expected is None:
            return f"'{name}' is unknown"
        if expected != shape:
            return f"'{name}' has the shape {shape}, expected {expected}"
    return None


class PublishedEstimator(NetworkEstimator):
    """A published network as an estimator.

    Args:
        entry: What the registry says: its ``name``, ``architecture`` and ``sha256`` are used.
        path: The weights file, already compared with its hash.
        device: torch device string. On CUDA the network runs in half precision, unless that overflows.
    """

    def __init__(self, entry: ModelEntry, path: Path, device: str = "cpu") -> None:
        architecture = find_architecture(entry.architecture)
        self.name = entry.name
        self.device = device
        self.window_frames = architecture.window_frames
        self.overlap_frames = architecture.overlap_frames
        self.key_frames = KEY_FRAMES if architecture.window_frames > 1 else ()
        self.rule = architecture.rule
        self.fingerprint = f"{entry.name}-{weights_hash(entry, path)[:16]}-{PREPARATION}"
        self._network = load_published(entry.architecture, path, device)
        self._half = torch.device(device).type == "cuda"
        self._batch = BATCH_FRAMES

    def predict_pictures(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw disparity at network size: (T, H, W, 3) float32 sRGB 0..1 -> (T, h, w) float32.

        A network that looks at windows of frames gives one window for up to ``window_frames`` frames (the last frame is
        repeated, as its publisher does), and for more frames the publisher's overlapping windows, brought to the scale
        and shift of the first.

        Raises:
            OutOfMemoryError: Not even one picture fits into the device's memory.
        """
        prepared = self.rule.prepare(pictures)
        if isinstance(self._network, VideoDepthAnything):
            return self._predict_video(self._network, prepared)
        return self._in_batches(self._network, prepared).cpu().numpy()

    def _in_batches(self, work: Callable[[torch.Tensor], torch.Tensor], prepared: NDArray[np.float32]) -> torch.Tensor:
        """Run ``work`` on few pictures at a time: fewer when memory is short."""
        out, done = [], 0
        while done < len(prepared):
            batch = prepared[done : done + self._batch]
            try:
                out.append(self._precisely(lambda batch=batch: work(torch.from_numpy(batch).to(self.device))))  # type: ignore[misc]
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                if len(batch) == 1:
                    raise too_large(self.name, self.device, (prepared.shape[-2], prepared.shape[-1])) from error
                log.info("out of memory on %s with %d pictures at a time: one from now on", self.device, len(batch))
                self._batch = 1
                free_device_memory()
                continue
            done += len(batch)
        return torch.cat(out)

    def _precisely(self, work: Callable[[], torch.Tensor], forget: Callable[[], None] | None = None) -> torch.Tensor:
        """Do ``work`` in half precision where that is fast; in single precision from the first overflow on.

        ``forget`` drops what ``work`` keeps for the next time.
        """
        with torch.inference_mode():
            if self._half:
                with torch.autocast(torch.device(self.device).type, dtype=torch.float16):
                    result = work()
                if bool(torch.isfinite(result).all()):
                    return result
                log.info("%s overflows in half precision; single precision from now on", self.name)
                self._half = False
                if forget is not None:
                    forget()
            return work()

    def _predict_video(self, network: VideoDepthAnything, prepared: NDArray[np.float32]) -> NDArray[np.float32]:
        total = len(prepared)
        step = self.window_frames - self.overlap_frames
        shown = [min(frame, total - 1) for frame in range(self.window_frames)]
        encoded: dict[int, list[torch.Tensor]] = {}
        out = self._window(network, prepared, shown, min(total, self.window_frames), encoded)
        if total <= self.window_frames:
            return out
        joined = list(out)
        anchors = [out[number] for number in KEY_FRAMES[:ALIGN_FRAMES]]
        for start in range(step, total, step):
            fresh = [min(start + number, total - 1) for number in range(self.overlap_frames, self.window_frames)]
            shown = [shown[number] for number in KEY_FRAMES] + fresh
            raw = self._window(network, prepared, shown, self.window_frames, encoded)
            scale, shift = _fit(raw[:ALIGN_FRAMES], np.stack(anchors))
            window = np.maximum(raw * scale + shift, 0.0)
            blended = window[ALIGN_FRAMES : self.overlap_frames]
            for number, weight in enumerate(np.linspace(0.0, 1.0, len(blended), dtype=np.float32)):
                at = number - len(blended)
                joined[at] = joined[at] * (1 - weight) + blended[number] * weight
            joined += list(window[self.overlap_frames :])
            anchors = [anchors[0], *(window[number] for number in KEY_FRAMES[1:ALIGN_FRAMES])]
        return np.stack(joined[:total]).astype(np.float32)

    def _window(
        self,
        network: VideoDepthAnything,
        prepared: NDArray[np.float32],
        shown: list[int],
        keep: int,
        encoded: dict[int, list[torch.Tensor]],
    ) -> NDArray[np.float32]:
        """Disparity of the first ``keep`` of the frames ``shown``: (keep, h, w).

        Each frame is encoded once; ``encoded`` holds those of the last window.
        """
        size = (prepared.shape[-2], prepared.shape[-1])
        for frame in encoded.keys() - set(shown):
            del encoded[frame]

        def work() -> torch.Tensor:
            for frame in sorted(set(shown) - encoded.keys()):
                encoded[frame] = network.encode(torch.from_numpy(prepared[frame : frame + 1]).to(self.device))
            levels = [torch.cat(level) for level in zip(*(encoded[frame] for frame in shown), strict=True)]
            return network.decode(levels, size, keep)

        try:
            return self._precisely(work, encoded.clear).cpu().numpy()
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise too_large(self.name, self.device, (prepared.shape[-2], prepared.shape[-1])) from error


def _fit(values: NDArray[np.float32], target: NDArray[np.float32]) -> tuple[float, float]:
    """Scale and shift that bring ``values`` to ``target``, by least squares; 1 and 0 for values that are all equal."""
    x, y = values.astype(np.float64).ravel(), target.astype(np.float64).ravel()
    spread = x - x.mean()
    power = float(spread @ spread)
    if power <= 1e-12 * len(x):
        return 1.0, 0.0
    scale = float(spread @ (y - y.mean())) / power
    return scale, float(y.mean()) - scale * float(x.mean())

"""Pictures in, disparity out: the protocol, and the bundled ``starter``."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from vbr_core.depth.device_memory import free_device_memory, is_out_of_memory, too_large
from vbr_core.depth.network import StarterConfig, StarterNetwork, input_size
from vbr_core.depth.ranges import RANGE_PERCENTILES, normalise
from vbr_core.depth.upsample import guided_upsample
from vbr_core.errors import InputError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.registry import ModelEntry


CALL_FRAMES = 4
"""Pictures given to a network of single pictures in one call."""


class DisparityEstimator(Protocol):
    """Estimates disparity from pictures.

    Attributes:
        name: As in the registry.
        fingerprint: Changes when the weights or the input rule change; part of the cache key.
        window_frames: Frames that the network looks at together; 1 if each picture is on its own.
        overlap_frames: Of these, how many are best shown again in the next window.
    """

    name: str
    fingerprint: str
    window_frames: int
    overlap_frames: int

    def predict(self, frames: Any) -> NDArray[np.float32]:
        """Raw affine-invariant disparity at network size: (T, H, W, 3) float32 sRGB 0..1 -> (T, h, w) float32."""

    def estimate(self, frames: Any) -> NDArray[np.float32]:
        """Disparity at picture size, one range for the window: (T, H, W, 3) sRGB 0..1 -> (T, H, W) float32 0..1."""


def load_starter_network(path: Path) -> StarterNetwork:
    """Read the weights of a starter network.

    Only safetensors files are read: they hold numbers, never code.

    Raises:
        ModelError: The file is missing, truncated, not safetensors, or of another network.
    """
    hint = "Reinstall VBR Studio, or train the network again."
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != "vbr-starter":
                raise ModelError(f"'{path.name}' holds the weights of another network.", hint)
            network = StarterNetwork(StarterConfig(**json.loads(metadata["config"])))
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - no mapping
    except FileNotFoundError as error:
        raise ModelError(f"The weights file '{path}' is missing.", hint) from error
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(f"'{path.name}' is damaged or is not a safetensors file.", hint) from error
    wanted = {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    for name in sorted(wanted.keys() ^ tensors.keys()):
        raise ModelError(f"'{path.name}' does not fit the network: '{name}' is missing or unknown.", hint)
    for name, value in tensors.items():
        if value.shape != wanted[name].shape or not bool(torch.isfinite(value).all()):
            raise ModelError(f"'{path.name}' does not fit the network: '{name}' has a wrong shape or value.", hint)
    network.load_state_dict(tensors, strict=False)
    return network.eval()


class NetworkEstimator(ABC):
    """What all estimators share: checking of frames, one range for a window, up-sampling."""

    name: str
    fingerprint: str
    window_frames: int = 1
    overlap_frames: int = 0

    def predict(self, frames: Any) -> NDArray[np.float32]:
        """Raw disparity at network size.

        Args:
            frames: (T, H, W, 3) float32, sRGB-encoded 0..1; a numpy array or a torch tensor.

        Returns:
            (T, h, w) float32, nearer larger. On one scale from call to call as far as the network has one: a network
            of windows only within a call.

        Raises:
            InputError: The shape is not (T, H, W, 3), or there are values that are not finite.
        """
        return self.predict_pictures(_as_frames(frames))

    def estimate(self, frames: Any) -> NDArray[np.float32]:
        """Disparity at picture size, 0..1, one robust range for the whole window: (T, H, W) float32."""
        pictures = _as_frames(frames)
        step = len(pictures) if self.window_frames > 1 else CALL_FRAMES
        parts = [self.predict_pictures(pictures[first : first + step]) for first in range(0, len(pictures), step)]
        raw = np.concatenate(parts)
        low, high = np.percentile(raw, RANGE_PERCENTILES)
        return np.stack(
            [
                guided_upsample(normalise(small, float(low), float(high)), picture)
                for small, picture in zip(raw, pictures, strict=True)
            ]
        )

    @abstractmethod
    def predict_pictures(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """As :meth:`predict`, of frames that are checked."""


class StarterEstimator(NetworkEstimator):
    """The bundled network."""

    def __init__(self, entry: ModelEntry, path: Path, device: str = "cpu") -> None:
        self.name = entry.name
        self.device = device
        network = load_starter_network(path)
        self.fingerprint = f"{entry.name}-{(entry.sha256 or '')[:16]}-{network.config.long_side}"
        self._network = network.to(device).to(memory_format=torch.channels_last)  # the faster layout on a processor

    def predict_pictures(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw disparity, towards 0..1, at network size: (T, H, W, 3) -> (T, h, w) float32.

        Where memory is short the pictures are looked at one by one.

        Raises:
            OutOfMemoryError: Not even one picture fits into the device's memory.
        """
        size = input_size(pictures.shape[1], pictures.shape[2], self._network.config.long_side)
        shrinking = size[0] < pictures.shape[1]
        interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
        small = np.stack([cv2.resize(picture, size[::-1], interpolation=interpolation) for picture in pictures])
        batch = np.ascontiguousarray(small.transpose(0, 3, 1, 2))
        try:
            raw = self._raw(batch)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            free_device_memory()
            raw = self._one_by_one(batch, size)
        result: NDArray[np.float32] = raw.float().cpu().numpy()
        return result

    def _raw(self, batch: NDArray[np.float32]) -> torch.Tensor:
        with torch.inference_mode():
            raw: torch.Tensor = self._network(torch.from_numpy(batch).to(self.device))
        return raw

    def _one_by_one(self, batch: NDArray[np.float32], size: tuple[int, int]) -> torch.Tensor:
        try:
            return torch.cat([self._raw(batch[at : at + 1]) for at in range(len(batch))])
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise too_large(self.name, self.device, size) from error


def _as_frames(frames: Any) -> NDArray[np.float32]:
    if hasattr(frames, "detach"):
        frames = frames.detach().cpu().numpy()
    pictures = np.asarray(frames, dtype=np.float32)
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or 0 in pictures.shape:
        raise InputError(f"The frames have the shape {pictures.shape}.", "Give (T, H, W, 3).")
    if not np.isfinite(pictures).all():
        raise InputError("The frames hold values that are not finite numbers.")
    return pictures

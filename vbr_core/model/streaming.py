"""The network over a shot, frame by frame: every frame is encoded once, three frames' features are kept.

A stage's result of frame t needs frame t+1, so each stage lags by one frame: with the coarse generator alone the first
picture comes with the second frame. ``finish`` gives the rest.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from vbr_core.model.network import Features, Stage, VbrNetwork, pad_to_stride, resize
from vbr_core.model.scale import STRIDE, scaled_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class StageInput:
    """What a stage needs of a frame, at its size: ``pictures`` (1, 3 n, h, w) and ``defocus`` (1, 1, h, w), padded to
    whole strides, and ``size``, the height and width without the padding."""

    pictures: torch.Tensor
    defocus: torch.Tensor
    size: tuple[int, int]


@dataclass(frozen=True)
class _Encoded:
    features: Features
    given: StageInput


class StageStream:
    """One stage over a shot.

    Args:
        stage: The stage.
        tile: Height and width of the tiles that are computed at a time, in pixels (a multiple of 8); 0 for whole
            pictures. The result is the same, up to rounding.
    """

    def __init__(self, stage: Stage, tile: int = 0) -> None:
        self.tile = tile
        self._stage = stage
        self._before: _Encoded | None = None
        self._current: _Encoded | None = None

    def push(self, given: StageInput) -> torch.Tensor | None:
        """Take the next frame; returns the picture (1, 3, h, w) of the one before, if there is one."""
        encoded = _Encoded(self._encode(given), given)
        result = None
        if self._current is not None:
            result = self._decode(self._before or self._current, self._current, encoded)
        self._before, self._current = self._current, encoded
        return result

    def finish(self) -> torch.Tensor | None:
        """End the shot; returns the picture of its last frame, if there was one."""
        result = None
        if self._current is not None:
            result = self._decode(self._before or self._current, self._current, self._current)
        self._before = self._current = None
        return result

    def state(self) -> tuple[_Encoded | None, _Encoded | None]:
        """For :meth:`restore`."""
        return self._before, self._current

    def restore(self, state: tuple[_Encoded | None, _Encoded | None]) -> None:
        """Go back to an earlier state."""
        self._before, self._current = state

    def _encode(self, given: StageInput) -> Features:
        height, width = given.pictures.shape[-2:]
        if not self.tile or (height <= self.tile and width <= self.tile):
            return self._stage.encode(given.pictures, given.defocus)
        whole: list[torch.Tensor] = []
        for inner, outer in _tiles(height, width, self.tile, self._stage.encoder_halo_px):
            part = self._stage.encode(_cut(given.pictures, outer, 1), _cut(given.defocus, outer, 1))
            if not whole:
                whole = [
                    given.pictures.new_empty(1, feature.shape[1], height // step, width // step)
                    for feature, step in zip(part, (2, 4, 8), strict=True)
                ]
            for target, feature, step in zip(whole, part, (2, 4, 8), strict=True):
                _paste(target, feature, inner, outer, step)
        return tuple(whole)

    def _decode(self, before: _Encoded, current: _Encoded, after: _Encoded) -> torch.Tensor:
        pictures, (rows, columns) = current.given.pictures, current.given.size
        height, width = pictures.shape[-2:]
        frames = [frame.features for frame in (before, current, after)]
        if not self.tile or (height <= self.tile and width <= self.tile):
            return self._stage.decode(frames[0], frames[1], frames[2], pictures)[..., :rows, :columns]
        result = pictures.new_empty(1, 3, height, width)
        for inner, outer in _tiles(height, width, self.tile, self._stage.decoder_halo_px):
            parts = [
                tuple(_cut(feature, outer, step) for feature, step in zip(features, (2, 4, 8), strict=True))
                for features in frames
            ]
            part = self._stage.decode(parts[0], parts[1], parts[2], _cut(pictures, outer, 1))
            _paste(result, part, inner, outer, 1)
        return result[..., :rows, :columns]


Box = tuple[int, int, int, int]


def _tiles(height: int, width: int, tile: int, halo: int) -> Iterator[tuple[Box, Box]]:
    """Boxes (y0, y1, x0, x1) that cover a picture, each with the box grown by the halo, within the picture."""
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            inner = (y, min(height, y + tile), x, min(width, x + tile))
            outer = (max(0, y - halo), min(height, y + tile + halo), max(0, x - halo), min(width, x + tile + halo))
            yield inner, outer


def _cut(picture: torch.Tensor, box: Box, step: int) -> torch.Tensor:
    """A box, given in pixels, of a picture or feature that is ``step`` times smaller."""
    y0, y1, x0, x1 = (edge // step for edge in box)
    return picture[..., y0:y1, x0:x1]


def _paste(target: torch.Tensor, part: torch.Tensor, inner: Box, outer: Box, step: int) -> None:
    """Put the inner box of a part, computed for the outer box, into the whole."""
    y0, y1, x0, x1 = (edge // step for edge in inner)
    top, left = outer[0] // step, outer[2] // step
    target[..., y0:y1, x0:x1] = part[..., y0 - top : y1 - top, x0 - left : x1 - left]


class NetworkStream:
    """Coarse generator and refiner steps over a shot.

    Args:
        network: The network.
        scales: From :func:`vbr_core.model.scale.scale_steps`: of the coarse generator first, 1 last.
        tile: See :class:`StageStream`.
    """

    def __init__(self, network: VbrNetwork, scales: list[float], tile: int = 0) -> None:
        self._network = network
        self._scales = scales
        self._stages = [StageStream(network.coarse if i == 0 else network.refiner, tile) for i in range(len(scales))]
        self._waiting: list[deque[tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]]] = [deque() for _ in scales]

    @property
    def lag(self) -> int:
        """Frames between a push and the result of that frame."""
        return len(self._scales)

    def set_tile(self, tile: int) -> None:
        """Compute in tiles of another size from now on."""
        for stage in self._stages:
            stage.tile = tile

    @torch.no_grad()
    def push(self, frame: torch.Tensor, base: torch.Tensor | None, defocus: torch.Tensor) -> list[torch.Tensor]:
        """Take the next frame.

        Args:
            frame: (1, 3, H, W) float32 sRGB 0..1.
            base: The classical renders, (1, 3 * bases, H, W); None for a network without one.
            defocus: (1, 1, H, W) S in pixels of this picture.

        Returns:
            No picture or one (1, 3, H, W), of an earlier frame. After an error (want of memory, say) the stream is as
            it was before.
        """

        def take() -> list[torch.Tensor]:
            size = (int(frame.shape[-2]), int(frame.shape[-1]))
            for queue, scale in zip(self._waiting[1:], self._scales[1:], strict=True):
                queue.append(self._at_scale(frame, base, defocus, scale, size))
            return self._advance(0, self._prepare(self._at_scale(frame, base, defocus, self._scales[0], size), None))

        return self._or_as_before(take)

    @torch.no_grad()
    def finish(self) -> list[torch.Tensor]:
        """End the shot; returns the pictures that were still to come. After an error the stream is as before."""

        def end() -> list[torch.Tensor]:
            results: list[torch.Tensor] = []
            for i, stage in enumerate(self._stages):
                last = stage.finish()
                if last is not None:
                    results += self._hand_on(i, last)
            return results

        return self._or_as_before(end)

    def _or_as_before(self, work: Callable[[], list[torch.Tensor]]) -> list[torch.Tensor]:
        states = [stage.state() for stage in self._stages]
        waiting = [deque(queue) for queue in self._waiting]
        try:
            return work()
        except BaseException:
            self._waiting = waiting
            for stage, state in zip(self._stages, states, strict=True):
                stage.restore(state)
            raise

    def _at_scale(
        self, frame: torch.Tensor, base: torch.Tensor | None, defocus: torch.Tensor, scale: float, size: tuple[int, int]
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        smaller = scaled_size(*size, scale)
        radius = self._network.config.max_radius_px
        return (
            resize(frame, smaller),
            None if base is None else resize(base, smaller),
            resize(defocus, smaller) * (scale / radius),
        )

    def _prepare(
        self, item: tuple[torch.Tensor, torch.Tensor | None, torch.Tensor], before: torch.Tensor | None
    ) -> StageInput:
        frame, base, defocus = item
        size = (int(frame.shape[-2]), int(frame.shape[-1]))
        if before is not None:
            before = resize(before, size)
        pictures = self._network.pictures_for(frame, base, before)
        return StageInput(pad_to_stride(pictures), pad_to_stride(defocus), size)

    def _advance(self, i: int, given: StageInput) -> list[torch.Tensor]:
        result = self._stages[i].push(given)
        return [] if result is None else self._hand_on(i, result)

    def _hand_on(self, i: int, result: torch.Tensor) -> list[torch.Tensor]:
        """A stage's result goes to the next stage, or out."""
        if i + 1 == len(self._stages):
            return [result]
        return self._advance(i + 1, self._prepare(self._waiting[i + 1].popleft(), result))


def check_tile(tile: int) -> int:
    """The tile size, rounded up to whole strides."""
    return -(-tile // STRIDE) * STRIDE

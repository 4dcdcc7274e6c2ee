"""``vbr``: the network of :mod:`vbr_core.model` as a renderer, over whole shots."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from resources import resource_path
from vbr_core.depth.shots import CutDetector
from vbr_core.kernels.disc import SHARP_RADIUS_PX
from vbr_core.model.scale import scale_steps
from vbr_core.model.streaming import NetworkStream, check_tile
from vbr_core.model.weights import load_network
from vbr_core.render.base import Renderer, ShotStream, check_window, scaled_window
from vbr_core.render.base_picture import BasePicture, Highlights
from vbr_core.render.behind_steadying import BehindSteadier
from vbr_core.render.color_range import surrounding_range, within_range
from vbr_core.render.edge_consensus import EdgeConsensus, edge_move
from vbr_core.render.hidden_light import HiddenLightFinder
from vbr_core.render.optics import largest_share
from vbr_core.render.recollection import Recollection
from vbr_core.render.steadying import ScaleSteadier, Steadied, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.depth.flow import Motion
    from vbr_core.look import Look
    from vbr_core.model.network import VbrNetwork
    from vbr_core.render.edge_consensus import Agreed
    from vbr_core.render.hidden_light import HiddenLight

FULL_EFFECT_PX = 1.5
"""Below this largest radius of a frame its result is faded into the frame itself, so that blur that a person animates
from nothing does not begin with a jump."""

DEFAULT_NETWORK = "vbr-hybrid"
"""The network that ``vbr`` stands for: the better one of README's table."""

FOCUSED_RADIUS_PX = 0.75
"""A pixel that is blurred no more than this is in focus."""

SMALLEST_TILE = 128
LARGEST_TILE = 1024


def weights_path(name: str) -> Path:
    """The file of a network that ships."""
    return resource_path("models", f"{DEFAULT_NETWORK if name == 'vbr' else name}.safetensors")


@lru_cache(maxsize=4)
def _network_of(path: Path, device: str, _modified_ns: int) -> VbrNetwork:
    """Weights are read once for all renderers of a process."""
    return load_network(path, device)


class NeuralRenderer(Renderer):
    """The Video Bokeh Renderer.

    Frames of a shot help each other, so a window should be a whole shot or :meth:`stream` be used. A cut within a
    window is found, and nothing crosses it.

    Args:
        network: The network, on its device.
        device: That device.
        name: As in ``load_renderer``.
    """

    name = "vbr"

    def __init__(self, network: VbrNetwork, device: str = "cpu", name: str = "vbr") -> None:
        super().__init__(device)
        self.name = name
        self.network = network
        self.tile = 0
        self._base: BasePicture | None = None
        self.recollection = Recollection()
        if network.config.hybrid:
            from vbr_core.render import load_renderer

            self._base = BasePicture.of(network, load_renderer(network.config.base, device))

    @classmethod
    def from_file(cls, path: Path, device: str = "cpu", name: str = "vbr") -> NeuralRenderer:
        """Read a safetensors file that ``vbr train`` wrote.

        Raises:
            InputError: The file is missing, damaged, or not such a file.
        """
        path = Path(path)
        modified = path.stat().st_mtime_ns if path.exists() else 0
        return cls(_network_of(path, device, modified), device, name)

    def render(self, frames: Any, disparity: Any, d_f: Any, k_px: Any, look: Look | None = None) -> Any:
        """Render a window; see :meth:`Renderer.render`. A cut in it is found and separates the shots."""
        as_tensor = hasattr(frames, "detach")
        pictures, depth, focus, amount = check_window(frames, disparity, d_f, k_px)
        depth = scaled_window(depth, focus, look)
        result = np.empty_like(pictures)
        detector = CutDetector()
        starts = [t for t, picture in enumerate(pictures) if detector.is_cut(picture) or t == 0]
        for start, stop in zip(starts, [*starts[1:], len(pictures)], strict=True):
            span = range(start, stop)
            bound = [float(amount[t]) * largest_share(float(focus[t]), look) for t in span]
            stream = self.stream(max(bound, default=0.0))
            done = start
            for t in span:
                for picture in stream.push(pictures[t], depth[t], float(focus[t]), float(amount[t]), look):
                    result[done] = picture
                    done += 1
            for picture in stream.finish():
                result[done] = picture
                done += 1
        if as_tensor:
            return torch.from_numpy(result).to(frames.device)
        return result

    def render_frame(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> NDArray[np.float32]:
        """One frame as a shot of its own: (H, W, 3) sRGB 0..1 and (H, W) -> (H, W, 3) sRGB 0..1."""
        stream = self.stream(k_px * largest_share(d_f, look))
        return [*stream.push(frame, disparity, d_f, k_px, look), *stream.finish()][0]

    def stream(self, largest_radius_px: float) -> ShotStream:
        """A shot, frame by frame; see :meth:`Renderer.stream`."""
        return NeuralStream(self, largest_radius_px)

    def use_less_memory(self, height: int) -> str:
        """Compute in tiles, or in smaller ones; see :meth:`Renderer.use_less_memory`."""
        smaller = check_tile(self.tile // 2 if self.tile else min(LARGEST_TILE, max(SMALLEST_TILE, height // 2)))
        if smaller < SMALLEST_TILE or smaller == self.tile:
            return ""
        self.tile = smaller
        self.recollection.forget()
        if self._base is not None:
            self._base.band_rows = smaller
        return f"rendered in tiles of {smaller} pixels, same result."


@dataclass(frozen=True)
class _Given:
    """A frame as it was pushed, or with its disparity steadied and mended."""

    frame: NDArray[np.float32]
    disparity: NDArray[np.float32]
    d_f: float
    k_px: float
    look: Look | None
    highlights: Highlights | None = None


class NeuralStream(ShotStream):
    """A shot through the network.

    Pictures come out with a lag of one frame per stage, of the frames that the scale of the disparity is steadied
    over (:mod:`vbr_core.render.steadying`), and of those in which hidden places are looked for
    (:mod:`vbr_core.render.hidden_light`). What is guessed there is carried on from frame to frame
    (:mod:`vbr_core.render.behind_steadying`).
    """

    def __init__(self, renderer: NeuralRenderer, largest_radius_px: float) -> None:
        self._renderer = renderer
        self._pushed = 0
        scales = scale_steps(renderer.network.config.max_radius_px, largest_radius_px)
        self._stream = NetworkStream(renderer.network, scales, renderer.tile)
        self._steadier: ScaleSteadier[_Given] = ScaleSteadier()
        looks_around = renderer._base is not None and renderer._base.looks_around
        mends = renderer._base is not None and renderer._base.mending is not None
        self._consensus: EdgeConsensus[_Given] | None = EdgeConsensus() if looks_around and mends else None
        self._finder: HiddenLightFinder[_Given] | None = HiddenLightFinder() if looks_around else None
        self._behind: BehindSteadier | None = BehindSteadier() if looks_around else None
        self._ending: deque[Steadied[_Given]] | None = None
        self._last_agreed: deque[Agreed[_Given]] | None = None
        self._last_hidden: deque[tuple[_Given, HiddenLight]] | None = None
        self._late: list[NDArray[np.float32]] = []
        self._sources: deque[_Source] = deque()

    def push(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> list[NDArray[np.float32]]:
        """See :meth:`ShotStream.push`. The shape of the aperture and the highlights are those of the base picture."""
        before = self._steadier.state()
        try:
            ready = self._steadier.push(frame, disparity, _Given(frame, disparity, d_f, k_px, look))
            pictures = [picture for each in ready for picture in self._mended(each)]
            self._pushed += 1
            return pictures
        except BaseException:
            self._steadier.restore(before)
            raise

    def finish(self) -> list[NDArray[np.float32]]:
        """See :meth:`ShotStream.finish`. After an error it can be called again, and goes on where it was."""
        base = self._renderer._base
        if base is None or self._pushed != 1:
            return self._finish()
        # a frame on its own is a preview: likely to come again with another focus
        base.recollection = self._renderer.recollection
        try:
            return self._finish()
        finally:
            base.recollection = None

    def _finish(self) -> list[NDArray[np.float32]]:
        if self._ending is None:
            self._ending = deque(self._steadier.finish())
        while self._ending:
            self._late += self._mended(self._ending[0])
            self._ending.popleft()
        if self._consensus is not None:
            if self._last_agreed is None:
                self._last_agreed = deque(self._consensus.finish())
            while self._last_agreed:
                self._late += self._agreed(self._last_agreed[0])
                self._last_agreed.popleft()
        if self._finder is not None:
            if self._last_hidden is None:
                self._last_hidden = deque(self._finder.finish())
            while self._last_hidden:
                self._late += self._render(*self._last_hidden[0])
                self._last_hidden.popleft()
        return self._late + [self._finished(result) for result in self._stream.finish()]

    def _pause(self) -> None:
        if self.between is not None:
            self.between()

    def _mended(self, ready: Steadied[_Given]) -> list[NDArray[np.float32]]:
        """The pictures that are ready after one more frame. After an error all is as it was."""
        given = ready.given
        steadied = disparity = scaled(given.disparity, ready.scale)
        base = self._renderer._base
        # a frame that is not blurred may still show what its neighbours hide
        if base is not None and (
            _largest_radius(given) > SHARP_RADIUS_PX or (self._finder is not None and given.k_px > 0.0)
        ):
            disparity = base.mended(given.frame, disparity)
        move = edge_move(steadied, disparity) if self._consensus is not None and given.k_px > 0.0 else None
        given = replace(given, disparity=disparity)
        if self._consensus is None:
            return self._found(given, None)
        before = self._consensus.state()
        try:
            agreed = self._consensus.push(given.frame, disparity, move, given)
            return [picture for each in agreed for picture in self._agreed(each)]
        except BaseException:
            self._consensus.restore(before)
            raise

    def _agreed(self, ready: Agreed[_Given]) -> list[NDArray[np.float32]]:
        """The same, after the frames have agreed on where the edges of one lie. Those are mended again."""
        given = ready.given
        if ready.changed:
            assert self._renderer._base is not None
            given = replace(given, disparity=self._renderer._base.mended(given.frame, ready.disparity))
        return self._found(given, ready.between)

    def _found(self, given: _Given, between: tuple[Motion, Motion] | None) -> list[NDArray[np.float32]]:
        """The same, of a frame whose disparity is final."""
        if self._finder is None:
            return self._render(given, None)
        assert self._renderer._base is not None
        highlights = self._renderer._base.highlights_of(given.frame)
        given = replace(given, highlights=highlights)
        before = self._finder.state()
        try:
            bright = highlights.on(given.frame)
            found = self._finder.push(given.frame, given.disparity, given, between, bright)
            return [picture for each in found for picture in self._render(*each)]
        except BaseException:
            self._finder.restore(before)
            raise

    def _render(self, given: _Given, hidden: HiddenLight | None) -> list[NDArray[np.float32]]:
        """The network's pictures after one more frame, whose disparity is mended. After an error all is as it was."""
        self._pause()
        before = None if self._behind is None else self._behind.state()
        try:
            return self._rendered(given, hidden)
        except BaseException:
            if self._behind is not None:
                self._behind.restore(before)
            raise

    def _rendered(self, given: _Given, hidden: HiddenLight | None) -> list[NDArray[np.float32]]:
        frame, d_f, k_px, look = given.frame, given.d_f, given.k_px, given.look
        disparity = given.disparity
        renderer = self._renderer
        self._stream.set_tile(renderer.tile)
        device = torch.device(renderer.device)
        radius = _largest_radius(given)
        base = frame
        if renderer._base is not None:
            base = renderer._base.render_with(frame, disparity, d_f, k_px, look, hidden, self._behind, given.highlights)
        defocus = torch.from_numpy((disparity - np.float32(d_f)) * np.float32(k_px)).to(device)[None, None]
        pictures = [_to_tensor(picture, device) for picture in (frame, base)]
        results = self._stream.push(pictures[0], pictures[1] if renderer._base is not None else None, defocus)
        bounds = surrounding_range(pictures[0], pictures[1], radius)
        first = base if base.shape[-1] == 3 else np.ascontiguousarray(base[..., :3])
        self._sources.append(_Source(frame, first, blurred_share(disparity, d_f, k_px), bounds, radius))
        return [self._finished(result) for result in results]

    def _finished(self, result: torch.Tensor) -> NDArray[np.float32]:
        source = self._sources.popleft()
        if source.radius_px <= SHARP_RADIUS_PX:
            return source.frame
        picture = within_range(result, source.bounds)[0].clamp(0.0, 1.0).permute(1, 2, 0).float().cpu().numpy()
        picture = source.base + source.blurred[..., None] * (picture - source.base)
        effect = np.float32(min(1.0, (source.radius_px - SHARP_RADIUS_PX) / (FULL_EFFECT_PX - SHARP_RADIUS_PX)))
        if effect < 1.0:
            picture = source.frame + effect * (picture - source.frame)
        return np.ascontiguousarray(picture, np.float32)


@dataclass(frozen=True)
class _Source:
    """What a result is put together with: ``frame`` and ``base`` (H, W, 3), ``blurred`` (H, W), the range of colours
    around each cell, the largest radius."""

    frame: NDArray[np.float32]
    base: NDArray[np.float32]
    blurred: NDArray[np.float32]
    bounds: tuple[torch.Tensor, torch.Tensor]
    radius_px: float


def _largest_radius(given: _Given) -> float:
    """Largest blur radius of a frame in pixels."""
    return float(np.abs(given.disparity - np.float32(given.d_f)).max()) * given.k_px


def blurred_share(disparity: NDArray[np.float32], d_f: float, k_px: float) -> NDArray[np.float32]:
    """How far the network has a say in each pixel, (H, W) float32 0..1: nowhere amid what is in focus.

    A focused surface is the frame itself, to the bit in the classical render; a network would soften it a little. It
    counts from a few pixels beside the nearest blurred one, so edges of focused things are still mended.
    """
    blurred = (np.abs(disparity - np.float32(d_f)) * np.float32(k_px) > FOCUSED_RADIUS_PX).astype(np.float32)
    reach = max(4, round(disparity.shape[0] / 135))
    grown = cv2.dilate(blurred, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(cv2.blur(grown, (reach + 1, reach + 1)), np.float32)


def _to_tensor(picture: NDArray[np.float32], device: torch.device) -> torch.Tensor:
    """(H, W, 3) -> (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(picture)).to(device).permute(2, 0, 1)[None].contiguous()

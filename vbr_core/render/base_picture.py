"""The hybrid's base picture: the classical render of the frame with its clipped highlights, by mended disparity.

With a network that takes frames apart (:mod:`vbr_core.model.layer_separation`), the layers are rendered instead of the
frame, and what other frames of the shot show of hidden places is used.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
import torch

from vbr_core.kernels.disc import SHARP_RADIUS_PX
from vbr_core.model.blocks import STRIDE
from vbr_core.model.highlights import CLIPPED_FROM
from vbr_core.model.layer_separation import HiddenGuess, Layers
from vbr_core.render.base import Renderer
from vbr_core.render.behind_steadying import BehindSteadier
from vbr_core.render.clipped_light import any_channel, changed
from vbr_core.render.color_range import surrounding_range, within_range
from vbr_core.render.edge_consensus import AgreedShot, agreed_shot
from vbr_core.render.hidden_light import HiddenLightFinder, hidden_light, look_at
from vbr_core.render.highlight_gain import only_where_blurred
from vbr_core.render.layers import layered_input, outline_share, reaching
from vbr_core.render.outside import surrounded
from vbr_core.render.scatter import ScatterRenderer
from vbr_core.render.steadying import ScaleSteadier, Steadied, scaled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from numpy.typing import NDArray

    from vbr_core.look import Look
    from vbr_core.model.disparity_mending import DisparityMending
    from vbr_core.model.highlights import HighlightRecovery
    from vbr_core.model.layer_separation import LayerSeparation
    from vbr_core.model.network import VbrNetwork
    from vbr_core.render.edge_consensus import Between
    from vbr_core.render.hidden_light import HiddenLight
    from vbr_core.render.recollection import Recollection

Result = TypeVar("Result")

LAYER_NAMES = tuple(field.name for field in fields(Layers))

BAND_ROWS = 512
"""Networks look at a picture in bands of about so many rows: memory does not grow with the picture's height."""

HALO_ROWS = 112
"""Rows around a band that its result depends on, rounded up."""

HIDDEN_REACH_PX = 24.0
"""How far around a hidden place its colours are looked for."""


@dataclass(frozen=True)
class Highlights:
    """The light of a frame's clipped pixels.

    Attributes:
        places: (N,) flat indices of pixels.
        colors: (N, 3) float32 on the sRGB curve continued above 1.
    """

    places: NDArray[np.intp]
    colors: NDArray[np.float32]

    def on(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frame (H, W, 3) with that light; the same array if there is none."""
        if len(self.places) == 0:
            return frame
        result = frame.copy()
        result.reshape(-1, 3)[self.places] = self.colors
        return result


class BasePicture(Renderer):
    """A classical renderer behind a guess of clipped light. Whoever calls it mends the disparity first.

    Args:
        renderer: The classical renderer.
        highlights: The guess; None leaves frames as they are.
        mending: Mends disparity; None leaves it as it is.
        separation: Takes frames apart; needs ``scatter``. None renders them as they are.
        looks_around: Whether :meth:`render_shot` looks for hidden places in other frames.
        with_plain: Whether :meth:`render_with` adds the render of the frame as it is, without layers.

    Attributes:
        recollection: Where what was found out about a frame is kept for its next render; None keeps nothing.
    """

    def __init__(
        self,
        renderer: Renderer,
        highlights: HighlightRecovery | None,
        mending: DisparityMending | None = None,
        separation: LayerSeparation | None = None,
        looks_around: bool = True,
        with_plain: bool = False,
    ) -> None:
        super().__init__(renderer.device)
        self.renderer = renderer
        self.highlights = highlights
        self.mending = mending
        self.separation = separation
        self.looks_around = looks_around and separation is not None
        self.with_plain = with_plain
        self.recollection: Recollection | None = None
        self.name = renderer.name
        for name, module in (("highlights", highlights), ("mending", mending), ("separation", separation)):
            if module is not None:
                digest = hashlib.sha256()
                for value in module.state_dict().values():
                    digest.update(np.ascontiguousarray(value.detach().cpu().float().numpy()).tobytes())
                self.name += f"-{name}-{digest.hexdigest()[:8]}"
        if separation is not None and not looks_around:
            self.name += "-alone"
        if with_plain:
            self.name += "-plain"

    @classmethod
    def of(cls, network: VbrNetwork, classical: Renderer) -> BasePicture:
        """The base picture of a hybrid network."""
        config = network.config
        parts = (network.highlights, network.mending, network.separation)
        return cls(classical, *parts, config.looks_around, config.plain_base)

    def render_frame(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> NDArray[np.float32]:
        """See :meth:`Renderer.render_frame`. The frame is on its own: no other one shows what it hides."""
        return np.ascontiguousarray(self.render_with(frame, disparity, d_f, k_px, look, None)[..., :3])

    def render_with(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None,
        hidden: HiddenLight | None,
        steadier: BehindSteadier | None = None,
        highlights: Highlights | None = None,
    ) -> NDArray[np.float32]:
        """Render one frame: (H, W, 3) sRGB 0..1 and (H, W) -> (H, W, 3 or 6) sRGB 0..1, first the layers, then plain.

        Args:
            frame: See :meth:`Renderer.render_frame`.
            disparity: Mended.
            d_f: Disparity of the focal plane.
            k_px: Blur amount in pixels of this picture.
            look: How the blur looks.
            hidden: What the shot's other frames tell of hidden places; None if there are none.
            steadier: What was guessed in the frame before.
            highlights: Of the frame, if they were guessed already.
        """
        if float(np.abs(disparity - np.float32(d_f)).max()) * k_px <= SHARP_RADIUS_PX:
            if steadier is not None:
                steadier.forget()
            return np.concatenate([frame, frame], axis=-1) if self.with_plain else frame
        self.renderer.band_rows = self.band_rows
        bright = self.with_highlights(frame) if highlights is None else highlights.on(frame)
        if hidden is not None and hidden.gain_change is not None and bright is not frame:
            bright = changed(frame, bright, hidden.gain_change)
        if bright is not frame:
            # what is in focus is shown as it is, clipped or not
            bright = only_where_blurred(frame, bright, disparity, d_f, k_px)
        if self.separation is None or not isinstance(self.renderer, ScatterRenderer):
            return self.renderer.render_frame(bright, disparity, d_f, k_px, look)
        if hidden is None:
            hidden = hidden_light([look_at(frame, disparity)], 0)
        around, lines = hidden.outside, hidden.zone.shape[0]
        plain = None
        if self.with_plain or not hidden.zone.any():
            given = surrounded(self.renderer.prepare(bright, disparity, d_f, k_px, look), around, lines)
            plain = self.renderer.render_prepared(given, look)
        if not hidden.zone.any():
            assert plain is not None
            if steadier is not None:
                steadier.forget()
            return np.concatenate([plain, plain], axis=-1) if self.with_plain else plain
        layers = self.steadily_separated(frame, disparity, hidden, steadier)
        extra = hidden.extra
        if extra is not None and extra.shape[:2] != disparity.shape:
            extra = np.asarray(cv2.resize(extra, disparity.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        given = layered_input(bright, disparity, layers, d_f, k_px, look, self.device, extra)
        if plain is None:
            return self.renderer.render_prepared(surrounded(given, around, lines), look)
        share = outline_share(given)
        given = surrounded(reaching(given, share > 0.0, given.shape_reach), around, lines)
        layered = plain + share[..., None] * (self.renderer.render_prepared(given, look) - plain)
        return np.concatenate([layered, plain], axis=-1)

    def render_shot(
        self,
        frames: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: NDArray[np.float32],
        k_px: NDArray[np.float32],
        between: list[Between] | None = None,
    ) -> NDArray[np.float32]:
        """Frames (T, H, W, 3) of one shot by mended disparity (T, H, W); ``d_f`` and ``k_px`` are (T,).

        ``between`` is the motion between frames, if it was found already (:class:`AgreedShot`).

        Returns:
            (T, H, W, 3 or 6); see :meth:`render_with`.
        """
        found: list[tuple[int, HiddenLight | None]] = [(t, None) for t in range(len(frames))]
        lights = [self.highlights_of(frame) for frame in frames]
        if self.looks_around:
            finder: HiddenLightFinder[int] = HiddenLightFinder()
            found = []
            for t, frame in enumerate(frames):
                motion = None if between is None else between[t]
                found += finder.push(frame, disparity[t], t, motion, lights[t].on(frame))
            found += finder.finish()
        steadier = BehindSteadier() if self.looks_around else None
        return np.stack(
            [
                self.render_with(
                    frames[t], disparity[t], float(d_f[t]), float(k_px[t]), None, hidden, steadier, lights[t]
                )
                for t, hidden in found
            ]
        )

    def highlights_of(self, frame: NDArray[np.float32]) -> Highlights:
        """The light of what is clipped in a frame (H, W, 3) sRGB 0..1."""
        return self._recalled("highlights", (frame,), lambda: self._highlights_of(frame))

    def _recalled(self, kind: str, given: tuple[NDArray[Any], ...], make: Callable[[], Result]) -> Result:
        return make() if self.recollection is None else self.recollection.of(kind, given, make)

    def _highlights_of(self, frame: NDArray[np.float32]) -> Highlights:
        bright = self.with_highlights(frame)
        if bright is frame:
            return Highlights(np.empty(0, np.intp), np.empty((0, 3), np.float32))
        places = np.flatnonzero(any_channel(bright != frame))
        return Highlights(places, bright.reshape(-1, 3)[places])

    @torch.no_grad()
    def with_highlights(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W, 3) sRGB 0..1 -> (H, W, 3) on the sRGB curve continued above 1; the same array if nothing is white."""
        if self.highlights is None or float(frame.max()) <= CLIPPED_FROM:
            return frame
        result = frame.copy()
        for first, last, top, bottom in _bands(len(frame)):
            if float(frame[first:last].max()) <= CLIPPED_FROM:
                continue
            part = torch.from_numpy(np.ascontiguousarray(frame[top:bottom])).to(self.device)
            brighter = self.highlights(part.permute(2, 0, 1)[None])[0].permute(1, 2, 0)
            result[first:last] = brighter[first - top : last - top].float().cpu().numpy()
        return result

    @torch.no_grad()
    def mended(self, frame: NDArray[np.float32], disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        """Disparity with its edges where the frame has them: (H, W, 3) sRGB 0..1 and (H, W) -> (H, W) float32."""
        if self.mending is None:
            return disparity
        return self._recalled("mended", (frame, disparity), lambda: self._mended(frame, disparity))

    def _mended(self, frame: NDArray[np.float32], disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        assert self.mending is not None
        result = np.empty_like(disparity, np.float32)
        for first, last, top, bottom in _bands(len(frame)):
            picture, part = (
                torch.from_numpy(np.ascontiguousarray(given[top:bottom], np.float32)).to(self.device)
                for given in (frame, disparity)
            )
            mended = self.mending.mend(picture.permute(2, 0, 1)[None], part[None, None])[0, 0]
            result[first:last] = mended[first - top : last - top].float().cpu().numpy()
        return result

    def mended_shot(
        self, frames: NDArray[np.float32], disparity: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], AgreedShot]:
        """Disparity (T, H, W) of one shot, steadied and mended frame by frame, and with edges that the frames agree on.

        Without looking around both are the same.
        """
        steadier: ScaleSteadier[int] = ScaleSteadier()
        scales: list[Steadied[int]] = []
        for t, frame in enumerate(frames):
            scales += steadier.push(frame, disparity[t], t)
        scales += steadier.finish()
        disparity = np.stack([scaled(disparity[each.given], each.scale) for each in scales])
        mended = np.stack([self.mended(frame, each) for frame, each in zip(frames, disparity, strict=True)])
        if not self.looks_around or self.mending is None:
            return mended, AgreedShot(mended, [None] * len(frames))
        return mended, agreed_shot(frames, disparity, mended, self.mended)

    def steadily_separated(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        hidden: HiddenLight,
        steadier: BehindSteadier | None,
    ) -> Layers:
        """The frame in layers; the one behind goes on from the frame before, if a steadier is given."""
        layers = self.separated(frame, disparity, hidden)
        return layers if steadier is None else steadier.steadied(frame, disparity, layers, hidden)

    @torch.no_grad()
    def separated(self, frame: NDArray[np.float32], disparity: NDArray[np.float32], hidden: HiddenLight) -> Layers:
        """The frame in layers, a batch of one: (H, W, 3) sRGB 0..1 and (H, W)."""
        given = (frame, disparity, hidden.color, hidden.disparity, hidden.seen, hidden.zone)
        return self._recalled("layers", given, lambda: self._separated(frame, disparity, hidden))

    def _separated(self, frame: NDArray[np.float32], disparity: NDArray[np.float32], hidden: HiddenLight) -> Layers:
        assert self.separation is not None
        height, width = disparity.shape
        color, depth, seen, zone = _at_size(hidden, height, width)
        parts = []
        for first, last, top, bottom in _bands(height):
            picture, part, *guessed = (
                torch.from_numpy(np.ascontiguousarray(given[top:bottom], np.float32)).to(self.device)
                for given in (frame, disparity, color, depth, seen, zone)
            )
            guess = HiddenGuess(guessed[0].permute(2, 0, 1)[None], *(each[None, None] for each in guessed[1:]))
            picture = picture.permute(2, 0, 1)[None]
            layers = self.separation(picture, part[None, None], guess)
            # a hidden surface has the colours of what is seen around it, or of what other frames show there
            known = surrounding_range(picture, guess.color, HIDDEN_REACH_PX)
            layers = replace(layers, behind=within_range(layers.behind, known))
            inner = slice(first - top, last - top)
            parts.append(Layers(*(getattr(layers, name)[:, :, inner] for name in LAYER_NAMES)))
        return Layers(*(torch.cat([getattr(part, name) for part in parts], dim=2) for name in LAYER_NAMES))


def _at_size(hidden: HiddenLight, height: int, width: int) -> tuple[NDArray[np.float32], ...]:
    """Colour, disparity, certainty and zone of what is hidden, at a picture's size."""
    zone = hidden.zone.astype(np.float32)
    if zone.shape == (height, width):
        return hidden.color, hidden.disparity, hidden.seen, zone
    ways = (
        (hidden.color, cv2.INTER_LINEAR),
        (hidden.disparity, cv2.INTER_NEAREST),
        (hidden.seen, cv2.INTER_LINEAR),
        (zone, cv2.INTER_NEAREST),
    )
    return tuple(np.asarray(cv2.resize(part, (width, height), interpolation=way), np.float32) for part, way in ways)


def _bands(height: int) -> Iterator[tuple[int, int, int, int]]:
    """First row and end of each band of a picture, and of the rows that its result depends on."""
    rows = -(-height // max(1, round(height / BAND_ROWS)))
    rows = -(-rows // STRIDE) * STRIDE  # bands begin where the network's cells do
    for first in range(0, height, rows):
        last = min(height, first + rows)
        yield first, last, max(0, first - HALO_ROWS), min(height, last + HALO_ROWS)

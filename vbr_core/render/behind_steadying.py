"""Keeps the guess of what near things hide the same from frame to frame.

What no frame shows is guessed in each frame anew, and a guess that changes flickers where it is seen through a blurred
edge. A hidden surface moves on behind what hides it, so what was guessed or seen of it before is carried on along its
motion, and the new guess is averaged with it: the more was seen, the more it counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from vbr_core.depth.flow import positions
from vbr_core.render.outside import SAME_SURFACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.model.layer_separation import Layers
    from vbr_core.render.hidden_light import HiddenLight

SEEN_WEIGHT = 6.0
"""What a frame shows counts as much as so many guesses."""

MOST_WEIGHT, DECAY = 8.0, 0.95
"""Of what was before: at most so many guesses, and less by this factor every frame."""


@dataclass(frozen=True)
class Remembered:
    """A frame without what its outlines hide things with, at working size.

    Attributes:
        color: (h, w, 3) float32, sRGB-encoded: the layer behind, or the frame itself.
        disparity: (h, w) float32 of it.
        weight: (h, w) float32: how many guesses it is worth.
    """

    color: NDArray[np.float32]
    disparity: NDArray[np.float32]
    weight: NDArray[np.float32]


class BehindSteadier:
    """Layers of one shot's frames go in, one after another, and come out with a steadier layer behind."""

    def __init__(self) -> None:
        self._before: Remembered | None = None

    def steadied(
        self, frame: NDArray[np.float32], disparity: NDArray[np.float32], layers: Layers, hidden: HiddenLight
    ) -> Layers:
        """The layers of the next frame.

        Args:
            frame: (H, W, 3) sRGB 0..1.
            disparity: (H, W), mended.
            layers: The frame in layers, a batch of one.
            hidden: What the shot's other frames tell, with the motion of hidden things since the frame before.
        """
        now, is_behind = self._seen_through(frame, disparity, layers, hidden)
        before, self._before = self._before, now
        if before is None or hidden.back is None or before.disparity.shape != now.disparity.shape:
            return layers
        place = positions(*now.disparity.shape) + hidden.back
        color = cv2.remap(before.color, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        depth = cv2.remap(before.disparity, place, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        weight = cv2.remap(before.weight, place, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        same = is_behind & (np.abs(depth - now.disparity) < SAME_SURFACE)
        weight = np.where(same, weight * np.float32(DECAY), np.float32(0.0))
        total = now.weight + weight
        change = (color - now.color) * (weight / total)[..., None]
        self._before = replace(
            now, color=now.color + change, weight=np.minimum(total, np.float32(MOST_WEIGHT)).astype(np.float32)
        )
        added = torch.from_numpy(change).permute(2, 0, 1)[None].to(layers.behind)
        if added.shape[-2:] != layers.behind.shape[-2:]:
            added = F.interpolate(added, layers.behind.shape[-2:], mode="bilinear", align_corners=False)
        behind = torch.where(layers.is_behind, (layers.behind + added).clamp(0.0, 1.0), layers.behind)
        return replace(layers, behind=behind)

    def forget(self) -> None:
        """A frame was left out: what was before says nothing about the next one."""
        self._before = None

    def state(self) -> Remembered | None:
        """For :meth:`restore`."""
        return self._before

    def restore(self, state: Remembered | None) -> None:
        """Go back to an earlier state."""
        self._before = state

    @staticmethod
    def _seen_through(
        frame: NDArray[np.float32], disparity: NDArray[np.float32], layers: Layers, hidden: HiddenLight
    ) -> tuple[Remembered, NDArray[np.bool_]]:
        """The frame with what is behind in place of what hides it, and where that is, at working size."""
        size = hidden.zone.shape
        picture, depth = (torch.from_numpy(np.ascontiguousarray(each)).to(layers.behind) for each in (frame, disparity))
        color = torch.where(layers.is_behind, layers.behind, picture.permute(2, 0, 1)[None])
        depth = torch.where(layers.is_behind, layers.behind_disparity, depth[None, None])
        mask = layers.is_behind.to(color.dtype)
        if color.shape[-2:] != size:
            color = F.interpolate(color, size, mode="area")
            depth = F.interpolate(depth, size, mode="nearest")
            mask = F.adaptive_max_pool2d(mask, size)
        is_behind = mask[0, 0].cpu().numpy() > 0.0
        weight = np.where(is_behind & (hidden.seen <= 0.0), 1.0, SEEN_WEIGHT)
        weight = np.where(hidden.seen > 0.0, SEEN_WEIGHT * hidden.seen, weight).astype(np.float32)
        small = np.ascontiguousarray(color[0].permute(1, 2, 0).float().cpu().numpy())
        return Remembered(small, depth[0, 0].float().cpu().numpy(), weight), is_behind

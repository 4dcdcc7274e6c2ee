"""Disparity steadied along optical flow, and the row "RVR" of the evaluation (Zhang et al. 2019; paper, [34])."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.render.base import check_window
from vbr_core.render.layered import LayeredRenderer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.look import Look

AGREE_SHARE, AGREE_PX2 = 0.01, 0.5
"""Forward and backward flow agree within this (Sundaram et al. 2010, eq. 5)."""


class FlowSmoothedRenderer(LayeredRenderer):
    """Disparity smoothed over neighbouring frames, then layers: what video bokeh did before networks."""

    name = "rvr"

    def render(self, frames: Any, disparity: Any, d_f: Any, k_px: Any, look: Look | None = None) -> Any:
        """As :meth:`vbr_core.render.base.Renderer.render`."""
        pictures, depth, _, _ = check_window(frames, disparity, d_f, k_px)
        return super().render(frames, smooth_disparity(pictures, depth), d_f, k_px, look)


def smooth_disparity(frames: NDArray[np.float32], disparity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of each frame's disparity and its neighbours', moved along the flow, where the flow can be trusted.

    Args:
        frames: (T, H, W, 3) float32, sRGB-encoded, 0..1.
        disparity: (T, H, W) float32, 0..1.

    Returns:
        (T, H, W) float32, 0..1.
    """
    grey = [cv2.cvtColor(np.round(frame * 255.0).astype(np.uint8), cv2.COLOR_RGB2GRAY) for frame in frames]
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    total = disparity.astype(np.float64)
    count = np.ones_like(total)
    for t in range(len(grey) - 1):
        # flow from a to b: the point at x in a is at x + flow[x] in b; (H, W, 2), x before y
        onward, back = finder.calc(grey[t], grey[t + 1], None), finder.calc(grey[t + 1], grey[t], None)
        for here, there, flow, opposite in ((t, t + 1, onward, back), (t + 1, t, back, onward)):
            moved, trusted = _bring(disparity[there], flow, opposite)
            total[here] += np.where(trusted, moved, 0.0)
            count[here] += trusted
    return np.asarray(np.clip(total / count, 0.0, 1.0), np.float32)


def _bring(
    values: NDArray[np.float32], flow: NDArray[np.float32], opposite: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Values (H, W) of another frame at this frame's points, and where forward and backward flow agree."""
    height, width = values.shape
    y, x = np.meshgrid(np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32), indexing="ij")
    x, y = x + flow[..., 0], y + flow[..., 1]
    moved = np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    return_flow = np.asarray(cv2.remap(opposite, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    miss = np.square(flow + return_flow).sum(axis=-1)
    allowed = AGREE_SHARE * (np.square(flow).sum(axis=-1) + np.square(return_flow).sum(axis=-1)) + AGREE_PX2
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return moved, np.asarray(inside & (miss < allowed))

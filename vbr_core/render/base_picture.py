"""The hybrid's base picture: the classical render of the frame with its clipped highlights, by mended disparity."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch

from vbr_core.model.blocks import STRIDE
from vbr_core.model.highlights import CLIPPED_FROM
from vbr_core.render.base import Renderer
from vbr_core.render.highlight_gain import only_where_blurred

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from vbr_core.look import Look
    from vbr_core.model.disparity_mending import DisparityMending
    from vbr_core.model.highlights import HighlightRecovery

BAND_ROWS = 512
"""Networks look at a picture in bands of about so many rows: memory does not grow with the picture's height."""

HALO_ROWS = 112
"""Rows around a band that its result depends on, rounded up."""


class BasePicture(Renderer):
    """A classical renderer behind a guess of clipped light. Whoever calls it mends the disparity first.

    Args:
        renderer: The classical renderer.
        highlights: The guess; None leaves frames as they are.
        mending: Mends disparity; None leaves it as it is.
    """

    def __init__(
        self, renderer: Renderer, highlights: HighlightRecovery | None, mending: DisparityMending | None = None
    ) -> None:
        super().__init__(renderer.device)
        self.renderer = renderer
        self.highlights = highlights
        self.mending = mending
        self.name = renderer.name
        for name, module in (("highlights", highlights), ("mending", mending)):
            if module is not None:
                digest = hashlib.sha256()
                for value in module.state_dict().values():
                    digest.update(np.ascontiguousarray(value.detach().cpu().float().numpy()).tobytes())
                self.name += f"-{name}-{digest.hexdigest()[:8]}"

    def render_frame(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> NDArray[np.float32]:
        """See :meth:`Renderer.render_frame`."""
        self.renderer.band_rows = self.band_rows
        bright = self.with_highlights(frame)
        if bright is not frame:
            # what is in focus is shown as it is, clipped or not
            bright = only_where_blurred(frame, bright, disparity, d_f, k_px)
        return self.renderer.render_frame(bright, disparity, d_f, k_px, look)

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
        result = np.empty_like(disparity, np.float32)
        for first, last, top, bottom in _bands(len(frame)):
            picture, part = (
                torch.from_numpy(np.ascontiguousarray(given[top:bottom], np.float32)).to(self.device)
                for given in (frame, disparity)
            )
            mended = self.mending.mend(picture.permute(2, 0, 1)[None], part[None, None])[0, 0]
            result[first:last] = mended[first - top : last - top].float().cpu().numpy()
        return result


def _bands(height: int) -> Iterator[tuple[int, int, int, int]]:
    """First row and end of each band of a picture, and of the rows that its result depends on."""
    rows = -(-height // max(1, round(height / BAND_ROWS)))
    rows = -(-rows // STRIDE) * STRIDE  # bands begin where the network's cells do
    for first in range(0, height, rows):
        last = min(height, first + rows)
        yield first, last, max(0, first - HALO_ROWS), min(height, last + HALO_ROWS)

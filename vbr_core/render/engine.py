"""Pictures in, refocused pictures out: sizes, units, device and memory are dealt with here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from vbr_core.depth.upsample import guided_upsample
from vbr_core.errors import OutOfMemoryError
from vbr_core.render import load_renderer
from vbr_core.render.optics import k_in_pixels, with_sharp_zone
from vbr_core.settings import RenderSettings, check_blur, check_focus, check_sharp_zone
from vbr_core.video.reader import from_float, to_float

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

SMALLEST_BAND = 16


class RenderEngine:
    """Renders single pictures in the document's units.

    Attributes:
        settings: Renderer and device.
        note: One sentence for the user on what was done differently than asked (smaller bands); empty if nothing.
    """

    def __init__(self, settings: RenderSettings | None = None) -> None:
        self.settings = settings or RenderSettings()
        self._renderer = load_renderer(self.settings.renderer, self.settings.device)
        self.note = ""

    @property
    def device(self) -> str:
        """The torch device the work runs on."""
        return self._renderer.device

    def render(
        self,
        rgb: NDArray[np.uint8] | NDArray[np.uint16],
        disparity: NDArray[np.float32],
        d_f: float,
        k: float,
        sharp_zone: float = 0.0,
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Refocus one picture.

        Args:
            rgb: (H, W, 3) uint8 or uint16, sRGB-encoded.
            disparity: (h, w) float32, 0..1, any size: it is brought to the picture's size along the picture's edges.
            d_f: Disparity of the focal plane, 0..1.
            k: Blur amount at 1080 lines.
            sharp_zone: Disparity on either side of ``d_f`` that stays sharp, 0..0.5.

        Returns:
            (H, W, 3), the dtype of ``rgb``. With no pixel blurred it is ``rgb`` itself, unchanged.

        Raises:
            InputError: A value is out of range.
            OutOfMemoryError: Even the smallest band does not fit into memory.
        """
        check_focus(d_f)
        check_sharp_zone(sharp_zone)
        k_px = k_in_pixels(check_blur(k), rgb.shape[0])
        if k_px == 0.0:
            return rgb
        full = with_sharp_zone(guided_upsample(disparity, rgb), d_f, sharp_zone)
        frame = to_float(rgb)
        result = self._render_within_memory(frame, full, d_f, k_px)
        if result is frame:
            return rgb
        return from_float(result, rgb.dtype)

    def _render_within_memory(
        self, frame: NDArray[np.float32], disparity: NDArray[np.float32], d_f: float, k_px: float
    ) -> NDArray[np.float32]:
        """Render, with bands half as high after each failure for want of memory."""
        while True:
            try:
                result: NDArray[np.float32] = self._renderer.render(frame[None], disparity[None], d_f, k_px)[0]
            except (MemoryError, RuntimeError) as error:
                if not _is_out_of_memory(error):
                    raise
                rows = (self._renderer.band_rows or frame.shape[0]) // 2
                if rows < SMALLEST_BAND:
                    raise OutOfMemoryError(
                        f"There is not enough memory on '{self.device}' for a picture of "
                        f"{frame.shape[1]} x {frame.shape[0]} pixels.",
                        "Close other programs, or use --device cpu.",
                    ) from error
                log.info("out of memory on %s: trying bands of %d rows", self.device, rows)
                self._renderer.band_rows = rows
                self.note = f"Memory on '{self.device}' was short: rendered in bands of {rows} rows, same result."
                _free_device_memory()
            else:
                return result


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out (torch raises RuntimeErrors of several kinds)."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text


def _free_device_memory() -> None:
    """Give cached device memory back, so that a smaller attempt can succeed."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()

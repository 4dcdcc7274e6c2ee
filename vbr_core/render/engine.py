"""Pictures in, refocused pictures out: sizes, units, device and memory are dealt with here."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vbr_core.depth.upsample import guided_upsample
from vbr_core.errors import InputError, OutOfMemoryError
from vbr_core.memory import available_bytes, render_bytes
from vbr_core.render import load_renderer
from vbr_core.render.optics import k_in_pixels, largest_share, with_near_far, with_sharp_zone
from vbr_core.settings import RenderSettings, check_blur, check_focus, check_sharp_zone
from vbr_core.video.reader import from_float, to_float

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbr_core.look import Look
    from vbr_core.render.base import Renderer, ShotStream

log = logging.getLogger(__name__)

Picture = NDArray[np.uint8] | NDArray[np.uint16]

MEMORY_SHARE = 0.7
"""Of the memory that is free; a picture that is expected to need more is rendered in parts from the start."""


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
        self._expected_pixels = 0

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
        largest_radius: float = 0.0,
        look: Look | None = None,
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Refocus one picture.

        Args:
            rgb: (H, W, 3) uint8 or uint16, sRGB-encoded.
            disparity: (h, w) float32, 0..1, any size: it is brought to the picture's size along the picture's edges.
            d_f: Disparity of the focal plane, 0..1.
            k: Blur amount at 1080 lines.
            sharp_zone: Disparity on either side of ``d_f`` that stays sharp, 0..0.5.
            largest_radius: Of the shot that the picture belongs to; see :meth:`begin_shot`. 0: of this picture.
            look: How the blur looks; None for a plain thin lens.

        Returns:
            (H, W, 3), the dtype of ``rgb``. With no pixel blurred it is ``rgb`` itself, unchanged.

        Raises:
            InputError: A value is out of range.
            OutOfMemoryError: Even the smallest band does not fit into memory.
        """
        shot = self.begin_shot(max(largest_radius, k * largest_share(d_f, look)))
        return [*shot.push(rgb, disparity, d_f, k, sharp_zone, look), *shot.finish()][0]

    def at_picture_size(
        self, disparity: NDArray[np.float32], rgb: Picture, frame: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Disparity at the picture's size, on a CUDA device if that is where the work runs: (H, W) float32 0..1."""
        if self.device.startswith("cuda"):
            from vbr_core.depth.upsample_torch import guided_upsample_on

            return guided_upsample_on(self.device, disparity, rgb if rgb.dtype == np.uint8 else frame)
        return guided_upsample(disparity, rgb)

    def begin_shot(self, largest_radius: float) -> EngineStream:
        """Frames of a shot, one after the other, so that they can help each other.

        Args:
            largest_radius: Bound of the blur radius over the shot, in pixels at 1080 lines: the largest
                ``K max(d_f, 1 - d_f)`` of its frames, times the look's factors for far and near. The same for a frame
                alone and within its shot, or preview and export differ.
        """
        return EngineStream(self, self._renderer, largest_radius)

    def expect(self, height: int, width: int) -> None:
        """Get ready for pictures of a size: on a processor, whose programs are ended when memory runs out.

        Each halving of the parts is reckoned to halve what they need; the result stays the same.
        """
        pixels = height * width
        if self.device != "cpu" or pixels <= self._expected_pixels:
            return
        self._expected_pixels = pixels
        need, free = render_bytes(self.settings.renderer, pixels), available_bytes()
        if not free or need <= MEMORY_SHARE * free:
            return
        said = ""
        part = need
        while part > MEMORY_SHARE * free:
            now = self._renderer.use_less_memory(height)
            if not now:
                break
            said, part = now, part // 2
        if said:
            self.note = (
                f"Pictures of {width} x {height} need about {need / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB "
                f"are free: {said}"
            )
            log.info("%s", self.note)

    def within_memory(self, work: Callable[[], list[NDArray[np.float32]]], shape: tuple[int, int]) -> Any:
        """Do a piece of work, on smaller parts of the picture after each failure for want of memory.

        Args:
            work: Leaves everything as it was when it fails.
            shape: Height and width of the picture, for messages.

        Raises:
            OutOfMemoryError: The smallest parts do not fit either.
        """
        while True:
            try:
                return work()
            except (MemoryError, RuntimeError) as error:
                if not _is_out_of_memory(error):
                    raise
                now = self._renderer.use_less_memory(shape[0])
                if not now:
                    raise OutOfMemoryError(
                        f"There is not enough memory on '{self.device}' for a picture of {shape[1]} x {shape[0]} "
                        "pixels.",
                        "Close other programs, or use --device cpu.",
                    ) from error
                log.info("out of memory on %s: %s", self.device, now)
                self.note = f"Memory on '{self.device}' was short: {now}"
                _free_device_memory()


class EngineStream:
    """A shot in the document's units; see :meth:`RenderEngine.begin_shot`."""

    def __init__(self, engine: RenderEngine, renderer: Renderer, largest_radius: float) -> None:
        self._engine = engine
        self._renderer = renderer
        self._largest_radius = largest_radius
        self._stream: ShotStream | None = None
        self._sources: deque[tuple[Picture, NDArray[np.float32]]] = deque()

    def push(
        self,
        rgb: Picture,
        disparity: NDArray[np.float32],
        d_f: float,
        k: float,
        sharp_zone: float = 0.0,
        look: Look | None = None,
    ) -> list[Picture]:
        """Take the next frame; arguments as in :meth:`RenderEngine.render`.

        Returns:
            The pictures that are ready, in order; a renderer may hold some back until later frames have come.
        """
        check_focus(d_f)
        check_sharp_zone(sharp_zone)
        k_px = k_in_pixels(check_blur(k), rgb.shape[0])
        size = (rgb.shape[0], rgb.shape[1])
        self._engine.expect(*size)
        if self._stream is None:
            bound = k_in_pixels(self._largest_radius, rgb.shape[0])
            self._stream = self._renderer.stream(bound)
        stream = self._stream
        frame = to_float(rgb)
        if not np.isfinite(disparity).all():
            raise InputError("The disparity holds values that are not finite numbers.", "Estimate or import it again.")
        if k_px == 0.0:
            full = np.full(size, d_f, np.float32)
        else:
            full = with_sharp_zone(self._engine.at_picture_size(disparity, rgb, frame), d_f, sharp_zone)
            if look is not None:
                full = with_near_far(full, d_f, look.near, look.far)
        self._sources.append((rgb, frame))
        try:
            results = self._engine.within_memory(lambda: stream.push(frame, full, d_f, k_px, look), size)
        except BaseException:
            self._sources.pop()
            raise
        return [self._finished(result) for result in results]

    def finish(self, between: Callable[[], None] | None = None) -> list[Picture]:
        """End the shot; returns the pictures that were still to come.

        Args:
            between: Called before each of them is rendered; what it raises ends the work.
        """
        stream = self._stream
        if stream is None or not self._sources:
            return []
        stream.between = between
        rgb = self._sources[0][0]
        results = self._engine.within_memory(stream.finish, (rgb.shape[0], rgb.shape[1]))
        self._stream = None
        return [self._finished(result) for result in results]

    def _finished(self, result: NDArray[np.float32]) -> Picture:
        rgb, frame = self._sources.popleft()
        return rgb if result is frame else from_float(result, rgb.dtype)


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

"""What every renderer has in common: the public door, checked once, and the exact identity where nothing is blurred."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

import numpy as np

from vbr_core.errors import InputError
from vbr_core.kernels.disc import SHARP_RADIUS_PX
from vbr_core.render.optics import with_near_far

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from vbr_core.look import Look

MAX_RADIUS_PX = 1024.0
SMALLEST_BAND = 16


def to_numpy(array: Any) -> NDArray[np.float32]:
    """A float32 numpy array from a numpy array, a torch tensor or numbers."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    result: NDArray[np.float32] = np.asarray(array, dtype=np.float32, order="C")
    return result


class Renderer(abc.ABC):
    """Adds shallow depth of field to frames with known disparity.

    Attributes:
        name: As in ``load_renderer``.
        device: torch device string the work runs on.
        band_rows: Rows rendered at a time; None for all. Smaller bands need less memory; the result is the same.
    """

    name: str = ""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.band_rows: int | None = None

    def render(self, frames: Any, disparity: Any, d_f: Any, k_px: Any, look: Look | None = None) -> Any:
        """Render a window of frames.

        Args:
            frames: (T, H, W, 3) float32, sRGB-encoded, 0..1. A numpy array or a torch tensor.
            disparity: (T, H, W) float32, 0..1, 1 nearest.
            d_f: (T,) disparity of the focal plane, 0..1; a single number serves for all frames.
            k_px: (T,) blur amount: radius in pixels of *this* picture per unit of disparity; or a single number.
            look: How the blur looks, for all frames; None for a plain thin lens.

        Returns:
            (T, H, W, 3) float32, sRGB-encoded, 0..1; a tensor if ``frames`` was one. Frames in which no pixel is
            blurred are returned exactly as they came.

        Raises:
            InputError: Shapes do not fit, or a value is not finite, negative (K), or outside 0..1 (disparity, d_f).
        """
        as_tensor = hasattr(frames, "detach")
        pictures, depth, focus, amount = check_window(frames, disparity, d_f, k_px)
        depth = scaled_window(depth, focus, look)
        result = np.empty_like(pictures)
        for t in range(len(pictures)):
            largest = float(np.abs(depth[t] - focus[t]).max()) * float(amount[t])
            if largest <= SHARP_RADIUS_PX:
                result[t] = pictures[t]
            else:
                result[t] = self.render_frame(pictures[t], depth[t], float(focus[t]), float(amount[t]), look)
        if as_tensor:
            import torch

            return torch.from_numpy(result).to(frames.device)
        return result

    def stream(self, largest_radius_px: float) -> ShotStream:
        """A shot, frame by frame.

        Args:
            largest_radius_px: Bound of the blur radius over the whole shot, in pixels of its pictures (see
                :func:`vbr_core.model.scale.largest_radius`). Renderers that look at one frame alone ignore it.
        """
        return SingleFrameStream(self)

    def use_less_memory(self, height: int) -> str:
        """Work on smaller parts of the picture from now on, with the same result.

        Args:
            height: Lines of the picture that did not fit.

        Returns:
            What is done now, the end of a sentence for the user; empty if the parts cannot get smaller.
        """
        rows = (self.band_rows or height) // 2
        if rows < SMALLEST_BAND:
            return ""
        self.band_rows = rows
        return f"rendered in bands of {rows} rows, same result."

    @abc.abstractmethod
    def render_frame(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> NDArray[np.float32]:
        """Render one frame: (H, W, 3) sRGB 0..1 and (H, W) -> (H, W, 3) sRGB 0..1. Inputs are already checked.

        The look's factors for near and far are already in the disparity, which may so reach beyond 0..1.
        """


class ShotStream(abc.ABC):
    """Pushes frames of one shot in, gives pictures out, in the same order, possibly later."""

    between: Callable[[], None] | None = None
    """Called before each picture that is rendered while a shot ends, maybe a dozen; what it raises stops that."""

    @abc.abstractmethod
    def push(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> list[NDArray[np.float32]]:
        """Take the next frame; returns the pictures that are ready. After an error the stream is as it was before.

        Args:
            frame: (H, W, 3) float32, sRGB-encoded, 0..1.
            disparity: (H, W) float32, 0..1.
            d_f: Disparity of the focal plane.
            k_px: Blur amount in pixels of this picture.
            look: How the blur looks; its factors for near and far are already in the disparity. None for a plain lens.
        """

    @abc.abstractmethod
    def finish(self) -> list[NDArray[np.float32]]:
        """End the shot; returns the pictures that were still to come."""


class SingleFrameStream(ShotStream):
    """For renderers that look at one frame alone: every picture is ready at once."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def push(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> list[NDArray[np.float32]]:
        """See :meth:`ShotStream.push`. A frame in which nothing is blurred is returned itself."""
        if float(np.abs(disparity - np.float32(d_f)).max()) * k_px <= SHARP_RADIUS_PX:
            return [frame]
        return [self._renderer.render_frame(frame, disparity, d_f, k_px, look)]

    def finish(self) -> list[NDArray[np.float32]]:
        """Nothing is ever still to come."""
        return []


def scaled_window(disparity: NDArray[np.float32], focus: NDArray[np.float32], look: Look | None) -> NDArray[np.float32]:
    """Disparity (T, H, W) with the look's factors for near and far in it; ``focus`` is (T,)."""
    if look is None or (look.near == 1.0 and look.far == 1.0):
        return disparity
    return np.stack(
        [with_near_far(depth, float(d_f), look.near, look.far) for depth, d_f in zip(disparity, focus, strict=True)]
    )


def check_window(
    frames: Any, disparity: Any, d_f: Any, k_px: Any
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Check the arguments of :meth:`Renderer.render` and bring them to numpy.

    Returns:
        frames (T, H, W, 3), disparity (T, H, W), d_f (T,), k_px (T,), all float32.

    Raises:
        InputError: See :meth:`Renderer.render`.
    """
    pictures, depth = to_numpy(frames), to_numpy(disparity)
    if pictures.ndim != 4 or pictures.shape[-1] != 3 or 0 in pictures.shape:
        raise InputError(f"The frames have the shape {pictures.shape}.", "Give (T, H, W, 3).")
    if depth.shape != pictures.shape[:3]:
        raise InputError(
            f"The disparity has the shape {depth.shape}, the frames have {pictures.shape}.", "Give (T, H, W)."
        )
    count = len(pictures)
    values = []
    for what, given in (("d_f", d_f), ("k_px", k_px)):
        value = to_numpy(given)
        if value.ndim == 0:
            value = np.full(count, value, dtype=np.float32)
        if value.shape != (count,):
            raise InputError(f"{what} has the shape {value.shape} for {count} frames.", "Give one value a frame.")
        if not np.isfinite(value).all():
            raise InputError(f"{what} holds a value that is not a finite number.")
        values.append(value)
    focus, amount = values
    if not np.isfinite(pictures).all():
        raise InputError("The frames hold values that are not finite numbers.")
    if not np.isfinite(depth).all():
        raise InputError("The disparity holds values that are not finite numbers.", "Fill the holes first.")
    if depth.min() < -1e-4 or depth.max() > 1.0 + 1e-4:
        raise InputError(
            f"The disparity runs from {depth.min():g} to {depth.max():g}.", "Scale it to 0 (farthest) .. 1 (nearest)."
        )
    if focus.min() < 0.0 or focus.max() > 1.0:
        raise InputError(f"The focus d_f runs from {focus.min():g} to {focus.max():g}.", "Give values in 0..1.")
    if amount.min() < 0.0:
        raise InputError(f"The blur amount k_px = {amount.min():g} is negative.", "Give 0 or more.")
    if amount.max() > MAX_RADIUS_PX:
        raise InputError(f"The blur amount k_px = {amount.max():g} is above {MAX_RADIUS_PX:g}.", "Give less.")
    return pictures, np.clip(depth, 0.0, 1.0), focus, amount

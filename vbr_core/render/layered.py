"""``layered``: the picture cut into disparity layers, each blurred by its own disc, composited back to front.

The recipe of SteReFo (Busam et al. 2019; reference 1 of the paper): soft layers whose weights sum to 1 in every pixel,
colour multiplied by the weight before blurring, the blurred weights as alpha, the result divided by the alpha that was
reached. Linear light.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import torch

from vbr_core.kernels.aperture import aperture_kernel, unit_reach
from vbr_core.kernels.disc import SHARP_RADIUS_PX, disc_kernel
from vbr_core.kernels.scatter_torch import mirror_index
from vbr_core.render.base import Renderer
from vbr_core.render.highlight_gain import only_where_blurred, with_gain
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.look import Look

MAX_LAYERS = 33
LAYER_RADIUS_PX = 1.0


def layer_spacing(k_px: float) -> float:
    """Disparity between the centres of neighbouring layers."""
    return min(1.0, max(1.0 / (MAX_LAYERS - 1), LAYER_RADIUS_PX / max(k_px, 1e-6)))


class LayeredRenderer(Renderer):
    """Disparity layers composited back to front (SteReFo)."""

    name = "layered"

    def render_frame(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> NDArray[np.float32]:
        """Render one frame: (H, W, 3) sRGB 0..1 and (H, W) 0..1 -> (H, W, 3) sRGB 0..1."""
        device = torch.device(self.device)
        bright = with_gain(frame, look)
        if bright is not frame:
            bright = only_where_blurred(frame, bright, disparity, d_f, k_px)
        linear = srgb_to_linear(torch.from_numpy(bright).to(device))
        position = (torch.from_numpy(disparity).to(device) - d_f) / layer_spacing(k_px)
        height = frame.shape[0]
        rows = self.band_rows or height
        bands = [
            linear_to_srgb(self._render_band(linear, position, k_px, first, min(height, first + rows), look)).cpu()
            for first in range(0, height, rows)
        ]
        result: NDArray[np.float32] = np.ascontiguousarray(torch.cat(bands).numpy())
        return result

    @staticmethod
    def _render_band(
        linear: torch.Tensor,
        position: torch.Tensor,
        k_px: float,
        first: int,
        last: int,
        look: Look | None = None,
    ) -> torch.Tensor:
        """Rows ``first`` to ``last - 1``: (rows, W, 3). ``position`` counts layers from the focal plane.

        The aperture is that of the look, the same in the whole picture: its cat-eye is left out.
        """
        if look is not None:
            look = msgspec.structs.replace(look, cat_eye=0.0)
        is_shaped = look is not None and not look.is_round
        height, width = position.shape
        farthest, nearest = math.floor(float(position.min())), math.ceil(float(position.max()))
        spacing = layer_spacing(k_px)
        largest = max(abs(farthest), abs(nearest)) * spacing * k_px
        reach = math.ceil(largest * unit_extent(look) + 1.0 if is_shaped and look is not None else largest + 0.5)
        y = mirror_index(torch.arange(first - reach, last + reach, device=linear.device), height)
        x = mirror_index(torch.arange(-reach, width + reach, device=linear.device), width)
        picture = torch.cat([linear, torch.ones_like(linear[..., :1])], dim=-1)[y][:, x].permute(2, 0, 1)
        place = position[y][:, x]
        rows = last - first
        color = torch.zeros(3, rows, width, device=linear.device)
        covered = torch.zeros(rows, width, device=linear.device)
        for layer in range(farthest, nearest + 1):
            weight = (1.0 - (place - layer).abs()).clamp_min(0.0)
            if not bool(weight.any()):
                continue
            radius = abs(layer) * spacing * k_px
            if is_shaped and look is not None and radius > SHARP_RADIUS_PX:
                blurred = convolve(picture * weight, shape_kernel(radius, look, layer > 0), reach)
            else:
                blurred = blur_disc(picture * weight, radius, reach)
            alpha = blurred[3].clamp(0.0, 1.0)
            color = color * (1.0 - alpha) + blurred[:3]
            covered = covered * (1.0 - alpha) + alpha
        return (color / covered.clamp_min(1e-4)).clamp_min(0.0).permute(1, 2, 0)


def blur_disc(image: torch.Tensor, radius_px: float, border: int) -> torch.Tensor:
    """Convolve with a disc and cut the border off.

    Args:
        image: (C, H + 2 border, W + 2 border).
        radius_px: Radius of the disc; its reach must not exceed ``border``.
        border: Pixels to cut off on every side.

    Returns:
        (C, H, W).
    """
    height, width = image.shape[-2] - 2 * border, image.shape[-1] - 2 * border
    if radius_px <= SHARP_RADIUS_PX:
        return image[:, border : border + height, border : border + width]
    return convolve(image, disc_kernel(radius_px), border)


def unit_extent(look: Look) -> float:
    """Half the side of a square that holds the aperture of a look at every rotation, in radii."""
    return unit_reach(look.blades, look.roundness) * max(look.anamorphic, 1.0 / look.anamorphic) ** 0.5


def shape_kernel(radius_px: float, look: Look, is_before: bool) -> NDArray[np.float32]:
    """The aperture of a look as a picture that sums to 1, turned by half a circle before the focal plane."""
    kernel = aperture_kernel(radius_px, look.blades, look.roundness, look.rotation, look.anamorphic)
    return np.ascontiguousarray(kernel[::-1, ::-1]) if is_before else kernel


def convolve(image: torch.Tensor, kernel_array: NDArray[np.float32], border: int) -> torch.Tensor:
    """Convolve with a kernel and cut the border off.

    Args:
        image: (C, H + 2 border, W + 2 border).
        kernel_array: (2 R + 1, 2 R + 1) with R at most ``border``.
        border: Pixels to cut off on every side.

    Returns:
        (C, H, W).
    """
    height, width = image.shape[-2] - 2 * border, image.shape[-1] - 2 * border
    kernel = torch.from_numpy(kernel_array).to(image.device)
    reach = kernel.shape[0] // 2
    size = (_fft_size(image.shape[-2]), _fft_size(image.shape[-1]))
    spectrum = torch.fft.rfft2(image, s=size) * torch.fft.rfft2(kernel, s=size)
    full: torch.Tensor = torch.fft.irfft2(spectrum, s=size)
    top = border + reach
    return full[:, top : top + height, top : top + width]


def _fft_size(size: int) -> int:
    """The next size with only the factors 2, 3 and 5: such transforms are fast."""
    best = 1 << (size - 1).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            two = three
            while two < size:
                two *= 2
            best = min(best, two)
            three *= 3
        five *= 5
    return best

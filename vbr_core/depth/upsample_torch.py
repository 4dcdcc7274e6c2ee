"""Disparity of network size to picture size on a torch device; the same result as :mod:`vbr_core.depth.upsample`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from vbr_core.depth import upsample as constants
from vbr_core.errors import InputError
from vbr_core.kernels.edge_choice import MAP_REACH, ZONE_START
from vbr_core.kernels.edge_choice_torch import edge_choice_torch

if TYPE_CHECKING:
    from numpy.typing import NDArray


def guided_upsample_torch(disparity: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
    """Bring disparity to the size of its picture, without leaving the device.

    The same steps as :func:`vbr_core.depth.upsample.guided_upsample`, of which this agrees with the compiled form
    but for rounding: the tests allow a difference of 1e-3 in all but one pixel in a thousand (a pixel that stands on
    a threshold may fall to the other side of it).

    Args:
        disparity: (h, w) float32, 0..1.
        picture: (H, W, 3) float32 0..1, or uint8, on the same device; H >= h and W >= w.

    Returns:
        (H, W) float32, 0..1, on that device.

    Raises:
        InputError: Shapes do not fit, or the map is larger than the picture.
    """
    if disparity.ndim != 2 or picture.ndim != 3 or picture.shape[-1] != 3:
        raise InputError(
            f"The disparity has the shape {tuple(disparity.shape)}, the picture {tuple(picture.shape)}.",
            "Give (h, w) and (H, W, 3).",
        )
    (h, w), (height, width) = disparity.shape, picture.shape[:2]
    if (h, w) == (height, width):
        return disparity
    if h > height or w > width:
        raise InputError(f"The map ({h} x {w}) is larger than its picture ({height} x {width}).", "Shrink it first.")
    values = disparity.float()
    plain = functional.interpolate(values[None, None], (height, width), mode="bilinear", align_corners=False)[0, 0]
    plain = plain.clamp(0.0, 1.0)
    if min(h, w) < constants.LEAST_SIDE:
        return plain
    low, high, trust, inside = find_edges_torch(values)
    rgb = picture.float() * (1.0 / 255.0) if picture.dtype == torch.uint8 else picture.float()
    rows, columns = area_weights(height, h, rgb.device), area_weights(width, w, rgb.device)
    guide = torch.einsum("ih,hwc,jw->ijc", rows, rgb, columns)
    return edge_choice_torch(values, guide, low, high, trust, inside, plain, rgb)


def guided_upsample_on(device: str, disparity: NDArray[np.float32], picture: NDArray[Any]) -> NDArray[np.float32]:
    """As :func:`vbr_core.depth.upsample.guided_upsample`, on a torch device.

    What the form for torch devices does not take (a map that is larger than its picture), or has no memory for, is done
    on the processor.

    Args:
        device: torch device string.
        disparity: (h, w) float32, 0..1.
        picture: (H, W, 3) float32 0..1, or uint8.

    Returns:
        (H, W) float32, 0..1.
    """
    if disparity.shape[0] <= picture.shape[0] and disparity.shape[1] <= picture.shape[1]:
        try:
            small = torch.from_numpy(np.ascontiguousarray(disparity, np.float32)).to(device)
            large = guided_upsample_torch(small, torch.from_numpy(np.ascontiguousarray(picture)).to(device))
            return np.asarray(large.cpu().numpy(), np.float32)
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
    return constants.guided_upsample(disparity, picture)


def area_weights(pixels: int, cells: int, device: torch.device) -> torch.Tensor:
    """Matrix of an area average along one axis: (cells, pixels) float32, rows sum to 1; parts of pixels count."""
    pixel = torch.arange(pixels, device=device, dtype=torch.float64)
    start = torch.arange(cells, device=device, dtype=torch.float64)[:, None] * (pixels / cells)
    covered = torch.minimum(pixel + 1, start + pixels / cells) - torch.maximum(pixel, start)
    return (covered.clamp_min(0.0) * (cells / pixels)).float()


def find_edges_torch(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """As :func:`vbr_core.depth.upsample.find_edges`, on tensors: (h, w) each."""
    low, high = _erode(values, MAP_REACH), _dilate(values, MAP_REACH)
    padded = functional.pad(values[None, None], (1, 1, 1, 1), mode="replicate")[0, 0]
    across, down = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]
    slope = 0.5 * (across.square() + down.square()).sqrt()
    reach = constants.RAMP_CELLS // 2
    stands_out = slope - _dilate(_erode(slope, reach), reach)
    middle = (stands_out > constants.EDGE_SLOPE) & (stands_out > 0.4 * slope)
    span = high - low
    inside = (_dilate(middle.float(), constants.ZONE_CELLS) > 0) & (span > ZONE_START)
    local = _dilate(values, 1) - _erode(values, 1)
    trust = (1.0 - local / (constants.FLAT_PART * span.clamp_min(1e-3))).clamp(0.0, 1.0)
    return low, high, trust, inside


def _dilate(image: torch.Tensor, reach: int) -> torch.Tensor:
    return functional.max_pool2d(image[None, None], 2 * reach + 1, stride=1, padding=reach)[0, 0]


def _erode(image: torch.Tensor, reach: int) -> torch.Tensor:
    return -_dilate(-image, reach)

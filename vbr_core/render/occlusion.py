"""What scatter needs to know about depth edges.

A blurred edge is half transparent, so a lens sees a strip of background that the all-in-focus picture hides; and the
blur of the background beside a sharp edge takes in light from behind it. Scatter alone leaves holes there. This module

1. snaps disparity at edges to one side, so that no pixel is rendered at a depth between two surfaces;
2. keeps pixels whose colour mixes both sides from being drawn sharp on the wrong one;
3. continues the farther side of every edge behind the nearer one, smoothly (pull-push over an image pyramid), as a
   second plane of light to scatter;
4. says where that plane may show: only as far from an edge as the surface there is blurred.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F

EDGE_STEP_PX = 1.5
"""A jump of the signed radius by this much between neighbours is a depth edge."""

MAX_REACH_PX = 128
"""The strip behind an edge is never made wider than this."""

UNKNOWN_WEIGHT = 1e-9
"""Weight of a gap's own value: counts only where nothing at all is known around it."""

COARSE_LINES = 270
"""The strip behind edges is made at about this height: it is smooth anyway."""


@dataclass(frozen=True)
class ScatterPlanes:
    """Light to scatter. All tensors on one device; linear light; disparity 0..1.

    Attributes:
        color: (H, W, 3) the picture.
        disparity: (H, W) its disparity, snapped at edges.
        hidden_color: (H, W, 3) what near things hide.
        hidden_disparity: (H, W).
        hidden_mask: (H, W) bool: where the hidden plane has a pixel.
        see_through: (H, W) float32 0..1: how far the hidden plane may fill an output pixel.
    """

    color: torch.Tensor
    disparity: torch.Tensor
    hidden_color: torch.Tensor
    hidden_disparity: torch.Tensor
    hidden_mask: torch.Tensor
    see_through: torch.Tensor


def max_filter(image: torch.Tensor, radius: int) -> torch.Tensor:
    """Largest value in a (2 radius + 1) square: (1, 1, H, W) -> the same."""
    if radius <= 0:
        return image
    size = 2 * radius + 1
    if image.device.type == "cpu":
        # ten times as fast there as max_pool2d, which also looks for indices
        grown = cv2.dilate(image[0, 0].numpy(), np.ones((size, size), np.uint8))
        return torch.from_numpy(np.asarray(grown))[None, None]
    image = F.max_pool2d(image, (size, 1), stride=1, padding=(radius, 0))
    return F.max_pool2d(image, (1, size), stride=1, padding=(0, radius))


def min_filter(image: torch.Tensor, radius: int) -> torch.Tensor:
    """Smallest value in a (2 radius + 1) square: (1, 1, H, W) -> the same."""
    return -max_filter(-image, radius)


def pull_push(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Fill the gaps of a picture smoothly from what is known around them.

    Args:
        values: (1, C, H, W).
        weight: (1, 1, H, W), 0..1; 0 is a gap.

    Returns:
        (1, C, H, W): equal to ``values`` where the weight is 1.
    """
    height, width = values.shape[-2:]
    weight = weight.clamp_min(UNKNOWN_WEIGHT)
    if min(height, width) <= 2:
        total = (values * weight).sum(dim=(-2, -1), keepdim=True)
        mean = total / weight.sum(dim=(-2, -1), keepdim=True)
        return values * weight + mean * (1.0 - weight)
    padded = F.pad(torch.cat([values * weight, weight], dim=1), (0, width % 2, 0, height % 2))
    small = F.avg_pool2d(padded, 2)
    small_weight = small[:, -1:]
    small_values = small[:, :-1] / small_weight
    filled = pull_push(small_values, (small_weight * 4.0).clamp_max(1.0))
    back = F.interpolate(filled, size=padded.shape[-2:], mode="bilinear", align_corners=False)[..., :height, :width]
    return values * weight + back * (1.0 - weight)


def scatter_planes(
    linear: torch.Tensor, disparity: torch.Tensor, d_f: float, k_px: float, shape_reach: float = 1.0
) -> ScatterPlanes:
    """Prepare a frame for scattering.

    Args:
        linear: (H, W, 3) float32, linear light.
        disparity: (H, W) float32, 0..1.
        d_f: Disparity of the focal plane.
        k_px: Blur amount in pixels of this picture per unit of disparity.
        shape_reach: How far the aperture reaches from its middle, in radii: 1 for a circle.
    """
    step = EDGE_STEP_PX / k_px
    depth = disparity[None, None]
    edge = (max_filter(depth, 1) - min_filter(depth, 1) > step).float()
    if not bool(edge.any()):
        nothing = torch.zeros_like(disparity)
        return ScatterPlanes(linear, disparity, linear, disparity, nothing > 0, nothing)

    band = max_filter(edge, 1) > 0
    near, far = max_filter(depth, 2), min_filter(depth, 2)
    on_near_side = depth > 0.5 * (near + far)
    snapped = torch.where(band, torch.where(on_near_side, near, far), depth)
    ring = band & ~on_near_side & (max_filter((on_near_side & band).float(), 1) > 0)  # touches the near side: mixed
    near_is_sharper = (near - d_f).abs() < (far - d_f).abs()
    snapped = torch.where(ring & near_is_sharper, near, snapped)
    ring = ring & ~near_is_sharper

    hidden, hidden_depth = _continue_far_side(linear, snapped, edge, ring, d_f, k_px * shape_reach)
    # a small step within one surface (noise of the disparity) is no edge to what lies far behind that surface
    adjoins = hidden_depth > 2.0 * far - near - step
    ring, edge = ring & adjoins, edge * adjoins
    color = torch.where(ring[0, 0, ..., None], hidden, linear)
    mask = (snapped[0, 0] - hidden_depth) > step
    distance = _distance_to(edge[0, 0])
    mask = mask & (distance <= MAX_REACH_PX + 4)
    radius = (snapped[0, 0] - d_f).abs() * (k_px * shape_reach)
    see_through = (radius + 2.5 - distance).clamp(0.0, 1.0)
    return ScatterPlanes(color, snapped[0, 0], hidden, hidden_depth, mask, see_through)


def _continue_far_side(
    linear: torch.Tensor, depth: torch.Tensor, edge: torch.Tensor, mixed: torch.Tensor, d_f: float, k_px: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Colour (H, W, 3) and disparity (H, W) of the far side of depth edges, continued over the near side."""
    height, width = depth.shape[-2:]
    scale = max(1, round(height / COARSE_LINES))
    color = linear.clamp_max(1.0).permute(2, 0, 1)[None]  # a lamp's light must not be spread over the strip
    clean = 1.0 - max_filter(mixed.float(), 1)
    coarse = depth
    if scale > 1:
        # whole blocks of scale x scale pixels; weighted means, so that mixed pixels leave no trace
        border = (0, -width % scale, 0, -height % scale)
        padded = F.pad(torch.cat([color * clean, clean], dim=1), border)
        blocks = F.avg_pool2d(padded, scale)
        color = blocks[:, :3] / blocks[:, 3:].clamp_min(1e-6)
        clean = (blocks[:, 3:] > 0.25).float()
        coarse = -F.max_pool2d(-F.pad(depth, border, mode="replicate"), scale)
        edge = F.max_pool2d(F.pad(edge, border), scale)
    largest = float((depth - d_f).abs().max()) * k_px
    reach = int(min(MAX_REACH_PX, largest + 2) / scale) + 2
    zone = max_filter(edge, reach) > 0
    # wider than the zone: every pixel of the zone must see both sides of its edge
    local_far, local_near = min_filter(coarse, reach + 3), max_filter(coarse, reach + 3)
    far_side = (coarse <= 0.5 * (local_far + local_near)) & zone
    filled = pull_push(torch.cat([color, coarse], dim=1), far_side.float() * clean)
    if scale > 1:
        filled = F.interpolate(filled, scale_factor=scale, mode="bilinear", align_corners=False)
        filled = filled[..., :height, :width]
    return filled[0, :3].permute(1, 2, 0).contiguous(), filled[0, 3].contiguous()


def _distance_to(mask: torch.Tensor) -> torch.Tensor:
    """Distance of every pixel to the nearest set one, in pixels: (H, W) -> (H, W) float32."""
    blank = np.ascontiguousarray((mask <= 0).cpu().numpy().astype(np.uint8))
    return torch.from_numpy(np.asarray(cv2.distanceTransform(blank, cv2.DIST_L2, 3), dtype=np.float32)).to(mask.device)

"""A frame in two layers (:mod:`vbr_core.model.layer_separation`) as light for the scatter kernels."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from vbr_core.kernels.disc import STEPS_PER_PX
from vbr_core.model.layer_separation import COVERED, light_in_front
from vbr_core.render.highlight_gain import light_share, only_where_blurred, with_gain
from vbr_core.render.occlusion import scatter_planes
from vbr_core.render.optics import srgb_to_linear
from vbr_core.render.scatter import LayerOrder, ScatterInput, aperture_reach, layer_thickness, without_holes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.look import Look
    from vbr_core.model.layer_separation import Layers
    from vbr_core.render.occlusion import ScatterPlanes

FINER = 2
"""Surfaces are told apart by the gaps between them: layers are thinner than those of ``scatter`` by this factor."""

SETTLED = 0.04
"""Coverage within this of nothing or of everything is taken for that: a network is never quite sure."""

LEAST_GAP_PX = 0.75
"""A layer behind whose radius differs less than this from the front one's shows nothing new."""


REACH_CLASSES_PX = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Outlines are grouped by the blur of what they belong to; each reaches as far as the most blurred of its group."""

BEYOND_PX, FADE_PX = 3.0, 2.0
"""An outline is taken to matter so far beyond its blur; over the last pixels it fades."""


def outline_share(given: ScatterInput) -> NDArray[np.float32]:
    """Where the layers matter: (H, W) float32, 1 within reach of an outline, 0 amid a surface.

    An outline reaches as far as the thing is blurred that it belongs to, and shows in a pixel that is itself blurred so
    far. Amid a surface that leans, layers only let the guess of what is behind shine through where the blur changes.

    Args:
        given: From :func:`layered_input`.
    """
    coverage = given.color[0, ..., 3].cpu().numpy()
    radius = (given.radius_index[0].clamp_min(0).float() / STEPS_PER_PX).cpu().numpy()
    outline = coverage < 1.0
    share = np.zeros(coverage.shape, np.float32)
    if not outline.any():
        return share
    share = _within(outline, radius)
    edges = (*REACH_CLASSES_PX, np.inf)
    for least, most in itertools.pairwise(edges):
        group = outline & (radius >= least) & (radius < most)
        if group.any():
            share = np.maximum(share, _within(group, radius[group].max()))
    return share


def _within(places: NDArray[np.bool_], reach_px: NDArray[np.float32] | np.float32) -> NDArray[np.float32]:
    """1 where one of some places is within reach, fading to 0 beyond it: (H, W)."""
    distance = cv2.distanceTransform((~places).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip((reach_px + np.float32(BEYOND_PX) - distance) / FADE_PX, 0.0, 1.0), np.float32)


def reaching(given: ScatterInput, wanted: NDArray[np.bool_], shape_reach: float = 1.0) -> ScatterInput:
    """The same without the light that no wanted pixel receives: what is rendered there stays as it is.

    Args:
        given: What is to be scattered.
        wanted: (H, W) pixels whose render will be used.
        shape_reach: How far the aperture reaches from its middle, in radii; see ``aperture_reach``.
    """
    distance = cv2.distanceTransform((~wanted).astype(np.uint8), cv2.DIST_L2, 5)
    # half a pixel at either end, and what the distance may be off by
    nearest = torch.from_numpy(distance * np.float32(0.97) - np.float32(1.5)).to(given.radius_index.device)
    reach = given.radius_index.float() * (shape_reach / STEPS_PER_PX)
    return replace(given, radius_index=torch.where(reach >= nearest, given.radius_index, -1))


def _beyond(light: torch.Tensor, disparity: torch.Tensor, d_f: float, k_px: float, look: Look | None) -> ScatterPlanes:
    """What the surfaces behind outlines hide in turn, continued smoothly as in ``scatter``.

    Beside the edge of a thing that is itself half hidden, what lies farther still is seen through its blur.

    Args:
        light: (3, H, W) linear light with what outlines hide in place of what hides it.
        disparity: (H, W) of the same.
        d_f: Disparity of the focal plane.
        k_px: Blur amount in pixels.
        look: How the blur looks.
    """
    reach = 1.0 if look is None else aperture_reach(look)
    return scatter_planes(light.permute(1, 2, 0), disparity, d_f, k_px, reach)


def settled(coverage: torch.Tensor) -> torch.Tensor:
    """Coverage 0..1 with its ends pulled to 0 and 1."""
    return ((coverage - SETTLED) / (1.0 - 2.0 * SETTLED)).clamp(0.0, 1.0)


def layered_input(
    frame: NDArray[np.float32],
    disparity: NDArray[np.float32],
    layers: Layers,
    d_f: float,
    k_px: float,
    look: Look | None,
    device: str,
    extra: NDArray[np.float32] | None = None,
) -> ScatterInput:
    """Arguments of the scatter kernels for one frame.

    Args:
        frame: (H, W, 3) sRGB, on the curve continued above 1 where light was clipped.
        disparity: (H, W).
        layers: The frame in layers, a batch of one.
        d_f: Disparity of the focal plane.
        k_px: Blur amount in pixels of this picture per unit of disparity.
        look: How the blur looks.
        device: torch device string.
        extra: (H, W, 3) linear light of hidden lamps, above what the layer behind can tell.
    """
    bright = with_gain(frame, look)
    if bright is not frame:
        bright = only_where_blurred(frame, bright, disparity, d_f, k_px)
    light = srgb_to_linear(torch.from_numpy(bright).to(device)).permute(2, 0, 1)
    coverage = settled(layers.coverage[0])
    front_depth, back_depth = layers.front_disparity[0, 0], layers.behind_disparity[0, 0]
    is_apart = layers.is_behind[0, 0] & ((front_depth - back_depth) * k_px > LEAST_GAP_PX)
    coverage = torch.where(is_apart, coverage, torch.ones_like(coverage))
    front_depth = torch.where(is_apart, front_depth, torch.from_numpy(disparity).to(device))
    front, behind = light_in_front(light, srgb_to_linear(layers.behind[0]), coverage)
    there = is_apart.to(light.dtype)[None]
    beyond = _beyond(
        torch.where(is_apart, behind, light), torch.where(is_apart, back_depth, front_depth), d_f, k_px, look
    )
    if extra is not None:
        # a lamp in focus is shown as it is, clipped; and outlines show what they let through
        share = light_share((back_depth - d_f).abs() * k_px)
        added = torch.from_numpy(extra).to(device).permute(2, 0, 1) * share
        behind = torch.where(coverage >= COVERED, behind + added, behind)
    guessed = beyond.hidden_mask.to(light.dtype)[None]
    color = torch.stack(
        [
            torch.cat([front, coverage]).permute(1, 2, 0),
            torch.cat([behind * there, there]).permute(1, 2, 0),
            torch.cat([beyond.hidden_color.permute(2, 0, 1) * guessed, guessed]).permute(1, 2, 0),
        ]
    ).contiguous()
    depth = torch.stack([front_depth, back_depth, beyond.hidden_disparity])
    counts = color[..., 3] > 0
    order = LayerOrder.of(depth[counts], d_f, k_px, layer_thickness(k_px) / FINER)
    radius = torch.where(counts, order.radius_index(depth), -1)
    given = ScatterInput(
        color,
        radius,
        order.layer(depth),
        torch.ones_like(front_depth),
        int(radius.max()),
        order.count,
        order.count,
        depth > d_f,
        grouped=True,
        order=order,
        shape_reach=1.0 if look is None else aperture_reach(look),
    )
    return without_holes(given, (front_depth - d_f) * k_px)

"""``scatter``: every pixel spreads over its circle of confusion, and nearer light covers farther light."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from vbr_core.kernels.aperture import ApertureTable, aperture_table, unit_reach
from vbr_core.kernels.disc import STEPS_PER_PX, disc_table
from vbr_core.kernels.holes import holes
from vbr_core.render.base import Renderer
from vbr_core.render.highlight_gain import only_where_blurred, with_gain
from vbr_core.render.occlusion import EDGE_STEP_PX, scatter_planes
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.kernels.disc import DiscTable
    from vbr_core.look import Look

MAX_LAYERS = 25
LAYER_RADIUS_PX = 1.5
"""Layers are as thick as this many pixels of radius, unless that makes more than ``MAX_LAYERS``."""


def layer_thickness(k_px: float) -> float:
    """Disparity that one ordering layer covers."""
    return min(1.0, max(1.0 / (MAX_LAYERS - 1), LAYER_RADIUS_PX / max(k_px, 1e-6)))


class ScatterRenderer(Renderer):
    """Depth-aware scatter in linear light.

    A pixel's light is spread evenly over the disc of radius ``|K (D - d_f)|``, weighted by one over its area. Each
    output pixel is filled from the nearest layer of light to the farthest until it has a whole aperture's worth, so
    a blurred thing veils what is behind it and a sharp one never leaks into the blur behind. A smooth guess of what
    near things hide (:mod:`vbr_core.render.occlusion`) fills the strip behind their edges; the picture is mirrored at
    its borders.
    """

    name = "scatter"

    def prepare(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> ScatterInput:
        """Everything that the kernels need, for one frame: (H, W, 3) sRGB 0..1 and (H, W) 0..1."""
        device = torch.device(self.device)
        bright = with_gain(frame, look)
        if bright is not frame:
            bright = only_where_blurred(frame, bright, disparity, d_f, k_px)
        linear = srgb_to_linear(torch.from_numpy(bright).to(device))
        reach = 1.0 if look is None else aperture_reach(look)
        planes = scatter_planes(linear, torch.from_numpy(disparity).to(device), d_f, k_px, reach)
        order = LayerOrder.of(planes.disparity, d_f, k_px, layer_thickness(k_px))
        radius = order.radius_index(planes.disparity)
        given = ScatterInput(
            _covering(planes.color)[None],
            radius[None],
            order.layer(planes.disparity)[None],
            planes.see_through,
            int(radius.max()),
            order.count,
            order.count,
            (planes.disparity > d_f)[None],
            order=order,
            shape_reach=reach,
        )
        if bool(planes.hidden_mask.any()):
            hidden_radius = torch.where(planes.hidden_mask, order.radius_index(planes.hidden_disparity), -1)
            hidden_layer = order.layer(planes.hidden_disparity) + order.count
            is_turned = planes.hidden_disparity > d_f
            given = with_plane(given, _covering(planes.hidden_color), hidden_radius, hidden_layer, is_turned)
            given = replace(given, layers=2 * order.count)
        return without_holes(given, (planes.disparity - d_f) * k_px)

    def render_frame(
        self,
        frame: NDArray[np.float32],
        disparity: NDArray[np.float32],
        d_f: float,
        k_px: float,
        look: Look | None = None,
    ) -> NDArray[np.float32]:
        """Render one frame: (H, W, 3) sRGB 0..1 and (H, W) 0..1 -> (H, W, 3) sRGB 0..1."""
        return self.render_prepared(self.prepare(frame, disparity, d_f, k_px, look), look)

    def render_prepared(self, given: ScatterInput, look: Look | None = None) -> NDArray[np.float32]:
        """What :meth:`render_frame` does with what :meth:`prepare`, or :mod:`vbr_core.render.layers`, has made."""
        table = table_for(given.largest / STEPS_PER_PX, look)
        height, width = (size - 2 * given.margin for size in given.color.shape[1:3])
        if given.margin and isinstance(table, ApertureTable):
            # the barrel cuts by the place in the picture, not in what surrounds it
            whole = np.hypot(height + 2 * given.margin, width + 2 * given.margin)
            table = replace(table, cut_shift=float(table.cut_shift * whole / np.hypot(height, width)))
        last, rows = given.margin + height, self.band_rows or height
        bands = [
            linear_to_srgb(
                scatter_rows(given, table, first, min(last, first + rows))[:, given.margin :][:, :width]
            ).cpu()
            for first in range(given.margin, last, rows)
        ]
        result: NDArray[np.float32] = np.ascontiguousarray(torch.cat(bands).numpy())
        return result


@dataclass(frozen=True)
class LayerOrder:
    """How the disparity of light tells its radius, and its place in the order from near to far.

    Attributes:
        d_f: Disparity of the focal plane.
        k_px: Blur amount in pixels per unit of disparity.
        thickness: Disparity that one layer covers.
        nearest: Layers from the focal plane to the nearest one.
        count: Number of layers.
    """

    d_f: float
    k_px: float
    thickness: float
    nearest: int
    count: int
    steps_per_px = STEPS_PER_PX

    @classmethod
    def of(cls, disparity: torch.Tensor, d_f: float, k_px: float, thickness: float) -> LayerOrder:
        """As many layers as some disparities, of any shape, need."""
        place = ((disparity - d_f) / thickness + 0.5).floor().to(torch.int32)
        nearest, farthest = int(place.max()), int(place.min())
        return cls(d_f, k_px, thickness, nearest, nearest - farthest + 1)

    def layer(self, disparity: torch.Tensor) -> torch.Tensor:
        """Number of the layer, int32, 0 is the nearest; disparities out of range belong to the outermost ones."""
        place = ((disparity - self.d_f) / self.thickness + 0.5).floor().to(torch.int32)
        return (self.nearest - place).clamp(0, self.count - 1)

    def radius_index(self, disparity: torch.Tensor) -> torch.Tensor:
        """Radius in steps of the kernels, int32."""
        return ((disparity - self.d_f).abs() * (self.k_px * STEPS_PER_PX)).round().to(torch.int32)


@dataclass(frozen=True)
class ScatterInput:
    """Arguments of the scatter kernels; see :func:`vbr_core.kernels.scatter_torch.scatter_torch`.

    Attributes:
        color: (P, H, W, 4) linear light times coverage, and coverage.
        radius_index: (P, H, W) int32.
        layer_index: (P, H, W) int32.
        see_through: (H, W).
        largest: Largest radius index.
        layers: Number of layers.
        visible_layers: Number of visible layers.
        turned: (P, H, W) bool: what lies before the focal plane, whose aperture stands on its head.
        grouped: Whether neighbouring layers are one surface, and quarters of the aperture are taken by themselves.
        order: What disparity means for radius and layer; None if that is not known any more.
        shape_reach: How far the aperture reaches from its middle, in radii; see :func:`aperture_reach`.
        margin: So many pixels on every side surround the picture: they give light and are not rendered.
    """

    color: torch.Tensor
    radius_index: torch.Tensor
    layer_index: torch.Tensor
    see_through: torch.Tensor
    largest: int
    layers: int
    visible_layers: int
    turned: torch.Tensor
    grouped: bool = False
    order: LayerOrder | None = None
    shape_reach: float = 1.0
    margin: int = 0


def with_plane(
    given: ScatterInput, color: torch.Tensor, radius_index: torch.Tensor, layer: torch.Tensor, is_turned: torch.Tensor
) -> ScatterInput:
    """The same with one more plane of light: (H, W, 4), and (H, W) each."""
    return replace(
        given,
        color=torch.cat([given.color, color[None]]),
        radius_index=torch.cat([given.radius_index, radius_index[None]]),
        layer_index=torch.cat([given.layer_index, layer[None]]),
        turned=torch.cat([given.turned, is_turned[None]]),
        largest=max(given.largest, int(radius_index.max())),
    )


def without_holes(given: ScatterInput, depth_px: torch.Tensor) -> ScatterInput:
    """The same with a plane that puts a surface's own light where its discs leave it open (see :func:`holes`).

    Args:
        given: What is to be scattered; plane 0 is the picture.
        depth_px: (H, W) signed radius of plane 0 in pixels.
    """
    missing = holes(given.radius_index[0], depth_px, EDGE_STEP_PX)
    is_hole = missing > 0
    if not bool(is_hole.any()):
        return given
    color = given.color[0] * missing[..., None]
    return with_plane(given, color, is_hole.to(torch.int32) - 1, given.layer_index[0], given.turned[0])


def _covering(color: torch.Tensor) -> torch.Tensor:
    """Colour (H, W, 3) of pixels that are covered whole, as the kernels take it: (H, W, 4)."""
    return torch.cat([color, torch.ones_like(color[..., :1])], dim=-1)


def table_for(largest_radius_px: float, look: Look | None) -> DiscTable | ApertureTable:
    """Rows of the aperture of a look, for radii up to a largest one."""
    if look is None or look.is_round:
        return disc_table(largest_radius_px)
    return aperture_table(largest_radius_px, look.blades, look.roundness, look.rotation, look.cat_eye, look.anamorphic)


def aperture_reach(look: Look) -> float:
    """Distance of the farthest point of the aperture of a look from its middle, in radii, >= 1."""
    if look.is_round:
        return 1.0
    return unit_reach(look.blades, look.roundness) * max(look.anamorphic, 1.0 / look.anamorphic) ** 0.5


def _shaped_rows(given: ScatterInput, table: ApertureTable, first: int, last: int) -> torch.Tensor:
    """:func:`scatter_rows` for an aperture that is no circle."""
    turned = torch.zeros_like(given.turned) if table.is_same_turned and not given.grouped else given.turned
    if given.color.device.type == "cpu":
        from vbr_core.kernels.scatter_shaped_cpu import scatter_shaped_cpu

        return torch.from_numpy(
            scatter_shaped_cpu(
                given.color.numpy(),
                given.radius_index.numpy(),
                given.layer_index.numpy(),
                turned.numpy(),
                given.see_through.numpy(),
                table,
                given.layers,
                given.visible_layers,
                first,
                last,
                given.grouped,
            )
        )
    from vbr_core.kernels.scatter_shaped_torch import scatter_shaped_torch

    return scatter_shaped_torch(
        given.color,
        given.radius_index.long(),
        given.layer_index.long(),
        turned,
        given.see_through,
        table,
        given.layers,
        given.visible_layers,
        first,
        last,
        given.grouped,
    )


def scatter_rows(given: ScatterInput, table: DiscTable | ApertureTable, first: int, last: int) -> torch.Tensor:
    """Rows ``first`` to ``last - 1`` in linear light, by the kernel that fits the device: (rows, W, 3)."""
    if isinstance(table, ApertureTable):
        return _shaped_rows(given, table, first, last)
    if given.color.device.type == "cpu":
        from vbr_core.kernels.scatter_cpu import scatter_cpu

        return torch.from_numpy(
            scatter_cpu(
                given.color.numpy(),
                given.radius_index.numpy(),
                given.layer_index.numpy(),
                given.turned.numpy(),
                given.see_through.numpy(),
                table,
                given.layers,
                given.visible_layers,
                first,
                last,
                given.grouped,
            )
        )
    if given.color.device.type == "cuda":
        from vbr_core.kernels.scatter_cuda import scatter_cuda as scatter_there
    else:
        from vbr_core.kernels.scatter_torch import scatter_torch as scatter_there

    return scatter_there(
        given.color,
        given.radius_index,
        given.layer_index,
        given.turned,
        given.see_through,
        table,
        given.layers,
        given.visible_layers,
        first,
        last,
        given.grouped,
    )

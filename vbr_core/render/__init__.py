"""Bokeh rendering: optics, the renderers, and the engine that feeds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vbr_core.render.base import Renderer


def load_renderer(name: str, device: str = "cpu") -> Renderer:
    """A renderer by name.

    Args:
        name: ``scatter`` or ``layered``.
        device: ``auto``, ``cpu``, ``cuda`` (or ``cuda:N``), ``mps``.

    Raises:
        InputError: There is no such renderer, or the device is not there.
    """
    from vbr_core.render.devices import pick_device
    from vbr_core.settings import RENDERERS, check_choice

    check_choice(name, RENDERERS, "renderer")
    chosen = pick_device(device)
    if name == "layered":
        from vbr_core.render.layered import LayeredRenderer

        return LayeredRenderer(chosen)
    from vbr_core.render.scatter import ScatterRenderer

    return ScatterRenderer(chosen)

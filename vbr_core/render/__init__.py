"""Bokeh rendering: optics, the renderers, and the engine that feeds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vbr_core.render.base import Renderer


def load_renderer(name: str, device: str = "cpu") -> Renderer:
    """A renderer by name.

    Args:
        name: ``vbr`` (the network that ships), ``vbr-hybrid`` (the network on top of scatter, by its own name),
            ``scatter`` or ``layered``.
        device: ``auto``, ``cpu``, ``cuda`` (or ``cuda:N``), ``mps``.

    Raises:
        InputError: There is no such renderer, the device is not there, or the network's weights are damaged.
    """
    from vbr_core.render.devices import pick_device
    from vbr_core.settings import NETWORK_NAMES, RENDERERS, check_choice

    check_choice(name, (*RENDERERS, *NETWORK_NAMES), "renderer")
    chosen = pick_device(device)
    if name == "vbr" or name in NETWORK_NAMES:
        from vbr_core.render.neural import NeuralRenderer, weights_path

        return NeuralRenderer.from_file(weights_path(name), chosen, name)
    if name == "layered":
        from vbr_core.render.layered import LayeredRenderer

        return LayeredRenderer(chosen)
    from vbr_core.render.scatter import ScatterRenderer

    return ScatterRenderer(chosen)

"""The rows of an evaluation: what each name stands for, and what opens it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vbr_core.errors import InputError
from vbr_core.settings import NETWORK_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

ALL_IN_FOCUS = "all-in-focus"
CLASSICAL = (ALL_IN_FOCUS, "rvr", "sterefo", "scatter")
BUNDLED = ("vbr", *NETWORK_NAMES)


class RowRenderer(Protocol):
    """What a row must be able to do; every renderer can."""

    def render(self, frames: Any, disparity: Any, d_f: Any, k_px: Any) -> Any:
        """See :meth:`vbr_core.render.base.Renderer.render`."""


@dataclass(frozen=True)
class Row:
    """A row of the tables.

    Attributes:
        name: As in the tables.
        weights: Its network's file; None for a classical row.
        bundled: It is a network that ships with the program.
    """

    name: str
    weights: Path | None = None
    bundled: bool = False


if TYPE_CHECKING:
    OpenRow = Callable[[Row, str], RowRenderer]


class InputItself:
    """The row ``all-in-focus``: nothing is rendered."""

    def render(self, frames: Any, disparity: Any, d_f: Any, k_px: Any) -> Any:
        """The frames as they are."""
        return frames


def parse_rows(names: list[str], checkpoints: dict[str, Path] | None = None) -> list[Row]:
    """Names, ``NAME=PATH`` among them, and then further networks, as rows.

    Raises:
        InputError: A name is unknown or comes twice, or there is none, or a network's file is missing.
    """
    known = dict(checkpoints or {})
    rows: list[Row] = []
    for text in [*names, *(name for name in known if name not in names)]:
        name, is_file, path = text.partition("=")
        if is_file:
            known[name] = Path(path)
        if not name or name in (row.name for row in rows) or (is_file and name in CLASSICAL):
            raise InputError(f"The row '{text}' has no name of its own.", "Give each row once, networks as NAME=FILE.")
        if name in known:
            weights = known[name]
            if not weights.is_file():
                raise InputError(
                    f"The network '{weights}' of row '{name}' does not exist.", "Give a .safetensors file."
                )
            rows.append(Row(name, weights))
        elif name in CLASSICAL:
            rows.append(Row(name))
        elif name in BUNDLED:
            from vbr_core.render.neural import weights_path

            rows.append(Row(name, weights_path(name), bundled=True))
        else:
            raise InputError(
                f"There is no row '{name}'.",
                f"Give {', '.join((*CLASSICAL, *BUNDLED))}, or a trained network as NAME=FILE.safetensors.",
            )
    if not rows:
        raise InputError("No row was given.", f"Give some of {', '.join((*CLASSICAL, *BUNDLED))}.")
    return rows


def open_row(row: Row, device: str) -> RowRenderer:
    """The renderer of a row.

    Raises:
        VbrError: Its network cannot be read, or the device is not there.
    """
    from vbr_core.render import load_renderer
    from vbr_core.render.devices import pick_device

    if row.name == ALL_IN_FOCUS:
        return InputItself()
    if row.name == "rvr":
        from vbr_core.train.flow_smoothing import FlowSmoothedRenderer

        return FlowSmoothedRenderer(pick_device(device))
    if row.name == "sterefo":
        return load_renderer("layered", device)
    if row.weights is not None and not row.bundled:
        from vbr_core.render.neural import NeuralRenderer

        return NeuralRenderer.from_file(row.weights, pick_device(device), row.name)
    return load_renderer(row.name, device)

"""Samples for the guess of clipped light, and its training tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file

from tests.train.test_separation import library
from vbr_core.model.config import NetworkConfig
from vbr_core.model.network import VbrNetwork
from vbr_core.train import highlights
from vbr_core.train.loop import take_part

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from vbr_core.train.svb.picture_library import Library

__all__ = ["library"]  # a fixture


def test_files_hold_clipped_light_and_the_tool_learns_from_them(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("LINES", (64,)), ("CROP", 32), ("WIDTHS", (8, 8, 8)), ("LEAST_CLIPPED", 4)):
        monkeypatch.setattr(highlights, name, value)
    data = tmp_path / "crops"
    highlights.make(library, data, scenes=12, seed=1, each=6)
    arrays = [load_file(file) for file in sorted(data.iterdir())]
    assert arrays
    for file in arrays:
        clipped = (file["light"] > 1.0).any(axis=-1)
        assert clipped.any(axis=(1, 2)).all()
        assert (file["stored"].max(axis=-1)[clipped] >= 200).mean() > 0.95  # what is brighter than white was stored so
        dark = file["light"].max(axis=-1) < 0.5
        assert np.abs(file["stored"].astype(int)[dark].max(initial=0)) < 230
    output = tmp_path / "highlights.safetensors"
    highlights.train(data, data, output, steps=60, batch=4, rate=1e-2)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("step")]
    first, last = (float(line.split("recovered ")[1].split(" ")[0]) for line in (said[0], said[-1]))
    assert last > first
    take_part(VbrNetwork(NetworkConfig(highlight_widths=(8, 8, 8))), "highlights", output)

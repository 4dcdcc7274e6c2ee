"""Samples for the mending of disparity, and its training tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.train.helpers import formula_clip, formula_set
from vbr_core.errors import InputError
from vbr_core.model.config import NetworkConfig
from vbr_core.model.network import VbrNetwork
from vbr_core.train import mending
from vbr_core.train.data import prepare
from vbr_core.train.loop import base_renderer, take_part

if TYPE_CHECKING:
    from pathlib import Path


def a_frame() -> tuple[np.ndarray, np.ndarray]:
    """Disparity (H, W) float32 with an edge, and a picture (H, W, 3) uint8."""
    disparity = np.full((64, 64), 0.2, np.float32)
    disparity[:, 30:] = 0.7
    return disparity, np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)


def test_spoiled_disparity_is_like_the_truth_but_for_its_edges() -> None:
    truth, picture = a_frame()
    made = [mending.spoil(truth, picture, np.random.default_rng(n)) for n in range(40)]
    wrong = np.array([np.abs(each - truth) for each in made])
    assert all(each.dtype == np.float32 and each.min() >= 0.0 and each.max() <= 1.0 for each in made)
    assert 1 <= sum(not each.any() for each in wrong) <= 15  # some are left clean
    assert wrong[:, :, 26:34].mean() > 5 * wrong[:, :, :16].mean()
    again = mending.spoil(truth, picture, np.random.default_rng(3))
    np.testing.assert_array_equal(again, made[3])


def test_crops_belong_together() -> None:
    truth, picture = a_frame()
    picture[:] = (truth * 255).round().astype(np.uint8)[..., None]
    sample = mending.Sample(picture, (truth * 65535).round().astype(np.uint16))
    pictures, spoiled, true = mending.draw([sample], np.random.default_rng(0), 6, 32)
    assert pictures.shape == (6, 3, 32, 32)
    assert spoiled.shape == true.shape == (6, 1, 32, 32)
    for shown, disparity in zip(pictures, true, strict=True):  # the picture was painted by its disparity
        assert float(np.corrcoef(shown[0].flatten(), disparity[0].flatten())[0, 1]) > 0.999


def test_the_tool_writes_weights_that_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mending, "WIDTHS", (8, 8, 8))
    output, clips = tmp_path / "mending.safetensors", formula_set(tmp_path / "clips", 2)
    mending.train(clips, clips, output, steps=3, batch=2, crop=32)
    assert "step 3" in capsys.readouterr().out
    take_part(VbrNetwork(NetworkConfig(mending_widths=(8, 8, 8))), "mending", output)
    first = {name: value.clone() for name, value in load_file(output).items()}
    mending.train(clips, clips, output, steps=1, batch=2, crop=32, rate=0.0, start=output)  # goes on from there
    for name, value in load_file(output).items():
        torch.testing.assert_close(value, first[name], rtol=0, atol=1e-7)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    network = VbrNetwork(NetworkConfig(mending_widths=(8, 8, 8)))
    foreign = tmp_path / "foreign.safetensors"
    save_file({"head.weight": torch.zeros(3)}, foreign)
    with pytest.raises(InputError, match="no weights for mending"):
        take_part(network, "mending", foreign)
    with pytest.raises(InputError, match="no weights for mending"):
        take_part(network, "mending", tmp_path / "missing.safetensors")
    with pytest.raises(InputError, match="no highlight_widths"):
        take_part(network, "highlights", foreign)


def test_training_is_shown_mended_disparity() -> None:
    torch.manual_seed(0)
    network = VbrNetwork(NetworkConfig(mending_widths=(8, 8, 8)))
    base = base_renderer(network, "cpu")
    assert base is not None
    clip = formula_clip(0, frames=2)
    assert network.mending is not None
    plain = prepare(clip, 1, base, np.random.default_rng(0))
    assert np.abs(plain["disparity"][0].astype(int) - clip.disparity).max() <= 1  # it has learnt nothing yet
    torch.nn.init.normal_(network.mending.head.weight, std=0.5)
    mended = prepare(clip, 1, base, np.random.default_rng(0))
    assert np.abs(mended["disparity"][0].astype(int) - clip.disparity).max() > 1000
    assert (mended["base"] != plain["base"]).any()

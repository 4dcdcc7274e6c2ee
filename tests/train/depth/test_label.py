"""Photographs that the network labels for its own training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from tests.depth.helpers import write_picture
from vbr_core.depth.network import StarterConfig, StarterNetwork
from vbr_core.train.depth import label as label_module
from vbr_core.train.depth import scenes
from vbr_core.train.depth.scenes import load_assets, rendered_scene

if TYPE_CHECKING:
    from pathlib import Path


def noise(height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return cv2.resize(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8), (width, height))


@pytest.mark.parametrize("size", [(96, 128), (128, 72)])
def test_a_label_has_the_picture_s_size_and_a_mirrored_picture_the_mirrored_label(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = StarterNetwork(StarterConfig(width=8, long_side=64)).eval()
    picture = noise(*size)
    found = label_module.label(network, picture)
    assert found.shape == size
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert found.std() > 0.01
    mirrored = label_module.label(network, np.ascontiguousarray(picture[:, ::-1]))
    assert np.abs(mirrored[:, ::-1] - found).mean() < 0.02


def test_labels_are_written_and_read_but_never_validated_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rgbd", "backgrounds", "cutouts"):
        (tmp_path / name).mkdir()
    for number in range(14):
        write_picture(tmp_path / "backgrounds" / f"{number:02}.jpg", noise(96, 128))
        write_picture(tmp_path / "rgbd" / f"{number:02}.jpg", noise(96, 128))
        write_picture(tmp_path / "rgbd" / f"{number:02}.png", np.full((96, 128), 30000, np.uint16))
        write_picture(tmp_path / "cutouts" / f"thing{number}_0.png", np.dstack([noise(40, 30), np.full((40, 30), 255)]))
    network = StarterNetwork(StarterConfig(width=8, long_side=64)).eval()
    monkeypatch.setattr(label_module, "load_starter_network", lambda _path: network)
    folders = ["--pictures", str(tmp_path / "backgrounds"), "-o", str(tmp_path / "labelled")]
    monkeypatch.setattr("sys.argv", ["label", *folders])
    label_module.main()
    assert len(list((tmp_path / "labelled").iterdir())) == 28

    parts = [tmp_path / name for name in ("rgbd", "backgrounds", "cutouts")]
    train = load_assets(*parts, held_out=False, labelled=tmp_path / "labelled")
    held_out = load_assets(*parts, held_out=True, labelled=tmp_path / "labelled")
    assert len(train.labelled) == len(train.backgrounds) == 12  # the photographs held out are not in it
    assert not held_out.labelled
    assert train.labelled[0][1].shape == train.labelled[0][0].shape[:2]
    # both kinds are drawn: without cut-outs in front the rendered ones are flat here, the labels are not
    monkeypatch.setattr(scenes, "paste", lambda *_given: None)
    rng = np.random.default_rng(1)
    flat = [np.ptp(rendered_scene(rng, train, (64, 96))[1]) < 1e-6 for _ in range(16)]
    assert 0 < sum(flat) < 16

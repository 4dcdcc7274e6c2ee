"""Clips made while training."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.train.helpers import TINY
from vbr_core.jobs import JobContext
from vbr_core.train import live
from vbr_core.train.config import DataConfig, RunConfig, TrainingConfig
from vbr_core.train.data import draw_batch
from vbr_core.train.svb.make import DatasetSettings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_live_clips_are_made_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for name, channels in (("photos", 3), ("cutouts", 4)):
        (tmp_path / name).mkdir()
        for index in range(12):
            picture = rng.integers(0, 256, (40, 40, channels)).astype(np.uint8)
            done, data = cv2.imencode(".png", picture)
            assert done
            (tmp_path / name / f"{name}{index}x.png").write_bytes(bytes(data))
    small = DatasetSettings(clips=1000, objects=1, frames=3, height=32, width=32, rays=16)
    monkeypatch.setattr(live, "DatasetSettings", lambda **_: small)
    data = DataConfig(
        live=True, photographs=(str(tmp_path / "photos"),), cutouts=(str(tmp_path / "cutouts"),), live_clips=3
    )
    clips = live.LiveClips(RunConfig(data, TINY, TrainingConfig()), None, "cpu", 0, JobContext(), first=2)
    try:
        deadline = time.monotonic() + 60
        while clips.made < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert clips.made >= 6
        assert len(clips) == 3
        batch = draw_batch(clips, 0, 0, 2, 3, 32)  # type: ignore[arg-type]
        assert batch.frames.shape == (2, 3, 3, 32, 32)
    finally:
        clips.close()

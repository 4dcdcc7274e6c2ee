"""A frame that comes again with another focus is not looked at anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tests.model.test_network import random_network
from vbr_core.model.config import NetworkConfig
from vbr_core.model.layer_separation import LayerSeparation
from vbr_core.render.neural import NeuralRenderer
from vbr_core.render.recollection import Recollection

if TYPE_CHECKING:
    import pytest

FULL = NetworkConfig(
    widths=(8, 8, 8),
    blocks=(1, 1, 1),
    offset_groups=2,
    highlight_widths=(8, 8, 8),
    mending_widths=(8, 8, 8),
    separation_widths=(8, 8, 8),
    plain_base=True,
)


def test_equal_arrays_bring_back_what_was_made() -> None:
    recollection, made = Recollection(), []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    a, b = np.zeros((4, 5), np.float32), np.ones((4, 5), np.float32)
    assert recollection.of("sum", (a, b), make) == 0
    assert recollection.of("sum", (a.copy(), b), make) == 0
    assert recollection.of("other kind", (a, b), make) == 1
    assert recollection.of("sum", (b, b), make) == 2
    assert recollection.of("sum", (a, b), make) == 3, "only the last one is kept"
    assert recollection.of("sum", (a.astype(np.float64), b), make) == 4
    assert recollection.of("sum", (a.astype(np.float64)[:2], b), make) == 5
    recollection.forget()
    assert recollection.of("other kind", (a, b), make) == 6


def picture(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A frame with something near in it, and its disparity."""
    rng = np.random.default_rng(seed)
    frame = rng.random((48, 64, 3)).astype(np.float32)
    frame[5:8, 40:44] = 1.0
    disparity = np.full((48, 64), 0.2, np.float32)
    disparity[16:36, 20:44] = 0.8
    return frame, disparity


def test_a_preview_with_another_focus_is_what_a_fresh_renderer_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(FULL)
    renderer, looked = NeuralRenderer(network), []
    real = LayerSeparation.forward

    def counted(self: LayerSeparation, *given: object) -> object:
        looked.append(given)
        return real(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(LayerSeparation, "forward", counted)
    frame, disparity = picture(0)
    for d_f, k_px in ((0.2, 6.0), (0.8, 6.0), (0.8, 3.0)):
        wanted = NeuralRenderer(network).render_frame(frame, disparity, d_f, k_px)
        looked.clear()
        got = renderer.render_frame(frame.copy(), disparity.copy(), d_f, k_px)
        assert np.array_equal(got, wanted)
        assert len(looked) == (1 if (d_f, k_px) == (0.2, 6.0) else 0)
    other, moved = picture(1)[0], np.roll(disparity, 4, axis=1)
    for given in ((other, disparity), (other, moved), (frame, disparity)):
        wanted = NeuralRenderer(network).render_frame(*given, 0.2, 6.0)
        assert np.array_equal(renderer.render_frame(*given, 0.2, 6.0), wanted)


def test_frames_of_a_shot_are_not_kept() -> None:
    renderer = NeuralRenderer(random_network(FULL))
    frames, depths = (np.stack([picture(0)[part]] * 3) for part in range(2))
    frames[1:] *= 0.98
    renderer.render(frames, depths, 0.2, 6.0)
    assert not renderer.recollection._kept
    assert renderer._base is not None
    assert renderer._base.recollection is None
    renderer.render_frame(frames[0], depths[0], 0.2, 6.0)
    assert renderer.recollection._kept
    renderer.use_less_memory(1080)
    assert not renderer.recollection._kept

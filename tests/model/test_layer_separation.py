"""The network that takes frames apart: what it may change, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.model.test_disparity_mending import scene
from vbr_core.errors import InputError
from vbr_core.model.config import NetworkConfig
from vbr_core.model.layer_separation import HiddenGuess, Layers, LayerSeparation
from vbr_core.model.network import VbrNetwork
from vbr_core.render import base_picture
from vbr_core.render.base_picture import BasePicture
from vbr_core.render.hidden_light import hidden_light, look_at
from vbr_core.render.neural import NeuralRenderer
from vbr_core.render.scatter import ScatterRenderer


def lively(seed: int = 0) -> LayerSeparation:
    """A network whose head is not its beginning."""
    torch.manual_seed(seed)
    module = LayerSeparation((8, 8, 8))
    torch.nn.init.normal_(module.head.weight, std=0.3)
    return module.eval().requires_grad_(False)


def guess_for(picture: torch.Tensor, disparity: torch.Tensor) -> HiddenGuess:
    hidden = hidden_light([look_at(picture[0].permute(1, 2, 0).numpy(), disparity[0, 0].numpy())], 0)
    parts = (hidden.disparity, hidden.seen, hidden.zone.astype(np.float32))
    color = torch.from_numpy(hidden.color).permute(2, 0, 1)[None]
    return HiddenGuess(color, *(torch.from_numpy(part)[None, None] for part in parts))


@pytest.mark.parametrize(("height", "width"), [(40, 56), (33, 47)])
def test_a_network_that_learnt_nothing_cuts_along_the_disparity(height: int, width: int) -> None:
    picture, disparity = scene(height, width)
    layers = LayerSeparation((8, 8, 8))(picture, disparity, guess_for(picture, disparity))
    near = disparity > 0.5
    outline = layers.is_behind & ~near
    assert outline.any()
    assert torch.equal(layers.coverage == 0.0, outline)  # beside the near thing nothing of it is in the pixel
    assert (layers.coverage[near] == 1.0).all()
    assert (layers.front_disparity[outline] == 0.7).all()
    assert torch.allclose(layers.behind_disparity[layers.is_behind], torch.tensor(0.2))
    # the wall goes on behind the thing
    assert torch.allclose(
        layers.behind.permute(0, 2, 3, 1)[layers.is_behind[:, 0]], torch.tensor([0.0, 0.0, 0.7]), atol=0.02
    )


def test_flat_disparity_is_one_layer() -> None:
    picture, disparity = torch.rand(1, 3, 24, 40), torch.full((1, 1, 24, 40), 0.37)
    layers = lively()(picture, disparity, guess_for(picture, disparity))
    assert not layers.is_behind.any()
    assert (layers.coverage == 1.0).all()
    assert torch.equal(layers.front_disparity, disparity)


def test_values_stay_in_range_and_every_weight_learns() -> None:
    picture, disparity = scene()
    module = lively()
    module.requires_grad_(True)
    layers = module(picture, disparity, guess_for(picture, disparity))
    for value in (layers.coverage, layers.behind):
        assert (value >= 0.0).all()
        assert (value <= 1.0).all()
    assert (layers.behind_disparity <= layers.front_disparity).all()
    (layers.coverage.sum() + layers.behind.square().sum()).backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    assert sum(float(parameter.grad.abs().sum()) > 0 for parameter in module.parameters()) > 0.9 * len(
        list(module.parameters())
    )


def test_bands_are_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, disparity = scene(320, 48)
    frame, depth = picture[0].permute(1, 2, 0).numpy(), disparity[0, 0].numpy()
    base = BasePicture(ScatterRenderer("cpu"), None, None, lively())
    hidden = hidden_light([look_at(frame, depth)], 0)
    whole = base.separated(frame, depth, hidden)
    monkeypatch.setattr(base_picture, "BAND_ROWS", 64)
    parts = base.separated(frame, depth, hidden)
    for name in base_picture.LAYER_NAMES:
        assert torch.allclose(getattr(whole, name).float(), getattr(parts, name).float(), atol=1e-5), name


def test_the_base_of_a_frame_without_edges_is_that_of_scatter() -> None:
    frame = np.random.default_rng(0).random((24, 32, 3), np.float32)
    slope = np.linspace(0.2, 0.4, 24, dtype=np.float32)[:, None].repeat(32, axis=1)
    base = BasePicture(ScatterRenderer("cpu"), None, None, lively())
    wanted = ScatterRenderer("cpu").render_frame(frame, slope, 0.3, 10.0)
    inner = np.s_[2:-2, 2:-2]  # nearer to the border, what is outside is guessed another way
    np.testing.assert_allclose(base.render_frame(frame, slope, 0.3, 10.0)[inner], wanted[inner], atol=2e-4)


def a_network() -> VbrNetwork:
    torch.manual_seed(0)
    network = VbrNetwork(
        NetworkConfig(widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, separation_widths=(8, 8, 8))
    )
    return network.eval().requires_grad_(False)


def test_a_shot_in_one_go_is_as_frame_by_frame() -> None:
    rng = np.random.default_rng(1)
    frames = rng.random((1, 40, 48, 3), np.float32).repeat(9, axis=0)
    disparity = np.full((9, 40, 48), 0.2, np.float32)
    for t in range(9):
        disparity[t, 10:30, 8 + 2 * t : 28 + 2 * t] = 0.8
        frames[t, 10:30, 8 + 2 * t : 28 + 2 * t] = 0.4
    renderer = NeuralRenderer(a_network())
    d_f, k = np.full(9, 0.2, np.float32), np.full(9, 10.0, np.float32)
    whole = renderer.render(frames, disparity, d_f, k)
    base = renderer._base
    assert base is not None
    assert np.allclose(
        whole, base.render_shot(frames, disparity, d_f, k), atol=0.02
    )  # an untrained network adds nothing
    alone = np.stack([base.render_frame(frames[t], disparity[t], 0.2, 10.0) for t in range(9)])
    assert np.abs(whole - alone).max() > 0.02  # the other frames were used


def test_clipped_light_is_guessed_once_a_frame_and_found_by_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = np.random.default_rng(1).random((1, 40, 64, 3), np.float32).repeat(9, axis=0) * np.float32(0.5)
    frames[:, 18:22, 24:28] = 1.0  # a lamp; hidden in the middle of the shot
    disparity = np.full((9, 40, 64), 0.2, np.float32)
    for t in range(9):
        disparity[t, 10:30, 3 * t : 3 * t + 20] = 0.8
        frames[t, 10:30, 3 * t : 3 * t + 20] = 0.3
    renderer = NeuralRenderer(a_network())
    base = renderer._base
    assert base is not None
    d_f, k = np.full(9, 0.8, np.float32), np.full(9, 10.0, np.float32)
    asked: list[int] = []

    def bright(frame: np.ndarray) -> np.ndarray:
        asked.append(1)
        return np.where(frame >= 1.0, np.float32(2.0), frame) if (frame >= 1.0).any() else frame

    dim = renderer.render(frames, disparity, d_f, k)
    monkeypatch.setattr(base, "with_highlights", bright)
    lit = renderer.render(frames, disparity, d_f, k)
    assert len(asked) == 9
    assert not (frames[3] >= 1.0).any()
    assert (lit - dim)[3].max() > 0.05
    asked.clear()
    assert np.allclose(lit, base.render_shot(frames, disparity, d_f, k), atol=0.02)
    assert len(asked) == 9


def test_layers_name_what_they_hold() -> None:
    assert set(base_picture.LAYER_NAMES) == set(Layers.__annotations__)


def test_a_plain_base_stands_beside_that_of_the_layers() -> None:
    with pytest.raises(InputError, match="plain_base"):
        NetworkConfig(plain_base=True)
    config = NetworkConfig(
        widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, separation_widths=(8, 8, 8), plain_base=True
    )
    network = VbrNetwork(config).eval().requires_grad_(False)
    network.separation = lively()
    renderer = NeuralRenderer(network)
    picture, disparity = scene()
    frame, depth = picture[0].permute(1, 2, 0).numpy(), disparity[0, 0].numpy()
    base = renderer._base
    assert base is not None
    both = base.render_with(frame, depth, 0.2, 10.0, None, None)
    assert both.shape == (*depth.shape, 6)
    assert np.array_equal(both[..., :3], base.render_frame(frame, depth, 0.2, 10.0))
    plain = ScatterRenderer("cpu").render_frame(frame, depth, 0.2, 10.0)
    inner = np.s_[7:-7, 7:-7]  # nearer to the border, what is outside is guessed another way
    np.testing.assert_allclose(both[..., 3:][inner], plain[inner], atol=2e-4)
    assert not np.allclose(both[..., :3], both[..., 3:])
    still = base.render_with(frame, depth, 0.2, 0.0, None, None)  # nothing is blurred: the frame, to the bit
    assert np.array_equal(still, np.concatenate([frame, frame], axis=-1))
    # an untrained network shows the first of them
    assert np.allclose(renderer.render_frame(frame, depth, 0.2, 10.0), both[..., :3], atol=0.02)


def test_the_network_may_show_the_plain_base() -> None:
    config = NetworkConfig(
        widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, separation_widths=(8, 8, 8), plain_base=True
    )
    network = VbrNetwork(config).eval().requires_grad_(False)
    network.coarse.head.bias.view(5, 4)[3] = 1.0  # the weight of the second candidate, for all four pixels of a cell
    frames, first, plain = torch.rand(1, 1, 3, 16, 16), torch.rand(1, 1, 3, 16, 16), torch.rand(1, 1, 3, 16, 16)
    pictures = network.pictures_for(frames, torch.cat([first, plain], dim=2), None)
    assert torch.allclose(network.coarse(pictures, torch.zeros(1, 1, 1, 16, 16)), plain, atol=1e-6)

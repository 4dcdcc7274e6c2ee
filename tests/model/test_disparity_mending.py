"""Mending of disparity: what it may change, in bands as in one piece, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vbr_core.errors import InputError
from vbr_core.model import disparity_mending
from vbr_core.model.config import NetworkConfig
from vbr_core.model.disparity_mending import DisparityMending, surroundings
from vbr_core.model.network import VbrNetwork
from vbr_core.render import base_picture
from vbr_core.render.base_picture import BasePicture
from vbr_core.render.neural import NeuralRenderer
from vbr_core.render.scatter import ScatterRenderer


def lively(seed: int = 0) -> DisparityMending:
    """A network whose head is not its beginning, which changes nothing."""
    torch.manual_seed(seed)
    module = DisparityMending((8, 8, 8))
    torch.nn.init.normal_(module.head.weight, std=0.3)
    return module.eval().requires_grad_(False)


def scene(height: int = 40, width: int = 56, shift: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A red thing before a blue wall, (1, 3, H, W), and disparity (1, 1, H, W) whose edge is ``shift`` pixels off."""
    picture = torch.zeros(1, 3, height, width)
    picture[:, 2] = 0.7
    picture[..., width // 2 :] = torch.tensor([0.8, 0.1, 0.1])[:, None, None]
    disparity = torch.full((1, 1, height, width), 0.2)
    disparity[..., width // 2 + shift :] = 0.7
    return picture, disparity


def test_a_network_that_learnt_nothing_changes_nothing() -> None:
    picture, disparity = scene()
    disparity = disparity + 0.2 * torch.rand(disparity.shape)
    module = DisparityMending((8, 8, 8))
    assert torch.equal(module(picture, disparity), disparity)
    assert torch.equal(module.mend(picture, disparity), disparity)


def test_flat_disparity_comes_back_as_it_is() -> None:
    picture = torch.rand(1, 3, 33, 47)
    flat = torch.full((1, 1, 33, 47), 0.37)
    assert torch.equal(lively().mend(picture, flat), flat)


def test_no_disparity_is_invented() -> None:
    torch.manual_seed(0)
    disparity = torch.rand(1, 1, 50, 60)
    mended = lively().mend(torch.rand(1, 3, 50, 60), disparity)
    low, high = surroundings(disparity)
    assert not torch.allclose(mended, disparity, atol=0.05)
    assert (mended >= low).all()
    assert (mended <= high).all()


def test_small_moves_are_not_made() -> None:
    picture, disparity = scene()
    module = DisparityMending((8, 8, 8)).requires_grad_(False)
    torch.nn.init.constant_(module.head.bias, 0.9 * disparity_mending.IGNORED_MOVE)  # type: ignore[arg-type]
    assert not torch.equal(module(picture, disparity), disparity)
    assert torch.equal(module.mend(picture, disparity), disparity)
    torch.nn.init.constant_(module.head.bias, 1.1 * disparity_mending.FULL_MOVE)  # type: ignore[arg-type]
    torch.testing.assert_close(module.mend(picture, disparity), module(picture, disparity))
    assert not torch.equal(module.mend(picture, disparity), disparity)


def test_surroundings_are_a_square_of_the_reach() -> None:
    disparity = torch.zeros(1, 1, 60, 70)
    disparity[0, 0, 30, 40], disparity[0, 0, 0, 69] = 0.9, -0.5
    low, high = surroundings(disparity)
    reach = disparity_mending.REACH_PX
    expected = torch.zeros(60, 70)
    expected[30 - reach : 31 + reach, 40 - reach : 41 + reach] = 0.9
    assert torch.equal(high[0, 0], expected)
    expected = torch.zeros(60, 70)
    expected[: reach + 1, 69 - reach :] = -0.5
    assert torch.equal(low[0, 0], expected)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (33, 8)])
def test_any_size(size: tuple[int, int]) -> None:
    disparity = torch.rand(1, 1, *size)
    mended = lively().mend(torch.rand(1, 3, *size), disparity)
    assert mended.shape == disparity.shape
    assert torch.isfinite(mended).all()


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frame, disparity = rng.random((400, 48, 3), np.float32), rng.random((400, 48), np.float32)
    base = BasePicture(ScatterRenderer(), None, lively())
    whole = base.mended(frame, disparity)
    monkeypatch.setattr(base_picture, "BAND_ROWS", 64)
    np.testing.assert_allclose(base.mended(frame, disparity), whole, atol=2e-5)
    assert np.abs(whole - disparity).max() > 0.05


def test_the_name_of_the_base_tells_the_weights() -> None:
    assert len({BasePicture(ScatterRenderer(), None, part).name for part in (None, lively(0), lively(1))}) == 3


def test_a_render_is_one_by_the_mended_disparity() -> None:
    torch.manual_seed(0)
    network = VbrNetwork(NetworkConfig(widths=(8, 8, 8), mending_widths=(8, 8, 8), fusion_levels=())).eval()
    assert network.mending is not None
    network.mending.load_state_dict(lively().state_dict())
    picture, disparity = (given[0].permute(1, 2, 0).numpy() for given in scene(shift=3))
    renderer = NeuralRenderer(network.requires_grad_(False))
    assert renderer._base is not None
    mended = renderer._base.mended(picture, disparity[..., 0])
    result = renderer.render_frame(picture, disparity[..., 0], 0.7, 20.0)
    expected = ScatterRenderer().render_frame(picture, mended, 0.7, 20.0)
    np.testing.assert_allclose(result, expected, atol=1e-5)
    assert np.abs(expected - ScatterRenderer().render_frame(picture, disparity[..., 0], 0.7, 20.0)).max() > 0.02


def test_every_parameter_learns_and_edges_move_to_the_picture() -> None:
    from vbr_core.train.mending import mending_loss

    torch.manual_seed(0)
    module = DisparityMending((8, 8, 8))
    optimizer = torch.optim.Adam(module.parameters(), lr=5e-3)
    truth = scene()[1]
    losses = []
    for step in range(60):
        picture, spoiled = scene(shift=(-3, 3)[step % 2])
        loss = mending_loss(module(picture, spoiled), truth)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert all(parameter.grad is not None for parameter in module.parameters())
    assert sum(losses[-4:]) < 0.3 * sum(losses[:4])
    picture, spoiled = scene(shift=2)  # neither of the shifts that it was shown
    with torch.no_grad():
        assert float((module.mend(picture, spoiled) - truth).abs().mean()) < 0.5 * float((spoiled - truth).abs().mean())


def test_a_network_mends_only_with_a_base() -> None:
    assert VbrNetwork(NetworkConfig()).mending is None
    with pytest.raises(InputError, match="mending_widths"):
        NetworkConfig(base="none", mending_widths=(8, 8, 8))
    with pytest.raises(InputError, match="mending_widths"):
        NetworkConfig(mending_widths=(8, 8))

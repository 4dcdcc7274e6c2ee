"""The guess of clipped light: what it may change, in bands as in one piece, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vbr_core.errors import InputError
from vbr_core.model.config import NetworkConfig
from vbr_core.model.highlights import CLIPPED_FROM, HighlightRecovery
from vbr_core.model.network import VbrNetwork
from vbr_core.render import base_picture
from vbr_core.render.base_picture import BasePicture
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear
from vbr_core.render.scatter import ScatterRenderer


def lively(seed: int = 0) -> HighlightRecovery:
    """A guess whose head is not its flat beginning."""
    torch.manual_seed(seed)
    module = HighlightRecovery((8, 8, 8))
    torch.nn.init.normal_(module.head.weight, std=0.3)
    torch.nn.init.constant_(module.head.bias, 0.5)
    return module.eval().requires_grad_(False)


def picture(height: int = 40, width: int = 56) -> torch.Tensor:
    """(1, 3, H, W) with a white patch and a patch of one clipped channel."""
    torch.manual_seed(1)
    given = 0.8 * torch.rand(1, 3, height, width)
    given[..., 5:12, 6:15] = 1.0
    given[:, 0, 20:30, 30:40] = 1.0
    return given


def test_only_clipped_channels_get_brighter() -> None:
    given = picture()
    result = lively()(given)
    clipped = given > CLIPPED_FROM
    assert torch.equal(result[~clipped], given[~clipped])
    assert (result[clipped] > given[clipped]).all()


def test_a_gain_is_one_of_linear_light() -> None:
    given, module = picture(), lively()
    gain = srgb_to_linear(module(given)) / srgb_to_linear(given)
    torch.testing.assert_close(gain, module.log_gain(given).exp(), rtol=2e-4, atol=1e-4)


def test_a_picture_without_white_is_returned_itself() -> None:
    given = picture() * 0.9
    assert lively()(given) is given


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (33, 8)])
def test_any_size(size: tuple[int, int]) -> None:
    given = torch.ones(1, 3, *size)
    result = lively()(given)
    assert result.shape == given.shape
    assert torch.isfinite(result).all()


def test_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frame = np.clip(rng.random((400, 48, 3), np.float32) * 1.3, 0.0, 1.0)
    base = BasePicture(ScatterRenderer(), lively())
    whole = base.with_highlights(frame)
    monkeypatch.setattr(base_picture, "BAND_ROWS", 64)
    np.testing.assert_allclose(base.with_highlights(frame), whole, atol=2e-5)
    assert whole.max() > 1.05


def test_a_lamp_spreads_more_light_with_its_gain() -> None:
    frame = np.zeros((48, 48, 3), np.float32)
    frame[22:26, 22:26] = 1.0
    disparity = np.zeros((48, 48), np.float32)
    plain = BasePicture(ScatterRenderer(), None).render_frame(frame, disparity, 1.0, 8.0)
    bright = BasePicture(ScatterRenderer(), lively()).render_frame(frame, disparity, 1.0, 8.0)
    assert bright[24, 24].min() > plain[24, 24].max() + 0.02
    assert bright.max() <= 1.0


def test_the_name_of_the_base_tells_the_weights() -> None:
    names = {BasePicture(ScatterRenderer(), guess).name for guess in (None, lively(0), lively(1))}
    assert len(names) == 3


def test_every_parameter_learns_and_the_loss_falls() -> None:
    from vbr_core.train.highlights import highlight_loss

    torch.manual_seed(0)
    light = 0.3 * torch.rand(4, 3, 48, 48)
    light[:, :, 10:20, 10:20] = torch.tensor([2.0, 4.0, 6.0, 3.0])[:, None, None, None]
    stored = linear_to_srgb(light)
    module = HighlightRecovery((8, 8, 8))
    optimizer = torch.optim.Adam(module.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = highlight_loss(module, stored, light, [3.0])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in module.parameters())
    assert losses[-1] < 0.5 * losses[0]


def test_a_network_holds_the_guess_only_with_a_base() -> None:
    assert VbrNetwork(NetworkConfig(highlight_widths=(8, 8, 8))).highlights is not None
    assert VbrNetwork(NetworkConfig()).highlights is None
    with pytest.raises(InputError, match="highlight_widths"):
        NetworkConfig(base="none", highlight_widths=(8, 8, 8))
    with pytest.raises(InputError, match="highlight_widths"):
        NetworkConfig(highlight_widths=(8, 8))


def test_a_focused_highlight_is_shown_as_it_is() -> None:
    frame = np.full((40, 40, 3), 0.3, np.float32)
    frame[10:30, 10:30] = 0.965
    disparity = np.zeros((40, 40), np.float32)
    disparity[5:35, 5:35] = 0.8
    plain = BasePicture(ScatterRenderer(), None).render_frame(frame, disparity, 0.8, 6.0)
    result = BasePicture(ScatterRenderer(), lively()).render_frame(frame, disparity, 0.8, 6.0)
    np.testing.assert_allclose(result[15:25, 15:25], plain[15:25, 15:25], atol=1e-5)

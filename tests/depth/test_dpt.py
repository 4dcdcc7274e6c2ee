"""Parts of the published networks: sizes of their input, tables of positions, building without memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.depth.published_weights import published_shapes
from vbr_core.depth.architectures import ARCHITECTURES, empty_network, find_architecture
from vbr_core.depth.backbones import relative_positions
from vbr_core.depth.dpt import Fusion, Reassemble
from vbr_core.depth.input_rules import HALF, InputRule
from vbr_core.errors import ModelError

SIZES = ((1080, 1920), (1920, 1080), (720, 720), (480, 853), (100, 130), (333, 500), (1440, 1080), (2160, 3840))

# What the publishers' own preparation gives for pictures of these sizes (height, width).
PUBLISHED_SIZES = {
    "midas_v21_small_256": (
        *((128, 256), (256, 128), (256, 256), (160, 256)),
        *((192, 256), (160, 256), (256, 192), (128, 256)),
    ),
    "dpt_swin2_tiny_256": ((256, 256),) * 8,
    "dpt_large_384": (
        *((384, 672), (672, 384), (384, 384), (384, 672)),
        *((288, 384), (384, 576), (512, 384), (384, 672)),
    ),
    "dpt_hybrid_384": (
        *((384, 672), (672, 384), (384, 384), (384, 672)),
        *((288, 384), (384, 576), (512, 384), (384, 672)),
    ),
    "dpt_beit_large_512": (
        *((512, 896), (896, 512), (512, 512), (512, 896)),
        *((384, 512), (352, 512), (672, 512), (512, 896)),
    ),
    "depth_anything_v2_small": (
        *((518, 924), (924, 518), (518, 518), (518, 924)),
        *((518, 672), (518, 784), (686, 518), (518, 924)),
    ),
}
VIDEO_SIZES = {
    (1080, 1920): (518, 924),
    (1920, 1080): (924, 518),
    (720, 720): (518, 518),
    (800, 1920): (378, 910),
    (1080, 2340): (420, 910),
    (480, 640): (518, 686),
}


@pytest.mark.parametrize("name", PUBLISHED_SIZES)
def test_pictures_are_resized_as_published(name: str) -> None:
    rule = ARCHITECTURES[name].rule
    assert tuple(rule.size(*size) for size in SIZES) == PUBLISHED_SIZES[name]


def test_clips_are_resized_as_published() -> None:
    rule = ARCHITECTURES["video_depth_anything_small"].rule
    assert {size: rule.size(*size) for size in VIDEO_SIZES} == VIDEO_SIZES


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (2, 3), (4320, 7680), (300, 2900)])
def test_no_picture_asks_for_nothing_or_for_any_amount(name: str, size: tuple[int, int]) -> None:
    rule = ARCHITECTURES[name].rule
    h, w = rule.size(*size)
    assert h % rule.multiple == w % rule.multiple == 0
    assert min(h, w) >= rule.multiple
    assert h * w <= 4 * rule.target**2 + rule.multiple * max(h, w)


def test_pictures_are_normalised_channel_by_channel() -> None:
    rule = InputRule(32, 32, "square", (0.5, 0.25, 0.0), (0.5, 0.25, 2.0))
    out = rule.prepare(np.full((2, 64, 48, 3), (1.0, 0.5, 1.0), np.float32))
    assert out.shape == (2, 3, 32, 32)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out[1, :, 7, 9], [1.0, 1.0, 0.5], atol=1e-6)


def test_rules_say_what_the_networks_give() -> None:
    for architecture in ARCHITECTURES.values():
        assert architecture.rule.disparity
        assert architecture.rule.keep_aspect == (architecture.name != "dpt_swin2_tiny_256")
        assert (architecture.window_frames, architecture.overlap_frames) == (
            (32, 10) if architecture.name.startswith("video") else (1, 0)
        )
    assert ARCHITECTURES["dpt_large_384"].rule.mean == HALF


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_tensor_of_the_published_network_is_known(name: str) -> None:
    architecture = ARCHITECTURES[name]
    assert architecture.published_shapes() | dict(architecture.unused) == published_shapes(name)
    assert not architecture.published_shapes().keys() & architecture.unused.keys()
    for key in architecture.published_shapes():
        assert architecture.published_name(architecture.own_name(key)) == key


def test_networks_are_built_without_memory_for_their_weights() -> None:
    for name in ("depth_anything_v2_large", "dpt_swin2_tiny_256"):
        network = empty_network(ARCHITECTURES[name])
        assert all(parameter.is_meta for parameter in network.parameters())
        assert not any(buffer.is_meta for buffer in network.buffers())
    assert not torch.nn.Linear(2, 2).weight.is_meta  # nothing stays behind


def test_an_unknown_network_is_named_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="midas_v9") as caught:
        find_architecture("midas_v9")
    assert "dpt_large_384" in caught.value.hint


def test_relative_positions_tell_offsets_apart() -> None:
    rows, columns = 3, 2
    index = relative_positions((rows, columns))
    count = (2 * rows - 1) * (2 * columns - 1)
    assert index[0, 0] == count + 2
    assert (index[0, 1:] == count).all()
    assert (index[1:, 0] == count + 1).all()
    seen: dict[int, tuple[int, int]] = {}
    for a in range(rows * columns):
        for b in range(rows * columns):
            offset = (a // columns - b // columns, a % columns - b % columns)
            assert seen.setdefault(int(index[1 + a, 1 + b]), offset) == offset
    assert len(set(seen.values())) == len(seen) == count
    assert index[1:, 1:].max() < count


def test_reassembly_keeps_rows_and_columns_apart() -> None:
    torch.manual_seed(0)
    block = Reassemble(2, 4, 5)
    tokens = torch.randn(1, 1 + 6, 4)
    out = block(tokens, (2, 3))
    assert out.shape == (1, 5, 2, 3)
    changed = tokens.clone()
    changed[0, 1 + 3 * 1 + 2] += 1.0  # the token of row 1, column 2
    moved = (block(changed, (2, 3)) - out).abs().amax(dim=1)[0] > 1e-6
    assert moved.tolist() == [[False, False, False], [False, False, True]]


def test_fusion_meets_any_size() -> None:
    block = Fusion(4, 2)
    assert block(torch.randn(1, 4, 3, 5), torch.randn(1, 4, 3, 5), (7, 9)).shape == (1, 2, 7, 9)

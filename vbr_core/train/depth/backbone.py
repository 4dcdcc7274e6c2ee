"""ImageNet weights of EfficientNet-Lite0 for the backbone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from vbr_core.depth.network import StarterNetwork


def load_backbone(network: StarterNetwork, path: str | Path) -> int:
    """Copy the published EfficientNet-Lite weights (a PyTorch state dict) into the network's backbone.

    The published file has the same tensors in the same order under other names; the classifier at its end is left out.

    Returns:
        Number of tensors copied.

    Raises:
        ModelError: The file's tensors do not have the backbone's shapes.
    """
    published = torch.load(path, map_location="cpu", weights_only=True)
    own = network.backbone.state_dict()
    if len(published) < len(own):
        raise ModelError(f"'{Path(path).name}' has {len(published)} tensors, the backbone needs {len(own)}.")
    renamed = {}
    for (name, tensor), (given_name, given) in zip(own.items(), published.items(), strict=False):
        if tensor.shape != given.shape:
            raise ModelError(f"'{given_name}' of '{Path(path).name}' does not fit '{name}' of the backbone.")
        renamed[name] = given
    network.backbone.load_state_dict(renamed)
    return len(renamed)

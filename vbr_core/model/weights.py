"""Networks on disk: safetensors with the configuration in the header. No file that is read here can run code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from vbr_core.errors import InputError
from vbr_core.model.config import NetworkConfig
from vbr_core.model.network import VbrNetwork

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "vbr-network"
FORMAT_VERSION = "1"


def save_network(network: VbrNetwork, path: Path, notes: dict[str, str] | None = None, half: bool = False) -> None:
    """Write weights and configuration.

    Args:
        network: What to write.
        path: File; a broken write leaves the old one.
        notes: More for the header.
        half: Store 16-bit floats.
    """
    kind = torch.float16 if half else torch.float32
    tensors = {name: value.detach().to("cpu", kind).contiguous() for name, value in network.state_dict().items()}
    header = {
        **(notes or {}),
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "config": msgspec.json.encode(network.config).decode(),
    }
    part = path.with_name(path.name + ".part")
    save_file(tensors, part, metadata=header)
    part.replace(path)


def load_network(path: Path, device: str = "cpu") -> VbrNetwork:
    """Read a network, ready to render.

    Raises:
        InputError: The file is missing, truncated, not safetensors (a pickle, say), of another program, or its weights
            do not fit its own configuration.
    """
    advice = "Use weights that `vbr train` wrote, or install the program again."
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            if header.get("format") != FORMAT or header.get("version") != FORMAT_VERSION:
                raise InputError(f"'{path}' holds no VBR network of version {FORMAT_VERSION}.", advice)
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - not a dict
        config = msgspec.json.decode(header.get("config", ""), type=NetworkConfig)
    except FileNotFoundError as error:
        raise InputError(f"The weights '{path}' are not there.", advice) from error
    except (OSError, SafetensorError, msgspec.DecodeError) as error:
        raise InputError(f"'{path}' is not a whole safetensors file of a VBR network: {error}.", advice) from error
    network = VbrNetwork(config)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise InputError(f"The weights in '{path}' do not fit their own configuration.", advice) from error
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise InputError(f"The weights in '{path}' hold values that are not finite.", advice)
    # channels last: convolutions of so few channels take less than half as long on a processor
    return network.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)

"""Which device the work runs on."""

from __future__ import annotations

import os

from vbr_core.errors import InputError

DEVICE_VARIABLE = "VBR_DEVICE"
"""Environment variable: ``cpu`` keeps ``auto`` off the GPU; the window's preferences set it."""


def gpu_name(device: str) -> str:
    """What the maker calls the GPU behind a torch device; empty for the CPU."""
    import torch

    if device.split(":")[0] == "cuda":
        return str(torch.cuda.get_device_properties(device).name)
    return "Apple GPU" if device == "mps" else ""


def pick_device(name: str) -> str:
    """The torch device for a device setting; ``auto`` takes CUDA if there is one, else the CPU.

    ``VBR_DEVICE=cpu`` keeps ``auto`` off the GPU.

    Raises:
        InputError: The device is unknown, or not on this machine.
    """
    import torch

    if name == "auto":
        return "cuda" if os.environ.get(DEVICE_VARIABLE) != "cpu" and torch.cuda.is_available() else "cpu"
    if name == "cpu":
        return "cpu"
    if name.split(":")[0] == "cuda":
        if not torch.cuda.is_available():
            raise InputError("No CUDA device was found on this machine.", "Use --device cpu or auto.")
        return name
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise InputError("No Apple GPU was found on this machine.", "Use --device cpu or auto.")
        return name
    raise InputError(f"There is no device called '{name}'.", "Choose one of: auto, cpu, cuda, mps.")

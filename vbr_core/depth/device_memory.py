"""Whether a depth network fits into memory: asked before it is loaded, and told from an error afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from vbr_core.depth.model_files import bytes_words
from vbr_core.errors import OutOfMemoryError
from vbr_core.memory import available_bytes, free_swap_bytes

if TYPE_CHECKING:
    from vbr_core.depth.registry import ModelEntry

SMALLER = "Choose a smaller depth network, or close other programs."


def free_bytes(device: str) -> int:
    """What a network can get on a device, without loading anything there; 0 if it does not tell."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    free = available_bytes()
    return free + free_swap_bytes() if free else 0


def check_fits(entry: ModelEntry, device: str) -> None:
    """Compare what a model needs with what is free.

    Where the need was not measured, that of the weights alone counts.

    Raises:
        OutOfMemoryError: It does not fit.
    """
    needed, free = entry.memory_bytes or entry.size_bytes, free_bytes(device)
    if 0 < free < needed:
        where = "" if torch.device(device).type == "cpu" else f" on '{device}'"
        raise OutOfMemoryError(
            f"The depth network '{entry.name}' needs about {bytes_words(needed)} of memory{where}, and "
            f"{bytes_words(free)} are free.",
            SMALLER,
        )


def too_large(name: str, device: str, size: tuple[int, int]) -> OutOfMemoryError:
    """The error for a network that ran out of memory with one picture of ``size`` (h, w)."""
    return OutOfMemoryError(
        f"There is not enough memory on '{device}' for the depth network '{name}' ({size[1]} x {size[0]} pixels).",
        SMALLER,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out (torch raises RuntimeErrors of several kinds)."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(
        words in text for words in ("out of memory", "can't allocate memory", "not enough memory")
    )


def free_device_memory() -> None:
    """Give cached device memory back, so that a smaller attempt can succeed."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

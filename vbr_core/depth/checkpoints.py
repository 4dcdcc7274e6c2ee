"""Reading of published weights files: numbers only, never code.

PyTorch files (the archive of today and the single pickle of old) go through ``torch.load(weights_only=True)``, which
builds tensors and plain containers and refuses everything else; safetensors files hold nothing else by design.
"""

from __future__ import annotations

import pickle
import warnings
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open

from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Shapes = dict[str, tuple[int, ...]]

FETCH_AGAIN = "Fetch the file again, or import the publisher's own file."
SAFE_HINT = "Use the file that the publisher of the network offers, or a safetensors copy of it."


def read_shapes(path: Path) -> Shapes:
    """Names and shapes of the tensors in a weights file; their values are not read where the format allows it.

    Raises:
        ModelError: The file is missing, damaged, of no known format, or holds code.
    """
    with _readable(path):
        if _is_safetensors(path):
            with safe_open(path, framework="pt") as file:
                return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        return {name: tuple(value.shape) for name, value in _load(path, "meta").items()}


def read_tensors(path: Path) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of a weights file, one after the other.

    They may lie in a mapping of the file: copy what is to stay.

    Raises:
        ModelError: As :func:`read_shapes`.
    """
    with _readable(path):
        if _is_safetensors(path):
            with safe_open(path, framework="pt") as file:
                for name in file.keys():  # noqa: SIM118
                    yield name, file.get_tensor(name)
            return
        yield from _load(path, "cpu").items()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what the readers raise into errors for people."""
    try:
        yield
    except FileNotFoundError as error:
        raise ModelError(f"The weights file '{path}' is missing.", FETCH_AGAIN) from error
    except pickle.UnpicklingError as error:
        if _names_code(str(error)):
            raise ModelError(
                f"'{path.name}' holds code, not only numbers; it was refused and nothing of it was run.", SAFE_HINT
            ) from error
        raise ModelError(f"'{path.name}' is damaged or is not a weights file.", FETCH_AGAIN) from error
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except (SafetensorError, OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelError(f"'{path.name}' is damaged or is not a weights file.", FETCH_AGAIN) from error


def _names_code(text: str) -> bool:
    """Whether the refusal of ``torch.load`` is about something to call, not about broken bytes."""
    return any(word in text for word in ("GLOBAL", "Unsupported global", "Unsupported class", "REDUCE", "blocklist"))


def _is_safetensors(path: Path) -> bool:
    """By content: eight bytes of length, then a JSON object. Names lie."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def _load(path: Path, device: str) -> Mapping[str, torch.Tensor]:
    """The state dict of a PyTorch file."""
    with path.open("rb") as file:
        begins_as_archive = file.read(4) == b"PK\x03\x04"
    archive = zipfile.is_zipfile(path)
    if begins_as_archive and not archive:
        raise ModelError(f"'{path.name}' is not whole: its end is missing.", FETCH_AGAIN)
    if archive:
        with zipfile.ZipFile(path) as file:
            if any(name.endswith("/constants.pkl") for name in file.namelist()):
                raise ModelError(
                    f"'{path.name}' holds a compiled program, not only numbers; it was refused and nothing of it was "
                    "run.",
                    SAFE_HINT,
                )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about old formats
        content = torch.load(str(path), map_location=device, weights_only=True, mmap=archive)
    if isinstance(content, dict) and isinstance(content.get("model"), dict):
        content = content["model"]  # as the training code of MiDaS saves, beside the state of the optimiser
    if not isinstance(content, dict) or not content:
        raise ModelError(f"'{path.name}' holds no weights of a network.", FETCH_AGAIN)
    if not all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in content.items()):
        raise ModelError(f"'{path.name}' holds other things than the weights of one network.", FETCH_AGAIN)
    return content

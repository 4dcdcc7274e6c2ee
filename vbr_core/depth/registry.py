"""The depth models that the program knows: what they are, what one may do with them, and where their files lie."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from resources import resource_path
from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One depth model.

    Attributes:
        name: Short name, as on the command line.
        title: What it is, in a line.
        licence: Of the weights, in plain words.
        commercial_ok: Whether results may be used commercially.
        file: Name of the weights file in ``resources/models``.
        size_bytes: Length of that file.
        sha256: Its hash.
        input_rule: How pictures are prepared.
    """

    name: str
    title: str
    licence: str
    commercial_ok: bool
    file: str
    size_bytes: int
    sha256: str
    input_rule: str


def models_folder() -> Path:
    """Folder of the bundled weights."""
    return resource_path("models")


def list_models() -> tuple[ModelEntry, ...]:
    """All models, in the order to show them."""
    return msgspec.json.decode((models_folder() / "models.json").read_bytes(), type=tuple[ModelEntry, ...])


def find_model(name: str) -> ModelEntry:
    """The entry called ``name``.

    Raises:
        ModelError: There is none.
    """
    for entry in list_models():
        if entry.name == name:
            return entry
    names = ", ".join(entry.name for entry in list_models())
    raise ModelError(f"There is no depth model called '{name}'.", f"Models: {names}.")


def model_path(entry: ModelEntry) -> Path:
    """Where the weights of ``entry`` lie.

    Raises:
        ModelError: The file is not there.
    """
    path = models_folder() / entry.file
    if not path.is_file():
        raise ModelError(f"The weights '{path}' of the model '{entry.name}' are missing.", "Reinstall VBR Studio.")
    return path


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def verify_model(name: str) -> Path:
    """Check the weights of a model against its published hash.

    Returns:
        The path of the weights.

    Raises:
        ModelError: The file is missing or is not the published one.
    """
    entry = find_model(name)
    path = model_path(entry)
    found = file_sha256(path)
    if found != entry.sha256:
        raise ModelError(
            f"The weights '{path}' are not the published file: SHA-256 {found[:12]}..., expected "
            f"{entry.sha256[:12]}...",
            "Reinstall VBR Studio.",
        )
    return path

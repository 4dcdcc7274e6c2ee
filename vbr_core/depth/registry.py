"""The depth models that the program knows: what they are, what one may do with them, and where their files lie."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from resources import resource_path
from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path


ARCHITECTURES = (
    "starter",
    "midas_v21_small_256",
    "dpt_swin2_tiny_256",
    "dpt_hybrid_384",
    "dpt_large_384",
    "dpt_beit_large_512",
    "depth_anything_v2_small",
    "depth_anything_v2_base",
    "depth_anything_v2_large",
    "video_depth_anything_small",
)
SPEEDS = ("fast", "medium", "slow")


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One depth model.

    Attributes:
        name: Short name, as on the command line.
        title: What it is, in a line.
        licence: Of the weights, in plain words.
        commercial_ok: Whether results may be used commercially.
        file: Name of the weights file in ``resources/models``.
        size_bytes: Length of that file; 0 if the publisher does not say.
        sha256: Its hash; None where the publisher gives none. Then the first file that arrives is trusted, and said so.
        input_rule: How pictures are prepared.
        architecture: Which network reads the file: one of ``ARCHITECTURES``.
        bundled: Whether the file ships with the program; the others are fetched or imported when the user asks.
        urls: Where the file can be had: the publisher first, then mirrors.
        memory_bytes: About what the network needs at its input size, for one picture; 0 if not measured.
        speed: How it compares with the bundled network: one of ``SPEEDS``.
        homepage: Where the publisher describes it.
    """

    name: str
    title: str
    licence: str
    commercial_ok: bool
    file: str
    size_bytes: int
    sha256: str | None
    input_rule: str
    architecture: str = "starter"
    bundled: bool = True
    urls: tuple[str, ...] = ()
    memory_bytes: int = 0
    speed: str = "fast"
    homepage: str = ""


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


def weights_hash(entry: ModelEntry, path: Path) -> str:
    """SHA-256 of the weights at ``path``: the published one, or, where there is none, that of the file.

    For fingerprints: estimators name what they computed by it.
    """
    return entry.sha256 if entry.sha256 is not None else file_sha256(path)


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
    if entry.sha256 is not None and found != entry.sha256:
        raise ModelError(
            f"The weights '{path}' are not the published file: SHA-256 {found[:12]}..., expected "
            f"{entry.sha256[:12]}...",
            "Reinstall VBR Studio.",
        )
    return path

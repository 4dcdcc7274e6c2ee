"""The depth models that the program knows: what they are, what one may do with them, where their files come from.

Where the files lie on this machine, and whether they are whole, is in :mod:`vbr_core.depth.model_files`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from resources import resource_path
from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from vbr_core.jobs import JobContext

PIECE_BYTES = 1 << 20
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
"""Against the bundled network's time for a picture, on a processor: up to about 3 times; up to about 30 times; more."""


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One depth model.

    Attributes:
        name: Short name, as on the command line.
        title: What it is, in a line.
        licence: Of the weights, by its short name.
        commercial_ok: Whether results may be used commercially.
        file: Name of the weights file.
        size_bytes: Length of that file; 0 if the publisher does not say.
        sha256: Its hash; None where none is known. Then the first file that arrives is trusted, and said so.
        input_rule: How pictures are prepared.
        architecture: Which network reads the file: one of ``ARCHITECTURES``.
        bundled: Whether the file ships with the program; the others are fetched or imported when the user asks.
        urls: Where the file can be had: the publisher first, then mirrors.
        memory_bytes: About what weights and network need for one picture of 16:9 (a window of them, if it is made for
            video) on a processor; 0 if not measured.
        speed: How long a picture takes: one of ``SPEEDS``.
        homepage: Where the publisher describes it.
        size_exact: Whether ``size_bytes`` is the length to the byte, not just about.
        hash_source: Who says that this is the hash, or where it stands, in words that go into parentheses.
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
    size_exact: bool = True
    hash_source: str = "the publisher"


LICENCE_WORDS = {
    "Apache-2.0": "Free for any use, also commercial",
    "MIT": "Free for any use, also commercial",
    "CC BY-NC 4.0": "Not for commercial work",
}
"""What licences mean for the results, in plain words, by their short names."""


def licence_words(entry: ModelEntry) -> str:
    """What the licence allows, in plain words: ``Not for commercial work (CC BY-NC 4.0)``."""
    plain = LICENCE_WORDS.get(entry.licence)
    if plain is None:
        plain = "Free for any use, also commercial" if entry.commercial_ok else "Not for commercial work"
    return f"{plain} ({entry.licence})"


def hash_words(entry: ModelEntry) -> str:
    """What is known of the hash in the registry, for after "SHA-256 is": as published, or where it was found."""
    if entry.hash_source == "the publisher":
        return "as published"
    return f"the expected one ({entry.hash_source})" if entry.hash_source else "the expected one"


def licence_note(depth: str) -> str:
    """What the user should know before using results that are made with ``depth``; empty if it is free for any use.

    Args:
        depth: Name of a depth model, or path of the user's own files, of which nothing is known.
    """
    entry = next((entry for entry in list_models() if entry.name == depth), None)
    if entry is None or entry.commercial_ok:
        return ""
    return f"The depth model '{entry.name}' is under {entry.licence}: not for commercial work."


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
    """Where the weights of ``entry`` lie. Nothing is looked into.

    Raises:
        ModelError: The file is not there; the hint says how to get it.
    """
    from vbr_core.depth import model_files

    return model_files.existing_path(entry)


def file_sha256(path: Path, ctx: JobContext | None = None) -> str:
    """SHA-256 of a file, read in pieces: lower-case hex. With ``ctx`` it says how far it is and can be cancelled."""
    digest = hashlib.sha256()
    done, total = 0, path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            done += len(piece)
            if ctx is not None:
                ctx.step(done, total, "Checking", "bytes")
    return digest.hexdigest()


def weights_hash(entry: ModelEntry, path: Path) -> str:
    """SHA-256 of the weights at ``path``: the one in the registry, or, where there is none, that of the file.

    For fingerprints: estimators name what they computed by it.
    """
    return entry.sha256 if entry.sha256 is not None else file_sha256(path)


def verify_model(name: str) -> Path:
    """The weights of a model, checked before use.

    A file that was checked before and has not changed since (length, time) is not read again.

    Returns:
        The path of the weights.

    Raises:
        ModelError: There is no such model, its file is not on this machine (the hint says how to get it), or it is not
            the right file.
    """
    from vbr_core.depth import model_files

    return model_files.checked_path(find_model(name))

"""Where the weights of the depth models lie on this machine, whether they are whole, and how they get here.

Bundled weights lie in the program's ``resources/models``; fetched and imported ones in one folder that the command
line, the window and every version of the program share. Beside each of them lies ``<file>.json``, the record of the
last check: the hash that was found, the length and the time of the file then, where it came from. A file that still
has that length and time is not hashed again. Where nobody publishes a hash, the record is also what later files of that
model must equal: trust on first use.
"""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import platformdirs

from vbr_core.depth import registry
from vbr_core.depth.download import Patience, Wanted, download
from vbr_core.depth.file_lock import exclusive
from vbr_core.depth.registry import ModelEntry, file_sha256
from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbr_core.jobs import JobContext

ModelState = Literal["bundled", "here", "unchecked", "damaged", "partial", "absent"]
COPY_BYTES = 4 << 20

log = logging.getLogger(__name__)


class Record(msgspec.Struct, frozen=True):
    """What the last check of a weights file found.

    Attributes:
        sha256: Hash of the file.
        size_bytes: Its length.
        mtime_ns: Its time stamp then.
        source: The address or the file that it came from.
    """

    sha256: str
    size_bytes: int
    mtime_ns: int
    source: str = ""


class ModelStatus(msgspec.Struct, frozen=True):
    """How a model stands on this machine, told without reading its weights.

    Attributes:
        entry: The model.
        state: ``bundled``; ``here`` (fetched or imported, and checked); ``unchecked`` (changed, or put there by hand,
            since the last check); ``damaged`` (of the wrong length); ``partial`` (a download can go on); ``absent``.
        path: Where its weights are or would be.
        have_bytes: Length of what is there.
        trusted_sha256: Where no hash is published: that of the first file, which later ones must equal; else empty.
    """

    entry: ModelEntry
    state: ModelState
    path: Path
    have_bytes: int = 0
    trusted_sha256: str = ""

    @property
    def usable(self) -> bool:
        """Whether the model can be chosen now."""
        return self.state in ("bundled", "here", "unchecked")


def user_folder() -> Path:
    """Folder of fetched weights: ``VBR_MODELS_DIR``, or ``models`` in ``VBR_CACHE_DIR`` or the user's cache folder."""
    given = os.environ.get("VBR_MODELS_DIR")
    if given:
        return Path(given)
    cache = os.environ.get("VBR_CACHE_DIR")
    return (Path(cache) if cache else Path(platformdirs.user_cache_dir("vbr-studio"))) / "models"


def weights_path(entry: ModelEntry) -> Path:
    """Where the weights of ``entry`` are or would be."""
    return (registry.models_folder() if entry.bundled else user_folder()) / entry.file


def how_to_get(entry: ModelEntry) -> str:
    """One sentence for a user who lacks the weights."""
    if entry.bundled:
        return "Reinstall VBR Studio."
    return f"Get it with `vbr models get {entry.name}`, or in the window under Focus > Depth models."


def how_to_import(entry: ModelEntry) -> str:
    """One sentence for a user whose download did not work."""
    kept = "What arrived is kept and the next try goes on from there. " if part_path(entry).exists() else ""
    return f"{kept}A copy from elsewhere can be imported: `vbr models import {entry.name} FILE`, or in the window."


def existing_path(entry: ModelEntry) -> Path:
    """Where the weights lie.

    Raises:
        ModelError: They are not there.
    """
    path = weights_path(entry)
    if path.is_file():
        return path
    if entry.bundled:
        raise ModelError(f"The weights '{path}' of the model '{entry.name}' are missing.", how_to_get(entry))
    raise ModelError(f"The depth model '{entry.name}' is not on this machine ({size_words(entry)}).", how_to_get(entry))


def bytes_words(count: int) -> str:
    """``300 kB``, ``99 MB`` or ``1.4 GB``."""
    if count >= 999_500_000:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 999_500 or not count else f"{count / 1e3:.0f} kB"


def size_words(entry: ModelEntry) -> str:
    """Length of the weights file: ``99 MB``, ``1.4 GB``, ``about 164 MB``."""
    return bytes_words(entry.size_bytes) if entry.size_exact else f"about {bytes_words(entry.size_bytes)}"


# --- states ----------------------------------------------------------------------------------------------------------


def model_status(entry: ModelEntry) -> ModelStatus:
    """How a model stands, from lengths and times of files only."""
    path = weights_path(entry)
    record = read_record(entry)
    trusted = record.sha256 if record is not None and entry.sha256 is None else ""
    try:
        stat = path.stat()
    except OSError:
        part = part_path(entry)
        have = part.stat().st_size if part.is_file() else 0
        return ModelStatus(entry, "partial" if have else "absent", path, have, trusted)
    right_length = stat.st_size == entry.size_bytes if entry.size_exact else stat.st_size > 0
    state: ModelState = "here"
    if not right_length:
        state = "damaged"
    elif entry.bundled:
        state = "bundled"
    elif record is None or not _fits(record, stat):
        state = "unchecked"
    elif not _is_right(entry, record.sha256, record):
        state = "damaged"
    return ModelStatus(entry, state, path, stat.st_size, trusted)


def all_statuses() -> tuple[ModelStatus, ...]:
    """How all models stand, in the order to show them."""
    return tuple(model_status(entry) for entry in registry.list_models())


def part_path(entry: ModelEntry) -> Path:
    """What a download has brought so far."""
    return weights_path(entry).with_name(f"{entry.file}.part")


def record_path(entry: ModelEntry) -> Path:
    """Where the record of the last check lies."""
    return user_folder() / f"{entry.file}.json"


def read_record(entry: ModelEntry) -> Record | None:
    """What the last check found; None if there was none or its record cannot be read."""
    try:
        return msgspec.json.decode(record_path(entry).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return None


def _write_record(entry: ModelEntry, path: Path, sha256: str, source: str) -> None:
    """Keep the verdict. In a folder that others own it cannot be kept; the file is checked each time then."""
    try:
        _replace_record(entry, path, sha256, source)
    except OSError as error:
        log.info("the check of %s is not remembered: %s", path, error)


def _replace_record(entry: ModelEntry, path: Path, sha256: str, source: str) -> None:
    stat = path.stat()
    record = Record(sha256, stat.st_size, stat.st_mtime_ns, source)
    target = record_path(entry)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    temporary.replace(target)


def _fits(record: Record, stat: os.stat_result) -> bool:
    return (record.size_bytes, record.mtime_ns) == (stat.st_size, stat.st_mtime_ns)


def _is_right(entry: ModelEntry, found: str, record: Record | None) -> bool:
    wanted = entry.sha256 or (record.sha256 if record is not None else found)
    return found == wanted


# --- checks ----------------------------------------------------------------------------------------------------------


def checked_path(entry: ModelEntry, ctx: JobContext | None = None) -> Path:
    """The weights, checked now unless they were before and have not changed since.

    Raises:
        ModelError: They are not there or are not the right file.
    """
    path = existing_path(entry)
    if not entry.bundled and model_status(entry).state == "here":
        return path
    return verify(entry, ctx)


def verify(entry: ModelEntry, ctx: JobContext | None = None) -> Path:
    """Read the weights, compare their hash, and keep the verdict.

    Raises:
        ModelError: They are not there or are not the right file.
        Cancelled: By the context.
    """
    path = existing_path(entry)
    try:
        found = file_sha256(path, ctx)
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read: {error.strerror or error}.", how_to_get(entry)) from error
    record = read_record(entry)
    if not _is_right(entry, found, record):
        wanted = entry.sha256 or (record.sha256 if record is not None else "")
        what = "the published file" if entry.sha256 else "the file that was first used"
        hint = how_to_get(entry)
        if not entry.bundled:
            hint = f"Remove it (`vbr models remove {entry.name}`) and get it again."
        raise ModelError(
            f"The weights '{path}' are not {what}: SHA-256 {found[:12]}..., expected {wanted[:12]}....", hint
        )
    if entry.sha256 is None and record is None:
        _check_checkpoint(entry, path)
    if not entry.bundled:
        _write_record(entry, path, found, record.source if record is not None else "")
    return path


def _check_checkpoint(entry: ModelEntry, path: Path) -> None:
    """Whether the file holds this network's weights, and nothing that runs. Needs torch.

    Raises:
        ModelError: It does not.
    """
    from vbr_core.depth.published import check_checkpoint

    check_checkpoint(entry.architecture, path)


# --- getting and removing --------------------------------------------------------------------------------------------


def addresses(entry: ModelEntry) -> tuple[str, ...]:
    """Where to ask for the weights, in order: the user's own mirrors (``VBR_MODEL_MIRROR``), the publisher, mirrors."""
    own = os.environ.get("VBR_MODEL_MIRROR", "").split()
    return (*(f"{base.rstrip('/')}/{entry.file}" for base in own), *entry.urls)


def get_model(entry: ModelEntry, ctx: JobContext, patience: Patience | None = None) -> Path:
    """Download the weights of a model, unless they are here and right.

    Returns:
        Where they are.

    Raises:
        ModelError: No address gave the right file, there is no room, or another program is at it.
        Cancelled: By the context; what arrived is kept.
    """
    if entry.bundled or model_status(entry).state in ("here", "unchecked"):
        return checked_path(entry, ctx)
    with _alone(entry):
        part = part_path(entry)
        wanted = Wanted(entry.file, addresses(entry), entry.size_bytes, entry.size_exact, entry.sha256)
        fetched = download(wanted, part, ctx, patience, lambda: how_to_import(entry))
        _take_in(entry, part, fetched.sha256, fetched.url, f"What {fetched.url} gave")
        part.with_name(f"{part.name}.json").unlink(missing_ok=True)
        return weights_path(entry)


def import_model(entry: ModelEntry, source: Path, ctx: JobContext) -> Path:
    """Take the weights of a model from a file; the file itself stays where it is.

    Returns:
        Where they are now.

    Raises:
        ModelError: The file is not there, is another one, holds code, or there is no room.
        Cancelled: By the context; nothing changed.
    """
    if entry.bundled:
        raise ModelError(f"The model '{entry.name}' ships with the program.", "There is nothing to import.")
    if not source.is_file():
        raise ModelError(f"There is no file '{source}'.")
    with _alone(entry):
        target = weights_path(entry)
        try:
            if target.exists() and source.samefile(target):
                return verify(entry, ctx)
            with ctx.part(0.0, 0.4):
                found = file_sha256(source, ctx)
            _check_hash(entry, found, f"'{source.name}'")
            size = source.stat().st_size
            free = shutil.disk_usage(target.parent).free
            if free < size:
                raise ModelError(
                    f"'{source.name}' needs {size / 1e6:.0f} MB, and the disk of '{target.parent}' has "
                    f"{free / 1e6:.0f} MB free.",
                    "Free some room, or set VBR_MODELS_DIR to a folder on another disk.",
                )
            copy = target.with_name(f"{target.name}.import")
            try:
                with ctx.part(0.4, 0.8):
                    _copy(source, copy, ctx)
                with ctx.part(0.8, 1.0):
                    if file_sha256(copy, ctx) != found:
                        raise ModelError(f"'{source.name}' changed while it was read.", "Try again.")
                _take_in(entry, copy, found, str(source), f"'{source.name}'", must_check=True)
            finally:
                copy.unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(f"'{source.name}' could not be imported: {error.strerror or error}.") from error
        return target


def remove_model(entry: ModelEntry) -> None:
    """Delete the weights, and what a download has brought. A first-use hash is remembered.

    Raises:
        ModelError: The model ships with the program, or its file cannot be deleted.
    """
    if entry.bundled:
        raise ModelError(f"The model '{entry.name}' ships with the program and stays.")
    with _alone(entry):
        part = part_path(entry)
        try:
            for path in (weights_path(entry), part, part.with_name(f"{part.name}.json")):
                path.unlink(missing_ok=True)
            if entry.sha256 is not None:
                record_path(entry).unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(f"'{entry.file}' could not be removed: {error.strerror or error}.") from error


def _check_hash(entry: ModelEntry, found: str, what: str) -> None:
    """Raise ModelError if ``found`` is not the hash that the weights of ``entry`` must have."""
    record = read_record(entry)
    if _is_right(entry, found, record):
        return
    for other in registry.list_models():
        if other.sha256 == found:
            raise ModelError(
                f"{what} is the model '{other.name}', not '{entry.name}'.",
                f"Use `vbr models import {other.name} FILE`.",
            )
    wanted = entry.sha256 or (record.sha256 if record is not None else "")
    if entry.sha256 is None:
        raise ModelError(
            f"{what} is not the file that was first used as '{entry.name}': SHA-256 {found[:12]}..., then "
            f"{wanted[:12]}....",
            f"If you trust the new one, delete '{record_path(entry)}' first.",
        )
    source = ", as published" if entry.hash_source == "the publisher" else f" ({entry.hash_source})"
    raise ModelError(
        f"{what} is not the file of '{entry.name}': SHA-256 {found[:12]}..., expected {wanted[:12]}...{source}.",
        "It may be cut off, or another version.",
    )


def _take_in(entry: ModelEntry, arrived: Path, sha256: str, source: str, what: str, must_check: bool = False) -> None:
    """Put a file that arrived whole in its place, after the last checks."""
    try:
        _check_hash(entry, sha256, what)
        if must_check or entry.sha256 is None:
            _check_checkpoint(entry, arrived)
    except ModelError:
        arrived.unlink(missing_ok=True)
        raise
    target = weights_path(entry)
    try:
        arrived.replace(target)
    except OSError as error:
        raise ModelError(
            f"'{target}' could not be replaced: {error.strerror or error}.", "Close other programs that use it."
        ) from error
    _write_record(entry, target, sha256, source)


def _copy(source: Path, target: Path, ctx: JobContext) -> None:
    total, done = source.stat().st_size, 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while piece := reader.read(COPY_BYTES):
            writer.write(piece)
            done += len(piece)
            ctx.step(done, total, "Copying", "bytes")
        writer.flush()
        os.fsync(writer.fileno())


@contextmanager
def _alone(entry: ModelEntry) -> Iterator[None]:
    """Nobody else changes the files of ``entry`` inside the ``with`` block.

    Raises:
        ModelError: Somebody does right now, or the folder cannot be written.
    """
    folder = user_folder()
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held = stack.enter_context(exclusive(folder / f"{entry.file}.lock"))
        except OSError as error:
            raise ModelError(
                f"The folder of the models '{folder}' cannot be written: {error.strerror or error}.",
                "Set VBR_MODELS_DIR to a folder that can be.",
            ) from error
        if not held:
            raise ModelError(
                f"Another VBR Studio is getting or changing the model '{entry.name}' right now.", "Wait for it to end."
            )
        yield

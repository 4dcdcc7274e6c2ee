"""What lies in the cache folder: how large it is, clearing it, moving it. For worker threads; no Qt."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vbr_core.errors import InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbr_core.jobs import JobContext

MADE = ("disparity", "waveforms")
"""Folders whose content can be made again."""
FETCHED = ("models",)
"""Folders whose content was downloaded."""
MARGIN_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class CacheSize:
    """Sizes in bytes.

    Attributes:
        made_bytes: What can be made again.
        fetched_bytes: Downloaded models.
        free_bytes: Free space on the disk.
    """

    made_bytes: int
    fetched_bytes: int
    free_bytes: int


def measure(root: Path, ctx: JobContext) -> CacheSize:
    """How large the cache in ``root`` is; a folder that does not exist is empty."""
    sizes = [sum(_size(path) for path in _files(root, names, ctx)) for names in (MADE, FETCHED)]
    return CacheSize(sizes[0], sizes[1], _free(root))


def clear(root: Path, ctx: JobContext) -> int:
    """Delete what can be made again, no models. Returns the freed bytes.

    Raises:
        OutputError: Something cannot be deleted; what could be is gone.
    """
    freed, kept = 0, 0
    for path in list(_files(root, MADE, ctx)):
        size = _size(path)
        try:
            path.unlink()
            freed += size
        except OSError:
            kept += 1
    _drop_empty(root, MADE)
    if kept:
        raise OutputError(f"{kept} files in {root} could not be deleted.", "Another program may have them open.")
    return freed


def move(root: Path, target: Path, ctx: JobContext) -> int:
    """Copy the cache to ``target``. Returns the number of files; the old ones stay (see :func:`remove`).

    A cancelled or failed copy takes its files away again.

    Raises:
        InputError: The target lies in the cache, or holds a cache already.
        OutputError: It cannot be written, or the disk is too small.
    """
    root, target = root.absolute(), target.absolute()
    if target == root or root in target.parents or target in root.parents:
        raise InputError(f"{target} lies in the present cache folder, or around it.", "Choose a folder beside it.")
    names = MADE + FETCHED
    taken = [name for name in names if (target / name).exists() and any((target / name).iterdir())]
    if taken:
        raise InputError(f"{target} holds '{taken[0]}' already.", "Choose an empty folder.")
    files = list(_files(root, names, ctx))
    needed = sum(_size(path) for path in files)
    made: list[Path] = []
    done = False
    try:
        target.mkdir(parents=True, exist_ok=True)
        if _free(target) < needed + MARGIN_BYTES:
            raise OutputError(
                f"The cache needs {needed >> 20} MiB and {target} has {_free(target) >> 20} MiB free.",
                "Clear the cache first, or choose another disk.",
            )
        (target / ".write-test").touch()
        (target / ".write-test").unlink()
        for count, path in enumerate(files):
            ctx.step(count, len(files), "Copying")
            copy = target / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            made.append(copy)
            shutil.copy2(path, copy)
        done = True
    except OSError as error:
        raise OutputError(
            f"The cache cannot be copied to {target}: {error.strerror or error}.",
            "Choose a folder that you may write to.",
        ) from error
    finally:
        if not done:
            for copy in made:
                copy.unlink(missing_ok=True)
            _drop_empty(target, names)
    return len(files)


def remove(root: Path, ctx: JobContext) -> int:
    """Delete the cache in ``root`` after a move. Returns how many files could not be deleted."""
    kept = 0
    for path in list(_files(root, MADE + FETCHED, ctx)):
        try:
            path.unlink()
        except OSError:
            kept += 1
    _drop_empty(root, MADE + FETCHED)
    return kept


def _files(root: Path, names: tuple[str, ...], ctx: JobContext) -> Iterator[Path]:
    for name in names:
        for folder, _folders, files in os.walk(root / name):
            ctx.token.raise_if_cancelled()
            yield from (Path(folder) / file for file in files)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _free(folder: Path) -> int:
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return 0


def _drop_empty(root: Path, names: tuple[str, ...]) -> None:
    for name in names:
        for folder, _folders, _files_in in os.walk(root / name, topdown=False):
            try:
                Path(folder).rmdir()
            except OSError:
                continue

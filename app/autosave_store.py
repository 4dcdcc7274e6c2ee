"""The folder of autosaved documents: one file a window, and a lock that says whether that window still lives.

The lock is one of the operating system on an open file, so it goes with its process however that ends, and a process
number that is used again fools nobody. Who holds the lock of a file may read, replace and remove it.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from vbr_core.errors import OutputError, ProjectError
from vbr_core.project import Project, decode_project

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

SUFFIX = ".autosave"
LOCK_SUFFIX = ".lock"
FORMAT = 1
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an autosaved file holds.

    Attributes:
        project: The document.
        document_path: Its project file; None if it was never saved.
        clip_path: Its clip; None if it had none.
        when: When it was kept, with its time zone.
        pid: The process that kept it.
    """

    project: Project
    document_path: Path | None
    clip_path: Path | None
    when: datetime.datetime
    pid: int

    @property
    def name(self) -> str:
        """What the document is called."""
        path = self.document_path or self.clip_path
        return path.name if path is not None else ""


def _try_lock(file: BinaryIO) -> bool:
    """Lock an open file unless another open file has the lock; it goes when the file is closed or its process ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        log.debug("not locked: %s", error)
        return False
    return True


class Slot:
    """One autosaved file with its lock held."""

    def __init__(self, path: Path, lock: BinaryIO) -> None:
        self.path = path
        self._lock: BinaryIO | None = lock

    @classmethod
    def create(cls, folder: Path) -> Slot:
        """A new, empty slot of this process.

        Raises:
            OutputError: The folder cannot be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stamp = datetime.datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
            while True:
                path = folder / f"{stamp}-{os.getpid()}-{next(_numbers)}{SUFFIX}"
                slot = cls.take(path)
                if slot is not None and not path.exists():
                    return slot
        except OSError as error:
            raise OutputError(
                f"Your work cannot be kept in '{folder}': {error.strerror or error}.",
                "Save it yourself from time to time.",
            ) from error

    @classmethod
    def take(cls, path: Path) -> Slot | None:
        """The slot of a file; None if another one holds it.

        Raises:
            OSError: The lock cannot be opened.
        """
        lock_path = path.with_suffix(LOCK_SUFFIX)
        file = open(lock_path, "a+b")  # noqa: SIM115 - it stays open for as long as the lock is held
        if not _try_lock(file):
            file.close()
            return None
        with contextlib.suppress(OSError):
            if os.fstat(file.fileno()).st_ino == os.stat(lock_path).st_ino:
                return cls(path, file)
        file.close()  # its holder removed it between our opening and our locking it
        return None

    def write(self, project: Project, document_path: Path | None, clip_path: Path | None) -> None:
        """Keep a document: beside the earlier one, then in its place, so that one of them is always whole.

        Raises:
            OutputError: It cannot be written.
        """
        envelope = {
            "format": FORMAT,
            "pid": os.getpid(),
            "when": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "document": str(document_path) if document_path is not None else None,
            "clip": str(clip_path) if clip_path is not None else None,
            "project": project,
        }
        temporary = ""
        try:
            descriptor, temporary = tempfile.mkstemp(prefix=f"{self.path.stem}.", suffix=".part", dir=self.path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(envelope))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except OSError as error:
            if temporary:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
            raise OutputError(
                f"Your work cannot be kept in '{self.path.parent}': {error.strerror or error}.",
                "Save it yourself from time to time.",
            ) from error

    def read(self) -> Kept:
        """What the file holds.

        Raises:
            ProjectError: It is missing, damaged, or of a newer program.
        """
        return read_kept(self.path)

    def release(self) -> None:
        """Leave the file for somebody else."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Delete the file and its lock."""
        for path in (self.path, self.path.with_suffix(LOCK_SUFFIX)):
            with contextlib.suppress(OSError):
                if path.suffix == LOCK_SUFFIX and sys.platform == "win32":
                    self.release()  # an open file cannot be removed there
                path.unlink()
        self.release()


def read_kept(path: Path) -> Kept:
    """What an autosaved file holds.

    Raises:
        ProjectError: It is missing, damaged, or of a newer program.
    """
    name = f"The autosaved file '{path.name}'"
    try:
        plain: Any = json.loads(path.read_bytes())
        if not isinstance(plain, dict) or plain.get("format") != FORMAT:
            raise ProjectError(f"{name} is of another version of this program.", "")
        project = decode_project(json.dumps(plain["project"]).encode(), name)
        document, clip = plain["document"], plain["clip"]
        when = datetime.datetime.fromisoformat(plain["when"]).astimezone()
        return Kept(
            project, Path(document) if document else None, Path(clip) if clip else None, when, int(plain["pid"])
        )
    except OSError as error:
        raise ProjectError(f"{name} cannot be read: {error.strerror}.", "") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProjectError(f"{name} is damaged.", "") from error


def orphans(folder: Path) -> Iterator[tuple[Slot, Kept]]:
    """Autosaved documents whose window is gone, newest first; each comes with its lock held by us.

    What cannot be read is left where it is, with a line in the log, and so is what another window holds.
    """
    try:
        paths = sorted(folder.glob(f"*{SUFFIX}"), reverse=True)
    except OSError as error:
        log.info("no autosaved files: %s", error)
        return
    for path in paths:
        try:
            slot = Slot.take(path)
        except OSError as error:
            log.info("%s: %s", path, error)
            continue
        if slot is None:
            continue
        try:
            kept = slot.read()
        except ProjectError as error:
            log.info("%s", error)
            slot.release()
            continue
        yield slot, kept


def sweep(folder: Path) -> None:
    """Remove what dead windows left half-written: locks without a file, and temporary files of theirs."""
    with contextlib.suppress(OSError):
        for lock_path in folder.glob(f"*{LOCK_SUFFIX}"):
            path = lock_path.with_suffix(SUFFIX)
            slot = Slot.take(path)
            if slot is None:
                continue
            for part in folder.glob(f"{path.stem}.*.part"):
                part.unlink()
            if path.exists():
                slot.release()
            else:
                slot.remove()

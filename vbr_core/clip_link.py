"""The link between a project and its clip: find it again, and notice when it is another one."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vbr_core.errors import ClipError
from vbr_core.project import Clip, ClipFingerprint

CHUNK_BYTES = 1 << 20

LinkState = Literal["found", "moved", "swapped", "missing"]


def fingerprint_clip(path: str | Path, duration_seconds: float) -> ClipFingerprint:
    """Size, duration and the hash of the first and last MiB of a file.

    Raises:
        ClipError: The file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            digest.update(file.read(CHUNK_BYTES))
            if size > CHUNK_BYTES:
                file.seek(max(CHUNK_BYTES, size - CHUNK_BYTES))
                digest.update(file.read(CHUNK_BYTES))
    except OSError as error:
        raise ClipError(f"'{path}' cannot be read: {error.strerror}.", "Check the path and its permissions.") from error
    return ClipFingerprint(size, round(duration_seconds, 3), digest.hexdigest())


@dataclass(frozen=True, slots=True)
class ClipLink:
    """Where the clip of a project is now.

    Attributes:
        state: ``found`` where the project says; ``moved``: found at the fallback path; ``swapped``: another file lies
            there; ``missing``: no file.
        path: The file, None if missing.
        sentence: For the user; empty if found.
    """

    state: LinkState
    path: Path | None
    sentence: str = ""


def find_clip(clip: Clip, project_path: str | Path | None) -> ClipLink:
    """Look for a project's clip: beside the project first, then where it was when the project was saved."""
    folder = Path(project_path).parent if project_path is not None else Path()
    candidates = [folder / clip.path]
    if clip.absolute_path:
        candidates.append(Path(clip.absolute_path))
    swapped: Path | None = None
    for number, candidate in enumerate(candidates):
        if not candidate.is_file():
            continue
        if clip.fingerprint is not None:
            found = fingerprint_clip(candidate, clip.fingerprint.duration_seconds)
            if (found.size_bytes, found.sha256) != (clip.fingerprint.size_bytes, clip.fingerprint.sha256):
                swapped = swapped or candidate
                continue
        if number == 0:
            return ClipLink("found", candidate)
        return ClipLink("moved", candidate, f"The clip was not beside the project; '{candidate}' is used.")
    if swapped is not None:
        return ClipLink(
            "swapped", swapped, f"'{swapped}' is not the clip that this project was made with: its content differs."
        )
    return ClipLink("missing", None, f"The clip '{clip.path}' of this project was not found.")

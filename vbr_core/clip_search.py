"""Looks for a project's clip in folders, by its content: it may have been moved or renamed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vbr_core.clip_link import ClipLink, fingerprint_clip
from vbr_core.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vbr_core.jobs import JobContext
    from vbr_core.project import Clip

NEAR_DEPTH = 3
NEAR_ENTRIES = 5000
SEARCH_DEPTH = 32
SEARCH_ENTRIES = 2_000_000
STEP_EVERY = 64
"""Folder entries between two chances to cancel."""


def search_clip(
    clip: Clip,
    folders: Iterable[Path],
    ctx: JobContext | None = None,
    depth: int = SEARCH_DEPTH,
    entries: int = SEARCH_ENTRIES,
) -> Path | None:
    """The first file below some folders that has the clip's content; without a fingerprint, its name.

    Only files of the right length are read, and of those two MiB. Links to folders are not followed.

    Args:
        clip: The project's entry.
        folders: Where to look, in this order.
        ctx: Cancel, and how many entries were looked at.
        depth: Levels below each folder.
        entries: Files and folders that are looked at in all.

    Raises:
        Cancelled: By the context.
    """
    name = Path(clip.path).name
    looked_at = 0
    for entry in _walk(folders, depth):
        looked_at += 1
        if looked_at > entries:
            return None
        if ctx is not None and looked_at % STEP_EVERY == 0:
            ctx.step(looked_at, 0, "Searching")
        try:
            if clip.fingerprint is None:
                if entry.name == name:
                    return Path(entry.path)
                continue
            if entry.stat().st_size != clip.fingerprint.size_bytes:
                continue
            if fingerprint_clip(entry.path, 0.0).sha256 == clip.fingerprint.sha256:
                return Path(entry.path)
        except (OSError, ClipError):  # not ours to read
            continue
    return None


def _walk(folders: Iterable[Path], depth: int) -> Iterator[os.DirEntry[str]]:
    """Files below folders, level by level, in the order of their names."""
    level = [Path(folder) for folder in folders]
    for _ in range(depth + 1):
        below: list[Path] = []
        for folder in level:
            try:
                with os.scandir(folder) as found:
                    inside = sorted(found, key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in inside:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        below.append(Path(entry.path))
                    elif entry.is_file():
                        yield entry
                except OSError:
                    continue
        level = below


def search_near(clip: Clip, project_path: str | Path | None) -> ClipLink | None:
    """Look for a clip that is not where the project says: around the project, and around where the clip was.

    Returns:
        Where it is now (``moved``); None if it is not there. A quick look: a few levels, a bounded number of files.
    """
    folders: list[Path] = []
    if project_path is not None:
        folders.append(Path(project_path).absolute().parent)
    if clip.absolute_path:
        folders += [Path(clip.absolute_path).parent, Path(clip.absolute_path).parent.parent]
    if clip.fingerprint is None:  # a name alone proves too little for a choice that nobody is asked about
        return None
    folders = [folder for folder in dict.fromkeys(folders) if len(folder.parts) > 2 and folder.is_dir()]
    found = search_clip(clip, folders, None, NEAR_DEPTH, NEAR_ENTRIES)
    if found is None:
        return None
    return ClipLink("moved", found, f"The clip was moved; '{found}' has the same content and is used.")


def explain_difference(clip: Clip, chosen: Clip) -> str:
    """A sentence on how a chosen file differs from a project's clip; empty if it is the same, or nobody can tell.

    Args:
        clip: The project's entry.
        chosen: The entry of the file.
    """
    if clip.fingerprint is None or chosen.fingerprint is None:
        return ""
    if (clip.fingerprint.size_bytes, clip.fingerprint.sha256) == (
        chosen.fingerprint.size_bytes,
        chosen.fingerprint.sha256,
    ):
        return ""
    name = Path(chosen.path).name
    if clip.frame_count and clip.frame_count != chosen.frame_count:
        return (
            f"'{name}' is another clip than the one of this project: it has {chosen.frame_count} frames instead of "
            f"{clip.frame_count}."
        )
    return f"'{name}' is not the clip that this project was made with: it is as long, but its content differs."


def describe_clip(clip: Clip) -> str:
    """Where a clip was and what tells it from others, in words: ``/films/couple.mp4, 12.3 MB, 10.0 s, 240 frames``."""
    parts = [clip.absolute_path or clip.path]
    if clip.fingerprint is not None:
        parts += [f"{clip.fingerprint.size_bytes / 1e6:.1f} MB", f"{clip.fingerprint.duration_seconds:.1f} s"]
    if clip.frame_count:
        parts.append(f"{clip.frame_count} frames")
    return ", ".join(parts)

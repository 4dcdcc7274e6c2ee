"""Where an export goes: which endings fit, and what is wrong with a path."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.export_presets import DEPTH_SUFFIXES, STILL_SUFFIXES, VIDEO_SUFFIXES, Kind

translate = QCoreApplication.translate


def known_suffixes(kind: Kind, form: str) -> tuple[str, ...]:
    """Endings that a file of this kind may have; none for a folder."""
    if kind == "depth":
        return DEPTH_SUFFIXES[form]
    return STILL_SUFFIXES if kind == "still" else VIDEO_SUFFIXES


def with_suffix(text: str, endings: tuple[str, ...], suffix: str) -> str:
    """A path with an ending that fits: ``suffix`` in place of that of another kind, if it has none of ``endings``."""
    path = Path(text.strip())
    if not path.name or path.suffix.lower() in endings:
        return text
    other = path.suffix.lower() in {*VIDEO_SUFFIXES, *STILL_SUFFIXES}
    return str(path.with_name((path.stem if other else path.name) + suffix))


def look_at_name(text: str, endings: tuple[str, ...], clip_path: Path | None) -> str:
    """What is wrong with a path, as far as the name alone says; empty for nothing.

    Args:
        text: As it was typed.
        endings: One of which it must have; none for a folder.
        clip_path: The clip, which must not be overwritten.
    """
    if not text:
        return translate("ExportTarget", "Choose a file to write.")
    if endings and Path(text).suffix.lower() not in endings:
        return translate("ExportTarget", "The name must end in {endings}.").format(endings=", ".join(endings))
    if clip_path is not None and os.path.abspath(text) == os.path.abspath(clip_path):
        return translate("ExportTarget", "This is the clip itself. Choose another name.")
    return ""


def look_at_place(text: str, endings: tuple[str, ...]) -> tuple[str, str]:
    """What is wrong with a path whose name is right, and what should be known of it; the core has the last word.

    Looks at the disk, which may take long: not for the GUI thread.
    """
    path = Path(text)
    if not path.parent.is_dir():
        return translate("ExportTarget", "This folder does not exist."), ""
    if not endings:
        if path.is_file():
            return translate("ExportTarget", "A file of this name exists, and pictures need a folder."), ""
        if path.is_dir() and any(path.iterdir()):
            return translate("ExportTarget", "This folder is not empty."), ""
        return "", translate("ExportTarget", "The pictures go into this folder.")
    if path.is_dir():
        return translate("ExportTarget", "This is a folder."), ""
    return "", translate("ExportTarget", "A file of this name exists and will be replaced.") if path.exists() else ""

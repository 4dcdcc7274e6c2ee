"""Files that ship with the program: weights, sample clip, icons."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def resource_path(*parts: str) -> Path:
    """Path of a file or folder that ships with the program."""
    return FOLDER.joinpath(*parts)

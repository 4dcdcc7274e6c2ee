"""Window state and choices of the user, and where they and the log lie."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from PySide6.QtCore import QSettings

APP_NAME = "VBR Studio"
CONFIG_VARIABLE = "VBR_CONFIG_DIR"
"""Environment variable: a folder for settings and log instead of the user's own."""
RECENT_LIMIT = 8


def config_folder() -> Path:
    """Where the settings lie."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir(APP_NAME, appauthor=False))


def log_file() -> Path:
    """The log file; its folder may not exist yet."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    folder = Path(chosen) / "log" if chosen else Path(platformdirs.user_log_dir(APP_NAME, appauthor=False))
    return folder / "vbr-studio.log"


def autosave_folder() -> Path:
    """Where unsaved work is kept for the case of a crash; it may not exist yet."""
    chosen = os.environ.get(CONFIG_VARIABLE)
    folder = Path(chosen) / "state" if chosen else Path(platformdirs.user_state_dir(APP_NAME, appauthor=False))
    return folder / "autosave"


def preferences() -> QSettings:
    """The settings file."""
    return QSettings(str(config_folder() / "settings.ini"), QSettings.Format.IniFormat)


def recent_files() -> list[str]:
    """Clips and projects that were opened last, newest first; those that are gone are left out."""
    stored = preferences().value("recent", [])
    paths = [stored] if isinstance(stored, str) else list(stored or [])
    return [path for path in paths if Path(path).exists()]


def add_recent_file(path: Path) -> list[str]:
    """Put a file at the head of the list. Returns the list."""
    name = str(path.absolute())
    paths = [name, *(other for other in recent_files() if other != name)][:RECENT_LIMIT]
    preferences().setValue("recent", paths)
    return paths


def forget_recent_file(path: Path | None = None) -> None:
    """Take a file off the list; None takes all."""
    name = str(path.absolute()) if path is not None else ""
    paths = [other for other in recent_files() if other != name] if name else []
    preferences().setValue("recent", paths)


def last_folder() -> str:
    """The folder that a file dialog starts in."""
    return str(preferences().value("last_folder", str(Path.home())))


def set_last_folder(folder: Path) -> None:
    preferences().setValue("last_folder", str(folder))

"""Window state and choices of the user, and where they and the log lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from PySide6.QtCore import QSettings

from vbr_core.errors import OutputError
from vbr_core.settings import RENDERERS

APP_NAME = "VBR Studio"
CONFIG_VARIABLE = "VBR_CONFIG_DIR"
"""Environment variable: a folder for settings and log instead of the user's own."""
RECENT_LIMIT = 8
CACHE_VARIABLE = "VBR_CACHE_DIR"
DEVICE_VARIABLE = "VBR_DEVICE"
SIZE_VARIABLE = "VBR_CACHE_GIB"
SCALE_VARIABLE = "QT_SCALE_FACTOR"
"""Qt reads it when the application is made."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A preference with a fixed set of values.

    Attributes:
        default: What holds when nothing, or something else than ``values``, is stored.
        values: All that may be stored.
        restart: Whether it takes hold at the next start only.
    """

    default: str
    values: tuple[str, ...]
    restart: bool = False


CHOICES: dict[str, Choice] = {
    "language": Choice("system", ("system", "en", "de"), restart=True),
    "theme": Choice("dark", ("dark", "light", "system")),
    "motion": Choice("on", ("on", "off")),
    "scale": Choice("100", ("100", "110", "125", "150", "175", "200"), restart=True),
    "device": Choice("auto", ("auto", "cpu")),
    "renderer": Choice("vbr", RENDERERS),
    "disk_cache_gib": Choice("20", ("2", "5", "10", "20", "50", "100", "500")),
    "preview_cache_mib": Choice("256", ("128", "256", "512", "1024", "2048", "4096")),
}
"""The user's choices by name."""


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
    """Clips and projects that were opened last, newest first; those that :func:`find_gone` missed are left out."""
    return [path for path in _stored_recent() if path not in _gone]


def _stored_recent() -> list[str]:
    stored = preferences().value("recent", [])
    paths = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
    return [path for path in paths if isinstance(path, str)]


_gone: frozenset[str] = frozenset()


def find_gone() -> list[str]:
    """Look which recent files are not there any more. It may take long on a network drive: not for the GUI thread.

    Returns what :func:`recent_files` says from now on.
    """
    global _gone
    _gone = frozenset(path for path in _stored_recent() if not _exists(path))
    return recent_files()


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a damaged entry
        return False


def add_recent_file(path: Path) -> list[str]:
    """Put a file at the head of the list. Returns the list."""
    global _gone
    name = str(path.absolute())
    _gone -= {name}
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


def choice(name: str) -> str:
    """The stored value of a choice, or its default if that is missing or damaged.

    Raises:
        KeyError: There is no such choice.
    """
    stored, known = preferences().value(f"choices/{name}"), CHOICES[name]
    return stored if isinstance(stored, str) and stored in known.values else known.default


def set_choice(name: str, value: str) -> None:
    """Store a choice.

    Raises:
        KeyError: There is no such choice.
        ValueError: It cannot have this value.
        OutputError: The settings file cannot be written.
    """
    if value not in CHOICES[name].values:
        raise ValueError(f"{name} cannot be {value!r}; choose one of: {', '.join(CHOICES[name].values)}")
    store(f"choices/{name}", value)


def store(key: str, value: str) -> None:
    """Write one value; the file is replaced in one go, so that it is whole at any moment.

    Raises:
        OutputError: The settings file cannot be written.
    """
    settings = preferences()
    settings.setValue(key, value)
    settings.sync()
    if settings.status() == QSettings.Status.AccessError:
        raise OutputError(f"The settings cannot be written to {config_folder()}.", "Make this folder writable.")


def stored_text(key: str) -> str:
    """A stored text, empty if it is missing or something else."""
    value = preferences().value(key, "")
    return value if isinstance(value, str) else ""


def preview_cache_bytes() -> int:
    """How much memory the pictures of the preview may take."""
    return int(choice("preview_cache_mib")) << 20


def cache_folder() -> Path:
    """Where depth, waveforms and fetched models are kept."""
    given = os.environ.get(CACHE_VARIABLE)
    return Path(given) if given else Path(platformdirs.user_cache_dir("vbr-studio"))


def set_cache_folder(folder: Path) -> None:
    """Keep depth, waveforms and fetched models in ``folder`` from now on.

    Raises:
        OutputError: The settings file cannot be written.
    """
    store("cache_folder", str(folder))
    os.environ[CACHE_VARIABLE] = str(folder)


def apply_scale() -> None:
    """Let Qt make everything larger, as chosen; before the application is made.

    A factor that the environment names already is left alone.
    """
    percent = int(choice("scale"))
    if percent != 100:
        os.environ.setdefault(SCALE_VARIABLE, f"{percent / 100:g}")


def apply_environment() -> None:
    """Tell the core, which reads it from the environment, the chosen cache folder, its size and the device.

    What the environment said before the program set it is left alone.
    """
    folder = stored_text("cache_folder")
    if folder and CACHE_VARIABLE not in os.environ and Path(folder).is_absolute():
        os.environ[CACHE_VARIABLE] = folder
    _tell_core(DEVICE_VARIABLE, "" if choice("device") == "auto" else choice("device"))
    _tell_core(SIZE_VARIABLE, choice("disk_cache_gib"))


_told: dict[str, str] = {}


def _tell_core(variable: str, value: str) -> None:
    """Set a variable, or remove it if ``value`` is empty, unless somebody else set it."""
    if os.environ.get(variable, "") != _told.get(variable, ""):
        return
    _told[variable] = value
    if value:
        os.environ[variable] = value
    else:
        os.environ.pop(variable, None)

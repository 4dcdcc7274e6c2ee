"""Looks by name: those that ship, and the user's own."""

from __future__ import annotations

import json
import logging

import msgspec
from PySide6.QtCore import QCoreApplication

from app import preferences
from vbr_core.errors import InputError
from vbr_core.look import LOOKS, Look

log = logging.getLogger(__name__)

KEY = "look/presets"
NAME_LENGTH = 40

translate = QCoreApplication.translate


def built_in() -> dict[str, Look]:
    """The looks that ship, by their names in the language of the window; the first one is a plain lens."""
    words = {
        "clean": translate("LookPresets", "Clean 50 mm"),
        "vintage": translate("LookPresets", "Vintage cat-eye"),
        "anamorphic": translate("LookPresets", "Anamorphic 2x"),
        "hexagon": translate("LookPresets", "Hexagon"),
        "dreamy": translate("LookPresets", "Dreamy highlights"),
    }
    return {words[name]: look for name, look in LOOKS.items()}


def own_looks() -> dict[str, Look]:
    """What the user saved, by name; what cannot be read is left out."""
    text = preferences.stored_text(KEY)
    if not text:
        return {}
    try:
        entries = json.loads(text)
    except ValueError:
        entries = None
    if not isinstance(entries, dict):
        log.info("the stored looks are damaged and left out")
        return {}
    found: dict[str, Look] = {}
    for name in sorted(entries, key=str.casefold):
        try:
            found[name] = msgspec.convert(entries[name], Look)
        except msgspec.ValidationError as error:
            log.info("the look %r is left out: %s", name, error)
    return found


def save_look(name: str, look: Look) -> str:
    """Keep a look under a name; an own one of that name is replaced. Returns the name as it is kept.

    Raises:
        InputError: The name is empty, too long, or one that ships.
        OutputError: The settings file cannot be written.
    """
    name = " ".join(name.split())
    if not name:
        raise InputError(translate("LookPresets", "The look has no name."), translate("LookPresets", "Give it one."))
    if len(name) > NAME_LENGTH:
        raise InputError(
            translate("LookPresets", "The name of the look is too long."),
            translate("LookPresets", "Choose a shorter one."),
        )
    if name.casefold() in (other.casefold() for other in built_in()):
        raise InputError(
            translate("LookPresets", "“{name}” is a look that comes with the program.").format(name=name),
            translate("LookPresets", "Choose another name."),
        )
    _store({other: kept for other, kept in own_looks().items() if other.casefold() != name.casefold()} | {name: look})
    return name


def delete_look(name: str) -> None:
    """Forget an own look; nothing happens if there is none of that name."""
    _store({other: look for other, look in own_looks().items() if other != name})


def _store(looks: dict[str, Look]) -> None:
    entries = {name: msgspec.to_builtins(look) for name, look in looks.items()}
    preferences.store(KEY, json.dumps(entries, ensure_ascii=False))

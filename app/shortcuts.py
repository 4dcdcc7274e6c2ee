"""The user's own keys: stored as the differences to the table of actions, checked when they are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from app import preferences
from app.actions import ACTIONS

if TYPE_CHECKING:
    from app.actions import Actions

KEY = "shortcuts"
LIMIT = 3
"""Most keys that one command has."""
RESERVED = frozenset({"W", "Tab", "Shift+Tab", "Return", "Enter"})
"""Keys that mean something while held, or move the keyboard focus."""
Keys = dict[str, tuple[str, ...]]
"""Portable key sequences by the id of the command."""


def defaults() -> Keys:
    """The keys of the table."""
    return {spec.id: tuple(normal(text) for text in spec.shortcuts) for spec in ACTIONS}


def normal(text: str) -> str:
    """A key sequence in one spelling; empty if it is none."""
    sequence = QKeySequence.fromString(text, QKeySequence.SequenceFormat.PortableText)
    written = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    return written if sequence.count() == 1 and sequence[0].key() > 0 and written.isprintable() else ""


def load() -> Keys:
    """All keys in force. What is damaged, unknown, reserved or taken twice in the settings is left out."""
    keys = defaults()
    try:
        stored = json.loads(preferences.stored_text(KEY) or "{}")
    except ValueError:
        return keys
    if not isinstance(stored, dict):
        return keys
    own = {name: _read(texts) for name, texts in stored.items() if name in keys and isinstance(texts, list)}
    taken: set[str] = set()
    result: Keys = {}
    for name in [*own, *(name for name in keys if name not in own)]:  # the user's come first
        result[name] = tuple(key for key in own.get(name, keys[name]) if key not in taken)
        taken.update(result[name])
    return {name: result[name] for name in keys}


def _read(texts: list[object]) -> tuple[str, ...]:
    found = [normal(text) for text in texts if isinstance(text, str)]
    return tuple(dict.fromkeys(key for key in found if key and key not in RESERVED))[:LIMIT]


def save(keys: Keys) -> None:
    """Store what differs from the table.

    Raises:
        OutputError: The settings file cannot be written.
    """
    standard = defaults()
    own = {name: list(value) for name, value in keys.items() if value != standard[name]}
    preferences.store(KEY, json.dumps(own) if own else "")


def owner(keys: Keys, key: str, but: str = "") -> str:
    """Id of the command other than ``but`` that has ``key``; empty if none has."""
    return next((name for name, value in keys.items() if key in value and name != but), "")


def with_key(keys: Keys, name: str, key: str) -> Keys:
    """Give ``key`` to a command, in place of all its keys, and take it from the command that has it."""
    changed = {other: tuple(one for one in value if one != key) for other, value in keys.items()}
    changed[name] = (key,) if key else ()
    return changed


def apply(actions: Actions) -> None:
    """Give the commands the keys in force."""
    actions.set_keys(load())

"""A registry of small models whose weights a local server gives."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import msgspec

from vbr_core.depth import registry
from vbr_core.depth.registry import ModelEntry

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

WEIGHTS = os.urandom(300_000)
OTHER_WEIGHTS = os.urandom(len(WEIGHTS))
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


def fake_entry(name: str, server_url: str, **changes: object) -> ModelEntry:
    """A model that is to be fetched from ``<server_url>/<name>.pt``."""
    facts: dict[str, object] = {
        "name": name,
        "title": f"The {name} network",
        "licence": "MIT",
        "commercial_ok": True,
        "file": f"{name}.pt",
        "size_bytes": len(WEIGHTS),
        "sha256": SHA256,
        "input_rule": "",
        "architecture": "dpt_large_384",
        "bundled": False,
        "urls": (f"{server_url}/{name}.pt",),
        "memory_bytes": 2_000_000_000,
        "speed": "medium",
        "homepage": "https://models.example/about",
    }
    return ModelEntry(**(facts | changes))


def use_models(monkeypatch: pytest.MonkeyPatch, folder: Path, *entries: ModelEntry) -> None:
    """Make ``entries`` all that the registry knows, and ``folder`` the place of bundled weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "models.json").write_bytes(msgspec.json.encode(entries))
    monkeypatch.setattr(registry, "models_folder", lambda: folder)

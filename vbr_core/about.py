"""What the program is made of: its parts with their licences, and a description of the machine for a report."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from resources import resource_path
from vbr_core import __version__

PROGRAM = "VBR Studio"
DISTRIBUTION = "vbr-studio"
LICENCE_FILE = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright)[^/]*$", re.IGNORECASE)
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
LONG_LICENCE = 60
"""Longer ones are the whole text in the wrong field."""

PartKind = Literal["program", "model", "media", "library"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the program that has a licence.

    Attributes:
        name: What it is called.
        kind: ``program``, ``model`` (weights with a card), ``media`` (sample clip) or ``library``.
        version: Empty where there is none.
        licence: Its short name; empty if the part does not say.
    """

    name: str
    kind: PartKind
    version: str = ""
    licence: str = ""


def parts() -> list[Part]:
    """The program itself, what ships with it, and the libraries that are installed. Reads files: not for a GUI thread.

    Libraries are those that the program asks for and those that these ask for; where the program was packed without
    saying so, all that are there.
    """
    found = [Part(PROGRAM, "program", __version__, "Apache-2.0")]
    found += [
        Part(card.stem, "model", "", _card_licence(card)) for card in sorted(resource_path("models").glob("*.md"))
    ]
    found.append(Part("Sample clip", "media", "", "CC BY 3.0, CC0 1.0"))
    libraries = [Part(each.metadata["Name"], "library", each.version, _licence_of(each)) for each in _distributions()]
    return found + sorted(libraries, key=lambda part: part.name.lower())


def licence_text(part: Part) -> str:
    """The words of a part's licence, or where they are to be found."""
    if part.kind == "program":
        return _first_text([resource_path().parent / "LICENSE"]) or _library_text(DISTRIBUTION) or part.licence
    if part.kind == "model":
        return _first_text([resource_path("models", f"{part.name}.md")])
    if part.kind == "media":
        return _first_text([resource_path("CREDITS.md")])
    return _library_text(part.name) or (
        f"{part.name} {part.version} comes without the text of its licence ({part.licence or 'not stated'})."
    )


def diagnostics(extra: tuple[str, ...] = ()) -> str:
    """Versions and devices as text, for a report. Private paths and the user's name are not in it.

    Args:
        extra: Further lines, of the caller.
    """
    from vbr_core import doctor

    lines = [f"{PROGRAM} {__version__}", f"Python {platform.python_version()}, {platform.platform()}", *extra]
    lines += [f"{check.name}: {check.found}" for check in doctor.machine()]
    return without_private("\n".join(lines))


def without_private(text: str) -> str:
    """``text`` with the home folder and the user's name blotted out."""
    home = str(Path.home())
    if len(home) > 1:
        text = text.replace(home, "~")
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = os.environ.get("USERNAME", "")
    if len(user) > 2 and user != "root":
        text = re.sub(rf"\b{re.escape(user)}\b", "(user)", text)
    return text


def _distributions() -> list[importlib.metadata.Distribution]:
    """What the program asks for, and what that asks for in turn, as far as it is installed."""
    waiting, seen = [DISTRIBUTION], set()
    found: list[importlib.metadata.Distribution] = []
    while waiting:
        name = _plain(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if name != DISTRIBUTION:
            found.append(distribution)
        for requirement in distribution.requires or ():
            text, _, marker = requirement.partition(";")
            match = NAME.match(text.strip())
            if match and "extra" not in marker:
                waiting.append(match[0])
    if found:
        return found
    everything = {_plain(each.metadata["Name"] or ""): each for each in importlib.metadata.distributions()}
    return [each for name, each in everything.items() if name and name != DISTRIBUTION]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence_of(distribution: importlib.metadata.Distribution) -> str:
    """Short name of a licence: the expression, else the classifiers, else the free text if it is short."""
    meta = distribution.metadata
    if "License-Expression" in meta:
        return meta["License-Expression"]
    heads = [line for line in meta.get_all("Classifier") or () if line.startswith("License ::")]
    names = [line.rsplit("::", 1)[1].strip() for line in heads]
    names = [name for name in names if name != "OSI Approved"]
    if names:
        return ", ".join(dict.fromkeys(names))
    stated = meta["License"].strip() if "License" in meta else ""
    first = stated.splitlines()[0].strip() if stated else ""
    return first if len(first) <= LONG_LICENCE else f"{first[: LONG_LICENCE - 1]}…"


def _library_text(name: str) -> str:
    """All licence files of an installed package."""
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    files = [file for file in distribution.files or () if LICENCE_FILE.search(file.as_posix())]
    texts = [(file.as_posix(), _first_text([Path(str(distribution.locate_file(file)))])) for file in files]
    return "\n\n".join(f"{path}\n\n{text}" if len(texts) > 1 else text for path, text in texts if text)


def _card_licence(card: Path) -> str:
    """Licence of a model, as its card says it under "## Licence"."""
    match = re.search(r"^## Licence\s+(\S+?)[.\s]*(?:\s|$)", _first_text([card]), re.MULTILINE)
    return match[1].rstrip(".,") if match else ""


def _first_text(paths: list[Path]) -> str:
    for path in paths:
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return ""

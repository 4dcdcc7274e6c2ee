"""``vbr models``: the depth networks, what one may do with them, and their weights on this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from vbr_core.cli.console import EXIT_CANCELLED, Console
from vbr_core.errors import ModelError
from vbr_core.jobs import Cancelled

if TYPE_CHECKING:
    from vbr_core.depth.model_files import ModelStatus
    from vbr_core.depth.registry import ModelEntry

models_app = typer.Typer(
    help="Depth models: list, get, verify, import, remove.", no_args_is_help=True, rich_markup_mode=None
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A model's name, as `vbr models list` gives it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print progress and result as JSON lines.")]

STATE_WORDS = {
    "bundled": "ships with VBR Studio",
    "here": "here",
    "unchecked": "here, not checked yet",
    "damaged": "DAMAGED",
    "partial": "partly here",
    "absent": "not here",
}
NO_HASH = "Nobody publishes a SHA-256 of this file"


def first_use_words(entry: ModelEntry, sha256: str) -> str:
    """What trust on first use means here, said openly; empty if the hash is known."""
    if entry.sha256 is not None:
        return ""
    if not sha256:
        return f"{NO_HASH}: the first one that arrives is trusted, and later ones must equal it."
    return f"{NO_HASH}: {sha256[:12]}... is trusted because it came first."


@models_app.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="Only models whose results may be used commercially.")
    ] = False,
) -> None:
    """List the depth models: licence, size, speed, and whether they are here."""
    from vbr_core.depth.model_files import all_statuses, bytes_words, size_words
    from vbr_core.depth.registry import licence_words

    statuses = [status for status in all_statuses() if status.entry.commercial_ok or not commercial]
    if as_json:
        sys.stdout.write(json.dumps([_row(status) for status in statuses], ensure_ascii=False) + "\n")
        return
    console = Console()
    width = max((len(status.entry.name) for status in statuses), default=0)
    console.say(f"{'NAME':{width}}  {'DOWNLOAD':>12}  {'MEMORY':>7}  {'SPEED':6}  {'LICENCE':46}  STATE")
    for status in statuses:
        entry = status.entry
        memory = f"~{bytes_words(entry.memory_bytes)}" if entry.memory_bytes else "-"
        console.say(
            f"{entry.name:{width}}  {size_words(entry):>12}  {memory:>7}  {entry.speed:6}  {licence_words(entry):46}  "
            f"{STATE_WORDS[status.state]}"
        )
    console.note("Get one with `vbr models get NAME`; use it with `--depth NAME`.")


def _row(status: ModelStatus) -> dict[str, object]:
    entry = status.entry
    return {
        "name": entry.name,
        "title": entry.title,
        "licence": entry.licence,
        "commercial_ok": entry.commercial_ok,
        "size_bytes": entry.size_bytes,
        "size_exact": entry.size_exact,
        "memory_bytes": entry.memory_bytes,
        "speed": entry.speed,
        "sha256": entry.sha256,
        "hash_source": entry.hash_source if entry.sha256 else "",
        "trusted_sha256": status.trusted_sha256,
        "homepage": entry.homepage,
        "urls": list(entry.urls),
        "state": status.state,
        "path": str(status.path),
    }


@models_app.command("get")
def get(name: NameArgument, as_json: JsonOption = False) -> None:
    """Download a model's weights; a cancelled or broken download goes on where it stopped."""
    from vbr_core.depth.model_files import get_model, model_status, size_words
    from vbr_core.depth.registry import find_model, licence_words

    entry = find_model(name)
    console = Console(as_json)
    before = model_status(entry)
    if not before.usable:
        console.note(f"{entry.title}, {size_words(entry)}. {licence_words(entry)}.")
        console.note(first_use_words(entry, before.trusted_sha256))
    try:
        with console.job() as context:
            path = get_model(entry, context)
    except Cancelled:
        console.note("Cancelled. What arrived is kept, and the same command goes on from there.")
        raise typer.Exit(EXIT_CANCELLED) from None
    _say_here(console, entry, path, "was here already" if before.usable else "is here")


@models_app.command("import")
def import_file(
    name: NameArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The published weights file, from elsewhere.")],
    as_json: JsonOption = False,
) -> None:
    """Take a model's weights from a file, for machines without a network; the file is checked and stays."""
    from vbr_core.depth.model_files import import_model, model_status
    from vbr_core.depth.registry import find_model

    entry = find_model(name)
    console = Console(as_json)
    console.note(first_use_words(entry, model_status(entry).trusted_sha256))
    with console.job() as context:
        path = import_model(entry, file, context)
    _say_here(console, entry, path, "is here")


def _say_here(console: Console, entry: ModelEntry, path: Path, how: str) -> None:
    console.emit("done", name=entry.name, path=str(path))
    console.say(f"{entry.name} {how}: {path}. Use it with `--depth {entry.name}`.")


@models_app.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(help="A model's name; all that are here if left out.")] = None,
) -> None:
    """Read the files of the models and check them against their hashes."""
    from vbr_core.depth import model_files
    from vbr_core.depth.registry import find_model, hash_words

    console = Console()
    if name is not None:
        entries = [find_model(name)]
    else:
        entries = [each.entry for each in model_files.all_statuses() if each.state not in ("absent", "partial")]
    problems: list[ModelError] = []
    with console.job() as context:
        for entry in entries:
            try:
                model_files.verify(entry, context)
            except ModelError as error:
                problems.append(error)
                continue
            record = model_files.read_record(entry)
            trust = first_use_words(entry, record.sha256 if record else "")
            console.say(f"{entry.name}: the file is complete. " + (trust or f"Its SHA-256 is {hash_words(entry)}."))
    for problem in problems[1:]:
        console.note(str(problem))
    if problems:
        raise problems[0]


@models_app.command("remove")
def remove(name: NameArgument) -> None:
    """Delete a model's weights from this machine."""
    from vbr_core.depth.model_files import remove_model
    from vbr_core.depth.registry import find_model

    entry = find_model(name)
    remove_model(entry)
    Console().say(f"{name} is not on this machine any more.")

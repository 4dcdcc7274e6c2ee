"""``vbr eval``: every renderer on the same clips, measured against the truth."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations when it runs
from typing import Annotated

import typer

from vbr_core.cli.console import EXIT_CANCELLED, Console
from vbr_core.jobs import Cancelled

DEFAULT_ROWS = ("all-in-focus", "rvr", "sterefo", "scatter", "vbr")
DEFAULT_LEVELS = ("0", "IV")


def run_eval(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A folder of SVB clips, from `vbr dataset make`.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the tables, numbers and pictures.")],
    rows: Annotated[
        list[str] | None,
        typer.Option(
            "--row",
            metavar="NAME",
            help="all-in-focus, rvr, sterefo, scatter, vbr, vbr-hybrid, or a trained network as NAME=FILE.safetensors; "
            "again for more.",
        ),
    ] = None,
    levels: Annotated[
        list[str] | None,
        typer.Option("--level", metavar="LEVEL", help="Disparity corruption: 0, I, II, III or IV; again for more."),
    ] = None,
    clips: Annotated[int | None, typer.Option("--clips", help="Only so many clips, the first ones.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print progress and result as JSON lines.")] = False,
) -> None:
    """Measure renderers on SVB clips: PSNR, SSIM, both near boundaries, flicker. A stopped run goes on where it was."""
    from vbr_core.train.evaluate import TABLE_FILE, evaluate
    from vbr_core.train.evaluation_report import main_table
    from vbr_core.train.evaluation_store import jsonable

    console = Console(as_json)
    with console.job() as ctx:
        try:
            result = evaluate(
                data,
                list(rows or DEFAULT_ROWS),
                list(levels or DEFAULT_LEVELS),
                output,
                ctx,
                device=device,
                clips=clips,
            )
        except Cancelled:
            console.note(f"Cancelled. What was measured is kept in '{output}'; the same command goes on from there.")
            raise typer.Exit(EXIT_CANCELLED) from None
    table = output / TABLE_FILE
    console.emit(
        "done",
        output=str(output),
        table=str(table),
        clips=result.clips,
        rendered=result.rendered,
        means={row: {level: jsonable(result.mean(row, level)) for level in result.levels} for row in result.rows},
    )
    console.say(main_table(result))
    console.say(f"Wrote {table} ({result.clips} clips; {result.rendered} results rendered now).")

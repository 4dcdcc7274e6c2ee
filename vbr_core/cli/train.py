"""``vbr train``: train the renderer's network."""

from __future__ import annotations

import math
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from vbr_core.cli.console import Console


def train(
    config: Annotated[Path, typer.Argument(metavar="RUN.toml", help="Data, network and schedule; README shows one.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Run folder; an unfinished run in it is continued.")],
    minutes: Annotated[
        float, typer.Option("--minutes", help="Stop after this long, with a checkpoint to go on from.")
    ] = math.inf,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print progress and result as JSON lines.")] = False,
) -> None:
    """Train the renderer's network: coarse generator, then refiner."""
    from vbr_core.errors import InputError
    from vbr_core.render.devices import pick_device
    from vbr_core.train.config import open_run
    from vbr_core.train.loop import train as run

    if not minutes > 0:
        raise InputError(f"--minutes {minutes:g} is no time to train.", "Give more than 0.")
    console = Console(as_json)
    settings = open_run(config, output)
    with console.job() as context:
        result = run(settings, output, context, pick_device(device), minutes)
    console.emit(
        "result", step=result.step, total=result.total, finished=result.finished, checkpoint=str(result.checkpoint)
    )
    state = "finished" if result.finished else "stopped; run the same command to go on"
    console.say(f"{result.step} of {result.total} steps, {state}. Weights: {output / 'network.safetensors'}")

"""``vbr dataset``: make SVB clips from photographs and cut-outs, and show them."""

from __future__ import annotations

import re
import time
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from vbr_core.cli.console import EXIT_CANCELLED, Console, clock
from vbr_core.errors import InputError, OutputError
from vbr_core.jobs import Cancelled

dataset_app = typer.Typer(
    help="Training clips with ray-traced bokeh: make, show.", no_args_is_help=True, rich_markup_mode=None
)

SIZES = {"256": (256, 256), "512": (512, 512), "1080": (1080, 1920)}
"""Lines and columns of the sizes that have a name."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print progress and result as JSON lines.")]


def parse_size(text: str) -> tuple[int, int]:
    """``256``, ``512``, ``1080`` or ``HxW`` -> (lines, columns).

    Raises:
        InputError: It is none of them.
    """
    if text in SIZES:
        return SIZES[text]
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if match is None:
        raise InputError(
            f"The size '{text}' is none of {', '.join(SIZES)} or HxW.", "For example 360x640: 360 lines, 640 columns."
        )
    return int(match[1]), int(match[2])


@dataset_app.command("make")
def make(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder for the clips; a set in it is continued.")],
    photographs: Annotated[
        list[Path], typer.Option("--photographs", metavar="DIR", help="Folder with backgrounds; may be repeated.")
    ],
    cutouts: Annotated[
        list[Path], typer.Option("--cutouts", metavar="DIR", help="Folder with pictures with alpha; may be repeated.")
    ],
    split: Annotated[str, typer.Option("--split", help="train, validation, test or all of the pictures.")] = "all",
    clips: Annotated[int, typer.Option("--clips", help="Number of clips.")] = 60,
    objects: Annotated[int, typer.Option("--objects", help="Cut-outs in each clip.")] = 4,
    frames: Annotated[int, typer.Option("--frames", help="Frames in each clip.")] = 16,
    size: Annotated[str, typer.Option("--size", help="256, 512, 1080 (1920 x 1080), or HxW.")] = "256",
    rays: Annotated[int, typer.Option("--rays", help="Most rays per pixel; more where lamps shine.")] = 128,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same clips.")] = 0,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    as_json: JsonOption = False,
) -> None:
    """Make clips with ray-traced bokeh. Stopped and started again, it goes on where it was."""
    height, width = parse_size(size)
    if output.exists() and not output.is_dir():
        raise InputError(f"'{output}' is a file.", "Give a folder.")

    from vbr_core.render.devices import pick_device
    from vbr_core.train.svb.make import DatasetSettings, make_dataset
    from vbr_core.train.svb.picture_library import open_library

    settings = DatasetSettings(clips, objects, frames, height, width, rays, seed)
    library = open_library(photographs, cutouts, split)
    chosen = pick_device(device)
    console = Console(as_json)
    started = time.monotonic()
    try:
        with console.job() as ctx:
            made = make_dataset(output, library, settings, ctx, chosen)
    except Cancelled:
        console.note("Cancelled. Finished clips are kept; the same command goes on from there.")
        raise typer.Exit(EXIT_CANCELLED) from None
    except OSError as error:
        raise OutputError(
            f"The set in '{output}' cannot be made: {error}.", "Is there room, and may it be written?"
        ) from error
    seconds = time.monotonic() - started
    console.emit("done", output=str(output), clips=clips, made=made, seconds=round(seconds, 2))
    there = f"; {clips - made} were there already" if made < clips else ""
    console.say(f"Made {made} of {clips} clips in {output} in {clock(seconds)}{there}.")


@dataset_app.command("show")
def show(
    path: Annotated[Path, typer.Argument(metavar="FOLDER|CLIP", help="A set, or one of its clips.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="SHEET.png", help="The picture to write.")],
    clips: Annotated[int, typer.Option("--clips", help="Most clips to show.")] = 8,
    as_json: JsonOption = False,
) -> None:
    """Write a contact sheet: sharp, bokeh and disparity of some frames."""
    from vbr_core.train.svb.sheet import contact_sheet

    shown = contact_sheet(path, output, clips)
    console = Console(as_json)
    console.emit("done", output=str(output), clips=shown)
    console.say(f"Wrote {output} ({shown} {'clip' if shown == 1 else 'clips'}).")

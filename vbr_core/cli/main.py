"""Entry point of ``vbr``: the commands, and the one place where errors become sentences and exit codes.

Heavy imports (torch, PyAV) happen inside the commands, so that ``vbr --help`` and usage errors answer at once.
"""

from __future__ import annotations

import logging
import os
import runpy
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from vbr_core import __version__
from vbr_core.cli import commands, evaluate, train
from vbr_core.cli.console import EXIT_CANCELLED, EXIT_INPUT, EXIT_OK
from vbr_core.cli.dataset import dataset_app
from vbr_core.cli.models import models_app
from vbr_core.errors import InputError, VbrError
from vbr_core.jobs import Cancelled

app = typer.Typer(
    name="vbr",
    help="Give ordinary clips a cinematic, shallow depth of field.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

USAGE_ERROR: Any = typer.BadParameter.__mro__[2]
"""Base of all usage errors. Typer brings its own copy of click, so the class is taken from one that typer exports."""

JsonOption = Annotated[bool, typer.Option("--json", help="Print progress and result as JSON lines.")]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]
DepthOption = Annotated[
    str | None, typer.Option("--depth", help="Depth model, or a folder of grey pictures, or a grey video.")
]


MeaningOption = Annotated[
    str | None,
    typer.Option(
        "--depth-meaning",
        help="What the numbers of depth files mean: auto, disparity (larger is nearer), depth (distances), or inverted "
        "(larger is farther).",
    ),
]


def _version(value: bool) -> None:
    if value:
        sys.stdout.write(f"vbr {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens to standard error.")] = False,
) -> None:
    logging.basicConfig(level=logging.DEBUG if verbose else logging.ERROR, format="%(levelname)s %(name)s: %(message)s")


@app.command()
def gui(path: Annotated[str | None, typer.Argument(help="A clip or a .vbr project.")] = None) -> None:
    """Open the window."""
    sys.argv = ["vbr gui", *([path] if path else [])]
    try:
        runpy.run_module("app", run_name="__main__", alter_sys=True)
    except ImportError as error:
        raise InputError(
            f"The window cannot be opened: {error}.", "`vbr doctor` names the system packages that are missing."
        ) from error


@app.command()
def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to write the result.")] = Path("vbr-demo.mp4"),
    depth: DepthOption = None,
    as_json: JsonOption = False,
    device: DeviceOption = "auto",
) -> None:
    """Refocus the sample clip that ships with the program, by its own depth: no questions, no network."""
    commands.run_demo(output, depth, as_json, device)


@app.command()
def render(
    path: Annotated[str, typer.Argument(metavar="CLIP|PROJECT", help="A video file or a .vbr project.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write: .mp4, .mov or .mkv.")],
    focus: Annotated[
        float | None, typer.Option("--focus", help="Disparity to focus on: 0 farthest, 1 nearest.")
    ] = None,
    focus_at: Annotated[
        str | None, typer.Option("--focus-at", metavar="FRAME,X,Y", help="Focus on what is at this pixel of a frame.")
    ] = None,
    follow: Annotated[
        str | None,
        typer.Option("--follow", metavar="FRAME,X,Y", help="Follow what is at this pixel through its shot."),
    ] = None,
    blur: Annotated[
        float | None, typer.Option("-K", "--blur", help="Blur amount: radius at 1080 lines per unit of disparity.")
    ] = None,
    sharp_zone: Annotated[
        float | None, typer.Option("--sharp-zone", help="Disparity on either side of the focus that stays sharp.")
    ] = None,
    f_number: Annotated[
        float | None, typer.Option("--f-number", metavar="N", help="Blur amount of a 50 mm lens at f/N, instead of -K.")
    ] = None,
    look: Annotated[
        list[str] | None,
        typer.Option(
            "--look",
            metavar="LOOK",
            help="clean, vintage, anamorphic, hexagon, dreamy; or NAME=VALUE, such as blades=6; again for more.",
        ),
    ] = None,
    renderer: Annotated[str | None, typer.Option("--renderer", help="vbr, scatter or layered.")] = None,
    depth: DepthOption = None,
    depth_meaning: MeaningOption = None,
    span: Annotated[str | None, typer.Option("--range", metavar="A:B", help="Only frames A to B-1.")] = None,
    codec: Annotated[str, typer.Option("--codec", help="auto, h264 or hevc.")] = "auto",
    quality: Annotated[int | None, typer.Option("--quality", help="Rate factor 0 (lossless) to 51.")] = None,
    size: Annotated[
        int | None, typer.Option("--size", metavar="LINES", help="Largest shorter side, such as 1080; never enlarges.")
    ] = None,
    bits: Annotated[int | None, typer.Option("--bits", help="8, or 10 (HEVC); the clip's own by default.")] = None,
    audio: Annotated[bool, typer.Option("--audio/--no-audio", help="Carry all audio tracks.")] = True,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Refocus a clip and write a video file."""
    commands.run_render(
        path,
        output,
        focus=focus,
        focus_at=focus_at,
        follow=follow,
        blur=blur,
        sharp_zone=sharp_zone,
        f_number=f_number,
        looks=tuple(look or ()),
        renderer=renderer,
        depth=depth,
        depth_meaning=depth_meaning,
        span=span,
        codec=codec,
        quality=quality,
        size=size,
        bits=bits,
        audio=audio,
        device=device,
        as_json=as_json,
    )


@app.command()
def depth(
    path: Annotated[str, typer.Argument(metavar="CLIP|PROJECT", help="A video file or a .vbr project.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A folder, a .mkv (lossless), or a .mp4 or .mov (10-bit) file.")
    ],
    model: DepthOption = None,
    depth_meaning: MeaningOption = None,
    form: Annotated[
        str | None, typer.Option("--format", help="png16 (folders), exr, iw3, ffv1 (.mkv) or hevc10 (.mp4, .mov).")
    ] = None,
    span: Annotated[str | None, typer.Option("--range", metavar="A:B", help="Only frames A to B-1.")] = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Estimate the disparity of a clip, or read it from files, and write it; white is nearest.

    Of a project, its depth is written with its levels and repairs.
    """
    commands.run_depth(
        path,
        output,
        model=model,
        meaning=depth_meaning,
        form=form,
        span=span,
        device=device,
        as_json=as_json,
    )


@app.command()
def probe(
    path: Annotated[str, typer.Argument(metavar="CLIP", help="A video file.")],
    as_json: JsonOption = False,
) -> None:
    """Say what a clip holds."""
    commands.run_probe(path, as_json)


app.command("train")(train.train)
app.command("eval")(evaluate.run_eval)

app.add_typer(models_app, name="models")
app.add_typer(dataset_app, name="dataset")


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Look at this machine: devices, libraries, codecs, caches, models; and run a self-test."""
    commands.run_doctor(as_json)


def main(arguments: list[str] | None = None) -> None:
    """Run ``vbr`` and leave with its exit status: 0 done, 1 a defect, 2 bad input, 130 cancelled."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run ``vbr`` with ``arguments`` and return the exit status. No exception of ours gets out."""
    status = EXIT_OK
    try:
        result = app(arguments, prog_name="vbr", standalone_mode=False)
        if isinstance(result, int):
            status = result
    except typer.Exit as error:
        status = error.exit_code
    except (Cancelled, typer.Abort, KeyboardInterrupt):
        sys.stderr.write("Cancelled. Nothing was written.\n")
        status = EXIT_CANCELLED
    except USAGE_ERROR as error:
        sys.stderr.write(f"vbr: {error.format_message()}\n")
        status = EXIT_INPUT
    except VbrError as error:
        sys.stderr.write(f"vbr: {error}\n")
        status = EXIT_INPUT
    except BrokenPipeError:
        # the reader of our output went away; there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = EXIT_CANCELLED
    except Exception:
        logging.getLogger(__name__).error("This is a defect in VBR Studio.", exc_info=True)
        status = 1
    return status


if __name__ == "__main__":
    main()

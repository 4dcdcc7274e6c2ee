"""The ``vbr render`` command that does what an export of the window does."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vbr_core.errors import InputError
from vbr_core.look import DEFAULT_LOOK, LOOK_NAMES
from vbr_core.project import NO_CUT_EDITS
from vbr_core.settings import DepthSettings, StillSettings

if TYPE_CHECKING:
    from vbr_core.project import Project
    from vbr_core.settings import AnyExport


@dataclass(frozen=True, slots=True)
class RenderCommand:
    """A command line.

    Attributes:
        arguments: Program and arguments, unquoted.
        note: One sentence that the user should know; empty if the command does exactly the same.
    """

    arguments: tuple[str, ...]
    note: str = ""

    def text(self, platform: str = sys.platform) -> str:
        """One line to paste into a shell, quoted as that platform's shell wants it."""
        return subprocess.list2cmdline(self.arguments) if platform == "win32" else shlex.join(self.arguments)


def render_command(
    project: Project,
    clip_path: str | Path,
    settings: AnyExport,
    project_path: str | Path | None = None,
    is_saved: bool = False,
) -> RenderCommand:
    """The command that exports a project.

    A saved project is named by its file. One without a file can be said in options as long as nothing is animated or
    repaired in it.

    Args:
        project: The document as it is now.
        clip_path: Its clip.
        settings: What to write.
        project_path: Where the document was saved; None if nowhere.
        is_saved: Whether the file there is as the document is now.

    Raises:
        InputError: The document was never saved and needs to be, or no command writes such a thing.
    """
    if isinstance(settings, StillSettings):
        raise InputError("No command writes a single frame.", "Choose another kind of export first.")
    if isinstance(settings, DepthSettings):
        return _depth_command(project, clip_path, settings, project_path, is_saved)
    note = ""
    options: list[str] = []
    if project_path is not None:
        given = str(Path(project_path).absolute())
        if not is_saved:
            note = "The command renders what was saved last; save to have your latest changes in it."
    else:
        if (
            project.focus.keys
            or project.blur.keys
            or project.look.has_keys
            or project.depth_edits
            or project.depth_levels
            or project.cut_edits != NO_CUT_EDITS
        ):
            raise InputError(
                "A command names keys, cuts and depth repairs only by a project file, and this document has none yet.",
                "Save it first.",
            )
        given = str(Path(clip_path).absolute())
        options += ["--focus", repr(project.focus.base), "--blur", repr(project.blur.base)]
        if project.sharp_zone:
            options += ["--sharp-zone", repr(project.sharp_zone)]
        for name in LOOK_NAMES:
            value = project.look.track(name).base
            if value != getattr(DEFAULT_LOOK, name):
                options += ["--look", f"{name}={value:g}" if name == "blades" else f"{name}={value!r}"]
        options += ["--renderer", settings.render.renderer, "--depth", project.depth]
        if project.depth_reading != "auto":
            options += ["--depth-meaning", project.depth_reading]
    if settings.start or settings.stop is not None:
        options += ["--range", f"{settings.start}:{'' if settings.stop is None else settings.stop}"]
    if settings.codec != "auto":
        options += ["--codec", settings.codec]
    if settings.quality is not None:
        options += ["--quality", str(settings.quality)]
    if settings.short_side_px is not None:
        options += ["--size", str(settings.short_side_px)]
    if settings.bit_depth is not None:
        options += ["--bits", str(settings.bit_depth)]
    if not settings.audio:
        options.append("--no-audio")
    if settings.render.device != "auto":
        options += ["--device", settings.render.device]
    if project_path is not None and settings.render.renderer != project.renderer:
        options += ["--renderer", settings.render.renderer]
    output = str(Path(settings.output).absolute())
    return RenderCommand(("vbr", "render", given, "-o", output, *options), note)


def _depth_command(
    project: Project, clip_path: str | Path, settings: DepthSettings, project_path: str | Path | None, is_saved: bool
) -> RenderCommand:
    """The command that writes the disparity alone; repairs and cuts it knows from a project file only."""
    options: list[str] = []
    note, given = "", str(Path(project_path or clip_path).absolute())
    if project_path is None:
        options += ["--depth", project.depth]
        if project.depth_reading != "auto":
            options += ["--depth-meaning", project.depth_reading]
        if project.depth_edits or project.depth_levels:
            note = "The command writes the depth without its repairs; save the document to have them in it."
    elif not is_saved:
        note = "The command writes the depth of what was saved last; save to have your latest changes in it."
    if settings.form is not None:
        options += ["--format", settings.form]
    if settings.start or settings.stop is not None:
        options += ["--range", f"{settings.start}:{'' if settings.stop is None else settings.stop}"]
    if settings.render.device != "auto":
        options += ["--device", settings.render.device]
    output = str(Path(settings.output).absolute())
    return RenderCommand(("vbr", "depth", given, "-o", output, *options), note)

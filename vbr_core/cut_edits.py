"""Pure edits of where shots begin: each takes a project and returns a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from vbr_core.depth_edits import shot_span
from vbr_core.project import CutEdits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vbr_core.project import Project


def cut_at(project: Project, frame: int) -> Project:
    """Let a shot begin at ``frame``; nothing if one does, or if it is the first frame of the clip."""
    if frame <= 0 or frame in project.cuts:
        return project
    edits = project.cut_edits
    is_found = project.clip is not None and frame in project.clip.cuts
    added = edits.added if is_found else (*edits.added, frame)
    return _with(project, added, (cut for cut in edits.removed if cut != frame))


def join_at(project: Project, frame: int) -> Project:
    """Join the shot that holds ``frame`` with the one before it; nothing if it is the first."""
    start, _ = shot_span(project.cuts, frame, frame + 1)
    if start == 0:
        return project
    edits = project.cut_edits
    is_found = project.clip is not None and start in project.clip.cuts
    removed = (*edits.removed, start) if is_found else edits.removed
    return _with(project, (cut for cut in edits.added if cut != start), removed)


def _with(project: Project, added: Iterable[int], removed: Iterable[int]) -> Project:
    return msgspec.structs.replace(project, cut_edits=CutEdits(tuple(sorted(set(added))), tuple(sorted(set(removed)))))

"""Pure edits of the depth repairs and levels in a project: each takes a project and returns a new one."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import msgspec

from vbr_core.project import GAMMA_LIMITS, LEVELS_SPAN, DepthLevels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vbr_core.project import DepthEdit, Project


def shot_span(cuts: Sequence[int], frame: int, frame_count: int) -> tuple[int, int]:
    """First frame and one past the last of the shot that holds ``frame``.

    Args:
        cuts: First frame of every shot but the first, sorted.
        frame: 0-based frame index.
        frame_count: Frames of the clip.
    """
    shot = bisect_right(cuts, frame)
    return (cuts[shot - 1] if shot else 0, cuts[shot] if shot < len(cuts) else max(frame_count, frame + 1))


def add_edit(project: Project, edit: DepthEdit) -> Project:
    """Add a repair; it comes after all others."""
    return _with_edits(project, [*project.depth_edits, edit])


def remove_edit(project: Project, index: int) -> Project:
    """Remove the repair at ``index``; nothing if there is none."""
    return _with_edits(project, [edit for at, edit in enumerate(project.depth_edits) if at != index])


def change_edit(project: Project, index: int, **fields: Any) -> Project:
    """Change fields of the repair at ``index``.

    Raises:
        ValueError: The fields do not fit together.
        IndexError: There is no such repair.
    """
    edits = list(project.depth_edits)
    edits[index] = msgspec.structs.replace(edits[index], **fields)
    return _with_edits(project, edits)


def set_edit_range(project: Project, index: int, start: int, stop: int) -> Project:
    """Set the frames that the repair at ``index`` holds for, widened where needed to keep the frame it was drawn on."""
    frame = project.depth_edits[index].frame
    return change_edit(project, index, start=max(0, min(start, frame)), stop=max(stop, frame + 1))


def move_edit(project: Project, index: int, step: int) -> Project:
    """Let the repair at ``index`` be applied ``step`` places later (negative: earlier); nothing beyond the ends."""
    target = index + step
    edits = list(project.depth_edits)
    if not (0 <= index < len(edits) and 0 <= target < len(edits)):
        return project
    edits.insert(target, edits.pop(index))
    return _with_edits(project, edits)


def _with_edits(project: Project, edits: Iterable[DepthEdit]) -> Project:
    return msgspec.structs.replace(project, depth_edits=tuple(edits))


def levels_at(levels: Sequence[DepthLevels], cuts: Sequence[int], frame: int) -> DepthLevels | None:
    """The levels of the shot that holds ``frame``; None if it has none.

    Levels belong to the shot that their ``start`` lies in, so they stay with it when another depth model finds cuts a
    little elsewhere. Of several in one shot the first counts.
    """
    start, stop = shot_span(cuts, frame, frame + 1)
    last = stop if stop in cuts else None
    return next((each for each in levels if each.start >= start and (last is None or each.start < last)), None)


def set_levels(
    project: Project,
    frame: int,
    *,
    near: float | None = None,
    far: float | None = None,
    gamma: float | None = None,
) -> Project:
    """Set levels of the shot that holds ``frame``; None leaves a value as it is.

    Values are brought into their limits. Of near and far, the one that is given pushes the other one away. Levels
    that change nothing are removed.
    """
    start, _ = shot_span(project.cuts, frame, frame + 1)
    old = levels_at(project.depth_levels, project.cuts, frame)
    now = old or DepthLevels(start)
    new_near, new_far = now.near, now.far
    if far is not None:
        new_far = min(1.0 - LEVELS_SPAN, max(0.0, far))
        new_near = max(new_near, new_far + LEVELS_SPAN)
    if near is not None:
        new_near = min(1.0, max(LEVELS_SPAN, near))
        new_far = min(new_far, new_near - LEVELS_SPAN)
    new = DepthLevels(
        now.start,
        min(1.0, new_near),
        max(0.0, new_far),
        now.gamma if gamma is None else min(GAMMA_LIMITS[1], max(GAMMA_LIMITS[0], gamma)),
    )
    others = [each for each in project.depth_levels if each is not old]
    kept = others if new.is_neutral else sorted([*others, new], key=lambda each: each.start)
    return msgspec.structs.replace(project, depth_levels=tuple(kept))


def reset_levels(project: Project, frame: int) -> Project:
    """Remove the levels of the shot that holds ``frame``."""
    old = levels_at(project.depth_levels, project.cuts, frame)
    return msgspec.structs.replace(
        project, depth_levels=tuple(each for each in project.depth_levels if each is not old)
    )

"""Rack focus: from one clicked thing to another within a given time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from vbr_core.edits import clamp, key_at
from vbr_core.errors import InputError
from vbr_core.project import FocusAnchor, Keyframe, Project

if TYPE_CHECKING:
    from vbr_core.project import Easing

RackCurve = Literal["smooth", "linear", "early", "late"]
RACK_CURVES: tuple[RackCurve, ...] = ("smooth", "linear", "early", "late")
"""``early`` sets off at once and lands softly, ``late`` sets off softly and stops at once."""

_PULL = 0.58
"""Length of the handle at the soft end of ``early`` and ``late``, as a part of the rack."""


@dataclass(frozen=True, slots=True)
class RackPoint:
    """What is to be sharp.

    Attributes:
        disparity: 0..1.
        anchor: Where it was clicked.
    """

    disparity: float
    anchor: FocusAnchor | None = None


def longest_rack(project: Project, start: int) -> int:
    """Frames that a rack from ``start`` can take at most without leaving its shot or the clip."""
    cuts = project.cuts
    shot = bisect_right(cuts, start)
    if shot < len(cuts):
        return cuts[shot] - 1 - start
    count = project.clip.frame_count if project.clip is not None else 0
    return max(0, count - 1 - start) if count else 1 << 30


def make_rack(
    project: Project,
    start: int,
    length_frames: int,
    first: RackPoint,
    second: RackPoint,
    curve: RackCurve = "smooth",
) -> Project:
    """Two keys: ``first`` is sharp at ``start``, ``second`` after ``length_frames``. Keys between them are replaced.

    A rack never goes across a cut: it is shortened to end on the last frame of its shot.

    Args:
        project: The document.
        start: Frame that it begins at.
        length_frames: How long it takes, at least 1.
        first: What it comes from.
        second: What it goes to.
        curve: How it moves.

    Raises:
        InputError: The length is not positive, or no frame of the shot follows ``start``.
    """
    if length_frames < 1:
        raise InputError(f"A rack of {length_frames} frames is not possible.", "It takes at least one frame.")
    room = longest_rack(project, start)
    if room < 1:
        raise InputError(
            f"A rack cannot begin at frame {start}: it is the last one of its shot.", "Begin it earlier in the shot."
        )
    length = min(length_frames, room)
    stop = start + length
    easing: Easing = "bezier" if curve in ("early", "late") else ("linear" if curve == "linear" else "smooth")
    soft, hard = (_PULL * length, 0.0), (0.0, 0.0)
    out_handle = {"early": hard, "late": soft}.get(curve)
    in_handle = {"early": soft, "late": hard}.get(curve)
    old_start, old_stop = key_at(project.focus, start), key_at(project.focus, stop)
    keys = [key for key in project.focus.keys if not start <= key.frame <= stop]
    keys += [
        Keyframe(
            start,
            clamp("focus", first.disparity),
            easing,
            out_handle,
            old_start.in_handle if old_start is not None else None,
            first.anchor,
        ),
        Keyframe(
            stop,
            clamp("focus", second.disparity),
            old_stop.easing if old_stop is not None else "smooth",
            old_stop.out_handle if old_stop is not None else None,
            in_handle,
            second.anchor,
        ),
    ]
    ordered = tuple(sorted(keys, key=lambda key: key.frame))
    return project.with_track("focus", msgspec.structs.replace(project.focus, keys=ordered))

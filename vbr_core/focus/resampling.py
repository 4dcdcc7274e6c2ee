"""Clicked focus keys follow the depth: their values are sampled again where they were clicked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbr_core.project import FocusAnchor, Keyframe, Project


def depth_of(project: Project) -> tuple[object, ...]:
    """What of a document decides its disparity: documents that differ in it need their keys sampled again."""
    return project.depth, project.depth_reading, project.cut_edits, project.depth_edits, project.depth_levels


def anchors_of(project: Project) -> frozenset[FocusAnchor]:
    """Where the focus keys of a document were clicked; those set by hand have no such place."""
    return frozenset(key.anchor for key in project.focus.keys if key.anchor is not None)


def with_samples(
    project: Project, found: Mapping[FocusAnchor, float], only: Mapping[FocusAnchor, float] | None = None
) -> tuple[Project, int]:
    """Give the clicked focus keys of a document the disparity that was found where they were clicked.

    Args:
        project: The document.
        found: Disparity, 0..1, by the place that was clicked. Keys of other places stay as they are.
        only: If given, a key only changes where it still has the value that is given here for its place.

    Returns:
        The document, and how many keys have another value now.
    """

    def corrected(key: Keyframe) -> Keyframe:
        if key.anchor is None or key.anchor not in found or found[key.anchor] == key.value:
            return key
        if only is not None and key.value != only.get(key.anchor):
            return key
        return msgspec.structs.replace(key, value=found[key.anchor])

    keys = tuple(corrected(key) for key in project.focus.keys)
    count = sum(old is not new for old, new in zip(project.focus.keys, keys, strict=True))
    if not count:
        return project, 0
    return project.with_track("focus", msgspec.structs.replace(project.focus, keys=keys)), count

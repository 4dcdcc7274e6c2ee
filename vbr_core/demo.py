"""The demonstration: the sample clip, focus racked from its near to its far subject."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vbr_core import edits
from vbr_core.pipeline import make_clip_entry, sample_clip_path, sample_focus
from vbr_core.project import FocusAnchor, Project

if TYPE_CHECKING:
    from pathlib import Path

    from vbr_core.depth.source import DisparitySource
    from vbr_core.video.info import ClipInfo


def sample_disparity_path() -> Path:
    """True disparity of the sample clip, as a grey video."""
    return sample_clip_path().with_name("disparity.mp4")


def sample_facts() -> dict[str, Any]:
    """What ``sample.json`` says of the sample clip: its subjects, where they are, and when to rack."""
    facts: dict[str, Any] = json.loads(sample_clip_path().with_suffix(".json").read_text("utf-8"))
    return facts


def demo_project(disparity: DisparitySource, info: ClipInfo) -> Project:
    """A project that holds the near subject, racks, and holds the far one."""
    facts = sample_facts()
    project = edits.set_base(Project(clip=make_clip_entry(info)), "blur", float(facts["suggested_k"]))
    project = edits.set_sharp_zone(project, float(facts["suggested_sharp_zone"]))
    leave, arrive = (int(frame) for frame in facts["rack_frames"])
    for subject, frame in (("near", leave), ("far", arrive)):
        point = facts["focus_points"][subject]["first" if subject == "near" else "last"]
        at = FocusAnchor(int(point["frame"]), float(point["x"]), float(point["y"]))
        d_f = sample_focus(disparity, info, at.frame, at.x, at.y)
        project = edits.add_key(project, "focus", frame, d_f, anchor=at)
    return project

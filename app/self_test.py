"""What ``--self-test`` looks at: the core's own test, the sample clip through the bundled networks, all networks.

It is for the installed program, where a module or a file that was not packed shows only when it is asked for. Nothing
is read from the network, and nothing stays on the disk.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from vbr_core.doctor import Check

CLIP_FRAMES = 2
"""Frames of the sample clip that are rendered."""

SHARP_KEPT = 0.7
"""What is focused keeps at least this part of its contrast between neighbouring pixels."""

BLURRED_LEFT = 0.5
"""What lies behind keeps at most this part."""


def run_self_test() -> list[Check]:
    """All checks; one that fails does not stop the others."""
    return [
        *_core_checks(),
        _check("Sample clip", render_sample),
        _check("Depth networks", build_networks),
    ]


def print_self_test() -> int:
    """Run the checks and say how they went.

    Returns:
        0 if all is well, else 1. A program without a console (Windows) says it by this alone.
    """
    checks = run_self_test()
    if sys.stdout is not None:
        for check in checks:
            sys.stdout.write(f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.found}\n")
    return 0 if all(check.ok for check in checks) else 1


def render_sample() -> str:
    """Depth of the sample clip's first frames by the bundled network, focused on the near subject, into a file.

    Raises:
        AssertionError: The subject is not sharp, or what lies behind it is not soft.
    """
    from vbr_core import edits, pipeline
    from vbr_core.demo import sample_facts
    from vbr_core.depth import load_estimator
    from vbr_core.depth.estimate import estimate_clip
    from vbr_core.jobs import JobContext
    from vbr_core.project import Project
    from vbr_core.settings import ExportSettings, RenderSettings
    from vbr_core.video.reader import VideoReader

    facts = sample_facts()
    point = facts["focus_points"]["near"]["first"]
    with TemporaryDirectory() as name:
        folder = Path(name)
        clip, target = folder / "clip.mp4", folder / "rendered.mp4"
        _copy_beginning(pipeline.sample_clip_path(), clip)
        with VideoReader(clip) as reader:
            info, before = reader.info, reader.frame(0).rgb
            disparity = estimate_clip(
                reader, load_estimator("starter", "cpu"), folder / "depth", JobContext(), clip_key="self-test"
            )
        try:
            d_f = pipeline.sample_focus(disparity, info, 0, point["x"], point["y"])
            project = edits.set_base(Project(clip=pipeline.make_clip_entry(info)), "blur", facts["suggested_k"])
            project = edits.set_sharp_zone(pipeline.set_constant_focus(project, d_f), facts["suggested_sharp_zone"])
            settings = ExportSettings(str(target), render=RenderSettings(device="cpu"))
            pipeline.export_video(project, clip, settings, disparity=disparity)
        finally:
            disparity.close()
        with VideoReader(target) as reader:
            count, after = reader.info.frame_count, reader.frame(0).rgb
    boxes = facts["boxes"][0]
    kept = {part: _contrast(after, boxes[part]) / _contrast(before, boxes[part]) for part in boxes if part != "frame"}
    subject, behind = kept["near_inside"], kept["background"]
    if count != CLIP_FRAMES or subject < SHARP_KEPT or behind > BLURRED_LEFT:
        raise AssertionError(
            f"{count} of {CLIP_FRAMES} frames; contrast left: {subject:.2f} of the subject (at least {SHARP_KEPT}), "
            f"{behind:.2f} of what lies behind (at most {BLURRED_LEFT})"
        )
    return f"{count} frames; contrast left: {subject:.2f} of the subject, {behind:.2f} of what lies behind"


def build_networks() -> str:
    """Build every depth network that can be downloaded, without its weights: their parts come from elsewhere."""
    from vbr_core.depth.architectures import ARCHITECTURES

    for architecture in ARCHITECTURES.values():
        architecture.published_shapes()
    return f"{len(ARCHITECTURES)} can be built"


def _core_checks() -> list[Check]:
    """The core's own self-test, or one failed check if it cannot even begin."""
    found: list[Check] = []

    def run() -> str:
        from vbr_core import pipeline

        found.extend(pipeline.self_test())
        return ""

    begun = _check("Self-test", run)
    return found if begun.ok else [begun]


def _check(name: str, test: Callable[[], str]) -> Check:
    from vbr_core.doctor import Check

    try:
        return Check(name, True, test())
    except Exception as error:  # noqa: BLE001 - a self-test reports whatever goes wrong
        return Check(name, False, f"{type(error).__name__}: {error}", "Reinstall the program, or report this line.")


def _copy_beginning(clip: Path, target: Path) -> None:
    """Encode the first :data:`CLIP_FRAMES` frames anew."""
    from vbr_core.video.reader import VideoReader
    from vbr_core.video.writer import EncodeSettings, VideoWriter

    span = (0, CLIP_FRAMES)
    with VideoReader(clip) as reader:
        info = reader.info
        open_writer = functools.partial(
            VideoWriter, target, info, EncodeSettings(codec="h264", quality=None, bit_depth=8)
        )
        with open_writer(width=info.width, height=info.height, frame_range=span, index=reader.index) as writer:
            for frame in reader.frames(*span):
                writer.write(frame.frame_index, frame.rgb)
            writer.finish()


def _contrast(picture: np.ndarray, box: tuple[int, int, int, int]) -> float:
    """Mean square of the difference between pixels side by side, in a box (left, top, right, bottom)."""
    import numpy as np

    left, top, right, bottom = box
    grey = picture[top:bottom, left:right].astype(np.float64).mean(axis=2)
    return float((np.diff(grey, axis=1) ** 2).mean())

"""Where the shots of a clip begin, for depth that does not say so itself: the user's own files.

The clip is decoded once from end to end; what was found is kept beside the cached disparity.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.cache import cache_key
from vbr_core.depth.shots import METHOD, ShotFinder
from vbr_core.stages import ReadAhead
from vbr_core.video.reader import to_float

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from numpy.typing import NDArray

    from vbr_core.jobs import JobContext
    from vbr_core.video.reader import VideoReader

PHASE = "Looking for cuts"
LOOKED_AT_PX = 320
"""Longer side of the pictures that cuts are looked for in."""


def find_cuts(reader: VideoReader, cache_root: Path, ctx: JobContext, *, clip_key: str) -> tuple[int, ...]:
    """First frame of every shot of a clip but the first.

    Args:
        reader: The open clip; used on another thread until this function returns.
        cache_root: Folder of all cached disparity. A folder that cannot be written is no error: nothing is kept then.
        ctx: Progress and cancel.
        clip_key: Names the clip; changes with its content.

    Raises:
        ClipError: A frame cannot be decoded.
        Cancelled: By the context.
    """
    path = cache_root / cache_key(clip_key, "cuts", METHOD) / "cuts.json"
    total = reader.info.frame_count
    known = _read(path, total)
    if known is not None:
        return known

    def decode() -> Iterator[tuple[int, NDArray[np.float32]]]:
        for frame in reader.frames(0, total):
            yield frame.frame_index, to_float(_reduced(frame.rgb))

    finder, cuts = ShotFinder(), []
    with ReadAhead(decode) as frames:
        for done, item in enumerate(frames, start=1):
            cuts += [frame.frame_index for frame in finder.push(*item) if frame.is_cut]
            ctx.step(done, total, PHASE)
    cuts += [frame.frame_index for frame in finder.finish() if frame.is_cut]
    _write(path, cuts)
    return tuple(cuts)


def _reduced(rgb: NDArray[Any]) -> NDArray[Any]:
    """(H, W, 3) uint8 or uint16, brought to ``LOOKED_AT_PX`` while it is still small to handle."""
    scale = LOOKED_AT_PX / max(rgb.shape[:2])
    if scale >= 1.0:
        return rgb
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def _read(path: Path, frame_count: int) -> tuple[int, ...] | None:
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        os.utime(path.parent)
    except (OSError, ValueError):
        return None
    if not isinstance(found, list) or not all(isinstance(cut, int) and 0 < cut < frame_count for cut in found):
        return None
    return tuple(sorted(set(found)))


def _write(path: Path, cuts: list[int]) -> None:
    temporary = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(cuts), encoding="ascii")
        os.replace(temporary, path)
    except OSError:
        return  # they are found again next time

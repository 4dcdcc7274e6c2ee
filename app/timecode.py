"""Times as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction


def timecode(frame_index: int, frame_rate: Fraction | float) -> str:
    """``hours:minutes:seconds:frames`` of a frame, counted at the nearest whole rate (non-drop)."""
    whole_rate = max(1, round(float(frame_rate)))
    seconds, frames = divmod(max(0, frame_index), whole_rate)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}:{frames:02d}"


def about(seconds: float) -> str:
    """A duration that nobody should take to the second: ``40 s``, ``12 min``, ``2 h 10 min``."""
    if seconds < 90:
        step = 1 if seconds < 10 else 5
        return f"{max(1, round(seconds / step) * step)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"

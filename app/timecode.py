"""Times as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

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


def about_range(low_seconds: float, high_seconds: float) -> str:
    """Two durations that nobody should take to the second: ``3 to 5 min``, ``40 s to 2 min``, ``12 min``."""
    low, high = about(low_seconds), about(high_seconds)
    return _joined(low, high)


def size_text(count: float) -> str:
    """A number of bytes: ``850 kB``, ``12 MB``, ``1.4 GB``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if count >= 0.95 * scale:
            value = count / scale
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{max(1, round(count / 1e3))} kB"


def size_range(low: float, high: float) -> str:
    """Two numbers of bytes: ``20 to 35 MB``, ``900 kB to 2.1 MB``."""
    return _joined(size_text(low), size_text(high))


def _joined(low: str, high: str) -> str:
    """``A to B``; the unit of the first is left out where it is that of the second."""
    if low == high:
        return high
    first, second = low.split(" "), high.split(" ")
    if len(first) == len(second) == 2 and first[1] == second[1]:
        low = first[0]
    return QCoreApplication.translate("Timecode", "{low} to {high}").format(low=low, high=high)

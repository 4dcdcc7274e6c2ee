"""How much memory there is, and about how much rendering a picture takes."""

from __future__ import annotations

import os
from pathlib import Path

RENDER_BYTES_PER_PIXEL = {"vbr": 2200, "scatter": 90, "layered": 110}
"""Resident memory of rendering whole pictures on a processor, measured with clips of 540 and 1080 lines; that of
``vbr`` with 25 frames of 540 lines, some of which wait for later ones."""

OTHER_BYTES_PER_PIXEL = 60

MEMINFO = Path("/proc/meminfo")


def total_bytes() -> int:
    """Of the machine; 0 if it does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def available_bytes() -> int:
    """What programs can still get without pushing others out; 0 if the machine does not tell."""
    return _meminfo_bytes("MemAvailable:")


def free_swap_bytes() -> int:
    """What can be pushed out to disk besides; 0 if there is none, or the machine does not tell."""
    return _meminfo_bytes("SwapFree:")


def _meminfo_bytes(name: str) -> int:
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))
    except (OSError, StopIteration, ValueError, IndexError):
        return 0


def render_bytes(renderer: str, pixels: int) -> int:
    """About what rendering a whole picture takes on a processor, besides the program itself."""
    return pixels * RENDER_BYTES_PER_PIXEL.get(renderer, OTHER_BYTES_PER_PIXEL)

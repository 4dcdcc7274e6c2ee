"""What an export needs, as numbers; :mod:`vbr_core.export_estimate` measures them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportEstimate:
    """What an export will need.

    Attributes:
        frame_count: Frames that are written.
        seconds: Least and most time, without estimating depth.
        size_bytes: Least and most size of what is written; None if it cannot be told without the depth.
        memory_bytes: About what the program will need at once.
        total_memory_bytes: What the machine has; 0 if not known.
        free_bytes: Room on the disk of the output; None if its folder is not there.
    """

    frame_count: int
    seconds: tuple[float, float]
    size_bytes: tuple[int, int] | None
    memory_bytes: int
    total_memory_bytes: int = 0
    free_bytes: int | None = None

    @property
    def missing_bytes(self) -> int:
        """What the disk may lack for the largest size and some margin; 0 if there is room."""
        if self.size_bytes is None or self.free_bytes is None:
            return 0
        return max(0, needed_room(self.size_bytes[1]) - self.free_bytes)


def needed_room(size_bytes: int) -> int:
    """Free space that a file of this size should find: a disk that is full to the last byte serves nobody."""
    return size_bytes + max(50_000_000, size_bytes // 20)

"""Python's lock, shared fairly between the window and its workers."""

from __future__ import annotations

import sys

TURN_SECONDS = 0.0005


def take_quick_turns() -> None:
    """Let the window's thread wait a tenth of the usual 5 ms for its turn while a worker runs Python.

    Drawing asks for the lock again after every call into Qt, dozens of times for one picture of the timeline.
    """
    sys.setswitchinterval(TURN_SECONDS)

"""The command ``vbr``: arguments -> settings -> pipeline; nothing else."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


def _leave(number: int, frame: FrameType | None) -> None:
    """Ctrl-C while modules are still loading: the same words and status as later, and no traceback."""
    os.write(2, b"Cancelled. Nothing was written.\n")
    os._exit(130)


def quiet_interrupts(active: bool) -> None:
    """Let Ctrl-C end the program at once (while it loads), or let it raise ``KeyboardInterrupt`` again."""
    if threading.current_thread() is not threading.main_thread():
        return
    ours = signal.getsignal(signal.SIGINT) is _leave
    if active and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    elif not active and ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if os.path.splitext(os.path.basename(sys.argv[0]))[0] in ("vbr", "-m"):  # not in a program that only imports this
    # the first piece of work that can be cancelled gives it up. Until then libraries load: a KeyboardInterrupt in the
    # middle of that may be swallowed by one of them, or change the exit status to that of a signal
    quiet_interrupts(True)

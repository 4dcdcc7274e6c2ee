"""Garbage is collected on the GUI thread only.

Python's cyclic collector runs in whichever thread happens to allocate. Qt objects that are part of a reference cycle
would then be destroyed on a worker thread, which Qt does not allow: timers are left in another thread's lists, and the
process crashes some time later. Here the automatic collector is switched off and a timer of the GUI thread does its
work, by the same thresholds.
"""

from __future__ import annotations

import gc
import sys

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 250
MANY_MODULES = 50
"""So many new modules since the last look mean that a library was imported: what it made lives as long as the program,
and looking through it again and again would hold the window up."""


class GuiCollector(QObject):
    """Collects garbage from the event loop of the thread that makes it. Until it is deleted, nothing else does.

    Args:
        parent: Its owner; the application.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._modules = len(sys.modules)
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(INTERVAL_MS)

    def look(self) -> None:
        """Collect the generations that have grown beyond Python's own thresholds."""
        modules = len(sys.modules)
        if modules > self._modules + MANY_MODULES:
            gc.freeze()
            self._modules = modules
            return
        for generation, (count, limit) in reversed(
            list(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))
        ):
            if count > limit:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Give the work back to Python's own collector."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

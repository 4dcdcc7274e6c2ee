"""Keeps unsaved work on disk, so that a crash loses a few seconds of it at most."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app import preferences
from app.autosave_store import Slot
from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from pathlib import Path

    from app.session import Session
    from vbr_core.project import Project

log = logging.getLogger(__name__)

AUTOSAVE_MS = 3000
"""From the first change that is not kept yet to its being written; later changes do not put it off."""
JOIN_SECONDS = 10.0


class Autosaver(QObject):
    """Writes the session's document to a file of its own while it has changes that are not saved.

    The writing is done on a thread, one at a time, always of the newest state. The file goes when nothing would be
    lost without it: after a save, an undo back to the saved state, or the decision not to save.
    """

    kept = Signal()
    """The state of a moment ago is on disk."""
    failed = Signal(object)
    """An exception; once, until it works again."""

    _written = Signal(object, object)

    def __init__(self, session: Session, parent: QObject | None = None, interval_ms: int = AUTOSAVE_MS) -> None:
        super().__init__(parent)
        self._session = session
        self._slot: Slot | None = None
        self._thread: threading.Thread | None = None
        self._kept: tuple[Project, Path | None] | None = None
        self._is_failing = False
        self._is_shut = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self.keep_now)
        self._written.connect(self._on_written, Qt.ConnectionType.QueuedConnection)
        session.changed.connect(self._look)
        session.path_changed.connect(self._look)

    @property
    def path(self) -> Path | None:
        """The file that the work is kept in; None while there is none."""
        return self._slot.path if self._slot is not None else None

    def adopt(self, slot: Slot) -> None:
        """Go on with a file that an earlier window left behind; it holds what the session shows now."""
        self._join()
        self._forget()
        self._slot = slot
        self._look()

    def _look(self, *_: object) -> None:
        """Something changed: see whether there is anything to keep."""
        if self._is_shut:
            return
        if not self._session.is_dirty:
            self._timer.stop()
            self._forget()
        elif not self._timer.isActive() and self._state() != self._kept:
            self._timer.start()

    def _state(self) -> tuple[Project, Path | None]:
        return self._session.project, self._session.path

    def keep_now(self) -> None:
        """Write the present state, unless it is written or there is nothing to keep."""
        self._timer.stop()
        if self._is_shut or not self._session.is_dirty or self._state() == self._kept:
            return
        if self._thread is not None:  # a slow disk: the next one follows when it is done
            self._timer.start()
            return
        state, clip_path = self._state(), self._session.clip_path

        def write() -> None:  # while it runs, the slot is the thread's
            try:
                if self._slot is None:
                    self._slot = Slot.create(preferences.autosave_folder())
                self._slot.write(*state, clip_path)
            except VbrError as error:
                self._written.emit(state, error)
            else:
                self._written.emit(state, None)

        self._thread = threading.Thread(target=write, name="autosave", daemon=True)
        self._thread.start()

    def _on_written(self, state: tuple[Project, Path | None], error: VbrError | None) -> None:
        self._join()
        if self._is_shut:
            return
        if error is None:
            self._is_failing = False
            self._kept = state
            self.kept.emit()
        else:
            log.info("%s", error)
            if not self._is_failing:
                self._is_failing = True
                self.failed.emit(error)
        self._look()

    def _join(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(JOIN_SECONDS)

    def _forget(self) -> None:
        """Nothing is to be kept: the file goes. One that is being written goes when that is done."""
        self._kept = None
        if self._thread is None and self._slot is not None:
            self._slot.remove()
            self._slot = None

    def shut(self, keep: bool = False) -> None:
        """The window goes: no more writing, and the file goes too, unless it is to be kept for the next start."""
        self._is_shut = True
        self._timer.stop()
        self._join()
        slot, self._slot = self._slot, None
        if slot is not None:
            if keep:
                slot.release()
            else:
                slot.remove()

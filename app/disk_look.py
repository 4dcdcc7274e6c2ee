"""Looks at the disk on a thread of its own: a drive that is asleep or gone must not hold the window."""

from __future__ import annotations

import _thread
import contextlib
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class DiskLook(QObject):
    """One question at a time, and only the newest is answered.

    Nobody waits for the thread, not even the end of the program: a look at a network drive that is gone can last
    minutes and cannot be interrupted. So a question must only look, and touch nothing.
    """

    answered = Signal(object)
    """What the newest question returned, or None where it could not be answered."""
    _found = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._question: Callable[[], object] | None = None
        self._is_looking = False
        self._found.connect(self._on_found, Qt.ConnectionType.QueuedConnection)

    @property
    def is_looking(self) -> bool:
        """Whether the newest question is not answered yet."""
        return self._is_looking or self._question is not None

    def ask(self, question: Callable[[], object]) -> None:
        """Ask; what was asked before and is not answered yet never will be."""
        self._number += 1
        self._question = question
        self._go_on()

    def forget(self) -> None:
        """No answer is wanted any more."""
        self._number += 1
        self._question = None

    def _go_on(self) -> None:
        if self._is_looking or self._question is None:
            return
        number, question, self._question = self._number, self._question, None
        self._is_looking = True
        # not a Thread object: its start waits until the thread runs, and so for Python's lock if a worker holds it
        _thread.start_new_thread(self._look, (number, question))

    def _look(self, number: int, question: Callable[[], object]) -> None:
        """On the thread."""
        found: object = None
        try:
            found = question()
        except (OSError, ValueError) as error:  # a name that no file can have
            log.info("looking at the disk: %s", error)
        with contextlib.suppress(RuntimeError):  # the window is gone
            self._found.emit(number, found)

    def _on_found(self, number: int, found: object) -> None:
        self._is_looking = False
        if number == self._number:
            self.answered.emit(found)
        self._go_on()

"""Exports one after the other: with an order, a pause, and another try."""

from __future__ import annotations

import itertools
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from vbr_core import edits
from vbr_core.errors import OutputError
from vbr_core.jobs import JobContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core_access import Core
    from app.job_runner import Job, JobRunner
    from vbr_core.jobs import Progress
    from vbr_core.project import Project
    from vbr_core.settings import AnyExport

ItemState = Literal["waiting", "running", "done", "failed", "cancelled"]
OPEN_STATES = ("waiting", "running")
PAUSE_POLL_SECONDS = 0.1


@dataclass(eq=False, slots=True)
class QueueItem:
    """One export. The document is the value that it was when the export was put into the queue.

    Attributes:
        number: Counts items from 1.
        project: The document, with the renderer of the settings.
        clip_path: Its clip.
        settings: What to write.
        state: How it stands.
        progress: Of the running one.
        error: Why it failed.
        note: What the user should know about the result.
    """

    number: int
    project: Project
    clip_path: Path
    settings: AnyExport
    state: ItemState = "waiting"
    progress: Progress | None = None
    error: Exception | None = None
    note: str = ""
    job: Job | None = field(default=None, repr=False)

    @property
    def output(self) -> Path:
        """The file to write."""
        return Path(self.settings.output)


class ExportQueue(QObject):
    """Runs its items in their order, one at a time. One that fails does not stop those after it.

    A pause holds the running export between two frames, and nothing new begins.
    """

    changed = Signal()
    """Items, their order or state, or the pause."""
    progressed = Signal(object)
    """The QueueItem that got further."""
    failed = Signal(object)
    """An exception."""
    exported = Signal(object)
    """The ExportResult."""
    emptied = Signal()
    """The last open item ended."""
    pictured = Signal(object, int, object)
    """The QueueItem, a frame index and its picture, (h, w, 3) uint8; a few a second at most."""

    def __init__(self, core: Core, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._runner = runner
        self._items: list[QueueItem] = []
        self._numbers = itertools.count(1)
        self._going = threading.Event()
        self._going.set()
        self._is_shut = False
        self.may_begin: Callable[[QueueItem], bool] = lambda _item: True
        """Whether the next item may begin; who says no calls :meth:`go_on` when it may."""

    @property
    def items(self) -> tuple[QueueItem, ...]:
        """All items, in the order that they run in."""
        return tuple(self._items)

    @property
    def is_paused(self) -> bool:
        """Whether everything is held."""
        return not self._going.is_set()

    @property
    def is_shut(self) -> bool:
        """Whether the window is closing."""
        return self._is_shut

    @property
    def open_count(self) -> int:
        """Items that run or wait."""
        return sum(item.state in OPEN_STATES for item in self._items)

    @property
    def running(self) -> QueueItem | None:
        """The item that is being written, paused or not."""
        return next((item for item in self._items if item.state == "running"), None)

    def add(self, project: Project, clip_path: Path, settings: AnyExport) -> QueueItem:
        """Put an export at the end; it begins when those before it have ended.

        Raises:
            OutputError: Another open item writes that file.
        """
        output = os.path.abspath(settings.output)
        for other in self._items:
            if other.state in OPEN_STATES and os.path.abspath(other.settings.output) == output:
                raise OutputError(
                    f"Another export in the queue writes '{other.output.name}'.", "Choose another name for this one."
                )
        project = edits.set_renderer(project, settings.render.renderer)
        item = QueueItem(next(self._numbers), project, clip_path, settings)
        self._items.append(item)
        self.go_on()
        self.changed.emit()
        return item

    def move(self, item: QueueItem, by: int) -> None:
        """Let an item run earlier (``by`` below 0) or later."""
        at = self._items.index(item)
        to = max(0, min(at + by, len(self._items) - 1))
        if to != at:
            self._items.insert(to, self._items.pop(at))
            self.changed.emit()

    def remove(self, item: QueueItem) -> None:
        """Take an item off the list; a running one is stopped, and stays in the list as cancelled."""
        if item.state == "running":
            if item.job is not None:
                item.job.cancel()
        else:
            self._items.remove(item)
        self.changed.emit()

    def retry(self, item: QueueItem) -> None:
        """Let an item that failed or was cancelled run again, at its place in the order."""
        if item.state in ("failed", "cancelled"):
            item.state, item.error, item.progress = "waiting", None, None
            self.go_on()
            self.changed.emit()

    def clear_ended(self) -> None:
        """Take all items off the list that are done, failed or cancelled."""
        self._items = [item for item in self._items if item.state in OPEN_STATES]
        self.changed.emit()

    def set_paused(self, paused: bool) -> None:
        """Hold everything, or let it go on."""
        if paused:
            self._going.clear()
        else:
            self._going.set()
            self.go_on()
        self.changed.emit()

    def shut(self) -> None:
        """The window goes: nothing new begins. Who shuts it cancels what runs."""
        self._is_shut = True
        self._going.set()

    # --- running ----------------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Begin the next item, if nothing is in its way."""
        if self._is_shut or self.is_paused or self.running is not None:
            return
        item = next((item for item in self._items if item.state == "waiting"), None)
        if item is None or not self.may_begin(item):
            return
        item.state, item.progress = "running", None
        title = self.tr("Export “{name}”").format(name=item.output.name)
        job = item.job = self._runner.start(title, lambda ctx: self._export(item, ctx))
        job.progressed.connect(lambda progress: self._on_progress(item, progress))
        job.finished.connect(lambda result: self._on_finished(item, result))
        job.failed.connect(lambda error: self._on_failed(item, error))
        job.cancelled.connect(lambda: self._on_ended(item, "cancelled"))
        self.changed.emit()

    def _export(self, item: QueueItem, ctx: JobContext) -> object:
        """On the job's thread. The depth is read from where it is stored, so no document has to be open."""

        def listen(progress: Progress) -> None:
            if ctx.listener is not None:
                ctx.listener(progress)
            while not self._going.wait(PAUSE_POLL_SECONDS) and not ctx.token.cancelled:
                pass

        context = JobContext(listen, ctx.token)
        return self._core.export(
            item.project, item.clip_path, item.settings, context, None, lambda *shown: self.pictured.emit(item, *shown)
        )

    def _on_progress(self, item: QueueItem, progress: Progress) -> None:
        item.progress = progress
        self.progressed.emit(item)

    def _on_finished(self, item: QueueItem, result: object) -> None:
        item.note = getattr(result, "note", "")
        self._on_ended(item, "done")
        self.exported.emit(result)

    def _on_failed(self, item: QueueItem, error: Exception) -> None:
        item.error = error
        self._on_ended(item, "failed")
        self.failed.emit(error)

    def _on_ended(self, item: QueueItem, state: ItemState) -> None:
        item.state, item.job = state, None
        self.go_on()
        self.changed.emit()
        if self.open_count == 0:
            self.emptied.emit()

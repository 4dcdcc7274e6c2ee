"""Long operations on their own threads; progress, results and failures arrive as signals in the GUI thread."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from vbr_core.errors import VbrError
from vbr_core.jobs import Cancelled, CancelToken, JobContext, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

PROGRESS_INTERVAL_SECONDS = 1 / 30


class Job(QObject):
    """One running operation. Exactly one of ``finished``, ``failed`` and ``cancelled`` is emitted, then ``ended``."""

    progressed = Signal(object)
    """Progress; at most 30 a second."""
    finished = Signal(object)
    """What the function returned."""
    failed = Signal(object)
    """The exception."""
    cancelled = Signal()
    ended = Signal()

    _reported = Signal(object)
    _delivered = Signal(str, object)

    def __init__(
        self,
        title: str,
        function: Callable[[JobContext], Any],
        parent: QObject | None = None,
        courtesy: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.progress: Progress | None = None
        self.is_running = True
        self._function = function
        self._courtesy = courtesy
        self._token = CancelToken()
        self._last_report = 0.0
        self._thread: threading.Thread | None = None
        self._reported.connect(self._on_reported, Qt.ConnectionType.QueuedConnection)
        self._delivered.connect(self._on_delivered, Qt.ConnectionType.QueuedConnection)

    @property
    def is_cancelling(self) -> bool:
        """Whether the job was told to stop and has not ended yet."""
        return self.is_running and self._token.cancelled

    def start(self) -> None:
        """Run the function on a thread of its own. :meth:`JobRunner.start` calls this."""
        self._thread = threading.Thread(target=self._run, name=f"job: {self.title}", daemon=True)
        self._thread.start()

    def skip(self) -> None:
        """End as cancelled, without a thread."""
        self._on_delivered("cancelled", None)

    def cancel(self) -> None:
        """Ask the job to stop; ``cancelled`` follows when it did."""
        self._token.cancel()

    def join(self, timeout_seconds: float | None = None) -> None:
        """Wait until the thread is gone. Its end signal is still to be delivered then."""
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    # --- on the worker thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        kind, payload = "cancelled", None
        try:
            self._token.raise_if_cancelled()
            payload = self._function(JobContext(self._listen, self._token))
            kind = "finished"
        except Cancelled:
            log.info("%s: cancelled", self.title)
        except VbrError as error:
            kind, payload = "failed", error
            log.info("%s: %s", self.title, error, exc_info=error)
        except Exception as error:
            kind, payload = "failed", error
            log.error("%s failed", self.title, exc_info=error)
        self._delivered.emit(kind, payload)

    def _listen(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last_report >= PROGRESS_INTERVAL_SECONDS:
            self._last_report = now
            self._reported.emit(progress)
        if self._courtesy is not None:
            self._courtesy()

    # --- on the GUI thread ------------------------------------------------------------------------------------------

    def _on_reported(self, progress: Progress) -> None:
        if self.is_running:
            self.progress = progress
            self.progressed.emit(progress)

    def _on_delivered(self, kind: str, payload: object) -> None:
        self.is_running = False
        if kind == "finished":
            self.finished.emit(payload)
        elif kind == "failed":
            self.failed.emit(payload)
        else:
            self.cancelled.emit()
        self.ended.emit()


class JobRunner(QObject):
    """Starts jobs and knows which ones are running."""

    job_started = Signal(object)
    """The Job."""
    job_ended = Signal(object)
    """The Job."""
    idle = Signal()
    """The last running job ended."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Job] = []
        self._is_shut = False
        self.courtesy: Callable[[], object] | None = None
        """Called by every job between two steps, on its thread; may wait a little to let others go first."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that have not ended, oldest first."""
        return tuple(self._jobs)

    def start(self, title: str, function: Callable[[JobContext], Any], courteous: bool = True) -> Job:
        """Run ``function`` on a thread, from the next turn of the event loop on, so that the caller can connect first.

        Args:
            title: What it is, in words for the user.
            function: Gets a JobContext; its result goes to ``finished``. It must not touch widgets.
            courteous: Whether it lets others go first; what hardly computes, such as a download, need not.
        """
        job = Job(title, function, self, self.courtesy if courteous else None)
        self._jobs.append(job)
        job.ended.connect(self._on_ended)
        QTimer.singleShot(0, job, job.skip if self._is_shut else job.start)
        self.job_started.emit(job)
        return job

    def _on_ended(self) -> None:
        job = self.sender()
        if job in self._jobs:
            self._jobs.remove(job)
        self.job_ended.emit(job)
        if not self._jobs:
            self.idle.emit()
        job.deleteLater()

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job in self._jobs:
            job.cancel()

    def shut(self) -> None:
        """The window closes: every job is asked to stop, and those that are started from now on end as cancelled."""
        self._is_shut = True
        self.cancel_all()

    def wait_all(self, timeout_seconds: float = 30.0) -> bool:
        """Block until the threads of all jobs are gone. Returns whether they are."""
        deadline = time.monotonic() + timeout_seconds
        for job in self._jobs:
            job.join(max(0.0, deadline - time.monotonic()))
        return not any(job._thread is not None and job._thread.is_alive() for job in self._jobs)

"""What the command line prints: a progress bar with rate and time left, or JSON lines; one sentence for an error."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console as RichConsole
from rich.progress import BarColumn, Progress, TextColumn

from vbr_core.cli import quiet_interrupts
from vbr_core.jobs import CancelToken, JobContext
from vbr_core.jobs import Progress as JobProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

EXIT_OK, EXIT_INPUT, EXIT_CANCELLED = 0, 2, 130

COUNTED = {"Training": "steps", "Preparing clips": "clips", "Making the first clips": "clips"}
"""What the phases count that do not count frames, by the start of their names."""

PLAIN_EVERY_SECONDS = 5.0
"""Where standard error is no terminal, one line of progress this often."""


def clock(seconds: float | None) -> str:
    """``1:02:03`` or ``2:03``; empty if not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def rate_of(progress: JobProgress) -> str:
    """How fast a job goes, in what its phase counts: ``3.2 frames/s``."""
    if progress.unit == "bytes":
        return f"{progress.per_second / 1e6:.1f} MB/s"
    unit = next((unit for start, unit in COUNTED.items() if progress.phase.startswith(start)), "frames")
    return f"{progress.per_second:.1f} {unit}/s"


class Console:
    """Output of one command.

    Args:
        as_json: Print progress and result as JSON lines on standard output, and nothing else there.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._errors = RichConsole(stderr=True, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """A sentence for a person; silent with ``--json``."""
        if not self.as_json:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def note(self, text: str) -> None:
        """A remark on standard error."""
        if text:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def remark(self, text: str) -> None:
        """A remark that programs are to know of too: on standard error, and with ``--json`` as an event ``note``."""
        self.note(text)
        if text:
            self.emit("note", text=text)

    def emit(self, event: str, **fields: Any) -> None:
        """A JSON line on standard output; silent without ``--json``."""
        if self.as_json:
            sys.stdout.write(json.dumps({"event": event, **fields}, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    @contextmanager
    def job(self) -> Iterator[JobContext]:
        """A job context that shows progress and is cancelled by Ctrl-C (and by SIGTERM)."""
        token = CancelToken()
        with _signals_cancel(token):
            if self.as_json:
                yield JobContext(_Throttled(self._emit_progress, 0.25), token)
            elif self._errors.is_terminal:
                with self._bar() as listener:
                    yield JobContext(listener, token)
            else:
                yield JobContext(_Throttled(self._plain_progress, PLAIN_EVERY_SECONDS), token)

    def _emit_progress(self, progress: JobProgress) -> None:
        self.emit(
            "progress",
            phase=progress.phase,
            done=progress.done,
            total=progress.total,
            per_second=round(progress.per_second, 3),
            remaining_seconds=None if progress.remaining_seconds is None else round(progress.remaining_seconds, 1),
            fraction=round(progress.fraction, 4),
        )

    def _plain_progress(self, progress: JobProgress) -> None:
        left = clock(progress.remaining_seconds)
        rate = f", {rate_of(progress)}" if progress.per_second else ""
        self.note(f"{progress.phase}: {progress.amount}{rate}" + (f", {left} left" if left else ""))

    @contextmanager
    def _bar(self) -> Iterator[Any]:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
        )
        with Progress(*columns, console=self._errors, transient=False) as bar:
            tasks: dict[str, Any] = {}

            def listen(progress: JobProgress) -> None:
                if progress.phase not in tasks:
                    tasks[progress.phase] = bar.add_task(
                        progress.phase, total=progress.total, amount="", rate="", left=""
                    )
                left = clock(progress.remaining_seconds)
                bar.update(
                    tasks[progress.phase],
                    completed=progress.done,
                    amount=progress.amount,
                    total=progress.total,
                    rate=rate_of(progress) if progress.per_second else "",
                    left=f"{left} left" if left and progress.done < progress.total else "",
                )

            yield listen


class _Throttled:
    """Passes the first and last report of each phase on, and others no more often than every ``seconds``."""

    def __init__(self, listener: Any, seconds: float) -> None:
        self._listener, self._seconds = listener, seconds
        self._phase, self._last = "", 0.0

    def __call__(self, progress: JobProgress) -> None:
        now = time.monotonic()
        if progress.phase != self._phase or progress.done == progress.total or now - self._last >= self._seconds:
            self._phase, self._last = progress.phase, now
            self._listener(progress)


@contextmanager
def _signals_cancel(token: CancelToken) -> Iterator[None]:
    """While inside, Ctrl-C and SIGTERM set the token; a second Ctrl-C interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if token.cancelled:
            raise KeyboardInterrupt
        token.cancel()

    quiet_interrupts(False)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

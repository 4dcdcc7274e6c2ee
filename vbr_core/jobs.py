"""Progress and cancellation of long operations.

A long operation is a plain function that takes a :class:`JobContext` as its last argument and calls
:meth:`JobContext.step` about once a frame. The command line, the window and the tests give it different listeners.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Cancelled(Exception):
    """Raised by :meth:`JobContext.step` after somebody cancelled the job."""


class CancelToken:
    """A flag that one thread sets and another one reads."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise :class:`Cancelled` if :meth:`cancel` was called."""
        if self._event.is_set():
            raise Cancelled


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job stands.

    Attributes:
        phase: What is going on, in words for the user ("Estimating depth", "Rendering").
        done: Units finished in this phase.
        total: Units in this phase; 0 if not known.
        elapsed_seconds: Since this phase began.
        per_second: Units a second over the last few seconds; 0 until it can be told.
        remaining_seconds: Time left in this phase; None until it can be told.
        fraction: Part of the whole job that is done, 0..1, over all phases.
        unit: What ``done``, ``total`` and ``per_second`` count if it is ``bytes``; empty for frames and the like.
    """

    phase: str
    done: int
    total: int
    elapsed_seconds: float
    per_second: float
    remaining_seconds: float | None
    fraction: float
    unit: str = ""

    @property
    def amount(self) -> str:
        """How much is done of how much: ``12/240``, or ``45.2/99.2 MB``."""
        if self.unit == "bytes":
            return f"{self.done / 1e6:.1f}/{self.total / 1e6:.1f} MB" if self.total else f"{self.done / 1e6:.1f} MB"
        return f"{self.done}/{self.total}"


ProgressListener = Callable[[Progress], None]


@dataclass
class JobContext:
    """What a long operation gets from its caller.

    Attributes:
        listener: Called on the thread of the job at every step. Must be quick.
        token: Set by the caller to stop the job.
    """

    listener: ProgressListener | None = None
    token: CancelToken = field(default_factory=CancelToken)
    _phase: str = ""
    _phase_started: float = 0.0
    _span: tuple[float, float] = (0.0, 1.0)
    _recent: list[tuple[float, float]] = field(default_factory=list)

    def step(self, done: int, total: int, phase: str, unit: str = "", worked: float | None = None) -> None:
        """Report that ``done`` of ``total`` units of ``phase`` are finished, and let the job be cancelled here.

        Args:
            done: Units finished.
            total: Units in this phase; 0 if not known.
            phase: In words for the user.
            unit: See :class:`Progress`.
            worked: How many units' worth of work is done, where units are begun long before they are finished; rate,
                time left and fraction go by it. None: ``done``.

        Raises:
            Cancelled: The caller asked for the job to stop.
        """
        self.token.raise_if_cancelled()
        now = time.monotonic()
        worked = done if worked is None else worked
        if phase != self._phase or not self._recent or worked < self._recent[-1][1]:
            self._phase, self._phase_started, self._recent = phase, now, []
        self._recent.append((now, worked))
        while len(self._recent) > 2 and now - self._recent[1][0] > 8.0:
            self._recent.pop(0)
        (t0, n0), (t1, n1) = self._recent[0], self._recent[-1]
        rate = (n1 - n0) / (t1 - t0) if t1 > t0 and n1 > n0 else 0.0
        remaining = (total - worked) / rate if rate > 0 and total > 0 else None
        low, high = self._span
        fraction = low + (high - low) * (worked / total if total > 0 else 0.0)
        if self.listener is not None:
            elapsed = now - self._phase_started
            self.listener(Progress(phase, done, total, elapsed, rate, remaining, min(1.0, fraction), unit))

    @contextmanager
    def part(self, low: float, high: float) -> Iterator[None]:
        """Steps inside the ``with`` block count as the part ``low``..``high`` (0..1) of the enclosing part."""
        outer = self._span
        width = outer[1] - outer[0]
        self._span = (outer[0] + low * width, outer[0] + high * width)
        try:
            yield
        finally:
            self._span = outer

"""Stages of a pipeline on threads of their own, with a bounded number of items on the way."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from vbr_core.jobs import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

QUEUE_FRAMES = 3
"""Frames that may wait between two stages: enough to keep both busy, few enough to keep memory flat."""


class ReadAhead(Generic[T]):
    """Iterates on a thread of its own, at most ``QUEUE_FRAMES`` ahead. An error is raised at the reader.

    Used as a context manager: leaving it stops the thread and closes the generator.
    """

    def __init__(self, make_items: Callable[[], Iterator[T]]) -> None:
        self._queue: queue.Queue[tuple[str, T | BaseException | None]] = queue.Queue(QUEUE_FRAMES)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(make_items,), name="read-ahead", daemon=True)

    def _run(self, make_items: Callable[[], Iterator[T]]) -> None:
        try:
            for item in make_items():
                if not self._put(("item", item)):
                    return
            self._put(("end", None))
        except BaseException as error:  # noqa: BLE001 - handed to the reading thread, whatever it is
            self._put(("error", error))

    def _put(self, message: tuple[str, T | BaseException | None]) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(message, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __enter__(self) -> ReadAhead[T]:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while True:
            kind, item = self._queue.get()
            if kind == "end":
                return
            if kind == "error":
                assert isinstance(item, BaseException)
                raise item
            yield item  # type: ignore[misc]


class WriteBehind(Generic[T]):
    """Gives items to ``consume`` on a thread of its own. An error there is raised at the next put, or at the end."""

    def __init__(self, consume: Callable[[T], None]) -> None:
        self._consume = consume
        self._queue: queue.Queue[tuple[bool, T | None]] = queue.Queue(QUEUE_FRAMES)
        self._error: BaseException | None = None
        self._failed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="write-behind", daemon=True)

    def _run(self) -> None:
        while True:
            more, item = self._queue.get()
            if not more:
                return
            if self._error is None:
                try:
                    self._consume(item)  # type: ignore[arg-type]
                except BaseException as error:  # noqa: BLE001 - raised again on the putting thread
                    self._error = error
                    self._failed.set()

    def put(self, item: T) -> None:
        """Hand over one item; waits while the queue is full."""
        if self._error is not None:
            raise self._error
        self._queue.put((True, item))

    def __enter__(self) -> WriteBehind[T]:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None and not self._failed.is_set():
            self._failed.set()
            self._error = self._error or Cancelled()  # drop what is waiting
        self._queue.put((False, None))
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error

"""A core whose every call takes until the window has answered events meanwhile, and a watch on the disk.

No clock decides: a slow call on a worker ends when the GUI thread has come round a few times since it began. A window
that waits for such a call never comes round, and a call that is made on the GUI thread itself is a fault at once.
"""

from __future__ import annotations

import builtins
import io
import os
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from tests.helpers.fakes import FakeCore, FakeFrameServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

BEATS = 5
"""So many times the GUI thread has to come round while a slow call lasts."""
PATIENCE_SECONDS = 20.0
"""So long a slow call waits before it says that the window stands still."""


class Watch(QObject):
    """Counts how often the GUI thread comes round, and keeps what went wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.calls: dict[str, int] = {}
        """Slow calls that began, by name."""
        self._beats = 0
        self._gui = threading.get_ident()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _beat(self) -> None:
        self._beats += 1

    def stop(self) -> None:
        self._timer.stop()

    @property
    def is_gui(self) -> bool:
        """Whether this is the thread of the window."""
        return threading.get_ident() == self._gui

    def blame(self, what: str) -> None:
        """Note a fault, and who is to blame."""
        ours = [entry for entry in traceback.extract_stack() if f"{os.sep}app{os.sep}" in entry.filename]
        places = [f"{os.path.basename(e.filename)}:{e.lineno} {e.name}" for e in reversed(ours)]
        self.faults.append(f"{what} < " + " < ".join(place for place in places if not place.startswith("test_")))

    @contextmanager
    def slow(self, name: str) -> Iterator[None]:
        """What happens inside takes until the window has answered."""
        self.calls[name] = self.calls.get(name, 0) + 1
        if self.is_gui:
            self.blame(f"{name} on the GUI thread")
            yield
            return
        before, end = self._beats, time.monotonic() + PATIENCE_SECONDS
        yield
        while self._beats < before + BEATS:
            if time.monotonic() > end:
                self.faults.append(f"the window stood still during {name}")
                break
            time.sleep(0.0005)


class SlowServer(FakeFrameServer):
    """Every picture, sample and count takes its time."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch


class SlowCore(FakeCore):
    """Everything that the real core does on a disk, a network or a processor takes its time."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self.server = SlowServer(watch)


def _slowly(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        with self._watch.slow(name):
            return work(self, *arguments, **options)

    return call


for _name in ("set_disparity", "render", "sample", "histogram", "close"):
    setattr(SlowServer, _name, _slowly(_name, getattr(FakeFrameServer, _name)))
for _name in (
    "open_clip",
    "find_clip",
    "load_waveform",
    "open_frames",
    "estimate_depth",
    "export",
    "export_still",
    "search_clip",
    "estimate_export",
    "describe_device",
    "describe_machine",
    "model_statuses",
):
    setattr(SlowCore, _name, _slowly(_name, getattr(FakeCore, _name)))


def watch_disk(watch: Watch, monkeypatch: pytest.MonkeyPatch, folder: Path, allowed: tuple[str, ...] = ()) -> None:
    """Note every look into ``folder`` on the GUI thread, unless a function named in ``allowed`` takes it."""
    inside = os.path.abspath(folder)

    def guard(module: Any, name: str) -> None:
        work = getattr(module, name)

        def call(*arguments: Any, **options: Any) -> Any:
            place = arguments[0] if arguments else ""
            if watch.is_gui and isinstance(place, (str, bytes, os.PathLike)):
                path = os.path.abspath(os.fsdecode(place))
                if path.startswith(inside) and not _is_called_by(allowed):
                    watch.blame(f"{name} of {os.path.basename(path)} on the GUI thread")
            return work(*arguments, **options)

        monkeypatch.setattr(module, name, call)

    for module, names in (
        (os, ("stat", "lstat", "open", "listdir", "scandir", "mkdir", "replace", "rename", "unlink", "statvfs")),
        (io, ("open",)),
        (builtins, ("open",)),
    ):
        for name in names:
            if hasattr(module, name):
                guard(module, name)


def _is_called_by(functions: tuple[str, ...]) -> bool:
    return bool(functions) and any(entry.name in functions for entry in traceback.extract_stack())

"""The sound of the clip while it plays: decoded on a thread, handed to a device, and the clock of the picture.

The decoder never holds more than :data:`AHEAD_SECONDS`, however long the clip is. What the device has sounded says
where playing is: where the decoder cannot follow, sound and picture wait together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

log = logging.getLogger(__name__)

AHEAD_SECONDS = 0.8
"""So much decoded sound waits for the device at most."""
FEED_MS = 15
STALL_SECONDS = 2.0
"""A device that took so long and sounded nothing counts as lost: playing goes on by the clock of the machine."""
SLOW_SECONDS = 6.0
"""So long a picture waits for sound that is still being decoded."""
SILENCE_FRAMES = 1024


class SoundDevice(Protocol):
    """What sounds. A frame is one sample of the left and one of the right channel."""

    rate: int
    """Frames a second."""

    def start(self) -> None: ...
    def stop(self) -> None:
        """Be silent at once; what was handed over and not heard is dropped."""

    def room(self) -> int:
        """How many frames :meth:`write` would take."""

    def write(self, samples: NDArray[np.int16]) -> int:
        """Take (n, 2) int16 frames; returns how many were taken."""

    def heard(self) -> int:
        """Frames that were sounded since :meth:`start`."""

    def is_lost(self) -> bool:
        """Whether it was unplugged or failed."""

    def set_volume(self, volume: float) -> None:
        """0 is silent, 1 is as loud as the clip."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is to be played: from ``begin`` on; with a loop, at its end again from its start. Seconds of the clip."""

    begin: float
    loop: tuple[float, float] | None = None

    def seconds_at(self, heard: int, rate: int) -> float:
        """Time in the clip of the ``heard``-th frame."""
        if self.loop is None:
            return self.begin + heard / rate
        start, stop = self.loop
        first, span = int((stop - self.begin) * rate), int((stop - start) * rate)
        if heard < first:
            return self.begin + heard / rate
        return start + ((heard - first) % span) / rate

    def blocks(self, open_sound: Callable[[float, int], Iterator[NDArray[np.int16]]], rate: int) -> Iterator[NDArray]:
        """The frames, without an end: after the clip's sound comes silence, so that the clock goes on."""
        if self.loop is None:
            yield from open_sound(self.begin, rate)
            yield from repeat(np.zeros((SILENCE_FRAMES, 2), np.int16))
        start, stop = self.loop or (0.0, 0.0)
        at = self.begin
        while True:
            left = int((stop - at) * rate)
            silence = repeat(np.zeros((SILENCE_FRAMES, 2), np.int16))
            for block in chain(open_sound(at, rate), silence):
                yield block[:left]
                left -= len(block)
                if left <= 0:
                    break
            at = start


class Feed:
    """Decodes on one thread, a little ahead of the device. The newest passage wins; the first starts the thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._wanted: tuple[int, Callable[[], Iterator[NDArray[np.int16]]], int] | None = None
        self._number = 0
        self._blocks: deque[NDArray[np.int16]] = deque()
        self._frames = 0
        self._limit = 0
        self._error: Exception | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def error(self) -> Exception | None:
        """Why the sound of the present passage ended, if it did not end by itself."""
        return self._error

    @property
    def frames(self) -> int:
        """Decoded frames that wait."""
        return self._frames

    def start(self, blocks: Callable[[], Iterator[NDArray[np.int16]]], limit: int) -> None:
        """Decode something else from now on, at most ``limit`` frames ahead (and the block at hand)."""
        with self._condition:
            self._drop()
            self._wanted, self._limit = (self._number, blocks, limit), limit
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sound", daemon=True)
                self._thread.start()
            self._condition.notify_all()

    def stop(self) -> None:
        """Nothing is wanted any more."""
        with self._condition:
            self._drop()
            self._wanted = None
            self._condition.notify_all()

    def shut(self, timeout_seconds: float = 5.0) -> bool:
        """End the thread. Returns whether it ended."""
        with self._condition:
            self._drop()
            self._stopping = True
            self._condition.notify_all()
        if self._thread is None:
            return True
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def take(self, frames: int) -> NDArray[np.int16]:
        """Up to ``frames`` frames of what is decoded; never waits for the decoder."""
        taken = []
        with self._condition:
            while frames > 0 and self._blocks:
                block = self._blocks.popleft()
                taken.append(block[:frames])
                if len(block) > frames:
                    self._blocks.appendleft(block[frames:])
                frames -= len(taken[-1])
                self._frames -= len(taken[-1])
            self._condition.notify_all()
        return np.concatenate(taken) if taken else np.zeros((0, 2), np.int16)

    def _drop(self) -> None:
        self._number += 1
        self._blocks.clear()
        self._frames = 0
        self._error = None

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._stopping or self._wanted is not None)
                if self._stopping or self._wanted is None:
                    return
                (number, blocks, limit), self._wanted = self._wanted, None
            try:
                self._decode(number, blocks(), limit)
            except Exception as error:  # playing goes on in silence
                log.info("sound", exc_info=error)
                with self._condition:
                    if number == self._number:
                        self._error = error
                self._decode(number, repeat(np.zeros((SILENCE_FRAMES, 2), np.int16)), limit)

    def _decode(self, number: int, blocks: Iterator[NDArray[np.int16]], limit: int) -> None:
        for block in blocks:
            with self._condition:
                self._condition.wait_for(lambda: number != self._number or self._frames < limit)
                if number != self._number:
                    break
                self._blocks.append(block)
                self._frames += len(block)
        close = getattr(blocks, "close", None)
        if close is not None:  # a generator holds the file open
            close()


class SoundPlayer(QObject):
    """Plays passages of the open clip. :meth:`position` is the clock of the picture as long as it is not None.

    Args:
        open_sound: (seconds, rate) -> blocks of (n, 2) int16 frames from then on; None while there is no sound.
        open_device: Makes the device, at the first passage; returns None and why, if there is none.
    """

    changed = Signal()
    """Volume, mute, or whether and why there is no sound."""

    def __init__(
        self,
        open_device: Callable[[], tuple[SoundDevice | None, str]],
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._open_device = open_device
        self._clock = clock
        self._device: SoundDevice | None = None
        self._source: Callable[[float, int], Iterator[NDArray[np.int16]]] | None = None
        self._feed = Feed()
        self._passage: Passage | None = None
        self._rest = np.zeros((0, 2), np.int16)
        self._heard = self._given = 0
        self._moved_at = 0.0
        self._volume = 1.0
        self._muted = False
        self.trouble = ""
        """Why there is no sound although the clip has some; empty if there is, or nobody asked yet."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FEED_MS)
        self._timer.timeout.connect(self.feed)

    # --- what sounds ------------------------------------------------------------------------------------------------

    @property
    def has_source(self) -> bool:
        """Whether the open clip has sound."""
        return self._source is not None

    def set_source(self, source: Callable[[float, int], Iterator[NDArray[np.int16]]] | None) -> None:
        """Another clip, or one without sound."""
        self.stop()
        self._source = source
        self.changed.emit()

    def play(self, begin: float, loop: tuple[float, float] | None = None) -> bool:
        """Sound from a time of the clip on. Returns whether there is something to follow."""
        self.stop()
        source = self._source
        if source is None or not self._get_device():
            return False
        device = self._device
        assert device is not None
        if loop is not None and not (loop[0] <= begin < loop[1] and loop[1] - loop[0] > 1 / device.rate):
            loop = None
        self._set_trouble("")
        passage = self._passage = Passage(begin, loop)
        rate = device.rate
        self._feed.start(lambda: passage.blocks(source, rate), round(AHEAD_SECONDS * rate))
        self._heard, self._given, self._moved_at = 0, 0, self._clock()
        device.set_volume(0.0 if self._muted else self._volume)
        device.start()
        self._timer.start()
        return True

    def stop(self) -> None:
        """Be silent."""
        self._timer.stop()
        self._rest = self._rest[:0]
        if self._passage is not None:
            self._passage = None
            self._feed.stop()
            if self._device is not None:
                self._device.stop()

    def shut(self) -> None:
        """The program ends."""
        self.stop()
        self._feed.shut()

    def position(self) -> float | None:
        """Seconds of the clip that are heard now; None while nothing sounds."""
        device = self._device
        if self._passage is None or device is None:
            return None
        heard, now = device.heard(), self._clock()
        if heard > self._heard:
            self._heard, self._moved_at = heard, now
        elif device.is_lost() or now - self._moved_at > (STALL_SECONDS if self._has_frames() else SLOW_SECONDS):
            if device.is_lost() or self._has_frames():
                why, self._device = self.tr("the sound device does not answer"), None
            else:
                why = self.tr("the sound cannot be decoded in time")
            self.stop()
            device.stop()
            self._set_trouble(why)
            return None
        return self._passage.seconds_at(self._heard, device.rate)

    def _has_frames(self) -> bool:
        """Whether there is something for the device to take, or it has something already."""
        return bool(len(self._rest) or self._feed.frames or self._given > self._heard)

    def feed(self) -> None:
        """Hand the device what it has room for."""
        device = self._device
        if device is None or self._passage is None:
            return
        room = device.room()
        if room > len(self._rest):
            self._rest = np.concatenate([self._rest, self._feed.take(room - len(self._rest))])
        if len(self._rest):
            taken = device.write(self._rest[:room])
            self._given += taken
            self._rest = self._rest[taken:]
        if self._feed.error is not None:
            self._set_trouble(str(self._feed.error))

    def _get_device(self) -> bool:
        if self._device is None:
            self._device, why = self._open_device()
            self._set_trouble(why)
        return self._device is not None

    def _set_trouble(self, why: str) -> None:
        if why != self.trouble:
            self.trouble = why
            self.changed.emit()

    # --- how loud ---------------------------------------------------------------------------------------------------

    @property
    def volume(self) -> float:
        """0..1, as the slider says; what is heard grows with its square, which sounds even."""
        return self._volume**0.5

    @property
    def muted(self) -> bool:
        return self._muted

    def set_volume(self, volume: float) -> None:
        """Say how loud, 0..1."""
        self._volume = min(1.0, max(0.0, volume)) ** 2
        self._tell_volume()

    def set_muted(self, muted: bool) -> None:
        """Be silent; the clock goes on."""
        self._muted = muted
        self._tell_volume()

    def _tell_volume(self) -> None:
        if self._device is not None:
            self._device.set_volume(0.0 if self._muted else self._volume)
        self.changed.emit()

"""Playing: moves the playhead by the clock. Frames that cannot be shown in time are skipped, never delayed.

The clock is the sound as long as it sounds (forwards, at the clip's own speed), else that of the machine.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.session import Session
    from vbr_core.render.request import RenderedFrame

SPEEDS = (1.0, 2.0, 4.0, 8.0)
TICK_MS = 8
TINY_SECONDS = 1e-6
"""Times are rounded: a frame counts as begun so much earlier."""


class Sound(Protocol):
    """What the picture follows while it sounds; see :class:`app.sound.SoundPlayer`."""

    def play(self, begin: float, loop: tuple[float, float] | None = None) -> bool: ...
    def stop(self) -> None: ...
    def position(self) -> float | None: ...


class Player(QObject):
    """Play, pause, shuttle, step. The only one who sets ``session.playing``."""

    rate_measured = Signal(float, float)
    """Pictures a second that reached the screen, and those that the speed asks for; about once a second."""
    loop_changed = Signal(bool)

    def __init__(
        self, session: Session, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._clock = clock
        self._sound: Sound | None = None
        self._follows_sound = False
        self._times: Sequence[float] = ()
        self._speed = 0.0
        self._began = 0.0
        self._from_seconds = 0.0
        self._expected = 0
        self._shown = 0
        self._shown_frame = -1
        self._measured_at = 0.0
        self.loop = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        session.clip_opened.connect(self._on_clip_opened)
        session.playhead_changed.connect(self._on_playhead)
        session.range_changed.connect(self._on_range)

    def set_sound(self, sound: Sound) -> None:
        """What sounds, and is the clock while it does."""
        self._sound = sound

    def set_times(self, times: Sequence[float]) -> None:
        """When each frame begins, in seconds from the first; for clips without one constant rate."""
        self._times = times

    @property
    def follows_sound(self) -> bool:
        """Whether the sound is the clock now."""
        return self._follows_sound

    # --- commands ---------------------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Play, or pause."""
        if self._speed:
            self.stop()
        else:
            self.play(1.0)

    def play(self, speed: float) -> None:
        """Play at ``speed`` times the clip's own (negative: backwards) from the playhead on."""
        if self._session.frame_count < 2:
            return
        start, stop = self._bounds()
        self._halt()
        if speed > 0 and self._session.playhead >= stop - 1:
            self._session.set_playhead(start)
        elif speed < 0 and self._session.playhead <= start:
            self._session.set_playhead(stop - 1)
        self._restart(speed)
        self._timer.start()
        self._session.set_playing(speed)

    def stop(self, *_: object) -> None:
        """Stay where the playhead is."""
        self._timer.stop()
        self._halt()
        self._session.set_playing(0.0)

    def shuttle_forward(self) -> None:
        """Play forwards; again: faster."""
        self.play(self._faster(1))

    def shuttle_back(self) -> None:
        """Play backwards; again: faster."""
        self.play(self._faster(-1))

    def _faster(self, direction: int) -> float:
        present = self._speed * direction
        return direction * next((speed for speed in SPEEDS if speed > present), SPEEDS[-1])

    def step(self, frames: int) -> None:
        """Pause and move by a number of frames."""
        self.stop()
        self._session.set_playhead(self._session.playhead + frames)

    def go_to(self, frame: int) -> None:
        """Move to a frame; playing goes on from there."""
        self._session.set_playhead(frame)

    def set_loop(self, loop: bool) -> None:
        """Whether playing begins again at the end."""
        if loop != self.loop:
            self.loop = loop
            self.loop_changed.emit(loop)
            self._go_on()

    def note_shown(self, frame: RenderedFrame | None = None) -> None:
        """A picture reached the screen. The same frame again, in another size, counts once."""
        number = -1 if frame is None else frame.request.frame_index
        if number < 0 or number != self._shown_frame:
            self._shown += 1
        self._shown_frame = number

    # --- time -------------------------------------------------------------------------------------------------------

    def seconds_of(self, frame: int) -> float:
        """When a frame begins, in seconds from the first one. One past the last: when the clip ends."""
        info = self._session.clip_info
        assert info is not None
        rate = float(info.frame_rate)
        if not self._times:
            return frame / rate
        last = len(self._times) - 1
        return self._times[frame] if frame <= last else max(info.duration_seconds, self._times[last] + TINY_SECONDS)

    def frame_at(self, seconds: float, backwards: bool = False) -> int:
        """The frame that is shown at a time; backwards, one that ends at that time is still to come."""
        seconds += -TINY_SECONDS if backwards else TINY_SECONDS
        if self._times:
            return bisect_right(self._times, seconds) - 1
        info = self._session.clip_info
        assert info is not None
        return math.floor(seconds * float(info.frame_rate))

    def _bounds(self) -> tuple[int, int]:
        """Where playing begins and ends: the marked range if the playhead is inside, else the whole clip."""
        start, stop = self._session.range
        if start <= self._session.playhead < stop and stop - start > 1:
            return start, stop
        return 0, self._session.frame_count

    def _halt(self) -> None:
        self._speed = 0.0
        self._follows_sound = False
        if self._sound is not None:
            self._sound.stop()

    def _restart(self, speed: float) -> None:
        self._measured_at = self._clock()
        self._shown, self._shown_frame = 0, -1
        self._anchor(speed)

    def _anchor(self, speed: float) -> None:
        """Play on from the playhead: the picture there is shown for its whole time."""
        self._speed = speed
        self._began = self._clock()
        frame = self._expected = self._session.playhead
        self._from_seconds = self.seconds_of(frame + 1 if speed < 0 else frame)
        self._follows_sound = False
        if self._sound is None:
            return
        if speed == 1.0:
            start, stop = self._bounds()
            loop = (self.seconds_of(start), self.seconds_of(stop)) if self.loop else None
            self._follows_sound = self._sound.play(self._from_seconds, loop)
        else:
            self._sound.stop()

    def _go_on(self) -> None:
        """The loop or its ends are others: what sounds ahead is not wanted any more."""
        if self._follows_sound:
            self._anchor(self._speed)

    def _on_clip_opened(self, *_: object) -> None:
        self._times = ()
        self.stop()

    def _on_range(self, *_: object) -> None:
        if self.loop:
            self._go_on()

    def _on_playhead(self, frame: int) -> None:
        if self._speed and frame != self._expected:  # somebody else moved it: go on from there
            self._restart(self._speed)

    def _now_seconds(self, now: float) -> float:
        """Where playing is: where the sound is, or where the clock says."""
        if self._follows_sound and self._sound is not None:
            position = self._sound.position()
            if position is not None:
                self._began, self._from_seconds = now, position
                return position
            self._follows_sound = False  # the device is gone: go on in silence from where it was
            self._began = now
        return self._from_seconds + (now - self._began) * self._speed

    def tick(self) -> None:
        """Move the playhead to where the clock says."""
        info = self._session.clip_info
        if not self._speed or info is None:
            return
        now = self._clock()
        start, stop = self._bounds()
        frame = self.frame_at(self._now_seconds(now), self._speed < 0)
        if now - self._measured_at >= 1.0:
            asked = float(info.frame_rate) * abs(self._speed)
            self.rate_measured.emit(self._shown / (now - self._measured_at), asked)
            self._measured_at, self._shown = now, 0
        if start <= frame < stop:
            self._move(frame)
        elif self.loop:
            self._move(start if self._speed > 0 else stop - 1)
            self._anchor(self._speed)
        else:
            self._move(stop - 1 if self._speed > 0 else start)
            self.stop()

    def _move(self, frame: int) -> None:
        self._expected = frame
        self._session.set_playhead(frame)

"""Playing: moves the playhead by the clock. Frames that cannot be shown in time are skipped, never delayed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session

SPEEDS = (1.0, 2.0, 4.0, 8.0)
TICK_MS = 8


class Player(QObject):
    """Play, pause, shuttle, step. The only one who sets ``session.playing``."""

    rate_measured = Signal(float, float)
    """Pictures a second that reached the screen, and those that the speed asks for; about once a second."""

    def __init__(
        self, session: Session, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._clock = clock
        self._speed = 0.0
        self._began = 0.0
        self._from_frame = 0
        self._expected = 0
        self._shown = 0
        self._measured_at = 0.0
        self.loop = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        session.clip_opened.connect(self.stop)
        session.playhead_changed.connect(self._on_playhead)

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
        self._speed = 0.0
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
        self.loop = loop

    def note_shown(self) -> None:
        """A picture reached the screen."""
        self._shown += 1

    def _bounds(self) -> tuple[int, int]:
        """Where playing begins and ends: the marked range if the playhead is inside, else the whole clip."""
        start, stop = self._session.range
        if start <= self._session.playhead < stop and stop - start > 1:
            return start, stop
        return 0, self._session.frame_count

    def _restart(self, speed: float) -> None:
        self._speed = speed
        self._began = self._measured_at = self._clock()
        self._from_frame = self._expected = self._session.playhead
        self._shown = 0

    def _on_playhead(self, frame: int) -> None:
        if self._speed and frame != self._expected:  # somebody else moved it: go on from there
            self._restart(self._speed)

    def tick(self) -> None:
        """Move the playhead to where the clock says."""
        info = self._session.clip_info
        if not self._speed or info is None:
            return
        now = self._clock()
        frame = self._from_frame + int((now - self._began) * float(info.frame_rate) * self._speed)
        start, stop = self._bounds()
        if now - self._measured_at >= 1.0:
            asked = float(info.frame_rate) * abs(self._speed)
            self.rate_measured.emit(self._shown / (now - self._measured_at), asked)
            self._measured_at, self._shown = now, 0
        if start <= frame < stop:
            self._move(frame)
        elif self.loop:
            self._move(start if self._speed > 0 else stop - 1)
            self._began, self._from_frame = now, self._session.playhead
        else:
            self._move(stop - 1 if self._speed > 0 else start)
            self.stop()

    def _move(self, frame: int) -> None:
        self._expected = frame
        self._session.set_playhead(frame)

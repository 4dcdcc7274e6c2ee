"""Reaching and changing keys by keyboard; shared by the keyframe rows and the graph editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from app.timeline import key_clipboard
from vbr_core import edits
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from app.session import Session
    from app.timeline.viewport import Viewport
    from vbr_core.project import TrackName

STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
RISES = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
DELETE_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
KeyId = tuple["TrackName", int]


class KeyWalker(QObject):
    """The key that the keyboard is at, and what the keyboard does with it.

    Tab and Shift+Tab: to the next key, then to the other track, then out of the rows; nobody is trapped here.
    Arrows: Left and Right along a track, Up and Down between the tracks; with Shift they add to the selection. Alt with
    an arrow moves the selected keys in time or value (Shift: ten times as far), also those that were selected with the
    mouse. Return goes there, Space switches the
    selection, Delete removes.
    """

    moved = Signal()
    """The cursor is at another key, or at none."""

    def __init__(self, session: Session, viewport: Viewport, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport
        self.tracks: tuple[TrackName, ...] = TRACKS
        self.by_keyboard = False
        self.cursor: KeyId | None = None
        session.changed.connect(self._on_changed)

    def _on_changed(self, _old: object, _new: object) -> None:
        if (
            self.cursor is not None
            and edits.key_at(self._session.project.track(self.cursor[0]), self.cursor[1]) is None
        ):
            self.cursor = None
            self.moved.emit()

    def _frames(self, name: TrackName) -> list[int]:
        return [key.frame for key in self._session.project.track(name).keys]

    def enter(self) -> None:
        """The keyboard came by Tab: stand at the key nearest to the playhead."""
        self.by_keyboard = True
        if self.cursor is None:
            with_keys = [name for name in self.tracks if self._frames(name)]
            if with_keys:
                self.go_to_nearest(with_keys[0], self._session.playhead)

    def takes(self, event: QKeyEvent, dragging: bool = False) -> bool:
        """Whether a key press is for the keys rather than for the window's shortcuts."""
        key = event.key()
        if key == Qt.Key.Key_Escape:
            return dragging or self.by_keyboard
        if key in DELETE_KEYS:
            return bool(self._session.selection)
        if event.modifiers() & ALT and (key in STEPS or key in RISES):
            return bool(self._session.selection)
        others = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        return self.by_keyboard and (key in STEPS or key in RISES or key in others)

    def press(self, event: QKeyEvent) -> None:
        """Do what a key press that :meth:`takes` accepts means."""
        key, modifiers = event.key(), event.modifiers()
        factor = 10 if modifiers & SHIFT else 1
        if key == Qt.Key.Key_Escape:
            self._session.set_selection(())
        elif key in DELETE_KEYS:
            self._delete()
        elif key in STEPS:
            step = STEPS[Qt.Key(key)]
            if modifiers & ALT:
                self.nudge(step * factor, 0)
            else:
                self._walk(step, adding=bool(modifiers & SHIFT))
        elif key in RISES:
            rise = RISES[Qt.Key(key)]
            if modifiers & ALT:
                self.nudge(0, rise * factor)
            else:
                self._switch("focus" if rise > 0 else "blur")
        elif self.cursor is not None and key == Qt.Key.Key_Space:
            self._session.set_selection(self._session.selection ^ {self.cursor})
        elif self.cursor is not None:
            self._session.set_playhead(self.cursor[1])

    def _delete(self) -> None:
        cursor = self.cursor
        key_clipboard.delete_selection(self._session)
        if cursor is not None and self.by_keyboard:
            self.go_to_nearest(*cursor)

    def _walk(self, step: int, adding: bool) -> None:
        name = self.cursor[0] if self.cursor is not None else self.tracks[0]
        here = self.cursor[1] if self.cursor is not None else self._session.playhead
        beyond = [frame for frame in self._frames(name) if (frame - here) * step > 0]
        if beyond:
            self.go_to((name, min(beyond, key=lambda frame: abs(frame - here))), adding)

    def tab(self, step: int) -> bool:
        """Go on to the next key (``step`` 1) or back (−1), over both tracks; false behind the last one."""
        stops: list[KeyId] = [(name, frame) for name in self.tracks for frame in self._frames(name)]
        if not self.by_keyboard or self.cursor not in stops:
            return False
        place = stops.index(self.cursor) + step
        if not 0 <= place < len(stops):
            return False
        self.go_to(stops[place])
        return True

    def _switch(self, name: TrackName) -> None:
        if name in self.tracks and (self.cursor is None or self.cursor[0] != name):
            self.go_to_nearest(name, self.cursor[1] if self.cursor is not None else self._session.playhead)

    def go_to_nearest(self, name: TrackName, frame: int) -> None:
        """Stand at the key of a track that is nearest to ``frame``."""
        best = min(self._frames(name), key=lambda other: abs(other - frame), default=None)
        if best is not None:
            self.go_to((name, best))

    def go_to(self, key: KeyId, adding: bool = False) -> None:
        """Stand at a key and select it."""
        self.cursor = key
        self._viewport.show_frame(key[1])
        self._session.set_selection((self._session.selection | {key}) if adding else {key})
        self.moved.emit()

    def nudge(self, frames: int, rises: int) -> None:
        """Move the selected keys by whole frames and by steps of value."""
        cursor, before = self.cursor, self._session.selection
        key_clipboard.nudge_selection(self._session, frames, rises)
        after = self._session.selection
        if cursor in before and before and after:
            name, frame = cursor
            self.cursor = (name, frame + min(one for _, one in after) - min(one for _, one in before))
            self.moved.emit()

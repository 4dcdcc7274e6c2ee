"""Edits of the two tracks by command: keys here, delete, go to the next one, easing, values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.timeline import key_clipboard
from vbr_core import edits
from vbr_core.animation import value_at
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from app.session import Session
    from vbr_core.project import Easing, Keyframe, TrackName

NUDGE = 0.005
"""Step of d_f for the comma and period keys."""


class KeyController(QObject):
    """What the Edit and Focus menus and the inspector do to the tracks."""

    noted = Signal(str)
    """Something that the user should know, such as that there is nothing to paste."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._nudge_gesture = session.new_gesture()
        self._nudge_frame = -1

    def value(self, name: TrackName) -> float:
        """Value of a track at the playhead."""
        project = self._session.project
        return value_at(project.track(name), self._session.playhead, project.cuts)

    def key_here(self, name: TrackName) -> None:
        """Add a key that keeps the value which the curve has at the playhead, and select it."""
        frame = self._session.playhead
        text = self.tr("Add a focus key") if name == "focus" else self.tr("Add a blur key")
        self._session.apply(edits.key_here(self._session.project, name, frame), text)
        self._session.set_selection({(name, frame)})

    def delete_selected(self) -> None:
        """Remove the selected keys."""
        key_clipboard.delete_selection(self._session)

    def cut(self) -> None:
        """Put the selected keys on the clipboard and remove them."""
        key_clipboard.cut_selection(self._session)

    def copy(self) -> None:
        """Put the selected keys on the clipboard."""
        if key_clipboard.copy_selection(self._session):
            self.noted.emit(self.tr("%n key(s) copied", "", len(self._session.selection)))

    def paste(self) -> None:
        """Put the keys of the clipboard down at the playhead."""
        if not key_clipboard.paste(self._session):
            self.noted.emit(self.tr("There are no keys on the clipboard."))

    def duplicate(self) -> None:
        """Put copies of the selected keys at the playhead."""
        key_clipboard.duplicate_selection(self._session)

    def nudge_selected(self, frames: int, rises: int = 0) -> None:
        """Move the selected keys by frames and by steps of value."""
        key_clipboard.nudge_selection(self._session, frames, rises)

    def hold_until_here(self) -> None:
        """Let the focus stay as the key before the playhead has it until the playhead."""
        project = edits.hold_until(self._session.project, "focus", self._session.playhead)
        if project is self._session.project:
            self.noted.emit(self.tr("There is no focus key before the playhead."))
        self._session.apply(project, self.tr("Hold focus until here"))

    def select_all(self) -> None:
        """Select every key of both tracks."""
        project = self._session.project
        self._session.set_selection((name, key.frame) for name in TRACKS for key in project.track(name).keys)

    def go_to_next(self, direction: int) -> None:
        """Move the playhead to the nearest key after it (``direction`` 1) or before it (−1)."""
        project, here = self._session.project, self._session.playhead
        frames = {key.frame for name in TRACKS for key in project.track(name).keys}
        ahead = [frame for frame in frames if (frame - here) * direction > 0]
        if ahead:
            self._session.set_playhead(min(ahead, key=lambda frame: abs(frame - here)))

    def nudge_focus(self, direction: int) -> None:
        """Change d_f at the playhead a little. Presses in a row on one frame are one undo step."""
        if self._nudge_frame != self._session.playhead:
            self._nudge_frame = self._session.playhead
            self._nudge_gesture = self._session.new_gesture()
        self.set_value("focus", self.value("focus") + direction * NUDGE, self._nudge_gesture)

    def set_value(self, name: TrackName, value: float, gesture: int | None = None) -> None:
        """Set the value at the playhead: a key there, or the base value while the track has no key.

        Args:
            name: The track.
            value: In the track's unit; clamped.
            gesture: Changes of one gesture become one undo step; None makes a step of its own.
        """
        new = edits.set_value(self._session.project, name, self._session.playhead, value)
        text = self.tr("Set focus") if name == "focus" else self.tr("Set blur")
        self._session.apply(new, text, None if gesture is None else ("value", name, gesture))

    def easing_target(self) -> tuple[TrackName, frozenset[int]] | None:
        """Which keys the easing box is about: the selected ones of one track, else the focus key at or before the
        playhead. None if there is none."""
        for name in TRACKS:
            frames = frozenset(frame for track, frame in self._session.selection if track == name)
            if frames:
                return name, frames
        before = [key.frame for key in self._session.project.focus.keys if key.frame <= self._session.playhead]
        return ("focus", frozenset({before[-1]})) if before else None

    def easing(self) -> Easing | None:
        """Easing of the first key that :meth:`easing_target` names."""
        target = self.easing_target()
        if target is None:
            return None
        key: Keyframe | None = edits.key_at(self._session.project.track(target[0]), min(target[1]))
        return key.easing if key is not None else None

    def set_easing(self, easing: Easing) -> None:
        """Set how the value goes on from those keys."""
        target = self.easing_target()
        if target is not None:
            self._session.apply(edits.set_easing(self._session.project, *target, easing), self.tr("Change easing"))

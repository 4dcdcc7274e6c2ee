"""Bending a curve with the mouse: a drag of one bezier handle."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from vbr_core import edits
from vbr_core.animation import default_handles

if TYPE_CHECKING:
    from app.curve_plot import HandleId
    from app.session import Session
    from vbr_core.project import Project


class HandleDrag:
    """A drag of one bezier handle: one undo step. The opposite handle keeps in line unless Alt is held."""

    def __init__(self, session: Session, handle: HandleId, text: str) -> None:
        self._session = session
        self.start: Project = session.project
        self._name, self._frame, self._side = handle
        self._text = text
        self._merge_key = ("handle", session.new_gesture())

    def move(self, frame: float, value: float, broken: bool) -> None:
        """Take the handle's end to (frame, value)."""
        keys = self.start.track(self._name).keys
        position = bisect_left(keys, self._frame, key=lambda key: key.frame)
        key = keys[position]
        sign = 1 if self._side == "out" else -1
        neighbour = keys[position + sign]
        reach = min(max(0.0, sign * (frame - key.frame)), float(abs(neighbour.frame - key.frame)))
        handle = (reach, value - key.value)
        opposite = None
        has_both = 0 < position < len(keys) - 1 and key.easing == keys[position - 1].easing == "bezier"
        if has_both and not broken and reach > 1e-6:
            other = keys[position - sign]
            own = key.in_handle if sign > 0 else key.out_handle
            length = (own or default_handles(*sorted((key, other), key=lambda one: one.frame))[0])[0]
            opposite = (length, -handle[1] / reach * length)
        out_handle, in_handle = (handle, opposite) if sign > 0 else (opposite, handle)
        new = edits.set_handles(self.start, self._name, self._frame, out_handle, in_handle)
        project = self._session.project.with_track(self._name, new.track(self._name))
        self._session.apply(project, self._text, self._merge_key)

    def cancel(self) -> None:
        """Put the handle back."""
        project = self._session.project.with_track(self._name, self.start.track(self._name))
        self._session.apply(project, self._text, self._merge_key)

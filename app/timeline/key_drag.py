"""Moving the selected keys with the mouse: one undo step a drag, in the timeline and in the graph editor."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from app.timeline.geometry import SNAP_PX, TimeAxis, confine_move, snap
from vbr_core.edits import move_keys
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from app.session import Session
    from vbr_core.project import Project, TrackName


def snap_targets(session: Session, moving: frozenset[tuple[TrackName, int]]) -> list[int]:
    """Frames that a dragged key catches: keys of the other track, the playhead, starts of shots, ends of the range.

    Keys of a track that is being moved are none of them: landing there would replace them. Sorted.
    """
    project = session.project
    moved_tracks = {name for name, _ in moving}
    targets = {key.frame for name in TRACKS if name not in moved_tracks for key in project.track(name).keys}
    start, stop = session.range
    return sorted(targets | {session.playhead, start, max(0, stop - 1), *project.cuts})


def snap_near(frame: float, targets: list[int], axis: TimeAxis) -> tuple[int, int | None]:
    """:func:`~app.timeline.geometry.snap` for many sorted targets: only those within reach are looked at."""
    reach = SNAP_PX / axis.pixels_per_frame + 1
    near = targets[bisect_left(targets, frame - reach) : bisect_right(targets, frame + reach)]
    return snap(frame, near, axis)


class KeyDrag:
    """A drag of the selected keys. Every step is computed from the document at the press.

    So keys that the drag passes over are not lost, and going back to the start leaves no trace.

    Args:
        session: The editor.
        pressed: The key under the mouse; it is the one that snaps.
        text: Name of the undo step.
    """

    def __init__(self, session: Session, pressed: tuple[TrackName, int], text: str) -> None:
        self._session = session
        self.start: Project = session.project
        self._keys = session.selection | {pressed}
        self._frames = {name: frozenset(frame for track, frame in self._keys if track == name) for name in TRACKS}
        self._span = [min(frame for _, frame in self._keys), max(frame for _, frame in self._keys)]
        self._pressed = pressed
        self._text = text
        self._merge_key = ("move keys", session.new_gesture())
        self._targets = snap_targets(session, self._keys)
        self._last: tuple[int, float, bool] | None = None

    @property
    def pressed_frame(self) -> int:
        """Where the pressed key was at the press."""
        return self._pressed[1]

    def move(
        self, frame: float, axis: TimeAxis, snapping: bool = True, value_delta: float = 0.0, *, copy: bool = False
    ) -> int | None:
        """Take the pressed key to ``frame``, and all others as far.

        Args:
            frame: Where the mouse is, in (fractional) frames.
            axis: For the distance within which targets catch.
            snapping: Whether they do.
            value_delta: Added to the values of those keys that are in the pressed key's track.
            copy: Leave the keys where they were and move copies of them.

        Returns:
            The frame that caught the key, or None.
        """
        target_frame, caught = snap_near(frame, self._targets if snapping else [], axis)
        delta = confine_move(self._span, target_frame - self._pressed[1], axis.frame_count)
        caught = caught if delta == target_frame - self._pressed[1] else None
        if (delta, value_delta, copy) == self._last:
            return caught
        self._last = (delta, value_delta, copy)
        project = self._session.project
        for name in TRACKS:
            if self._frames[name]:
                shift = value_delta if name == self._pressed[0] else 0.0
                moves = bool(delta or shift)
                moved = (
                    move_keys(self.start, name, self._frames[name], delta, shift, copy=copy) if moves else self.start
                )
                project = project.with_track(name, moved.track(name))
        self._session.apply(project, self._text, self._merge_key)
        self._session.set_selection((name, frame + delta) for name, frame in self._keys)
        return caught

    def cancel(self) -> None:
        """Put everything back."""
        project = self._session.project
        for name in TRACKS:
            project = project.with_track(name, self.start.track(name))
        self._session.apply(project, self._text, self._merge_key)
        self._session.set_selection(self._keys)

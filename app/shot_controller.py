"""What the user does with shots: marks one as the range, begins one, joins two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.timeline.geometry import shot_at
from vbr_core.cut_edits import cut_at, join_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.session import Session


class ShotController(QObject):
    """Commands on the shot at the playhead."""

    noted = Signal(str)
    """A sentence that says why nothing happened."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def handlers(self) -> dict[str, Callable[..., object]]:
        """The commands by id."""
        return {"range_shot": self.mark, "cut_here": self.cut_here, "join_shots": self.join}

    def mark(self) -> None:
        """Let the range be this shot."""
        session = self._session
        session.set_range(*shot_at(session.project.cuts, session.playhead, session.frame_count))

    def cut_here(self) -> None:
        """Let a shot begin at the playhead."""
        new = cut_at(self._session.project, self._session.playhead)
        if new is self._session.project:
            self.noted.emit(self.tr("A shot begins at this frame already."))
        self._session.apply(new, self.tr("Cut here"))

    def join(self) -> None:
        """Join the shot at the playhead with the one before it."""
        new = join_at(self._session.project, self._session.playhead)
        if new is self._session.project:
            self.noted.emit(self.tr("This is the first shot: there is none before it to join it with."))
        self._session.apply(new, self.tr("Join shots"))

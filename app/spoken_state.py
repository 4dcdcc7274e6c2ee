"""What a screen reader says of the picture and the timeline: where the playhead is, what the curves are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from vbr_core.animation import value_at

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.session import Session

REST_MS = 150
"""Told when the playhead has been at rest so long: during playback nobody can follow it."""


class SpokenState(QObject):
    """Keeps the accessible description of a widget at the state of the session, before what it said by itself."""

    def __init__(self, session: Session, widget: QWidget) -> None:
        super().__init__(widget)
        self._session = session
        self._widget = widget
        self._advice = widget.accessibleDescription()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._tell)
        for signal in (session.playhead_changed, session.changed, session.clip_opened):
            signal.connect(self._rest_again)

    def _rest_again(self, *_changed: object) -> None:
        self._rest.start()

    def text(self) -> str:
        """The state in words; empty without a clip."""
        session = self._session
        if session.clip_info is None:
            return ""
        project, frame = session.project, session.playhead
        return self.tr("Frame {frame}, focus {focus}, blur {blur}.").format(
            frame=frame,
            focus=f"{value_at(project.focus, frame, project.cuts):.3f}",
            blur=f"{value_at(project.blur, frame, project.cuts):.1f}",
        )

    def _tell(self) -> None:
        self._widget.setAccessibleDescription(" ".join(part for part in (self.text(), self._advice) if part))

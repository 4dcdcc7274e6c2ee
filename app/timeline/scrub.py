"""A row of the timeline on which a drag moves the playhead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from app.session import Session
    from app.timeline.viewport import Viewport


class ScrubRow(QWidget):
    """Takes the left button for the playhead and leaves the others to the timeline."""

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._viewport.axis.frame_count:
            self._session.set_playhead(self._viewport.axis.nearest(event.position().x()))
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._viewport.axis.frame_count:
            self._session.set_playhead(self._viewport.axis.nearest(event.position().x()))
        else:
            event.ignore()  # the timeline pans

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()

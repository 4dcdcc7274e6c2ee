"""A label that ends in an ellipsis where its text does not fit, with the whole text in its tool tip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

LEAST_CHARACTERS = 6


class ElidedLabel(QLabel):
    """Plain text in one line. It takes the room of its text if there is any, and gives way before anything else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """The text; see QLabel."""
        super().setText(text)
        self._tell_rest()

    def minimumSizeHint(self) -> QSize:
        few = self.fontMetrics().averageCharWidth() * min(LEAST_CHARACTERS, len(self.text()))
        return QSize(few, super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """What fits."""
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width(), Qt.TextFlag.TextSingleLine
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_rest()

    def _tell_rest(self) -> None:
        self.setToolTip(self.text() if self.shown_text() != self.text() else "")

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()) | int(Qt.TextFlag.TextSingleLine),
            self.palette(),
            self.isEnabled(),
            self.shown_text(),
            self.foregroundRole(),
        )

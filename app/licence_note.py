"""A line that says when the depth of the open document is not for every use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QWidget

from app import theme

if TYPE_CHECKING:
    from app.models_controller import ModelsController
    from app.session import Session


class LicenceNote(QLabel):
    """Shown while the depth model that the document uses is not for commercial work."""

    def __init__(self, session: Session, models: ModelsController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._models = models
        self.setWordWrap(True)
        theme.set_property(self, "quiet", True)
        models.statuses_changed.connect(self.refresh)
        session.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Look at the model of the document."""
        status = self._models.status(self._session.project.depth)
        bound = status is not None and not status.entry.commercial_ok
        if status is not None and bound:
            text = self.tr("The depth is made with {title}, under {licence}: not for commercial work.")
            self.setText(text.format(title=status.entry.title, licence=status.entry.licence))
        self.setVisible(bound)

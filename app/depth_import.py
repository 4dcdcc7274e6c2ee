"""Asks what the numbers of imported depth mean, where its files leave that open; passes on what is worth knowing."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from vbr_core import edits

if TYPE_CHECKING:
    from app.depth_controller import DepthController
    from app.session import Session
    from vbr_core.settings import DepthReading

TEXT_WIDTH = 440


class DepthMeaningDialog(QDialog):
    """One question with three answers. Sits over the window, which goes on working behind it."""

    chosen = Signal(str)
    """One of :data:`vbr_core.settings.DEPTH_READINGS`."""

    def __init__(self, question: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What does this depth mean?"))
        self.setModal(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(8)
        self.text = QLabel(question)
        self.text.setWordWrap(True)
        self.text.setFixedWidth(TEXT_WIDTH)
        layout.addWidget(self.text)
        layout.addSpacing(4)
        self._group = QButtonGroup(self)
        self.answers: dict[str, QRadioButton] = {}
        for name, text in (
            ("disparity", self.tr("&Larger numbers are nearer (white is near)")),
            ("inverted", self.tr("Larger numbers are &farther (black is near)")),
            ("depth", self.tr("&Distances, such as metres")),
        ):
            button = self.answers[name] = QRadioButton(text)
            button.setChecked(name == meaning)
            self._group.addButton(button)
            layout.addWidget(button)
        hint = QLabel(self.tr("The depth view shows at once whether it fits: what is near has to be bright."))
        theme.set_property(hint, "quiet", True)
        hint.setWordWrap(True)
        hint.setFixedWidth(TEXT_WIDTH)
        layout.addWidget(hint)
        layout.addSpacing(8)
        row = QHBoxLayout()
        row.addStretch(1)
        self.leave = QPushButton(self.tr("Leave as it is"))
        self.leave.setAutoDefault(False)
        self.leave.clicked.connect(self.reject)
        self.use = QPushButton(self.tr("Use this"))
        self.use.setDefault(True)
        theme.set_property(self.use, "primary", True)
        self.use.clicked.connect(self._on_use)
        row.addWidget(self.leave)
        row.addWidget(self.use)
        layout.addLayout(row)
        self.answers[meaning].setFocus()

    def _on_use(self) -> None:
        answer = next(name for name, button in self.answers.items() if button.isChecked())
        self.accept()
        self.chosen.emit(answer)


class DepthQuestion(QObject):
    """Opens the question when imported depth has come in that is not sure, once for each choice of depth.

    The answer becomes part of the project, as an undo step; the depth controller then reads the files again.
    """

    noted = Signal(str)
    """What the user should know of the depth that came in: few bits, holes, numbers that are skipped."""

    def __init__(self, session: Session, depth: DepthController, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._depth = depth
        self._window = window
        self._asked: tuple[object, str] | None = None
        self.dialog: DepthMeaningDialog | None = None
        depth.state_changed.connect(self._on_state)

    def _on_state(self, state: str) -> None:
        if state != "ready":
            self._close()
            return
        source = self._depth.source
        note = str(getattr(source, "note", ""))
        if note:
            self.noted.emit(note)
        reading = getattr(source, "reading", None)
        project = self._session.project
        asked = (project.clip, project.depth)
        if reading is None or reading.sure or asked == self._asked:
            return
        self._asked = asked
        dialog = self.dialog = DepthMeaningDialog(reading.question, reading.meaning, self._window)
        dialog.chosen.connect(self._on_chosen)
        dialog.finished.connect(self._close)
        dialog.open()

    def _on_chosen(self, answer: str) -> None:
        project = self._session.project
        if self._asked == (project.clip, project.depth):
            new = edits.set_depth(project, project.depth, cast("DepthReading", answer))
            self._session.apply(new, self.tr("Say what the depth means"))

    def _close(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.close()
            dialog.deleteLater()

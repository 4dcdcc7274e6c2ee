"""Three small hints for the first document; each goes when it is done, and none comes again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from app import preferences, theme
from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from app.actions import Actions
    from app.session import Session
    from vbr_core.project import Project

STEPS = 3
STEP_KEY = "hints/step"
MARGIN_PX = 12


class Hints(QFrame):
    """A note at the lower edge of the picture that says what to do next."""

    def __init__(self, session: Session, actions: Actions, picture: QWidget) -> None:
        super().__init__(picture)
        self._session = session
        self._actions = actions
        self._picture = picture
        self.setObjectName("hint")
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.close_button = QToolButton(self)
        self.close_button.setText(self.tr("Got it"))
        self.close_button.setToolTip(self.tr("No more hints. Help brings them back."))
        self.close_button.setAccessibleName(self.tr("No more hints"))
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        row.setSpacing(theme.SPACE_PX)
        row.addWidget(self.label)
        row.addWidget(self.close_button)
        picture.installEventFilter(self)
        session.clip_opened.connect(self._on_clip_opened)
        session.changed.connect(self._on_changed)
        actions.get("export").triggered.connect(self._on_export)
        self.hide()

    @property
    def step(self) -> int:
        """The next step, 0 to 2; 3 when all are done."""
        text = preferences.stored_text(STEP_KEY)
        return int(text) if text in ("0", "1", "2", "3") else 0

    def restart(self) -> None:
        """Begin with the first step again."""
        self._go_to(0)

    def dismiss(self) -> None:
        """Show no more of them."""
        self._go_to(STEPS)

    def _go_to(self, step: int) -> None:
        try:
            preferences.store(STEP_KEY, str(step))
        except VbrError:  # they come again at the next start, which does no harm
            self.hide()
            return
        self._show_step()

    def _on_clip_opened(self, _info: object) -> None:
        self._show_step()

    def _on_changed(self, old: Project, new: Project) -> None:
        if old.clip != new.clip or self._session.clip_info is None:
            return
        if self.step == STEPS - 1 and not self.isHidden():  # the work goes on: it has been read, or never will be
            self.dismiss()
            return
        before, now = len(old.focus.keys), len(new.focus.keys)
        if now <= before:
            return
        if self.step == 0:
            self._go_to(1)
        elif self.step == 1 and now >= 2:
            self._go_to(2)

    def _on_export(self) -> None:
        if self.step == 2:
            self._go_to(STEPS)

    def _show_step(self) -> None:
        step = self.step
        if step >= STEPS or self._session.clip_info is None:
            self.hide()
            return
        texts = (
            self.tr("Click what should be sharp."),
            self.tr("Go to a later frame and click something else: focus eases from one to the other."),
            self.tr("Export writes the clip with your focus ({key}).").format(
                key=self._actions.get("export").shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            ),
        )
        self.label.setText(f"{step + 1}/{STEPS}   {texts[step]}")
        self.setAccessibleName(self.label.text())
        self._place()
        self.show()
        self.raise_()

    def _place(self) -> None:
        available = max(120, self._picture.width() - 2 * MARGIN_PX)
        self.label.setWordWrap(False)
        if self.sizeHint().width() > available:
            self.label.setWordWrap(True)
        width = min(self.sizeHint().width() if not self.label.wordWrap() else available, available)
        height = max(self.sizeHint().height(), self.heightForWidth(width))
        self.setGeometry(
            (self._picture.width() - width) // 2, self._picture.height() - height - MARGIN_PX, width, height
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay at the lower edge."""
        if watched is self._picture and event.type() == QEvent.Type.Resize and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

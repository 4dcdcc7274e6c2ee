"""After a crash: offers the work that was kept, on the next start or when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import preferences, theme
from app.autosave_store import orphans, sweep

if TYPE_CHECKING:
    import datetime

    from app.autosave import Autosaver
    from app.autosave_store import Kept, Slot
    from app.dialogs import Dialogs
    from app.document_controller import DocumentController
    from app.job_runner import JobRunner
    from vbr_core.jobs import JobContext

Found = list[tuple["Slot", "Kept"]]


def when_words(when: datetime.datetime) -> str:
    """A time in the words of the user's language."""
    moment = QDateTime.fromSecsSinceEpoch(int(when.timestamp()))
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)


class RecoveryDialog(QDialog):
    """Lists kept documents. Choosing none of them loses nothing."""

    recover_asked = Signal(int)
    """Row."""
    forget_asked = Signal(int)
    """Row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Unsaved work"))
        words = QLabel(
            self.tr(
                "VBR Studio did not come to a proper end. This is what it kept; it differs from what was saved last."
            )
        )
        words.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Unsaved work"))
        self.list.setWordWrap(True)
        self.list.setMinimumHeight(120)
        self.list.setSpacing(4)
        self.list.itemActivated.connect(lambda _item: self._recover())
        self.recover_button = QPushButton(self.tr("&Recover"))
        self.recover_button.setDefault(True)
        theme.set_property(self.recover_button, "primary", True)
        self.recover_button.clicked.connect(self._recover)
        self.later_button = QPushButton(self.tr("&Later"))
        self.later_button.setToolTip(self.tr("It stays where it is, and is offered again at the next start"))
        self.later_button.setAutoDefault(False)
        self.later_button.clicked.connect(self.reject)
        self.forget_button = QPushButton(self.tr("&Throw away…"))
        self.forget_button.setAutoDefault(False)
        self.forget_button.clicked.connect(lambda: self.forget_asked.emit(self.list.currentRow()))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.forget_button)
        buttons.addStretch(1)
        buttons.addWidget(self.later_button)
        buttons.addWidget(self.recover_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(words)
        column.addWidget(self.list, 1)
        column.addLayout(buttons)
        self.setMinimumWidth(560)

    def show_found(self, found: Found) -> None:
        """Fill the list."""
        self.list.clear()
        for _, kept in found:
            path = kept.document_path or kept.clip_path
            folder = str(path.parent) if path is not None else ""
            about = self.tr("kept {when}").format(when=when_words(kept.when))
            if kept.document_path is None:
                about = self.tr("never saved, {about}").format(about=about)
            name = kept.name or self.tr("Untitled")
            item = QListWidgetItem(f"{name}\n{about} · {folder}")
            item.setToolTip(str(path or ""))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {about}")
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setFocus()

    def _recover(self) -> None:
        self.recover_asked.emit(self.list.currentRow())


class Recovery(QObject):
    """Looks for kept documents of windows that are gone, and asks what to do with them."""

    noted = Signal(str)
    """A sentence for the user."""

    def __init__(
        self,
        document: DocumentController,
        autosave: Autosaver,
        runner: JobRunner,
        dialogs: Dialogs,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document = document
        self._runner = runner
        self._dialogs = dialogs
        self._window = window
        self._is_shut = False
        self._is_looking = False
        self.found: Found = []
        """What is offered now; their locks are ours."""
        self.dialog: RecoveryDialog | None = None
        document.recovered.connect(autosave.adopt)
        document.recovered.connect(lambda _slot: self.noted.emit(self.tr("Recovered. Save it to keep it.")))
        document.given_up.connect(
            lambda _slot: self.noted.emit(self.tr("Not recovered; it is kept, and offered again at the next start."))
        )

    def look(self, tell_if_none: bool = False) -> None:
        """Look for kept documents, and offer them if there are any.

        Args:
            tell_if_none: Whether the user asked, and wants to hear that there are none.
        """
        if self._is_looking or self.dialog is not None or self._is_shut:
            return
        self._is_looking = True

        def search(_ctx: JobContext) -> Found:
            folder = preferences.autosave_folder()
            sweep(folder)
            return list(orphans(folder))

        job = self._runner.start("", search, courteous=False)
        job.finished.connect(lambda found: self._on_found(found, tell_if_none))
        job.failed.connect(lambda _error: self._on_found([], tell_if_none))
        job.cancelled.connect(lambda: self._on_found([], False))

    def _on_found(self, found: Found, tell_if_none: bool) -> None:
        self._is_looking = False
        self.found = found
        if self._is_shut:
            self._let_go()
        elif found:
            dialog = self.dialog = RecoveryDialog(self._window)
            dialog.recover_asked.connect(self._recover)
            dialog.forget_asked.connect(self._forget)
            dialog.finished.connect(self._on_closed)
            dialog.show_found(found)
            dialog.open()
        elif tell_if_none:
            self.noted.emit(self.tr("There is no unsaved work to recover."))

    def _recover(self, row: int) -> None:
        if not 0 <= row < len(self.found) or self.dialog is None:
            return
        slot, kept = self.found.pop(row)
        self.dialog.accept()
        self._document.recover(kept, slot)

    def _forget(self, row: int) -> None:
        if not 0 <= row < len(self.found) or self.dialog is None:
            return
        slot, kept = self.found[row]
        if not self._dialogs.ask_forget_kept(kept.name or self.tr("Untitled")):
            return
        self.found.pop(row)
        slot.remove()
        if self.found:
            self.dialog.show_found(self.found)
        else:
            self.dialog.reject()

    def _on_closed(self, _result: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()
        self._let_go()

    def _let_go(self) -> None:
        """What was not chosen stays for later."""
        for slot, _ in self.found:
            slot.release()
        self.found = []

    def shut(self) -> None:
        """The window goes."""
        self._is_shut = True
        if self.dialog is not None:
            self.dialog.reject()

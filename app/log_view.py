"""The list of what failed in this session: sentence, hint, details, and the log file behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.errors import open_log, open_log_folder
from app.preferences import log_file

if TYPE_CHECKING:
    from app.errors import ErrorEntry, ErrorLog


class ErrorsPage(QDialog):
    """Newest first."""

    def __init__(self, errors: ErrorLog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._errors = errors
        self.setWindowTitle(self.tr("Errors of this session"))
        self.resize(760, 480)
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderLabels([self.tr("Time"), self.tr("What happened")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName(self.tr("Errors of this session"))
        self.list.header().resizeSection(0, 88)
        self.list.itemSelectionChanged.connect(self._show_current)
        self.empty_label = QLabel(self.tr("Nothing has failed since the program was started."))
        self.hint_label = QLabel()
        for label in (self.empty_label, self.hint_label):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            theme.set_property(label, "quiet", True)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName(self.tr("Details"))
        self.path_label = QLabel(self.tr("Log file: {path}").format(path=log_file()))
        self.path_label.setWordWrap(True)
        self.path_label.setTextFormat(Qt.TextFormat.PlainText)
        self.path_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.set_property(self.path_label, "quiet", True)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.hint_label)
        column.addWidget(self.details, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.list)
        self.split.addWidget(below)
        self.split.setSizes([180, 220])
        self.copy_button = self._button(self.tr("&Copy"), self.copy)
        self.log_button = self._button(self.tr("Show the &log"), open_log)
        self.folder_button = self._button(self.tr("Open log &folder"), open_log_folder)
        close = self._button(self.tr("Close"), self.accept)
        close.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy_button)
        row.addStretch(1)
        for button in (self.log_button, self.folder_button, close):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(self.empty_label)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.path_label)
        layout.addLayout(row)
        for entry in errors.entries:
            self._add(entry)
        errors.added.connect(self._add)
        self._show_current()

    def _button(self, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def open_page(self) -> None:
        """Show the list, the newest error selected."""
        if self.list.topLevelItemCount():
            self.list.setCurrentItem(self.list.topLevelItem(0))
        self.show()
        self.raise_()
        self.activateWindow()
        self.list.setFocus()

    def _add(self, entry: ErrorEntry) -> None:
        row = QTreeWidgetItem([f"{entry.when:%H:%M:%S}", entry.message])
        row.setFont(0, theme.tabular_font())
        row.setToolTip(1, entry.message)
        row.setData(0, Qt.ItemDataRole.UserRole, entry)
        self.list.insertTopLevelItem(0, row)
        self._show_current()

    @property
    def current(self) -> ErrorEntry | None:
        """The entry that is selected."""
        row = self.list.currentItem()
        return row.data(0, Qt.ItemDataRole.UserRole) if row is not None else None

    def _show_current(self) -> None:
        entry = self.current
        self.empty_label.setVisible(self.list.topLevelItemCount() == 0)
        self.copy_button.setEnabled(entry is not None)
        self.hint_label.setText(entry.hint if entry is not None else "")
        self.hint_label.setVisible(bool(self.hint_label.text()))
        self.details.setPlainText(f"{entry.message}\n\n{entry.details}" if entry is not None else "")

    def copy(self) -> None:
        """Put the selected error onto the clipboard, for a report; the home folder and the user's name stay out."""
        from vbr_core.about import without_private

        entry = self.current
        if entry is not None:
            text = f"{entry.when:%Y-%m-%d %H:%M:%S}\n{entry.message}\n{entry.hint}\n\n{entry.details}\n"
            QGuiApplication.clipboard().setText(without_private(text))

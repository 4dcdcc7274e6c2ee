"""About the program: what it is, the licences of its parts, and this machine for a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.icons import app_icon
from vbr_core import __version__

if TYPE_CHECKING:
    from app.core_access import Core
    from app.job_runner import Job, JobRunner

ICON_PX = 64


def _reader(name: str) -> QPlainTextEdit:
    text = QPlainTextEdit()
    text.setReadOnly(True)
    text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    text.setAccessibleName(name)
    text.setTabChangesFocus(True)
    return text


class AboutDialog(QDialog):
    """Everything in it is read by jobs, when it is first shown."""

    def __init__(self, core: Core, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._runner = runner
        self._text_job: Job | None = None
        self._was_filled = False
        self.is_ready = False
        self.setWindowTitle(self.tr("About VBR Studio"))
        self.resize(720, 480)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(self.tr("Pages"))
        self.tabs.addTab(self._build_program(), self.tr("&Program"))
        self.tabs.addTab(self._build_licences(), self.tr("&Licences"))
        self.tabs.addTab(self._build_machine(), self.tr("This &machine"))
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.tabs, 1)
        layout.addLayout(row)

    def _build_program(self) -> QWidget:
        page = QWidget()
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(ICON_PX, ICON_PX))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.name_label = QLabel(f"VBR Studio {__version__}")
        self.name_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.set_property(self.name_label, "heading", True)
        texts = QVBoxLayout()
        texts.setSpacing(12)
        texts.addWidget(self.name_label)
        for text in (
            self.tr("Gives ordinary, all-in-focus clips the look of a fast lens."),
            self.tr(
                "The renderer follows “Video Bokeh Rendering: Make Casual Videography Cinematic” (ACM Multimedia 2024)."
            ),
            self.tr("Free software under the Apache License 2.0. It comes without any warranty."),
            self.tr(
                "The licences of the libraries, of the bundled networks and of the sample clip are on the next page. "
                "Depth models that you download have licences of their own: the list of models names them."
            ),
        ):
            label = QLabel(text)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            theme.set_property(label, "quiet", True)
            texts.addWidget(label)
        texts.addStretch(1)
        row = QHBoxLayout(page)
        row.setContentsMargins(24, 24, 24, 24)
        row.setSpacing(24)
        row.addWidget(picture)
        row.addLayout(texts, 1)
        return page

    def _build_licences(self) -> QWidget:
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels([self.tr("Part"), self.tr("Version"), self.tr("Licence")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName(self.tr("Parts of the program"))
        self.list.header().resizeSection(0, 200)
        self.list.header().resizeSection(1, 100)
        self.list.itemSelectionChanged.connect(self._on_selected)
        self.text = _reader(self.tr("Text of the licence"))
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        split.addWidget(self.text)
        split.setSizes([190, 190])
        return split

    def _build_machine(self) -> QWidget:
        page = QWidget()
        self.machine_text = _reader(self.tr("This machine"))
        self.copy_button = QPushButton(self.tr("&Copy"))
        self.copy_button.setAutoDefault(False)
        self.copy_button.setEnabled(False)
        self.copy_button.clicked.connect(self.copy)
        note = QLabel(self.tr("For a report of a fault. File names, folders and your name are not in it."))
        note.setWordWrap(True)
        theme.set_property(note, "quiet", True)
        row = QHBoxLayout()
        row.addWidget(note, 1)
        row.addWidget(self.copy_button)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.machine_text, 1)
        layout.addLayout(row)
        return page

    def open_page(self) -> None:
        """Show it; what has to be read is read now."""
        self.show()
        self.raise_()
        self.activateWindow()
        if not self._was_filled:
            self._was_filled = True
            self.text.setPlainText(self.tr("reading…"))
            self.machine_text.setPlainText(self.tr("looking…"))
            qt = f"Qt {qVersion()}, {QGuiApplication.platformName()}"
            job = self._runner.start("", lambda _ctx: self._core.describe_parts())
            job.finished.connect(self._on_parts)
            job.failed.connect(lambda error: self.text.setPlainText(str(error)))
            job = self._runner.start("", lambda _ctx: self._core.describe_machine(qt))
            job.finished.connect(self._on_machine)
            job.failed.connect(lambda error: self.machine_text.setPlainText(str(error)))

    def _on_parts(self, parts: list[Any]) -> None:
        for part in parts:
            row = QTreeWidgetItem([part.name, part.version, part.licence or self.tr("see below")])
            row.setToolTip(2, part.licence)
            row.setData(0, Qt.ItemDataRole.UserRole, part)
            self.list.addTopLevelItem(row)
        self.list.setCurrentItem(self.list.topLevelItem(0))

    def _on_machine(self, text: str) -> None:
        self.machine_text.setPlainText(text)
        self.copy_button.setEnabled(True)
        self.is_ready = True

    def _on_selected(self) -> None:
        row = self.list.currentItem()
        if row is None:
            return
        part = row.data(0, Qt.ItemDataRole.UserRole)
        job = self._text_job = self._runner.start("", lambda _ctx: self._core.licence_text(part))
        job.finished.connect(lambda text: self._on_text(job, text))

    def _on_text(self, job: Job, text: str) -> None:
        if job is self._text_job:  # of the part that is still selected
            self._text_job = None
            self.text.setPlainText(text)

    def copy(self) -> None:
        """Put the description of the machine onto the clipboard."""
        QGuiApplication.clipboard().setText(self.machine_text.toPlainText())

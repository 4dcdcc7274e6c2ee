"""The one place that tells the user what failed, and the log file behind it."""

from __future__ import annotations

import contextlib
import datetime
import logging
import logging.handlers
import sys
import threading
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.icons import icon
from app.preferences import log_file
from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger(__name__)

LOG_LENGTH = 200
"""Errors that are kept for the list."""


def start_logging() -> None:
    """Write everything of level INFO and above to the log file. Without a writable folder: to stderr only."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=1 << 20, backupCount=2, encoding="utf-8"
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"))
    root.addHandler(handler)


def describe(error: BaseException) -> tuple[str, str]:
    """One sentence on what happened and one on what to do, for the user."""
    if isinstance(error, VbrError):
        return error.message, error.hint
    if isinstance(error, MemoryError):
        return "There is not enough memory for this.", "Close other programs, or choose a smaller size."
    name = type(error).__name__
    return (
        f"Something unexpected happened ({name}{': ' + str(error) if str(error) else ''}).",
        "Your work is still here. Please send the log file with a report of what you did.",
    )


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One error of this session.

    Attributes:
        when: Local time of it.
        message: One sentence on what happened.
        hint: What to do about it; may be empty.
        details: For a report: the traceback.
    """

    when: datetime.datetime
    message: str
    hint: str
    details: str


class ErrorLog(QObject):
    """Every error that was told in this session, oldest first. It keeps texts only, so that no picture stays alive."""

    added = Signal(object)
    """The ErrorEntry."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[ErrorEntry] = []

    @property
    def entries(self) -> tuple[ErrorEntry, ...]:
        """What was told, oldest first; the last :data:`LOG_LENGTH` of it."""
        return tuple(self._entries)

    def add(self, error: BaseException) -> None:
        """Note an error; one that is told in two places is one."""
        if getattr(error, "_is_noted", False):
            return
        with contextlib.suppress(AttributeError):
            error._is_noted = True  # type: ignore[attr-defined]
        now = datetime.datetime.now().astimezone()
        entry = ErrorEntry(now, *describe(error), "".join(traceback.format_exception(error)).strip())
        self._entries = [*self._entries, entry][-LOG_LENGTH:]
        self.added.emit(entry)


class ErrorDialog(QDialog):
    """What was found, what to do about it, and, folded away, the details."""

    def __init__(self, message: str, hint: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("That did not work"))
        self.setMinimumWidth(480)
        self.message_label = QLabel(message)
        self.hint_label = QLabel(hint)
        for label in (self.message_label, self.hint_label):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        theme.set_property(self.hint_label, "quiet", True)
        self.hint_label.setVisible(bool(hint))
        picture = QLabel()
        picture.setPixmap(icon("error").pixmap(24, 24))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.details = QPlainTextEdit(f"{details.strip()}\n\n{self.tr('Log file:')} {log_file()}")
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setMinimumHeight(180)
        self.details.hide()
        self.details_button = QToolButton()
        self.details_button.setText(self.tr("Details"))
        self.details_button.setCheckable(True)
        self.details_button.setArrowType(Qt.ArrowType.RightArrow)
        self.details_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.details_button.toggled.connect(self._show_details)
        log_button = QPushButton(self.tr("Show the log"))
        log_button.setAutoDefault(False)
        log_button.clicked.connect(open_log)
        self.show_all_button = QPushButton(self.tr("All errors…"))
        self.show_all_button.setAutoDefault(False)
        self.show_all_button.hide()
        self.show_all_button.clicked.connect(self.accept)
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        texts = QVBoxLayout()
        texts.setSpacing(8)
        texts.addWidget(self.message_label)
        texts.addWidget(self.hint_label)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(picture)
        top.addLayout(texts, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.details_button)
        buttons.addStretch(1)
        buttons.addWidget(self.show_all_button)
        buttons.addWidget(log_button)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(16)
        layout.addLayout(top)
        layout.addWidget(self.details, 1)
        layout.addLayout(buttons)

    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.details_button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.adjustSize()


def open_log() -> None:
    """Show the log file in whatever opens such files."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file())))


def open_log_folder() -> None:
    """Show where the log file lies."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file().parent)))


class ErrorReporter(QObject):
    """Shows one error at a time; those that come meanwhile wait."""

    reported = Signal(object)
    """The exception, when its dialog opens."""
    all_asked = Signal()
    """The list of all errors is wanted."""
    _arrived = Signal(object)

    def __init__(self, window: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._waiting: list[BaseException] = []
        self._is_shut = False
        self.dialog: ErrorDialog | None = None
        self.log = ErrorLog(self)
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    def report(self, error: BaseException) -> None:
        """Tell the user of ``error``. May be called from any thread."""
        self._arrived.emit(error)

    def _on_arrived(self, error: BaseException) -> None:
        if self._is_shut:
            return
        self.log.add(error)
        if self.dialog is not None:
            if len(self._waiting) < 5:
                self._waiting.append(error)
            return
        message, hint = describe(error)
        self.dialog = ErrorDialog(message, hint, "".join(traceback.format_exception(error)), self._window)
        self.dialog.show_all_button.setVisible(len(self.log.entries) > 1)
        self.dialog.show_all_button.clicked.connect(self.all_asked)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()
        self.reported.emit(error)

    def _on_closed(self) -> None:
        self.dialog = None
        if self._waiting:
            self._on_arrived(self._waiting.pop(0))

    def shut(self) -> None:
        """The window closes: what was not told yet is in the log."""
        self._is_shut = True
        self._waiting.clear()
        if self.dialog is not None:
            self.dialog.reject()

    def install_hooks(self) -> None:
        """Catch what nobody caught, on any thread: log it, tell it, go on."""

        def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            if issubclass(kind, KeyboardInterrupt):
                sys.__excepthook__(kind, error, trace)
                return
            log.critical("uncaught", exc_info=(kind, error, trace))
            self.report(error)

        def thread_hook(args: threading.ExceptHookArgs) -> None:
            if args.exc_value is not None:
                hook(args.exc_type, args.exc_value, args.exc_traceback)

        sys.excepthook = hook
        threading.excepthook = thread_hook

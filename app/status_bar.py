"""The line at the bottom: running jobs, what failed, the device, when the document was saved."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from app import theme
from app.errors import describe
from app.icons import icon
from app.timecode import about

if TYPE_CHECKING:
    from app.job_runner import Job, JobRunner
    from vbr_core.jobs import Progress

NOTE_MS = 12_000


class JobStrip(QWidget):
    """One running job: what it does, how far it is, a button to cancel it."""

    def __init__(self, job: Job, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self.label = QLabel(job.title)
        self.label.setFont(theme.tabular_font(small=True))
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(96)
        self.bar.setAccessibleName(self.tr("Progress of: {title}").format(title=job.title))
        self.cancel_button = QToolButton()
        self.cancel_button.setIcon(icon("cancel"))
        self.cancel_button.setToolTip(self.tr("Cancel: {title}").format(title=job.title))
        self.cancel_button.setAccessibleName(self.cancel_button.toolTip())
        self.cancel_button.clicked.connect(self._cancel)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(4)
        row.addWidget(self.label)
        row.addWidget(self.bar)
        row.addWidget(self.cancel_button)
        job.progressed.connect(self._on_progress)

    def _cancel(self) -> None:
        self._job.cancel()
        self.cancel_button.setEnabled(False)
        self.label.setText(self.tr("{title} · stopping…").format(title=self._job.title))

    def _on_progress(self, progress: Progress) -> None:
        if self._job.is_cancelling:
            return
        text = self._job.title
        if progress.total:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * progress.fraction))
            text += f" {progress.amount}"
        if progress.remaining_seconds is not None:
            text += self.tr(" · about {time} left").format(time=about(progress.remaining_seconds))
        self.label.setText(text)


class StatusBar(QStatusBar):
    """Jobs on the left, facts on the right. A failure stays until it is read."""

    failure_told = Signal(object)
    """An exception that is shown here now."""
    failure_clicked = Signal(object)
    """The exception whose button was pressed."""
    failures_clicked = Signal()
    """The button was pressed, and there is more than one that nobody has looked at."""

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._strips: dict[Job, JobStrip] = {}
        self._failure: Exception | None = None
        self._failure_count = 0
        self.failure_button = QToolButton()
        self.failure_button.setAccessibleName(self.tr("Show what failed"))
        self.failure_button.setIcon(icon("error"))
        self.failure_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.failure_button.setToolTip(self.tr("Show what failed"))
        self.failure_button.clicked.connect(self._on_failure_clicked)
        self.failure_button.hide()
        self.note_label = QLabel()
        self.device_label = QLabel()
        self.saved_label = QLabel()
        self.saved_label.setFont(theme.tabular_font(small=True))
        self.addWidget(self.failure_button)
        self.addWidget(self.note_label)
        self.addPermanentWidget(self.device_label)
        self.addPermanentWidget(self.saved_label)
        self._note_timer = QTimer(self)
        self._note_timer.setSingleShot(True)
        self._note_timer.setInterval(NOTE_MS)
        self._note_timer.timeout.connect(self.note_label.clear)
        runner.job_started.connect(self._on_started)
        runner.job_ended.connect(self._on_ended)

    def show_note(self, text: str) -> None:
        """A sentence that goes away by itself."""
        self.note_label.setText(text)
        self._note_timer.start()

    def show_failure(self, error: Exception) -> None:
        """Say that something failed until the user has looked at it."""
        self._failure = error
        self._failure_count += 1
        message, _ = describe(error)
        text = message if len(message) <= 90 else f"{message[:89]}…"
        if self._failure_count > 1:
            text += self.tr(" ({count} errors)").format(count=self._failure_count)
        self.failure_button.setText(text)
        self.failure_button.setAccessibleName(self.tr("Failed: {message}").format(message=message))
        self.failure_button.show()
        self.failure_told.emit(error)

    def show_device(self, text: str) -> None:
        self.device_label.setText(text)

    def show_saved(self, saved: bool) -> None:
        """Note the time of a save, or forget it (another document)."""
        now = datetime.datetime.now().astimezone()
        self.saved_label.setText(self.tr("saved {time:%H:%M}").format(time=now) if saved else "")

    def _on_failure_clicked(self) -> None:
        error, count = self._failure, self._failure_count
        self._failure, self._failure_count = None, 0
        self.failure_button.hide()
        if count > 1:
            self.failures_clicked.emit()
        elif error is not None:
            self.failure_clicked.emit(error)

    def _on_started(self, job: Job) -> None:
        if not job.title:  # a small thing that nobody needs to see
            return
        strip = JobStrip(job, self)
        self._strips[job] = strip
        self.insertWidget(0, strip)
        strip.show()

    def _on_ended(self, job: Job) -> None:
        strip = self._strips.pop(job, None)
        if strip is not None:
            self.removeWidget(strip)
            strip.deleteLater()

"""What an export will need, beside the form: measured by a job that is cancelled when the choices change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget

from app import theme
from app.errors import describe
from app.timecode import about_range, size_range, size_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.job_runner import Job, JobRunner
    from vbr_core.jobs import JobContext

DELAY_MS = 300
MUCH_MEMORY = 0.85
"""Part of the machine's memory above which an export is warned of."""


class EstimatePanel(QWidget):
    """Time, size and memory as honest ranges, and a warning where the disk or the memory is short."""

    changed = Signal()
    """A new estimate, or none."""

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._job: Job | None = None
        self._measure: Callable[[JobContext], Any] | None = None
        self.estimate: Any = None
        """The ExportEstimate of the present choices, or None."""
        self.note = ""
        """Goes after the time."""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._begin)
        self.time_label, self.size_label, self.memory_label = QLabel(), QLabel(), QLabel()
        self.warning_label = QLabel()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(4)
        self._titles: list[QLabel] = []
        for title, label in (
            (self.tr("Time"), self.time_label),
            (self.tr("Size"), self.size_label),
            (self.tr("Memory"), self.memory_label),
            ("", self.warning_label),
        ):
            label.setFont(theme.tabular_font())
            label.setWordWrap(True)
            label.setAccessibleName(title or self.tr("Warning"))
            theme.set_property(label, "quiet", True)
            self._titles.append(QLabel(title))
            form.addRow(self._titles[-1], label)
        self._form = form
        theme.set_property(self.warning_label, "error", True)
        form.setRowVisible(self.warning_label, False)

    def set_title_width(self, width: int) -> None:
        """Line the values up with the fields above."""
        for title in self._titles:
            title.setMinimumWidth(width)

    def begin_later(self, measure: Callable[[JobContext], Any]) -> None:
        """Measure in a moment; what was being measured is given up."""
        self.stop()
        self._measure = measure
        self.time_label.setText(self.tr("measuring…"))
        self.size_label.setText(self.tr("measuring…"))
        self.memory_label.setText(self.tr("measuring…"))
        self._timer.start()

    def refuse(self, sentence: str) -> None:
        """There is nothing to measure, for this reason."""
        self.stop()
        self.time_label.setText(sentence)
        self.size_label.setText("–")
        self.memory_label.setText("–")

    def stop(self) -> None:
        """Give up what is being measured; nothing is known then."""
        self._timer.stop()
        self._measure = None
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self.estimate = None
        self._form.setRowVisible(self.warning_label, False)
        self.changed.emit()

    def _begin(self) -> None:
        measure = self._measure
        if measure is None:
            return
        job = self._job = self._runner.start("", measure)
        job.finished.connect(lambda found: self._on_measured(job, found))
        job.failed.connect(lambda error: self._on_failed(job, error))

    def _on_failed(self, job: Job, error: Exception) -> None:
        if job is self._job:
            self._job = None
            self.refuse(describe(error)[0])

    def _on_measured(self, job: Job, found: Any) -> None:
        if job is not self._job:
            return
        self._job = None
        self.estimate = found
        self.time_label.setText(self.tr("about {time}").format(time=about_range(*found.seconds)) + self.note)
        if found.size_bytes is None:
            size = self.tr("not known before the depth is there")
        else:
            size = self.tr("about {size}").format(size=size_range(*found.size_bytes))
        if found.free_bytes is not None:
            size += self.tr(" · {free} free on the disk").format(free=size_text(found.free_bytes))
        self.size_label.setText(size)
        memory = self.tr("about {size}").format(size=size_text(found.memory_bytes))
        if found.total_memory_bytes:
            memory += self.tr(" of {size}").format(size=size_text(found.total_memory_bytes))
        self.memory_label.setText(memory)
        warning = self.warning()
        self.warning_label.setText(warning)
        self._form.setRowVisible(self.warning_label, bool(warning))
        self.changed.emit()

    def disk_warning(self) -> str:
        """What to say if the disk may be too small; empty if there is room or nothing is known."""
        found = self.estimate
        if found is None or not found.missing_bytes:
            return ""
        text = self.tr("The disk may be too small: {free} are free, and {size} will be written.")
        return text.format(free=size_text(found.free_bytes), size=size_range(*found.size_bytes))

    def warning(self) -> str:
        """Everything that may go wrong for want of room."""
        found = self.estimate
        parts = [self.disk_warning()]
        if found is not None and 0 < found.total_memory_bytes * MUCH_MEMORY < found.memory_bytes:
            parts.append(self.tr("This may need more memory than this machine has; a smaller size needs less."))
        return " ".join(part for part in parts if part)

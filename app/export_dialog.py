"""Export: fills an ExportSettings, starts the job, shows how it goes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import preferences, theme
from app.timecode import about
from vbr_core import edits
from vbr_core.errors import VbrError
from vbr_core.settings import RENDERERS, ExportSettings, RenderSettings

if TYPE_CHECKING:
    from app.core_access import Core
    from app.depth_controller import DepthController
    from app.dialogs import Dialogs
    from app.job_runner import Job, JobRunner
    from app.session import Session
    from vbr_core.jobs import JobContext, Progress
    from vbr_core.project import Project

ESTIMATE_DELAY_MS = 300
SUFFIXES = (".mp4", ".mov", ".mkv")


class ExportDialog(QDialog):
    """Asks what to write, then follows the writing. Closing it does not stop a running export."""

    failed = Signal(object)
    """An exception."""
    exported = Signal(object)
    """The ExportResult."""
    queued = Signal(object, object, object)
    """Project, path of the clip and ExportSettings of an export that is to wait its turn."""

    def __init__(
        self,
        session: Session,
        core: Core,
        runner: JobRunner,
        depth: DepthController,
        dialogs: Dialogs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._core = core
        self._runner = runner
        self._depth = depth
        self._dialogs = dialogs
        self._job: Job | None = None
        self._waiting: tuple[Project, Path, ExportSettings] | None = None
        self._estimate_number = 0
        self._result_path: Path | None = None
        self.setWindowTitle(self.tr("Export video"))
        self.setMinimumWidth(560)
        self._estimate_timer = QTimer(self)
        self._estimate_timer.setSingleShot(True)
        self._estimate_timer.setInterval(ESTIMATE_DELAY_MS)
        self._estimate_timer.timeout.connect(self._estimate)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._build_form())
        self.pages.addWidget(self._build_progress())
        self.pages.addWidget(self._build_done())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.addWidget(self.pages)
        depth.state_changed.connect(self._on_depth_state)
        depth.progressed.connect(self._on_depth_progress)
        session.clip_opened.connect(self._on_clip_opened)

    # --- building ---------------------------------------------------------------------------------------------------

    def _buttons(self, *buttons: QPushButton) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in buttons:
            row.addWidget(button)
        return row

    @staticmethod
    def _label(text: str = "", quiet: bool = True) -> QLabel:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        if quiet:
            theme.set_property(label, "quiet", True)
        return label

    def _build_form(self) -> QWidget:
        page = QWidget()
        self.path_edit = QLineEdit()
        self.path_edit.setAccessibleName(self.tr("File to write"))
        self.path_edit.textChanged.connect(self._check)
        choose = QPushButton(self.tr("Choose…"))
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose)
        path_row = QHBoxLayout()
        path_row.setSpacing(8)
        path_row.addWidget(self.path_edit, 1)
        path_row.addWidget(choose)
        self.path_note = self._label()
        self.range_box = QComboBox()
        self.range_box.setAccessibleName(self.tr("Frames"))
        self.codec_box = QComboBox()
        for text, name in (
            (self.tr("Automatic"), "auto"),
            (self.tr("H.264 (plays everywhere)"), "h264"),
            (self.tr("HEVC (smaller, 10 bit)"), "hevc"),
        ):
            self.codec_box.addItem(text, name)
        self.quality_box = QComboBox()
        for text, value in (
            (self.tr("Automatic"), None),
            (self.tr("Like the source (18)"), 18),
            (self.tr("Small (23)"), 23),
            (self.tr("Smallest (28)"), 28),
            (self.tr("Lossless (0)"), 0),
        ):
            self.quality_box.addItem(text, value)
        self.renderer_box = QComboBox()
        for name in RENDERERS:
            self.renderer_box.addItem(name.upper() if name == "vbr" else name.capitalize(), name)
        self.audio_check = QCheckBox(self.tr("All sound tracks"))
        self.audio_check.setChecked(True)
        self.estimate_label = self._label()
        self.estimate_label.setFont(theme.tabular_font())
        for box in (self.range_box, self.codec_box, self.quality_box, self.renderer_box):
            box.currentIndexChanged.connect(self._estimate_later)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.addRow(self.tr("&File"), path_row)
        form.labelForField(path_row).setBuddy(self.path_edit)
        form.addRow("", self.path_note)
        form.addRow(self.tr("F&rames"), self.range_box)
        form.addRow(self.tr("&Codec"), self.codec_box)
        form.addRow(self.tr("&Quality"), self.quality_box)
        form.addRow(self.tr("Ren&derer"), self.renderer_box)
        form.addRow(self.tr("Sound"), self.audio_check)
        form.addRow(self.tr("Time"), self.estimate_label)
        self.export_button = QPushButton(self.tr("&Export"))
        self.export_button.setDefault(True)
        theme.set_property(self.export_button, "primary", True)
        self.export_button.clicked.connect(self.start)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addLayout(form)
        layout.addStretch(1)
        self.queue_button = QPushButton(self.tr("Add to &queue"))
        self.queue_button.setAutoDefault(False)
        self.queue_button.setToolTip(self.tr("Export it after those that are queued already"))
        self.queue_button.clicked.connect(self.enqueue)
        layout.addLayout(self._buttons(cancel, self.queue_button, self.export_button))
        return page

    def _build_progress(self) -> QWidget:
        page = QWidget()
        self.progress_title = self._label(quiet=False)
        self.progress_bar = QProgressBar()
        self.progress_bar.setTextVisible(False)
        self.progress_bar.setAccessibleName(self.tr("Export progress"))
        self.progress_label = self._label()
        self.progress_label.setFont(theme.tabular_font())
        hide = QPushButton(self.tr("Go on in the background"))
        hide.setAutoDefault(False)
        hide.clicked.connect(self.reject)
        self.cancel_button = QPushButton(self.tr("Cancel the export"))
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.cancel_export)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.progress_title)
        layout.addWidget(self.progress_bar)
        layout.addWidget(self.progress_label)
        layout.addStretch(1)
        layout.addLayout(self._buttons(hide, self.cancel_button))
        return page

    def _build_done(self) -> QWidget:
        page = QWidget()
        self.done_title = self._label(quiet=False)
        self.done_label = self._label()
        folder = QPushButton(self.tr("Open &folder"))
        folder.setAutoDefault(False)
        folder.clicked.connect(self._open_folder)
        again = QPushButton(self.tr("Export again…"))
        again.setAutoDefault(False)
        again.clicked.connect(self._show_form)
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.done_title)
        layout.addWidget(self.done_label)
        layout.addStretch(1)
        layout.addLayout(self._buttons(again, folder, close))
        return page

    # --- the form ---------------------------------------------------------------------------------------------------

    @property
    def is_exporting(self) -> bool:
        """Whether an export runs or waits for its depth."""
        return self._job is not None or self._waiting is not None

    def open_for_document(self) -> None:
        """Show the form for the open document, or how the running export goes."""
        if not self.is_exporting:
            self._show_form()
        self.show()
        self.raise_()
        self.activateWindow()

    def _show_form(self) -> None:
        clip_path = self._session.clip_path
        if clip_path is None:
            return
        if not self.path_edit.text() or self._result_path is None:
            stem = (self._session.path or clip_path).stem
            suffix = clip_path.suffix.lower() if clip_path.suffix.lower() in SUFFIXES else ".mp4"
            folder = clip_path.parent
            if clip_path == self._core.sample_clip_path():  # not into the program's own folder
                folder = Path(preferences.last_folder())
            self.path_edit.setText(str(folder / f"{stem} refocused{suffix}"))
        start, stop = self._session.range
        count = self._session.frame_count
        self.range_box.clear()
        self.range_box.addItem(self.tr("Whole clip ({count} frames)").format(count=count), (0, None))
        if (start, stop) != (0, count):
            text = self.tr("Marked range, {start} to {last} ({count} frames)")
            self.range_box.addItem(text.format(start=start, last=stop - 1, count=stop - start), (start, stop))
            self.range_box.setCurrentIndex(1)
        self.renderer_box.setCurrentIndex(max(0, self.renderer_box.findData(self._session.project.renderer)))
        self.pages.setCurrentIndex(0)
        self._check()
        self._estimate_later()
        self.path_edit.setFocus()

    def shut(self) -> None:
        """The window closes: nothing new is begun."""
        self._estimate_timer.stop()
        self._waiting = None
        self.hide()

    def _on_clip_opened(self, _info: object) -> None:
        self._estimate_number += 1
        self._result_path = None
        self.path_edit.clear()
        if not self.is_exporting:
            self.hide()

    def _choose(self) -> None:
        path = self._dialogs.choose_export_target(Path(self.path_edit.text()))
        if path is not None:
            self.path_edit.setText(str(path if path.suffix else path.with_name(f"{path.name}.mp4")))

    def settings(self) -> ExportSettings:
        """What the form says.

        Raises:
            InputError: Something in it cannot be.
        """
        start, stop = self.range_box.currentData() or (0, None)
        return ExportSettings(
            output=self.path_edit.text().strip(),
            start=start,
            stop=stop,
            codec=self.codec_box.currentData(),
            quality=self.quality_box.currentData(),
            audio=self.audio_check.isChecked(),
            render=RenderSettings(renderer=self.renderer_box.currentData()),
        )

    def _check(self) -> None:
        """Say beside the path what is wrong with it; the core has the last word."""
        text = self.path_edit.text().strip()
        path, clip_path = Path(text), self._session.clip_path
        problem = note = ""
        if not text:
            problem = self.tr("Choose a file to write.")
        elif path.suffix.lower() not in SUFFIXES:
            problem = self.tr("The name must end in {endings}.").format(endings=", ".join(SUFFIXES))
        elif clip_path is not None and os.path.abspath(text) == os.path.abspath(clip_path):
            problem = self.tr("This is the clip itself. Choose another name.")
        elif path.is_dir():
            problem = self.tr("This is a folder.")
        elif not path.parent.is_dir():
            problem = self.tr("This folder does not exist.")
        elif path.exists():
            note = self.tr("A file of this name exists and will be replaced.")
        self.path_note.setText(problem or note)
        self.path_note.setVisible(bool(problem or note))
        theme.set_property(self.path_note, "error", bool(problem))
        theme.set_property(self.path_edit, "error", bool(problem))
        self.export_button.setEnabled(not problem)
        self.queue_button.setEnabled(not problem)

    # --- the estimate -----------------------------------------------------------------------------------------------

    def _estimate_later(self) -> None:
        self._estimate_number += 1
        self.estimate_label.setText(self.tr("measuring…"))
        self._estimate_timer.start()

    def _estimate(self) -> None:
        clip_path, project = self._session.clip_path, self._session.project
        if clip_path is None or self.pages.currentIndex() != 0 or not self.isVisible():
            return
        try:
            settings = self.settings()
        except VbrError as error:
            self.estimate_label.setText(error.message)
            return
        number = self._estimate_number
        project = edits.set_renderer(project, settings.render.renderer)
        job = self._runner.start("", lambda _ctx: self._core.time_export(project, clip_path, settings))
        job.finished.connect(lambda seconds: self._on_estimated(number, seconds))
        job.failed.connect(lambda _error: self._on_estimated(number, None))

    def _on_estimated(self, number: int, seconds: float | None) -> None:
        if number != self._estimate_number:
            return
        if seconds is None:
            self.estimate_label.setText(self.tr("not known"))
            return
        text = self.tr("about {time}").format(time=about(seconds))
        if self._depth.state == "running":
            text += self.tr(", after the depth is ready")
        self.estimate_label.setText(text)

    # --- the export -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Export what the form says. Waits for depth that is on its way."""
        clip_path = self._session.clip_path
        if clip_path is None or self.is_exporting:
            return
        try:
            settings = self.settings()
        except VbrError as error:
            self.failed.emit(error)
            return
        self.progress_title.setText(self.tr("Exporting “{name}”").format(name=Path(settings.output).name))
        self.progress_bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self.pages.setCurrentIndex(1)
        if self._depth.state == "running":
            self._waiting = (self._session.project, clip_path, settings)
            self.progress_label.setText(self.tr("Waiting for the depth…"))
        else:
            self._run(self._session.project, clip_path, settings)

    def enqueue(self) -> None:
        """Leave what the form says to the queue."""
        clip_path = self._session.clip_path
        if clip_path is None:
            return
        try:
            settings = self.settings()
        except VbrError as error:
            self.failed.emit(error)
            return
        self.accept()
        self.queued.emit(self._session.project, clip_path, settings)

    def _run(self, project: Project, clip_path: Path, settings: ExportSettings) -> None:
        disparity = self._depth.source
        project = edits.set_renderer(project, settings.render.renderer)

        def export(ctx: JobContext) -> object:
            return self._core.export_video(project, clip_path, settings, ctx, disparity)

        self.progress_label.setText(self.tr("Starting…"))
        self._job = self._runner.start(self.tr("Export"), export)
        self._job.progressed.connect(self._on_progress)
        self._job.finished.connect(self._on_finished)
        self._job.failed.connect(self._on_failed)
        self._job.cancelled.connect(self._on_cancelled)

    def cancel_export(self) -> None:
        """Stop the export; its target stays as it was."""
        if self._waiting is not None:
            self._waiting = None
            self._on_cancelled()
        elif self._job is not None:
            self._job.cancel()
            self.cancel_button.setEnabled(False)
            self.progress_label.setText(self.tr("Stopping…"))

    def _on_depth_state(self, state: str) -> None:
        if self._waiting is None or state == "running":
            return
        waiting, self._waiting = self._waiting, None
        if state == "ready" and waiting[1] == self._session.clip_path:
            self._run(*waiting)
        else:
            self._on_cancelled()

    def _on_depth_progress(self, progress: Progress) -> None:
        if self._waiting is not None and progress.total:
            text = self.tr("Waiting for the depth: {done} of {total}")
            self.progress_label.setText(text.format(done=progress.done, total=progress.total))

    def _on_progress(self, progress: Progress) -> None:
        if self._job is None or self._job.is_cancelling:
            return
        self.progress_bar.setRange(0, 1000)
        self.progress_bar.setValue(round(1000 * progress.fraction))
        parts = [progress.phase]
        if progress.total:
            parts[0] += self.tr(" {done} of {total}").format(done=progress.done, total=progress.total)
        if progress.per_second > 0:
            parts.append(self.tr("{rate:.1f} frames/s").format(rate=progress.per_second))
        if progress.remaining_seconds is not None:
            parts.append(self.tr("about {time} left").format(time=about(progress.remaining_seconds)))
        self.progress_label.setText(" · ".join(parts))

    def _on_finished(self, result: object) -> None:
        self._job = None
        self._result_path = Path(result.path)  # type: ignore[attr-defined]
        self.done_title.setText(self.tr("“{name}” is written").format(name=self._result_path.name))
        facts = self.tr("{count} frames in {time}.").format(
            count=result.frame_count,  # type: ignore[attr-defined]
            time=about(result.seconds),  # type: ignore[attr-defined]
        )
        note = getattr(result, "note", "")
        self.done_label.setText("\n".join(part for part in (str(self._result_path.parent), facts, note) if part))
        self.pages.setCurrentIndex(2)
        self.exported.emit(result)

    def _on_failed(self, error: Exception) -> None:
        self._job = None
        self.pages.setCurrentIndex(0)
        self._check()
        self.failed.emit(error)

    def _on_cancelled(self) -> None:
        self._job = None
        self.pages.setCurrentIndex(0)
        self._check()

    def _open_folder(self) -> None:
        if self._result_path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._result_path.parent)))

"""Export: puts form, estimate and progress together, and runs one export after another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.errors import describe
from app.export_estimate import EstimatePanel
from app.export_form import ExportForm
from app.export_notice import ExportNotice
from app.export_progress import DonePage, ProgressPage
from app.licence_note import LicenceNote
from vbr_core import edits
from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent

    from app.core_access import Core
    from app.depth_controller import DepthController
    from app.dialogs import Dialogs
    from app.job_runner import Job, JobRunner
    from app.models_controller import ModelsController
    from app.session import Session
    from vbr_core.jobs import JobContext, Progress
    from vbr_core.project import Project
    from vbr_core.settings import AnyExport


class ExportDialog(QDialog):
    """Asks what to write, then follows the writing. Closing it does not stop a running export."""

    failed = Signal(object)
    """An exception."""
    exported = Signal(object)
    """The ExportResult."""
    queued = Signal(object, object, object)
    """Project, path of the clip and settings of an export that is to wait its turn."""
    _pictured = Signal(int, object)

    def __init__(
        self,
        session: Session,
        core: Core,
        runner: JobRunner,
        depth: DepthController,
        models: ModelsController,
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
        self._waiting: tuple[Project, Path, AnyExport] | None = None
        self._result_path: Path | None = None
        self._is_shut = False
        self.notice = ExportNotice(parent or self)
        self.setWindowTitle(self.tr("Export"))
        self.setMinimumWidth(600)
        self.licence_note = LicenceNote(session, models)
        self.form = ExportForm(session, dialogs, core.sample_clip_path())
        self.estimate = EstimatePanel(runner)
        self.progress_page = ProgressPage()
        self.done_page = DonePage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self._build_form())
        self.pages.addWidget(self.progress_page)
        self.pages.addWidget(self.done_page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.addWidget(self.pages)
        self._name_parts()
        self.form.changed.connect(self._estimate_later)
        self.estimate.changed.connect(self._make_room)
        self.form.checked.connect(self._on_checked)
        self.form.failed.connect(self.failed)
        self.progress_page.hide_asked.connect(self.reject)
        self.progress_page.cancel_asked.connect(self.cancel_export)
        self.done_page.again_asked.connect(self._show_form)
        self.done_page.close_asked.connect(self.accept)
        self._pictured.connect(self._on_pictured)
        depth.state_changed.connect(self._on_depth_state)
        depth.progressed.connect(self._on_depth_progress)
        session.clip_opened.connect(self._on_clip_opened)

    def _name_parts(self) -> None:
        """The parts of the pages by short names."""
        form = self.form
        self.path_edit, self.path_note = form.path_edit, form.path_note
        self.range_box, self.codec_box, self.quality_box = form.range_box, form.codec_box, form.quality_box
        self.renderer_box, self.audio_check = form.renderer_box, form.audio_check
        self.estimate_label = self.estimate.time_label
        self.progress_title, self.progress_label = self.progress_page.title, self.progress_page.label
        self.progress_bar, self.cancel_button = self.progress_page.bar, self.progress_page.cancel_button
        self.done_title, self.done_label = self.done_page.title, self.done_page.label

    def _build_form(self) -> QWidget:
        page = QWidget()
        self.export_button = QPushButton(self.tr("&Export"))
        self.export_button.setDefault(True)
        theme.set_property(self.export_button, "primary", True)
        self.export_button.clicked.connect(self.start)
        self.queue_button = QPushButton(self.tr("Add to q&ueue"))
        self.queue_button.setToolTip(self.tr("Export it after those that are queued already"))
        self.queue_button.clicked.connect(self.enqueue)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for button in (cancel, self.queue_button, self.export_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(self.form)
        layout.addWidget(self.licence_note)
        layout.addWidget(self.estimate)
        layout.addStretch(1)
        layout.addLayout(row)
        return page

    # --- the form ---------------------------------------------------------------------------------------------------

    @property
    def is_exporting(self) -> bool:
        """Whether an export runs or waits for its depth."""
        return self._job is not None or self._waiting is not None

    def settings(self) -> AnyExport:
        """What the form says.

        Raises:
            InputError: Something in it cannot be.
        """
        return self.form.settings()

    def open_for_document(self) -> None:
        """Show the form for the open document, or how the running export goes."""
        if self._session.clip_path is None and not self.is_exporting:
            return
        self.show()
        if not self.is_exporting:
            self._show_form()
        self.raise_()
        self.activateWindow()

    def _show_form(self) -> None:
        self.form.fill()
        self.estimate.set_title_width(self.form.title_width())
        self.pages.setCurrentIndex(0)
        self._estimate_later()
        self.path_edit.setFocus()

    def shut(self) -> None:
        """The window closes: nothing new is begun."""
        self._is_shut = True
        self._waiting = None
        self.estimate.stop()
        self.hide()

    def hideEvent(self, event: QHideEvent) -> None:
        self.estimate.stop()
        super().hideEvent(event)

    def _on_clip_opened(self, _info: object) -> None:
        self._result_path = None
        self.form.forget_path()
        if not self.is_exporting:
            self.hide()

    def _make_room(self) -> None:
        """A warning needs a line more."""
        wanted = self.sizeHint().height()
        if self.isVisible() and self.height() < wanted:
            self.resize(self.width(), wanted)

    def _on_checked(self, good: bool) -> None:
        self.export_button.setEnabled(good)
        self.queue_button.setEnabled(good)

    def _estimate_later(self) -> None:
        """Measure what the form says now."""
        clip_path = self._session.clip_path
        if clip_path is None or self._is_shut or not self.isVisible() or self.pages.currentIndex() != 0:
            return
        try:
            settings = self.settings()
        except VbrError as error:
            self.estimate.refuse(error.message)
            return
        project = edits.set_renderer(self._session.project, settings.render.renderer)
        disparity = self._depth.source
        running = self._depth.state == "running"
        self.estimate.note = self.tr(", after the depth is ready") if running else ""
        self.estimate.begin_later(lambda ctx: self._core.estimate_export(project, clip_path, settings, ctx, disparity))

    # --- the export -------------------------------------------------------------------------------------------------

    def _ready_settings(self) -> AnyExport | None:
        """What the form says, if it can be and the user wants it although the disk may be too small."""
        try:
            settings = self.settings()
        except VbrError as error:
            self.failed.emit(error)
            return None
        warning = self.estimate.disk_warning()
        return None if warning and not self._dialogs.ask_short_disk(warning) else settings

    def start(self) -> None:
        """Export what the form says. Waits for depth that is on its way."""
        clip_path = self._session.clip_path
        if clip_path is None or self.is_exporting:
            return
        settings = self._ready_settings()
        if settings is None:
            return
        self.estimate.stop()
        self.progress_page.begin(Path(settings.output).name)
        self.pages.setCurrentIndex(1)
        if self._depth.state == "running":
            self._waiting = (self._session.project, clip_path, settings)
            self.progress_label.setText(self.tr("Waiting for the depth…"))
        else:
            self._run(self._session.project, clip_path, settings)

    def enqueue(self) -> None:
        """Leave what the form says to the queue."""
        clip_path = self._session.clip_path
        settings = self._ready_settings() if clip_path is not None else None
        if settings is None:
            return
        self.accept()
        self.queued.emit(self._session.project, clip_path, settings)

    def _run(self, project: Project, clip_path: Path, settings: AnyExport) -> None:
        disparity = self._depth.source
        project = edits.set_renderer(project, settings.render.renderer)

        def export(ctx: JobContext) -> object:
            return self._core.export(project, clip_path, settings, ctx, disparity, self._pictured.emit)

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
            self.progress_page.show_stopping()

    def _on_depth_state(self, state: str) -> None:
        if state == "running":
            return
        if self._waiting is None:
            self._estimate_later()
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
        if self._job is not None and not self._job.is_cancelling:
            self.progress_page.show_progress(progress)

    def _on_pictured(self, frame_index: int, rgb: Any) -> None:
        if self._job is not None and self.isVisible():
            self.progress_page.picture.show_picture(frame_index, rgb)
            self.done_page.picture.show_picture(frame_index, rgb)

    def _on_finished(self, result: Any) -> None:
        self._job = None
        self._result_path = Path(result.path)
        self.done_page.show_result(result)
        self.done_page.picture.setVisible(self.done_page.picture.frame_index is not None)
        self.pages.setCurrentIndex(2)
        self.done_page.close_button.setFocus()
        self.exported.emit(result)
        self.notice.tell(self.tr("The export is done"), str(self._result_path.name))

    def _on_failed(self, error: Exception) -> None:
        self._back_to_form()
        self.failed.emit(error)
        self.notice.tell(self.tr("The export failed"), describe(error)[0])

    def _on_cancelled(self) -> None:
        self._back_to_form()

    def _back_to_form(self) -> None:
        self._job = None
        self.pages.setCurrentIndex(0)
        self.form.check()
        self._estimate_later()

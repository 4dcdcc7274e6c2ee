"""The page of the preferences on the cache folder: where it is, how large, clearing and moving it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLayout, QPushButton, QVBoxLayout, QWidget

from app import cache_folder, preferences, theme
from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from app.job_runner import Job, JobRunner
    from app.session import Session
    from vbr_core.jobs import JobContext


class StoragePage(QWidget):
    """All disk work is done by jobs; clearing and moving wait until no document is open, since it uses the files."""

    failed = Signal(str)
    """A sentence."""

    def __init__(self, session: Session, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self._is_busy = False
        self.path_label = self._label()
        self.path_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.size_label = self._label()
        self.reason_label = self._label()
        for label in (self.size_label, self.reason_label):
            theme.set_property(label, "quiet", True)
        self.clear_button = QPushButton(self.tr("&Clear…"))
        self.clear_button.setToolTip(self.tr("Deletes depth and waveforms, which are made again when needed"))
        self.move_button = QPushButton(self.tr("&Move to another folder…"))
        self.confirm_button = QPushButton(self.tr("&Delete now"))
        self.confirm_button.hide()
        self.clear_button.clicked.connect(self._ask_clear)
        self.confirm_button.clicked.connect(lambda _checked=False: self.clear())
        self.move_button.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE_PX)
        for button in (self.clear_button, self.confirm_button, self.move_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE_PX)
        title = self._label()
        title.setText(self.tr("Estimated depth, waveforms and fetched models are kept in this folder:"))
        for widget in (title, self.path_label, self.size_label):
            box.addWidget(widget)
        self._rows = QVBoxLayout()
        box.addLayout(self._rows)
        box.addLayout(row)
        box.addWidget(self.reason_label)
        box.addStretch(1)
        session.clip_opened.connect(self._refresh)
        runner.job_started.connect(self._refresh)
        runner.job_ended.connect(self._refresh)
        self._refresh()

    def add_row(self, row: QLayout) -> None:
        """Put something above the buttons."""
        self._rows.addLayout(row)

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def reason(self) -> str:
        """Why the folder cannot be changed now; empty if it can."""
        if self._session.clip_info is not None:
            return self.tr("Close the document first: it uses these files.")
        if self._is_busy or any(job.title for job in self._runner.jobs):
            return self.tr("Something is running that may use these files.")
        return ""

    def _refresh(self, *_: object) -> None:
        why = self.reason()
        self.path_label.setText(str(preferences.cache_folder()))
        self.reason_label.setText(why)
        for button in (self.clear_button, self.move_button, self.confirm_button):
            button.setEnabled(not why)
        if why:
            self.confirm_button.hide()

    def measure(self) -> None:
        """Look how large the folder is."""
        self.size_label.setText(self.tr("Looking at the folder…"))
        self._refresh()
        root = preferences.cache_folder()
        job = self._runner.start("", lambda ctx: cache_folder.measure(root, ctx))
        job.finished.connect(self._show_size)
        job.failed.connect(self._on_failed)

    def _show_size(self, size: cache_folder.CacheSize) -> None:
        self.size_label.setText(
            self.tr("{made} that can be made again, {models} of models; {free} free on this disk").format(
                made=amount(size.made_bytes), models=amount(size.fetched_bytes), free=amount(size.free_bytes)
            )
        )

    def _ask_clear(self) -> None:
        self.confirm_button.setVisible(self.confirm_button.isHidden())

    def clear(self) -> None:
        """Delete what can be made again."""
        root = preferences.cache_folder()
        job = self._run(self.tr("Clearing the cache"), lambda ctx: cache_folder.clear(root, ctx))
        if job is not None:
            job.ended.connect(self.measure)

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.tr("New cache folder"), str(preferences.cache_folder().parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.move_to(Path(path)))
        dialog.open()

    def move_to(self, target: Path) -> None:
        """Copy the cache to ``target``, use it there, then delete the old files."""
        root = preferences.cache_folder()
        job = self._run(self.tr("Moving the cache"), lambda ctx: cache_folder.move(root, target, ctx))
        if job is not None:
            job.finished.connect(lambda _count: self._on_copied(root, target))

    def _on_copied(self, root: Path, target: Path) -> None:
        try:
            preferences.set_cache_folder(target)
        except VbrError as error:
            self._on_failed(error)
            return
        job = self._runner.start(self.tr("Deleting the old cache"), lambda ctx: cache_folder.remove(root, ctx))
        job.finished.connect(lambda kept: self._on_removed(root, kept))
        job.ended.connect(self.measure)

    def _on_removed(self, root: Path, kept: int) -> None:
        if kept:
            self.failed.emit(self.tr("%n file(s) could not be deleted from {folder}.", "", kept).format(folder=root))

    def _run(self, title: str, work: object) -> Job | None:
        if self.reason():
            return None
        self._is_busy = True

        def run(ctx: JobContext) -> object:
            return work(ctx)  # type: ignore[operator]

        job = self._runner.start(title, run)
        job.failed.connect(self._on_failed)
        job.ended.connect(self._on_ended)
        self._refresh()
        return job

    def _on_ended(self) -> None:
        self._is_busy = False
        self._refresh()

    def _on_failed(self, error: Exception) -> None:
        hint = error.hint if isinstance(error, VbrError) else ""
        self.failed.emit(f"{error} {hint}".strip())


def amount(count: int) -> str:
    """A number of bytes for reading."""
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"

"""The list of queued exports: their order, how far they are, pause, another try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.core_words import phase_words
from app.errors import describe
from app.export_progress import FramePicture, open_path
from app.timecode import about

if TYPE_CHECKING:
    import numpy as np

    from app.export_queue import ExportQueue, QueueItem

PICTURE_PX = 160


class ExportQueuePanel(QDialog):
    """Closing it stops nothing."""

    def __init__(self, queue: ExportQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self.setWindowTitle(self.tr("Export queue"))
        self.list = QTreeWidget()
        self.list.setColumnCount(3)
        self.list.setHeaderLabels([self.tr("File"), self.tr("Folder"), self.tr("State")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName(self.tr("Export queue"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.list.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, 200)
        header.resizeSection(1, 220)
        self.list.itemSelectionChanged.connect(self._refresh_buttons)
        self.empty_label = QLabel(
            self.tr("Nothing is queued. “Add to queue” in the export dialog puts an export here.")
        )
        self.empty_label.setWordWrap(True)
        theme.set_property(self.empty_label, "quiet", True)
        self.detail_label = QLabel()
        self.detail_label.setWordWrap(True)
        self.detail_label.setTextFormat(Qt.TextFormat.PlainText)
        self.picture = FramePicture(PICTURE_PX)
        self.picture.setFixedHeight(PICTURE_PX)
        self.picture.hide()
        self.pause_button = self._button(self.tr("&Pause"), lambda: queue.set_paused(not queue.is_paused))
        self.up_button = self._button(self.tr("Move &up"), lambda: self._move(-1))
        self.down_button = self._button(self.tr("Move &down"), lambda: self._move(1))
        self.retry_button = self._button(self.tr("&Retry"), lambda: self._with_current(queue.retry))
        self.remove_button = self._button(self.tr("Re&move"), lambda: self._with_current(queue.remove))
        self.clear_button = self._button(self.tr("&Clear ended"), queue.clear_ended)
        self.clear_button.setToolTip(self.tr("Takes every export that is done, failed or was cancelled off this list"))
        self.folder_button = self._button(self.tr("Open &folder"), self._open_folder)
        close = self._button(self.tr("Close"), self.close)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.pause_button, self.up_button, self.down_button, self.retry_button, self.remove_button):
            row.addWidget(button)
        row.addWidget(self.clear_button)
        row.addStretch(1)
        row.addWidget(self.folder_button)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.empty_label)
        column.addWidget(self.list, 1)
        column.addWidget(self.picture)
        column.addWidget(self.detail_label)
        column.addLayout(row)
        self.setMinimumSize(760, 320)
        queue.changed.connect(self._rebuild)
        queue.progressed.connect(self._on_progress)
        queue.pictured.connect(self._on_pictured)
        self._rebuild()

    def _button(self, text: str, handler: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: handler())  # type: ignore[operator]
        return button

    def open_page(self) -> None:
        """Show it."""
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def current(self) -> QueueItem | None:
        """The selected item."""
        row = self.list.currentItem()
        return row.data(0, Qt.ItemDataRole.UserRole) if row is not None else None

    def state_words(self, item: QueueItem) -> str:
        """How an item stands, in words."""
        if item.state == "running":
            return self._running_words(item)
        return {
            "waiting": self.tr("held") if self._queue.is_paused else self.tr("waiting"),
            "done": self.tr("done"),
            "failed": self.tr("failed"),
            "cancelled": self.tr("cancelled"),
        }[item.state]

    def _running_words(self, item: QueueItem) -> str:
        if item.job is not None and item.job.is_cancelling:
            return self.tr("stopping…")
        progress = item.progress
        parts = [self.tr("paused")] if self._queue.is_paused else []
        if progress is None:
            return parts[0] if parts else self.tr("starting…")
        phase = phase_words(progress.phase)
        parts.append(f"{phase} {progress.amount}" if progress.total else phase)
        if progress.remaining_seconds is not None and not self._queue.is_paused:
            parts.append(self.tr("about {time} left").format(time=about(progress.remaining_seconds)))
        return " · ".join(parts)

    def _rebuild(self) -> None:
        current, items = self.current, self._queue.items
        if self._queue.running is None:
            self.picture.hide()
        self.list.blockSignals(True)
        self.list.clear()
        for item in items:
            row = QTreeWidgetItem([item.output.name, str(item.output.parent), self.state_words(item)])
            row.setData(0, Qt.ItemDataRole.UserRole, item)
            row.setToolTip(0, str(item.output))
            row.setToolTip(1, str(item.output))
            self.list.addTopLevelItem(row)
            if item is current:
                self.list.setCurrentItem(row)
        if self.list.currentItem() is None and items:
            self.list.setCurrentItem(self.list.topLevelItem(0))  # type: ignore[arg-type]
        self.list.blockSignals(False)
        self.empty_label.setVisible(not items)
        self.pause_button.setText(self.tr("Go &on") if self._queue.is_paused else self.tr("&Pause"))
        self._refresh_buttons()

    def _on_progress(self, item: QueueItem) -> None:
        for number in range(self.list.topLevelItemCount()):
            row = self.list.topLevelItem(number)
            if row is not None and row.data(0, Qt.ItemDataRole.UserRole) is item:
                row.setText(2, self.state_words(item))

    def _on_pictured(self, item: QueueItem, frame_index: int, rgb: np.ndarray) -> None:
        if item.state == "running" and self.isVisible():
            self.picture.show_picture(frame_index, rgb)
            self.picture.show()

    def _refresh_buttons(self) -> None:
        item, items = self.current, self._queue.items
        at = items.index(item) if item is not None and item in items else -1
        self.pause_button.setEnabled(self._queue.open_count > 0 or self._queue.is_paused)
        self.up_button.setEnabled(at > 0)
        self.down_button.setEnabled(0 <= at < len(items) - 1)
        self.retry_button.setEnabled(item is not None and item.state in ("failed", "cancelled"))
        self.remove_button.setEnabled(item is not None)
        stops = item is not None and item.state == "running"
        self.remove_button.setText(self.tr("&Stop") if stops else self.tr("Re&move"))
        self.clear_button.setEnabled(len(items) > self._queue.open_count)
        self.folder_button.setEnabled(item is not None)
        detail = ""
        if item is not None:
            detail = " ".join(part for part in describe(item.error) if part) if item.error is not None else item.note
        self.detail_label.setText(detail)
        self.detail_label.setVisible(bool(detail))
        theme.set_property(self.detail_label, "error", item is not None and item.error is not None)

    def _with_current(self, act: object) -> None:
        item = self.current
        if item is not None:
            act(item)  # type: ignore[operator]

    def _move(self, by: int) -> None:
        self._with_current(lambda item: self._queue.move(item, by))

    def _open_folder(self) -> None:
        item = self.current
        if item is not None:
            open_path(item.output.parent)

"""How an export goes, with the frame that is being written, and what to do with the result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage, QPainter
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app import export_notice, theme
from app.core_words import phase_words
from app.export_fields import quiet_label
from app.timecode import about

if TYPE_CHECKING:
    import numpy as np
    from PySide6.QtGui import QPaintEvent

    from vbr_core.jobs import Progress

translate = QCoreApplication.translate


def open_path(path: Path) -> None:
    """Let the system open a file or a folder."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def progress_words(progress: Progress) -> str:
    """One line on where an export stands."""
    parts = [phase_words(progress.phase)]
    if progress.total:
        if progress.unit:
            parts[0] += f" {progress.amount}"
        else:
            parts[0] = translate("ExportProgress", "{phase}: frame {done} of {total}").format(
                phase=parts[0], done=progress.done, total=progress.total
            )
    if progress.per_second > 0 and not progress.unit:
        parts.append(translate("ExportProgress", "{rate:.1f} frames/s").format(rate=progress.per_second))
    if progress.remaining_seconds is not None:
        parts.append(translate("ExportProgress", "about {time} left").format(time=about(progress.remaining_seconds)))
    return " · ".join(parts)


class FramePicture(QWidget):
    """The latest frame that was written, small; grey until there is one."""

    def __init__(self, height_px: int = 200, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._height = height_px
        self.frame_index: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(height_px // 2)
        self.setAccessibleName(self.tr("The frame that is being written"))

    def sizeHint(self) -> QSize:
        return QSize(self._height * 16 // 9, self._height)

    def show_picture(self, frame_index: int, rgb: np.ndarray) -> None:
        """Show a picture (h, w, 3) uint8, sRGB; it is copied."""
        height, width = rgb.shape[:2]
        self._image = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.frame_index = frame_index
        self.update()

    def clear(self) -> None:
        """Nothing was written yet."""
        self._image, self.frame_index = None, None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.roles().color("surround"))
        if self._image is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        painter.drawImage(QRectF(left, top, size.width(), size.height()), self._image)


def _button(text: str, act: object, default: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setDefault(default)
    button.clicked.connect(act)
    return button


def _buttons(*buttons: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for button in buttons:
        row.addWidget(button)
    return row


class ProgressPage(QWidget):
    """A running export."""

    hide_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = quiet_label(quiet=False)
        self.picture = FramePicture()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Export progress"))
        self.label = quiet_label()
        self.label.setFont(theme.tabular_font())
        self.sound_check = QCheckBox(self.tr("&Sound when it is done"))
        self.sound_check.setChecked(export_notice.wants_sound())
        self.sound_check.toggled.connect(export_notice.set_wants_sound)
        self.cancel_button = _button(self.tr("Cancel the export"), self.cancel_asked.emit)
        hide = _button(self.tr("Go on in the background"), self.hide_asked.emit)
        row = _buttons(hide, self.cancel_button)
        row.insertWidget(0, self.sound_check)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.title)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.label)
        layout.addLayout(row)

    def begin(self, name: str) -> None:
        """Another export begins."""
        self.title.setText(self.tr("Exporting “{name}”").format(name=name))
        self.picture.clear()
        self.bar.setRange(0, 0 if theme.motion_allowed() else 1000)  # a range of nothing moves to and fro
        self.bar.setValue(0)
        self.cancel_button.setEnabled(True)
        self.label.setText(self.tr("Starting…"))

    def show_progress(self, progress: Progress) -> None:
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * progress.fraction))
        self.label.setText(progress_words(progress))

    def show_stopping(self) -> None:
        self.cancel_button.setEnabled(False)
        self.label.setText(self.tr("Stopping…"))


class DonePage(QWidget):
    """An export that is finished."""

    again_asked = Signal()
    close_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self.title = quiet_label(quiet=False)
        self.label = quiet_label()
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.picture = FramePicture()
        self.folder_button = _button(self.tr("Open &folder"), self.open_folder)
        self.file_button = _button(self.tr("Sho&w file"), self.open_file)
        again = _button(self.tr("Export again…"), self.again_asked.emit)
        close = self.close_button = _button(self.tr("Close"), self.close_asked.emit, default=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.title)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.label)
        layout.addLayout(_buttons(again, self.folder_button, self.file_button, close))

    def show_result(self, result: Any) -> None:
        """Say what an ExportResult is."""
        self._path = Path(result.path)
        self.title.setText(self.tr("“{name}” is written").format(name=self._path.name))
        count = result.frame_count
        text = self.tr("1 frame in {time}.") if count == 1 else self.tr("{count} frames in {time}.")
        facts = text.format(count=count, time=about(result.seconds))
        note = getattr(result, "note", "")
        self.label.setText("\n".join(part for part in (str(self._path.parent), facts, note) if part))

    def open_folder(self) -> None:
        """Show where the result lies."""
        if self._path is not None:
            open_path(self._path.parent)

    def open_file(self) -> None:
        """Show the result itself; a folder of pictures is opened."""
        if self._path is not None:
            open_path(self._path)

"""What one sees before a clip is open: where to drop one, the sample, recent files, and what comes next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app import icons, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPaintEvent, QResizeEvent

RECENT_SHOWN = 6
COLUMN_PX = 560


class DropZone(QWidget):
    """A dashed frame that takes a dropped file."""

    path_dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = False
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Drop a clip here"))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(colors.color("focus" if self._over else "line_strong"), 1.5, Qt.PenStyle.DashLine)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(colors.color("text", 0.06 if self._over else 0.0))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._over = True
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.path_dropped.emit(paths[0])


class Welcome(QWidget):
    """The first page."""

    open_requested = Signal()
    sample_requested = Signal()
    path_dropped = Signal(str)
    recent_requested = Signal(str)
    command_requested = Signal(str)
    """Id of a command."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._recent: list[QToolButton] = []
        self._link_buttons: dict[str, QPushButton] = {}
        self._drop = DropZone(self)
        self._drop.path_dropped.connect(self.path_dropped)
        self._lay_out_drop()
        self._column = column = QVBoxLayout()
        column.setSpacing(theme.SPACE_PX * 2)
        column.addStretch(1)
        column.addWidget(self._drop)
        column.addWidget(self._steps())
        self._recent_title = self._label(self.tr("RECENT"), title=True)
        self._recent_box = QVBoxLayout()
        self._recent_box.setSpacing(2)
        column.addWidget(self._recent_title)
        column.addLayout(self._recent_box)
        column.addStretch(2)
        column.addLayout(self._links())
        middle = QWidget(self)
        middle.setLayout(column)
        middle.setFixedWidth(COLUMN_PX)
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addWidget(middle)
        outer.addStretch(1)
        self.set_recent([])

    def _label(self, text: str, **properties: object) -> QLabel:
        label = QLabel(text, self)
        for name, value in properties.items():
            label.setProperty(name, value)
        return label

    def _lay_out_drop(self) -> None:
        mark = QLabel(self._drop)
        mark.setPixmap(icons.app_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = self._label(self.tr("Drop a clip or a project here"))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._open = QPushButton(self.tr("Open clip…"), self._drop)
        self._open.setProperty("primary", True)
        self._open.setDefault(True)
        self._open.clicked.connect(self.open_requested)
        self._sample = QPushButton(self.tr("Try the sample clip"), self._drop)
        self._sample.clicked.connect(self.sample_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE_PX)
        buttons.addStretch(1)
        buttons.addWidget(self._open)
        buttons.addWidget(self._sample)
        buttons.addStretch(1)
        box = QVBoxLayout(self._drop)
        box.setContentsMargins(24, 32, 24, 32)
        box.setSpacing(theme.SPACE_PX * 2)
        box.addWidget(mark)
        box.addWidget(title)
        box.addLayout(buttons)

    def _steps(self) -> QWidget:
        steps = QWidget(self)
        row = QHBoxLayout(steps)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_PX * 2)
        texts = (
            ("key_focus", self.tr("Click what should be sharp"), self.tr("A key is set where the playhead is.")),
            ("graph", self.tr("Move on, click again"), self.tr("Focus eases from key to key.")),
            ("export", self.tr("Export"), self.tr("An MP4 with the sound it had.")),
        )
        for number, (name, title, text) in enumerate(texts, start=1):
            cell = QVBoxLayout()
            cell.setSpacing(2)
            head = QHBoxLayout()
            head.setSpacing(6)
            head.addWidget(icons.IconLabel(name, 20, parent=steps))
            head.addWidget(self._label(f"{number}", quiet=True, small=True))
            head.addStretch(1)
            cell.addLayout(head)
            words = self._label(title)
            words.setWordWrap(True)
            cell.addWidget(words)
            rest = self._label(text, quiet=True, small=True)
            rest.setWordWrap(True)
            cell.addWidget(rest)
            cell.addStretch(1)
            row.addLayout(cell, 1)
        return steps

    def _links(self) -> QHBoxLayout:
        """What one may want to set up before the first clip."""
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE_PX)
        row.addStretch(1)
        for command, text in (
            ("models", self.tr("Depth models")),
            ("preferences", self.tr("Preferences")),
            ("shortcuts", self.tr("Keyboard shortcuts")),
        ):
            button = QPushButton(text, self)
            button.setFlat(True)
            button.clicked.connect(lambda _checked=False, command=command: self.command_requested.emit(command))
            theme.set_property(button, "quiet", True)
            row.addWidget(button)
            self._link_buttons[command] = button
        row.addStretch(1)
        return row

    def set_recent(self, paths: list[str]) -> None:
        """List files opened before, newest first."""
        for button in self._recent:
            self._recent_box.removeWidget(button)
            button.deleteLater()
        self._recent = []
        for path in paths[:RECENT_SHOWN]:
            button = QToolButton(self)
            name, folder = Path(path).name, str(Path(path).parent)
            metrics = button.fontMetrics()
            shown = metrics.elidedText(folder, Qt.TextElideMode.ElideMiddle, 500 - metrics.horizontalAdvance(name))
            button.setText(f"{name}   {shown}".replace("&", "&&"))
            button.setToolTip(path)
            button.setIcon(icons.icon("film", "quiet"))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, path=path: self.recent_requested.emit(path))
            self._recent.append(button)
            self._recent_box.addWidget(button)
        self._show_what_fits()

    def _show_what_fits(self) -> None:
        """In a low window the oldest of the recent files are left out."""
        count = len(self._recent)
        self._recent_title.setVisible(count > 0)
        for button in self._recent:
            button.setVisible(True)
        while count and self._least_height() > self.height():
            count -= 1
            self._recent[count].setVisible(False)
            self._recent_title.setVisible(count > 0)

    def _least_height(self) -> int:
        for layout in (self._recent_box, self._column):  # they learn of what was hidden only later
            layout.invalidate()
        margins = self.layout().contentsMargins()
        least = max(self._column.totalMinimumHeightForWidth(COLUMN_PX), self._column.totalMinimumSize().height())
        return least + margins.top() + margins.bottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many recent files as there is room for."""
        super().resizeEvent(event)
        self._show_what_fits()

    @property
    def link_buttons(self) -> dict[str, QPushButton]:
        """The buttons at the lower edge, by the command that they run."""
        return dict(self._link_buttons)

    @property
    def recent_buttons(self) -> list[QToolButton]:
        """The buttons of the recent files."""
        return list(self._recent)

    @property
    def drop_zone(self) -> DropZone:
        """Where files are dropped."""
        return self._drop

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), theme.roles().color("background"))

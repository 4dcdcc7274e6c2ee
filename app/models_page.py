"""The Models page: depth networks with licence, size, need and speed; getting, checking, importing, removing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.model_row import COLUMN_PX, MARGINS_PX, SPACING_PX, ModelRow, small_label
from vbr_core import edits
from vbr_core.depth.model_files import bytes_words, size_words

if TYPE_CHECKING:
    from app.dialogs import Dialogs
    from app.models_controller import ModelsController
    from app.session import Session
    from vbr_core.depth.model_files import ModelStatus

SCROLL_BAR_PX = 10
MINIMUM_WIDTH_PX = 1080


class ModelsPage(QDialog):
    """All models in a list. Closing it stops nothing."""

    def __init__(
        self, session: Session, models: ModelsController, dialogs: Dialogs, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._models = models
        self._dialogs = dialogs
        self.rows: dict[str, ModelRow] = {}
        """By name of the model; those that are not offered are hidden."""
        self._lines: dict[str, QFrame] = {}
        self.setWindowTitle(self.tr("Depth models"))
        self.commercial_box = QCheckBox(self.tr("&Commercially safe only"))
        self.commercial_box.setToolTip(self.tr("Show only models whose results may be used in paid work"))
        self.commercial_box.setChecked(models.commercial_only)
        self.commercial_box.toggled.connect(models.set_commercial_only)
        self.warning_label = QLabel()
        self.warning_label.setWordWrap(True)
        theme.set_property(self.warning_label, "error", True)
        self.list = QWidget()
        self._list_layout = QVBoxLayout(self.list)
        self._list_layout.setContentsMargins(0, 0, 0, 0)
        self._list_layout.setSpacing(0)
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.scroll.setAccessibleName(self.tr("Depth models"))
        self.scroll.setWidget(self.list)
        self.place_label = small_label()
        self.folder_button = QPushButton(self.tr("Show the &folder"))
        self.folder_button.setAutoDefault(False)
        self.folder_button.clicked.connect(self._show_folder)
        close = QPushButton(self.tr("Close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(self._head())
        column.addWidget(self.warning_label)
        column.addWidget(self._framed_list(), 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.place_label, 1)
        foot.addWidget(self.folder_button)
        foot.addWidget(close)
        column.addLayout(foot)
        models.statuses_changed.connect(self._rebuild)
        models.work_changed.connect(self._on_work_changed)
        session.changed.connect(self._refresh_all)
        session.clip_opened.connect(self._refresh_all)
        self.setMinimumSize(MINIMUM_WIDTH_PX, 400)
        self.resize(1160, 640)  # before it is shown, or Qt takes two thirds of the screen at most
        self._rebuild()

    def open_page(self) -> None:
        """Show the page, and look at the files again."""
        self._models.refresh()
        self.show()
        self.raise_()
        self.activateWindow()

    # --- building ---------------------------------------------------------------------------------------------------

    def _head(self) -> QHBoxLayout:
        words = QLabel(
            self.tr(
                "Networks that estimate depth from the picture. Nothing is downloaded until you ask, and every file is "
                "checked before it is used."
            )
        )
        words.setWordWrap(True)
        theme.set_property(words, "quiet", True)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addWidget(words, 1)
        row.addWidget(self.commercial_box)
        return row

    def _framed_list(self) -> QWidget:
        header = QWidget()
        row = QHBoxLayout(header)
        left, _, right, _ = MARGINS_PX
        row.setContentsMargins(left, 8, right + SCROLL_BAR_PX, 8)
        row.setSpacing(SPACING_PX)
        titles = {
            "licence": self.tr("Licence"),
            "size": self.tr("Download"),
            "memory": self.tr("Memory"),
            "speed": self.tr("Speed"),
            "state": self.tr("State"),
        }
        tips = {
            "memory": self.tr("What weights and network need for one picture, about"),
            "speed": self.tr(
                "On a processor, against the starter: fast is up to about 3 times its time, medium up to about 30"
            ),
        }
        row.addWidget(self._column_title(self.tr("Model")), 1)
        for name, text in titles.items():
            label = self._column_title(text)
            label.setFixedWidth(COLUMN_PX[name])
            label.setToolTip(tips.get(name, ""))
            if name in ("size", "memory"):
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
            row.addWidget(label)
        row.addSpacing(SPACING_PX + COLUMN_PX["button"] + SPACING_PX + COLUMN_PX["more"])
        box = QFrame()
        box.setObjectName("well")
        theme.set_property(box, "well", True)
        column = QVBoxLayout(box)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(_line())
        column.addWidget(self.scroll, 1)
        return box

    def _column_title(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setFont(theme.title_font())
        theme.set_property(label, "title", True)
        return label

    def _rebuild(self) -> None:
        """Make the rows anew if there are other models, show those that are offered, bring them up to date."""
        statuses = self._models.statuses
        if [each.entry.name for each in statuses] != list(self.rows):
            while (item := self._list_layout.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            self.rows, self._lines = {}, {}
            for status in statuses:
                self._add_row(status)
            self._list_layout.addStretch(1)
        offered = [each.entry.name for each in self._models.offered()]
        for name, row in self.rows.items():
            row.setVisible(name in offered)
            self._lines[name].setVisible(name in offered[1:])
        self._refresh_all()
        mine = [each for each in statuses if not each.entry.bundled]
        used = sum(each.have_bytes for each in mine)
        self.folder_button.setEnabled(used > 0)
        if mine:
            text = self.tr("Kept in {folder}").format(folder=mine[0].path.parent)
            self.place_label.setText(f"{text} · {bytes_words(used)}" if used else text)

    def _add_row(self, status: ModelStatus) -> None:
        name = status.entry.name
        row = self.rows[name] = ModelRow(status, self.list)
        row.get_asked.connect(self._models.get)
        row.cancel_asked.connect(self._models.cancel)
        row.verify_asked.connect(self._models.verify)
        row.import_asked.connect(self._import)
        row.remove_asked.connect(self._remove)
        row.use_asked.connect(self._use)
        row.homepage_asked.connect(self._show_homepage)
        self._lines[name] = _line()
        self._list_layout.addWidget(self._lines[name])
        self._list_layout.addWidget(row)

    def _refresh_all(self, *_: object) -> None:
        for name in self.rows:
            self._refresh(name)
        status = self._models.status(self._session.project.depth)
        bound = status is not None and not status.entry.commercial_ok and self._models.commercial_only
        if status is not None and bound:
            self.warning_label.setText(
                self.tr("The open project uses {title}, which is not for commercial work.").format(
                    title=status.entry.title
                )
            )
        self.warning_label.setVisible(bound)

    def _on_work_changed(self, name: str) -> None:
        if name in self.rows:
            self._refresh(name)

    def _refresh(self, name: str) -> None:
        models = self._models
        status = models.status(name)
        if status is None:
            return
        has_clip = self._session.clip_info is not None
        self.rows[name].show_status(
            status,
            models.work(name),
            models.job(name),
            models.problems.get(name, ""),
            name in models.good,
            has_clip and self._session.project.depth == name,
            has_clip,
        )

    # --- doing ------------------------------------------------------------------------------------------------------

    def _use(self, name: str) -> None:
        self._session.apply(edits.set_depth(self._session.project, name), self.tr("Choose the depth"))

    def _import(self, name: str) -> None:
        path = self._dialogs.choose_weights_file(self.rows[name].status.entry.title)
        if path is not None:
            self._models.import_file(name, path)

    def _remove(self, name: str) -> None:
        entry = self.rows[name].status.entry
        if self._dialogs.ask_remove_model(entry.title, size_words(entry)):
            self._models.remove(name)

    def _show_homepage(self, name: str) -> None:
        QDesktopServices.openUrl(QUrl(self.rows[name].status.entry.homepage))

    def _show_folder(self) -> None:
        folder = next(each.path.parent for each in self._models.statuses if not each.entry.bundled)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _line() -> QFrame:
    line = QFrame()
    theme.set_property(line, "line", True)
    return line

"""The column left of the timeline: what each row is, its value at the playhead, and buttons to walk its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app import theme
from app.icons import icon
from app.timeline import key_menu
from vbr_core import edits
from vbr_core.animation import value_at

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from app.session import Session
    from vbr_core.project import TrackName

HEAD_PX = 168


def small_button(icon_name: str, text: str, parent: QWidget) -> QToolButton:
    """A quiet button for the column."""
    button = QToolButton(parent)
    button.setIcon(icon(icon_name, "quiet"))
    button.setIconSize(QSize(16, 16))
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAutoRaise(True)
    return button


class RowHead(QWidget):
    """Name, value at the playhead, and previous / add / next for one track."""

    def __init__(self, session: Session, name: TrackName, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._name: TrackName = name
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        title = QLabel(key_menu.track_text(name), self)
        self._value = QLabel("–", self)
        self._value.setFont(theme.tabular_font())
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._previous = small_button("previous_key", self.tr("Previous key of this row"), self)
        self._add = small_button("key", self.tr("Add or remove a key at the playhead"), self)
        self._next = small_button("next_key", self.tr("Next key of this row"), self)
        self._add.setCheckable(True)
        self._add.setIcon(icon("key", "quiet", "focus" if name == "focus" else "blur"))
        self._previous.clicked.connect(lambda: self._go(-1))
        self._next.clicked.connect(lambda: self._go(1))
        self._add.clicked.connect(self._toggle)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self._previous, self._add, self._next):
            buttons.addWidget(button)
        buttons.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 4, 10, 4)
        grid.setVerticalSpacing(0)
        symbol = QLabel("d_f" if name == "focus" else "K", self)
        symbol.setProperty("quiet", True)
        symbol.setProperty("small", True)
        grid.setColumnStretch(1, 1)
        grid.addWidget(title, 0, 0)
        grid.addWidget(symbol, 0, 1)
        grid.addWidget(self._value, 0, 2)
        grid.addLayout(buttons, 1, 0, 1, 3)
        session.changed.connect(self.refresh)
        session.playhead_changed.connect(self.refresh)
        session.clip_opened.connect(self.refresh)
        self.refresh()

    @property
    def value_label(self) -> str:
        """The value as it is shown."""
        return self._value.text()

    def refresh(self, *_: object) -> None:
        """Show what is at the playhead now."""
        session = self._session
        track = session.project.track(self._name)
        has_clip = session.frame_count > 0
        value = value_at(track, session.playhead, session.project.cuts)
        self._value.setText(key_menu.value_text(self._name, value) if has_clip else "–")
        here = edits.key_at(track, session.playhead) is not None
        self._add.setEnabled(has_clip)
        self._add.setChecked(has_clip and here)
        self._previous.setEnabled(has_clip and bool(track.keys) and track.keys[0].frame < session.playhead)
        self._next.setEnabled(has_clip and bool(track.keys) and track.keys[-1].frame > session.playhead)

    def _go(self, step: int) -> None:
        here = self._session.playhead
        frames = [key.frame for key in self._session.project.track(self._name).keys if (key.frame - here) * step > 0]
        if frames:
            frame = min(frames, key=lambda other: abs(other - here))
            self._session.set_playhead(frame)
            self._session.set_selection({(self._name, frame)})

    def _toggle(self) -> None:
        session = self._session
        frame = session.playhead
        if edits.key_at(session.project.track(self._name), frame) is None:
            key_menu.add_key_here(session, self._name, frame)
        else:
            session.apply(edits.remove_keys(session.project, self._name, {frame}), self.tr("Delete keys"))
        self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.roles().color("panel"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.roles().color("line"))
        painter.fillRect(QRectF(0, 1, 3, self.height() - 1), theme.track_color(self._name))


class PlainHead(QWidget):
    """A head that only names its row, with room for buttons at its right."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(14, 0, 4, 0)
        self.row.setSpacing(0)
        self.label = QLabel(text, self)
        self.label.setFont(theme.tabular_font(small=True))
        self.label.setProperty("quiet", True)
        self.label.setProperty("small", True)
        self.row.addWidget(self.label)
        self.row.addStretch(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(event.rect(), theme.roles().color("panel"))

"""Frame and value of the selected keys as numbers to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from app import theme
from app.timeline import key_menu
from app.timeline.key_clipboard import selected_frames
from vbr_core import edits
from vbr_core.project import TRACK_LIMITS, TRACKS

if TYPE_CHECKING:
    from app.session import Session
    from vbr_core.project import TrackName

DECIMALS = {"focus": 3, "blur": 1}
STEPS = {"focus": 0.005, "blur": 1.0}
MANY = "\N{EN DASH}"


class KeyFields(QWidget):
    """The frame of the one selected key, and the value of the selected keys of one track.

    Return takes a number over, Escape puts the old one back; both give the keyboard back to the editor.
    """

    left = Signal()
    """The keyboard is wanted elsewhere again."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.frame = QSpinBox(self)
        self.value = QDoubleSpinBox(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE_PX // 2)
        for box, text, width in (
            (self.frame, self.tr("Frame"), 92),
            (self.value, self.tr("Value"), 88),
        ):
            label = QLabel(text, self)
            label.setProperty("quiet", True)
            label.setProperty("small", True)
            label.setBuddy(box)
            box.setFont(theme.tabular_font())
            box.setFixedWidth(width)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
            box.setKeyboardTracking(False)
            box.setSpecialValueText(MANY)
            box.setAccessibleName(text)
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            box.installEventFilter(self)
            row.addWidget(label)
            row.addWidget(box)
        self.frame.setToolTip(self.tr("Frame of the selected key"))
        self.value.setToolTip(self.tr("Value of the selected keys"))
        self.frame.valueChanged.connect(self._on_frame)
        self.value.valueChanged.connect(self._on_value)
        session.selection_changed.connect(self.refresh)
        session.changed.connect(self.refresh)
        session.clip_opened.connect(self.refresh)
        self.refresh()

    def _chosen(self) -> tuple[TrackName, frozenset[int]] | None:
        """The track that all selected keys are in, and their frames; None if there is no such track."""
        chosen = [(name, selected_frames(self._session, name)) for name in TRACKS]
        chosen = [(name, frames) for name, frames in chosen if frames]
        return chosen[0] if len(chosen) == 1 else None

    def refresh(self, *_: object) -> None:
        """Show the selected keys. A field without one number shows a dash."""
        chosen = self._chosen()
        frames = sorted(chosen[1])[:1000] if chosen else []
        blockers = [QSignalBlocker(self.frame), QSignalBlocker(self.value)]
        # one step below the least number stands for "no number"
        self.frame.setRange(-1, max(0, self._session.frame_count - 1))
        self.frame.setEnabled(len(frames) == 1)
        self.frame.setValue(frames[0] if len(frames) == 1 else -1)
        self.value.setEnabled(bool(frames))
        if chosen is not None:
            name, _ = chosen
            low, high = TRACK_LIMITS[name]
            self.value.setDecimals(DECIMALS[name])
            self.value.setSingleStep(STEPS[name])
            self.value.setRange(low - STEPS[name], high)
            track = self._session.project.track(name)
            values = {key.value for frame in frames if (key := edits.key_at(track, frame)) is not None}
            self.value.setValue(values.pop() if len(values) == 1 else low - STEPS[name])
        else:
            self.value.setRange(-1.0, 1.0)
            self.value.setValue(-1.0)
        del blockers

    def _on_frame(self, frame: int) -> None:
        chosen = self._chosen()
        if chosen is None or len(chosen[1]) != 1 or frame < 0:
            self.refresh()
            return
        name, frames = chosen
        (here,) = frames
        project = self._session.project
        if edits.key_at(project.track(name), frame) is None:  # typing must not remove a key that lies there
            self._session.apply(edits.move_keys(project, name, frames, frame - here), self.tr("Move key"))
            self._session.set_selection({(name, frame)})
        self.refresh()

    def _on_value(self, value: float) -> None:
        chosen = self._chosen()
        if chosen is not None and value >= TRACK_LIMITS[chosen[0]][0]:
            name, frames = chosen
            project = edits.set_values(self._session.project, name, frames, value)
            self._session.apply(project, self.tr("Set the value of {0} keys").format(key_menu.track_text(name)))
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Return and Escape leave the field; no key that it takes is a shortcut of the window."""
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QAbstractSpinBox):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.accept()
            return False
        if event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                watched.interpretText()
                self.left.emit()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.refresh()
                self.left.emit()
                return True
        return False

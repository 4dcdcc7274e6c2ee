"""The bar under the picture: go, step and play buttons, the time, the speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from app import theme
from app.icons import icon
from app.timeline.geometry import timecode

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from app.actions import Actions
    from app.session import Session
    from app.sound import SoundPlayer

GROUPS: tuple[tuple[str, ...], ...] = (
    ("go_start", "step_back", "play_pause", "step_forward", "go_end"),
    ("shuttle_back", "shuttle_stop", "shuttle_forward"),
    ("previous_key", "key_focus_here", "key_blur_here", "next_key"),
)
AFTER_TIME = ("range_start", "range_end", "loop")
ICONS = {
    "play_pause": "play",
    "shuttle_stop": "stop",
    "key_focus_here": "key_focus",
    "key_blur_here": "key_blur",
    "mute": "sound",
    "range_start": "range_in",
    "range_end": "range_out",
}
TINTS = {"key_focus_here": "focus", "key_blur_here": "blur"}


class TimeLabel(QLabel):
    """The time at the playhead and the length of the clip. A click changes between time code and frames."""

    clicked = Signal()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()


class TransportBar(QWidget):
    """Buttons come from the table of actions; those that it lacks are left out."""

    as_frames_changed = Signal(bool)
    """Whether times are to be shown as frame numbers."""
    volume_chosen = Signal(float)
    """0..1."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # whatever the language: time runs to the right
        self._session = session
        self._as_frames = False
        self._sound: SoundPlayer | None = None
        self._buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE_PX, 4, theme.SPACE_PX, 4)
        row.setSpacing(2)
        for number, group in enumerate(GROUPS):
            if number:
                row.addWidget(self._separator())
            for name in group:
                self._add_button(row, actions, name)
        row.addSpacing(theme.SPACE_PX * 2)
        self._time = TimeLabel(self)
        self._time.setFont(theme.tabular_font())
        self._time.setTextFormat(Qt.TextFormat.RichText)
        self._time.setToolTip(self.tr("Click to change between time code and frames"))
        self._time.clicked.connect(lambda: self.set_as_frames(not self._as_frames))
        row.addWidget(self._time)
        self._speed = QLabel(self)
        self._speed.setFont(theme.tabular_font())
        self._speed.setMinimumWidth(52)
        self._speed.setAccessibleName(self.tr("Playing speed"))
        row.addSpacing(theme.SPACE_PX)
        row.addWidget(self._speed)
        row.addStretch(1)
        self._range = QLabel(self)
        self._range.setFont(theme.tabular_font(small=True))
        self._range.setProperty("quiet", True)
        self._range.setAccessibleName(self.tr("Marked range"))
        row.addWidget(self._range)
        row.addSpacing(theme.SPACE_PX)
        for name in AFTER_TIME:
            self._add_button(row, actions, name)
        row.addSpacing(theme.SPACE_PX)
        self._add_button(row, actions, "mute")
        self.volume = QSlider(Qt.Orientation.Horizontal, self)
        self.volume.setObjectName("transport_volume")
        self.volume.setRange(0, 100)
        self.volume.setFixedWidth(64)
        self.volume.setMinimumHeight(theme.TARGET_PX)
        self.volume.setAccessibleName(self.tr("Volume"))
        self.volume.setEnabled(False)
        self.volume.valueChanged.connect(lambda value: self.volume_chosen.emit(value / 100))
        row.addWidget(self.volume)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Transport"))
        session.playhead_changed.connect(self.refresh)
        session.clip_opened.connect(self.refresh)
        session.range_changed.connect(self.refresh)
        session.playing_changed.connect(self._on_playing)
        self.refresh()
        self._on_playing(session.playing)

    def _add_button(self, row: QHBoxLayout, actions: Actions, name: str) -> None:
        try:
            action = actions.get(name)
        except KeyError:
            return
        button = QToolButton(self)
        button.setObjectName(f"transport_{name}")
        button.setDefaultAction(action)
        # on the action, not on the button: a button takes its icon from its action anew whenever that changes
        action.setIcon(icon(ICONS.get(name, name), TINTS.get(name, "text")))
        button.setIconSize(QSize(20, 20))
        button.setMinimumSize(theme.TARGET_PX + 2, theme.TARGET_PX + 2)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.text().replace("&", ""))
        self._buttons[name] = button
        row.addWidget(button)

    def set_sound(self, sound: SoundPlayer) -> None:
        """What the loudspeaker and the volume tell about."""
        self._sound = sound
        sound.changed.connect(self._show_sound)
        self._show_sound()

    def _show_sound(self) -> None:
        sound, button = self._sound, self._buttons.get("mute")
        if sound is None or button is None:
            return
        action = button.defaultAction()
        is_heard = sound.has_source and not sound.trouble
        action.setEnabled(is_heard)
        action.setIcon(icon("sound" if is_heard and not sound.muted and sound.volume > 0 else "sound_off"))
        if not sound.has_source:
            text = self.tr("This clip has no sound")
        elif sound.trouble:
            text = self.tr("Playing without sound: {0}").format(sound.trouble)
        else:
            text = self.tr("Mute ({0}). Sound is played forwards at normal speed only").format(
                action.shortcut().toString() or "–"
            )
        action.setToolTip(text)
        button.setAccessibleDescription(text)
        self.volume.setEnabled(is_heard)
        self.volume.setToolTip(self.tr("Volume {0} %").format(round(100 * sound.volume)) if is_heard else text)
        self.volume.blockSignals(True)
        self.volume.setValue(round(100 * sound.volume))
        self.volume.blockSignals(False)

    def _separator(self) -> QFrame:
        line = QFrame(self)
        line.setFixedSize(1 + theme.SPACE_PX, 18)
        line.setFrameShape(QFrame.Shape.NoFrame)
        return line

    def button(self, name: str) -> QToolButton:
        """The button of the action called ``name``."""
        return self._buttons[name]

    @property
    def as_frames(self) -> bool:
        """Whether times are shown as frame numbers."""
        return self._as_frames

    def set_as_frames(self, as_frames: bool) -> None:
        """Show frame numbers or time code."""
        if as_frames != self._as_frames:
            self._as_frames = as_frames
            self.refresh()
            self.as_frames_changed.emit(as_frames)

    def time_text(self) -> str:
        """``now / length`` as shown, without markup."""
        count = self._session.frame_count
        if count <= 0:
            return "--:--:--:-- / --:--:--:--"
        if self._as_frames:
            return f"{self._session.playhead} / {count}"
        info = self._session.clip_info
        rate = info.frame_rate if info else None
        return f"{timecode(self._session.playhead, rate)} / {timecode(count, rate)}"

    def range_text(self) -> str:
        """First and last frame of the marked range; empty while it is the whole clip."""
        start, stop = self._session.range
        if (start, stop) == (0, self._session.frame_count) or stop <= start:
            return ""
        if self._as_frames:
            return f"{start} ▸ {stop - 1}"
        info = self._session.clip_info
        rate = info.frame_rate if info else None
        return f"{timecode(start, rate)} ▸ {timecode(stop - 1, rate)}"

    @property
    def speed_text(self) -> str:
        """The speed as shown; empty while paused."""
        return self._speed.text()

    def refresh(self, *_: object) -> None:
        """Show the present time."""
        colors = theme.roles()
        now, length = self.time_text().split(" / ")
        self._time.setText(
            f'<span style="color:{colors.text}">{now}</span><span style="color:{colors.quiet}"> / {length}</span>'
        )
        start, stop = self._session.range
        self._range.setText(self.range_text())
        self._range.setToolTip(self.tr("Marked range: {0} frames").format(stop - start))
        self._time.setAccessibleName(self.tr("Time {0} of {1}").format(now, length))

    def changeEvent(self, event: QEvent) -> None:
        """The colours of the time are those of the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_range"):
            self.refresh()

    def _on_playing(self, speed: float) -> None:
        if "play_pause" in self._buttons:
            self._buttons["play_pause"].defaultAction().setIcon(icon("pause" if speed else "play"))
        arrow = "◀" if speed < 0 else "▶"
        self._speed.setText(f"{arrow} {abs(speed):g}×" if speed else "")

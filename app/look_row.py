"""A value of the look: slider, field, a diamond that keys it, and a way back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLocale, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from app import theme
from app.icons import icon
from vbr_core import edits
from vbr_core.animation import value_at
from vbr_core.look import KEYED_NAMES, LOOK_LIMITS

if TYPE_CHECKING:
    from app.session import Session
    from vbr_core.look import LookName

SLIDER_STEPS = 400
LABEL_PX = 82
FIELD_PX = 68
BUTTON_PX = 24


def to_slider(name: LookName, value: float) -> int:
    """Place of a value on its slider; ratios lie on a logarithmic one, so that 1 is in the middle."""
    low, high = LOOK_LIMITS[name]
    if name == "anamorphic":
        low, high, value = math.log2(low), math.log2(high), math.log2(value)
    if name == "blades":  # there are no 1 and 2
        low, high, value = 2, 11, max(2.0, value)
    return round(SLIDER_STEPS * (value - low) / (high - low))


def from_slider(name: LookName, position: int) -> float:
    """The value at a place of the slider."""
    part = position / SLIDER_STEPS
    low, high = LOOK_LIMITS[name]
    if name == "anamorphic":
        low, high = math.log2(low), math.log2(high)
        return round(2.0 ** (low + part * (high - low)), 3)
    if name == "blades":
        blades = round(2 + part * 9)
        return 0 if blades < 3 else blades
    return round(low + part * (high - low), 3)


class LookRow(QWidget):
    """One value; a change sets it for the clip, or a key at the playhead where it has keys."""

    typing_finished = Signal()
    """Return was pressed in the field."""

    def __init__(
        self, session: Session, name: LookName, text: str, tip: str, step: float, decimals: int, suffix: str = ""
    ) -> None:
        super().__init__()
        self._session = session
        self._name = name
        self._tip = tip
        self._gesture: int | None = None
        self._updating = False
        plain = text.replace("&", "")
        self._plain = plain
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, SLIDER_STEPS)
        self.slider.setPageStep(SLIDER_STEPS // 10)
        self.slider.setSingleStep(SLIDER_STEPS // 9 if name == "blades" else SLIDER_STEPS // 40)
        self.slider.setAccessibleName(plain)
        self.slider.setMinimumWidth(48)
        theme.set_property(self.slider, "accent", "blur")
        self.slider.sliderPressed.connect(self._begin)
        self.slider.sliderReleased.connect(self._end)
        self.slider.valueChanged.connect(self._on_slider)
        self.spin = QDoubleSpinBox()
        self.spin.setLocale(QLocale.c())
        self.spin.setFont(theme.tabular_font())
        self.spin.setRange(*LOOK_LIMITS[name])
        self.spin.setSingleStep(step)
        self.spin.setDecimals(decimals)
        self.spin.setSuffix(suffix)
        self.spin.setKeyboardTracking(False)
        self.spin.setFixedWidth(FIELD_PX)
        self.spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.spin.setAccessibleName(plain)
        self.spin.valueChanged.connect(lambda value: self._set(value, None))
        self.spin.lineEdit().returnPressed.connect(self.typing_finished)
        self.label = QLabel(text)
        self.label.setBuddy(self.spin)
        self.label.setMinimumWidth(LABEL_PX)
        self.label.installEventFilter(self)
        self.key_button = self._button("key", self.tr("Key {value} at the playhead").format(value=plain))
        self.key_button.setCheckable(True)
        self.key_button.clicked.connect(self._toggle_key)
        self.reset_button = self._button("undo", self.tr("Reset {value}").format(value=plain))
        self.reset_button.clicked.connect(self.reset)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.spin)
        row.addWidget(self.key_button)
        row.addWidget(self.reset_button)
        if name not in KEYED_NAMES:
            self.key_button.setEnabled(False)
            self.key_button.setToolTip(self.tr("The blades of a lens do not change within a clip"))

    def _button(self, icon_name: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(icon_name))
        button.setIconSize(QSize(14, 14))
        button.setFixedSize(BUTTON_PX, theme.TARGET_PX)
        button.setAutoRaise(True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    # --- acting -----------------------------------------------------------------------------------------------------

    @property
    def value(self) -> float:
        """The value at the playhead."""
        project = self._session.project
        return value_at(project.look.track(self._name), self._session.playhead, project.cuts)

    def reset(self) -> None:
        """Back to what a plain lens has, without keys."""
        project = edits.reset_look_value(self._session.project, self._name)
        self._session.apply(project, self.tr("Reset {value}").format(value=self._plain))

    def _toggle_key(self) -> None:
        project = edits.toggle_look_key(self._session.project, self._name, self._session.playhead)
        self._session.apply(project, self.tr("Key {value}").format(value=self._plain))
        self.refresh()

    def _begin(self) -> None:
        self._gesture = self._session.new_gesture()

    def _end(self) -> None:
        self._gesture = None

    def _on_slider(self, position: int) -> None:
        if position != to_slider(self._name, self.value):
            gesture = self._session.new_gesture() if self._gesture is None else self._gesture
            self._set(from_slider(self._name, position), (self._name, gesture))

    def _set(self, value: float, merge_key: object) -> None:
        if not self._updating:
            project = edits.set_look_value(self._session.project, self._name, self._session.playhead, value)
            self._session.apply(project, self.tr("Set {value}").format(value=self._plain), merge_key)
            self.refresh()  # a number of blades that cannot be is corrected

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click on the name resets the value."""
        if watched is self.label and event.type() == QEvent.Type.MouseButtonDblClick and self.slider.isEnabled():
            self.reset()
            return True
        return super().eventFilter(watched, event)

    # --- showing ----------------------------------------------------------------------------------------------------

    def refresh(self, why_not: str | None = None) -> None:
        """Show the value at the playhead.

        Args:
            why_not: Why the control does nothing now, empty if it does; None leaves that as it is.
        """
        self._updating = True
        track = self._session.project.look.track(self._name)
        if why_not is not None:
            for widget in (self.label, self.slider, self.spin):
                widget.setEnabled(not why_not)
                widget.setToolTip(why_not or self._tip)
            self.setToolTip(why_not)
            self.key_button.setEnabled(not why_not and self._name in KEYED_NAMES)
        if not self.slider.isSliderDown():
            self.slider.setValue(to_slider(self._name, self.value))
        self.spin.setValue(self.value)
        self.key_button.setChecked(any(key.frame == self._session.playhead for key in track.keys))
        self.key_button.setIcon(icon("key", "text" if track.keys else "quiet", "blur"))
        changed = edits.reset_look_value(self._session.project, self._name) != self._session.project
        self.reset_button.setEnabled(changed)
        self._updating = False

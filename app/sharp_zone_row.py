"""The width of the sharp zone: slider and field. It is one value for the clip, without keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from app import theme
from vbr_core import edits

if TYPE_CHECKING:
    from app.session import Session

ZONE_MAX = 0.5
SLIDER_STEPS = 1000


def zone_to_slider(zone: float) -> int:
    """Place of a zone on the slider: a square law, so that small zones, the useful ones, have room."""
    return round(SLIDER_STEPS * (max(0.0, zone) / ZONE_MAX) ** 0.5)


def slider_to_zone(position: int) -> float:
    """The zone at a place of the slider."""
    return ZONE_MAX * (position / SLIDER_STEPS) ** 2


class SharpZoneRow(QWidget):
    """Disparity on either side of the focal plane that stays sharp."""

    typing_finished = Signal()
    """Return was pressed in the field."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._gesture: int | None = None
        self._updating = False
        tip = self.tr(
            "Disparity on either side of the focal plane that stays fully sharp, so that a whole face is in focus."
            " One value for the clip; 0 is a plain lens. View 7 shows the zone."
        )
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, SLIDER_STEPS)
        self.slider.setPageStep(50)
        self.slider.setSingleStep(10)
        self.slider.setAccessibleName(self.tr("Sharp zone"))
        self.slider.setToolTip(tip)
        theme.set_property(self.slider, "accent", "blur")
        self.slider.sliderPressed.connect(self._begin)
        self.slider.sliderReleased.connect(self._end)
        self.slider.valueChanged.connect(self._on_slider)
        self.spin = QDoubleSpinBox()
        self.spin.setLocale(QLocale.c())
        self.spin.setFont(theme.tabular_font())
        self.spin.setRange(0.0, ZONE_MAX)
        self.spin.setSingleStep(0.005)
        self.spin.setDecimals(3)
        self.spin.setKeyboardTracking(False)
        self.spin.setFixedWidth(88)
        self.spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.spin.setAccessibleName(self.tr("Sharp zone"))
        self.spin.setToolTip(tip)
        self.spin.valueChanged.connect(lambda value: self._set(value, None))
        self.spin.lineEdit().returnPressed.connect(self.typing_finished)
        label = QLabel(self.tr("S&harp zone"))
        label.setToolTip(tip)
        label.setBuddy(self.spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.spin)
        session.changed.connect(self._refresh)
        session.clip_opened.connect(self._refresh)
        self._refresh()

    def _begin(self) -> None:
        self._gesture = self._session.new_gesture()

    def _end(self) -> None:
        self._gesture = None

    def _on_slider(self, position: int) -> None:
        if position != zone_to_slider(self._session.project.sharp_zone):
            gesture = self._session.new_gesture() if self._gesture is None else self._gesture
            self._set(slider_to_zone(position), ("sharp zone", gesture))

    def _set(self, zone: float, merge_key: object) -> None:
        if not self._updating:
            project = edits.set_sharp_zone(self._session.project, round(zone, 4))
            self._session.apply(project, self.tr("Set the sharp zone"), merge_key)

    def _refresh(self, *_: object) -> None:
        self._updating = True
        self.setEnabled(self._session.clip_info is not None)
        zone = self._session.project.sharp_zone
        if not self.slider.isSliderDown():
            self.slider.setValue(zone_to_slider(zone))
        self.spin.setValue(zone)
        self._updating = False

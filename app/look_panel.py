"""The inspector's section on the look: named looks, the f-number, the aperture, near and far, highlights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app import look_presets, preferences, theme
from app.icons import icon
from app.look_row import LABEL_PX, LookRow
from vbr_core import edits
from vbr_core.animation import look_at, value_at
from vbr_core.errors import VbrError
from vbr_core.look import DEFAULT_LOOK, F_NUMBER_LIMITS, Look, f_number_of, k_of_f_number
from vbr_core.settings import K_MAX

if TYPE_CHECKING:
    from app.dialogs import Dialogs
    from app.session import Session
    from vbr_core.look import LookName

OPEN_KEY = "look/open"


class LookPanel(QWidget):
    """What shapes the blur. Its values may be keyed, but for the number of blades."""

    typing_finished = Signal()
    """Return was pressed in a field: the keys belong to the picture again."""
    failed = Signal(object)
    """A VbrError: a look could not be kept."""

    def __init__(self, session: Session, dialogs: Dialogs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dialogs = dialogs
        self._updating = False
        self.look_box = QComboBox()
        self.look_box.setAccessibleName(self.tr("Look"))
        self.look_box.setToolTip(self.tr("A look sets all values of this section at once, for the whole clip"))
        self.look_box.activated.connect(self._choose)
        self.save_button = self._button("save", self.tr("Keep this look under a name of your own"))
        self.save_button.clicked.connect(self.save)
        self.delete_button = self._button("delete", self.tr("Delete this look of your own"))
        self.delete_button.clicked.connect(self._delete)
        self.f_spin = QDoubleSpinBox()
        self.f_spin.setLocale(QLocale.c())
        self.f_spin.setFont(theme.tabular_font())
        self.f_spin.setPrefix("f/")
        self.f_spin.setRange(round(f_number_of(K_MAX), 2), F_NUMBER_LIMITS[1])
        self.f_spin.setDecimals(2)
        self.f_spin.setSingleStep(0.1)
        self.f_spin.setKeyboardTracking(False)
        self.f_spin.setFixedWidth(88)
        self.f_spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.f_spin.setAccessibleName(self.tr("Aperture as an f-number"))
        self.f_spin.setToolTip(
            self.tr(
                "The blur amount K as the f-number of a 50 mm lens on full frame, the nearest thing one metre away:"
                " K = 66.7 / N"
            )
        )
        self.f_spin.valueChanged.connect(self._set_f_number)
        self.f_spin.lineEdit().returnPressed.connect(self.typing_finished)
        self.more_button = QToolButton()
        self.more_button.setText(self.tr("Aperture and highlights"))
        self.more_button.setCheckable(True)
        self.more_button.setAutoRaise(True)
        self.more_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more_button.toggled.connect(self._open)
        self.rows = self._make_rows()
        self.details = QWidget()
        self._lay_out()
        self.more_button.setChecked(preferences.preferences().value(OPEN_KEY) in (True, "true"))
        self._open(self.more_button.isChecked())
        session.changed.connect(self._refresh)
        session.playhead_changed.connect(self._refresh)
        session.clip_opened.connect(self._refresh)
        self._fill()
        self._refresh()

    def _button(self, name: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name))
        button.setFixedSize(theme.TARGET_PX, theme.TARGET_PX)
        button.setAutoRaise(True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _make_rows(self) -> dict[LookName, LookRow]:
        texts: dict[LookName, tuple[str, str, float, int, str]] = {
            "near": (
                self.tr("Near blur"),
                self.tr("Factor on the blur in front of the focal plane"),
                0.05,
                2,
                "x",
            ),
            "far": (self.tr("Far blur"), self.tr("Factor on the blur behind the focal plane"), 0.05, 2, "x"),
            "blades": (self.tr("Blades"), self.tr("Corners of the aperture, 3 to 11; 0 is a circle"), 1, 0, ""),
            "roundness": (self.tr("Roundness"), self.tr("0: straight blades, 1: a circle"), 0.05, 2, ""),
            "rotation": (self.tr("Rotation"), self.tr("Of the aperture, clockwise"), 5, 0, "°"),
            "cat_eye": (
                self.tr("Cat-eye"),
                self.tr("How far the barrel cuts the aperture off toward the corners of the picture"),
                0.05,
                2,
                "",
            ),
            "anamorphic": (
                self.tr("Anamorphic"),
                self.tr("Height over width of the blur: 2 is the upright oval of a 2x lens"),
                0.05,
                2,
                "x",
            ),
            "highlight_gain": (
                self.tr("Highlights"),
                self.tr("How much brighter blurred highlights get, in stops"),
                0.1,
                2,
                "",
            ),
            "highlight_threshold": (
                self.tr("From level"),
                self.tr("Level from which a blurred highlight gets brighter; 1 is white"),
                0.01,
                2,
                "",
            ),
        }
        rows = {}
        for name, (text, tip, step, decimals, suffix) in texts.items():
            rows[name] = LookRow(self._session, name, text, tip, step, decimals, suffix)
            rows[name].typing_finished.connect(self.typing_finished)
        return rows

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.look_box, 1)
        top.addWidget(self.save_button)
        top.addWidget(self.delete_button)
        label = QLabel(self.tr("&Aperture"))
        label.setBuddy(self.f_spin)
        label.setMinimumWidth(LABEL_PX)
        lens = QHBoxLayout()
        lens.setSpacing(4)
        lens.addWidget(label)
        lens.addStretch(1)
        lens.addWidget(self.f_spin)
        inner = QVBoxLayout(self.details)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(2)
        for row in self.rows.values():
            inner.addWidget(row)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        box.addLayout(top)
        box.addLayout(lens)
        box.addWidget(self.more_button)
        box.addWidget(self.details)

    # --- acting -----------------------------------------------------------------------------------------------------

    @property
    def look(self) -> Look:
        """The look at the playhead."""
        project = self._session.project
        return look_at(project.look, self._session.playhead, project.cuts) or DEFAULT_LOOK

    def _open(self, opened: bool) -> None:
        self.details.setVisible(opened)
        self.more_button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        preferences.preferences().setValue(OPEN_KEY, opened)

    def _choose(self, index: int) -> None:
        look = self.look_box.itemData(index)
        if isinstance(look, Look):
            self._session.apply(edits.set_look(self._session.project, look), self.tr("Choose a look"))
        self._refresh()

    def save(self) -> None:
        """Ask for a name and keep the look at the playhead."""
        current = self.look_box.currentText()
        name = self._dialogs.ask_preset_name(current if current in look_presets.own_looks() else "")
        if name is None:
            return
        try:
            look_presets.save_look(name, self.look)
        except VbrError as error:
            self.failed.emit(error)
            return
        self._fill()
        self._refresh()

    def _delete(self) -> None:
        try:
            look_presets.delete_look(self.look_box.currentText())
        except VbrError as error:
            self.failed.emit(error)
        self._fill()
        self._refresh()

    def _set_f_number(self, number: float) -> None:
        if not self._updating:
            k = min(K_MAX, k_of_f_number(number))
            project = edits.set_value(self._session.project, "blur", self._session.playhead, k)
            self._session.apply(project, self.tr("Set the f-number"))

    # --- showing ----------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        self.look_box.clear()
        for name, look in look_presets.built_in().items():
            self.look_box.addItem(name, look)
        own = look_presets.own_looks()
        if own:
            self.look_box.insertSeparator(self.look_box.count())
        for name, look in own.items():
            self.look_box.addItem(name, look)
        self.look_box.addItem(self.tr("Own values"), None)

    def _why_not(self, name: LookName) -> str:
        """Why a control does nothing now; empty if it does."""
        project = self._session.project
        if name == "cat_eye" and project.renderer == "layered":
            return self.tr("The renderer Layered blurs with one aperture in the whole picture")
        if name in ("roundness", "rotation") and project.look.blades == 0:
            return self.tr("A circle has no blades")
        gain = project.look.highlight_gain
        if name == "highlight_threshold" and not gain.keys and gain.base == 0.0:
            return self.tr("Highlights are not made brighter")
        return ""

    def _refresh(self, *_: object) -> None:
        self._updating = True
        project = self._session.project
        self.setEnabled(self._session.clip_info is not None)
        k = value_at(project.blur, self._session.playhead, project.cuts)
        number = f_number_of(k)
        self.f_spin.setValue(min(F_NUMBER_LIMITS[1], number) if math.isfinite(number) else F_NUMBER_LIMITS[1])
        look = self.look
        places = [index for index in range(self.look_box.count()) if self.look_box.itemData(index) == look]
        last = self.look_box.count() - 1
        self.look_box.setCurrentIndex(places[0] if places and not project.look.has_keys else last)
        own = self.look_box.currentText() in look_presets.own_looks()
        self.delete_button.setEnabled(own)
        for name, row in self.rows.items():
            row.refresh(self._why_not(name))
        self._updating = False

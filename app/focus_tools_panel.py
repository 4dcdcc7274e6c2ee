"""The inspector's section on following and racks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app import theme
from vbr_core.focus.baking import SMOOTHING_LIMIT_FRAMES
from vbr_core.focus.rack import RACK_CURVES

if TYPE_CHECKING:
    from app.actions import Actions
    from app.focus_tools import FocusTools
    from app.session import Session

LONGEST_RACK_FRAMES = 9999
FIELD_PX = 84


class FocusToolsPanel(QWidget):
    """Two tools, and the settings of what they make."""

    typing_finished = Signal()
    """Return was pressed in a field: the keys belong to the picture again."""

    def __init__(self, session: Session, tools: FocusTools, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tools = tools
        self.follow_button = self._button(self.tr("Follow"), "follow_point", actions)
        self.rack_button = self._button(self.tr("Rack A to B"), "rack_focus", actions)
        self.rack_button.setCheckable(True)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        theme.set_property(self.hint, "quiet", True)
        theme.set_property(self.hint, "small", True)
        self.smoothing = self._finish(QDoubleSpinBox(), self.tr("Smoothing of what is followed, in frames"))
        self.smoothing.setRange(0.0, float(SMOOTHING_LIMIT_FRAMES))
        self.smoothing.setDecimals(1)
        self.smoothing.setToolTip(self.tr("How calmly the focus goes with what is followed, in frames"))
        self.offset = self._finish(QDoubleSpinBox(), self.tr("Offset of what is followed, in disparity"))
        self.offset.setRange(-1.0, 1.0)
        self.offset.setDecimals(3)
        self.offset.setSingleStep(0.005)
        self.offset.setToolTip(self.tr("Focus lies so far before (+) or behind (−) what is followed, in disparity"))
        self.length = self._finish(QSpinBox(), self.tr("Length of the rack, in frames"))
        self.length.setRange(1, LONGEST_RACK_FRAMES)
        self.seconds = QLabel()
        self.curve = QComboBox()
        self.curve.setAccessibleName(self.tr("Curve of the rack"))
        words = {
            "smooth": self.tr("smooth"),
            "linear": self.tr("even"),
            "early": self.tr("soft landing"),
            "late": self.tr("soft start"),
        }
        for name in RACK_CURVES:
            self.curve.addItem(words[name], name)
        self._lay_out()
        self.smoothing.valueChanged.connect(lambda value: self._tools.set_follow(smoothing_frames=value))
        self.offset.valueChanged.connect(lambda value: self._tools.set_follow(offset=value))
        self.length.valueChanged.connect(lambda value: self._tools.set_rack(length_frames=value))
        self.curve.activated.connect(lambda _index: self._tools.set_rack(curve=self.curve.currentData()))
        tools.state_changed.connect(self._refresh)
        session.clip_opened.connect(self._refresh)
        self._refresh()

    def _button(self, text: str, action_id: str, actions: Actions) -> QPushButton:
        action = actions.get(action_id)
        button = QPushButton(text)
        button.setToolTip(action.toolTip())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: action.trigger())
        action.enabledChanged.connect(button.setEnabled)
        button.setEnabled(action.isEnabled())
        return button

    def _finish(self, spin: QDoubleSpinBox | QSpinBox, name: str) -> QDoubleSpinBox | QSpinBox:
        spin.setLocale(QLocale.c())
        spin.setFont(theme.tabular_font())
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(FIELD_PX)
        spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        spin.setAccessibleName(name)
        spin.lineEdit().returnPressed.connect(self.typing_finished)
        return spin

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.follow_button, 1)
        buttons.addWidget(self.rack_button, 1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, 80)
        grid.setColumnStretch(2, 1)
        rows = (
            (self.tr("Smoothing"), self.smoothing, QLabel(self.tr("frames"))),
            (self.tr("Offset"), self.offset, QLabel(self.tr("disparity"))),
            (self.tr("Rack over"), self.length, self.seconds),
        )
        for row, (text, field, after) in enumerate(rows):
            label = QLabel(text)
            label.setBuddy(field)
            theme.set_property(after, "quiet", True)
            after.setFont(theme.tabular_font(small=True))
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(after, row, 2)
        label = QLabel(self.tr("Rack curve"))
        label.setBuddy(self.curve)
        grid.addWidget(label, len(rows), 0)
        grid.addWidget(self.curve, len(rows), 1, 1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(buttons)
        column.addWidget(self.hint)
        column.addLayout(grid)

    def _refresh(self, *_: object) -> None:
        tools, info = self._tools, self._session.clip_info
        with QSignalBlocker(self.smoothing), QSignalBlocker(self.offset), QSignalBlocker(self.length):
            self.smoothing.setValue(tools.smoothing_frames)
            self.offset.setValue(tools.offset)
            self.length.setValue(max(1, tools.rack_length_frames))
        self.curve.setCurrentIndex(self.curve.findData(tools.rack_curve))
        rate = float(info.frame_rate) if info is not None else 25.0
        self.seconds.setText(self.tr("frames, {seconds:.2f} s").format(seconds=self.length.value() / rate))
        self.rack_button.setChecked(tools.rack_step > 0)
        if tools.rack_step:
            text = (self.tr("Click A, what is sharp first."), self.tr("Click B, what becomes sharp."))[
                tools.rack_step - 1
            ]
        elif tools.is_following:
            text = self.tr("Following…")
        else:
            text = self.tr("Double-click in the picture what should stay sharp, or draw a box with Ctrl held.")
        self.hint.setText(text)

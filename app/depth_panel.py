"""The inspector's section on depth repairs: tools, what happens to what is marked, the list, the levels of the shot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.icons import icon
from app.region_tool import BRUSH_LIMITS_PX
from vbr_core.project import EDIT_SNAPS

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from app.actions import Actions
    from app.depth_controller import DepthController
    from app.region_tool import RegionTool
    from app.repair_controller import RepairController
    from app.session import Session
    from vbr_core.project import DepthEdit

STEPS = 1000
GAMMA_SPAN = 5.0
"""The slider of gamma goes from 1 / so much to so much."""

ROW_PX = 24
ROWS_SHOWN = 4


def gamma_to_slider(gamma: float) -> int:
    """Place of a gamma on the slider: 1 in the middle, equal ratios equal steps."""
    return round(STEPS * min(1.0, max(0.0, 0.5 + 0.5 * math.log(gamma) / math.log(GAMMA_SPAN))))


def slider_to_gamma(position: int) -> float:
    """The gamma at a place of the slider."""
    return math.exp((2.0 * position / STEPS - 1.0) * math.log(GAMMA_SPAN))


class DepthPanel(QWidget):
    """Draw, repair, look through the repairs, set levels."""

    typing_finished = Signal()
    """Return was pressed in a field: the keys belong to the picture again."""

    def __init__(
        self,
        session: Session,
        repairs: RepairController,
        tool: RegionTool,
        actions: Actions,
        depth: DepthController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._repairs = repairs
        self._tool = tool
        self._actions = actions
        self._depth = depth
        self._updating = False
        self._gesture: int | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._build_tools()
        self._build_list()
        self._build_levels()
        session.changed.connect(self._refresh)
        session.playhead_changed.connect(self._refresh)
        session.clip_opened.connect(self._refresh)
        depth.settled.connect(self._refresh)
        repairs.selected.connect(self._refresh)
        tool.mode_changed.connect(self._show_tool)
        tool.strokes_changed.connect(self._show_tool)
        tool.changed.connect(self._show_radius)
        self._show_tool()
        self._refresh()

    # --- building ---------------------------------------------------------------------------------------------------

    def _row(self, *widgets: QWidget | None, spacing: int = 8) -> QHBoxLayout:
        """Widgets beside each other; None is a stretch."""
        row = QHBoxLayout()
        row.setSpacing(spacing)
        for widget in widgets:
            if widget is None:
                row.addStretch(1)
            else:
                row.addWidget(widget, 1 if isinstance(widget, (QComboBox, QSlider, QPushButton)) else 0)
        self._column.addLayout(row)
        return row

    def _tool_button(self, name: str, tip: str, clicked: object) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(clicked)
        return button

    def _label(self, text: str, buddy: QWidget | None = None) -> QLabel:
        label = QLabel(text)
        if buddy is not None:
            label.setBuddy(buddy)
        return label

    def _finish_spin(self, spin: QSpinBox | QDoubleSpinBox, name: str, width_px: int) -> None:
        spin.setLocale(QLocale.c())
        spin.setFont(theme.tabular_font())
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(width_px)
        spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        spin.setAccessibleName(name)
        spin.lineEdit().returnPressed.connect(self.typing_finished)

    def _slider(self, name: str) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, STEPS)
        slider.setSingleStep(5)
        slider.setPageStep(50)
        slider.setAccessibleName(name)
        return slider

    def _build_tools(self) -> None:
        self.lasso_button = self._mode_button("repair_lasso")
        self.brush_button = self._mode_button("repair_brush")
        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(round(BRUSH_LIMITS_PX[0]), round(BRUSH_LIMITS_PX[1]))
        self.size_slider.setAccessibleName(self.tr("Size of the brush"))
        self.size_slider.setToolTip(self.tr("Size of the brush in pixels of the clip (Shift + wheel over the picture)"))
        self.size_slider.valueChanged.connect(self._on_size)
        self.size_label = QLabel()
        self.size_label.setFont(theme.tabular_font(small=True))
        self.size_label.setMinimumWidth(44)
        self.size_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._row(self.lasso_button, self.brush_button, self.size_slider, self.size_label)
        self.snap_box = QComboBox()
        self.snap_box.setAccessibleName(self.tr("Outline"))
        self.snap_box.setToolTip(
            self.tr("Where the outline of what is marked goes. The choice is kept for the next one")
        )
        words = {
            "none": self.tr("as it is drawn"),
            "picture": self.tr("snaps to the picture"),
            "depth": self.tr("snaps to the depth"),
        }
        for name in EDIT_SNAPS:
            self.snap_box.addItem(words[name], name)
        self.snap_box.activated.connect(self._on_snap)
        self._row(self._label(self.tr("O&utline"), self.snap_box), self.snap_box)
        buttons = []
        for name, text in (
            ("repair_same", self.tr("Same as…")),
            ("repair_behind", self.tr("Push behind")),
            ("repair_flatten", self.tr("Flatten")),
        ):
            button = QPushButton(text)
            button.setToolTip(self._actions.get(name).toolTip())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setStyleSheet("padding-left: 4px; padding-right: 4px;")
            button.clicked.connect(self._actions.get(name).trigger)
            buttons.append(button)
        self.same_button, self.behind_button, self.flatten_button = buttons
        self._row(*buttons, spacing=4)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        theme.set_property(self.hint, "quiet", True)
        theme.set_property(self.hint, "small", True)
        self._column.addWidget(self.hint)

    def _mode_button(self, name: str) -> QToolButton:
        action: QAction = self._actions.get(name)
        button = QToolButton()
        button.setIcon(action.icon())
        button.setToolTip(action.toolTip())
        button.setAccessibleName(action.toolTip())
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(action.trigger)
        return button

    def _build_list(self) -> None:
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Depth repairs, in the order they are applied"))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # texts are elided
        self.list.currentRowChanged.connect(self._on_row)
        self.list.itemChanged.connect(self._on_item_changed)
        self.list.itemDoubleClicked.connect(
            lambda item: self._session.set_playhead(self._session.project.depth_edits[self.list.row(item)].frame)
        )
        self._column.addWidget(self.list)
        self.start_spin, self.last_spin = QSpinBox(), QSpinBox()
        for spin, name in ((self.start_spin, self.tr("First frame")), (self.last_spin, self.tr("Last frame"))):
            self._finish_spin(spin, name, 84)
            spin.setToolTip(self.tr("Frames that the repair holds for; never beyond its shot"))
            spin.valueChanged.connect(self._on_range)
        self.earlier_button = self._tool_button(
            "previous_key", self.tr("Apply this repair earlier"), lambda: self._repairs.move(-1)
        )
        self.later_button = self._tool_button(
            "next_key", self.tr("Apply this repair later"), lambda: self._repairs.move(1)
        )
        self.delete_button = self._tool_button("delete", self.tr("Delete this repair"), lambda: self._repairs.delete())
        self.range_label = self._label(self.tr("F&rames"), self.start_spin)
        self.dash = QLabel("–")
        self._row(self.range_label, None, self.start_spin, self.dash, self.last_spin, spacing=4)
        self.amount_spin = QDoubleSpinBox()
        self._finish_spin(self.amount_spin, self.tr("How far behind, in disparity"), 72)
        self.amount_spin.setRange(0.0, 1.0)
        self.amount_spin.setSingleStep(0.01)
        self.amount_spin.setDecimals(2)
        self.amount_spin.valueChanged.connect(self._on_amount)
        self.amount_label = self._label(self.tr("Behin&d by"), self.amount_spin)
        self._row(self.amount_label, None, self.amount_spin)
        self._row(None, self.earlier_button, self.later_button, self.delete_button, spacing=4)

    def _build_levels(self) -> None:
        title = QLabel(self.tr("Levels of this shot"))
        theme.set_property(title, "quiet", True)
        self.reset_button = self._tool_button(
            "undo", self.tr("Reset the levels of this shot"), lambda: self._repairs.reset_levels()
        )
        self._row(title, None, self.reset_button)
        self.level_sliders: dict[str, QSlider] = {}
        self.level_spins: dict[str, QDoubleSpinBox] = {}
        for name, text, tip in (
            ("near", self.tr("&Near"), self.tr("Disparity that becomes the nearest")),
            ("far", self.tr("F&ar"), self.tr("Disparity that becomes the farthest")),
            ("gamma", self.tr("&Gamma"), self.tr("Above 1 the middle comes nearer, below 1 it goes farther")),
        ):
            slider, spin = self._slider(tip), QDoubleSpinBox()
            slider.setToolTip(tip)
            self._finish_spin(spin, tip, 72)
            spin.setRange(0.1 if name == "gamma" else 0.0, 10.0 if name == "gamma" else 1.0)
            spin.setSingleStep(0.05 if name == "gamma" else 0.01)
            spin.setDecimals(2)
            spin.setToolTip(tip)
            slider.sliderPressed.connect(self._begin)
            slider.sliderReleased.connect(self._end)
            slider.valueChanged.connect(lambda position, name=name: self._on_level_slider(name, position))
            spin.valueChanged.connect(lambda value, name=name: self._on_level_spin(name, value))
            label = self._label(text, spin)
            label.setMinimumWidth(48)
            self._row(label, slider, spin)
            self.level_sliders[name], self.level_spins[name] = slider, spin

    def sizeHint(self) -> QSize:
        return QSize(256, super().sizeHint().height())

    # --- tools ------------------------------------------------------------------------------------------------------

    def _show_tool(self, *_: object) -> None:
        mode, marked = self._tool.mode, bool(self._tool.strokes)
        self.lasso_button.setChecked(mode == "lasso")
        self.brush_button.setChecked(mode == "brush")
        for button in (self.same_button, self.behind_button, self.flatten_button):
            button.setEnabled(marked and mode != "point")
        if mode == "point":
            text = self.tr("Click the place whose depth it should take.")
        elif marked:
            text = self.tr("What should happen to the depth of what is marked? Esc: mark again.")
        elif mode == "off":
            text = self.tr("Mark a part of the picture with the lasso or the brush; the repair goes along with it.")
        else:
            text = self.tr("Draw on the picture. Esc: done.")
        self.hint.setText(text)
        self._show_radius()

    def _show_radius(self) -> None:
        self._updating = True
        self.size_slider.setValue(round(self._tool.radius_px))
        self.size_label.setText(self.tr("{size} px").format(size=round(self._tool.radius_px)))
        self.size_slider.setEnabled(self._tool.mode == "brush")
        self._updating = False

    def _on_size(self, value: int) -> None:
        if not self._updating:
            self._tool.set_radius(float(value))

    def _on_snap(self, index: int) -> None:
        snap = self.snap_box.itemData(index)
        self._repairs.snap = snap
        self._repairs.change(snap=snap)

    # --- the list ---------------------------------------------------------------------------------------------------

    def _text(self, edit: DepthEdit) -> str:
        kind = self._repairs.kind_text(edit.kind)
        after, before = self._depth.lost.get(edit, (None, None))
        if after is not None and before is not None:
            return self.tr("{kind} · lost at {before} and {after}").format(kind=kind, before=before, after=after)
        if after is not None or before is not None:
            return self.tr("{kind} · lost at {frame}").format(kind=kind, frame=before if after is None else after)
        return self.tr("{kind} · frames {start}–{last}").format(kind=kind, start=edit.start, last=edit.stop - 1)

    def _tip(self, edit: DepthEdit) -> str:
        lines = [self.tr("Drawn on frame {frame}. Double-click goes there").format(frame=edit.frame)]
        after, before = self._depth.lost.get(edit, (None, None))
        if after is not None:
            lines.append(self.tr("From frame {frame} on nothing of it is in sight: mark it again").format(frame=after))
        if before is not None:
            lines.append(self.tr("Up to frame {frame} nothing of it is in sight: mark it again").format(frame=before))
        return "\n".join(lines)

    def _refresh(self, *_: object) -> None:
        self._updating = True
        has_clip = self._session.clip_info is not None
        edits = self._session.project.depth_edits
        self.setEnabled(has_clip)
        while self.list.count() > len(edits):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(edits):
            self.list.addItem(QListWidgetItem())
        for row, edit in enumerate(edits):
            item = self.list.item(row)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setText(self._text(edit))
            item.setToolTip(self._tip(edit))
            item.setCheckState(Qt.CheckState.Checked if edit.enabled else Qt.CheckState.Unchecked)
        index = self._repairs.index
        self.list.setCurrentRow(index)
        self.list.setVisible(bool(edits))
        self.list.setFixedHeight(ROW_PX * min(ROWS_SHOWN, max(1, len(edits))) + 8)
        edit = edits[index] if 0 <= index < len(edits) else None
        for widget in (
            self.range_label,
            self.start_spin,
            self.dash,
            self.last_spin,
            self.earlier_button,
            self.later_button,
            self.delete_button,
        ):
            widget.setVisible(edit is not None)
        for widget in (self.amount_label, self.amount_spin):
            widget.setVisible(edit is not None and edit.kind == "push_behind")
        self.earlier_button.setEnabled(index > 0)
        self.later_button.setEnabled(0 <= index < len(edits) - 1)
        if edit is not None:
            self.start_spin.setRange(0, edit.frame)
            self.last_spin.setRange(edit.frame, max(edit.frame, self._session.frame_count - 1))
            self.start_spin.setValue(edit.start)
            self.last_spin.setValue(edit.stop - 1)
            self.amount_spin.setValue(edit.amount)
        self.snap_box.setCurrentIndex(self.snap_box.findData(self._repairs.snap if edit is None else edit.snap))
        levels = self._repairs.levels()
        for name in ("near", "far", "gamma"):
            value = getattr(levels, name)
            position = gamma_to_slider(value) if name == "gamma" else round(STEPS * value)
            if not self.level_sliders[name].isSliderDown():
                self.level_sliders[name].setValue(position)
            self.level_spins[name].setValue(value)
        self.reset_button.setEnabled(not levels.is_neutral)
        self._updating = False

    def _on_row(self, row: int) -> None:
        if not self._updating:
            self._repairs.select(row)

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        if not self._updating:
            self._repairs.set_enabled(self.list.row(item), item.checkState() == Qt.CheckState.Checked)

    def _on_range(self, _value: int) -> None:
        if not self._updating:
            self._repairs.set_range(self.start_spin.value(), self.last_spin.value() + 1)

    def _on_amount(self, value: float) -> None:
        if not self._updating:
            self._repairs.change(amount=value)

    # --- levels -----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._gesture = self._session.new_gesture()

    def _end(self) -> None:
        self._gesture = None
        self._refresh()

    def _on_level_slider(self, name: str, position: int) -> None:
        if self._updating:
            return
        value = slider_to_gamma(position) if name == "gamma" else position / STEPS
        gesture = self._session.new_gesture() if self._gesture is None else self._gesture
        self._repairs.set_levels(gesture, **{name: round(value, 3)})

    def _on_level_spin(self, name: str, value: float) -> None:
        if not self._updating:
            self._repairs.set_levels(**{name: value})

"""Focus, blur, look and depth at the playhead: values, easing, choices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.core_words import phase_words
from app.histogram_slider import HistogramSlider
from app.icons import icon
from app.sharp_zone_row import SharpZoneRow
from app.timecode import about, timecode
from vbr_core import edits
from vbr_core.project import EASINGS
from vbr_core.settings import K_MAX, RENDERERS

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

    from app.depth_controller import DepthController
    from app.dialogs import Dialogs
    from app.focus_controller import FocusController
    from app.key_controller import KeyController
    from app.models_controller import ModelsController
    from app.preview import PreviewController
    from app.session import Session
    from vbr_core.jobs import Progress
    from vbr_core.project import Project, TrackName

SLIDER_STEPS = 1000
LEAST_WIDTH = 288
LABEL_PX = 80
STARTER = "starter"
_IMPORT_FOLDER = "import folder"
_IMPORT_VIDEO = "import video"
_MORE_MODELS = "more models"


def blur_to_slider(k: float) -> int:
    """Place of a blur amount on the slider: a square law, so that small amounts have room."""
    return round(SLIDER_STEPS * (max(0.0, k) / K_MAX) ** 0.5)


def slider_to_blur(position: int) -> float:
    """The blur amount at a place of the slider."""
    return K_MAX * (position / SLIDER_STEPS) ** 2


SECTION_MARGIN_PX = 8


class Inspector(QScrollArea):
    """The panel beside the picture."""

    typing_finished = Signal()
    """Return was pressed in a field: the keys belong to the picture again."""
    models_asked = Signal()
    """More depth models are wanted than those that are here."""

    def __init__(
        self,
        session: Session,
        keys: KeyController,
        preview: PreviewController,
        focus: FocusController,
        depth: DepthController,
        dialogs: Dialogs,
        models: ModelsController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._keys = keys
        self._depth = depth
        self._dialogs = dialogs
        self._models = models
        self._gestures: dict[TrackName, int | None] = {"focus": None, "blur": None}
        self._updating = False
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Inspector"))
        body = QWidget()
        self._layout = QVBoxLayout(body)
        self._layout.setContentsMargins(16, 12, 16, 12)
        self._layout.setSpacing(8)
        self._build_focus()
        self._build_blur()
        self._build_look()
        self._build_depth()
        self._layout.addStretch(1)
        self.setWidget(body)
        self._fit_width()
        session.changed.connect(self._on_changed)
        session.playhead_changed.connect(self._refresh)
        session.selection_changed.connect(self._refresh)
        session.clip_opened.connect(self._refresh)
        preview.histogram_changed.connect(self.focus_slider.set_histogram)
        focus.marker_changed.connect(self.focus_slider.set_marker)
        session.playhead_changed.connect(lambda _frame: self.focus_slider.set_marker(None))
        depth.state_changed.connect(self._on_depth_state)
        depth.progressed.connect(self._on_depth_progress)
        models.statuses_changed.connect(self._fill_depth_box)
        self._refresh()
        self._on_depth_state(depth.state)

    def sizeHint(self) -> QSize:
        return QSize(312, 480)

    # --- building ---------------------------------------------------------------------------------------------------

    def _title(self, text: str, first: bool = False) -> None:
        if not first:
            self._layout.addSpacing(4)
            line = QFrame()
            theme.set_property(line, "line", True)
            self._layout.addWidget(line)
            self._layout.addSpacing(2)
        label = QLabel(text)
        label.setFont(theme.title_font())
        theme.set_property(label, "title", True)
        self._layout.addWidget(label)

    def _fit_width(self) -> None:
        """Wide enough for every row: there is no horizontal scroll bar. Sliders grow to the right in every language."""
        for slider in self.findChildren(QSlider):
            slider.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        bar = self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(max(LEAST_WIDTH, self.widget().minimumSizeHint().width() + bar))

    def add_section(self, title: str, widget: QWidget, tool_mode_changed: SignalInstance | None = None) -> None:
        """A section of its own below the others.

        Args:
            title: Above it.
            widget: What is in it.
            tool_mode_changed: Signal of the tool that belongs to it: taking the tool up brings the section into sight.
        """
        stretch = self._layout.takeAt(self._layout.count() - 1)
        self._title(title)
        self._layout.addWidget(widget)
        self._layout.addItem(stretch)
        self._fit_width()
        if tool_mode_changed is not None:
            tool_mode_changed.connect(lambda mode: self.show_section(widget) if mode != "off" else None)

    def show_section(self, widget: QWidget) -> None:
        """Scroll so that a section is in sight, from its title on if it is too long."""
        bar = self.verticalScrollBar()
        top = self._layout.itemAt(self._layout.indexOf(widget) - 1).geometry().top() - SECTION_MARGIN_PX
        bottom = widget.geometry().bottom() + SECTION_MARGIN_PX - self.viewport().height()
        bar.setValue(min(top, max(bottom, bar.value())))

    def _quiet(self, text: str = "") -> QLabel:
        label = QLabel(text)
        label.setWordWrap(True)
        theme.set_property(label, "quiet", True)
        theme.set_property(label, "small", True)
        return label

    def _spin(self, name: str, high: float, step: float, decimals: int) -> QDoubleSpinBox:
        spin = QDoubleSpinBox()
        spin.setLocale(QLocale.c())
        spin.setFont(theme.tabular_font())
        spin.setRange(0.0, high)
        spin.setSingleStep(step)
        spin.setDecimals(decimals)
        spin.setKeyboardTracking(False)
        spin.setFixedWidth(88)
        spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        spin.setAccessibleName(name)
        spin.lineEdit().returnPressed.connect(self.typing_finished)
        return spin

    def _row(self, label: QLabel, *widgets: QWidget, wide: bool = False) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        label.setMinimumWidth(LABEL_PX if wide else 20)
        row.addWidget(label)
        for widget in widgets:
            row.addWidget(widget, 1 if isinstance(widget, (QComboBox, QSlider)) else 0)
        self._layout.addLayout(row)

    def _build_focus(self) -> None:
        self._title(self.tr("FOCUS"), first=True)
        self.focus_slider = HistogramSlider()
        self.focus_slider.setAccessibleName(self.tr("Focus d_f, 0 far to 1 near"))
        self.focus_slider.drag_started.connect(lambda: self._begin("focus"))
        self.focus_slider.drag_finished.connect(lambda: self._end("focus"))
        self.focus_slider.value_dragged.connect(lambda value: self._drag("focus", value))
        self._layout.addWidget(self.focus_slider)
        self.focus_spin = self._spin(self.tr("Focus d_f"), 1.0, 0.005, 3)
        self.focus_spin.valueChanged.connect(lambda value: self._type("focus", value))
        self.easing_box = QComboBox()
        self.easing_box.setAccessibleName(self.tr("Easing"))
        self.easing_box.setToolTip(self.tr("How the value goes on from the key to the next one"))
        words = {
            "hold": self.tr("Hold"),
            "linear": self.tr("Linear"),
            "smooth": self.tr("Smooth"),
            "bezier": self.tr("Bezier"),
        }
        for name in EASINGS:
            self.easing_box.addItem(icon(f"ease_{name}"), words[name], name)
        self.easing_box.activated.connect(lambda index: self._keys.set_easing(self.easing_box.itemData(index)))
        label = QLabel(self.tr("&d_f"))
        label.setBuddy(self.focus_spin)
        self._row(label, self.focus_spin, self.easing_box)
        self.focus_text = self._quiet()
        self._layout.addWidget(self.focus_text)

    def _build_blur(self) -> None:
        self._title(self.tr("BLUR"))
        self.blur_slider = QSlider(Qt.Orientation.Horizontal)
        self.blur_slider.setRange(0, SLIDER_STEPS)
        self.blur_slider.setPageStep(50)
        self.blur_slider.setSingleStep(5)
        self.blur_slider.setAccessibleName(self.tr("Blur K"))
        theme.set_property(self.blur_slider, "accent", "blur")
        self.blur_slider.sliderPressed.connect(lambda: self._begin("blur"))
        self.blur_slider.sliderReleased.connect(lambda: self._end("blur"))
        self.blur_slider.valueChanged.connect(self._on_blur_slider)
        self.blur_spin = self._spin(self.tr("Blur K"), K_MAX, 1.0, 1)
        self.blur_spin.valueChanged.connect(lambda value: self._type("blur", value))
        label = QLabel(self.tr("&K"))
        label.setBuddy(self.blur_spin)
        self._row(label, self.blur_slider, self.blur_spin)
        self.blur_text = self._quiet()
        self._layout.addWidget(self.blur_text)
        self.zone_row = SharpZoneRow(self._session)
        self.zone_row.typing_finished.connect(self.typing_finished)
        self._layout.addWidget(self.zone_row)

    def _build_look(self) -> None:
        self._title(self.tr("RENDERER AND DEPTH"))
        self.renderer_box = QComboBox()
        self.renderer_box.setAccessibleName(self.tr("Renderer"))
        words = {"scatter": self.tr("Scatter"), "layered": self.tr("Layered"), "vbr": self.tr("VBR")}
        tips = {
            "vbr": self.tr("The trained network: scatter, with edges mended by what neighbouring frames show"),
            "scatter": self.tr("Every pixel spreads over its circle of confusion: exact and quick"),
            "layered": self.tr("Layers of equal disparity, blurred and composited from back to front"),
        }
        for index, name in enumerate(RENDERERS):
            self.renderer_box.addItem(words.get(name, name), name)
            self.renderer_box.setItemData(index, tips.get(name, ""), Qt.ItemDataRole.ToolTipRole)
        self.renderer_box.activated.connect(
            lambda index: self._session.apply(
                edits.set_renderer(self._session.project, self.renderer_box.itemData(index)),
                self.tr("Choose the renderer"),
            )
        )
        label = QLabel(self.tr("&Renderer"))
        label.setBuddy(self.renderer_box)
        self._row(label, self.renderer_box, wide=True)

    def _build_depth(self) -> None:
        self.depth_box = QComboBox()
        self.depth_box.setAccessibleName(self.tr("Depth from"))
        self.depth_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.depth_box.activated.connect(self._on_depth_chosen)
        label = QLabel(self.tr("De&pth from"))
        label.setBuddy(self.depth_box)
        self._row(label, self.depth_box, wide=True)
        self.depth_bar = QProgressBar()
        self.depth_bar.setTextVisible(False)
        self.depth_bar.setRange(0, 1000)
        self.depth_bar.setAccessibleName(self.tr("Depth progress"))
        self.depth_button = QToolButton()
        self.depth_button.clicked.connect(self._on_depth_button)
        self.depth_text = self._quiet()
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addStretch(1)
        texts.addWidget(self.depth_text)
        texts.addWidget(self.depth_bar)
        texts.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(texts, 1)
        row.addWidget(self.depth_button)
        self._layout.addLayout(row)

    # --- values -----------------------------------------------------------------------------------------------------

    def _begin(self, name: TrackName) -> None:
        self._gestures[name] = self._session.new_gesture()

    def _end(self, name: TrackName) -> None:
        self._gestures[name] = None

    def _drag(self, name: TrackName, value: float) -> None:
        gesture = self._gestures[name]
        self._keys.set_value(name, value, self._session.new_gesture() if gesture is None else gesture)

    def _type(self, name: TrackName, value: float) -> None:
        if not self._updating:
            self._keys.set_value(name, value)

    def _on_blur_slider(self, position: int) -> None:
        if not self._updating and position != blur_to_slider(self._keys.value("blur")):
            self._drag("blur", slider_to_blur(position))

    def _on_changed(self, _old: Project, _new: Project) -> None:
        self._refresh()

    def _refresh(self, *_: object) -> None:
        self._updating = True
        has_clip = self._session.clip_info is not None
        for widget in (self.focus_slider, self.focus_spin, self.blur_slider, self.blur_spin, self.depth_box):
            widget.setEnabled(has_clip)
        self.renderer_box.setEnabled(has_clip)
        d_f, k = self._keys.value("focus"), self._keys.value("blur")
        self.focus_slider.set_value(d_f)
        self.focus_spin.setValue(d_f)
        if not self.blur_slider.isSliderDown():
            self.blur_slider.setValue(blur_to_slider(k))
        self.blur_spin.setValue(k)
        self.focus_text.setText(self._key_text("focus"))
        self.blur_text.setText(self._key_text("blur"))
        easing = self._keys.easing()
        self.easing_box.setEnabled(easing is not None)
        self.easing_box.setCurrentIndex(-1 if easing is None else EASINGS.index(easing))
        self.renderer_box.setCurrentIndex(self.renderer_box.findData(self._session.project.renderer))
        self._fill_depth_box()
        self._updating = False

    def _key_text(self, name: TrackName) -> str:
        info = self._session.clip_info
        keys = self._session.project.track(name).keys
        here = self._session.playhead
        if info is None:
            return ""
        selected = len([1 for track, _ in self._session.selection if track == name])
        if selected > 1:
            return self.tr("{count} keys selected").format(count=selected)
        if not keys:
            if name == "focus":
                return self.tr("No key yet. Click the picture to focus there.")
            return self.tr("No key yet. B sets one here.")
        if edits.key_at(self._session.project.track(name), here) is not None:
            return self.tr("Key at {time}").format(time=timecode(here, info.frame_rate))
        before = [key.frame for key in keys if key.frame < here]
        if not before:
            return self.tr("Before the first key. A change sets a key here.")
        if before[-1] == keys[-1].frame:
            return self.tr("After the last key. A change sets a key here.")
        return self.tr("Between two keys. A change sets a key here.")

    # --- depth ------------------------------------------------------------------------------------------------------

    def _fill_depth_box(self) -> None:
        """Offer the models that are here, what the project uses now, and the ways to others."""
        depth = self._session.project.depth
        entries = [(self.tr("Starter model"), STARTER, "")]
        for status in self._models.offered():
            if status.usable and status.entry.name != STARTER:
                entries.append((status.entry.title, status.entry.name, ""))
        if depth not in [data for _text, data, _tip in entries]:
            known = self._models.status(depth)
            if known is None:
                entries.append((Path(depth).name or depth, depth, depth))
            else:
                text = known.entry.title if known.usable else self.tr("{title} (not here)")
                entries.append((text.format(title=known.entry.title), depth, depth))
        box = self.depth_box
        shown = [(box.itemText(n), box.itemData(n)) for n in range(box.count())][: len(entries) + 1]
        if shown[:-1] == [(text, data) for text, data, _tip in entries] and shown[-1] == ("", None):
            box.setCurrentIndex(box.findData(depth))
            return
        box.clear()
        for number, (text, data, tip) in enumerate(entries):
            box.addItem(text, data)
            box.setItemData(number, tip, Qt.ItemDataRole.ToolTipRole)
        box.insertSeparator(box.count())
        box.addItem(self.tr("More models…"), _MORE_MODELS)
        box.addItem(self.tr("Import a folder…"), _IMPORT_FOLDER)
        box.addItem(self.tr("Import a video…"), _IMPORT_VIDEO)
        box.setCurrentIndex(box.findData(depth))

    def _on_depth_chosen(self, index: int) -> None:
        choice = self.depth_box.itemData(index)
        if choice == _MORE_MODELS:
            self.depth_box.setCurrentIndex(self.depth_box.findData(self._session.project.depth))
            self.models_asked.emit()
            return
        if choice in (_IMPORT_FOLDER, _IMPORT_VIDEO):
            self.depth_box.setCurrentIndex(self.depth_box.findData(self._session.project.depth))
            path = (
                self._dialogs.choose_depth_folder() if choice == _IMPORT_FOLDER else self._dialogs.choose_depth_video()
            )
            if path is None:
                return
            choice = str(path.absolute())
        self._session.apply(edits.set_depth(self._session.project, choice), self.tr("Choose the depth"))

    def _on_depth_button(self) -> None:
        if self._depth.state == "running":
            self._depth.cancel()
        else:
            self._depth.start()

    def _on_depth_state(self, state: str) -> None:
        texts = {
            "none": self.tr("No clip"),
            "running": self.tr("Starting…"),
            "ready": self.tr("Ready"),
            "failed": self.tr("Failed: {reason}").format(reason=getattr(self._depth.error, "message", "")),
            "cancelled": self.tr("Cancelled"),
        }
        running = state == "running"
        self.depth_text.setText(texts[state])
        theme.set_property(self.depth_text, "error", state == "failed")
        self.depth_bar.setVisible(running)
        self.depth_bar.setValue(0)
        self.depth_button.setVisible(state != "none")
        self.depth_button.setIcon(icon("cancel" if running else "loop"))
        tip = self.tr("Cancel the depth") if running else self.tr("Estimate the depth again")
        self.depth_button.setToolTip(tip)
        self.depth_button.setAccessibleName(tip)

    def _on_depth_progress(self, progress: Progress) -> None:
        self.depth_bar.setValue(round(1000 * progress.fraction))
        text = phase_words(progress.phase)
        if progress.total:
            text = self.tr("{done} of {total}").format(done=progress.done, total=progress.total)
        if progress.remaining_seconds is not None:
            text += self.tr(" · about {time} left").format(time=about(progress.remaining_seconds))
        self.depth_text.setText(text)

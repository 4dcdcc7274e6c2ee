"""The preferences: every change takes hold at once, or the page says when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app import preferences, theme
from app.shortcuts_editor import ShortcutsEditor
from app.storage_page import StoragePage
from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from app.actions import Actions
    from app.core_access import Core
    from app.job_runner import JobRunner
    from app.session import Session


class PreferencesDialog(QDialog):
    """Pages of choices."""

    chosen = Signal(str)
    """Name of the choice that was stored."""

    def __init__(
        self, session: Session, core: Core, runner: JobRunner, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._core = core
        self._runner = runner
        self._boxes: dict[str, QComboBox] = {}
        self.setWindowTitle(self.tr("Preferences"))
        self.resize(680, 520)
        self.device_label = self._quiet(self.tr("Looking for devices…"))
        self.word = QLabel(self)
        self.word.setWordWrap(True)
        self.word.setTextFormat(Qt.TextFormat.PlainText)
        self.motion_box = QCheckBox(self.tr("Nothing moves by itself"))
        self.motion_box.setChecked(preferences.choice("motion") == "off")
        self.motion_box.toggled.connect(lambda off: self._choose("motion", "off" if off else "on"))
        self.storage = StoragePage(session, runner, self)
        self.shortcuts = ShortcutsEditor(actions, self)
        self.storage.failed.connect(self._tell)
        self.shortcuts.failed.connect(self._tell)
        self.tabs = QTabWidget(self)
        self.tabs.setAccessibleName(self.tr("Pages"))
        self.tabs.addTab(self._general(), self.tr("General"))
        self.tabs.addTab(self._appearance(), self.tr("Appearance"))
        self.tabs.addTab(self._rendering(), self.tr("Rendering"))
        self.tabs.addTab(self._storage(), self.tr("Storage"))
        self.tabs.addTab(self._page(self.shortcuts), self.tr("Shortcuts"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(theme.SPACE_PX)
        box.addWidget(self.tabs, 1)
        box.addWidget(self.word)
        box.addWidget(buttons)

    # --- pages ------------------------------------------------------------------------------------------------------

    def _general(self) -> QWidget:
        # languages are written in their own words
        texts = {"system": self.tr("As the system"), "en": "English", "de": "Deutsch"}
        return self._form(
            (self.tr("Language"), self._combo("language", texts, self.tr("Language"))),
            ("", self._quiet(self.tr("The language changes when the program is started again."))),
        )

    def _appearance(self) -> QWidget:
        texts = {"dark": self.tr("Dark"), "light": self.tr("Light"), "system": self.tr("As the system")}
        sizes = {value: f"{value} %" for value in _values("scale")}
        return self._form(
            (self.tr("Theme"), self._combo("theme", texts, self.tr("Theme"))),
            (self.tr("Motion"), self.motion_box),
            (self.tr("Size of everything"), self._combo("scale", sizes, self.tr("Size of everything"))),
            ("", self._quiet(self.tr("The size changes when the program is started again."))),
        )

    def _rendering(self) -> QWidget:
        devices = {"auto": self.tr("Automatic: a GPU if there is one"), "cpu": self.tr("CPU only")}
        renderers = {
            "vbr": self.tr("VBR (best)"),
            "scatter": self.tr("Scatter (no network)"),
            "layered": self.tr("Layered (fastest)"),
        }
        sizes = {value: self.tr("{count} MiB").format(count=value) for value in _values("preview_cache_mib")}
        return self._form(
            (self.tr("Device"), self._combo("device", devices, self.tr("Device"))),
            ("", self.device_label),
            (self.tr("Renderer of new documents"), self._combo("renderer", renderers, self.tr("Renderer"))),
            (
                self.tr("Memory for preview pictures"),
                self._combo("preview_cache_mib", sizes, self.tr("Memory for preview pictures")),
            ),
        )

    def _storage(self) -> QWidget:
        sizes = {value: self.tr("{count} GiB").format(count=value) for value in _values("disk_cache_gib")}
        page = self._page(self.storage)
        label = QLabel(self.tr("Keep at most"), page)
        box = self._combo("disk_cache_gib", sizes, self.tr("Most depth that is kept"))
        label.setBuddy(box)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE_PX)
        row.addWidget(label)
        row.addWidget(box)
        row.addWidget(self._quiet(self.tr("of depth; what was not used for longest goes first")), 1)
        self.storage.add_row(row)
        return page

    def _page(self, widget: QWidget) -> QWidget:
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(8, 16, 8, 8)
        box.addWidget(widget)
        return page

    def _form(self, *rows: tuple[str, QWidget]) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(8, 16, 8, 8)
        form.setHorizontalSpacing(theme.SPACE_PX * 2)
        form.setVerticalSpacing(theme.SPACE_PX)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for text, widget in rows:
            form.addRow(text, widget)
        return page

    def _quiet(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        theme.set_property(label, "quiet", True)
        return label

    def _combo(self, name: str, texts: dict[str, str], spoken: str) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(spoken)
        for value in _values(name):
            box.addItem(texts.get(value, value), value)
        box.setCurrentIndex(box.findData(preferences.choice(name)))
        box.currentIndexChanged.connect(lambda _index: self._choose(name, str(box.currentData())))
        self._boxes[name] = box
        return box

    def combo(self, name: str) -> QComboBox:
        """The box of a choice."""
        return self._boxes[name]

    # --- acting -----------------------------------------------------------------------------------------------------

    def _choose(self, name: str, value: str) -> None:
        try:
            preferences.set_choice(name, value)
        except VbrError as error:
            self._tell(f"{error} {error.hint}")
            return
        self._tell("")
        self.chosen.emit(name)
        if name == "device":
            self._ask_device()

    def _tell(self, sentence: str) -> None:
        self.word.setText(sentence)
        self.word.setVisible(bool(sentence))

    def open_page(self) -> None:
        """Show it, and look at the devices and the cache folder on a worker."""
        self._tell("")
        self.show()
        self.raise_()
        self.activateWindow()
        self._ask_device()
        self.storage.measure()

    def _ask_device(self) -> None:
        job = self._runner.start("", lambda _ctx: self._core.describe_device())
        job.finished.connect(self._on_device)
        job.failed.connect(lambda error: self.device_label.setText(str(error)))

    def _on_device(self, text: str) -> None:
        words = self.tr("{device}; used from the next clip that is opened")
        self.device_label.setText(words.format(device=text))


def _values(name: str) -> tuple[str, ...]:
    return preferences.CHOICES[name].values

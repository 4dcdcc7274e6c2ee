"""The page of the preferences on which commands get other keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import shortcuts, theme
from app.actions import ACTIONS, MENUS, plain_text
from vbr_core.errors import VbrError

if TYPE_CHECKING:
    from app.actions import Actions

SPECS = {spec.id: spec for spec in ACTIONS}


class ShortcutsEditor(QWidget):
    """A searchable list of all commands and a field that records a key."""

    failed = Signal(str)
    """A sentence."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._keys = shortcuts.load()
        self._pending = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search commands and keys"))
        self.search.setAccessibleName(self.tr("Search commands and keys"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderLabels([self.tr("Command"), self.tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName(self.tr("Commands and their keys"))
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        menus = dict(MENUS)
        for spec in ACTIONS:
            menu = QCoreApplication.translate("Actions", menus[spec.menu]).replace("&", "")
            row = QTreeWidgetItem([f"{menu}:  {plain_text(spec)}", ""])
            row.setData(0, Qt.ItemDataRole.UserRole, spec.id)
            self.list.addTopLevelItem(row)
        self.field = QKeySequenceEdit()
        self.field.setMaximumSequenceLength(1)
        self.field.setAccessibleName(self.tr("Press the new key"))
        self.field.keySequenceChanged.connect(self._on_recorded)
        self.word = QLabel()
        self.word.setWordWrap(True)
        self.word.setTextFormat(Qt.TextFormat.PlainText)
        self.replace_button = self._button(self.tr("&Replace"), self._replace)
        self.clear_button = self._button(self.tr("&No key"), lambda: self._set(""))
        self.reset_button = self._button(self.tr("R&eset"), self.reset_current)
        self.reset_all_button = self._button(self.tr("Reset &all"), self.reset_all)
        self.list.currentItemChanged.connect(lambda *_: self._show_current())
        row_box = QHBoxLayout()
        row_box.setSpacing(theme.SPACE_PX)
        row_box.addWidget(self.field, 1)
        for button in (self.replace_button, self.clear_button, self.reset_button, self.reset_all_button):
            row_box.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.SPACE_PX)
        box.addWidget(self.search)
        box.addWidget(self.list, 1)
        box.addLayout(row_box)
        box.addWidget(self.word)
        self._fill()
        self.list.setCurrentItem(self.list.topLevelItem(0))

    def _button(self, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: act())  # type: ignore[operator]
        return button

    def _rows(self) -> list[QTreeWidgetItem]:
        rows = (self.list.topLevelItem(place) for place in range(self.list.topLevelItemCount()))
        return [row for row in rows if row is not None]

    def _fill(self) -> None:
        for row in self._rows():
            keys = self._keys[row.data(0, Qt.ItemDataRole.UserRole)]
            row.setText(1, ",  ".join(native(key) for key in keys))
        self.reset_all_button.setEnabled(self._keys != shortcuts.defaults())
        self._show_current()

    def _filter(self, wanted: str) -> None:
        needle = wanted.strip().casefold()
        for row in self._rows():
            row.setHidden(needle not in f"{row.text(0)} {row.text(1)}".casefold())

    @property
    def current(self) -> str:
        """Id of the selected command; empty if none is."""
        row = self.list.currentItem()
        return str(row.data(0, Qt.ItemDataRole.UserRole)) if row is not None else ""

    def select(self, name: str) -> None:
        """Select a command."""
        for row in self._rows():
            if row.data(0, Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentItem(row)

    def _show_current(self) -> None:
        name = self.current
        keys = self._keys.get(name, ())
        self._pending = ""
        self.field.blockSignals(True)
        self.field.setKeySequence(QKeySequence(keys[0]) if keys else QKeySequence())
        self.field.blockSignals(False)
        self.replace_button.setEnabled(False)
        self.clear_button.setEnabled(bool(keys))
        self.reset_button.setEnabled(bool(name) and keys != shortcuts.defaults()[name])
        self.word.setText(self.tr("Click the field and press the key for the selected command."))

    def _on_recorded(self, sequence: QKeySequence) -> None:
        name, key = self.current, shortcuts.normal(sequence.toString(QKeySequence.SequenceFormat.PortableText))
        if not name or not key:
            return
        self._pending = ""
        self.replace_button.setEnabled(False)
        if key in shortcuts.RESERVED:
            self.word.setText(self.tr("{key} has a fixed meaning and cannot be changed.").format(key=native(key)))
            return
        other = shortcuts.owner(self._keys, key, but=name)
        if other:
            self._pending = key
            self.replace_button.setEnabled(True)
            self.word.setText(
                self.tr("{key} belongs to “{command}”. Replace takes it from there.").format(
                    key=native(key), command=plain_text(SPECS[other])
                )
            )
            return
        self._set(key)

    def _replace(self) -> None:
        if self._pending:
            self._set(self._pending)

    def _set(self, key: str) -> None:
        if self.current:
            self._store(shortcuts.with_key(self._keys, self.current, key))

    def reset_current(self) -> None:
        """Give the selected command the keys of the table; they are taken from the commands that have them now."""
        name = self.current
        if not name:
            return
        wanted = shortcuts.defaults()[name]
        keys = {other: tuple(key for key in value if key not in wanted) for other, value in self._keys.items()}
        self._store({**keys, name: wanted})

    def reset_all(self) -> None:
        """Give all commands the keys of the table."""
        self._store(shortcuts.defaults())

    def _store(self, keys: shortcuts.Keys) -> None:
        try:
            shortcuts.save(keys)
        except VbrError as error:
            self.failed.emit(f"{error} {error.hint}")
            return
        self._keys = keys
        self._actions.set_keys(keys)
        self._fill()


def native(key: str) -> str:
    """A portable key sequence as this system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)

"""Find a command by a few letters of its name or by its key, and run it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from app import preferences, theme
from app.actions import ACTIONS, MENUS, ActionSpec, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.actions import Actions

RECENT_KEY = "palette/recent"
RECENT_LIMIT = 8
WIDTH_PX, HEIGHT_PX = 640, 420
LEFT_OUT = ("palette",)
UNUSABLE_POINTS = 25
"""So many points commands lose that cannot be used now."""


def score(wanted: str, text: str) -> int | None:
    """How well letters that were typed fit a text; None if they do not occur in it in this order.

    Beginnings of words count most, then letters that follow each other; case and accents of spelling do not matter.
    """
    letters, words = wanted.casefold().replace(" ", ""), text.casefold()
    best: int | None = 0 if not letters else None
    starts = [place for place, letter in enumerate(words) if letters and letter == letters[0]]
    for start in starts:
        place, points = start, _points(words, start, -2)
        for letter in letters[1:]:
            following = place + 1
            if following < len(words) and words[following] == letter:
                found = following
            else:
                found = _next_start(words, letter, following)
                if found < 0:
                    found = words.find(letter, following)
            if found < 0:
                break
            points += _points(words, found, place)
            place = found
        else:
            points -= start
            best = points if best is None else max(best, points)
    return best


def _points(words: str, place: int, before: int) -> int:
    is_start = place == 0 or not words[place - 1].isalnum()
    return 12 * is_start + 8 * (place == before + 1) + 1


def _next_start(words: str, letter: str, begin: int) -> int:
    """The next word from ``begin`` on that starts with ``letter``; -1 if there is none."""
    for place in range(begin, len(words)):
        if words[place] == letter and not words[place - 1].isalnum():
            return place
    return -1


def recent() -> list[str]:
    """Ids of the commands that were run from here last, newest first."""
    try:
        stored = json.loads(preferences.stored_text(RECENT_KEY) or "[]")
    except ValueError:
        return []
    known = {spec.id for spec in ACTIONS}
    return [name for name in stored if name in known] if isinstance(stored, list) else []


def note_recent(name: str) -> None:
    """Put a command at the head of the list."""
    names = [name, *(other for other in recent() if other != name)][:RECENT_LIMIT]
    preferences.preferences().setValue(RECENT_KEY, json.dumps(names))


class CommandPalette(QDialog):
    """A field and the commands that fit what is typed; Enter runs the selected one."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._menus = {name: QCoreApplication.translate("Actions", title).replace("&", "") for name, title in MENUS}
        self.setWindowTitle(self.tr("Find a command"))
        self.resize(WIDTH_PX, HEIGHT_PX)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(self.tr("Type a few letters of a command"))
        self.field.setAccessibleName(self.tr("Command"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list = QTreeWidget(self)
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAccessibleName(self.tr("Commands that fit"))
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda _item: self.run_current())
        self.list.currentItemChanged.connect(self._say_current)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 12, 12, 12)
        box.setSpacing(theme.SPACE_PX)
        box.addWidget(self.field)
        box.addWidget(self.list, 1)
        self._fill("")

    def reason(self, spec: ActionSpec) -> str:
        """Why a command cannot be used now; empty if it can."""
        if self._actions.get(spec.id).isEnabled():
            return ""
        reasons = {
            "clip": self.tr("open a clip first"),
            "keys": self.tr("select keys first"),
            "undo": self.tr("nothing to undo"),
            "redo": self.tr("nothing to redo"),
        }
        return reasons.get(spec.enabled, self.tr("not possible now"))

    def _fits(self, wanted: str) -> list[ActionSpec]:
        ranks = {name: place for place, name in enumerate(recent())}
        found: list[tuple[tuple[int, int, int], ActionSpec]] = []
        for place, spec in enumerate(ACTIONS):
            if spec.id in LEFT_OUT:
                continue
            rank = ranks.get(spec.id, RECENT_LIMIT)
            if not wanted.strip():
                found.append(((rank, 0, place), spec))
                continue
            keys = [
                one.toString(QKeySequence.SequenceFormat.NativeText) for one in self._actions.get(spec.id).shortcuts()
            ]
            is_key = wanted.strip().casefold() in (key.casefold() for key in keys)
            points = 1000 if is_key else score(wanted, plain_text(spec))
            if points is None:
                points = score(wanted, f"{self._menus[spec.menu]} {plain_text(spec)}")
                points = None if points is None else points - 100
            if points is not None:
                points -= 0 if self._actions.get(spec.id).isEnabled() else UNUSABLE_POINTS
                found.append(((-points, rank, place), spec))
        return [spec for _rank, spec in sorted(found, key=lambda one: one[0])]

    def _fill(self, wanted: str) -> None:
        self.list.clear()
        space = QPixmap(self.list.iconSize() if self.list.iconSize().isValid() else QSize(16, 16))
        space.fill(Qt.GlobalColor.transparent)
        blank = QIcon(space)  # so that all texts begin at the same place
        for spec in self._fits(wanted):
            action, why = self._actions.get(spec.id), self.reason(spec)
            text = f"{self._menus[spec.menu]}:  {plain_text(spec)}"
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            row = QTreeWidgetItem([text, why or keys])
            row.setData(0, Qt.ItemDataRole.UserRole, spec.id)
            row.setData(0, Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in (text, why or keys) if part))
            row.setForeground(1, theme.roles().color("quiet"))
            row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if why:
                row.setForeground(0, theme.roles().color("quiet"))
            row.setIcon(0, blank if why or action.icon().isNull() else action.icon())
            self.list.addTopLevelItem(row)
        if not self.list.topLevelItemCount():
            row = QTreeWidgetItem([self.tr("No command fits these letters"), ""])
            row.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addTopLevelItem(row)
        else:
            self.list.setCurrentItem(self.list.topLevelItem(0))

    def _say_current(self, row: QTreeWidgetItem | None, _before: QTreeWidgetItem | None) -> None:
        """The keyboard stays in the field, so the field tells screen readers what Enter would run."""
        text = row.data(0, Qt.ItemDataRole.AccessibleTextRole) if row is not None else ""
        self.field.setAccessibleDescription(text or "")

    @property
    def shown(self) -> list[str]:
        """Ids of the commands in the list, best first."""
        rows: Iterable[QTreeWidgetItem | None] = map(self.list.topLevelItem, range(self.list.topLevelItemCount()))
        return [row.data(0, Qt.ItemDataRole.UserRole) for row in rows if row and row.data(0, Qt.ItemDataRole.UserRole)]

    @property
    def current(self) -> str:
        """Id of the selected command; empty if none is."""
        row = self.list.currentItem()
        return str(row.data(0, Qt.ItemDataRole.UserRole) or "") if row is not None else ""

    def run_current(self) -> None:
        """Close, and run the selected command if it can be used."""
        name = self.current
        if not name or not self._actions.get(name).isEnabled():
            return
        note_recent(name)
        self.accept()
        self._actions.get(name).trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while the field has the keyboard."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if event.key() in steps:
                self._move(steps[Qt.Key(event.key())])
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.run_current()
                return True
        return super().eventFilter(watched, event)

    def _move(self, step: int) -> None:
        count = self.list.topLevelItemCount()
        place = self.list.indexOfTopLevelItem(self.list.currentItem()) + step
        place = place % count if abs(step) == 1 else max(0, min(place, count - 1))
        self.list.setCurrentItem(self.list.topLevelItem(place))

    def open_page(self) -> None:
        """Show it below the top edge of the window, empty."""
        self.field.clear()
        self._fill("")
        parent = self.parentWidget()
        if parent is not None:
            corner = parent.window().geometry()
            self.move(corner.x() + (corner.width() - self.width()) // 2, corner.y() + corner.height() // 8)
        self.open()
        self.field.setFocus()

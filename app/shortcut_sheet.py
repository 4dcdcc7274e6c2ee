"""All keyboard shortcuts on one sheet, made from the table of actions."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.actions import HOLD_KEYS, MENUS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.actions import Actions

KEYS_PX = 150
COLUMNS = 3
"""At most; fewer on a narrow screen."""
FRAME = QSize(64, 96)
"""What the margins, the button and a scroll bar need."""
Group = tuple[str, list[tuple[str, str]]]
"""Title, and (keys, text) of every line."""


class ShortcutSheet(QDialog):
    """A dialog that lists every command that has a key, by menu, and what the mouse does."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self._shown: list[tuple[str, str]] = []
        groups = self._groups(actions)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 20, 24, 16)
        box.setSpacing(theme.SPACE_PX * 2)
        self.area = QScrollArea(self)
        room = self._room()
        counts = range(COLUMNS, 1, -1)
        page = self._page(groups, next((count for count in counts if self._width(groups, count) <= room.width()), 1))
        self.area.setWidget(page)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setAccessibleName(self.windowTitle())
        box.addWidget(self.area, 1)
        box.addWidget(buttons)
        self.resize((page.sizeHint() + FRAME).boundedTo(room + FRAME))

    def _room(self) -> QSize:
        """How large the page may be to be seen whole on this screen."""
        screen = self.parentWidget().screen() if self.parentWidget() else self.screen()
        return screen.availableSize() - FRAME - QSize(64, 80)

    def _width(self, groups: list[Group], count: int) -> int:
        """About how wide so many columns are; building them to find out takes long."""
        caps, words = QFontMetrics(theme.small_font()), QFontMetrics(theme.body_font())
        wide = 0
        for part in _balanced(groups, count):
            lines = [line for _title, rows in part for line in rows]
            keys = (sum(caps.horizontalAdvance(one) + 20 for one in line[0].split(" / ")) for line in lines)
            wide += max(KEYS_PX, *keys) + max(words.horizontalAdvance(_plain(line[1])) for line in lines)
        return wide + count * theme.SPACE_PX * 6

    def _page(self, groups: list[Group], count: int) -> QWidget:
        """The groups in so many columns."""
        self._shown = []
        page = QWidget(self)
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, theme.SPACE_PX * 2, 0)
        columns.setSpacing(theme.SPACE_PX * 4)
        for part in _balanced(groups, count):
            column = QVBoxLayout()
            column.setSpacing(theme.SPACE_PX * 2)
            for title, rows in part:
                column.addLayout(self._group(title, rows))
            column.addStretch(1)
            columns.addLayout(column, 1)
        return page

    @property
    def shown(self) -> list[tuple[str, str]]:
        """(keys, text) of every line."""
        return list(self._shown)

    def _groups(self, actions: Actions) -> list[Group]:
        groups = []
        for menu, title in MENUS:
            rows = [
                (
                    " / ".join(_native(keys) for keys in action.shortcuts()),
                    QCoreApplication.translate("Actions", spec.text),
                )
                for spec, action in actions.in_menu(menu)
                if action.shortcuts()
            ]
            if rows:
                groups.append((QCoreApplication.translate("Actions", title), rows))
        held = [(keys, QCoreApplication.translate("Actions", text)) for keys, text in HOLD_KEYS]
        groups.append((self.tr("Mouse and held keys"), held))
        groups.append((self.tr("Timeline and graph"), self._timeline_rows()))
        return groups

    def _timeline_rows(self) -> list[tuple[str, str]]:
        """What mouse and keyboard do in the timeline and in the graph editor."""
        return [
            (self.tr("Double-click"), self.tr("Add a key, or go to it")),
            (self.tr("Alt + drag"), self.tr("Move keys without snapping")),
            (self.tr("Wheel"), self.tr("Scroll")),
            (self.tr("Ctrl + wheel"), self.tr("Zoom at the cursor")),
            (self.tr("Tab, arrows"), self.tr("Walk from key to key")),
            (self.tr("Alt + arrows"), self.tr("Move the key in time or value")),
        ]

    def _group(self, title: str, rows: Iterable[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.SPACE_PX * 2)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, KEYS_PX)
        grid.setColumnStretch(1, 1)
        head = QLabel(_plain(title).upper(), self)
        head.setProperty("title", True)
        grid.addWidget(head, 0, 0, 1, 2)
        for number, (keys, text) in enumerate(rows, start=1):
            key_label = self._keycaps(keys)
            words = QLabel(_plain(text), self)
            words.setProperty("quiet", True)
            grid.addWidget(key_label, number, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(words, number, 1, Qt.AlignmentFlag.AlignVCenter)
            self._shown.append((keys, words.text()))
        return grid

    def _keycaps(self, keys: str) -> QWidget:
        """Alternatives side by side, each as a small key."""
        box = QWidget(self)
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for one in keys.split(" / "):
            cap = QLabel(one, box)
            cap.setProperty("keycap", True)
            row.addWidget(cap)
        row.addStretch(1)
        return box


def _native(keys: QKeySequence) -> str:
    return keys.toString(QKeySequence.SequenceFormat.NativeText)


def _plain(text: str) -> str:
    """The name of a command without its mnemonic and dots."""
    return text.replace("&", "").rstrip("…")


def _balanced(groups: list[Group], columns: int) -> list[list[Group]]:
    """The groups in order, cut into columns so that the longest one is as short as can be."""
    lengths = [len(rows) + 2 for _title, rows in groups]
    places = range(1, len(groups))
    best = min(
        itertools.combinations(places, min(columns, len(groups)) - 1),
        key=lambda cuts: max(sum(lengths[a:b]) for a, b in itertools.pairwise((0, *cuts, len(groups)))),
    )
    return [groups[a:b] for a, b in itertools.pairwise((0, *best, len(groups)))]

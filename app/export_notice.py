"""Tells somebody who looked away that an export ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app import preferences
from app.icons import app_icon

if TYPE_CHECKING:
    from collections.abc import Callable

SOUND_KEY = "export/sound"
MESSAGE_MS = 10_000


def wants_sound() -> bool:
    """Whether a sound is to be made at the end; off unless asked for."""
    return str(preferences.preferences().value(SOUND_KEY, "false")).lower() == "true"


def set_wants_sound(wanted: bool) -> None:
    preferences.preferences().setValue(SOUND_KEY, "true" if wanted else "false")


def _tray(parent: QObject) -> QSystemTrayIcon | None:
    """An icon that can show a message, where the desktop has a place for one."""
    if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
        return None
    return QSystemTrayIcon(app_icon(), parent)


class ExportNotice(QObject):
    """A message of the desktop and a hint at the window's button, if the window is not looked at."""

    def __init__(self, window: QWidget, make_tray: Callable[[QObject], QSystemTrayIcon | None] = _tray) -> None:
        super().__init__(window)
        self._window = window
        self._make_tray = make_tray
        self._tray: QSystemTrayIcon | None = None
        self._alert: Callable[[QWidget, int], object] = QApplication.alert
        self._beep: Callable[[], object] = QApplication.beep
        QApplication.instance().applicationStateChanged.connect(self._on_state)  # type: ignore[union-attr]

    def tell(self, title: str, text: str) -> bool:
        """Say that something ended. Returns whether the desktop was told, since nobody looked."""
        if wants_sound():
            self._beep()
        if self._window.isActiveWindow() or QApplication.activeWindow() is not None:
            return False
        self._alert(self._window, 0)
        if self._tray is None:
            self._tray = self._make_tray(self)
            if self._tray is not None:
                self._tray.messageClicked.connect(self._raise)
                self._tray.activated.connect(self._raise)
        if self._tray is not None:
            self._tray.setToolTip(title)
            self._tray.show()
            self._tray.showMessage(title, text, app_icon(), MESSAGE_MS)
        return True

    def _raise(self, *_: object) -> None:
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _on_state(self, *_: object) -> None:
        if self._tray is not None and QApplication.activeWindow() is not None:  # it was seen
            self._tray.hide()

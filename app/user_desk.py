"""What a user sets and looks up: preferences, the user's own keys, the command palette, the first hints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from app import preferences, shortcuts, theme
from app.hints import Hints

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from app.actions import Actions
    from app.command_palette import CommandPalette
    from app.core_access import Core
    from app.job_runner import JobRunner
    from app.preferences_dialog import PreferencesDialog
    from app.preview import PreviewController
    from app.session import Session


class UserDesk(QObject):
    """Opens these pages and applies what was chosen at the start."""

    def __init__(
        self,
        session: Session,
        core: Core,
        runner: JobRunner,
        actions: Actions,
        preview: PreviewController,
        viewer: QWidget,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._core = core
        self._runner = runner
        self._actions = actions
        self._preview = preview
        self._window = window
        self.palette: CommandPalette | None = None
        self.page: PreferencesDialog | None = None
        self.hints = Hints(session, actions, viewer)
        shortcuts.apply(actions)
        self.apply("preview_cache_mib")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_theme)

    def handlers(self) -> dict[str, Callable[..., object]]:
        """What the commands of this part do."""
        return {
            "preferences": self.show_preferences,
            "palette": self.show_palette,
            "hints": self.hints.restart,
            "shortcuts": self.show_shortcuts,
        }

    def show_shortcuts(self) -> None:
        """Show the keys in force on one sheet."""
        from app.shortcut_sheet import ShortcutSheet

        sheet = ShortcutSheet(self._actions, self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()

    def show_palette(self) -> None:
        """Let the user find a command."""
        from app.command_palette import CommandPalette

        if self.palette is None:
            self.palette = CommandPalette(self._actions, self._window)
        self.palette.open_page()

    def show_preferences(self) -> None:
        """Show the preferences."""
        from app.preferences_dialog import PreferencesDialog

        if self.page is None:
            self.page = PreferencesDialog(self._session, self._core, self._runner, self._actions, self._window)
            self.page.chosen.connect(self.apply)
        self.page.open_page()

    def apply(self, name: str) -> None:
        """Let a choice take hold that can do so at once."""
        if name == "preview_cache_mib":
            self._preview.set_cache_bytes(preferences.preview_cache_bytes())
        elif name in ("device", "disk_cache_gib"):
            preferences.apply_environment()
        elif name in ("theme", "motion"):
            theme.apply_chosen()

    def _on_system_theme(self, _scheme: object) -> None:
        if preferences.choice("theme") == "system":
            theme.apply_chosen()

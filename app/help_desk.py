"""What the window tells about itself: the errors of the session in one place, and About."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from app.about import AboutDialog
    from app.core_access import Core
    from app.errors import ErrorReporter
    from app.job_runner import JobRunner
    from app.log_view import ErrorsPage
    from app.status_bar import StatusBar


class HelpDesk(QObject):
    """Gathers what is told in dialogs and in the status bar, and opens the pages on it."""

    def __init__(
        self, core: Core, runner: JobRunner, errors: ErrorReporter, status: StatusBar, window: QWidget
    ) -> None:
        super().__init__(window)
        self._core = core
        self._runner = runner
        self._errors = errors
        self._window = window
        self.errors_page: ErrorsPage | None = None
        self.about_page: AboutDialog | None = None
        status.failure_told.connect(errors.log.add)
        status.failures_clicked.connect(self.show_errors)
        errors.all_asked.connect(self.show_errors)

    def handlers(self) -> dict[str, Callable[..., object]]:
        """What the commands of this part do."""
        return {"errors": self.show_errors, "about": self.show_about}

    def show_errors(self) -> None:
        """Show what failed in this session."""
        from app.log_view import ErrorsPage

        if self.errors_page is None:
            self.errors_page = ErrorsPage(self._errors.log, self._window)
        self.errors_page.open_page()

    def show_about(self) -> None:
        """Show what the program is and what it is made of."""
        from app.about import AboutDialog

        if self.about_page is None:
            self.about_page = AboutDialog(self._core, self._runner, self._window)
        self.about_page.open_page()

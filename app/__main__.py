"""Start-up: ``python -m app [CLIP|PROJECT]``."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys

from vbr_core import __version__

log = logging.getLogger(__name__)


def has_screen(platform: str = sys.platform) -> bool:
    """Whether there is a display to open a window on. Elsewhere than on Linux there always is one."""
    wanted = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not platform.startswith("linux") or any(os.environ.get(name) for name in wanted)


def main(argv: list[str] | None = None) -> int:
    """Show the window and run until it is closed.

    Args:
        argv: Arguments without the program's name; None takes those of the process.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="vbr-studio", description="Edit the focus of a clip after it was shot.")
    parser.add_argument("path", nargs="?", help="a video or a .vbr project to open")
    parser.add_argument("--version", action="version", version=f"vbr-studio {__version__}")
    parser.add_argument("--self-test", action="store_true", help="check this installation without a window and exit")
    parser.add_argument("--window-test", action="store_true", help="show the window, close it again and exit")
    arguments = parser.parse_args(argv)
    if arguments.self_test:
        from app.self_test import print_self_test

        return print_self_test()
    if not has_screen():
        # Qt would abort the process
        sys.stderr.write("The window needs a screen, and this session has none. `vbr render` works without one.\n")
        return 2

    from PySide6.QtCore import QCoreApplication, QTimer
    from PySide6.QtWidgets import QApplication

    from app.collector import GuiCollector
    from app.errors import start_logging
    from app.icons import app_icon
    from app.main_window import MainWindow
    from app.preferences import APP_NAME, apply_environment, apply_scale, choice
    from app.quick_turns import take_quick_turns
    from app.theme import apply_chosen
    from app.translation import install_translator

    take_quick_turns()
    start_logging()
    log.info("starting")
    apply_scale()
    application = QCoreApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName(APP_NAME)
    application.setApplicationDisplayName("")
    application.setWindowIcon(app_icon())
    collector = GuiCollector(application)
    install_translator(application, choice("language"))
    apply_environment()
    apply_chosen()
    window = MainWindow()
    window.errors.install_hooks()
    window.show()
    if arguments.path:
        QTimer.singleShot(0, window, lambda: window.open_path(arguments.path))
    if arguments.window_test:
        QTimer.singleShot(0, window, window.close)
    else:
        QTimer.singleShot(0, window, window.life.recovery.look)
    signal.signal(signal.SIGINT, lambda *_: window.close())
    ticker = QTimer()  # lets Python see Ctrl-C while Qt waits
    ticker.start(250)
    ticker.timeout.connect(lambda: None)
    status = application.exec()
    window.worker.stop()
    collector.stop()
    log.info("ended with status %d", status)
    return status


if __name__ == "__main__":
    sys.exit(main())

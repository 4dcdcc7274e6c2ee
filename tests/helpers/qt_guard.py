"""Lets the suite run where the system libraries of Qt are missing: then the window's tests are left out, not broken.

Loaded with ``-p`` before any other plugin. pytest-qt imports Qt when it starts, and would end the run.
"""

from __future__ import annotations

import os


def why_no_qt() -> str:
    """Why Qt's widgets cannot be imported here; empty if they can."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        import PySide6.QtWidgets  # noqa: F401
    except ImportError as error:
        return str(error)
    return ""


REASON = why_no_qt()


def pytest_plugin_registered(plugin, manager):
    if REASON and not manager.is_blocked("pytest-qt"):
        manager.set_blocked("pytest-qt")


def pytest_addoption(parser):
    if REASON:
        parser.addini("qt_log_level_fail", "read by pytest-qt, which is switched off")


def pytest_ignore_collect(collection_path, config):
    if REASON and (collection_path.name == "app" or collection_path.name.startswith("test_window")):
        return True
    return None


def pytest_report_header(config):
    return f"WITHOUT THE WINDOW'S TESTS: Qt cannot be imported ({REASON})" if REASON else None


def pytest_terminal_summary(terminalreporter):
    if REASON:
        terminalreporter.write_line(f"The window's tests were left out: {REASON}. `vbr doctor` says what to install.")

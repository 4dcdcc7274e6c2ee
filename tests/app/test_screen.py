"""Starting without a screen."""

import pytest

from app import __main__ as start


def without_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_no_screen_is_one_sentence_and_status_2(monkeypatch, capsys):
    without_screen(monkeypatch)
    monkeypatch.setattr(start, "has_screen", lambda: False)
    assert start.main([]) == 2
    assert "needs a screen" in capsys.readouterr().err


def test_a_screen_is_told_by_the_environment(monkeypatch):
    without_screen(monkeypatch)
    assert not start.has_screen("linux")
    assert start.has_screen("darwin")
    assert start.has_screen("win32")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert start.has_screen("linux")

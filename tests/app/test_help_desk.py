"""Errors in one place, and About."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app import errors, log_view
from app.preferences import log_file
from vbr_core.errors import ClipError, OutputError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.app.conftest import WindowRig


def rows(rig: WindowRig) -> list[str]:
    page = rig.window.help.errors_page
    assert page is not None
    return [page.list.topLevelItem(row).text(1) for row in range(page.list.topLevelItemCount())]  # type: ignore[union-attr]


def test_every_error_is_listed_once_newest_first(rig: WindowRig) -> None:
    first, second = ClipError("The first.", "Do this."), OutputError("The second.")
    rig.window.status.show_failure(first)
    button = rig.window.status.failure_button
    assert button.text() == "The first."
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)  # one: its own dialog, and no second entry
    rig.wait(lambda: rig.window.errors.dialog is not None)
    dialog = rig.window.errors.dialog
    assert dialog is not None
    assert not dialog.show_all_button.isVisible()
    dialog.accept()
    rig.window.errors.report(second)
    rig.wait(lambda: rig.window.errors.dialog is not None)
    dialog = rig.window.errors.dialog
    assert dialog is not None
    assert dialog.show_all_button.isVisible()
    QTest.mouseClick(dialog.show_all_button, Qt.MouseButton.LeftButton)
    assert rows(rig) == ["The second.", "The first."]
    page = rig.window.help.errors_page
    assert page is not None
    page.list.setCurrentItem(page.list.topLevelItem(1))
    assert page.hint_label.text() == "Do this."
    assert "ClipError" in page.details.toPlainText()
    assert str(log_file()) in page.path_label.text()
    page.copy()
    assert "The first." in QGuiApplication.clipboard().text()


def test_the_status_bar_counts_what_nobody_looked_at(rig: WindowRig) -> None:
    for number in range(3):
        rig.window.status.show_failure(ClipError(f"Number {number}."))
    button = rig.window.status.failure_button
    assert button.text() == "Number 2. (3 errors)"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert rows(rig) == ["Number 2.", "Number 1.", "Number 0."]
    assert not button.isVisible()
    rig.window.status.show_failure(ClipError("Later."))
    assert button.text() == "Later."
    assert rows(rig)[0] == "Later."


def test_an_empty_list_says_so_and_opens_the_folder_of_the_log(rig: WindowRig, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(errors.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    rig.window.actions_.get("errors").trigger()
    page = rig.window.help.errors_page
    assert isinstance(page, log_view.ErrorsPage)
    assert page.empty_label.isVisible()
    assert not page.copy_button.isEnabled()
    QTest.mouseClick(page.folder_button, Qt.MouseButton.LeftButton)
    assert opened == [str(log_file().parent)]


def test_the_list_forgets_the_oldest(rig: WindowRig) -> None:
    for number in range(errors.LOG_LENGTH + 5):
        rig.window.errors.log.add(ClipError(str(number)))
    kept = rig.window.errors.log.entries
    assert (len(kept), kept[0].message) == (errors.LOG_LENGTH, "5")


def test_about_shows_parts_licences_and_the_machine(rig: WindowRig) -> None:
    rig.window.actions_.get("about").trigger()
    page = rig.window.help.about_page
    assert page is not None
    rig.wait(lambda: page.is_ready and page.text.toPlainText() == "The licence of first.")
    page.list.setCurrentItem(page.list.topLevelItem(1))
    rig.wait(lambda: page.text.toPlainText() == "The licence of second.")
    page.copy()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("VBR Studio\nQt 6")


def test_private_paths_are_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from vbr_core import about

    monkeypatch.setenv("HOME", str(tmp_path / "home" / "annabel"))
    monkeypatch.setattr(about.getpass, "getuser", lambda: "annabel")
    text = about.without_private(f"File {tmp_path}/home/annabel/clips/a.mp4, of annabel, not Annabelle")
    assert text == "File ~/clips/a.mp4, of (user), not Annabelle"


def test_licences_come_from_what_is_installed() -> None:
    from vbr_core import about

    found = {part.name: part for part in about.parts()}
    assert found["VBR Studio"].kind == "program"
    assert "Apache License" in about.licence_text(found["VBR Studio"])
    assert found["starter"].licence == "Apache-2.0"
    assert "CC BY" in about.licence_text(found["Sample clip"])
    assert found["numpy"].version
    assert "LGPL" in found["PySide6"].licence
    assert "pytest" not in found  # a tool of developers, no part of the program
    assert len(about.licence_text(found["msgspec"])) > 200

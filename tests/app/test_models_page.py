"""The Models page and the depth chooser, with real model files and a local server that misbehaves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from app import theme
from app.core_access import Core
from app.preferences import cache_folder
from tests.app.session_stub import use_dark_theme
from tests.helpers.bad_server import Answer, Server, running_server
from tests.helpers.fake_models import OTHER_WEIGHTS, WEIGHTS, fake_entry, use_models
from vbr_core.depth import model_files
from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.model_row import ModelRow
    from app.models_page import ModelsPage
    from tests.app.conftest import WindowRig


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(model_files, "_check_checkpoint", lambda entry, path: None)
    with running_server() as server:
        starter = fake_entry("starter", "", bundled=True, urls=(), architecture="starter")
        (tmp_path / "resources").mkdir()
        (tmp_path / "resources" / starter.file).write_bytes(WEIGHTS)
        use_models(
            monkeypatch,
            tmp_path / "resources",
            starter,
            fake_entry("free", server.url),
            fake_entry("bound", server.url, licence="CC BY-NC 4.0", commercial_ok=False),
            fake_entry("unhashed", server.url, sha256=None),
        )
        for name in ("free", "bound", "unhashed"):
            server.routes[f"/{name}.pt"] = [Answer(body=WEIGHTS)]
        yield server


@pytest.fixture
def models(rig: WindowRig, server: Server) -> WindowRig:
    """The window; its models are real, everything else is fake."""
    core = Core()
    fake: Any = rig.core
    for name in ("get_model", "verify_model", "import_model", "remove_model"):
        setattr(fake, name, getattr(core, name))

    def model_statuses() -> object:
        assert threading.current_thread() is not threading.main_thread()
        return core.model_statuses()

    fake.model_statuses = model_statuses
    return rig


def open_page(rig: WindowRig) -> ModelsPage:
    rig.window.actions_.get("models").trigger()
    page: Any = rig.window.models_page
    rig.wait(lambda: page.rows and not rig.window.runner.jobs and all(row.isVisible() for row in page.rows.values()))
    return page


def chooser(rig: WindowRig) -> list[str]:
    box = rig.window.inspector.depth_box
    return [box.itemText(n) for n in range(box.count()) if box.itemText(n)]


def texts(row: ModelRow) -> str:
    return " | ".join(label.text() for label in row.findChildren(QLabel) if label.isVisible() and label.text())


def test_rows_say_what_one_may_do_and_what_it_costs(models: WindowRig) -> None:
    page = open_page(models)
    assert list(page.rows) == ["starter", "free", "bound", "unhashed"]
    assert "Free for any use | also commercial · MIT | 300 kB | about 2.0 GB | Medium | Not here" in texts(
        page.rows["free"]
    )
    assert "Not for commercial work | CC BY-NC 4.0" in texts(page.rows["bound"])
    assert "Nobody publishes a checksum (SHA-256) of this file" in texts(page.rows["unhashed"])
    assert page.rows["free"].button.text() == "Get"
    assert (page.rows["starter"].button.text(), page.rows["starter"].button.isEnabled()) == ("Use", False)
    assert "Open a clip first" in page.rows["starter"].button.toolTip()
    assert not page.rows["starter"].remove_action.isEnabled()


def test_commercially_safe_only_hides_models_here_and_in_the_chooser_and_is_remembered(models: WindowRig) -> None:
    models.open()
    page = open_page(models)
    page.rows["bound"].button.click()
    models.wait(lambda: "The bound network" in chooser(models))
    models.wait(lambda: page.rows["bound"].button.text() == "Use" and not models.window.runner.jobs)
    page.commercial_box.setFocus()
    QTest.keyClick(page.commercial_box, Qt.Key.Key_Space)
    assert [name for name, row in page.rows.items() if row.isVisible()] == ["starter", "free", "unhashed"]
    assert "The bound network" not in chooser(models)
    assert not page.warning_label.isVisible()
    page.commercial_box.click()
    page.rows["bound"].button.click()
    page.commercial_box.click()
    assert page.warning_label.text() == "The open project uses The bound network, which is not for commercial work."
    assert page.warning_label.isVisible()
    assert chooser(models)[:2] == ["Starter model", "The bound network"]  # what is in use stays in sight
    from app.models_controller import ModelsController

    assert ModelsController(models.window.core, models.window.runner).commercial_only


def test_get_cancel_go_on_use(models: WindowRig, server: Server) -> None:
    models.open()
    page = open_page(models)
    row = page.rows["free"]
    server.routes["/free.pt"] = [Answer(body=WEIGHTS, stall_after=200_000), Answer(body=WEIGHTS)]
    assert "The free network" not in chooser(models)
    row.button.setFocus()
    QTest.keyClick(row.button, Qt.Key.Key_Space)
    models.wait(lambda: row.detail_label.text().startswith("0.2/0.3 MB"))
    assert (row.state_label.text(), row.button.text()) == ("Downloading", "Cancel")
    assert row.bar.isVisible()
    assert row.bar.value() == 667
    row.button.click()
    models.wait(lambda: row.button.text() == "Go on")
    assert texts(row).endswith("Partly here | 200 kB of 300 kB")
    row.button.click()
    models.wait(lambda: row.button.text() == "Use")
    assert server.asked[-1] == ("/free.pt", "bytes=200000-")
    assert not row.bar.isVisible()
    assert "The free network" in chooser(models)
    row.button.click()
    assert models.session.project.depth == "free"
    assert row.state_label.text() == "In use"
    models.wait(lambda: models.core.depth_asked[-1] == "free")


def test_closing_while_a_download_stalls_keeps_what_came_for_the_next_time(models: WindowRig, server: Server) -> None:
    page = open_page(models)
    server.routes["/free.pt"] = [Answer(body=WEIGHTS, stall_after=200_000)]
    page.rows["free"].button.click()
    models.wait(server.stalled.is_set)
    models.wait(lambda: page.rows["free"].bar.value() == 667)  # all that was sent has come
    models.window.close()
    models.wait(lambda: not models.window.isVisible())
    models.wait(lambda: models.window.runner.jobs == ())
    files = [path for path in cache_folder().rglob("*") if path.is_file()]
    assert [path.stat().st_size for path in files if path.name == "free.pt.part"] == [200_000]
    assert "free.pt" not in [path.name for path in files]  # it is not taken for a whole one


def test_what_fails_stands_in_the_row_and_in_the_status_bar_if_the_page_is_closed(
    models: WindowRig, server: Server
) -> None:
    page = open_page(models)
    row = page.rows["free"]
    server.routes["/free.pt"] = []
    row.button.click()
    models.wait(lambda: row.note_label.isVisible() and "could not be downloaded" in row.note_label.text())
    assert "the file is not there any more (404)" in row.note_label.text()
    assert "vbr models import free FILE" in row.note_label.text()
    models.wait(lambda: row.button.text() == "Get")
    assert models.window.status.failure_button.isHidden()
    row.button.click()
    page.close()
    models.wait(lambda: not models.window.status.failure_button.isHidden())
    assert "free.pt" in models.window.status.failure_button.text()


def test_import_verify_remove(models: WindowRig, tmp_path: Path) -> None:
    page = open_page(models)
    row = page.rows["free"]
    given = models.dialogs.weights = tmp_path / "given.pth"
    given.write_bytes(OTHER_WEIGHTS)
    row.import_action.trigger()
    models.wait(lambda: "'given.pth' is not the file of 'free'" in row.note_label.text())
    given.write_bytes(WEIGHTS)
    models.wait(lambda: row.import_action.isEnabled())
    row.import_action.trigger()
    models.wait(lambda: row.state_label.text() == "Ready")
    assert not row.note.isVisible()
    models.wait(lambda: row.verify_action.isEnabled())
    row.verify_action.trigger()
    models.wait(lambda: row.detail_label.text() == "checked just now")
    row.status.path.write_bytes(OTHER_WEIGHTS)
    models.wait(lambda: row.verify_action.isEnabled())
    row.verify_action.trigger()
    models.wait(lambda: "are not the published file" in row.note_label.text())
    models.wait(lambda: row.remove_action.isEnabled())
    row.remove_action.trigger()
    assert row.status.path.exists()  # the answer was no
    models.dialogs.remove = True
    row.remove_action.trigger()
    models.wait(lambda: row.state_label.text() == "Not here")
    assert models.dialogs.asked.count("remove: The free network, 300 kB") == 2


def test_depth_that_waits_for_its_model_starts_when_it_arrives(models: WindowRig) -> None:
    models.core.depth_error = ModelError("not here")
    models.open(depth=False)
    models.wait(lambda: models.window.depth.state == "failed" and not models.window.runner.jobs)
    from vbr_core import edits

    models.session.apply(edits.set_depth(models.session.project, "free"), "Choose the depth")
    models.wait(lambda: models.window.depth.state == "failed" and not models.window.runner.jobs)
    assert models.window.inspector.depth_box.currentText() == "The free network (not here)"
    page = open_page(models)
    models.core.depth_error = None
    page.rows["free"].button.click()
    models.wait(lambda: models.window.depth.state == "ready")
    assert models.window.inspector.depth_box.currentText() == "The free network"


def test_more_models_in_the_chooser_opens_the_page_and_changes_nothing(models: WindowRig) -> None:
    models.open()
    box = models.window.inspector.depth_box
    place = box.findText("More models…")
    box.setCurrentIndex(place)
    box.activated.emit(place)
    assert models.window.models_page.isVisible()
    assert models.session.project.depth == "starter"
    assert box.currentText() == "Starter model"
    models.wait(lambda: not models.window.runner.jobs)


def test_everything_has_a_name_a_key_and_room(models: WindowRig) -> None:
    use_dark_theme()
    models.open()
    page = open_page(models)
    assert page.width() <= 1280
    assert page.height() <= 720
    page.resize(0, 0)  # as small as it goes
    names = []
    for button in page.findChildren(QAbstractButton):
        if button.isVisible():
            name = button.accessibleName() or button.text()
            assert name
            names.append(name.replace("&", ""))
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus or button.text() == ""
            assert button.height() >= theme.TARGET_PX or button.text() == page.commercial_box.text()
    assert len(names) == len(set(names))
    for label in page.findChildren(QLabel):
        if label.isVisible() and label.text() and not label.wordWrap():
            assert label.width() >= label.sizeHint().width(), label.text()
    view = page.scroll.viewport()
    assert page.list.width() <= view.width()

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

import pytest

from app import autosave as autosave_module
from app.autosave import AUTOSAVE_MS, Autosaver
from app.autosave_store import Slot, orphans, read_kept, sweep
from app.preferences import autosave_folder
from tests.app.session_stub import make_session
from vbr_core import edits
from vbr_core.errors import OutputError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.session import Session


@pytest.fixture
def session(qtbot: QtBot) -> Session:
    return make_session()


@pytest.fixture
def saver(session: Session) -> Iterator[Autosaver]:
    saver = Autosaver(session, interval_ms=0)
    yield saver
    saver.shut()


def blur(session: Session, value: float) -> None:
    session.apply(edits.set_base(session.project, "blur", value), "Blur")


def test_a_change_is_on_disk_soon(qtbot: QtBot, session: Session, saver: Autosaver) -> None:
    with qtbot.waitSignal(saver.kept):
        blur(session, 77.0)
    assert saver.path is not None
    assert saver.path.parent == autosave_folder()
    kept = read_kept(saver.path)
    assert kept.project == session.project
    assert kept.pid == os.getpid()


def test_later_changes_do_not_put_it_off(session: Session) -> None:
    """What a crash loses is the wait before a write and the wait for the one before it."""
    assert 2 * AUTOSAVE_MS <= 10_000
    saver = Autosaver(session, interval_ms=60_000)
    starts: list[float] = []
    start = saver._timer.start

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(timer, name)

        def start(self) -> None:
            starts.append(session.project.blur.base)
            start()

    timer, saver._timer = saver._timer, Counting()  # type: ignore[assignment]
    for value in (1.0, 2.0, 3.0):
        blur(session, value)
    assert starts == [1.0]
    assert timer.isActive()
    saver.shut()
    assert not timer.isActive()


@pytest.mark.parametrize("way", ["undo", "save", "other document"])
def test_the_file_goes_when_nothing_would_be_lost(
    qtbot: QtBot, session: Session, saver: Autosaver, tmp_path: Path, way: str
) -> None:
    with qtbot.waitSignal(saver.kept):
        blur(session, 77.0)
    path = saver.path
    assert path is not None
    assert path.exists()
    if way == "undo":
        session.undo_stack.undo()
    elif way == "save":
        session.mark_saved(session.project, tmp_path / "a.vbr")
    else:
        session.open_document(make_session().project, None, None, None)
    assert not path.exists()
    assert list(autosave_folder().iterdir()) == []


def test_it_says_once_that_it_cannot_keep_work(
    qtbot: QtBot, session: Session, saver: Autosaver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_folder: Path) -> Slot:
        raise OutputError("The disk is full.")

    told: list[Exception] = []
    saver.failed.connect(told.append)
    create = Slot.create
    monkeypatch.setattr(autosave_module.Slot, "create", fail)
    with qtbot.waitSignal(saver.failed):
        blur(session, 1.0)
    monkeypatch.setattr(autosave_module.Slot, "create", create)
    with qtbot.waitSignal(saver.kept):  # tried again by itself
        pass
    assert [str(error) for error in told] == ["The disk is full."]


def test_what_lives_is_not_offered_and_what_is_gone_is(session: Session, tmp_path: Path) -> None:
    slot = Slot.create(tmp_path)
    slot.write(session.project, tmp_path / "a.vbr", tmp_path / "a.mp4")
    assert list(orphans(tmp_path)) == []
    slot.release()  # as the system does when a process ends
    ((mine, kept),) = orphans(tmp_path)
    assert (kept.project, kept.document_path, kept.name) == (session.project, tmp_path / "a.vbr", "a.vbr")
    assert list(orphans(tmp_path)) == []  # another window that starts now does not offer it too
    mine.remove()
    assert list(tmp_path.iterdir()) == []


def test_damaged_files_are_left_alone_and_stop_nothing(session: Session, tmp_path: Path) -> None:
    whole = Slot.create(tmp_path)
    whole.write(session.project, None, None)
    whole.release()
    cut_off = tmp_path / "29990101-000000-1-1.autosave"
    cut_off.write_bytes(whole.path.read_bytes()[:200])
    foreign = tmp_path / "29990101-000000-1-2.autosave"
    foreign.write_text('{"format": 99}')
    with pytest.raises(ProjectError):
        read_kept(cut_off)
    found = list(orphans(tmp_path))
    assert [slot.path for slot, _ in found] == [whole.path]
    assert cut_off.exists()
    assert foreign.exists()
    for slot, _ in found:
        slot.release()


def test_sweep_takes_the_rests_of_dead_windows_only(session: Session, tmp_path: Path) -> None:
    alive, dead = Slot.create(tmp_path), Slot.create(tmp_path)
    alive.write(session.project, None, None)
    for slot in (alive, dead):
        (tmp_path / f"{slot.path.stem}.abc.part").write_bytes(b"half")
    dead.release()
    sweep(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    stem = alive.path.stem
    assert names == {f"{stem}.autosave", f"{stem}.lock", f"{stem}.abc.part"}
    alive.release()


def test_a_failed_write_keeps_the_earlier_state(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = Slot.create(tmp_path)
    slot.write(session.project, None, None)

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    other = edits.set_base(session.project, "blur", 5.0)
    with pytest.raises(OutputError, match="No space left"):
        slot.write(other, None, None)
    assert slot.read().project == session.project
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".autosave", ".lock"]
    slot.release()


def test_a_recovered_file_is_taken_over(qtbot: QtBot, session: Session, saver: Autosaver, tmp_path: Path) -> None:
    slot = Slot.create(autosave_folder())
    slot.write(session.project, None, None)
    info = dataclasses.replace(session.clip_info)  # type: ignore[type-var]
    session.open_document(session.project, None, None, info, edits.set_base(session.project, "blur", 1.0))
    assert session.is_dirty
    saver.adopt(slot)
    with qtbot.waitSignal(saver.kept):
        blur(session, 9.0)
    assert saver.path == slot.path
    assert [path.suffix for path in autosave_folder().iterdir()].count(".autosave") == 1

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.session import Session
from tests.helpers.fakes import make_info
from vbr_core import edits
from vbr_core.project import Clip, Project

pytestmark = pytest.mark.usefixtures("qapp")


def open_session(frame_count: int = 48) -> Session:
    session = Session()
    project = Project(clip=Clip(path="fake.mp4", frame_count=frame_count))
    session.open_document(project, None, Path("/clips/fake.mp4"), make_info(frame_count=frame_count))
    return session


def set_blur(session: Session, value: float, key: object = None) -> None:
    session.apply(edits.set_value(session.project, "blur", session.playhead, value), "Set blur", key)


def test_changes_of_one_gesture_are_one_undo_step() -> None:
    session = open_session()
    gesture = session.new_gesture()
    for value in range(100):
        set_blur(session, value, ("blur", gesture))
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.project.blur.base == 40.0
    session.undo_stack.redo()
    assert session.project.blur.base == 99.0


def test_two_gestures_are_two_undo_steps() -> None:
    session = open_session()
    for _ in range(2):
        gesture = session.new_gesture()
        for value in (10, 20, 30 + gesture):
            set_blur(session, value, ("blur", gesture))
    assert session.undo_stack.count() == 2


def test_changes_without_a_key_never_merge() -> None:
    session = open_session()
    set_blur(session, 1.0)
    set_blur(session, 2.0)
    assert session.undo_stack.count() == 2


def test_a_drag_back_to_where_it_began_leaves_no_step() -> None:
    session = open_session()
    gesture = session.new_gesture()
    for value in (50, 60, 40):
        set_blur(session, value, ("blur", gesture))
    assert session.undo_stack.count() == 0
    assert not session.is_dirty


def test_applying_the_same_document_does_nothing() -> None:
    session = open_session()
    seen: list[object] = []
    session.changed.connect(lambda old, new: seen.append(new))
    session.apply(session.project, "nothing")
    assert session.undo_stack.count() == 0
    assert seen == []


def test_signal_carries_old_and_new_also_for_undo() -> None:
    session = open_session()
    seen: list[tuple[float, float]] = []
    session.changed.connect(lambda old, new: seen.append((old.blur.base, new.blur.base)))
    set_blur(session, 10.0)
    session.undo_stack.undo()
    assert seen == [(40.0, 10.0), (10.0, 40.0)]


def test_quiet_facts_survive_undo_and_do_not_make_it_dirty() -> None:
    session = open_session()
    set_blur(session, 10.0)
    session.replace_quietly(edits.set_cuts(session.project, [12, 30]))
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.project.cuts == (12, 30)
    assert session.project.blur.base == 40.0
    assert not session.is_dirty
    session.undo_stack.redo()
    assert session.project.cuts == (12, 30)


def test_dirty_follows_the_value_not_the_history(tmp_path: Path) -> None:
    session = open_session()
    assert not session.is_dirty
    set_blur(session, 10.0)
    assert session.is_dirty
    session.mark_saved(session.project, tmp_path / "a.vbr")
    assert not session.is_dirty
    assert session.path == tmp_path / "a.vbr"
    session.undo_stack.undo()
    assert session.is_dirty
    session.undo_stack.redo()
    assert not session.is_dirty


def test_a_save_ends_a_gesture(tmp_path: Path) -> None:
    session = open_session()
    key = ("blur", session.new_gesture())
    set_blur(session, 10.0, key)
    session.mark_saved(session.project, tmp_path / "a.vbr")
    set_blur(session, 20.0, key)
    session.undo_stack.undo()
    assert session.project.blur.base == 10.0
    assert not session.is_dirty


@given(frame=st.integers(-1000, 1000))
def test_playhead_stays_in_the_clip(frame: int) -> None:
    session = open_session()
    session.set_playhead(frame)
    assert session.playhead == min(47, max(0, frame))


@given(start=st.integers(-100, 100), stop=st.integers(-100, 100))
def test_range_is_never_empty_and_inside(start: int, stop: int) -> None:
    session = open_session()
    session.set_range(start, stop)
    first, end = session.range
    assert 0 <= first < end <= 48


def test_selection_forgets_keys_that_are_gone() -> None:
    session = open_session()
    session.apply(edits.add_key(session.project, "focus", 5, 0.5), "key")
    session.set_selection({("focus", 5)})
    session.undo_stack.undo()
    assert session.selection == frozenset()


def test_opening_starts_over() -> None:
    session = open_session()
    set_blur(session, 10.0)
    session.set_playhead(20)
    seen: list[object] = []
    session.clip_opened.connect(seen.append)
    info = make_info(frame_count=10)
    session.open_document(Project(clip=Clip(path="b.mp4", frame_count=10)), None, Path("/b.mp4"), info)
    assert (session.playhead, session.range, session.undo_stack.count()) == (0, (0, 10), 0)
    assert seen == [info]
    assert not session.is_dirty

"""The keyframe rows under the hand: select, add, move, delete by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.timeline import TimelineView
from tests.app.session_stub import make_session
from vbr_core.animation import value_at, values_at
from vbr_core.project import Keyframe

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]  # offscreen says so
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def view(qtbot, session):
    widget = TimelineView(session)
    qtbot.addWidget(widget)
    widget.resize(1168, 260)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def rows(view):
    return view.key_rows


def spot(rows, track, frame) -> QPointF:
    """The middle of a track's row at a frame."""
    return QPointF(rows._viewport.axis.x(frame), rows.row_rect(track).center().y())


def send(rows, kind, position, modifiers=NONE, held=LEFT):
    button = LEFT if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
    event = QMouseEvent(kind, position, rows.mapToGlobal(position), button, held, modifiers)
    QApplication.sendEvent(rows, event)


def drag(rows, start, *stops, modifiers=NONE, release=True):
    send(rows, QEvent.Type.MouseButtonPress, start)
    for stop in stops:
        send(rows, QEvent.Type.MouseMove, stop, modifiers)
    if release:
        send(rows, QEvent.Type.MouseButtonRelease, stops[-1], modifiers, Qt.MouseButton.NoButton)


def click(rows, position, modifiers=NONE):
    QTest.mouseClick(rows, LEFT, modifiers, position.toPoint())


def frames(session, track="focus"):
    return [key.frame for key in session.project.track(track).keys]


def test_click_selects_only_the_key_under_it(rows, session):
    click(rows, spot(rows, "focus", 60))
    assert session.selection == {("focus", 60)}
    click(rows, spot(rows, "blur", 80))
    assert session.selection == {("blur", 80)}
    click(rows, spot(rows, "focus", 200))
    assert session.selection == frozenset()
    assert session.undo_stack.count() == 0


def test_control_click_adds_and_takes_away(rows, session):
    click(rows, spot(rows, "focus", 60))
    click(rows, spot(rows, "blur", 80), CTRL)
    assert session.selection == {("focus", 60), ("blur", 80)}
    click(rows, spot(rows, "focus", 60), CTRL)
    assert session.selection == {("blur", 80)}


def test_shift_click_selects_the_span_of_a_row(rows, session):
    click(rows, spot(rows, "focus", 30))
    click(rows, spot(rows, "focus", 100), SHIFT)
    assert session.selection == {("focus", 30), ("focus", 60), ("focus", 100)}


def test_marquee_spans_both_rows_and_moves_nothing(rows, session):
    start = QPointF(rows._viewport.axis.x(50), 3)
    drag(rows, start, start + QPointF(30, 20), QPointF(rows._viewport.axis.x(105), rows.height() - 3))
    assert session.selection == {("focus", 60), ("focus", 100), ("blur", 80)}
    assert session.undo_stack.count() == 0


def test_marquee_inside_one_row_leaves_the_other_alone(rows, session):
    start = QPointF(rows._viewport.axis.x(50), 3)
    drag(rows, start, start + QPointF(30, 10), QPointF(rows._viewport.axis.x(105), 30))
    assert session.selection == {("focus", 60), ("focus", 100)}


def test_a_drag_of_many_steps_is_one_undo_step(rows, session):
    before = session.project
    axis = rows._viewport.axis
    start = spot(rows, "focus", 140)
    stops = [QPointF(axis.x(140 + step), start.y()) for step in range(4, 41, 4)]
    drag(rows, start, *stops)
    assert frames(session) == [0, 30, 60, 100, 180]
    assert session.selection == {("focus", 180)}
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.project == before


def test_two_drags_are_two_undo_steps(rows, session):
    axis = rows._viewport.axis
    for start, stop in ((140, 160), (160, 190)):
        drag(rows, spot(rows, "focus", start), QPointF(axis.x(stop), spot(rows, "focus", start).y()))
    assert frames(session)[-1] == 190
    assert session.undo_stack.count() == 2


def test_a_drag_over_a_key_and_back_loses_nothing(rows, session):
    before = session.project
    axis = rows._viewport.axis
    start = spot(rows, "focus", 60)
    stops = [QPointF(axis.x(frame), start.y()) for frame in (80, 100, 120, 80, 60)]
    drag(rows, start, *stops, modifiers=ALT)
    assert session.project == before
    assert session.undo_stack.count() == 0


def test_a_drag_moves_all_selected_keys_of_both_rows_alike(rows, session):
    session.set_selection({("focus", 100), ("focus", 140), ("blur", 120)})
    axis = rows._viewport.axis
    start = spot(rows, "focus", 140)
    drag(rows, start, QPointF(axis.x(173), start.y()), modifiers=ALT)
    assert frames(session) == [0, 30, 60, 133, 173]
    assert frames(session, "blur") == [10, 80, 153]
    assert session.selection == {("focus", 133), ("focus", 173), ("blur", 153)}


def test_a_group_stops_together_at_the_end_of_the_clip(rows, session):
    session.set_selection({("focus", 140), ("blur", 120)})
    start = spot(rows, "focus", 140)
    drag(rows, start, QPointF(rows.width() + 400, start.y()))
    assert frames(session)[-1] == 239
    assert frames(session, "blur")[-1] == 219


@pytest.mark.parametrize(("target", "expected"), [(79, 80), (98, 96), (202, 200)])
def test_a_dragged_key_catches_keys_cuts_and_the_playhead(rows, session, target, expected):
    session.set_playhead(200)
    axis = rows._viewport.axis
    assert abs(axis.x(target) - axis.x(expected)) < 8 + axis.pixels_per_frame
    start = spot(rows, "focus", 140)
    near = QPointF(axis.x(expected) + (3 if target > expected else -3), start.y())
    drag(rows, start, near)
    assert expected in frames(session)
    session.undo_stack.undo()
    target_x = QPointF(axis.x(target), start.y())
    drag(rows, spot(rows, "focus", 140), target_x, modifiers=ALT)
    assert target in frames(session)


def test_a_dragged_key_does_not_catch_a_key_of_its_own_row(rows, session):
    axis = rows._viewport.axis
    start = spot(rows, "focus", 140)
    drag(rows, start, QPointF(axis.x(101), start.y()))
    assert frames(session) == [0, 30, 60, 100, 101]


def test_a_drag_beyond_the_edge_scrolls(rows, session):
    rows._viewport.zoom(8, 0)
    start = spot(rows, "focus", 30)
    assert rows._viewport.axis.x(140) > rows.width()
    stops = [QPointF(rows.width() + 60, start.y()) for _ in range(8)]
    first = rows._viewport.axis.visible()[0]
    drag(rows, start, *stops, modifiers=ALT)
    assert rows._viewport.axis.visible()[0] > first
    moved = max(session.selection)[1]
    assert moved > rows._viewport.axis.visible()[1] - 12
    assert session.undo_stack.count() == 1


def test_escape_during_a_drag_puts_everything_back(rows, session):
    before = session.project
    start = spot(rows, "focus", 60)
    drag(rows, start, start + QPointF(60, 0), release=False)
    assert session.project != before
    QTest.keyClick(rows, Qt.Key.Key_Escape)
    assert session.project == before
    send(rows, QEvent.Type.MouseMove, start + QPointF(90, 0))
    assert session.project == before
    assert session.undo_stack.count() == 0


def test_a_small_tremble_is_a_click_not_a_drag(rows, session):
    before = session.project
    start = spot(rows, "focus", 60)
    drag(rows, start, start + QPointF(2, 1))
    assert session.project is before
    assert session.selection == {("focus", 60)}


def test_cuts_found_during_a_drag_survive_it(rows, session):
    from vbr_core import edits

    start = spot(rows, "focus", 60)
    drag(rows, start, start + QPointF(30, 0), release=False)
    session.replace_quietly(edits.set_cuts(session.project, (50, 96)))
    send(rows, QEvent.Type.MouseMove, start + QPointF(60, 0))
    assert session.project.cuts == (50, 96)


def test_double_click_adds_a_key_at_the_curves_value(rows, session):
    value = value_at(session.project.focus, 45, session.project.cuts)
    position = spot(rows, "focus", 45).toPoint()
    QTest.mouseDClick(rows, LEFT, NONE, position)
    frame = rows._viewport.axis.nearest(position.x())
    assert frame in frames(session)
    assert session.selection == {("focus", frame)}
    new = next(key for key in session.project.focus.keys if key.frame == frame)
    assert new.value == pytest.approx(value_at(make_session().project.focus, frame, (96,)))
    assert abs(new.value - value) < 0.05
    assert session.undo_stack.count() == 1


def test_double_click_on_a_key_goes_there(rows, session):
    QTest.mouseDClick(rows, LEFT, NONE, spot(rows, "blur", 80).toPoint())
    assert session.playhead == 80
    assert session.undo_stack.count() == 0


def test_delete_removes_the_selected_keys_of_both_rows_as_one_step(rows, session):
    click(rows, spot(rows, "focus", 60))
    click(rows, spot(rows, "blur", 80), CTRL)
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    assert frames(session) == [0, 30, 100, 140]
    assert frames(session, "blur") == [10, 120]
    assert session.undo_stack.count() == 1
    assert session.selection == frozenset()


def chosen(menu, name):
    return next(action for action in menu.actions() if action.objectName() == name)


def test_menu_sets_the_easing_of_all_selected_keys(rows, session):
    session.set_selection({("focus", 30), ("blur", 10)})
    menu = rows.menu_at(spot(rows, "focus", 30))
    assert chosen(menu, "easing_smooth").isChecked()
    chosen(menu, "easing_linear").trigger()
    assert session.project.focus.keys[1].easing == "linear"
    assert session.project.blur.keys[0].easing == "linear"
    assert session.undo_stack.count() == 1
    assert "2" in chosen(menu, "delete").text()


def test_menu_on_an_unselected_key_selects_it_and_acts_on_it(rows, session):
    session.set_selection({("blur", 10)})
    menu = rows.menu_at(spot(rows, "focus", 100))
    assert session.selection == {("focus", 100)}
    chosen(menu, "hold_until").trigger()
    assert session.project.focus.keys[2].easing == "hold"
    chosen(menu, "go_to_key").trigger()
    assert session.playhead == 100
    chosen(menu, "delete").trigger()
    assert 100 not in frames(session)


def test_nothing_to_hold_before_the_first_key(rows):
    assert not chosen(rows.menu_at(spot(rows, "focus", 0)), "hold_until").isEnabled()


def test_menu_on_an_empty_place_adds_a_key(rows, session):
    menu = rows.menu_at(spot(rows, "blur", 200))
    chosen(menu, "add_key").trigger()
    assert len(frames(session, "blur")) == 4
    chosen(menu, "select_row").trigger()
    assert session.selection == {("blur", frame) for frame in frames(session, "blur")}


def tab_into(rows):
    rows.setFocus(Qt.FocusReason.TabFocusReason)
    rows.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))


def test_arrows_walk_from_key_to_key(rows, session):
    session.set_playhead(33)
    tab_into(rows)
    assert session.selection == {("focus", 30)}
    QTest.keyClick(rows, Qt.Key.Key_Right)
    assert session.selection == {("focus", 60)}
    QTest.keyClick(rows, Qt.Key.Key_Right, SHIFT)
    assert session.selection == {("focus", 60), ("focus", 100)}
    QTest.keyClick(rows, Qt.Key.Key_Down)
    assert session.selection == {("blur", 80)} or session.selection == {("blur", 120)}
    QTest.keyClick(rows, Qt.Key.Key_Up)
    assert next(iter(session.selection))[0] == "focus"
    for _ in range(10):
        QTest.keyClick(rows, Qt.Key.Key_Left)
    assert session.selection == {("focus", 0)}
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert session.playhead == 0
    assert "Focus 0.800" in rows.accessibleDescription()


def test_tab_goes_from_key_to_key_and_then_out(rows, session):
    session.set_playhead(95)
    tab_into(rows)
    assert session.selection == {("focus", 100)}
    stops = [("focus", 140), *(("blur", frame) for frame in frames(session, "blur"))]
    for stop in stops:
        QTest.keyClick(rows, Qt.Key.Key_Tab)
        assert session.selection == {stop}
    assert not rows._walker.tab(1), "behind the last key Tab leaves the rows"
    for stop in [*reversed(stops[:-1]), ("focus", 100)]:
        QTest.keyClick(rows, Qt.Key.Key_Backtab, SHIFT)
        assert session.selection == {stop}
    session.set_selection(())
    rows._walker.by_keyboard = False  # after a click Tab is for the window
    QTest.keyClick(rows, Qt.Key.Key_Tab)
    assert session.selection == frozenset()


def test_alt_arrows_move_the_key_and_its_value(rows, session):
    session.set_playhead(60)
    tab_into(rows)
    QTest.keyClick(rows, Qt.Key.Key_Right, ALT)
    assert frames(session) == [0, 30, 61, 100, 140]
    assert session.selection == {("focus", 61)}
    QTest.keyClick(rows, Qt.Key.Key_Left, ALT | SHIFT)
    assert frames(session) == [0, 30, 51, 100, 140]
    QTest.keyClick(rows, Qt.Key.Key_Up, ALT)
    assert session.project.focus.keys[2].value == pytest.approx(0.305)
    assert session.undo_stack.count() == 3


def test_space_escape_and_delete_by_keyboard(rows, session):
    session.set_playhead(60)
    tab_into(rows)
    QTest.keyClick(rows, Qt.Key.Key_Space)
    assert session.selection == frozenset()
    QTest.keyClick(rows, Qt.Key.Key_Space)
    assert session.selection == {("focus", 60)}
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    assert 60 not in frames(session)
    assert session.selection <= {("focus", 30), ("focus", 100)}
    assert session.selection
    QTest.keyClick(rows, Qt.Key.Key_Escape)
    assert session.selection == frozenset()


def overrides(rows, key) -> bool:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, NONE)
    event.ignore()
    QApplication.sendEvent(rows, event)
    return event.isAccepted()


def test_arrows_stay_frame_steps_after_a_click_but_not_after_tab(rows, session):
    click(rows, spot(rows, "focus", 60))
    assert not overrides(rows, Qt.Key.Key_Left)
    assert not overrides(rows, Qt.Key.Key_Space)
    assert overrides(rows, Qt.Key.Key_Delete)
    tab_into(rows)
    assert overrides(rows, Qt.Key.Key_Left)
    assert overrides(rows, Qt.Key.Key_Space)


def test_hover_shows_which_key_a_click_would_take(rows):
    assert rows.key_at(spot(rows, "focus", 60)) == ("focus", 60)
    assert rows.key_at(spot(rows, "blur", 60)) is None
    QTest.mouseMove(rows, spot(rows, "focus", 60).toPoint())
    assert rows.cursor().shape() == Qt.CursorShape.SizeHorCursor
    QTest.mouseMove(rows, spot(rows, "focus", 200).toPoint())
    assert rows.cursor().shape() == Qt.CursorShape.ArrowCursor
    assert rows.describe(("focus", 60)) == "Focus 0.300 · 00:00:02:12 · Linear"


def test_without_a_clip_the_rows_do_nothing(qtbot):
    from app.session import Session

    session = Session()
    view = TimelineView(session)
    qtbot.addWidget(view)
    view.resize(900, 240)
    click(view.key_rows, QPointF(100, 20))
    QTest.mouseDClick(view.key_rows, LEFT, NONE, QPoint(100, 20))
    assert not view.grab().isNull()
    assert session.undo_stack.count() == 0


def test_what_is_drawn_does_not_grow_with_the_keys_and_the_shots(qtbot, monkeypatch):
    """Times are in tests/benchmarks/timeline_scale.py; here the work is counted."""
    from app.timeline import geometry

    evaluated = []
    monkeypatch.setattr(geometry, "values_at", lambda *args: evaluated.extend(args[1]) or values_at(*args))
    work = []
    for keys, shots in ((10, 2), (10_000, 2_000)):
        gap = 172_800 // keys
        session = make_session(
            frame_count=172_800,
            focus=tuple(Keyframe(gap * n, (n * 37 % 100) / 100) for n in range(keys)),
            blur=(),
            cuts=tuple(range(172_800 // shots, 172_800, 172_800 // shots)),
        )
        view = TimelineView(session)
        qtbot.addWidget(view)
        view.resize(1900, 260)
        evaluated.clear()
        view.grab()
        work.append((view.key_rows._picture.drawn_keys, len(evaluated)))
        assert len(geometry.drawn_cuts(session.project.cuts, view.viewport.axis, 6.0)) < 330
    (few_keys, few_points), (many_keys, many_points) = work
    assert few_keys == 10
    assert 300 < many_keys < 700
    assert many_points < 1.2 * few_points < 3000


def test_control_drag_leaves_the_keys_and_moves_copies(rows, session):
    session.set_selection({("focus", 100), ("focus", 140)})
    axis = rows._viewport.axis
    start = spot(rows, "focus", 140)
    send(rows, QEvent.Type.MouseButtonPress, start, CTRL)
    send(rows, QEvent.Type.MouseMove, QPointF(axis.x(170), start.y()), CTRL | ALT)
    send(rows, QEvent.Type.MouseMove, QPointF(axis.x(180), start.y()), CTRL | ALT)
    send(rows, QEvent.Type.MouseButtonRelease, QPointF(axis.x(180), start.y()), CTRL | ALT, Qt.MouseButton.NoButton)
    assert frames(session) == [0, 30, 60, 100, 140, 180]
    assert session.selection == {("focus", 140), ("focus", 180)}
    assert session.project.focus.keys[4].value == session.project.focus.keys[3].value == 0.5
    assert session.undo_stack.count() == 1


def test_alt_arrows_move_keys_that_the_mouse_selected(rows, session):
    click(rows, spot(rows, "focus", 60))
    click(rows, spot(rows, "blur", 80), CTRL)
    QTest.keyClick(rows, Qt.Key.Key_Right, ALT)
    assert (frames(session)[2], frames(session, "blur")[1]) == (61, 81)
    QTest.keyClick(rows, Qt.Key.Key_Down, ALT | SHIFT)
    assert session.project.focus.keys[2].value == pytest.approx(0.25)
    assert session.project.blur.keys[1].value == pytest.approx(110.0)
    assert session.selection == {("focus", 61), ("blur", 81)}


def test_a_nudged_key_stops_before_another_one_and_at_the_end(qtbot):
    session = make_session(frame_count=20, focus=(Keyframe(5, 0.1), Keyframe(7, 0.2), Keyframe(18, 0.3)), cuts=())
    view = TimelineView(session)
    qtbot.addWidget(view)
    view.resize(900, 240)
    click(view.key_rows, spot(view.key_rows, "focus", 5))
    for _ in range(4):
        QTest.keyClick(view.key_rows, Qt.Key.Key_Right, ALT)
    assert frames(session) == [6, 7, 18]
    click(view.key_rows, spot(view.key_rows, "focus", 18))
    QTest.keyClick(view.key_rows, Qt.Key.Key_Right, ALT | SHIFT)
    assert frames(session) == [6, 7, 19]


def test_the_menus_copy_paste_duplicate_and_hold(rows, session):
    session.set_selection({("focus", 100), ("blur", 120)})
    chosen(rows.menu_at(spot(rows, "focus", 100)), "copy").trigger()
    session.set_playhead(150)
    paste = chosen(rows.menu_at(spot(rows, "focus", 200)), "paste")
    assert paste.isEnabled()
    paste.trigger()
    assert session.selection == {("focus", 150), ("blur", 170)}
    assert frames(session) == [0, 30, 60, 100, 140, 150]
    assert session.project.focus.keys[-1].out_handle == (20.0, 0.2)
    chosen(rows.menu_at(spot(rows, "focus", 150)), "duplicate").trigger()  # the playhead is on them: behind them
    assert session.selection == {("focus", 190), ("blur", 210)}
    chosen(rows.menu_at(spot(rows, "focus", 190)), "cut").trigger()
    assert frames(session)[-1] == 150
    assert session.undo_stack.count() == 3
    x = rows._viewport.axis.nearest(rows._viewport.axis.x(15))
    chosen(rows.menu_at(spot(rows, "blur", x)), "hold_until").trigger()
    assert [(key.frame, key.value) for key in session.project.blur.keys[:2]] == [(10, 40.0), (15, 40.0)]
    assert session.project.blur.keys[0].easing == "hold"

"""The graph editor under the hand: drag keys and handles, select, read values; and what it imports."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.curves import CurveEditor
from app.timeline import TimelineView
from app.timeline.heads import HEAD_PX
from tests.app.session_stub import make_session, use_dark_theme
from vbr_core.animation import value_at
from vbr_core.project import Keyframe

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]  # offscreen says so
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


@pytest.fixture(autouse=True)
def dark(qapp):
    use_dark_theme()


@pytest.fixture
def session():
    return make_session()


def show(qtbot, session, viewport=None):
    widget = CurveEditor(session, viewport=viewport)
    qtbot.addWidget(widget)
    widget.resize(1200, 420)
    widget.show()
    qtbot.waitExposed(widget)
    QApplication.processEvents()
    return widget


@pytest.fixture
def editor(qtbot, session):
    return show(qtbot, session)


def key_pixel(editor, track, frame) -> QPointF:
    key = next(key for key in editor._session.project.track(track).keys if key.frame == frame)
    return editor.plot.pixel(frame, editor.plot.part(track, key.value))


def send(editor, kind, position, modifiers=NONE, held=LEFT):
    target = editor.plot.viewport()
    button = LEFT if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
    QApplication.sendEvent(target, QMouseEvent(kind, position, target.mapToGlobal(position), button, held, modifiers))


def drag(editor, start, *stops, modifiers=NONE, release=True):
    send(editor, QEvent.Type.MouseButtonPress, start)
    for stop in stops:
        send(editor, QEvent.Type.MouseMove, stop, modifiers)
    if release:
        send(editor, QEvent.Type.MouseButtonRelease, stops[-1], modifiers, Qt.MouseButton.NoButton)


def click(editor, position, modifiers=NONE):
    QTest.mouseClick(editor.plot.viewport(), LEFT, modifiers, position.toPoint())


def key(session, track, frame) -> Keyframe:
    return next(key for key in session.project.track(track).keys if key.frame == frame)


def test_pixels_and_places_go_back_and_forth(editor):
    for frame, part in ((0, 0.0), (100, 0.5), (239, 1.0)):
        pixel = editor.plot.pixel(frame, part)
        assert editor.plot.plot_rect().contains(pixel)
        back = editor.plot.place(pixel)
        assert back == pytest.approx((frame, part), abs=0.3)


def test_click_selects_and_control_click_adds(editor, session):
    click(editor, key_pixel(editor, "focus", 60))
    assert session.selection == {("focus", 60)}
    click(editor, key_pixel(editor, "blur", 80), CTRL)
    assert session.selection == {("focus", 60), ("blur", 80)}
    click(editor, editor.plot.pixel(200, 0.05))
    assert session.selection == frozenset()


def test_a_drag_moves_time_and_value_as_one_undo_step(editor, session):
    before = session.project
    start = key_pixel(editor, "focus", 60)
    stop = editor.plot.pixel(75, 0.6)
    drag(editor, start, (start + stop) / 2, stop, modifiers=ALT)
    moved = session.project.focus.keys[2]
    assert moved.frame == 75
    assert moved.value == pytest.approx(0.6, abs=0.01)
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.project == before


def test_a_blur_key_drags_in_its_own_unit(editor, session):
    top = editor.plot.top
    assert top == 150.0
    start = key_pixel(editor, "blur", 80)
    drag(editor, start, start + QPointF(0, 10), editor.plot.pixel(80, 0.4))
    assert key(session, "blur", 80).value == pytest.approx(60.0, abs=1.0)
    assert key(session, "focus", 60).value == 0.3


def test_a_level_drag_keeps_the_value_exactly(editor, session):
    start = key_pixel(editor, "focus", 60)
    drag(editor, start, start + QPointF(30, 2), start + QPointF(50, 3), modifiers=ALT)
    assert 0.3 in [one.value for one in session.project.focus.keys]
    assert 60 not in [one.frame for one in session.project.focus.keys]


def test_shift_keeps_to_one_direction(editor, session):
    start = key_pixel(editor, "focus", 60)
    drag(editor, start, start + QPointF(9, -60), modifiers=SHIFT)
    assert key(session, "focus", 60).value > 0.4
    session.undo_stack.undo()
    start = key_pixel(editor, "focus", 60)
    drag(editor, start, start + QPointF(60, -9), modifiers=SHIFT | ALT)
    assert 60 not in [one.frame for one in session.project.focus.keys]
    assert 0.3 in [one.value for one in session.project.focus.keys]


def test_values_stay_inside_the_tracks_limits(editor, session):
    start = key_pixel(editor, "focus", 60)
    drag(editor, start, start + QPointF(0, 900))
    assert key(session, "focus", 60).value == 0.0
    session.undo_stack.undo()
    drag(editor, key_pixel(editor, "focus", 60), start + QPointF(0, -900))
    assert key(session, "focus", 60).value == 1.0


def test_escape_puts_a_drag_back(editor, session):
    before = session.project
    start = key_pixel(editor, "focus", 60)
    drag(editor, start, start + QPointF(50, 40), release=False)
    assert session.project != before
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert session.project == before
    assert session.undo_stack.count() == 0


def test_handles_show_at_selected_bezier_keys_only(editor, session):
    assert editor.plot.handles() == {}
    session.set_selection({("focus", 100)})
    assert set(editor.plot.handles()) == {("focus", 100, "out")}
    session.set_selection({("focus", 100), ("focus", 140)})
    assert set(editor.plot.handles()) == {("focus", 100, "out"), ("focus", 140, "in")}
    session.set_selection({("focus", 30)})
    assert editor.plot.handles() == {}


def test_a_handle_drag_bends_the_curve_as_one_undo_step(editor, session):
    session.set_selection({("focus", 100)})
    before = value_at(session.project.focus, 115, (96,))
    x, y = editor.plot.handles()["focus", 100, "out"]
    start = editor.plot.pixel(x, y)
    drag(editor, start, start + QPointF(5, 20), editor.plot.pixel(110, 0.2))
    frames, value = key(session, "focus", 100).out_handle
    assert frames == pytest.approx(10, abs=0.3)
    assert value == pytest.approx(-0.3, abs=0.02)
    assert value_at(session.project.focus, 115, (96,)) < before
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert value_at(session.project.focus, 115, (96,)) == before


def test_a_handle_never_reaches_past_the_next_key_or_behind_its_own(editor, session):
    session.set_selection({("focus", 100)})
    for target, expected in ((230, 40.0), (20, 0.0)):
        x, y = editor.plot.handles()["focus", 100, "out"]
        start = editor.plot.pixel(x, y)
        drag(editor, start, editor.plot.pixel(target, 0.7))
        assert key(session, "focus", 100).out_handle[0] == pytest.approx(expected, abs=0.01)
        session.undo_stack.undo()


def test_the_opposite_handle_keeps_in_line_unless_alt_is_held(qtbot):
    keys = (Keyframe(0, 0.2, "bezier"), Keyframe(100, 0.5, "bezier", (30.0, 0.0), (20.0, 0.0)), Keyframe(200, 0.8))
    session = make_session(focus=keys, cuts=())
    editor = show(qtbot, session)
    session.set_selection({("focus", 100)})
    start = editor.plot.pixel(*editor.plot.handles()["focus", 100, "out"])
    drag(editor, start, editor.plot.pixel(140, 0.7))
    moved = key(session, "focus", 100)
    slope_out = moved.out_handle[1] / moved.out_handle[0]
    slope_in = -moved.in_handle[1] / moved.in_handle[0]
    assert slope_in == pytest.approx(slope_out)
    assert moved.in_handle[0] == pytest.approx(20.0)
    session.undo_stack.undo()
    start = editor.plot.pixel(*editor.plot.handles()["focus", 100, "out"])
    drag(editor, start, editor.plot.pixel(140, 0.7), modifiers=ALT)
    assert key(session, "focus", 100).in_handle == (20.0, 0.0)


def test_marquee_selects_in_both_directions(editor, session):
    drag(editor, editor.plot.pixel(50, 0.9), editor.plot.pixel(70, 0.5), editor.plot.pixel(105, 0.25))
    assert session.selection == {("focus", 60), ("focus", 100), ("blur", 80)}
    assert session.undo_stack.count() == 0


def test_double_click_adds_to_the_nearest_curve(editor, session):
    expected = value_at(session.project.blur, 180, (96,))
    pixel = editor.plot.pixel(180, expected / editor.plot.top - 0.05)
    QTest.mouseDClick(editor.plot.viewport(), LEFT, NONE, pixel.toPoint())
    assert session.project.blur.keys[-1].frame in (179, 180)
    assert session.project.blur.keys[-1].value == pytest.approx(expected)


def test_one_track_alone_leaves_the_other_untouched(editor, session):
    pixel = key_pixel(editor, "blur", 80)
    assert editor.plot.key_at(pixel) == ("blur", 80)
    editor.show_tracks("focus")
    assert editor.plot.key_at(pixel) is None
    QTest.mouseDClick(editor.plot.viewport(), LEFT, NONE, pixel.toPoint())
    assert len(session.project.blur.keys) == 3
    assert len(session.project.focus.keys) == 6


def test_easing_buttons_show_and_set_the_selections_easing(editor, session):
    buttons = editor._easing_buttons
    assert not any(button.isEnabled() for button in buttons.values())
    session.set_selection({("focus", 60)})
    assert buttons["linear"].isChecked()
    QTest.mouseClick(buttons["hold"], LEFT)
    assert key(session, "focus", 60).easing == "hold"
    assert buttons["hold"].isChecked()
    assert not buttons["linear"].isChecked()
    session.set_selection({("focus", 60), ("focus", 30)})
    assert not any(button.isChecked() for button in buttons.values())


def test_the_menu_is_the_timelines(editor, session):
    menu = editor.menu_at(key_pixel(editor, "focus", 60))
    assert session.selection == {("focus", 60)}
    names = {action.objectName() for action in menu.actions()}
    assert {"easing_bezier", "hold_until", "go_to_key", "delete"} <= names
    assert "add_key" in {action.objectName() for action in editor.menu_at(editor.plot.pixel(200, 0.1)).actions()}


def test_dragging_the_playhead_or_the_time_axis_scrubs(editor, session):
    session.set_playhead(50)
    drag(editor, editor.plot.pixel(50, 0.02), editor.plot.pixel(80, 0.02))
    assert session.playhead == 80
    below = QPointF(editor.plot.pixel(120, 0).x(), editor.plot.height() - 6)
    click(editor, below)
    assert session.playhead == 120
    assert session.undo_stack.count() == 0


def test_readout_tells_time_and_both_values(editor):
    QTest.mouseMove(editor.plot.viewport(), editor.plot.pixel(58, 0.5).toPoint())
    send(editor, QEvent.Type.MouseMove, editor.plot.pixel(58, 0.5), held=Qt.MouseButton.NoButton)
    time, focus, blur = editor.readout.split("   ")
    assert time == "00:00:02:10"
    assert float(focus.removeprefix("d_f ")) == pytest.approx(0.5, abs=0.01)
    assert float(blur.removeprefix("K ")) == pytest.approx(75, abs=1)
    QApplication.sendEvent(editor.plot.viewport(), QEvent(QEvent.Type.Leave))
    assert editor.readout == ""


def test_keyboard_walks_moves_and_deletes(editor, session):
    session.set_playhead(58)
    event = QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)
    editor.focusInEvent(event)
    assert session.selection == {("focus", 60)}
    QTest.keyClick(editor, Qt.Key.Key_Up, ALT)
    assert key(session, "focus", 60).value == pytest.approx(0.305)
    QTest.keyClick(editor, Qt.Key.Key_Right)
    assert session.selection == {("focus", 100)}
    assert editor.accessibleDescription() == "Focus 100 0.500"
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    assert 100 not in [one.frame for one in session.project.focus.keys]


def test_time_is_aligned_with_the_timeline(qtbot, session):
    timeline = TimelineView(session)
    qtbot.addWidget(timeline)
    timeline.resize(1200, 240)
    timeline.show()
    editor = show(qtbot, session, timeline.viewport)
    timeline.viewport.zoom(3, 200)
    first, last = timeline.viewport.axis.visible()
    for frame in (first + 2, (first + last) // 2):
        expected = HEAD_PX + timeline.viewport.axis.x(frame)
        assert editor.plot.pixel(frame, 0.5).x() == pytest.approx(expected, abs=2)


def test_control_wheel_zooms_and_fit_shows_all(editor):
    pixel = editor.plot.pixel(120, 0.5)
    event = QWheelEvent(
        pixel,
        QPointF(editor.plot.viewport().mapToGlobal(pixel)),
        QPoint(),
        QPoint(0, 600),
        Qt.MouseButton.NoButton,
        CTRL,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(editor.plot.viewport(), event)
    assert editor.plot.pixel(120, 0.5).x() == pytest.approx(pixel.x(), abs=2)
    assert not editor.plot.plot_rect().contains(editor.plot.pixel(0, 0.5))
    editor.fit()
    assert editor.plot.plot_rect().contains(editor.plot.pixel(0, 0.5))


def test_histogram_lies_along_the_left_axis(editor):
    editor.set_histogram(np.array([0, 0, 100, 0]))
    bounds = editor.plot._shade.path().boundingRect()
    assert bounds.top() <= 0.5
    assert bounds.bottom() == pytest.approx(1.0)
    inside = editor.plot.place(editor.plot.pixel(2, 0.6))
    assert editor.plot._shade.path().contains(QPointF(*inside))
    assert not editor.plot._shade.path().contains(QPointF(inside[0], 0.3))
    editor.set_histogram(None)
    assert editor.plot._shade.path().isEmpty()
    editor.set_histogram(np.zeros(8))
    assert editor.plot._shade.path().isEmpty()


def test_without_a_clip_nothing_happens(qtbot):
    from app.session import Session

    session = Session()
    editor = show(qtbot, session)
    click(editor, QPointF(500, 100))
    drag(editor, QPointF(500, 100), QPointF(600, 150))
    assert session.undo_stack.count() == 0
    assert not editor.grab().isNull()


def test_many_keys_are_thinned_out(qtbot):
    keys = tuple(Keyframe(3 * n, (n * 37 % 100) / 100) for n in range(10_000))
    session = make_session(frame_count=30_000, focus=keys, cuts=())
    editor = show(qtbot, session)
    shown = len(editor.plot._keys["focus"].data)
    assert 50 < shown < 400


def test_the_editor_imports_nothing_heavy():
    code = (
        "import sys; import app.curves, app.timeline, app.transport, app.welcome, app.histogram_slider;"
        "print(sorted({'torch', 'cv2', 'av', 'scipy', 'numba'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "[]"


def test_the_curve_before_the_edit_stays_as_a_ghost_while_the_drag_lasts(editor, session):
    before = session.project.focus
    start = key_pixel(editor, "focus", 60)
    assert editor.plot.ghosts == {}
    drag(editor, start, start + QPointF(30, -40), start + QPointF(60, -90), modifiers=ALT, release=False)
    assert set(editor.plot.ghosts) == {"focus"}
    x, y = editor.plot.ghosts["focus"]
    near = int(np.abs(x - 60).argmin())
    assert y[near] == pytest.approx(value_at(before, x[near], (96,)), abs=1e-6)
    assert y[near] != pytest.approx(value_at(session.project.focus, x[near], (96,)), abs=0.05)
    send(editor, QEvent.Type.MouseButtonRelease, start + QPointF(60, -90), ALT, Qt.MouseButton.NoButton)
    assert editor.plot.ghosts == {}


def test_a_handle_drag_has_a_ghost_and_escape_takes_it_away(editor, session):
    session.set_selection({("focus", 100)})
    start = editor.plot.pixel(*editor.plot.handles()["focus", 100, "out"])
    drag(editor, start, start + QPointF(5, 30), release=False)
    assert set(editor.plot.ghosts) == {"focus"}
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert editor.plot.ghosts == {}


def test_control_drag_copies_in_the_graph_too(editor, session):
    start = key_pixel(editor, "focus", 140)
    click(editor, start)
    send(editor, QEvent.Type.MouseButtonPress, start, CTRL)
    send(editor, QEvent.Type.MouseMove, editor.plot.pixel(170, 0.5), CTRL | ALT)
    send(editor, QEvent.Type.MouseButtonRelease, editor.plot.pixel(170, 0.5), CTRL | ALT, Qt.MouseButton.NoButton)
    assert [one.frame for one in session.project.focus.keys][-2:] == [140, 170]
    assert key(session, "focus", 140).value == 0.9
    assert key(session, "focus", 170).value == pytest.approx(0.5, abs=0.01)
    click(editor, key_pixel(editor, "focus", 170), CTRL)
    assert session.selection == frozenset()


def type_into(box, text, finish=Qt.Key.Key_Return):
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, finish)


def test_frame_and_value_can_be_typed(editor, session):
    fields = editor.fields
    assert not fields.frame.isEnabled()
    session.set_selection({("focus", 60)})
    assert (fields.frame.value(), fields.value.value()) == (60, 0.3)
    assert all(box.lineEdit().width() > 40 for box in (fields.frame, fields.value))  # the number is seen
    type_into(fields.frame, "71")
    assert session.selection == {("focus", 71)}
    type_into(fields.value, "0.45")
    assert key(session, "focus", 71).value == 0.45
    assert session.undo_stack.count() == 2
    type_into(fields.value, "0.9", Qt.Key.Key_Escape)
    assert key(session, "focus", 71).value == 0.45
    assert fields.value.value() == 0.45
    type_into(fields.frame, "100")  # a key lies there: nothing is lost
    assert key(session, "focus", 71).value == 0.45
    assert fields.frame.value() == 71


def test_one_value_for_many_keys(editor, session):
    fields = editor.fields
    session.set_selection({("blur", 80), ("blur", 120)})
    assert not fields.frame.isEnabled()
    assert fields.value.text() == "–"
    type_into(fields.value, "90")
    assert [one.value for one in session.project.blur.keys] == [40.0, 90.0, 90.0]
    assert session.undo_stack.count() == 1
    session.set_selection({("blur", 80), ("focus", 60)})
    assert not fields.value.isEnabled()


def test_shift_wheel_zooms_the_values_at_the_cursor(editor):
    place = editor.plot.pixel(100, 0.7)
    for _ in range(6):
        wheel_event = QWheelEvent(
            place,
            QPointF(editor.plot.viewport().mapToGlobal(place)),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            SHIFT,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(editor.plot.viewport(), wheel_event)
    low, high = editor.plot.span
    assert high - low < 0.5
    assert editor.plot.place(place)[1] == pytest.approx(0.7, abs=0.01)
    assert len(editor.plot.levels()) >= 3
    assert all(low <= level <= high for level in editor.plot.levels())
    editor.fit()
    assert editor.plot.span == pytest.approx((-0.06, 1.06))
    assert editor.plot.levels() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_zoom_to_keys_frames_the_selection_in_time_and_value(editor, session):
    session.set_selection({("focus", 60), ("focus", 100)})
    QTest.mouseClick(editor._frame_keys, LEFT)
    first, last = editor.time_view.axis.visible()
    assert 40 < first <= 60
    assert 100 <= last < 120
    assert 0.2 < editor.plot.span[0] < 0.3
    assert 0.5 < editor.plot.span[1] < 0.6
    for frame in (60, 100):
        assert editor.plot.plot_rect().contains(key_pixel(editor, "focus", frame))


def test_the_middle_button_pans_time_and_value(editor):
    editor.plot.zoom_values(3, 0.5)
    editor.time_view.zoom(4)
    before = editor.plot.place(QPointF(600, 150))
    for kind, x, y in (
        (QEvent.Type.MouseButtonPress, 600, 150),
        (QEvent.Type.MouseMove, 560, 170),
        (QEvent.Type.MouseButtonRelease, 560, 170),
    ):
        target = editor.plot.viewport()
        middle = Qt.MouseButton.MiddleButton
        event = QMouseEvent(kind, QPointF(x, y), target.mapToGlobal(QPointF(x, y)), middle, middle, NONE)
        QApplication.sendEvent(target, event)
    assert editor.plot.place(QPointF(560, 170)) == pytest.approx(before, abs=0.6)


def test_the_histogram_says_how_much_lies_at_the_value_under_the_cursor(editor):
    counts = np.zeros(64)
    counts[16], counts[48] = 1.0, 3.0  # a quarter of the picture at 0.25, the rest at 0.75
    editor.set_histogram(counts)
    send(editor, QEvent.Type.MouseMove, editor.plot.pixel(100, 0.258), held=Qt.MouseButton.NoButton)
    assert "25 %" in editor.readout
    assert not editor.plot._shade_near.path().isEmpty()
    send(editor, QEvent.Type.MouseMove, editor.plot.pixel(100, 0.5), held=Qt.MouseButton.NoButton)
    assert "0 %" in editor.readout
    assert editor.plot.share_near(0.758) == pytest.approx(0.75)


def test_a_caught_frame_is_marked(editor, session):
    session.set_playhead(200)
    start = key_pixel(editor, "focus", 140)
    drag(editor, start, start + QPointF(20, 0), editor.plot.pixel(200, 0.9) + QPointF(4, 0), release=False)
    assert key(session, "focus", 200).value == 0.9
    assert editor.plot._caught.isVisible()
    send(editor, QEvent.Type.MouseButtonRelease, editor.plot.pixel(200, 0.9), held=Qt.MouseButton.NoButton)
    assert not editor.plot._caught.isVisible()


def test_selected_keys_may_go_while_handles_are_shown(editor, session):
    from vbr_core import edits

    session.set_selection({("focus", 100), ("focus", 140)})
    session.apply(edits.remove_keys(session.project, "focus", {140, 100}), "Delete keys")
    assert editor.plot.handles() == {}
    session.undo_stack.undo()
    session.set_selection({("focus", 100), ("focus", 140)})
    drag(editor, key_pixel(editor, "focus", 100), editor.plot.pixel(50, 0.5), modifiers=ALT)
    session.undo_stack.undo()
    assert all(frame in (100, 140) for _, frame, _ in editor.plot.handles())

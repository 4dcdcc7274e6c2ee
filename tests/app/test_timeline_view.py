"""The timeline as a whole: ruler, range, shots, film strip, zoom and scroll, heads."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from app import theme
from app.timeline import TimelineView
from app.timeline.heads import HEAD_PX
from tests.app.session_stub import make_session, use_dark_theme
from vbr_core.video.waveform import Waveform

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]  # offscreen says so
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def dark(qapp):
    use_dark_theme()


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


def send(widget, kind, position, held=LEFT, button=LEFT):
    event = QMouseEvent(kind, position, widget.mapToGlobal(position), button, held, NONE)
    QApplication.sendEvent(widget, event)


def wheel(view, x, steps, modifiers=NONE):
    position = QPointF(x, 60)
    event = QWheelEvent(
        position,
        QPointF(view.mapToGlobal(position)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_the_whole_clip_is_in_view_at_first_and_after_growing(view, session):
    assert view.viewport.axis.visible() == (0, 239)
    view.resize(1600, 260)
    assert view.viewport.axis.visible() == (0, 239)
    assert view.viewport.axis.width == 1600 - HEAD_PX


def test_press_and_drag_on_the_ruler_moves_the_playhead(view, session):
    axis = view.viewport.axis
    send(view.ruler, QEvent.Type.MouseButtonPress, QPointF(axis.x(50), 6))
    assert session.playhead == 50
    send(view.ruler, QEvent.Type.MouseMove, QPointF(axis.x(77), 6))
    assert session.playhead == 77
    send(view.ruler, QEvent.Type.MouseMove, QPointF(-900, 6))
    assert session.playhead == 0
    send(view.ruler, QEvent.Type.MouseButtonRelease, QPointF(-900, 6))
    send(view.ruler, QEvent.Type.MouseMove, QPointF(axis.x(120), 6), held=Qt.MouseButton.NoButton)
    assert session.playhead == 0
    assert session.undo_stack.count() == 0


def test_the_brackets_of_the_range_can_be_dragged(view, session):
    session.set_range(40, 121)
    axis = view.viewport.axis
    low = view.ruler.height() - 5
    for start, stop in ((40, 60), (120, 150)):
        send(view.ruler, QEvent.Type.MouseButtonPress, QPointF(axis.x(start), low))
        send(view.ruler, QEvent.Type.MouseMove, QPointF(axis.x(stop), low))
        send(view.ruler, QEvent.Type.MouseButtonRelease, QPointF(axis.x(stop), low))
    assert session.range == (60, 151)
    send(view.ruler, QEvent.Type.MouseButtonPress, QPointF(axis.x(60), low))
    send(view.ruler, QEvent.Type.MouseMove, QPointF(axis.x(230), low))
    assert session.range == (150, 151)


def test_control_wheel_zooms_at_the_cursor_and_wheel_scrolls(view):
    x = 700
    anchor = view.viewport.axis.frame(x - HEAD_PX)
    wheel(view, x, 8, Qt.KeyboardModifier.ControlModifier)
    axis = view.viewport.axis
    assert axis.pixels_per_frame > 10
    assert axis.x(anchor) == pytest.approx(x - HEAD_PX, abs=0.01)
    before = axis.origin
    wheel(view, x, -1)
    assert view.viewport.axis.origin > before
    wheel(view, x, 1)
    assert view.viewport.axis.origin == pytest.approx(before)
    view.viewport.fit()
    assert view.viewport.axis.visible() == (0, 239)


def test_the_scroll_bar_and_the_view_agree(view):
    bar = view._scroll_bar
    assert not bar.isEnabled()
    view.viewport.zoom(6)
    assert bar.isEnabled()
    bar.setValue(0)
    assert view.viewport.axis.visible()[0] == 0
    bar.setValue(bar.maximum())
    assert view.viewport.axis.visible()[1] == 239


@pytest.mark.parametrize("part", ["key_rows", "film", "ruler", "shots"])
def test_the_middle_button_drags_the_view(view, session, part):
    view.viewport.zoom(6)
    before = view.viewport.axis.x(100)
    pressed = getattr(view, part)
    for kind, x in (
        (QEvent.Type.MouseButtonPress, 600),
        (QEvent.Type.MouseMove, 560),
        (QEvent.Type.MouseButtonRelease, 560),
    ):
        send(pressed, kind, QPointF(x, 5), Qt.MouseButton.MiddleButton, Qt.MouseButton.MiddleButton)
    assert view.viewport.axis.x(100) == pytest.approx(before - 40)
    assert session.playhead == 0
    assert session.undo_stack.count() == 0


def test_the_wheel_over_a_row_zooms_at_the_cursor(view):
    anchor = view.viewport.axis.frame(500)
    place = QPointF(view.key_rows.mapTo(view, QPoint(500, 20)))
    QTest.wheelEvent(view.windowHandle(), place, QPoint(0, 600), QPoint(), Qt.KeyboardModifier.ControlModifier)
    assert view.viewport.axis.pixels_per_frame > 6
    assert view.viewport.axis.x(anchor) == pytest.approx(500, abs=0.01)


def test_a_playhead_out_of_view_is_followed(view, session):
    view.viewport.zoom(10, 0)
    assert view.viewport.axis.visible()[1] < 100
    session.set_playhead(200)
    first, last = view.viewport.axis.visible()
    assert first <= 200 <= last


def test_moving_the_playhead_does_not_draw_the_rows_again(view, session):
    view.grab()
    drawn = view.key_rows._picture._pixmap.cacheKey()
    session.set_playhead(100)
    view.grab()
    assert view.key_rows._picture._pixmap.cacheKey() == drawn
    session.set_selection({("focus", 60)})
    view.grab()
    assert view.key_rows._picture._pixmap.cacheKey() != drawn


def test_the_playhead_is_painted_where_it_is(view, session):
    session.set_playhead(180)
    picture = view.grab().toImage()
    x = HEAD_PX + round(view.viewport.axis.x(180))
    y = view.height() - 40
    assert picture.pixelColor(x, y).name() == theme.DARK.text
    assert picture.pixelColor(x + 5, y).name() != theme.DARK.text


def test_outside_of_the_range_is_darker(view, session):
    x, y = HEAD_PX + round(view.viewport.axis.x(200)), 100 + view.key_rows.height() // 2 + 4
    before = view.grab().toImage().pixelColor(x, y).lightness()
    session.set_range(0, 150)
    assert view.grab().toImage().pixelColor(x, y).lightness() < before


def test_progress_ranges_are_kept_sorted_and_painted(view):
    strip = view.shots
    x, y = round(view.viewport.axis.x(150)), 7
    before = strip.grab().toImage().pixelColor(x, y).name()
    view.set_progress_ranges([(120, 180), (0, 60)])
    assert strip.ready == [(0, 60), (120, 180)]
    assert strip.ready_share() == pytest.approx(0.5)
    assert strip.grab().toImage().pixelColor(x, y).name() != before


def test_thumbnails_are_asked_for_once_and_shown(qtbot, session):
    view = TimelineView(session)
    qtbot.addWidget(view)
    view.resize(1168, 260)
    with qtbot.waitSignal(view.thumbnails_wanted, timeout=2000) as wanted:
        view.show()
    frames = wanted.args[0]
    assert 8 < len(frames) < 40
    assert all(0 <= frame <= 239 for frame in frames)
    picture = QImage(160, 90, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.magenta)
    view.set_thumbnail(frames[3], picture)
    assert view.film.has_thumbnail(frames[3])
    left = next(left for frame, left in view.film.tiles() if frame == frames[3])
    x = round(view.viewport.axis.x(left)) + 10
    assert view.film.grab().toImage().pixelColor(x, 20).name() == "#ff00ff"
    with qtbot.waitSignal(view.thumbnails_wanted, timeout=2000) as again:
        view.viewport.zoom(1.2)
    shown = {frame for frame, _left in view.film.tiles()}
    assert shown & set(frames) - {frames[3]}  # the worker forgets an earlier wish, so the next one names these again
    assert set(again.args[0]) == shown - {frames[3]}


def test_film_forgets_far_thumbnails(view):
    from app.timeline.filmstrip import KEPT_THUMBNAILS

    picture = QImage(32, 18, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.black)
    for frame in range(KEPT_THUMBNAILS + 50):
        view.set_thumbnail(frame, picture)
    assert len(view.film._thumbnails) <= KEPT_THUMBNAILS


def test_dragging_over_the_film_moves_the_playhead(view, session):
    axis = view.viewport.axis
    send(view.film, QEvent.Type.MouseButtonPress, QPointF(axis.x(90), 20))
    send(view.film, QEvent.Type.MouseMove, QPointF(axis.x(111), 20))
    assert session.playhead == 111


def head_buttons(view, name):
    return view.heads[name].findChildren(QToolButton)


def test_heads_show_the_value_and_walk_and_toggle_keys(view, session):
    session.set_playhead(80)
    assert view.heads["blur"].value_label == "120.0"
    assert view.heads["focus"].value_label == "0.300"
    previous, add, following = head_buttons(view, "focus")
    QTest.mouseClick(previous, LEFT)
    assert session.playhead == 60
    assert session.selection == {("focus", 60)}
    assert add.isChecked()
    QTest.mouseClick(add, LEFT)
    assert [key.frame for key in session.project.focus.keys] == [0, 30, 100, 140]
    assert not add.isChecked()
    QTest.mouseClick(add, LEFT)
    assert [key.frame for key in session.project.focus.keys] == [0, 30, 60, 100, 140]
    QTest.mouseClick(following, LEFT)
    assert session.playhead == 100
    session.set_playhead(239)
    assert not following.isEnabled()
    assert session.undo_stack.count() == 2


def test_another_clip_starts_over(view, session):
    view.viewport.zoom(8)
    picture = QImage(32, 18, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.black)
    view.set_thumbnail(0, picture)
    other = make_session(frame_count=50)
    session.open_document(other.project, None, None, other.clip_info)
    assert view.viewport.axis.visible() == (0, 49)
    assert not view.film.has_thumbnail(0)
    session.open_document(type(other.project)(), None, None, None)
    assert view.viewport.axis.frame_count == 0
    assert view.heads["focus"].value_label == "–"
    assert not view.grab().isNull()


def test_a_clip_of_one_frame_and_a_tiny_window(qtbot):
    session = make_session(frame_count=1, focus=(), blur=(), cuts=())
    view = TimelineView(session)
    qtbot.addWidget(view)
    view.resize(300, 200)
    assert not view.grab().isNull()
    view.viewport.zoom(0.01)
    view.viewport.zoom(1000)
    assert view.viewport.axis.nearest(99999) == 0


def test_frames_or_time_code_on_the_ruler(view):
    assert view.timecode(58) == "00:00:02:10"
    view.set_as_frames(True)
    assert view.timecode(58) == "58"


def test_light_theme_reaches_what_is_painted(view, qapp):
    dark = view.grab().toImage().pixelColor(HEAD_PX + 400, view.height() - 30).lightness()
    theme.apply_theme(qapp, "light")
    light = view.grab().toImage().pixelColor(HEAD_PX + 400, view.height() - 30).lightness()
    theme.apply_theme(qapp, "dark")
    assert dark < 80
    assert light > 180


def burst() -> Waveform:
    """Ten seconds of silence, but loud from 5 to 6 s."""
    high = np.zeros(2000, np.int8)
    high[1000:1200] = 127
    return Waveform(1 / 200, -high, high, None, 24.0)


@pytest.mark.parametrize("zoom", [1.0, 5.0])
def test_sound_is_drawn_where_it_is_heard(view, session, zoom):
    assert not view.sound.isVisible()
    height = view.key_rows.height()
    view.show_sound(True)
    QApplication.processEvents()
    assert view.key_rows.height() < height
    view.sound.set_waveform(burst())
    view.viewport.set_axis(view.viewport.axis.zoomed(zoom, view.viewport.axis.x(132)))
    axis = view.viewport.axis
    picture = view.sound.grab().toImage()
    quiet, panel = theme.DARK.quiet, theme.DARK.panel
    for frame, color in ((118, panel), (122, quiet), (142, quiet), (146, panel)):
        assert picture.pixelColor(round(axis.x(frame)), 8).name() == color
    view.show_sound(False)
    QApplication.processEvents()
    assert view.key_rows.height() == height


def test_the_rows_line_up_with_their_heads(view):
    view.show_sound(True)
    QApplication.processEvents()
    for widget, head in ((view.sound, view._sound_head), (view.film, view._film_head)):
        assert widget.mapTo(view, QPoint(0, 0)).y() == head.y()
        assert widget.height() == head.height()
    assert view.key_rows.mapTo(view, QPoint(0, 0)).y() == view.heads["focus"].y()
    assert view.heads["blur"].y() == pytest.approx(view.heads["focus"].y() + view.key_rows.height() / 2, abs=1)


def test_dragging_over_the_sound_moves_the_playhead(view, session):
    view.show_sound(True)
    axis = view.viewport.axis
    send(view.sound, QEvent.Type.MouseButtonPress, QPointF(axis.x(90), 20))
    send(view.sound, QEvent.Type.MouseMove, QPointF(axis.x(111), 20))
    assert session.playhead == 111


def ruler_drag(view, start, stop, modifiers=NONE):
    """From (x, y) to (x, y) on the ruler."""
    for kind, place, held in (
        (QEvent.Type.MouseButtonPress, start, LEFT),
        (QEvent.Type.MouseMove, stop, LEFT),
        (QEvent.Type.MouseButtonRelease, stop, Qt.MouseButton.NoButton),
    ):
        point = QPointF(*place)
        button = LEFT if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
        QApplication.sendEvent(
            view.ruler, QMouseEvent(kind, point, view.ruler.mapToGlobal(point), button, held, modifiers)
        )


def test_the_brackets_wait_beside_the_clip_and_can_be_pulled_in(view, session):
    x, low = view.viewport.axis.x, view.ruler.height() - 6
    ruler_drag(view, (x(0) - 6, low), (x(50), low))
    ruler_drag(view, (x(239) + 6, low), (x(200), low))
    assert session.range == (50, 201)
    ruler_drag(view, (x(0), low), (x(5), low))
    assert session.playhead == 5
    assert session.undo_stack.count() == 0


def test_brackets_catch_cuts_keys_and_the_playhead_unless_alt_is_held(view, session):
    session.set_playhead(203)
    x, low = view.viewport.axis.x, view.ruler.height() - 6
    ruler_drag(view, (x(0) - 6, low), (x(96) + 3, low))
    ruler_drag(view, (x(239) + 6, low), (x(203) + 3, low))
    assert session.range == (96, 204)
    ruler_drag(view, (x(203), low), (x(140) - 3, low))
    assert session.range == (96, 141)
    ruler_drag(view, (x(140), low), (x(140) + 6, low), Qt.KeyboardModifier.AltModifier)
    assert session.range == (96, 142)


def test_the_end_of_the_range_catches_the_last_frame_of_a_shot(view, session):
    x, low = view.viewport.axis.x, view.ruler.height() - 6
    ruler_drag(view, (x(239) + 6, low), (x(95) + 2, low))
    assert session.range == (0, 96)


def test_shift_takes_the_playhead_from_key_to_key(view, session):
    x = view.viewport.axis.x
    ruler_drag(view, (x(20), 6), (x(60) + 5, 6), Qt.KeyboardModifier.ShiftModifier)
    assert session.playhead == 60
    ruler_drag(view, (x(20), 6), (x(60) + 6, 6))
    assert session.playhead == 61


def test_the_menu_of_the_ruler_switches_units_and_marks_the_shot(qtbot, view, session):
    actions = {action.objectName(): action for action in view.ruler.menu().actions()}
    assert actions["timecode"].isChecked()
    assert not actions["range_clear"].isEnabled()
    with qtbot.waitSignal(view.as_frames_asked) as asked:
        actions["frames"].trigger()
    assert asked.args == [True]
    session.set_playhead(100)
    actions = {action.objectName(): action for action in view.ruler.menu().actions()}
    actions["range_shot"].trigger()
    assert session.range == (96, 240)
    session.set_playhead(120)
    actions = {action.objectName(): action for action in view.ruler.menu().actions()}
    actions["range_end"].trigger()
    assert session.range == (96, 121)


def test_what_is_in_the_cache_is_marked_on_the_ruler(view, session):
    y = view.ruler.height() - 2
    view.set_cached([10, 11, 12, 40], [13, 14])
    assert view.ruler.cached == ([(10, 13), (40, 41)], [(13, 15)])
    picture = view.ruler.grab().toImage()
    light = {
        frame: picture.pixelColor(round(view.viewport.axis.x(frame + 0.5)), y).lightness() for frame in (8, 11, 14)
    }
    assert light[11] > light[14] > light[8]
    session.open_document(session.project, None, None, session.clip_info)
    assert view.ruler.cached == ([], [])

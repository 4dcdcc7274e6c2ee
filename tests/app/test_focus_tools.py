"""Following by double-click, and racks by two clicks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.helpers.fakes import FRAMES
from vbr_core import edits
from vbr_core.focus.tracking import Followed, FollowSample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.conftest import WindowRig
    from vbr_core.jobs import JobContext


class FakeFollow:
    """Follows through the span it is asked for, to ``lost_at`` at most; a ramp of disparity."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[tuple[int, float, float, tuple[int, int]]] = []
        self.boxes: list[tuple[float, float] | None] = []
        self.lost_at: int | None = None

    def __call__(
        self,
        clip_path: object,
        source: Any,
        start: tuple[int, float, float, tuple[float, float] | None],
        span: tuple[int, int],
        ctx: JobContext,
        cuts: tuple[int, ...],
    ) -> Followed:
        assert source is not None
        frame, x, y, box = start
        self.boxes.append(box)
        self.asked.append((frame, x, y, span))
        ctx.step(1, FRAMES, "Following")
        while not self.gate.wait(0.01):
            ctx.step(2, FRAMES, "Following")
        stop = span[1] if self.lost_at is None else self.lost_at
        samples = tuple(FollowSample(f, x, y, 0.3 + 0.005 * f) for f in range(span[0], stop))
        return Followed(samples, *span, "span" if self.lost_at is None else "lost", "span")


@pytest.fixture
def follow(rig: WindowRig) -> Iterator[FakeFollow]:
    fake = FakeFollow()
    rig.core.follow_point = fake  # type: ignore[attr-defined]
    yield fake
    fake.gate.set()


def double_click(rig: WindowRig, x: float, y: float) -> None:
    place = rig.window.viewer.view_geometry.to_widget(x, y)
    point = QPoint(round(place[0]), round(place[1]))
    QTest.mouseClick(rig.window.viewer, Qt.MouseButton.LeftButton, pos=point)
    QTest.mouseDClick(rig.window.viewer, Qt.MouseButton.LeftButton, pos=point)


def frames_of(rig: WindowRig) -> list[int]:
    return [key.frame for key in rig.session.project.focus.keys]


def test_a_double_click_follows_the_point_as_one_undo_step(rig: WindowRig, follow: FakeFollow) -> None:
    rig.open()
    rig.session.set_playhead(12)
    follow.lost_at = 30
    double_click(rig, 160, 90)
    rig.wait(lambda: frames_of(rig) == [0, 29])
    assert follow.asked[0][0] == 12
    assert follow.asked[0][1:3] == pytest.approx((160, 90), abs=1.0)
    assert [key.value for key in rig.session.project.focus.keys] == pytest.approx([0.3, 0.445])
    assert rig.window.status.note_label.text() == "Followed 30 of 48 frames, lost at 00:00:01:06."
    rig.session.undo_stack.undo()
    assert frames_of(rig) == []
    assert not rig.session.undo_stack.canUndo()
    rig.session.undo_stack.redo()
    assert frames_of(rig) == [0, 29]


def test_keys_before_the_playhead_stay(rig: WindowRig, follow: FakeFollow) -> None:
    rig.open()
    rig.session.apply(edits.add_key(rig.session.project, "focus", 5, 0.9), "Key")
    rig.session.set_playhead(12)
    double_click(rig, 160, 90)
    rig.wait(lambda: frames_of(rig) == [5, 12, 47])
    assert follow.asked[0][3] == (12, 48)


def test_smoothing_and_offset_make_the_latest_track_again(rig: WindowRig, follow: FakeFollow) -> None:
    rig.open()
    double_click(rig, 160, 90)
    rig.wait(lambda: frames_of(rig) == [0, 47])
    rig.window.focus_panel.offset.setValue(0.1)
    assert rig.session.project.focus.keys[0].value == pytest.approx(0.4)
    rig.session.undo_stack.undo()
    assert frames_of(rig) == []
    rig.window.focus_panel.offset.setValue(0.0)  # it is undone: nothing comes back
    assert frames_of(rig) == []


def test_following_can_be_cancelled(rig: WindowRig, follow: FakeFollow) -> None:
    rig.open()
    follow.gate.clear()
    rig.window.focus_tools.follow(160, 90)
    rig.wait(lambda: follow.asked)
    (job,) = [job for job in rig.window.runner.jobs if job.title == "Following"]
    assert rig.window.focus_panel.hint.text() == "Following…"
    job.cancel()
    rig.wait(lambda: not rig.window.focus_tools.is_following)
    assert frames_of(rig) == []
    assert "cancelled" in rig.window.status.note_label.text()


def test_it_waits_for_the_depth(rig: WindowRig, follow: FakeFollow) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.wait(lambda: rig.window.depth.state == "running")
    rig.session.set_playhead(7)
    rig.window.focus_tools.follow(100, 50)
    assert follow.asked == []
    rig.session.set_playhead(20)
    rig.core.depth_gate.set()
    rig.wait(lambda: frames_of(rig) == [0, 47])
    assert follow.asked[0][:3] == (7, 100, 50)


def test_the_command_follows_the_focused_point(rig: WindowRig, follow: FakeFollow) -> None:
    rig.open()
    rig.key(Qt.Key.Key_T)
    assert "Double-click" in rig.window.status.note_label.text()
    rig.click(80, 60)
    rig.wait(lambda: frames_of(rig) == [0])
    rig.key(Qt.Key.Key_T)
    rig.wait(lambda: frames_of(rig) == [0, 47])
    assert follow.asked[0][1:3] == pytest.approx((80, 60), abs=1.0)


def test_two_clicks_rack_as_one_step_with_editable_length_and_curve(rig: WindowRig) -> None:
    rig.open()
    rig.session.set_playhead(10)
    rig.key(Qt.Key.Key_R)
    assert rig.window.focus_panel.rack_button.isChecked()
    rig.click(64, 90)
    rig.wait(lambda: rig.window.focus_tools.rack_step == 2)
    assert rig.window.focus_panel.hint.text().startswith("Click B")
    rig.click(256, 90)
    rig.wait(lambda: frames_of(rig) == [10, 34])  # a second of 24 frames
    first, second = rig.session.project.focus.keys
    assert (first.value, second.value) == pytest.approx((0.2, 0.8), abs=0.01)
    assert first.anchor is not None
    assert second.anchor is not None
    assert (first.anchor.frame, second.anchor.frame) == (10, 10)
    rig.window.focus_panel.length.setValue(12)
    assert frames_of(rig) == [10, 22]
    rig.window.focus_tools.set_rack(curve="early")
    assert rig.session.project.focus.keys[0].easing == "bezier"
    rig.session.undo_stack.undo()
    assert frames_of(rig) == []
    assert not rig.session.undo_stack.canUndo()
    rig.click(64, 90)  # the tool is laid down: clicks set focus again
    rig.wait(lambda: frames_of(rig) == [10])


def test_a_second_click_on_a_later_frame_sets_the_length(rig: WindowRig) -> None:
    rig.open()
    rig.window.focus_tools.take_up_rack()
    rig.click(64, 90)
    rig.wait(lambda: rig.window.focus_tools.rack_step == 2)
    rig.session.set_playhead(31)
    rig.click(256, 90)
    rig.wait(lambda: frames_of(rig) == [0, 31])
    assert rig.window.focus_panel.length.value() == 31


def test_escape_lays_the_rack_down(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_R)
    rig.key(Qt.Key.Key_Escape)
    assert rig.window.focus_tools.rack_step == 0
    assert not rig.window.actions_.get("repair_back").isEnabled()
    rig.key(Qt.Key.Key_R)
    rig.key(Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)  # another tool is taken up instead
    assert rig.window.focus_tools.rack_step == 0
    assert rig.window.viewer.tool.mode == "lasso"


def draw_box(rig: WindowRig, start: tuple[float, float], stop: tuple[float, float], modifiers: str) -> None:
    """From corner to corner, in pixels of the clip."""
    viewer, held = rig.window.viewer, getattr(Qt.KeyboardModifier, modifiers)
    first, last = (viewer.clip_to_widget(*corner) for corner in (start, stop))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, place, button, buttons in (
        (QEvent.Type.MouseButtonPress, first, left, left),
        (QEvent.Type.MouseMove, (first + last) / 2, none, left),
        (QEvent.Type.MouseMove, last, none, left),
        (QEvent.Type.MouseButtonRelease, last, left, none),
    ):
        event = QMouseEvent(kind, place, viewer.mapToGlobal(place), button, buttons, held)
        QApplication.sendEvent(viewer, event)


def test_a_box_drawn_with_ctrl_is_followed(rig: WindowRig, follow: FakeFollow) -> None:
    rig.open()
    rig.session.set_playhead(7)
    draw_box(rig, (220, 140), (120, 60), "ControlModifier")  # from any corner
    rig.wait(lambda: rig.session.project.focus.keys)
    ((frame, x, y, _span),) = follow.asked
    assert frame == 7
    assert (x, y) == pytest.approx((170, 100), abs=1)
    assert follow.boxes == [pytest.approx((100, 80), abs=2)]


def test_a_box_over_the_edge_is_cut_off_at_it(rig: WindowRig, follow: FakeFollow) -> None:
    rig.open()
    draw_box(rig, (280, 150), (400, 300), "ControlModifier")
    rig.wait(lambda: follow.asked)
    assert follow.asked[0][1:3] == pytest.approx((300, 165), abs=1)
    assert follow.boxes == [pytest.approx((40, 30), abs=2)]


@pytest.mark.parametrize(
    ("stop", "modifiers"), [((220, 140), "NoModifier"), ((122, 62), "ControlModifier"), ((220, 140), "AltModifier")]
)
def test_other_drags_follow_nothing(
    rig: WindowRig, follow: FakeFollow, stop: tuple[float, float], modifiers: str
) -> None:
    rig.open()
    draw_box(rig, (120, 60), stop, modifiers)
    QTest.qWait(50)
    assert follow.asked == []

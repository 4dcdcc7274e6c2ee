"""The read-out under the mouse, the patch in the reticle, the badge, side by side, and the sharp zone's slider."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.helpers.fakes import HEIGHT, WIDTH
from vbr_core import edits
from vbr_core.render.request import FocusSample, RenderedFrame

if TYPE_CHECKING:
    from tests.app.conftest import WindowRig

ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier


def hover(rig: WindowRig, x: float, y: float) -> None:
    place = rig.window.viewer.clip_to_widget(x, y)
    QTest.mouseMove(rig.window.viewer, QPoint(round(place.x()), round(place.y())))


def readout(rig: WindowRig) -> str:
    return rig.window.panel.readout.text()


def test_hover_tells_disparity_and_blur_of_the_export(rig: WindowRig) -> None:
    rig.open()
    project = edits.set_base(edits.set_base(rig.session.project, "focus", 0.5), "blur", 60.0)
    rig.session.apply(project, "test")
    hover(rig, WIDTH * 0.75, 90)
    rig.wait(lambda: "in front" in readout(rig))
    assert readout(rig).startswith("Disparity 0.7")
    # K (D - d_f) at 180 of 1080 lines: 60 * 0.25 / 6
    assert "blur 2.5 px" in readout(rig)
    hover(rig, WIDTH * 0.25, 90)
    rig.wait(lambda: "blur 2.5 px, behind" in readout(rig))
    rig.session.apply(edits.set_sharp_zone(rig.session.project, 0.25), "test")  # told without asking again
    assert "sharp" in readout(rig)


def test_hover_is_silent_off_the_picture_and_while_playing(rig: WindowRig) -> None:
    rig.open()
    hover(rig, 160, 90)
    rig.wait(lambda: readout(rig))
    rig.window.player.toggle()
    assert readout(rig) == ""
    rig.window.player.stop()
    rig.wait(lambda: readout(rig))
    viewer = rig.window.viewer
    viewer.zoom_out()
    viewer.zoom_out()
    QTest.mouseMove(viewer, QPoint(2, 2))
    assert readout(rig) == ""


def test_hover_before_depth_says_so_and_fills_in(rig: WindowRig) -> None:
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    hover(rig, 160, 90)
    rig.wait(lambda: readout(rig) == "Depth is on its way")
    assert "No depth" in rig.window.panel.badge.text()
    rig.core.depth_gate.set()
    rig.wait(lambda: readout(rig).startswith("Disparity"))


def test_no_picture_is_final_while_its_depth_may_change(rig: WindowRig) -> None:
    rig.core.partial_frames = 10
    rig.core.depth_gate.clear()
    rig.open(depth=False)
    rig.wait(lambda: rig.window.preview.shown.has_depth)
    rig.wait(lambda: "Depth is not final" in rig.window.panel.badge.text())
    assert "Final" not in rig.window.panel.badge.text()
    rig.core.depth_gate.set()
    rig.wait(lambda: rig.window.panel.badge.text().startswith("Final"))


def test_badge_says_when_the_picture_is_not_of_these_values(rig: WindowRig) -> None:
    rig.open()
    rig.wait(lambda: rig.window.panel.badge.text().startswith("Final"))
    rig.core.server.gate.clear()
    rig.session.apply(edits.set_base(rig.session.project, "blur", 123.0), "test")
    assert rig.window.panel.badge.text().startswith("Rendering")
    rig.core.server.gate.set()
    rig.wait(lambda: rig.window.panel.badge.text().startswith("Final"))


def test_the_reticle_shows_the_sampled_patch(rig: WindowRig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.open()
    corners = ((150.0, 80.0), (170.0, 80.0), (170.0, 100.0))
    monkeypatch.setattr(
        rig.core.server, "sample", lambda frame, x, y: FocusSample(frame, x, y, 0.4, 200, corners), raising=True
    )
    rig.click(160, 90, ALT)
    rig.wait(lambda: rig.window.viewer.reticle is not None and rig.window.viewer.reticle.outline == corners)
    rig.click(160, 90)
    rig.wait(lambda: rig.window.viewer.reticle.kind == "focus")
    assert rig.window.viewer.reticle.outline == corners
    rig.session.undo_stack.undo()
    assert rig.window.viewer.reticle is None


def beside(rig: WindowRig) -> None:
    """Let the viewer show a red picture with a green one beside it."""
    shown = rig.window.preview.shown
    red, green = (np.zeros((HEIGHT, WIDTH, 3), np.uint8) for _ in range(2))
    red[..., 0] = green[..., 1] = 255
    rig.window.viewer.show_frame(RenderedFrame(shown.request, red, 0.1, HEIGHT, True, "", green))


def test_side_by_side_shows_both_and_takes_clicks_in_either(rig: WindowRig) -> None:
    rig.open()
    rig.key(Qt.Key.Key_W, ALT)
    assert rig.window.panel.side_button.isChecked()
    assert rig.window.preview.beside == "source"
    rig.wait(lambda: rig.window.preview.shown.request.beside == "source")
    rig.wait(lambda: rig.window.panel.badge.text().startswith("Final"))
    beside(rig)
    viewer = rig.window.viewer
    image = viewer.grab().toImage()
    y = viewer.height() // 2
    left, right = image.pixelColor(viewer.width() // 4, y), image.pixelColor(3 * viewer.width() // 4, y)
    assert (left.red(), left.green()) == (0, 255)
    assert (right.red(), right.green()) == (255, 0)
    clicks = []
    viewer.clicked.connect(lambda x, y, _modifiers: clicks.append((x, y)))
    place = viewer.clip_to_widget(80, 90)
    pane = (viewer.width() + 4) / 2
    for x in (place.x(), place.x() - pane):
        QTest.mouseClick(viewer, LEFT, PLAIN, QPoint(round(x), round(place.y())))
    assert clicks[0] == pytest.approx((80, 90), abs=1.0)
    assert clicks[1] == pytest.approx((80, 90), abs=1.0)
    rig.key(Qt.Key.Key_W, ALT)
    assert rig.window.preview.beside == "none"  # what it brought, it takes away


def test_side_by_side_leaves_a_split_that_was_there(rig: WindowRig) -> None:
    rig.open()
    rig.window.preview.set_beside("unrepaired")
    rig.key(Qt.Key.Key_W, ALT)
    rig.key(Qt.Key.Key_W, ALT)
    assert rig.window.preview.beside == "unrepaired"
    rig.key(Qt.Key.Key_W, ALT)
    rig.window.preview.set_beside("none")
    assert not rig.window.panel.side_button.isChecked()


def test_sharp_zone_slider_edits_and_renders_again(rig: WindowRig) -> None:
    rig.open()
    row = rig.window.inspector.zone_row
    assert row.isEnabled()
    row.slider.setFocus()
    for _ in range(10):
        QTest.keyClick(row.slider, Qt.Key.Key_PageUp)
    zone = rig.session.project.sharp_zone
    assert zone == pytest.approx(0.125, abs=0.001)
    assert row.spin.value() == pytest.approx(zone, abs=0.001)
    rig.wait(lambda: rig.window.preview.shown.request.sharp_zone == zone)
    rig.session.undo_stack.undo()
    assert rig.session.project.sharp_zone < zone
    row.slider.sliderPressed.emit()
    count = rig.session.undo_stack.count()
    for position in (300, 400, 500):
        row.slider.setValue(position)
    row.slider.sliderReleased.emit()
    assert rig.session.undo_stack.count() == count  # one step took the place of the one that was undone


@pytest.mark.parametrize(("key", "view"), [(Qt.Key.Key_7, "zone"), (Qt.Key.Key_P, "peaking")])
def test_new_views_by_key_follow_the_values(rig: WindowRig, key: Qt.Key, view: str) -> None:
    rig.open()
    rig.key(key)
    rig.wait(lambda: rig.window.preview.shown.request.view == view)
    assert rig.window.panel.view_box.currentData() == view
    asked = rig.window.preview.shown.request
    assert asked.k == rig.session.project.blur.base  # they show what focus and blur do
    assert dataclasses.replace(asked, view="result").d_f == rig.session.project.focus.base
    rig.key(key)
    assert rig.window.preview.view == "result"

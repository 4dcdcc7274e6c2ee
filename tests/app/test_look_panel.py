from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app import look_presets, preferences
from app.look_panel import LookPanel
from app.look_row import SLIDER_STEPS, from_slider, to_slider
from tests.app.session_stub import make_session, use_dark_theme
from tests.helpers.fakes import FakeDialogs
from vbr_core import edits
from vbr_core.animation import look_at
from vbr_core.errors import InputError
from vbr_core.look import DEFAULT_LOOK, LOOK_LIMITS, LOOK_NAMES, LOOKS, Look

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.session import Session


@pytest.fixture
def panel(qtbot: QtBot) -> LookPanel:
    use_dark_theme()
    panel = LookPanel(make_session(blur=()), FakeDialogs())
    qtbot.addWidget(panel)
    panel.more_button.setChecked(True)
    panel.resize(320, 480)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def look_of(session: Session) -> Look | None:
    return look_at(session.project.look, session.playhead)


@pytest.mark.parametrize("name", LOOK_NAMES)
def test_sliders_reach_all_values_and_stay_where_they_are_put(name: str) -> None:
    low, high = LOOK_LIMITS[name]
    assert from_slider(name, 0) == low
    assert from_slider(name, SLIDER_STEPS) == high
    value = getattr(DEFAULT_LOOK, name)
    assert from_slider(name, to_slider(name, value)) == pytest.approx(value, abs=0.01)


def test_a_drag_is_one_undo_step_and_typing_another(panel: LookPanel) -> None:
    session, row = panel._session, panel.rows["cat_eye"]
    before = session.undo_stack.count()
    row.slider.setSliderDown(True)
    for position in (50, 120, 200):
        row.slider.setValue(position)
    row.slider.setSliderDown(False)
    assert look_of(session) == Look(cat_eye=0.5)
    assert session.undo_stack.count() == before + 1
    row.spin.setFocus()
    row.spin.selectAll()
    QTest.keyClicks(row.spin, "0.25")
    QTest.keyClick(row.spin, Qt.Key.Key_Return)
    assert look_of(session) == Look(cat_eye=0.25)
    assert session.undo_stack.count() == before + 2
    session.undo_stack.undo()
    assert row.spin.value() == 0.5
    session.undo_stack.undo()
    assert look_of(session) is None
    assert row.slider.value() == 0


def test_a_number_of_blades_that_cannot_be_is_corrected(panel: LookPanel) -> None:
    row = panel.rows["blades"]
    row.spin.setValue(2)
    assert panel._session.project.look.blades == 3
    assert row.spin.value() == 3
    assert not row.key_button.isEnabled()
    row.slider.setValue(0)
    assert panel._session.project.look.blades == 0


def test_keys_are_set_at_the_playhead_and_the_row_follows_it(panel: LookPanel) -> None:
    session, row = panel._session, panel.rows["near"]
    session.set_playhead(10)
    QTest.mouseClick(row.key_button, Qt.MouseButton.LeftButton)
    assert row.key_button.isChecked()
    session.set_playhead(30)
    assert not row.key_button.isChecked()
    row.spin.setValue(0.0)
    assert row.key_button.isChecked()
    session.set_playhead(20)
    assert row.spin.value() == pytest.approx(0.5, abs=0.01)
    assert panel.look_box.currentIndex() == panel.look_box.count() - 1, "own values"


def test_the_name_resets_on_a_double_click_and_so_does_the_button(panel: LookPanel) -> None:
    session, row = panel._session, panel.rows["anamorphic"]
    assert not row.reset_button.isEnabled()
    for reset in (
        lambda: QTest.mouseDClick(row.label, Qt.MouseButton.LeftButton, pos=QPoint(4, 4)),
        lambda: QTest.mouseClick(row.reset_button, Qt.MouseButton.LeftButton),
    ):
        row.spin.setValue(2.0)
        assert look_of(session) == Look(anamorphic=2.0)
        reset()
        assert look_of(session) is None
        assert row.spin.value() == 1.0


def test_a_control_that_does_nothing_says_why(panel: LookPanel) -> None:
    session = panel._session
    assert not panel.rows["roundness"].slider.isEnabled()
    assert "no blades" in panel.rows["roundness"].toolTip()
    session.apply(edits.set_look(session.project, LOOKS["hexagon"]), "")
    assert panel.rows["roundness"].slider.isEnabled()
    assert "no blades" not in panel.rows["roundness"].slider.toolTip()
    assert panel.rows["cat_eye"].slider.isEnabled()
    session.apply(edits.set_renderer(session.project, "layered"), "")
    assert not panel.rows["cat_eye"].slider.isEnabled()
    assert "Layered" in panel.rows["cat_eye"].toolTip()
    assert not panel.rows["highlight_threshold"].slider.isEnabled()
    panel.rows["highlight_gain"].spin.setValue(1.0)
    assert panel.rows["highlight_threshold"].slider.isEnabled()


def test_looks_are_chosen_kept_and_deleted(panel: LookPanel) -> None:
    session, box = panel._session, panel.look_box
    assert box.currentText() == "Clean 50 mm"
    index = box.findText("Vintage cat-eye")
    box.setCurrentIndex(index)
    box.activated.emit(index)
    assert look_of(session) == LOOKS["vintage"]
    panel.rows["rotation"].spin.setValue(15)
    assert box.currentText() == "Own values"
    panel._dialogs.preset_name = "  My  lens "
    QTest.mouseClick(panel.save_button, Qt.MouseButton.LeftButton)
    assert box.currentText() == "My lens"
    assert set(look_presets.own_looks()) == {"My lens"}
    QTest.mouseClick(panel.delete_button, Qt.MouseButton.LeftButton)
    assert look_presets.own_looks() == {}
    assert box.currentText() == "Own values"
    assert look_of(session).rotation == 15.0


def test_a_name_that_cannot_be_is_told(panel: LookPanel) -> None:
    heard = []
    panel.failed.connect(heard.append)
    for name in ("", "hexagon", "x" * 99):
        panel._dialogs.preset_name = name
        panel.save()
    assert [type(error) for error in heard] == [InputError] * 3
    assert look_presets.own_looks() == {}


def test_damaged_own_looks_are_left_out() -> None:
    look_presets.save_look("Good", Look(blades=5))
    text = preferences.stored_text(look_presets.KEY)
    preferences.store(look_presets.KEY, text[:-1] + ', "Bad": {"blades": 2}, "Odd": {"colour": 1}}')
    assert look_presets.own_looks() == {"Good": Look(blades=5)}
    preferences.store(look_presets.KEY, "[1")
    assert look_presets.own_looks() == {}


def test_the_f_number_and_k_are_one_value(panel: LookPanel) -> None:
    session = panel._session
    assert panel.f_spin.value() == pytest.approx(1.67)
    panel.f_spin.setValue(2.8)
    assert session.project.blur.base == pytest.approx(23.81, abs=0.01)
    session.apply(edits.set_base(session.project, "blur", 0.0), "")
    assert panel.f_spin.value() == 999.0
    assert session.project.blur.base == 0.0


def test_it_remembers_whether_it_was_open(panel: LookPanel, qtbot: QtBot) -> None:
    assert panel.details.isVisible()
    QTest.mouseClick(panel.more_button, Qt.MouseButton.LeftButton)
    assert not panel.details.isVisible()
    other = LookPanel(panel._session, FakeDialogs())
    qtbot.addWidget(other)
    assert not other.more_button.isChecked()

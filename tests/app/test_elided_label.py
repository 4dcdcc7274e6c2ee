"""A text that does not fit ends in an ellipsis and is whole in the tool tip."""

from __future__ import annotations

import pytest

from app.elided_label import ElidedLabel

pytestmark = [pytest.mark.gui, pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]  # offscreen says so


def test_what_fits_is_shown_and_the_rest_told(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText("No depth for this frame yet: the source is shown")
    label.resize(120, 24)
    label.show()
    assert label.shown_text().endswith("…")
    assert label.fontMetrics().horizontalAdvance(label.shown_text()) <= 120
    assert label.toolTip() == label.text()
    label.resize(label.sizeHint())
    assert label.shown_text() == label.text()
    assert label.toolTip() == ""


def test_it_gives_way(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.setText("a word " * 20)
    assert label.minimumSizeHint().width() < label.sizeHint().width() / 4
    assert label.accessibleName() == ""
    assert label.text() == "a word " * 20  # readers get all of it

"""The bar of cached pictures: what the preview holds, told to the ruler."""

from __future__ import annotations

import pytest

from vbr_core import edits

pytestmark = pytest.mark.gui


def test_cached_frames_are_those_of_the_document_as_it_is_now(rig):
    rig.open()
    preview, session = rig.window.preview, rig.session
    rig.wait(lambda: preview.cached_frames()[0] == [0])
    session.set_playhead(7)
    rig.wait(lambda: preview.cached_frames()[0] == [0, 7])
    rig.wait(lambda: rig.window.timeline.ruler.cached[0] == [(0, 1), (7, 8)])
    rig.core.server.gate.clear()
    before = session.project
    session.apply(edits.set_value(before, "focus", 7, 0.123), "Set focus")
    assert preview.cached_frames() == ([], [])
    rig.wait(lambda: rig.window.timeline.ruler.cached == ([], []))
    session.undo_stack.undo()
    assert preview.cached_frames()[0] == [0, 7]
    rig.core.server.gate.set()
    preview.depth_replaced()
    assert preview.cached_frames() == ([], [])

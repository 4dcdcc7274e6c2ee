"""The sound of a clip on its way from a background job to the timeline."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from vbr_core.errors import ClipError
from vbr_core.video.waveform import Waveform

pytestmark = pytest.mark.gui


@pytest.fixture
def loud(rig):
    """A clip with sound, whose reading waits for ``gate``."""
    state = SimpleNamespace(gate=threading.Event(), error=None, rig=rig, contexts=[])
    wave = state.wave = Waveform(0.01, np.zeros(200, np.int8), np.ones(200, np.int8), None, 24.0)

    def load(info, ctx):
        state.contexts.append(ctx)
        while not state.gate.wait(0.01):
            ctx.step(1, 2, "Sound")
        if state.error is not None:
            raise state.error
        return wave

    rig.core.load_waveform = load
    rig.core.info.audio = (SimpleNamespace(stream_index=1),)
    yield state
    state.gate.set()


def test_the_row_comes_with_the_clip_and_fills_later(loud):
    loud.rig.window.open_path("/clips/fake.mp4")
    loud.rig.wait(lambda: loud.rig.window.preview.shown is not None)
    row = loud.rig.window.timeline.sound
    assert row.isVisible()
    loud.rig.wait(lambda: "50 %" in row.accessibleDescription())
    assert row.waveform is None
    loud.gate.set()
    loud.rig.wait(lambda: row.waveform is loud.wave)


def test_another_clip_stops_the_reading(loud):
    loud.rig.window.open_path("/clips/fake.mp4")
    loud.rig.wait(lambda: loud.contexts)
    loud.rig.core.info = SimpleNamespace(**{**vars(loud.rig.core.info), "audio": ()})
    loud.rig.window.open_path("/clips/other.mp4")
    loud.rig.wait(lambda: not loud.rig.window.timeline.sound.isVisible())
    assert loud.contexts[0].token.cancelled
    loud.rig.wait(lambda: not loud.rig.window.runner.jobs)
    assert loud.rig.window.timeline.sound.waveform is None


def test_sound_that_cannot_be_read_is_said_in_the_row(loud):
    loud.error = ClipError("The tape is torn.", "")
    loud.gate.set()
    loud.rig.open()
    row = loud.rig.window.timeline.sound
    loud.rig.wait(lambda: "The tape is torn." in row.accessibleDescription())
    assert row.waveform is None

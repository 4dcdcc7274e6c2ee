from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from vbr_core.video.sound import LONGEST_BLOCK, sound_from

if TYPE_CHECKING:
    from pathlib import Path

RATE = 48000


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """Three seconds whose left sample tells the time in units of ten samples, the right one its negative."""
    path = tmp_path / "ramp.wav"
    left = (np.arange(3 * RATE) // 10).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.stack([left, -left], axis=1).astype("<i2").tobytes())
    return path


@pytest.mark.parametrize("seconds", [0.0, 0.1, 1.2345, 2.9])
def test_begins_exactly_at_the_time(ramp: Path, seconds: float) -> None:
    blocks = list(sound_from(ramp, 0, seconds))
    samples = np.concatenate(blocks)
    first = round(seconds * RATE)
    np.testing.assert_array_equal(samples[:, 0], np.arange(first, 3 * RATE) // 10)
    np.testing.assert_array_equal(samples[:, 1], -samples[:, 0])
    assert max(len(block) for block in blocks) <= LONGEST_BLOCK


def test_comes_at_the_rate_that_is_asked_for(ramp: Path) -> None:
    count = sum(len(block) for block in sound_from(ramp, 0, 1.0, rate=44100))
    assert abs(count - 2 * 44100) <= 64


def test_sound_before_the_first_frame_is_left_out_and_a_gap_is_silent(ramp: Path) -> None:
    assert next(sound_from(ramp, 0, 0.0, clip_start_seconds=0.5))[0, 0] == RATE // 20
    late = np.concatenate(list(sound_from(ramp, 0, 0.0, clip_start_seconds=-0.5)))
    assert not late[: RATE // 2].any()
    assert len(late) == 3 * RATE + RATE // 2


def test_nothing_without_such_a_track_or_after_the_end(ramp: Path) -> None:
    assert list(sound_from(ramp, 7, 0.0)) == []
    assert list(sound_from(ramp, 0, 60.0)) == []

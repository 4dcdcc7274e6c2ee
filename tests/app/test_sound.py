"""The picture is the frame of the sound that is heard: every sample here tells the time at which it belongs."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.player import Player
from app.session import Session
from app.sound import AHEAD_SECONDS, Feed, SoundPlayer
from app.sound_device import QtSoundDevice
from tests.helpers.fakes import make_info
from vbr_core.project import Clip, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

pytestmark = pytest.mark.usefixtures("qapp")
RATE, BUFFER, FPS = 8000, 1200, 24


class FakeDevice:
    """Sounds what it was given, as fast as the test says."""

    def __init__(self) -> None:
        self.rate = RATE
        self.given = np.zeros((0, 2), np.int16)
        self.count = 0
        self.volume = -1.0
        self.lost = False
        self.stops = 0

    def start(self) -> None:
        self.given, self.count = self.given[:0], 0

    def stop(self) -> None:
        self.stops += 1

    def room(self) -> int:
        return BUFFER - (len(self.given) - self.count)

    def write(self, samples: NDArray[np.int16]) -> int:
        taken = samples[: self.room()]
        self.given = np.concatenate([self.given, taken])
        return len(taken)

    def heard(self) -> int:
        return self.count

    def is_lost(self) -> bool:
        return self.lost

    def set_volume(self, volume: float) -> None:
        self.volume = volume

    def sounding(self) -> float:
        """Time at which the sample that is heard now belongs; below 0 for silence."""
        return (int(self.given[self.count, 0]) - 1) / RATE


def telling_time(starts: float = 0.0, ends: float = 2.0) -> Callable[[float, int], Iterator[NDArray[np.int16]]]:
    """Sound from ``starts`` to ``ends``; each sample tells its number in the clip, plus one."""

    def blocks(begin: float, rate: int) -> Iterator[NDArray[np.int16]]:
        place = round(begin * rate)
        while place < round(ends * rate):
            numbers = np.arange(place, min(place + 777, round(ends * rate)))
            left = np.where(numbers < starts * rate, 0, numbers + 1).astype(np.int16)
            place += len(numbers)
            yield np.stack([left, left], axis=1)

    return blocks


class Rig:
    def __init__(self) -> None:
        self.now = 100.0
        self.device = FakeDevice()
        self.why = ""
        self.session = Session()
        self.sound = SoundPlayer(self.open_device, self.session, lambda: self.now)
        self.player = Player(self.session, self.session, lambda: self.now)
        self.player.set_sound(self.sound)
        info = make_info()
        self.session.open_document(Project(clip=Clip(path="a", frame_count=48)), None, Path("/a"), info)
        self.sound.set_source(telling_time())

    def open_device(self) -> tuple[FakeDevice | None, str]:
        return (None, self.why) if self.why else (self.device, "")

    def run(self, samples: int) -> None:
        """Time passes: the device sounds so many samples more."""
        left = samples
        deadline = time.monotonic() + 5
        while left:
            self.sound.feed()
            step = min(left, len(self.device.given) - self.device.count - 1)
            if step <= 0:
                assert time.monotonic() < deadline, "the decoder never came"
                time.sleep(0.001)
                continue
            self.device.count += step
            left -= step
        self.now += samples / RATE
        self.player.tick()

    def in_sync(self) -> bool:
        """Whether the frame is that of the sample that is heard, to within one sample."""
        heard = self.device.sounding()
        return self.session.playhead in {int((heard + off / RATE) * FPS) for off in (-1, 0, 1)}


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.player.stop()
    rig.sound.shut()


def test_picture_is_the_frame_of_the_sound(rig: Rig) -> None:
    rig.player.toggle()
    for samples in (100, 400, 2000, 37, 1333):
        rig.run(samples)
        assert rig.in_sync()
    assert rig.session.playhead == int(3870 / RATE * FPS)
    rig.session.set_playhead(40)  # a seek while it plays
    rig.run(800)
    assert rig.in_sync()
    assert rig.session.playhead == 42


def test_picture_waits_when_the_device_runs_dry(rig: Rig) -> None:
    rig.player.toggle()
    rig.run(2000)
    frame = rig.session.playhead
    rig.now += 1.0  # nothing was heard meanwhile
    rig.player.tick()
    assert rig.session.playhead == frame
    rig.run(2000)
    assert rig.in_sync()


def test_loop_of_the_range_has_no_gap(rig: Rig) -> None:
    rig.session.set_range(12, 18)
    rig.session.set_playhead(14)
    rig.player.set_loop(True)
    rig.player.toggle()
    seen = set()
    for _ in range(60):
        rig.run(150)
        assert rig.in_sync()
        seen.add(rig.session.playhead)
    assert seen == set(range(12, 18))
    assert len(rig.device.given) > 9000  # one passage, never begun anew
    times = rig.device.given[:9000, 0].astype(int)
    turns = np.flatnonzero(np.diff(times) < 0)
    assert len(turns) == 4
    assert np.diff(times).max() <= 1


def test_sound_that_begins_late_and_ends_early(rig: Rig) -> None:
    rig.sound.set_source(telling_time(0.5, 1.0))
    rig.player.toggle()
    rig.run(2000)
    assert (rig.session.playhead, rig.device.sounding() < 0) == (6, True)
    rig.run(4000)
    assert (rig.session.playhead, rig.in_sync()) == (18, True)
    rig.run(6000)
    assert (rig.session.playhead, rig.device.sounding() < 0) == (36, True)
    rig.run(4000)
    assert (rig.session.playhead, rig.session.playing) == (47, 0.0)


def test_mute_and_volume_leave_the_clock_alone(rig: Rig) -> None:
    rig.sound.set_muted(True)
    rig.player.toggle()
    rig.run(2000)
    assert (rig.device.volume, rig.session.playhead) == (0.0, 6)
    rig.sound.set_muted(False)
    rig.sound.set_volume(0.5)
    assert (rig.device.volume, rig.sound.volume) == (0.25, 0.5)
    rig.run(2000)
    assert rig.in_sync()


def test_only_forwards_at_the_speed_of_the_clip_sounds(rig: Rig) -> None:
    rig.player.toggle()
    rig.run(3000)
    rig.player.shuttle_forward()
    assert (rig.session.playing, rig.player.follows_sound, rig.sound.position()) == (2.0, False, None)
    rig.now += 0.25
    rig.player.tick()
    assert rig.session.playhead == 9 + 12
    rig.player.shuttle_back()
    assert not rig.player.follows_sound
    rig.player.shuttle_forward()
    assert rig.player.follows_sound


def test_without_sound_or_device_the_clock_of_the_machine_counts(rig: Rig) -> None:
    rig.sound.set_source(None)
    rig.player.toggle()
    rig.now += 0.5
    rig.player.tick()
    assert (rig.session.playhead, rig.sound.trouble) == (12, "")
    rig.player.stop()
    rig.why = "there is no sound device"
    rig.sound.set_source(telling_time())
    rig.player.toggle()
    rig.now += 0.5
    rig.player.tick()
    assert (rig.session.playhead, rig.sound.trouble) == (24, "there is no sound device")


def test_a_lost_device_is_told_and_playing_goes_on(rig: Rig) -> None:
    rig.player.toggle()
    rig.run(4000)
    rig.device.lost = True
    rig.now += 0.01
    rig.player.tick()
    assert rig.session.playhead == 12
    assert "does not answer" in rig.sound.trouble
    rig.now += 0.5
    rig.player.tick()
    assert rig.session.playhead == 24


def test_a_device_that_another_program_holds_is_told_at_once(rig: Rig) -> None:
    """The sink of such a device gives nothing to write to."""
    device = QtSoundDevice.__new__(QtSoundDevice)
    device.rate, device._frame_bytes, device._is_float = RATE, 4, False
    device._sink = SimpleNamespace(start=lambda: None, reset=lambda: None, stop=lambda: None, setVolume=lambda _: None)
    rig.sound._open_device = lambda: (device, "")
    rig.player.toggle()
    rig.now += 0.01
    rig.player.tick()
    assert "does not answer" in rig.sound.trouble
    rig.now += 0.5
    rig.player.tick()
    assert rig.session.playhead == 12


def test_damaged_sound_becomes_silence(rig: Rig) -> None:
    def broken(begin: float, rate: int) -> Iterator[NDArray[np.int16]]:
        yield from (block for block in telling_time(0.0, 0.25)(begin, rate))
        raise OSError("the file is gone")

    rig.sound.set_source(broken)
    rig.player.toggle()
    rig.run(8000)
    assert rig.session.playhead == 24
    assert rig.sound.trouble == "the file is gone"


def test_decoder_stays_a_little_ahead_and_closes_what_it_left() -> None:
    decoded, closed = [0], []

    def endless() -> Iterator[NDArray[np.int16]]:
        try:
            while True:
                decoded[0] += 1000
                yield np.zeros((1000, 2), np.int16)
        finally:
            closed.append(True)

    feed = Feed()
    limit = round(AHEAD_SECONDS * RATE)
    feed.start(endless, limit)
    deadline = time.monotonic() + 5
    while feed.frames < limit and time.monotonic() < deadline:
        time.sleep(0.001)
    assert limit <= feed.frames <= limit + 1000
    assert decoded[0] <= limit + 3000
    assert len(feed.take(300)) == 300
    feed.stop()
    assert (feed.frames, len(feed.take(10))) == (0, 0)
    assert feed.shut()
    assert closed == [True]

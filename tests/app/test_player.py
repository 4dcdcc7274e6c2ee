from __future__ import annotations

from pathlib import Path

import pytest

from app.player import Player
from app.session import Session
from tests.helpers.fakes import make_info
from vbr_core.project import Clip, Project

pytestmark = pytest.mark.usefixtures("qapp")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def playing() -> tuple[Session, Player, Clock]:
    session, clock = Session(), Clock()
    player = Player(session, session, clock)
    session.open_document(Project(clip=Clip(path="a", frame_count=48)), None, Path("/a"), make_info())
    return session, player, clock


def at(player: Player, clock: Clock, seconds: float) -> None:
    clock.now = 100.0 + seconds
    player.tick()


def test_follows_the_clock_and_skips_frames(playing: tuple[Session, Player, Clock]) -> None:
    session, player, clock = playing
    player.toggle()
    assert session.playing == 1.0
    at(player, clock, 0.5)
    assert session.playhead == 12
    at(player, clock, 0.51)
    assert session.playhead == 12
    player.toggle()
    assert session.playing == 0.0


def test_stops_at_the_end_and_starts_over(playing: tuple[Session, Player, Clock]) -> None:
    session, player, clock = playing
    player.toggle()
    at(player, clock, 60.0)
    assert (session.playhead, session.playing) == (47, 0.0)
    player.toggle()
    assert session.playhead == 0
    player.stop()


def test_shuttle(playing: tuple[Session, Player, Clock]) -> None:
    session, player, clock = playing
    session.set_playhead(40)
    player.shuttle_back()
    at(player, clock, 0.5)
    assert session.playhead == 28
    player.shuttle_back()
    assert session.playing == -2.0
    at(player, clock, 1.0)
    assert session.playhead == 4
    player.shuttle_forward()
    assert session.playing == 1.0
    player.shuttle_forward()
    assert session.playing == 2.0
    player.stop()


def test_loops_in_the_range(playing: tuple[Session, Player, Clock]) -> None:
    session, player, clock = playing
    session.set_range(10, 22)
    session.set_playhead(10)
    player.set_loop(True)
    player.toggle()
    at(player, clock, 0.6)
    assert session.playhead == 10
    at(player, clock, 0.7)
    assert session.playhead == 12
    player.stop()


def test_goes_on_from_where_it_was_put(playing: tuple[Session, Player, Clock]) -> None:
    session, player, clock = playing
    player.toggle()
    at(player, clock, 0.25)
    session.set_playhead(30)
    at(player, clock, 0.5)
    assert session.playhead == 36
    player.stop()


def test_measures_what_reached_the_screen(playing: tuple[Session, Player, Clock]) -> None:
    _, player, clock = playing
    told: list[tuple[float, float]] = []
    player.rate_measured.connect(lambda shown, asked: told.append((shown, asked)))
    player.toggle()
    for _ in range(12):
        player.note_shown()
    at(player, clock, 1.0)
    assert told == [(pytest.approx(12.0), 24.0)]
    player.stop()


def test_opening_a_clip_stops(playing: tuple[Session, Player, Clock]) -> None:
    session, player, _ = playing
    player.toggle()
    session.open_document(Project(), None, None, None)
    assert session.playing == 0.0

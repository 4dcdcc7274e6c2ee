from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from app.job_runner import JobRunner
from app.prerender import Prerender
from tests.app.test_preview import Rig
from tests.helpers.fakes import FRAMES, FakeDisparity
from vbr_core import edits
from vbr_core.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from vbr_core.jobs import JobContext
    from vbr_core.render.request import RenderRequest


class Ahead(Rig):
    """A rig that renders ahead as soon as the loop comes by."""

    def __init__(self, qtbot: QtBot, height: int = 180) -> None:
        super().__init__(qtbot, height)
        self.runner = JobRunner()
        self.prerender = Prerender(self.session, self.worker, self.preview, self.runner, idle_ms=20)
        self.failures: list[Exception] = []
        self.prerender.failed.connect(self.failures.append)

    @property
    def kept(self) -> set[int]:
        """Frames whose picture is there, as the document is now."""
        requests = (self.preview.request_for(frame, 0) for frame in range(FRAMES))
        return {request.frame_index for request in requests if self.preview.has(request)}

    def wait_calm(self) -> None:
        self.qtbot.waitUntil(lambda: not self.prerender.is_working, timeout=5000)

    def new_requests(self, count: int) -> list[RenderRequest]:
        return self.server.requests[count:]


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[Ahead]:
    rig = Ahead(qtbot)
    yield rig
    rig.server.gate.set()
    rig.server.error = None
    rig.prerender.shut()
    assert rig.worker.stop(5)


def test_all_frames_are_made_nearest_first_and_playing_finds_them(rig: Ahead) -> None:
    rig.open()
    rig.session.set_playhead(20)
    rig.wait_final()
    before = len(rig.server.requests)
    rig.wait_calm()
    assert rig.kept == set(range(FRAMES))
    order = [request.frame_index for request in rig.new_requests(before)]
    assert len(order) == len(set(order))
    assert order[:4] == [21, 22, 19, 23]
    made = len(rig.server.requests)
    for frame in range(21, 40):
        rig.session.set_playhead(frame)
        assert rig.preview.shown is not None
        assert rig.preview.shown.request.frame_index == frame
    assert len(rig.server.requests) == made


def test_only_the_range_is_made(rig: Ahead) -> None:
    rig.open()
    rig.session.set_range(0, 6)
    rig.wait_calm()
    assert rig.kept == set(range(6))


def test_what_the_newest_edit_changed_comes_first(rig: Ahead) -> None:
    rig.open()
    for frame in (0, 29, 40):
        rig.session.apply(edits.add_key(rig.session.project, "focus", frame, 0.5), "")
    rig.wait_calm()
    assert rig.kept == set(range(FRAMES))
    before = len(rig.server.requests)
    rig.session.apply(edits.add_key(rig.session.project, "focus", 40, 0.9), "")
    changed = set(range(30, FRAMES))
    assert rig.kept == set(range(FRAMES)) - changed
    rig.wait_calm()
    order = [request.frame_index for request in rig.new_requests(before)]
    assert order == sorted(changed)
    assert rig.kept == set(range(FRAMES))


def test_it_stops_where_the_memory_is_full_and_throws_out_nothing_of_its_own(rig: Ahead) -> None:
    rig.open()
    rig.session.set_playhead(24)
    rig.wait_final()
    rig.prerender.set_enabled(False)
    rig.preview.set_cache_bytes(0)
    rig.preview.set_cache_bytes(16 * 320 * 180 * 3)
    rig.prerender.set_enabled(True)
    before = len(rig.server.requests)
    rig.wait_calm()
    made = [request.frame_index for request in rig.new_requests(before)]
    assert 10 <= len(rig.kept) <= 16
    assert set(made) <= rig.kept
    assert max(rig.kept) - min(rig.kept) < 20, "nearest to the playhead"


def test_it_waits_while_a_job_is_running_and_goes_on_after_it(rig: Ahead, qtbot: QtBot) -> None:
    rig.prerender.set_enabled(False)
    rig.open()
    begun, end = [], []

    def work(ctx: JobContext) -> None:
        begun.append(1)
        while not end:
            ctx.token.raise_if_cancelled()
            qtbot_pause.wait(0.005)

    qtbot_pause = threading.Event()
    job = rig.runner.start("Exporting", work)
    rig.prerender.set_enabled(True)
    before = len(rig.server.requests)
    qtbot.wait(100)
    assert begun
    assert len(rig.server.requests) == before
    with qtbot.waitSignal(job.ended, timeout=5000):
        end.append(1)
    rig.wait_calm()
    assert rig.kept == set(range(FRAMES))


def test_the_person_comes_first(rig: Ahead, qtbot: QtBot) -> None:
    rig.open()
    rig.server.gate.clear()
    rig.server.began.clear()
    qtbot.waitUntil(rig.server.began.is_set, timeout=5000)  # a picture that nobody waits for is under way
    before = len(rig.server.requests)
    rig.session.set_playhead(40)
    rig.server.gate.set()
    rig.wait_final()
    assert rig.new_requests(before)[0].frame_index == 40


def test_an_error_is_said_once_and_switching_on_again_forgets_it(rig: Ahead, qtbot: QtBot) -> None:
    rig.open()
    rig.server.error = ClipError("The clip is gone.")
    qtbot.waitUntil(lambda: bool(rig.failures), timeout=5000)
    before = len(rig.server.requests)
    rig.session.set_range(0, 10)
    qtbot.wait(80)
    assert len(rig.failures) == 1
    assert "background" in str(rig.failures[0])
    assert "The clip is gone." in str(rig.failures[0])
    assert len(rig.server.requests) == before
    rig.server.error = None
    rig.prerender.set_enabled(True)
    rig.wait_calm()
    assert rig.kept >= set(range(10))


def test_frames_without_depth_are_not_kept_and_not_tried_in_a_loop(rig: Ahead, qtbot: QtBot) -> None:
    rig.open(FakeDisparity(ready_frames=4))
    rig.wait_calm()
    qtbot.wait(60)
    assert rig.kept <= set(range(4))
    assert len(rig.server.requests) < 3 * FRAMES


def test_off_means_off(rig: Ahead, qtbot: QtBot) -> None:
    rig.prerender.set_enabled(False)
    rig.open()
    before = len(rig.server.requests)
    rig.session.set_range(0, 20)
    qtbot.wait(80)
    assert len(rig.server.requests) == before

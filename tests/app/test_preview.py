from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.frame_worker import FrameWorker
from app.preview import PictureCache, PreviewController
from app.session import Session
from tests.helpers.fakes import FakeDisparity, FakeFrameServer, make_info
from vbr_core import edits
from vbr_core.errors import ClipError
from vbr_core.project import Clip, Project
from vbr_core.render.request import RenderedFrame, RenderRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

CLIP = Path("/clips/fake.mp4")


class Rig:
    """A session, a preview and a fake server."""

    def __init__(self, qtbot: QtBot, height: int = 1080) -> None:
        self.qtbot = qtbot
        self.server = FakeFrameServer(width=height * 16 // 9, height=height)
        self.session = Session()
        self.worker = FrameWorker(lambda path: self.server)
        self.preview = PreviewController(self.session, self.worker)
        self.preview.set_display_lines(1080)
        self.shown: list[RenderedFrame] = []
        self.preview.frame_shown.connect(self.shown.append)
        self.height = height

    def open(self, depth: FakeDisparity | None = None) -> None:
        info = make_info(width=self.server.width, height=self.height)
        with self.qtbot.waitSignal(self.worker.opened, timeout=5000):
            self.session.open_document(Project(clip=Clip(path="fake.mp4", frame_count=48)), None, CLIP, info)
        self.worker.set_disparity(self.worker.epoch, depth or FakeDisparity())
        self.wait_final()

    def wait_final(self) -> None:
        """Until the picture on screen is what the session says, in full size."""

        def is_there() -> bool:
            shown, project = self.preview.shown, self.session.project
            return (
                shown is not None
                and not shown.is_draft
                and shown.request.frame_index == self.session.playhead
                and (shown.request.view == "source" or shown.request.k == project.blur.base)
            )

        self.qtbot.waitUntil(is_there, timeout=5000)

    def set_blur(self, value: float) -> None:
        self.session.apply(edits.set_value(self.session.project, "blur", 0, value), "blur")


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[Rig]:
    rig = Rig(qtbot)
    yield rig
    rig.server.gate.set()
    assert rig.worker.stop(5)


def test_opening_shows_the_first_frame_draft_first(rig: Rig) -> None:
    rig.open()
    assert [frame.is_draft for frame in rig.shown][-1] is False
    assert rig.server.thread_names == {"preview"}


def test_200_requests_lead_to_few_renders_and_the_newest_picture(rig: Rig) -> None:
    rig.open()
    rig.server.requests.clear()
    rig.server.began.clear()
    rig.server.gate.clear()
    rig.set_blur(1.0)
    assert rig.server.began.wait(5)  # the worker is busy with this one while the others come
    for n in range(200):
        rig.set_blur(50.0 + n)
    rig.server.gate.set()
    rig.wait_final()
    assert rig.preview.shown is not None
    assert rig.preview.shown.request.k == 249.0
    assert len(rig.server.requests) <= 4


def test_what_is_on_screen_is_not_asked_again(rig: Rig) -> None:
    rig.open()
    count = len(rig.server.requests)
    rig.set_blur(10.0)
    rig.wait_final()
    more = len(rig.server.requests)
    assert more > count
    rig.session.undo_stack.undo()  # both pictures are stored
    rig.wait_final()
    rig.session.undo_stack.redo()
    rig.wait_final()
    assert len(rig.server.requests) == more


def test_an_answer_that_is_not_wanted_any_more_is_dropped(rig: Rig) -> None:
    rig.open()
    rig.server.began.clear()
    rig.server.gate.clear()
    rig.set_blur(200.0)
    assert rig.server.began.wait(5)
    rig.session.undo_stack.undo()  # back to a stored picture while 200 is rendered
    rig.shown.clear()
    rig.server.gate.set()
    with rig.qtbot.waitSignal(rig.worker.counted, timeout=5000):  # comes after the late answer
        rig.worker.post_histogram(0)
    assert all(frame.request.k != 200.0 for frame in rig.shown)
    assert rig.preview.shown is not None
    assert rig.preview.shown.request.k == 40.0


def test_answers_of_an_earlier_clip_are_dropped(rig: Rig) -> None:
    rig.open()
    rig.server.began.clear()
    rig.server.gate.clear()
    rig.set_blur(200.0)
    assert rig.server.began.wait(5)
    rig.shown.clear()
    info = make_info(width=1920, height=1080)
    rig.session.open_document(Project(clip=Clip(path="b.mp4", frame_count=48)), None, Path("/b.mp4"), info)
    with rig.qtbot.waitSignal(rig.worker.opened, timeout=5000):
        rig.server.gate.set()
    rig.wait_final()
    assert all(frame.request.k == 40.0 for frame in rig.shown)


def test_holding_compare_shows_the_source_and_back(rig: Rig) -> None:
    rig.open()
    rig.preview.set_compare(True)
    rig.qtbot.waitUntil(lambda: rig.preview.shown is not None and rig.preview.shown.request.view == "source")
    rig.wait_final()
    rig.preview.set_compare(False)
    assert rig.preview.shown is not None
    assert rig.preview.shown.request.view == "result"  # stored: at once


def test_pictures_without_depth_are_made_again_when_it_came(rig: Rig) -> None:
    depth = FakeDisparity(0)
    rig.open(depth)
    assert rig.preview.shown is not None
    assert not rig.preview.shown.has_depth
    depth.ready_frames = 48
    rig.preview.depth_filled()
    rig.qtbot.waitUntil(lambda: rig.preview.shown is not None and rig.preview.shown.has_depth, timeout=5000)


def test_a_picture_without_depth_is_not_shown_over_and_over(rig: Rig) -> None:
    rig.open(FakeDisparity(0))
    rig.shown.clear()
    for _ in range(3):
        with rig.qtbot.waitSignal(rig.worker.rendered, timeout=5000):
            rig.preview.depth_filled()
    assert rig.shown == []


def test_other_depth_makes_stored_pictures_stale(rig: Rig) -> None:
    rig.open()
    count = len(rig.server.requests)
    rig.preview.depth_replaced()
    rig.qtbot.waitUntil(lambda: len(rig.server.requests) > count, timeout=5000)
    rig.qtbot.waitUntil(lambda: rig.preview.shown.request.depth_revision == 1, timeout=5000)
    rig.wait_final()
    assert rig.preview.shown is not None
    assert rig.preview.shown.request.depth_revision == 1


def test_playing_asks_for_drafts_only(rig: Rig) -> None:
    rig.open()
    rig.server.requests.clear()
    rig.session.set_playing(1.0)
    for frame in range(1, 6):
        with rig.qtbot.waitSignal(rig.preview.frame_shown, timeout=5000):
            rig.session.set_playhead(frame)
    assert all(request.lines for request in rig.server.requests)
    rig.session.set_playing(0.0)
    rig.wait_final()


def test_the_same_failure_is_told_once(rig: Rig) -> None:
    rig.open()
    told: list[Exception] = []
    rig.preview.failed.connect(told.append)
    rig.server.error = ClipError("Frame 3 is damaged.")
    for value in (1.0, 2.0, 3.0):
        with rig.qtbot.waitSignal(rig.worker.failed, timeout=5000):
            rig.set_blur(value)
    assert len(told) == 1


def test_a_clip_that_cannot_be_opened_is_told(qtbot: QtBot) -> None:
    def fail(path: Path) -> FakeFrameServer:
        raise ClipError("no")

    session = Session()
    worker = FrameWorker(fail)
    preview = PreviewController(session, worker)
    with qtbot.waitSignal(preview.failed, timeout=5000):
        session.open_document(Project(), None, CLIP, make_info())
    assert worker.stop(5)


def test_drafts_of_slow_pictures_get_smaller(rig: Rig) -> None:
    rig.open()
    first = rig.preview._draft_lines()
    request = RenderRequest(0, 0.5, 40.0, lines=first)
    rgb = np.zeros((first, 4, 3), np.uint8)
    rig.preview._on_rendered(rig.worker.epoch, 0, RenderedFrame(request, rgb, 0.2, 1080, True))
    assert rig.preview._draft_lines() < first


def test_the_cache_keeps_within_its_bytes() -> None:
    cache = PictureCache(limit_bytes=3 * 300)
    for n in range(10):
        request = RenderRequest(n, 0.5, 1.0)
        cache.put(RenderedFrame(request, np.zeros((10, 10, 3), np.uint8), 0.0, 10, True))
    kept = [n for n in range(10) if cache.get(RenderRequest(n, 0.5, 1.0)) is not None]
    assert kept == [7, 8, 9]


def test_jobs_can_wait_for_the_picture_under_way(rig: Rig) -> None:
    rig.open()
    assert rig.worker._calm.wait(5)
    rig.server.began.clear()
    rig.server.gate.clear()
    rig.set_blur(7.0)
    assert rig.server.began.wait(5)
    assert not rig.worker._calm.is_set()
    rig.server.gate.set()
    rig.wait_final()
    assert rig.worker._calm.wait(5)


def test_histogram_comes_when_the_depth_does(rig: Rig) -> None:
    depth = FakeDisparity(0)
    rig.open(depth)
    told: list[object] = []
    rig.preview.histogram_changed.connect(told.append)
    with rig.qtbot.waitSignal(rig.worker.counted, timeout=5000):
        rig.worker.post_histogram(0)
    assert told[-1] is None
    depth.ready_frames = 48
    rig.preview.set_view("source")  # a picture that does not wait for depth
    rig.wait_final()
    rig.qtbot.waitUntil(lambda: told[-1] is not None, timeout=5000)
    rig.preview.histogram = None
    with rig.qtbot.waitSignal(rig.worker.counted, timeout=5000):
        rig.preview.depth_filled()
    assert rig.preview.histogram is not None

"""Progress, cancel, and stages on threads."""

import threading

import pytest

from vbr_core import jobs
from vbr_core.errors import InputError, VbrError
from vbr_core.jobs import Cancelled, JobContext
from vbr_core.stages import QUEUE_FRAMES, ReadAhead, WriteBehind


def test_progress_tells_rate_and_time_left(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    seen = []
    ctx = JobContext(seen.append)
    for done in range(5):
        ctx.step(done, 10, "Rendering")
        now[0] += 0.5
    assert seen[0].remaining_seconds is None
    assert seen[-1].per_second == pytest.approx(2.0)
    assert seen[-1].remaining_seconds == pytest.approx(3.0)
    assert seen[-1].fraction == pytest.approx(0.4)


def test_rate_and_time_left_go_by_the_work_that_is_done(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    seen = []
    ctx = JobContext(seen.append)
    for taken in range(6):
        ctx.step(max(0, taken - 4), 10, "Rendering", worked=0.5 * taken + 0.5 * max(0, taken - 4))
        now[0] += 1.0
    assert [each.done for each in seen] == [0, 0, 0, 0, 0, 1]
    assert seen[1].per_second == pytest.approx(0.5)
    assert seen[1].remaining_seconds == pytest.approx(19.0)
    assert seen[-1].fraction == pytest.approx(0.3)
    assert seen[-1].elapsed_seconds == pytest.approx(5.0)


def test_parts_of_a_job_make_one_fraction():
    seen = []
    ctx = JobContext(seen.append)
    with ctx.part(0.0, 0.4):
        ctx.step(5, 10, "Depth")
        with ctx.part(0.5, 1.0):
            ctx.step(10, 10, "Depth")
    with ctx.part(0.4, 1.0):
        ctx.step(5, 10, "Rendering")
    assert [round(progress.fraction, 3) for progress in seen] == [0.2, 0.4, 0.7]


def test_cancel_is_raised_at_the_next_step():
    ctx = JobContext()
    ctx.step(0, 2, "Rendering")
    ctx.token.cancel()
    with pytest.raises(Cancelled):
        ctx.step(1, 2, "Rendering")


def test_errors_have_a_sentence_and_a_hint():
    error = InputError("K is -1.", "Give 0 or more.")
    assert isinstance(error, VbrError)
    assert str(error) == "K is -1. Give 0 or more."
    assert str(VbrError("Only this.")) == "Only this."


def test_read_ahead_is_bounded_and_in_order():
    made, may_go = [], threading.Event()

    def items():
        for number in range(20):
            made.append(number)
            yield number

    with ReadAhead(items) as stream:
        iterator = iter(stream)
        assert next(iterator) == 0
        may_go.wait(0.2)
        assert len(made) <= QUEUE_FRAMES + 3
        assert list(iterator) == list(range(1, 20))


def test_read_ahead_raises_the_error_at_the_reader_and_stops_early():
    def items():
        yield 1
        raise InputError("broken")

    with ReadAhead(items) as stream, pytest.raises(InputError, match="broken"):
        list(stream)
    closed = threading.Event()

    def endless():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    with ReadAhead(endless) as stream:
        next(iter(stream))
    assert threading.active_count() >= 1
    assert closed.wait(5)


def test_write_behind_writes_all_and_raises_what_failed():
    done = []
    with WriteBehind(done.append) as writer:
        for number in range(10):
            writer.put(number)
    assert done == list(range(10))

    def fail(_):
        raise InputError("disk")

    def write_many():
        with WriteBehind(fail) as writer:
            for number in range(50):
                writer.put(number)

    with pytest.raises(InputError, match="disk"):
        write_many()


def test_write_behind_drops_what_waits_when_the_body_fails():
    started, go, done = threading.Event(), threading.Event(), []

    def slow(item):
        started.set()
        go.wait(5)
        done.append(item)

    def body():
        with WriteBehind(slow) as writer:
            for number in range(3):
                writer.put(number)
            started.wait(5)
            threading.Timer(0.05, go.set).start()
            raise InputError("stop")

    with pytest.raises(InputError, match="stop"):
        body()
    assert len(done) == 1

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from app.job_runner import Job, JobRunner
from vbr_core.errors import ClipError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from vbr_core.jobs import JobContext


def run(qtbot: QtBot, function: Callable[[JobContext], object], during: Callable[[Job], object] | None = None) -> list:
    """Everything that a job said, in order."""
    runner = JobRunner()
    said: list[tuple[str, object]] = []
    threads: set[threading.Thread] = set()

    def note(name: str) -> Callable[..., None]:
        def slot(*values: object) -> None:
            threads.add(threading.current_thread())
            said.append((name, values[0] if values else None))

        return slot

    job = runner.start("test", function)
    for name in ("progressed", "finished", "failed", "cancelled", "ended"):
        getattr(job, name).connect(note(name))
    with qtbot.waitSignal(runner.idle, timeout=10_000):
        if during is not None:
            during(job)
    assert threads == {threading.main_thread()}
    assert runner.wait_all(5)
    return said


def test_result_arrives_once_in_the_gui_thread(qtbot: QtBot) -> None:
    assert run(qtbot, lambda ctx: 42) == [("finished", 42), ("ended", None)]


def test_runs_on_another_thread(qtbot: QtBot) -> None:
    (_, thread), _ = run(qtbot, lambda ctx: threading.current_thread())
    assert thread is not threading.main_thread()


def test_a_failure_at_once_is_not_lost(qtbot: QtBot) -> None:
    error = ClipError("no")

    def fail(ctx: JobContext) -> None:
        raise error

    assert run(qtbot, fail) == [("failed", error), ("ended", None)]


@pytest.mark.expect_logs
@pytest.mark.parametrize("kind", [RuntimeError, MemoryError, ValueError])
def test_unexpected_errors_fail_the_job_too(qtbot: QtBot, kind: type[Exception]) -> None:
    def fail(ctx: JobContext) -> None:
        raise kind("boom")

    said = run(qtbot, fail)
    assert [name for name, _ in said] == ["failed", "ended"]


def test_cancel_while_running(qtbot: QtBot) -> None:
    def work(ctx: JobContext) -> None:
        for n in range(100_000_000):
            ctx.step(n, 100_000_000, "Working")

    said = run(qtbot, work, lambda job: job.progressed.connect(lambda _progress: job.cancel()))
    assert [name for name, _ in said if name != "progressed"] == ["cancelled", "ended"]


def test_cancel_before_it_began_runs_nothing(qtbot: QtBot) -> None:
    ran: list[int] = []
    said = run(qtbot, lambda ctx: ran.append(1), lambda job: job.cancel())
    assert said == [("cancelled", None), ("ended", None)]
    assert ran == []


def test_progress_is_limited(qtbot: QtBot) -> None:
    def work(ctx: JobContext) -> None:
        for n in range(20_000):
            ctx.step(n, 20_000, "Working")

    said = run(qtbot, work)
    assert 1 <= sum(name == "progressed" for name, _ in said) < 300


def test_jobs_are_known_until_they_end(qtbot: QtBot) -> None:
    runner = JobRunner()
    gate = threading.Event()
    started: list[Job] = []
    runner.job_started.connect(started.append)
    job = runner.start("one", lambda ctx: gate.wait(10))
    assert runner.jobs == (job,)
    assert started == [job]
    with qtbot.waitSignal(runner.idle, timeout=10_000):
        gate.set()
    assert runner.jobs == ()


def test_jobs_are_courteous_between_steps(qtbot: QtBot) -> None:
    runner = JobRunner()
    threads: list[str] = []
    runner.courtesy = lambda: threads.append(threading.current_thread().name)

    def work(ctx: JobContext) -> None:
        for n in range(3):
            ctx.step(n, 3, "Working")

    with qtbot.waitSignal(runner.idle, timeout=10_000):
        runner.start("polite", work)
    assert threads == ["job: polite"] * 3

"""Downloads from servers that behave badly."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.helpers.bad_server import Answer, Server, running_server
from vbr_core.depth.download import Fetched, Patience, Wanted, download
from vbr_core.errors import ModelError
from vbr_core.jobs import Cancelled, JobContext, Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = os.urandom(1 << 20) + b"the end"
OTHER = os.urandom(len(BODY))
HALF = len(BODY) // 2
PATIENT = Patience(stall_seconds=60.0, waits_seconds=(0.0, 0.0))
SHORT = Patience(stall_seconds=0.3, waits_seconds=(0.0, 0.0, 0.0))
"""For servers that stall. A busy machine may look like one, so nothing is counted where this is used."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with running_server() as server:
        yield server


def wanted(server: Server, *paths: str, sha256: str | None = hashlib.sha256(BODY).hexdigest(), exact=True) -> Wanted:
    return Wanted("weights.pt", tuple(server.url + path for path in paths or ("/a",)), len(BODY), exact, sha256)


def fetch(what: Wanted, part: Path, ctx: JobContext | None = None, patience: Patience = PATIENT) -> Fetched:
    return download(what, part, ctx or JobContext(), patience)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "weights.pt.part"


def test_a_good_server(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(body=BODY)]
    seen: list[Progress] = []
    fetched = fetch(wanted(server), part, JobContext(seen.append))
    assert part.read_bytes() == BODY
    assert fetched == Fetched(server.url + "/a", hashlib.sha256(BODY).hexdigest(), len(BODY))
    assert {progress.phase for progress in seen} == {"Downloading", "Checking"}
    assert all(progress.unit == "bytes" and progress.total == len(BODY) for progress in seen)
    assert seen[-1].fraction == 1.0


def test_a_cut_transfer_goes_on_where_it_stopped(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(body=BODY, cut_after=HALF), Answer(body=BODY)]
    fetch(wanted(server), part)
    assert part.read_bytes() == BODY
    assert server.asked == [("/a", None), ("/a", f"bytes={HALF}-")]


def test_a_stalled_transfer_is_broken_off_and_goes_on(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(body=BODY, stall_after=HALF), Answer(body=BODY)]
    fetch(wanted(server), part, patience=SHORT)
    assert part.read_bytes() == BODY
    assert ("/a", f"bytes={HALF}-") in server.asked


def test_what_an_earlier_run_left_is_continued_also_at_a_mirror(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(body=BODY, cut_after=HALF, ranges=False)]
    with pytest.raises(ModelError, match=r"the transfer was cut off after 0\.5 of 1\.0 MB"):
        fetch(wanted(server), part)
    assert part.read_bytes() == BODY[:HALF]
    had = HALF
    server.asked.clear()
    server.routes["/b"] = [Answer(body=BODY)]
    fetch(wanted(server, "/gone", "/b"), part)
    assert part.read_bytes() == BODY
    assert server.asked == [("/gone", f"bytes={had}-"), ("/b", f"bytes={had}-")]


def test_a_server_that_ignores_ranges_sends_all_of_it_again(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(body=BODY, cut_after=HALF), Answer(body=BODY, ranges=False)]
    fetch(wanted(server), part)
    assert part.read_bytes() == BODY


def test_a_file_that_changed_meanwhile_is_fetched_from_the_beginning(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(body=OTHER, cut_after=HALF), Answer(body=BODY, etag='"two"')]
    fetch(wanted(server, sha256=None), part)
    assert part.read_bytes() == BODY


def test_a_beginning_of_another_file_is_found_by_the_hash_and_replaced(server: Server, part: Path) -> None:
    part.write_bytes(OTHER[:HALF])
    server.routes["/a"] = [Answer(body=BODY)]
    fetch(wanted(server), part)
    assert part.read_bytes() == BODY
    assert [what for _, what in server.asked] == [f"bytes={HALF}-", None]


def test_without_hash_and_version_nothing_is_continued(server: Server, part: Path) -> None:
    part.write_bytes(OTHER[:HALF])
    server.routes["/a"] = [Answer(body=BODY)]
    fetch(wanted(server, sha256=None), part)
    assert part.read_bytes() == BODY
    assert server.asked == [("/a", None)]


def test_a_complete_part_is_only_checked(server: Server, part: Path) -> None:
    part.write_bytes(BODY)
    fetch(wanted(server), part)
    assert server.asked == []


def test_a_complete_part_of_unknown_length_is_recognised(server: Server, part: Path) -> None:
    part.write_bytes(BODY)
    server.routes["/a"] = [Answer(body=BODY)]
    fetch(wanted(server, exact=False), part)
    assert part.read_bytes() == BODY
    assert len(server.asked) == 1


REFUSALS = {
    "the file is not there any more (404)": [],
    "access is refused (403)": [Answer(status=403)],
    "offers 1,000 bytes where the file has 1,048,583": [Answer(body=BODY[:1000])],
    "offers 9,999,999 bytes where the file has 1,048,583": [Answer(body=BODY, length=9_999_999)],
    "gives another file (SHA-256": [Answer(body=OTHER)],
    "gives a web page instead of the file": [
        Answer(body=b"<html>Log in</html>", headers={"Content-Type": "text/html; charset=utf-8"})
    ],
    "sends more than the 1,048,583 bytes of the file": [Answer(body=BODY + b"x", length=0)],
    "the server is in trouble (503)": [Answer(status=503)],
    "the transfer was cut off after": [Answer(body=BODY, cut_after=100, ranges=False)],
    "no data came for 0.3 seconds or no answer came in time": [Answer(body=BODY, stall_after=0, ranges=False)],
    "in a packed form": [Answer(body=BODY, headers={"Content-Encoding": "gzip"})],
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_bad_address_is_named_with_its_reason_and_the_mirror_serves(server: Server, part: Path, reason: str) -> None:
    server.routes["/a"] = REFUSALS[reason]
    patience = SHORT if "no data" in reason else PATIENT
    with pytest.raises(ModelError) as caught:
        download(wanted(server), part, JobContext(), patience, lambda: "Import it.")
    assert caught.value.message.startswith("'weights.pt' could not be downloaded: 127.0.0.1:")
    assert any(each in caught.value.message for each in reason.split(" or "))  # a busy machine may see the latter
    assert caught.value.hint == "Import it."
    server.routes["/b"] = [Answer(body=BODY)]
    fetch(wanted(server, "/a", "/b"), part, patience=patience)
    assert part.read_bytes() == BODY


def test_a_web_page_that_calls_itself_a_file(server: Server, part: Path) -> None:
    page = b"<!DOCTYPE html>".ljust(len(BODY))
    server.routes["/a"] = [Answer(body=page)]
    with pytest.raises(ModelError, match="web page"):
        fetch(wanted(server, sha256=None), part)


def test_trouble_that_passes_is_waited_for(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(status=503), Answer(status=429), Answer(body=BODY)]
    seen: list[Progress] = []
    fetch(wanted(server), part, JobContext(seen.append))
    assert part.read_bytes() == BODY
    assert len(server.asked) == 3


def test_redirects_are_followed(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(status=302, headers={"Location": "/b"})]
    server.routes["/b"] = [Answer(body=BODY)]
    fetch(wanted(server), part)
    assert part.read_bytes() == BODY


def test_a_circle_of_redirects_ends(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(status=302, headers={"Location": "/a"})]
    with pytest.raises(ModelError, match=r"unexpected answer \(302\)"):
        fetch(wanted(server), part)


def test_nobody_listens(part: Path, server: Server) -> None:
    with running_server() as gone:
        pass
    with pytest.raises(ModelError, match="the connection was refused"):
        fetch(wanted(gone), part)


def test_the_proxy_of_the_environment_is_asked(server: Server, part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    address = "http://models.example/weights.pt"
    server.routes[address] = [Answer(body=BODY)]
    fetch(Wanted("weights.pt", (address,), len(BODY), True, hashlib.sha256(BODY).hexdigest()), part)
    assert part.read_bytes() == BODY
    assert server.asked == [(address, None)]


def test_cancelling_a_stalled_transfer_is_quick_and_keeps_what_came(server: Server, part: Path) -> None:
    server.routes["/a"] = [Answer(body=BODY, stall_after=HALF)]
    ctx = JobContext()
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(download(wanted(server), part, ctx, Patience(stall_seconds=60.0)))
        except Cancelled:
            outcome.append("cancelled")

    thread = threading.Thread(target=run)
    thread.start()
    assert server.stalled.wait(10)
    ctx.token.cancel()
    thread.join(10)
    assert outcome == ["cancelled"]
    server.routes["/a"] = [Answer(body=BODY)]
    fetch(wanted(server), part)
    assert part.read_bytes() == BODY


def test_a_disk_without_room_is_said_before_anything_is_written(
    server: Server, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.routes["/a"] = [Answer(body=BODY)]
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    with pytest.raises(ModelError, match=r"needs 1 MB more, and the disk of .* has 1 MB free"):
        fetch(wanted(server), part)
    assert not part.exists()


def test_a_disk_that_fills_up_keeps_what_came(server: Server, part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.routes["/a"] = [Answer(body=BODY, cut_after=HALF), Answer(body=BODY)]
    real = os.fsync

    def full(descriptor: int) -> None:
        real(descriptor)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match="the disk is full") as caught:
        fetch(wanted(server), part)
    assert "what arrived is kept" in caught.value.hint
    monkeypatch.setattr(os, "fsync", real)
    assert part.read_bytes() == BODY[: part.stat().st_size]
    server.routes["/a"] = [Answer(body=BODY)]
    fetch(wanted(server), part)
    assert part.read_bytes() == BODY

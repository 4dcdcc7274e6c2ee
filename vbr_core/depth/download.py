"""Fetches one file over HTTP: with progress, resume, retry, mirrors, cancel; whole and checked, or not at all.

Why not pooch, which the house style names: it neither resumes nor notices a transfer that trickles, waits in its read
when it is cancelled, and knows one address a file; those are what people complain about. ``urllib`` honours the proxy
variables (``HTTPS_PROXY``, ``NO_PROXY``) and needs no further package.

The bytes come on a thread of their own, so that a dead connection, a dead name server or a dead proxy never keeps the
caller from cancelling; the thread ends by its own time limit.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import importlib
import json
import os
import queue
import shutil
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vbr_core import __version__
from vbr_core.depth.registry import file_sha256
from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from pathlib import Path

    from vbr_core.jobs import JobContext

PIECE_BYTES = 1 << 18
SPARE_BYTES = 32 << 20
"""Room that must stay free on the disk."""
TRICKLE_BYTES = 1024
"""A transfer that brings less than this in ``Patience.stall_seconds`` counts as stalled."""
GOOD_START_BYTES = 1 << 20
"""An attempt that brought at least this much does not count as a failed one, however it ended."""
TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
LONGEST_WAIT_SECONDS = 60.0
PHASE = "Downloading"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The file to fetch.

    Attributes:
        file: What to call it in messages.
        urls: Where it can be had; the next one is tried when one fails for good.
        size_bytes: Its length; 0 if not known.
        size_exact: Whether that is to the byte.
        sha256: Its hash, lower case; None if not known.
    """

    file: str
    urls: tuple[str, ...]
    size_bytes: int
    size_exact: bool
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to bear with a server.

    Attributes:
        stall_seconds: A transfer that brings (nearly) nothing for so long is broken off and tried again.
        waits_seconds: Before each further try; their number is the number of further tries at one address.
    """

    stall_seconds: float = 30.0
    waits_seconds: tuple[float, ...] = (1.0, 3.0, 9.0)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: the address, the hash and the length of the file."""

    url: str
    sha256: str
    size_bytes: int


class _Refused(Exception):
    """This address will not give the file, however often it is asked."""


class _Broken(Exception):
    """It did not work this time."""

    def __init__(self, reason: str, wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


def download(
    wanted: Wanted, part: Path, ctx: JobContext, patience: Patience | None = None, hint: Callable[[], str] = str
) -> Fetched:
    """Fetch a file into ``part``, which is whole and has the right hash when this returns.

    What is already in ``part`` is continued where the server can do that and it is the same file still; beside it lies
    ``<part>.json`` with what is needed for that. Both stay when the transfer is cancelled or fails, unless what came
    is the wrong file.

    Raises:
        ModelError: No address gave the file, or the disk has no room. What ``hint`` says then goes with it.
        Cancelled: By the context.
    """
    patience = patience or Patience()
    problems: dict[str, str] = {}
    for url in wanted.urls:
        try:
            return _Transfer(wanted, url, part, ctx, patience).run()
        except _Refused as error:
            problems[f"{_host(url)}: {error}"] = url
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            what = "the disk is full" if full else f"'{part.parent}' cannot be written ({error.strerror or error})"
            raise ModelError(
                f"'{wanted.file}' could not be stored: {what}.",
                "Free some room and try again; what arrived is kept." if full else "Choose another folder.",
            ) from error
    reasons = "; ".join(problems) or "no address is known"
    raise ModelError(f"'{wanted.file}' could not be downloaded: {reasons}.", hint())


class _Transfer:
    """One file from one address."""

    def __init__(self, wanted: Wanted, url: str, part: Path, ctx: JobContext, patience: Patience) -> None:
        self.wanted, self.url, self.part, self.ctx, self.patience = wanted, url, part, ctx, patience
        self.meta_path = part.with_name(f"{part.name}.json")
        self.total = wanted.size_bytes

    def run(self) -> Fetched:
        started_anew = not self._have()
        failures = 0
        while True:
            before = self._have()
            try:
                self._attempt()
                found = file_sha256(self.part, self.ctx)
                if self.wanted.sha256 in (None, found):
                    return Fetched(self.url, found, self._have())
                self._drop()
                if started_anew:
                    raise _Refused(f"gives another file (SHA-256 {found[:12]}…, expected {self.wanted.sha256[:12]}…)")
                started_anew = True  # the beginning may have been of another version: once more, all of it
            except _Broken as error:
                failures = 1 if self._have() - before >= GOOD_START_BYTES else failures + 1
                if failures > len(self.patience.waits_seconds):
                    raise _Refused(str(error)) from error
                self._wait(max(error.wait_seconds, self.patience.waits_seconds[failures - 1]))

    # --- one attempt ------------------------------------------------------------------------------------------------

    def _attempt(self) -> None:
        """Bring ``part`` to its full length, or raise."""
        exact = self.wanted.size_bytes if self.wanted.size_exact else 0
        if exact and self._have() == exact:
            return
        if exact and self._have() > exact:
            self._drop()
        offset, headers = self._where_to_go_on()
        stream = _Stream(self.url, headers, self.patience.stall_seconds, self.wanted.sha256 is not None)
        try:
            status, head = self._receive(stream, offset)
            if status == 416:
                if _range_total(head) == offset:
                    return
                self._drop()
                raise _Broken("cannot go on from where the transfer stopped")
            offset = self._check_head(status, head, offset)
            self._take(stream, offset)
        finally:
            stream.abandon()

    def _where_to_go_on(self) -> tuple[int, dict[str, str]]:
        """From which byte, and the headers that ask for it. The beginning, if that is not sure to be the same file."""
        headers = {"User-Agent": f"VBR-Studio/{__version__}", "Accept-Encoding": "identity", "Accept": "*/*"}
        have = self._have()
        meta = self._read_meta()
        validator = meta.get("validator") if meta.get("url") == self.url else None
        if not have or (validator is None and self.wanted.sha256 is None):
            return 0, headers
        headers["Range"] = f"bytes={have}-"
        if validator is not None:
            headers["If-Range"] = str(validator)
        return have, headers

    def _receive(self, stream: _Stream, offset: int) -> tuple[int, Message]:
        """The answer's status and headers."""
        answer = self._next(stream, offset)
        assert isinstance(answer, tuple)
        return answer

    def _check_head(self, status: int, head: Message, offset: int) -> int:
        """Look at the answer before anything is stored. Returns the byte at which it begins."""
        if status == 404:
            raise _Refused("the file is not there any more (404)")
        if status in (401, 403, 407, 451):
            raise _Refused(f"access is refused ({status})")
        if status in TEMPORARY:
            raise _Broken(f"the server is in trouble ({status})", _retry_after(head))
        if status not in (200, 206):
            raise _Refused(f"unexpected answer ({status})")
        if head.get_content_type() in ("text/html", "application/xhtml+xml"):
            raise _Refused("gives a web page instead of the file")
        if head.get("Content-Encoding", "identity").lower() != "identity":
            raise _Refused("sends the file in a packed form that was not asked for")
        length = _number(head.get("Content-Length"))
        if status == 206:
            if _range_start(head) != offset:
                self._drop()
                raise _Broken("sends another part of the file than was asked for")
            total = _range_total(head)
        else:
            offset, total = 0, length
        self._check_total(total)
        self.total = total or self.wanted.size_bytes
        self._check_room(self.total - offset)
        if offset == 0:
            self._drop()
            self._write_meta(head)
        return offset

    def _check_total(self, total: int | None) -> None:
        size = self.wanted.size_bytes
        if total is None or not size:
            return
        if self.wanted.size_exact and total != size:
            raise _Refused(f"offers {total:,} bytes where the file has {size:,}")
        if not size / 2 < total < size * 2:
            raise _Refused(f"offers {total / 1e6:.0f} MB where the file has about {size / 1e6:.0f} MB")

    def _check_room(self, needed: int) -> None:
        free = shutil.disk_usage(self.part.parent).free
        if free < needed + SPARE_BYTES:
            raise ModelError(
                f"'{self.wanted.file}' needs {needed / 1e6:.0f} MB more, and the disk of '{self.part.parent}' has "
                f"{free / 1e6:.0f} MB free.",
                "Free some room, or set VBR_MODELS_DIR to a folder on another disk.",
            )

    def _take(self, stream: _Stream, offset: int) -> None:
        """Store what comes from ``offset`` on."""
        limit = self.total if self.wanted.size_exact else 2 * self.total
        with self.part.open("r+b" if offset else "wb") as file:
            file.seek(offset)
            try:
                while (piece := self._next(stream, offset)) is not None:
                    assert isinstance(piece, bytes)
                    if offset == 0:
                        _check_start(piece)
                    if limit and offset + len(piece) > limit:
                        offset = 0
                        raise _Refused(f"sends more than the {limit:,} bytes of the file")
                    file.write(piece)
                    offset += len(piece)
            finally:
                file.truncate(offset)  # whatever happened, the length says how much is good
                file.flush()
            os.fsync(file.fileno())
        known = self.total if self.wanted.size_exact or stream.announced else 0
        if offset < known:
            raise _Broken(f"the transfer was cut off after {offset / 1e6:.1f} of {known / 1e6:.1f} MB")

    def _next(self, stream: _Stream, done: int) -> tuple[int, Message] | bytes | None:
        """What comes next: the head first, then pieces, None at the end. The wait can be cancelled."""
        while True:
            self.ctx.step(done, max(self.total, done), PHASE, "bytes")
            try:
                item = stream.items.get(timeout=0.1)
            except queue.Empty:
                item = b""
            stream.count(len(item) if isinstance(item, bytes) else TRICKLE_BYTES)
            if isinstance(item, Exception):
                raise _explained(item) from item
            if item != b"":
                return item

    # --- small things -----------------------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        phase = f"Waiting to try {_host(self.url)} again"
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.ctx.step(self._have(), max(self.total, self._have()), phase, "bytes")
            time.sleep(min(0.1, left))

    def _have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _drop(self) -> None:
        self.part.unlink(missing_ok=True)
        self.meta_path.unlink(missing_ok=True)

    def _read_meta(self) -> dict[str, Any]:
        try:
            meta = json.loads(self.meta_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return meta if isinstance(meta, dict) else {}

    def _write_meta(self, head: Message) -> None:
        etag = head.get("ETag")
        validator = etag if etag and not etag.startswith("W/") else head.get("Last-Modified")
        self.meta_path.write_text(json.dumps({"url": self.url, "validator": validator}), encoding="utf-8")


class _Stream:
    """The answer to one request, brought by a thread: (status, headers), then pieces, then None; or an exception."""

    def __init__(self, url: str, headers: dict[str, str], stall_seconds: float, may_lose_tls: bool) -> None:
        self.items: queue.Queue[tuple[int, Message] | bytes | Exception | None] = queue.Queue(8)
        self.announced = False
        """Whether the server said how long the file is."""
        self._stop = threading.Event()
        self._stall_seconds = stall_seconds
        self._window_start = time.monotonic()
        self._window_bytes = 0
        request = urllib.request.Request(url, headers=headers)
        opener = urllib.request.build_opener(_Redirects(may_lose_tls), urllib.request.HTTPSHandler(context=_trust()))
        threading.Thread(target=self._pump, args=(opener, request), name="download", daemon=True).start()

    def _pump(self, opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> None:
        try:
            try:
                # twice as long as the caller waits, so that the caller's word on it is the one that is heard
                response = opener.open(request, timeout=2 * self._stall_seconds)
            except urllib.error.HTTPError as error:
                with error:
                    self._put((error.code, error.headers))
                return
            with response:
                self.announced = response.headers.get("Content-Length") is not None
                self._put((response.status, response.headers))
                while not self._stop.is_set() and (piece := response.read1(PIECE_BYTES)):
                    self._put(piece)
            self._put(None)
        except Exception as error:  # noqa: BLE001 - handed to the caller, who sorts it
            self._put(error)

    def _put(self, item: tuple[int, Message] | bytes | Exception | None) -> None:
        while not self._stop.is_set():
            try:
                self.items.put(item, timeout=0.2)
            except queue.Full:
                continue
            return

    def count(self, received: int) -> None:
        """Note that so many bytes came; raise if that is too little for too long."""
        now = time.monotonic()
        self._window_bytes += received
        if now - self._window_start >= self._stall_seconds:
            if self._window_bytes < TRICKLE_BYTES:
                raise _Broken(f"no data came for {self._stall_seconds:g} seconds")
            self._window_start, self._window_bytes = now, 0

    def abandon(self) -> None:
        """Nobody listens any more; the thread ends at its next piece or its time limit."""
        self._stop.set()


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects; from https to plain http only where a hash will tell whether it is the right file."""

    def __init__(self, may_lose_tls: bool) -> None:
        self._may_lose_tls = may_lose_tls

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme != "https" and req.type == "https" and not self._may_lose_tls:
            raise _Refused("leads from a secure to an insecure address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _trust() -> ssl.SSLContext:
    """Whom to believe: the system, or, where Python finds no list of authorities (frozen programs), certifi's list."""
    context = ssl.create_default_context()
    places = ssl.get_default_verify_paths()
    if sys.platform != "win32" and not (places.cafile or places.capath):
        with contextlib.suppress(ImportError):
            certifi: Any = importlib.import_module("certifi")
            context.load_verify_locations(certifi.where())
    return context


def _host(url: str) -> str:
    """The machine of an address, without names and passwords that may stand in it."""
    return urlsplit(url).netloc.rpartition("@")[2] or url


def _explained(error: Exception) -> Exception:
    """What an exception of the transfer means."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, (_Refused, _Broken)):
        return reason
    if isinstance(reason, ssl.SSLCertVerificationError):
        return _Refused("its certificate is not trusted (SSL_CERT_FILE names another list of authorities)")
    if isinstance(reason, TimeoutError):
        return _Broken("no answer came in time")
    if isinstance(reason, http.client.IncompleteRead):
        return _Broken("the transfer was cut off")
    if isinstance(reason, ConnectionRefusedError):
        return _Broken("the connection was refused")
    if isinstance(reason, OSError) and "Tunnel connection failed" in str(reason):
        return _Refused(f"the proxy does not let it through ({str(reason).rpartition('failed: ')[2]})")
    if isinstance(reason, ConnectionError):
        return _Broken("the connection was cut off")
    if isinstance(reason, OSError):
        return _Broken("cannot be reached")
    if isinstance(reason, http.client.HTTPException):
        return _Broken("the answer makes no sense")
    if isinstance(reason, ValueError):  # an address that is none
        return _Refused("is not an address that can be asked")
    return error


def _check_start(piece: bytes) -> None:
    """A page or a pointer where weights should be is told by its first bytes.

    Raises:
        _Refused: It is one.
    """
    start = piece[:64].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise _Refused("gives a web page instead of the file")
    if start.startswith(b"version https://git-lfs"):
        raise _Refused("gives a pointer to the file instead of the file")


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() else None


def _range_start(head: Message) -> int | None:
    """``bytes 5-9/10`` -> 5."""
    return _number(head.get("Content-Range", "").removeprefix("bytes ").partition("-")[0])


def _range_total(head: Message) -> int | None:
    """``bytes 5-9/10`` -> 10; ``bytes */10`` -> 10."""
    return _number(head.get("Content-Range", "").rpartition("/")[2])


def _retry_after(head: Message) -> float:
    return min(LONGEST_WAIT_SECONDS, float(_number(head.get("Retry-After")) or 0))

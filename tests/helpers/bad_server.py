"""A local HTTP server whose every answer is scripted: it stalls, cuts off, lies about lengths, gives other files."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Answer:
    """How one request is answered.

    Attributes:
        status: 200 becomes 206 when the request asks for a range, unless ``ranges`` is off.
        body: The whole file.
        cut_after: Close the connection after so many bytes of the body.
        stall_after: Send nothing more after so many bytes, until the test ends.
        length: What Content-Length says; None for the truth, 0 for no such header.
        ranges: Whether ranges are served.
        etag: Version of the file; a range with another If-Range gets the whole file.
        headers: Further ones.
    """

    status: int = 200
    body: bytes = b""
    cut_after: int | None = None
    stall_after: int | None = None
    length: int | None = None
    ranges: bool = True
    etag: str = '"one"'
    headers: dict[str, str] = field(default_factory=dict)


class Server:
    """Answers the paths of ``routes``: one Answer a request, the last one for ever."""

    def __init__(self) -> None:
        self.routes: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, str | None]] = []
        """(path, Range header) of every request."""
        self.release = threading.Event()
        """Set at the end; stalled answers wait for it."""
        self.stalled = threading.Event()
        """Set when an answer has begun to stall."""
        self.url = ""

    def next_answer(self, path: str) -> Answer | None:
        answers = self.routes.get(path)
        if not answers:
            return None
        return answers.pop(0) if len(answers) > 1 else answers[0]


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            server.asked.append((self.path, wanted))
            answer = server.next_answer(self.path)
            if answer is None:
                self.send_error(404)
                return
            body, status, extra = answer.body, answer.status, {}
            same = self.headers.get("If-Range") in (None, answer.etag)
            if status == 200 and wanted and answer.ranges and same:
                first = int(wanted.removeprefix("bytes=").rstrip("-"))
                if first >= len(body):
                    status, extra, body = 416, {"Content-Range": f"bytes */{len(body)}"}, b""
                else:
                    status, extra = 206, {"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"}
                    body = body[first:]
            self.send_response(status)
            length = len(body) if answer.length is None else answer.length
            if length:
                self.send_header("Content-Length", str(length))
            self.send_header("ETag", answer.etag)
            for name, value in {**extra, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            stop = next((n for n in (answer.cut_after, answer.stall_after) if n is not None), len(body))
            try:
                self.wfile.write(body[:stop])
                self.wfile.flush()
                if answer.stall_after is not None:
                    server.stalled.set()
                    server.release.wait(30)
            except OSError:  # nobody listens any more
                pass
            self.close_connection = True

    return Handler


@contextmanager
def running_server() -> Iterator[Server]:
    """A server on a free port of this machine."""
    server = Server()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(server)) as listener:
        listener.daemon_threads = True
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{listener.server_address[1]}"
        try:
            yield server
        finally:
            server.release.set()
            listener.shutdown()
            thread.join()

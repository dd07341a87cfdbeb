"""A web server on this machine, with the habits, good and bad, of those outside."""

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

__all__ = ["Web", "serving"]


class Web(ThreadingHTTPServer):
    """Serves files of `root`.  etags: whether it tells them.  answers: replies to the next requests, by path."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, root: Path, *, etags: bool = True, ranges: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(root)))
        self.root = root
        self.etags = etags
        self.ranges = ranges
        self.allows: Callable[[str], str | None] | None = None  # Authorization -> challenge, None when it is right
        self.answers: dict[str, list[int]] = {}
        self.cut: dict[str, int] = {}  # path -> how often it breaks off half-way
        self.redirects: dict[str, str] = {}
        self.refuses_writes = False
        self.delay_s = 0.0
        self.most_at_once = 0
        self._at_once = 0
        self._counting = threading.Lock()
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is none of ours."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def counted(self) -> Iterator[None]:
        """One request, as long as it takes."""
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(self.delay_s)
        try:
            yield
        finally:
            with self._counting:
                self._at_once -= 1

    def write(self, path: str, body: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web
    extensions_map = {"": "application/octet-stream"}  # noqa: RUF012 - as its base has it

    def log_message(self, *_: object) -> None:
        self.server.requests.append((self.command, unquote(self.path)))
        self.server.headers.append(dict(self.headers))

    def translate_path(self, path: str) -> str:
        whole = f"{self.directory}/{unquote(path).lstrip('/')}"
        return whole if Path(whole).exists() else whole.partition("?")[0]

    def do_HEAD(self) -> None:
        if not self._intercepted():
            self._serve(body=False)

    def do_GET(self) -> None:
        with self.server.counted():
            if not self._intercepted():
                self._serve(body=True)

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if len(body) != int(self.headers["Content-Length"]):
                return
        if self.server.refuses_writes:
            self._empty(405)
        elif not self._intercepted():
            self.server.write(unquote(self.path).lstrip("/"), body)
            self._empty(201)

    do_PUT = do_POST  # noqa: N815 - named by the protocol

    def _chunk(self) -> bytes:
        body = self.rfile.read(int(self.rfile.readline(), 16))
        self.rfile.readline()
        return body

    def do_DELETE(self) -> None:
        if self._intercepted():
            return
        file = Path(self.translate_path(self.path))
        self._empty(204 if file.is_file() else 404)
        file.unlink(missing_ok=True)

    def _intercepted(self) -> bool:
        path = unquote(self.path)
        if self.server.allows is not None:
            challenge = self.server.allows(self.headers.get("Authorization", ""))
            if challenge is not None:
                self._empty(401, {"WWW-Authenticate": challenge})
                return True
        if path in self.server.redirects:
            self._empty(302, {"Location": self.server.redirects[path]})
            return True
        if self.server.answers.get(path):
            self._empty(self.server.answers[path].pop(0))
            return True
        return False

    def _serve(self, *, body: bool) -> None:
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            self._empty(404)
            return
        content = file.read_bytes()
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        whole, start, asked = len(content), 0, re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        part = asked is not None and self.server.ranges and self.headers.get("If-Range", etag) == etag
        if asked and part:
            start, end = int(asked[1]), int(asked[2] or whole - 1)
            content = content[: end + 1]
        self.send_response(206 if part else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Last-Modified", self.date_time_string(int(file.stat().st_mtime)))
        if part:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{whole}")
        if self.server.etags:
            self.send_header("ETag", etag)
        self.end_headers()
        if not body:
            return
        path = unquote(self.path)
        if self.server.cut.get(path, 0):
            self.server.cut[path] -= 1
            self.wfile.write(content[start : start + (len(content) - start) // 2])
            self.close_connection = True
            return
        self.wfile.write(content[start:])

    def _empty(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()


@contextmanager
def serving(root: Path, **how: bool) -> Iterator[Web]:
    """A server until the end of the block."""
    root.mkdir(parents=True, exist_ok=True)
    web = Web(root, **how)
    thread = threading.Thread(target=web.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.shutdown()
        web.server_close()
        thread.join()

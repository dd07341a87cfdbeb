"""Files on a web server."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import BinaryIO
from urllib.parse import quote, unquote, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError, MaxRetryError, SSLError
from urllib3.response import BaseHTTPResponse

from tiffin.errors import ConfigError, TransferError, TransferInterrupted
from tiffin.fs._filesystem import Body, Info
from tiffin.fs._http_auth import Digest, Login, header_of

__all__ = ["Http"]

CHUNK = 1 << 18
PATIENCE_S = 60.0
BUSY = frozenset((408, 425, 429, 500, 502, 503, 504))
# Attempts are the caller's business; redirects are followed here, and drop credentials when the host changes.
MOST_REDIRECTS = 10


class Http:
    """Files below a URL, one connection a thread, kept open.

    options: of the remote (`auth`, `user`, `password`, `custom_auth_header`, `ssl_verify`, `method`,
    `connect_timeout`, `read_timeout`, `jobs`).  proxy: the URL of one, or None.  Raises ConfigError.
    """

    def __init__(self, base: str, options: Mapping[str, object] | None = None, *, proxy: str | None = None) -> None:
        options = options or {}
        self._base = base
        self._method = str(options.get("method") or "POST")
        jobs = options.get("jobs")
        self.jobs = jobs if isinstance(jobs, int) else 16
        login = _login(base, options)
        self._digest = Digest(login) if options.get("auth") == "digest" and login else None
        self._headers = {"Accept-Encoding": "identity", **header_of(login, options)}
        self._retries = urllib3.Retry(
            connect=0,
            read=0,
            status=0,
            other=0,
            redirect=MOST_REDIRECTS,
            remove_headers_on_redirect=[*urllib3.Retry.DEFAULT_REMOVE_HEADERS_ON_REDIRECT, *_secret(options)],
        )
        self._pool = _pool(options, proxy, self.jobs)

    def url(self, path: str) -> str:
        """The address; names are quoted."""
        return f"{self._base.rstrip('/')}/{quote(path)}" if path else self._base

    def info(self, path: str) -> Info:
        """Ask for the headers alone; of a server that does not do that, for the file, and hang up."""
        with self._request("HEAD", path) as answer:
            if answer.status not in (403, 405, 501):
                self._check(answer, path)
                return _info(path, self.url(path), answer)
        with self._request("GET", path) as answer:
            self._check(answer, path)
            return _info(path, self.url(path), answer)

    def list(self, prefix: str = "", *, recursive: bool = True) -> Iterator[Info]:  # noqa: ARG002 - no server can
        """Raise TransferError: there is no such request."""
        raise TransferError(
            f"cannot list {self.url(prefix)}: a web server does not tell what it has", hint="name a file on it"
        )

    @contextmanager
    def open(self, path: str, start: int = 0, *, etag: str | None = None) -> Iterator[Body]:
        """Read; a part only if the server can and the etag, a strong one, is still the same."""
        part = {"Range": f"bytes={start}-", "If-Range": etag} if start and etag and not etag.startswith("W/") else {}
        with self._request("GET", path, part) as answer:
            if part and answer.status == 416:
                raise TransferInterrupted(f"{self.url(path)} has another size than before")
            self._check(answer, path)
            begins = _first_byte(answer) if answer.status == 206 else 0
            # Of bytes that come packed nobody can ask for the rest: it would begin at another one.
            is_packed = bool(answer.headers.get("Content-Encoding"))
            yield Body(begins, self._chunks(path, answer), None if is_packed else answer.headers.get("ETag"))

    def put(self, path: str, source: BinaryIO, size: int) -> None:
        """Send the file in one request, as DVC does: POST unless `method` says otherwise."""
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        with self._request(self._method, path, headers, _Whole(source, size)) as answer:
            self._check(answer, path)

    def remove(self, paths: Sequence[str]) -> None:
        """Send DELETE for each."""
        for path in paths:
            with self._request("DELETE", path) as answer:
                if answer.status not in (404, 410):
                    self._check(answer, path)

    @contextmanager
    def _request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: "_Whole | None" = None
    ) -> Iterator[BaseHTTPResponse]:
        answer = self._send(method, path, headers, body)
        if answer.status == 401 and self._digest is not None and self._digest.learn(answer.headers):
            answer.drain_conn()
            if body is not None:
                body.rewind()
            answer = self._send(method, path, headers, body)
        try:
            yield answer
        finally:
            # An answer that was not read to its end cannot share its connection with the next one.
            answer.close() if answer.length_remaining else answer.drain_conn()
            answer.release_conn()

    def _send(self, method: str, path: str, extra: Mapping[str, str] | None, body: "_Whole | None") -> BaseHTTPResponse:
        url = self.url(path)
        headers = {**self._headers, **(extra or {})}
        if self._digest is not None:
            headers.update(self._digest.header(method, url))
        try:
            return self._pool.urlopen(
                method, url, body=body, headers=headers, retries=self._retries, preload_content=False
            )
        except LocationParseError as error:
            raise TransferError(f"{url} is no URL") from error
        except HTTPError as error:
            raise _failure(url, error) from error

    def _chunks(self, path: str, answer: BaseHTTPResponse) -> Iterator[bytes]:
        try:
            # Packed only where a server packs without being asked; the length is then that of the packed bytes.
            yield from answer.stream(CHUNK, decode_content=True)
        except HTTPError as error:
            raise TransferInterrupted(f"{self.url(path)} broke off: {_reason(error)}") from error

    def _check(self, answer: BaseHTTPResponse, path: str) -> None:
        status, url = answer.status, self.url(path)
        if status < 300:
            return
        if status in (404, 410):
            raise FileNotFoundError(url)
        what = f"{url}: the server answered {status} {answer.reason or ''}".rstrip()
        if status in BUSY:
            raise TransferInterrupted(what)
        hint = None
        if status in (401, 403):
            hint = "set `auth`, `user` and `password` of the remote with `tiffin remote modify --local`"
        raise TransferError(what, hint=hint)


class _Whole:
    """A body that ends the request when it is shorter than announced: the server would wait for the rest."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        self._source = source
        self._size = size
        self._left = size

    def rewind(self) -> None:
        self._source.seek(0)
        self._left = self._size

    def read(self, size: int) -> bytes:
        chunk = self._source.read(min(size, self._left))
        self._left -= len(chunk)
        if not chunk and self._left:
            raise TransferInterrupted(f"a file was {self._left} bytes shorter than before when it was sent")
        return chunk


def _pool(options: Mapping[str, object], proxy: str | None, jobs: int) -> urllib3.PoolManager:
    verify = options.get("ssl_verify")
    settings = {
        "num_pools": 4,
        "maxsize": jobs,
        "timeout": urllib3.Timeout(
            connect=_seconds(options.get("connect_timeout")), read=_seconds(options.get("read_timeout"))
        ),
        "cert_reqs": "CERT_NONE" if verify is False else "CERT_REQUIRED",
        "ca_certs": verify if isinstance(verify, str) else None,
    }
    if proxy:
        return urllib3.ProxyManager(proxy, **settings)  # type: ignore[arg-type]
    return urllib3.PoolManager(**settings)  # type: ignore[arg-type]


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and value else PATIENCE_S


def _login(base: str, options: Mapping[str, object]) -> Login | None:
    """User and password by the settings, or else by the URL."""
    parts = urlsplit(base)
    user, password = options.get("user") or parts.username, options.get("password") or parts.password
    if password is None and options.get("ask_password"):
        raise ConfigError(
            f"the password for {base} is not set, and it is not asked for here",
            hint="set it with `tiffin remote modify --local NAME password PASSWORD`",
        )
    if options.get("auth") in ("basic", "digest") and not (user and password):
        raise ConfigError(
            f"HTTP authentication '{options['auth']}' at {base} needs both 'user' and 'password'",
            hint="set them with `tiffin remote modify --local NAME OPTION VALUE`",
        )
    return Login(unquote(str(user)), unquote(str(password))) if user and password else None


def _secret(options: Mapping[str, object]) -> list[str]:
    name = options.get("custom_auth_header")
    return [str(name)] if name else []


def _failure(url: str, error: HTTPError) -> TransferError:
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, SSLError):
        return TransferError(
            f"{url}: {_reason(cause)}", hint="the setting `ssl_verify` of the remote names a bundle of certificates"
        )
    return TransferInterrupted(f"{url}: {_reason(cause)}")


def _reason(error: BaseException) -> str:
    """The last part of what urllib3 says, without its objects."""
    return re.sub(r"^.*?(?:HTTP\w+\([^)]*\)|object at 0x\w+>): ", "", str(error)).strip("()' ") or type(error).__name__


def _first_byte(answer: BaseHTTPResponse) -> int:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else 0


def _info(path: str, url: str, answer: BaseHTTPResponse) -> Info:
    headers = answer.headers
    packed = headers.get("Content-Encoding", "identity") not in ("identity", "")
    length = headers.get("Content-Length")
    size = int(length) if length and length.isdigit() and not packed else None
    modified = headers.get("Last-Modified")
    return Info(
        path,
        size,
        etag=headers.get("ETag"),
        checksum=headers.get("ETag") or headers.get("Content-MD5") or _token(url, size, answer),
        mtime_ns=_nanoseconds(modified) if modified else None,
    )


def _nanoseconds(date: str) -> int | None:
    try:
        return int(parsedate_to_datetime(date).timestamp()) * 1_000_000_000
    except ValueError:
        return None


# Where a server gives no ETag, DVC records a number: the MD5 of the Python text of what it knows of the file.
# token := decimal of the MD5 of "({" "'name': ", "'size': ", ["'mimetype': ",] ["'partial': False",] "'url': ",
#          ["'Digest': ",] ["'Last-Modified': ",] "'type': 'file'" "},)", as Python writes a dict
def _token(url: str, size: int | None, answer: BaseHTTPResponse) -> str:
    from hashlib import md5  # noqa: PLC0415 - few servers need it

    headers = answer.headers
    known: dict[str, object] = {"name": url, "size": size}
    if "Content-Type" in headers:
        known["mimetype"] = headers["Content-Type"].partition(";")[0]
    if headers.get("Accept-Ranges") == "none":
        known["partial"] = False
    known["url"] = urljoin(url, answer.geturl() or "")
    known.update({field: headers[field] for field in ("Digest", "Last-Modified") if headers.get(field)})
    known["type"] = "file"
    return str(int(md5(str((known,)).encode(), usedforsecurity=False).hexdigest(), 16))

"""Files in memory, and a wrapper that breaks any file system on purpose."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import md5
from typing import BinaryIO

from tiffin.errors import TransferInterrupted
from tiffin.fs.remote import Body, FileSystem, Info

__all__ = ["Flaky", "Memory"]

_CHUNK = 1000


class Memory:
    """Files by path, as a store that does everything: lists, reads parts, writes, removes.  Thread-safe."""

    jobs = 8

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        self._lock = threading.Lock()

    def url(self, path: str) -> str:
        """A name for messages."""
        return f"memory://{path}"

    def info(self, path: str) -> Info:
        """The etag is the MD5, as of many a store."""
        with self._lock:
            if path in self.files:
                return _info(path, self.files[path])
            if path == "" or any(name.startswith(f"{path}/") for name in self.files):
                return Info(path, is_dir=True)
        raise FileNotFoundError(self.url(path))

    def list(self, prefix: str = "", *, recursive: bool = True) -> Iterator[Info]:
        """Directories are what the names of files make them."""
        above = f"{prefix}/" if prefix else ""
        with self._lock:
            files = {name: body for name, body in self.files.items() if name.startswith(above)}
        if not files and prefix:
            raise FileNotFoundError(self.url(prefix))
        found: dict[str, Info] = {}
        for name, body in files.items():
            parts = name.removeprefix(above).split("/")
            for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
                directory = above + "/".join(parts[:depth])
                found[directory] = Info(directory, is_dir=True)
            if recursive or len(parts) == 1:
                found[name] = _info(name, body)
        yield from (found[name] for name in sorted(found, key=lambda name: name.split("/")))

    @contextmanager
    def open(self, path: str, start: int = 0, *, etag: str | None = None) -> Iterator[Body]:
        """Chunks of 1000 bytes."""
        with self._lock:
            if path not in self.files:
                raise FileNotFoundError(self.url(path))
            body = self.files[path]
        now = _info(path, body).etag
        begins = start if etag is None or etag == now else 0
        yield Body(begins, (body[at : at + _CHUNK] for at in range(begins, len(body), _CHUNK)), now)

    def put(self, path: str, source: BinaryIO, size: int) -> None:
        """Refuse a source that ends too soon."""
        body = source.read()
        if len(body) != size:
            raise TransferInterrupted(f"{self.url(path)}: {len(body)} bytes came instead of {size}")
        with self._lock:
            self.files[path] = body

    def remove(self, paths: Sequence[str]) -> None:
        """All at once."""
        with self._lock:
            for path in paths:
                self.files.pop(path, None)


class Flaky:
    """Another file system on a bad day.

    breaks: how often each file breaks off after its first chunk before it comes through; refuses: how often each
    request of another kind is answered with "busy".  cuts: files lose their second half without a word.
    """

    def __init__(self, inner: FileSystem, *, breaks: int = 0, refuses: int = 0, cuts: bool = False) -> None:
        self._inner = inner
        self._breaks = breaks
        self._refuses = refuses
        self._cuts = cuts
        self.opened: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.starts: list[int] = []

    @property
    def jobs(self) -> int:
        """As the inner one says."""
        return self._inner.jobs

    def url(self, path: str) -> str:
        """As the inner one says."""
        return self._inner.url(path)

    def info(self, path: str) -> Info:
        """Busy at first."""
        self._busy(f"info {path}")
        return self._inner.info(path)

    def list(self, prefix: str = "", *, recursive: bool = True) -> Iterator[Info]:
        """Never fails."""
        return self._inner.list(prefix, recursive=recursive)

    def open(self, path: str, start: int = 0, *, etag: str | None = None) -> AbstractContextManager[Body]:
        """Break off after the first chunk."""
        return self._broken(path, start, etag)

    def put(self, path: str, source: BinaryIO, size: int) -> None:
        """Busy at first."""
        self._busy(f"put {path}")
        self._inner.put(path, source, size)

    def remove(self, paths: Sequence[str]) -> None:
        """Busy at first."""
        self._busy(f"remove {paths[0]}")
        self._inner.remove(paths)

    @contextmanager
    def _broken(self, path: str, start: int, etag: str | None) -> Iterator[Body]:
        self.opened[path] += 1
        self.starts.append(start)
        with self._inner.open(path, start, etag=etag) as body:
            chunks = body.chunks
            if self._cuts:
                whole = b"".join(chunks)
                chunks = iter([whole[: len(whole) // 2]])
            elif self.opened[path] <= self._breaks:
                chunks = self._first(path, chunks)
            yield body._replace(chunks=chunks)

    def _first(self, path: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield next(chunks, b"")[:_CHUNK]
        raise TransferInterrupted(f"{self.url(path)} broke off")

    def _busy(self, request: str) -> None:
        self.asked[request] += 1
        if self.asked[request] <= self._refuses:
            raise TransferInterrupted(f"{request}: busy")


def _info(path: str, body: bytes) -> Info:
    return Info(path, len(body), etag=md5(body, usedforsecurity=False).hexdigest())

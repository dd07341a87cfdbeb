"""A local directory, seen as a place like any other."""

import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from tiffin.errors import TransferError
from tiffin.fs._filesystem import Body, Info
from tiffin.fs._local import remove_quietly

__all__ = ["Directory"]

CHUNK = 1 << 20


class Directory:
    """Files below a directory, which need not exist yet.  Links are followed."""

    jobs = 4

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/") or "/"

    def url(self, path: str) -> str:
        """The path on this machine."""
        return os.path.join(self.base, path) if path else self.base

    def info(self, path: str) -> Info:
        """Raise FileNotFoundError if nothing is there."""
        with self._explained(path):
            return _info(path, os.stat(self.url(path)))

    def list(self, prefix: str = "", *, recursive: bool = True) -> Iterator[Info]:
        """Sorted by name; a link that leads nowhere is left out."""
        with self._explained(prefix):
            names = sorted(os.listdir(self.url(prefix)))
        for name in names:
            path = f"{prefix}/{name}" if prefix else name
            try:
                found = self.info(path)
            except FileNotFoundError:
                continue
            yield found
            if found.is_dir and recursive and not os.path.islink(self.url(path)):
                yield from self.list(path)

    @contextmanager
    def open(self, path: str, start: int = 0, *, etag: str | None = None) -> Iterator[Body]:
        """Read; the etag is made of inode, size and time."""
        with self._explained(path), open(self.url(path), "rb") as file:
            now = _info(path, os.fstat(file.fileno())).etag
            start = start if etag is None or etag == now else 0
            file.seek(start)
            yield Body(start, iter(lambda: file.read(CHUNK), b""), now)

    def put(self, path: str, source: BinaryIO, size: int) -> None:
        """Write beside, sync, rename."""
        target = self.url(path)
        temporary = f"{os.path.dirname(target)}/.tiffin-{os.getpid()}-{threading.get_native_id()}.tmp"
        with self._explained(path):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            try:
                _write(temporary, source, size, target)
            finally:
                remove_quietly(temporary)

    def remove(self, paths: Sequence[str]) -> None:
        """One after the other."""
        for path in paths:
            with self._explained(path):
                remove_quietly(self.url(path))

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileNotFoundError(self.url(path)) from error
        except OSError as error:
            raise TransferError(f"cannot reach '{self.url(path)}': {error.strerror}") from error


def _info(path: str, status: os.stat_result) -> Info:
    return Info(
        path,
        status.st_size,
        stat.S_ISDIR(status.st_mode),
        bool(status.st_mode & stat.S_IXUSR) and not stat.S_ISDIR(status.st_mode),
        etag=f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}",
        mtime_ns=status.st_mtime_ns,
    )


def _write(temporary: str, source: BinaryIO, size: int, target: str) -> None:
    written = 0
    with open(temporary, "wb") as file:
        while chunk := source.read(CHUNK):
            written += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if written != size:
        raise TransferError(f"cannot write '{target}': {written} bytes came instead of {size}")
    os.replace(temporary, target)

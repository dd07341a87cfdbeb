"""Where data files are: on this machine, or on a server, from where they are read as they come.

Formats that are read here and there, Parquet and Arrow, are fetched as a whole, to the system's temporary directory;
the copies are gone with the process.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BufferedReader, RawIOBase
from itertools import count
from tempfile import TemporaryDirectory
from typing import IO, Any
from urllib.parse import urlsplit

from tiffin.errors import ConfigError, MissingDependency, TransferError, TransferInterrupted, UsageError
from tiffin.fs.remote import FileSystem, Info, Wanted, chunks, download, infos, local_path, open_filesystem

__all__ = ["check_there", "identity_of", "is_remote", "name_of", "on_disk", "opened_bytes", "real_path"]

PIECE = 1 << 20
ELSEWHERE = "fetch it first, with `tiffin get-url`"


def is_remote(path: str) -> bool:
    """Whether it is not on this machine."""
    return local_path(path) is None


def name_of(path: str) -> str:
    """What says the format of a file: its path, without what a URL has after it."""
    return urlsplit(path).path if is_remote(path) else path


def real_path(path: str) -> str:
    """The one name of a file."""
    here = local_path(path)
    return path if here is None else os.path.realpath(here)


def check_there(path: str) -> None:
    """Raises MissingDependency where nothing is, UsageError for a place of which nothing can be read, TransferError."""
    here = local_path(path)
    if here is None:
        _asked(path)
    elif not os.path.exists(here):
        raise MissingDependency(f"data file '{path}' does not exist")


def identity_of(path: str) -> list[Any] | None:
    """What differs when the file does; None where nothing tells, as of a pipe.  Raises OSError and as `check_there`."""
    here = local_path(path)
    if here is None:
        known = _asked(path)
        return [path, known.etag, known.size, known.mtime_ns] if _is_told_apart(known) else None
    found = os.stat(here)
    if not stat.S_ISREG(found.st_mode):
        return None
    return [os.path.realpath(here), found.st_size, found.st_mtime_ns]


@contextmanager
def opened_bytes(path: str) -> Iterator[BufferedReader | IO[bytes]]:
    """A file from its begin on.  Raises OSError, TransferError."""
    here = local_path(path)
    if here is not None:
        with open(here, "rb") as file:
            yield file
        return
    with _hinted():
        yield BufferedReader(_Arriving(chunks(_server(path), "")), PIECE)


def on_disk(path: str) -> str:
    """The file itself, or a copy of it as it is now.  Raises as `check_there`."""
    here = local_path(path)
    if here is not None:
        return here
    known = _asked(path)
    before = _copies.get(path)
    if before is not None and before[0] == known and _is_told_apart(known):
        return before[1]
    target = os.path.join(_folder().name, str(next(_numbers)))
    with _hinted():
        (found,) = download(_server(path), [Wanted("", target)])
    if found is None:
        raise _nothing_there(path)
    if before is not None:
        os.unlink(before[1])
    _copies[path] = known, target
    return target


class _Arriving(RawIOBase):
    """Bytes as they come, as a file that is read from its begin to its end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(target), len(self._left))
        target[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


_copies: dict[str, tuple[Info, str]] = {}  # of which version, and where
_numbers = count()  # their names


@cache
def _folder() -> "TemporaryDirectory[str]":
    return TemporaryDirectory(prefix="tiffin-data-")


@cache
def _server(url: str) -> FileSystem:
    try:
        return open_filesystem(url)
    except ConfigError as error:
        scheme = url.partition("://")[0]
        raise UsageError(
            f"'{url}' is no file on this machine, and {scheme}:// is not read yet", hint=ELSEWHERE
        ) from error


def _asked(url: str) -> Info:
    with _hinted():
        (found,) = infos(_server(url), [""])
    if found is None:
        raise _nothing_there(url)
    return found


def _is_told_apart(known: Info) -> bool:
    """Whether another version of the file would be known as one."""
    return known.etag is not None or known.mtime_ns is not None


def _nothing_there(url: str) -> MissingDependency:
    return MissingDependency(f"data file '{url}' does not exist")


@contextmanager
def _hinted() -> Iterator[None]:
    """Files here are of no remote, whose settings could help."""
    try:
        yield
    except TransferInterrupted:
        raise
    except TransferError as error:
        if error.hint is None or "remote" not in error.hint:
            raise
        raise TransferError(error.message, hint=f"take a URL that is signed, or {ELSEWHERE}") from error

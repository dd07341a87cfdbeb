"""Data files on a server, which are read as they come, or fetched as a whole.

Apart from `_places`, as what it needs takes long to import, and most files are on this machine.
"""

import atexit
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from io import BufferedReader, RawIOBase
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from tiffin.errors import ConfigError, MissingDependency, TransferError, TransferInterrupted, UsageError
from tiffin.fs import scratch
from tiffin.fs.remote import FileSystem, Info, Wanted, chunks, download, infos, open_filesystem

__all__ = ["arriving", "check_there", "copy_of", "identity_of", "name_of"]

PIECE = 1 << 20
INSTEAD = "fetch it first, with `tiffin get-url`"


def name_of(url: str) -> str:
    """What says the format of the file."""
    return urlsplit(url).path


def check_there(url: str) -> None:
    """As of a place here."""
    _asked(url)


def identity_of(url: str) -> list[Any] | None:
    """As of a place here."""
    known = _asked(url)
    return [url, known.etag, known.size, known.mtime_ns] if _is_told_apart(known) else None


@contextmanager
def arriving(url: str) -> Iterator[BufferedReader]:
    """The bytes of the file as they come.  Raises TransferError."""
    with _hinted():
        yield BufferedReader(_Arriving(chunks(_server(url), "")), PIECE)


def copy_of(url: str) -> str:
    """The path of a copy of the file as it is now.  Raises as `check_there`."""
    known = _asked(url)
    before = _copies.get(url)
    if before is not None and before[0] == known and _is_told_apart(known):
        return before[1]
    target = os.path.join(_folder(), str(next(_numbers)))
    with _hinted():
        (found,) = download(_server(url), [Wanted("", target)])
    if found is None:
        raise _nothing_there(url)
    if before is not None:
        os.unlink(before[1])
    _copies[url] = known, target
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
def _folder() -> str:
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(scratch("tiffin-copies-"))


@cache
def _server(url: str) -> FileSystem:
    try:
        return open_filesystem(url)
    except ConfigError as error:
        scheme = url.partition("://")[0]
        raise UsageError(
            f"'{url}' is no file on this machine, and {scheme}:// is not read yet", hint=INSTEAD
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
        raise TransferError(error.message, hint=f"take a URL that is signed, or {INSTEAD}") from error

"""What every place that holds files offers: a directory, a web server, a bucket."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol

__all__ = ["Body", "FileSystem", "Info"]


class Info(NamedTuple):
    """What is known of a path without reading it.

    etag: differs when the bytes do, as the store says it.  checksum: the same, as DVC records it in `deps`; None
    where DVC hashes the bytes instead.  version: names these bytes for good, where the store keeps old ones.
    """

    path: str
    size: int | None = None
    is_dir: bool = False
    executable: bool = False
    etag: str | None = None
    checksum: str | None = None
    mtime_ns: int | None = None
    version: str | None = None


class Body(NamedTuple):
    """A file that is being read.  start: the offset of the first chunk."""

    start: int
    chunks: Iterator[bytes]
    etag: str | None = None


class FileSystem(Protocol):
    """Files below one base.  Paths are POSIX and relative to it, as they are, never quoted; "" is the base itself.

    Each call is one attempt of about one request: who calls tries again, and calls from many threads at once.
    All raise FileNotFoundError for what is not there, TransferInterrupted where another attempt may work, and
    TransferError where none will.  `tiffin.testing.filesystem` is the suite that every implementation passes.
    """

    @property
    def jobs(self) -> int:
        """How many requests at a time this place takes well."""
        ...

    def url(self, path: str) -> str:
        """A path as people know it."""
        ...

    def info(self, path: str) -> Info: ...

    def list(self, prefix: str = "", *, recursive: bool = True) -> Iterator[Info]:
        """What lies below a directory, sorted, directories before what is in them; recursive: at any depth."""
        ...

    def open(self, path: str, start: int = 0, *, etag: str | None = None) -> AbstractContextManager[Body]:
        """Read a file from an offset; from its beginning where that cannot be had or the etag is another by now.

        The chunks raise TransferInterrupted if the file ends before it should.
        """
        ...

    def put(self, path: str, source: BinaryIO, size: int) -> None:
        """Write a file, which shows only once it is whole; what is there is replaced."""
        ...

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; those that are gone already are fine."""
        ...

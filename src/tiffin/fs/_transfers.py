"""Whole files to and from a place: many at once, hashed on the way, visible only when they are right."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import sleep
from typing import NamedTuple, Protocol

from tiffin import _native
from tiffin.errors import CorruptObject, TransferError, TransferInterrupted
from tiffin.fs._attempts import ATTEMPTS, FIRST_WAIT_S, Stop, each, patiently
from tiffin.fs._filesystem import FileSystem, Info
from tiffin.fs._local import remove_quietly

__all__ = [
    "Fetched",
    "Wanted",
    "Watched",
    "chunks",
    "download",
    "infos",
    "read",
    "read_all",
    "receive",
    "remove",
    "upload",
]


TOGETHER = 1000  # removals in one request: what S3 takes


class Watched(Protocol):
    """Is told how many files and bytes are done."""

    def __call__(self, files: int, size: int, /) -> None: ...


class Wanted(NamedTuple):
    """A file to get.  target: where it goes; md5: what its bytes must be, None for whatever comes."""

    path: str
    target: str
    md5: str | None = None


class Fetched(NamedTuple):
    """A file that was got; md5: of the bytes that were written."""

    target: str
    md5: str
    size: int


class _Count:
    """Bytes and files so far, counted by many threads."""

    def __init__(self, watched: Watched | None) -> None:
        self._lock = threading.Lock()
        self._watched = watched
        self.files = 0
        self.bytes = 0

    def add(self, files: int, size: int) -> None:
        with self._lock:
            self.files += files
            self.bytes += size

    def tell(self) -> None:
        if self._watched is not None:
            self._watched(self.files, self.bytes)


def download(
    fs: FileSystem,
    wanted: Sequence[Wanted],
    *,
    jobs: int | None = None,
    mode: int = 0o666,
    progress: Watched | None = None,
) -> list[Fetched | None]:
    """Get files, each under its final name only once it is whole and right; None for one that is not there.

    In the order of `wanted`.  mode: of the new files, less the umask; what is at a target gives way.  The names are
    not synced: whoever needs that syncs once for all.  Raises CorruptObject, TransferError.
    """
    count = _Count(progress)

    def one(item: Wanted, stop: Stop) -> Fetched | None:
        os.makedirs(os.path.dirname(item.target) or ".", exist_ok=True)
        try:
            with _temporary(item.target) as temporary:
                found = _receive(fs, item.path, temporary, mode, stop, count.add)
                if item.md5 is not None and found.md5 != item.md5:
                    raise CorruptObject(
                        f"{fs.url(item.path)} does not match its id; it was not copied",
                        hint="push it again from where the data is",
                    )
                os.replace(temporary, item.target)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TransferError(f"cannot write '{item.target}': {error.strerror}") from error
        count.add(1, 0)
        return found._replace(target=item.target)

    return each(one, wanted, jobs=jobs or fs.jobs, poll=count.tell)


def receive(fs: FileSystem, path: str, target: str, *, mode: int = 0o666, progress: Watched | None = None) -> Fetched:
    """Write a file to a name that nobody reads yet, to learn what it is.

    Raises FileNotFoundError, TransferError; the target then holds a part, or is not there.
    """
    count = _Count(progress)
    (got,) = each(lambda item, stop: _receive(fs, item, target, mode, stop, count.add), [path], jobs=1, poll=count.tell)
    return got


def _receive(
    fs: FileSystem, path: str, target: str, mode: int, stop: Stop, count: Callable[[int, int], None]
) -> Fetched:
    """After an interruption it goes on where it was."""
    opened = False
    digest, done, etag = hashlib.md5(usedforsecurity=False), 0, None

    def attempt() -> None:
        nonlocal opened, digest, done, etag
        # The source is asked first: what is not there leaves no empty file.
        with fs.open(path, done, etag=etag) as body:
            descriptor = os.open(target, os.O_RDWR | os.O_CREAT | (0 if opened else os.O_TRUNC), mode | 0o200)
            opened = True
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                if body.start != done:
                    file.truncate(0)
                    count(0, -done)
                    digest, done = hashlib.md5(usedforsecurity=False), 0
                file.seek(done)
                etag = body.etag
                for chunk in body.chunks:
                    stop.check()
                    file.write(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    count(0, len(chunk))
            if mode & 0o200 == 0:
                os.chmod(target, mode)

    patiently(attempt, stop)
    return Fetched(target, digest.hexdigest(), done)


def chunks(fs: FileSystem, path: str) -> Iterator[bytes]:
    """The bytes of a file as they come.  After an interruption it goes on where it was.

    Raises FileNotFoundError; TransferError, also where it cannot go on because the file is another by now, or the place
    does not say whether it is.
    """
    done, etag, interruptions = 0, None, 0
    while True:
        try:
            with fs.open(path, done, etag=etag) as body:
                if body.start != done:
                    raise TransferError(
                        f"{fs.url(path)} broke off after {done:,} bytes, and the rest of the same file cannot be had",
                        hint="fetch the whole file first",
                    )
                etag = body.etag
                for chunk in body.chunks:
                    yield chunk
                    done += len(chunk)
                    interruptions = 0
            return
        except TransferInterrupted:
            interruptions += 1
            if interruptions == ATTEMPTS:
                raise
            sleep(FIRST_WAIT_S * 2 ** (interruptions - 1))


def read(fs: FileSystem, path: str) -> bytes:
    """A whole small file.  Raises FileNotFoundError, TransferError."""

    def attempt() -> bytes:
        with fs.open(path) as body:
            return b"".join(body.chunks)

    return patiently(attempt, Stop())


def read_all(fs: FileSystem, paths: Sequence[str], *, jobs: int | None = None) -> list[bytes | None]:
    """Many whole small files; None for one that is not there."""

    def one(path: str, stop: Stop) -> bytes | None:
        stop.check()
        try:
            return read(fs, path)
        except FileNotFoundError:
            return None

    return each(one, paths, jobs=jobs or fs.jobs)


def infos(fs: FileSystem, paths: Sequence[str], *, jobs: int | None = None) -> list[Info | None]:
    """What is known of each path; None where nothing is."""

    def one(path: str, stop: Stop) -> Info | None:
        try:
            return patiently(lambda: fs.info(path), stop)
        except FileNotFoundError:
            return None

    return each(one, paths, jobs=jobs or fs.jobs)


def upload(
    fs: FileSystem, files: Sequence[tuple[str, str]], *, jobs: int | None = None, progress: Watched | None = None
) -> int:
    """Put local files, given as (file, path there); return how many bytes that were."""
    count = _Count(progress)

    def one(pair: tuple[str, str], stop: Stop) -> None:
        local, path = pair

        def attempt() -> None:
            with open(local, "rb") as source:
                fs.put(path, source, os.fstat(source.fileno()).st_size)

        patiently(attempt, stop)
        count.add(1, os.path.getsize(local))

    each(one, files, jobs=jobs or fs.jobs, poll=count.tell)
    return count.bytes


def remove(fs: FileSystem, paths: Sequence[str], *, jobs: int | None = None) -> None:
    """Remove files, those of one request together."""
    groups = [paths[at : at + TOGETHER] for at in range(0, len(paths), TOGETHER)]
    each(lambda group, stop: patiently(lambda: fs.remove(group), stop), groups, jobs=jobs or fs.jobs)


@contextmanager
def _temporary(target: str) -> Iterator[str]:
    """A name beside the target that is gone in the end, whatever happens; one a thread."""
    directory = os.path.dirname(target)
    name = _native.temporary_name()
    temporary = f"{directory}/{name}" if directory else name
    try:
        yield temporary
    finally:
        remove_quietly(temporary)

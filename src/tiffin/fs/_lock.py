"""A lock between processes, the one DVC takes too: flock on a file that holds the owner's pid."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from tiffin.errors import LockHeld, TransferError

__all__ = ["FileLock"]

PATIENCE_S = 3.0


class FileLock:
    """Exclusive among processes and reentrant within one; released when the process ends, however it ends."""

    def __init__(self, path: str, *, wait: bool = False) -> None:
        """`wait`: block for as long as it takes instead of giving up after three seconds."""
        self._path = path
        self._wait = wait
        self._depth = 0
        self._descriptor = -1

    def __enter__(self) -> Self:
        if self._depth == 0:
            self._acquire()
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._release()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Let others have the lock for a while; on the way out it is taken again, waiting if need be."""
        depth, self._depth = self._depth, 0
        if depth:
            self._release()
        try:
            yield
        finally:
            if depth:
                self._acquire(patient=True)
            self._depth = depth

    def _acquire(self, *, patient: bool = False) -> None:
        deadline = monotonic() + PATIENCE_S
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            # A repository may bring a link along: what it leads to would be overwritten.
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise TransferError(f"cannot lock '{self._path}': {error.strerror}") from error
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not (patient or self._wait) and monotonic() > deadline:
                    raise self._held() from None
                sleep(0.02)
            except OSError as error:
                self._release()
                raise TransferError(
                    f"cannot lock '{self._path}': {error.strerror}",
                    hint="its file system has no locks: keep the repository on one that has, and share only the cache",
                ) from error
            else:
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, f" {os.getpid()}\n".encode(), 0)
                return

    def _held(self) -> LockHeld:
        owner = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
        self._release()
        who = f"process {owner}" if owner else "another process"
        return LockHeld(
            f"{who} holds the lock '{self._path}'",
            hint="wait until it is done, or use --wait-for-lock",
        )

    def _release(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

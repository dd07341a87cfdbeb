"""A lock between processes, the one DVC takes too: flock on a file that holds the owner's pid."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from tiffin.errors import LockHeld, TransferError

__all__ = ["PATIENCE_S", "FileLock"]

PATIENCE_S = 3.0


class FileLock:
    """Exclusive among processes and reentrant within one; released when the process ends, however it ends."""

    def __init__(self, path: str, *, wait: bool = False) -> None:
        """`wait`: block for as long as it takes instead of giving up after three seconds."""
        self._path = path
        self._wait = wait
        self._depth = 0
        self._descriptor = -1

    def beside(self, name: str) -> "FileLock":
        """Another lock of the same kind, in the same directory."""
        return type(self)(os.path.join(os.path.dirname(self._path), name))

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

    @property
    def descriptor(self) -> int:
        """Of the file, while it is held: a process that inherits it holds the lock as well."""
        return self._descriptor

    def holder(self) -> int | None:
        """The process that took the lock and holds it, or 0 if it does not say; None if nobody holds it.

        Asking changes nothing.
        """
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            named = os.pread(descriptor, 32, 0).strip()
            return int(named) if named.isdigit() else 0
        except OSError:
            return None
        finally:
            os.close(descriptor)
        return None

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Take the lock if nobody else has it; whether it was taken."""
        if self._depth == 0:
            try:
                self._acquire(patience_s=0)
            except (LockHeld, TransferError):
                yield False
                return
        self._depth += 1
        try:
            yield True
        finally:
            self.__exit__(None, None, None)

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

    def _acquire(self, *, patient: bool | None = None, patience_s: float = PATIENCE_S) -> None:
        if patient is None:
            patient = self._wait and patience_s > 0
        deadline = monotonic() + patience_s
        try:
            self._descriptor = self._open()
        except OSError as error:
            raise TransferError(f"cannot lock '{self._path}': {error.strerror}") from error
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not patient and monotonic() >= deadline:
                    raise self._held() from None
                sleep(0.02)
            except OSError as error:
                self._release()
                raise TransferError(
                    f"cannot lock '{self._path}': {error.strerror}",
                    hint="its file system has no locks: keep the repository on one that has, and share only the cache",
                ) from error
            else:
                self._name_owner()
                return

    def _open(self) -> int:
        # A repository may bring a link along: what it leads to would be overwritten.
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        try:
            return os.open(self._path, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            return os.open(self._path, flags, 0o666)

    def _name_owner(self) -> None:
        owner = f" {os.getpid()}\n".encode()
        if os.pread(self._descriptor, 32, 0) != owner:  # one process takes a lock many times
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, owner, 0)

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

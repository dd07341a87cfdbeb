"""A lock between processes on file systems without locks: DVC's `core.hardlink_lock`, the protocol of flufl.lock.

Each process has a file of its own, whose text is its own path, and links it to the name of the lock: that works for one
of them.  The link's mtime says until when the lock is held.
"""

import os
from contextlib import suppress
from itertools import count
from time import monotonic, sleep, time

from tiffin.errors import LockHeld, TransferError
from tiffin.fs._lock import PATIENCE_S, FileLock

__all__ = ["LinkLock"]

_HELD_S = 365 * 86400  # as DVC's: for good
_PREFIX, _SUFFIX = "tiffin", ".lock"
_numbers = count()


class LinkLock(FileLock):
    """As a FileLock.  What a process that was killed held is taken from it, if it was tiffin on this machine."""

    _claim = ""  # of this process, while it holds the lock

    def _acquire(self, *, patient: bool | None = None, patience_s: float = PATIENCE_S) -> None:
        if patient is None:
            patient = self._wait and patience_s > 0
        claim = self._write_claim()
        try:
            self._wait_to_link(claim, None if patient else monotonic() + patience_s)
        except BaseException:
            _remove(claim)
            raise
        self._claim = claim

    def _wait_to_link(self, claim: str, deadline: float | None) -> None:
        while not self._link(claim):
            if not self._broken() and deadline is not None and monotonic() >= deadline:
                raise self._taken()
            sleep(0.02)

    def _release(self) -> None:
        _remove(self._path)
        _remove(self._claim)
        self._claim = ""

    def _write_claim(self) -> str:
        directory = os.path.dirname(self._path)
        name = f"{_PREFIX}-{os.getpid()}-{next(_numbers)}-{os.uname().nodename}{_SUFFIX}"
        claim = os.path.join(directory, name)
        try:
            os.makedirs(directory, exist_ok=True)
            _remove(claim)  # of a process that had the same number
            descriptor = os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(claim)
            until = time() + _HELD_S
            os.utime(claim, (until, until))
        except OSError as error:
            raise TransferError(f"cannot lock '{self._path}': {error.strerror}") from error
        return claim

    def _link(self, claim: str) -> bool:
        try:
            os.link(claim, self._path)
        except FileExistsError:
            return False
        except OSError as error:
            raise TransferError(
                f"cannot lock '{self._path}': {error.strerror}",
                hint="its file system has no hard links: set core.hardlink_lock to false",
            ) from error
        return True

    def _owner(self) -> str:
        """The file of the process that holds the lock; "" if it is not known."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return ""
        with os.fdopen(descriptor, "rb") as file:
            return file.read(4096).decode("utf-8", "replace")

    def _broken(self) -> bool:
        """Whether the lock was taken from a process that is gone.  One process alone can remove the file of that."""
        owner = self._owner()
        pid = _pid_of(owner)
        if pid is None or os.path.dirname(owner) != os.path.dirname(self._path) or _is_alive(pid):
            return False
        try:
            os.unlink(owner)
        except OSError:
            return False
        _remove(self._path)
        return True

    def _taken(self) -> LockHeld:
        owner = self._owner()
        if owner.strip().isdigit():  # as a FileLock writes it
            what = f"'{self._path}' is of the time before core.hardlink_lock was set"
            return LockHeld(what, hint="if no command runs, remove the file")
        pid = _pid_of(owner)
        who = "another process" if pid is None else f"process {pid}"
        return LockHeld(
            f"{who} holds the lock '{self._path}'",
            hint="wait until it is done, or use --wait-for-lock; if it was killed, remove the file",
        )


def _pid_of(claim: str) -> int | None:
    """The process of this machine whose file it is; None if it is none of ours."""
    parts = os.path.basename(claim).removesuffix(_SUFFIX).split("-", 3)
    if len(parts) != 4 or parts[0] != _PREFIX or parts[3] != os.uname().nodename or not parts[1].isdigit():
        return None
    return int(parts[1])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)

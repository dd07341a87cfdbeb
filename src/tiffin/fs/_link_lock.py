"""A lock between processes on file systems without locks: DVC's `core.hardlink_lock`, the protocol of flufl.lock.

Each process has a file of its own, whose text is its own path, and links it to the name of the lock: that works for one
of them.  The link's mtime says until when the lock is held.
"""

import os
from contextlib import suppress
from functools import cache
from time import monotonic, sleep, time
from typing import NamedTuple

from tiffin.errors import LockHeld, TransferError
from tiffin.fs._lock import PATIENCE_S, FileLock
from tiffin.fs.replacing import lives

__all__ = ["LinkLock"]

_HELD_S = 365 * 86400  # as DVC's: for good
_PREFIX, _SUFFIX = "tiffin", ".lock"


class _Owner(NamedTuple):
    """Whose file it is, by its name: prefix-pid-place-token.lock.  place: where the pid means something."""

    pid: int
    place: str


class LinkLock(FileLock):
    """As a FileLock.  What a killed process held is taken from it, where it was one that could be seen from here."""

    _claim = ""  # the file of this process, while it holds the lock

    def _acquire(self, *, patient: bool | None = None, patience_s: float = PATIENCE_S) -> None:
        if patient is None:
            patient = self._wait and patience_s > 0
        claim = self._write_claim()
        try:
            self._wait_to_link(claim, None if patient else monotonic() + patience_s)
        except BaseException:
            self._let_go(claim)
            raise
        self._claim = claim

    def _release(self) -> None:
        claim, self._claim = self._claim, ""
        self._let_go(claim)

    def _let_go(self, claim: str) -> None:
        with suppress(OSError):
            if os.path.samestat(os.lstat(claim), os.lstat(self._path)):  # nobody took it away meanwhile
                os.unlink(self._path)
        with suppress(OSError):
            os.unlink(claim)

    def _wait_to_link(self, claim: str, deadline: float | None) -> None:
        while not self._link(claim):
            if not self._broken() and deadline is not None and monotonic() >= deadline:
                raise self._taken()
            sleep(0.02)

    def _write_claim(self) -> str:
        directory = os.path.dirname(self._path)
        claim = os.path.join(directory, f"{_PREFIX}-{os.getpid()}-{_place()}-{os.urandom(8).hex()}{_SUFFIX}")
        try:
            os.makedirs(directory, exist_ok=True)
            with open(os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
                file.write(os.fsencode(claim))
            until = time() + _HELD_S
            os.utime(claim, (until, until))
        except OSError as error:
            raise TransferError(f"cannot lock '{self._path}': {error.strerror}") from error
        return claim

    def _link(self, claim: str) -> bool:
        try:
            os.link(claim, self._path)
        except FileExistsError:
            # A server that is asked twice says so of the link that it made the first time (open(2), O_EXCL).
            return os.stat(claim).st_nlink == 2
        except OSError as error:
            raise TransferError(
                f"cannot lock '{self._path}': {error.strerror}",
                hint="its file system has no hard links: set core.hardlink_lock to false",
            ) from error
        return True

    def _text(self) -> str:
        """What is in the lock; "" if it cannot be read."""
        try:
            with open(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                return os.fsdecode(file.read(4096))
        except OSError:
            return ""

    def _broken(self) -> bool:
        """Whether the lock was taken from a process that is gone.  One process alone can remove the file of that."""
        claim = self._text()
        owner = _owner_of(claim)
        here = os.path.dirname(claim) == os.path.dirname(self._path)
        if owner is None or owner.place != _place() or not here or lives(owner.pid):
            return False
        try:
            os.unlink(claim)
            os.unlink(self._path)
        except OSError:
            return False
        return True

    def _taken(self) -> LockHeld:
        text = self._text()
        if text.strip().isdecimal():  # as a FileLock writes it
            what = f"'{self._path}' is of the time before core.hardlink_lock was set"
            return LockHeld(what, hint="if no command runs, remove the file")
        owner = _owner_of(text)
        who = "another process" if owner is None else f"process {owner.pid}"
        return LockHeld(
            f"{who} holds the lock '{self._path}'",
            hint="wait until it is done, or use --wait-for-lock; if it was killed, remove the file",
        )


@cache
def _place() -> str:
    """The machine since it was started, and its space of process ids: in a container these are of other processes."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip().replace("-", "")
        return f"{boot}{os.stat('/proc/self/ns/pid').st_ino:x}"
    except OSError:
        return os.urandom(8).hex()  # no process is known to be gone


def _owner_of(claim: str) -> _Owner | None:
    """None if it is the file of another program."""
    parts = os.path.basename(claim).removesuffix(_SUFFIX).split("-")
    if len(parts) != 4 or parts[0] != _PREFIX or not (parts[1].isascii() and parts[1].isdecimal()):
        return None
    return _Owner(int(parts[1]), parts[2])

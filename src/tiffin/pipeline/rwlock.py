"""Who reads and writes which paths while the repository lock is released: DVC's .dvc/tmp/rwlock.

rwlock := {"write": {absolute path: owner}, "read": {absolute path: [owner, ...]}}
owner  := {"pid": int, "cmd": string}
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import sleep
from typing import Any, NamedTuple

from tiffin.errors import LockHeld, TransferError
from tiffin.fs import FileLock
from tiffin.fs.replacing import lives

_LOCK = "rwlock.lock"  # beside the repository's
_LARGEST = 1 << 26  # bytes of a table that somebody wrote
_PIDS = 1 << 31

_TRIES, _PAUSE_S = 200, 0.05

__all__ = ["Claim", "Claims", "holding", "refuse_in_use", "undisturbed"]


class Claim(NamedTuple):
    """The absolute paths a command reads and writes."""

    command: str
    read: Sequence[str]
    write: Sequence[str]


class Claims:
    """What this process announces.  The file is written once for what begins and what ended before."""

    def __init__(self, directory: str, lock: FileLock) -> None:
        """directory: .dvc/tmp.  lock: that of the repository."""
        self._directory = directory
        self._lock = lock.beside(_LOCK)
        self._held: list[Claim] = []
        self._ended: list[Claim] = []

    def take(self, claim: Claim) -> None:
        """Announce a command.  Raises LockHeld if a living process writes one of its paths, or reads one it writes."""
        with self._edited() as table:
            _refuse_conflicts(table, claim)
            owner = _owner(claim)
            for path in claim.read:
                table["read"].setdefault(path, []).append(owner)
            for path in claim.write:
                table["write"][path] = owner
        self._held.append(claim)

    def ended(self, claim: Claim) -> None:
        """The command is over; others learn of it with the next `take` or `settle`."""
        self._held.remove(claim)
        self._ended.append(claim)

    def settle(self) -> None:
        """Let others know what is over."""
        if self._ended:
            with self._edited():
                pass

    def close(self) -> None:
        """Give all up."""
        self._ended += self._held
        self._held = []
        self.settle()

    @contextmanager
    def _edited(self) -> Iterator[dict[str, dict[str, Any]]]:
        """The table without what has ended, to be changed; it is written unless an error leaves the block."""
        with self._lock:
            descriptor = os.open(
                f"{self._directory}/rwlock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666
            )
            try:
                text = _read(descriptor)
                table = _table(text)
                gone = [_owner(claim) for claim in self._ended]
                table["write"] = {path: other for path, other in table["write"].items() if _keep(other, gone)}
                kept = {path: [o for o in others if _keep(o, gone)] for path, others in table["read"].items()}
                table["read"] = {path: others for path, others in kept.items() if others}
                yield table
                # In place and no shorter than before: on ext4 a file that is replaced, or cut, waits for the disk.
                os.pwrite(descriptor, json.dumps(table).encode().ljust(len(text)), 0)
                self._ended.clear()
            finally:
                os.close(descriptor)


@contextmanager
def holding(directory: str, claim: Claim, lock: FileLock) -> Iterator[None]:
    """Announce one command for as long as the context lasts.  Raises LockHeld."""
    claims = Claims(directory, lock)
    claims.take(claim)
    try:
        yield
    finally:
        claims.close()


def refuse_in_use(directory: str, paths: Sequence[str], lock: FileLock) -> None:
    """Raise LockHeld if another living process reads or writes one of these absolute paths, or above or below it.

    directory, lock: as for Claims.  Who holds that lock need not announce what it does: no command begins meanwhile.
    """
    with lock.beside(_LOCK):
        table = _table(_text(directory))
    _refuse_conflicts(table, Claim("", (), paths))


@contextmanager
def undisturbed(directory: str, name: str, lock: FileLock) -> Iterator[None]:
    """A moment in which no other living process writes what is called so, and none can begin to: DVC's for refs.

    directory: .dvc/tmp/exps, whose table has names of refs in it.  lock: any in it.  Raises LockHeld after ten seconds.
    """
    lock = lock.beside(_LOCK)
    for attempt in range(_TRIES):
        with lock:
            table = _table(_text(directory), paths=False)
            try:
                _refuse_conflicts(table, Claim("", (), (name,)))
            except LockHeld as error:
                if attempt == _TRIES - 1:
                    error.hint = f"wait until it is done; if it is another program by now, remove {directory}/rwlock"
                    raise
            else:
                yield
                return
        sleep(_PAUSE_S)


def _text(directory: str) -> bytes:
    try:
        descriptor = os.open(f"{directory}/rwlock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise TransferError(f"cannot read '{directory}/rwlock': {error.strerror}") from error
    try:
        return _read(descriptor)
    finally:
        os.close(descriptor)


def _owner(claim: Claim) -> dict[str, Any]:
    return {"pid": os.getpid(), "cmd": claim.command}


def _read(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0) if size <= _LARGEST else b""


def _table(text: bytes, *, paths: bool = True) -> dict[str, dict[str, Any]]:
    """paths: whether all that is claimed are absolute paths."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        table = {}
    if not isinstance(table, dict):
        table = {}
    write, read = (table.get(kind) for kind in ("write", "read"))
    writers = write.items() if isinstance(write, dict) else ()
    readers = read.items() if isinstance(read, dict) else ()
    return {
        "write": {path: owner for path, owner in writers if os.path.isabs(path) >= paths and _is_owner(owner)},
        "read": {
            path: list(filter(_is_owner, owners))
            for path, owners in readers
            if os.path.isabs(path) >= paths and isinstance(owners, list)
        },
    }


def _is_owner(value: Any) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("pid"), int) and 0 < value["pid"] < 1 << 31 and "cmd" in value
    )


def _refuse_conflicts(table: dict[str, dict[str, Any]], claim: Claim) -> None:
    for path, other in table["write"].items():
        _refuse(path, [other], [*claim.read, *claim.write])
    for path, others in table["read"].items():
        _refuse(path, others, claim.write)


def _refuse(path: str, others: Sequence[dict[str, Any]], wanted: Sequence[str]) -> None:
    if not any(_overlap(path, mine) for mine in wanted):
        return
    for other in others:
        # Which stages of one run may meet is for its graph to say.
        if other["pid"] != os.getpid() and lives(int(other["pid"])):
            raise LockHeld(
                f"'{path}' is in use by process {other['pid']} ({other['cmd']})",
                hint="wait until it is done; if it is another program by now, remove .dvc/tmp/rwlock",
            )


def _keep(other: dict[str, Any], gone: Sequence[dict[str, Any]]) -> bool:
    return other not in gone and lives(int(other["pid"]))


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")

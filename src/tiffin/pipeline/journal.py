"""What a run has finished and dvc.lock does not say yet: a kill loses none of it.

    <state>/journal/<process>-<number>     kept locked by the run while it lives
    file   := header LF (record LF)*       each line one JSON object
    header := {"journal": 1, "boot": text}
    record := {"lock": path, "stage": name, "before": md5 | "", "entry": yaml, "ignore": [path, ...], "remember": bool}

before: of the stage's entry as dvc.lock had it, as YAML; entry: as it is to have it.  See docs/formats/journal.md.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from tiffin import _native
from tiffin.errors import FormatError
from tiffin.formats import lock
from tiffin.formats.values import LockEntry
from tiffin.fs import remove_quietly

__all__ = ["Finished", "Journal", "Leftover", "digest", "directory", "leftovers"]

_VERSION = 1


class Finished(NamedTuple):
    """A stage that was reproduced.

    lock: the dvc.lock it belongs to.  before: `digest` of what was recorded there.  entry: as YAML.
    ignore: outputs Git is to ignore.  remember: whether the run cache is to have it.
    """

    lock: str
    stage: str
    before: str
    entry: str
    ignore: Sequence[str] = ()
    remember: bool = False

    def parsed(self) -> LockEntry:
        """The entry.  Raises FormatError."""
        return lock.parse_entry(self.entry, self.lock)


class Journal:
    """Written by one run, which holds the repository lock whenever it adds or clears."""

    def __init__(self, state: str) -> None:
        """Nothing is written before something is added."""
        self._directory = directory(state)
        self._path = ""
        self._descriptor = -1
        self._start = 0  # length of the header

    def add(self, finished: Finished) -> None:
        """Write down what finished: from here on it survives a kill, but not yet a power failure."""
        if self._descriptor < 0:
            self._open()
        _write(self._descriptor, finished._asdict())

    def clear(self) -> None:
        """All of it is in dvc.lock now."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, self._start)

    def close(self) -> None:
        """The run is over.  What was not cleared stays for the next command."""
        if self._descriptor >= 0:
            if os.fstat(self._descriptor).st_size == self._start:
                remove_quietly(self._path)
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> None:
        os.makedirs(self._directory, exist_ok=True)
        number = 0
        while self._descriptor < 0:
            self._path = f"{self._directory}/{os.getpid()}-{number}"
            with suppress(FileExistsError):
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
                self._descriptor = os.open(self._path, flags, 0o666)
            number += 1
        with suppress(OSError):  # a file system without locks: then the lock of the repository is none either
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write(self._descriptor, {"journal": _VERSION, "boot": _boot()})
        self._start = os.fstat(self._descriptor).st_size


class Leftover:
    """The journal of a run that was killed."""

    def __init__(self, path: str, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def finished(self) -> Iterator[Finished]:
        """What it names, in order.

        Nothing if the machine was started anew since: whether the objects reached the disk is not known then.
        """
        with open(self._path, encoding="utf-8") as file:
            for number, line in enumerate(file):
                try:
                    value = json.loads(line)
                    if number == 0:
                        if value != {"journal": _VERSION, "boot": _boot()}:
                            return
                        continue
                    finished = Finished(**value)
                    finished.parsed()
                except (ValueError, TypeError, FormatError):
                    return  # the line that the kill cut off
                yield finished

    def discard(self) -> None:
        """It has been dealt with."""
        remove_quietly(self._path)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def directory(state: str) -> str:
    """Where journals are; it need not exist."""
    return f"{state}/journal"


def digest(entry: LockEntry | None) -> str:
    """What tells an entry from another; "" for none."""
    return "" if entry is None else _native.md5(lock.dump_entry(entry).encode("utf-8", "surrogateescape"))


def leftovers(state: str) -> list[Leftover]:
    """The journals nobody writes any longer, each locked until it is closed."""
    try:
        names = sorted(os.listdir(directory(state)))
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for name in names:
        path = f"{directory(state)}/{name}"
        with suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(descriptor)  # its run lives
            else:
                found.append(Leftover(path, descriptor))
    return found


def _write(descriptor: int, value: object) -> None:
    line = f"{json.dumps(value, ensure_ascii=True, separators=(',', ':'))}\n".encode()
    while line:
        line = line[os.write(descriptor, line) :]


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""

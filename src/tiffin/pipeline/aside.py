"""Outputs that exist nowhere else are set aside while their stage runs, not deleted.

    <state>/aside/<number>/<path>   the output, at its path in the repository
    <state>/aside/<number>.lock     held while the stage runs; a path a line, JSON-encoded, noted before it moves

The second goes when the run has ended: if it failed, with a word to the user about where the outputs are.  One that
nobody holds is of a run that was killed, and what it names is brought back.
"""

import fcntl
import json
import os
import posixpath
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from typing import NamedTuple

from tiffin import _native

__all__ = ["Aside", "Rescued", "rescue"]

_LOCK = ".lock"


class Rescued(NamedTuple):
    """An output that a killed run had set aside.

    where: the place where it still is, relative to the repository where it is below it, for something is at its own or
    no stage writes it any more; None if it is back.
    """

    path: str
    where: str | None


class Aside:
    """What one run of a stage moved out of the way."""

    def __init__(self, root: str, state: str) -> None:
        self._root = root
        self._base = f"{state}/aside"
        self._directory: str | None = None
        self._lock = -1
        self.paths: list[str] = []

    def take(self, path: str) -> None:
        """Move an output out of the workspace."""
        target = f"{self._own_directory()}/{path}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.write(self._lock, f"{json.dumps(path)}\n".encode())
        os.fsync(self._lock)
        shutil.move(os.path.join(self._root, path), target)
        self.paths.append(path)

    def where(self, path: str) -> str:
        """Where a path that was taken lies now, relative to the repository where it is below it."""
        return os.path.relpath(f"{self._directory}/{path}", self._root)

    def release(self) -> None:
        """The user knows where the outputs are: they stay there."""
        if self._lock >= 0:
            os.unlink(f"{self._directory}{_LOCK}")
            os.close(self._lock)
            self._lock = -1

    def discard(self) -> None:
        """The stage wrote its outputs anew: the old ones are what it was run to replace."""
        if self._directory is not None:
            shutil.rmtree(self._directory)
            self.release()

    def _own_directory(self) -> str:
        if self._directory is None:
            os.makedirs(self._base, exist_ok=True)
            self._directory = _next_directory(self._base, os.listdir(self._base))
            self._lock = os.open(f"{self._directory}{_LOCK}", os.O_WRONLY | os.O_CREAT, 0o666)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            _native.sync_filesystem(self._base)  # the names of the two: power may fail
        return self._directory


def rescue(root: str, state: str, outputs: Collection[str]) -> list[Rescued]:
    """Bring back what killed runs had set aside, where nothing is in its place by now.

    outputs: of the stages that there are; nothing else is brought back, for a clone may bring such a list along.  The
    caller holds the lock of the repository: no run sets anything aside meanwhile.
    """
    base = f"{state}/aside"
    if os.path.islink(base):
        return []  # not ours
    try:
        locks = sorted(name for name in os.listdir(base) if name.endswith(_LOCK))
    except FileNotFoundError:
        return []
    found = []
    for name in locks:
        paths = _abandoned(f"{base}/{name}")
        if paths is None:
            continue
        directory = f"{base}/{name.removesuffix(_LOCK)}"
        rescued = list(_brought_back(root, directory, paths, outputs))
        if all(each.where is None for each in rescued):
            _remove_empty(directory)
            os.unlink(f"{base}/{name}")
        found += rescued
    return found


def _abandoned(lock: str) -> list[str] | None:
    """What a run noted that is no longer alive; None for one that is."""
    if os.path.islink(lock):
        return None  # not ours
    with open(lock, "rb") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        paths = []
        for line in file:
            with suppress(ValueError):  # cut off by the kill, before its output moved
                paths.append(str(json.loads(line)))
        return paths


def _brought_back(root: str, directory: str, paths: Iterable[str], outputs: Collection[str]) -> Iterator[Rescued]:
    for path in paths:
        aside, place = os.path.normpath(f"{directory}/{path}"), os.path.join(root, path)
        if not aside.startswith(f"{directory}/") or not os.path.lexists(aside):
            continue
        parents = list(accumulate(path.split("/")[:-1], posixpath.join))
        above = [directory, *(f"{top}/{parent}" for parent in parents for top in (root, directory))]
        if path not in outputs or any(map(os.path.islink, above)) or os.path.lexists(place):
            yield Rescued(path, os.path.relpath(aside, root))
            continue
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.move(aside, place)
        yield Rescued(path, None)


def _remove_empty(directory: str) -> None:
    for parent, _, _ in os.walk(directory, topdown=False):
        with suppress(OSError):  # not empty: what nobody noted stays
            os.rmdir(parent)


def _next_directory(base: str, names: Iterable[str]) -> str:
    number = max((int(name) for name in names if name.isdigit()), default=0)
    while True:
        number += 1
        try:
            os.mkdir(f"{base}/{number}")
        except FileExistsError:
            continue
        return f"{base}/{number}"

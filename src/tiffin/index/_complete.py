"""Which listings have all their objects in the store, so that a million of them are not asked for one by one.

    <state>/index/complete/<store>/<md5>    (oid LF)*    what was complete while the store was in one condition

<store> is the MD5 of where the store is, and <md5> of that condition: the stat fields of the directories that hold
objects.  A directory's times change with
each name that comes or goes, so as long as they are the same, no object has gone.  Losing the file costs time only.
"""

import os
from contextlib import suppress
from functools import cached_property

from tiffin import _native
from tiffin.footprint import newest_ns

__all__ = ["CompleteListings"]

OTHER_CLOCK_NS = 2_000_000_000  # between the clocks of two file systems


class CompleteListings:
    """Notes below `directory` about the store at `root`."""

    def __init__(self, directory: str | os.PathLike[str], root: str) -> None:
        self._folder = f"{os.fspath(directory)}/index/complete/{_native.md5(os.fsencode(root))}"
        self._state = os.fspath(directory)
        self._root = root

    def has(self, oid: str) -> bool:
        """Whether the listing is known to be complete."""
        return oid in self._known

    def add(self, oid: str, clock_ns: int) -> None:
        """Note a listing whose objects were all found, looked for after `has` was asked.

        clock_ns: the file system's time before they were looked for.  What goes later shows in the times of a directory
        that is older than that.
        """
        condition, newest = self._condition
        if newest >= clock_ns:
            return
        self._known.add(oid)
        with suppress(OSError):  # read-only repository or full disk: the objects are looked for again next time
            if not os.path.exists(f"{self._folder}/{condition}"):
                self._start_anew()
            with open(f"{self._folder}/{condition}", "a", encoding="utf-8") as file:
                file.write(f"{oid}\n")

    def _start_anew(self) -> None:
        os.makedirs(self._folder, exist_ok=True)
        for name in os.listdir(self._folder):
            os.unlink(f"{self._folder}/{name}")

    @cached_property
    def _known(self) -> set[str]:
        try:
            with open(f"{self._folder}/{self._condition[0]}", encoding="utf-8", errors="replace") as file:
                return set(file.read().split("\n"))
        except OSError:
            return set()

    @cached_property
    def _condition(self) -> tuple[str, int]:
        """What the stat fields of all directories come to, and the newest of their times."""
        found = _native.stat_fields([f"{self._root}/{number:02x}" for number in range(256)])
        device = _device(self._root)
        newest = max((newest_ns(fields) for fields in found if "," in fields), default=0)
        if device != _device(self._state):
            newest += OTHER_CLOCK_NS
        return _native.md5(os.fsencode("\n".join([self._root, str(device), *found]))), newest


def _device(directory: str) -> int:
    try:
        return os.stat(directory).st_dev
    except OSError:
        return -1

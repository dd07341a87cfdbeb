"""Which objects of the store are known to be sound: found to match their ids, under the stat they had then.

    <state>/index/objects    rows (id, id, stat of the object), as an index file

A link is made to such an object without reading it again.  Losing the file costs time only.
"""

import os

from tiffin import _native
from tiffin._native import Table

__all__ = ["SoundObjects"]

MOST_DEFERRED = 8  # rows are put off until they are this part of all


class SoundObjects:
    """Reads and writes the table below `directory`; with `forced` no object is ever known to be sound."""

    def __init__(self, directory: str | os.PathLike[str], *, forced: bool = False) -> None:
        self._path = f"{os.fspath(directory)}/index/objects"
        self._forced = forced
        self._known: Table | None = None
        self._new = 0  # rows not saved yet

    def known(self) -> Table:
        """Rows (id, id, stat)."""
        if self._known is None:
            self._known = self._load()
        return self._known

    def add(self, rows: Table) -> None:
        """Take objects in that were just read, or whose links were just made."""
        if not self._forced and len(rows):
            self._known = self.known().merged(rows)
            self._new += len(rows)

    def settle(self) -> None:
        """Save what was added if it is much: a save for every stage of a pipeline is quadratic."""
        if self._new and self._new * MOST_DEFERRED > len(self.known()):
            self.flush()

    def flush(self) -> None:
        """Save what was added."""
        if not self._new or self._known is None:
            return
        self._new = 0
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            # A link made in this tick of the clock may hide a later change: such a row is not believed next time.
            self._known.save(self._path, _native.clock_ns(os.path.dirname(self._path)))
        except OSError:
            return  # read-only repository or full disk: the objects are read again next time

    def _load(self) -> Table:
        if self._forced:
            return Table.from_rows([])
        try:
            return Table.load(self._path)
        except (OSError, ValueError):
            return Table.from_rows([])

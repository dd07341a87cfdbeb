"""Which objects of the store are known to be sound: found to match their ids, under the stat they had then.

    <state>/index/objects    rows (id, id, stat of the object), as an index file

A link is made to such an object without reading it again.  Losing the file costs time only.
"""

import os

from tiffin import _native
from tiffin._native import Table

__all__ = ["SoundObjects"]


class SoundObjects:
    """Reads and writes the table below `directory`; with `forced` no object is ever known to be sound."""

    def __init__(self, directory: str | os.PathLike[str], *, forced: bool = False) -> None:
        self._path = f"{os.fspath(directory)}/index/objects"
        self._forced = forced
        self._known: Table | None = None
        self._new = False

    def known(self) -> Table:
        """Rows (id, id, stat)."""
        if self._known is None or self._forced:
            self._known = self._load()
        return self._known

    def add(self, rows: Table) -> None:
        """Take objects in that were just read, or whose links were just made."""
        if len(rows) and not self._forced:
            self._known = self.known().merged(rows)
            self._new = True

    def flush(self) -> None:
        """Save what was added."""
        if not self._new or self._known is None:
            return
        self._new = False
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

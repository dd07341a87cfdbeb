"""The index on disk: one table for single files, one for each tracked directory.

    <state>/index/files          the single files looked at, paths relative to the workspace
    <state>/index/dirs/<md5>     the files of one directory; <md5> is of the directory's path

Losing any of them costs time only: files are then hashed again.
"""

import os
from contextlib import suppress

from tiffin import _native
from tiffin._native import Table
from tiffin.footprint import stat_fields
from tiffin.objects import DIR_SUFFIX, listing_id

__all__ = ["IndexState"]


MOST_DEFERRED = 8  # rows are put off until they are this part of all


class IndexState:
    """Reads and writes the tables below `directory`, which is made when first needed."""

    def __init__(self, directory: str | os.PathLike[str], clock_ns: int | None = None) -> None:
        """clock_ns: the file system's clock as it was sampled before the first look at anything."""
        self._directory = f"{os.fspath(directory)}/index"
        self._clock_ns = clock_ns
        self._deferred: list[Table] = []
        self._rows = 0  # of the table of single files, when it was last read or written
        self._files: tuple[str | None, Table] | None = None  # that table, and the file's stat fields
        self._saved: dict[str, tuple[Table, str]] = {}  # directory -> what was written, and the file's stat fields
        self.patient = False  # whether rows of single files may wait for `flush`

    def now_ns(self) -> int:
        """The file system's clock as it was when this state was first asked; sampled before any stat.

        A file whose times are not older than this may still change without its stat fields
        showing it, so it is saved as racy and hashed again next time.
        """
        if self._clock_ns is None:
            self._clock_ns = self._sample()
        return self._clock_ns

    def restart_clock(self) -> None:
        """Sample the clock anew: everything from here on is about files written before now."""
        self.stop_clock()
        self.now_ns()

    def stop_clock(self) -> None:
        """Sample the clock anew when it is next asked for."""
        self._clock_ns = None

    def files(self) -> Table:
        """The table of single files, without what was put off."""
        found = _fields(self._files_path())
        if self._files is None or self._files[0] != found:
            self._files = found, self._load(self._files_path())
        known = self._files[1]
        self._rows = len(known)
        return known

    def files_written(self, placed: Table) -> None:
        """Merge rows of files this process has just written, now or later: a save for every file is quadratic."""
        self._deferred.append(placed)
        if len(self._deferred) * MOST_DEFERRED > self._rows:
            self.flush()

    def flush(self) -> None:
        """Save what was put off."""
        if self._deferred:
            rows, self._deferred = self._deferred, []
            # A clock of its own: whoever is looking at files meanwhile needs the one from before it looked.
            self._merge_files(_merged(rows), self._sample())

    def directory(self, path: str) -> Table:
        return self._load(self.directory_file(path))

    def save_files(self, looked_at: Table) -> None:
        """Merge rows into the table of single files."""
        if self.patient:
            self._deferred.append(_older(looked_at, self.now_ns()))
            return
        self.flush()  # older rows first
        self._merge_files(looked_at, self.now_ns())

    def directory_file(self, path: str) -> str:
        """Where the table of a tracked directory is kept."""
        return f"{self._directory}/dirs/{_native.md5(os.fsencode(path))}"

    def save_directory(self, path: str, table: Table) -> None:
        self._save(table, self.directory_file(path), self.now_ns())

    def save_listed(self, path: str, table: Table) -> str:
        """Save a directory, and give the id of its listing, as `listing_id` does: both take their time."""
        file = self.directory_file(path)
        try:
            inode, name = table.save_named(file, self.now_ns())
        except (OSError, ValueError):
            return listing_id(table)  # as in _save, or a name that cannot be listed
        with suppress(OSError):
            fields = stat_fields(file)
            if os.stat(file).st_ino == inode:  # and not the file of another process
                self._saved[path] = table, fields
        return f"{name}{DIR_SUFFIX}"

    def saved(self, path: str, table: Table) -> str | None:
        """The stat fields of the file in which this very table was saved; None if it was not."""
        written, fields = self._saved.get(path, (None, None))
        return fields if written is table else None

    def _files_path(self) -> str:
        return f"{self._directory}/files"

    def _sample(self) -> int:
        try:
            if not os.path.isdir(f"{self._directory}/dirs"):
                os.makedirs(f"{self._directory}/dirs", exist_ok=True)
            return _native.clock_ns(self._directory)
        except OSError:
            return 0  # read-only repository or full disk: no time counts as old enough, and nothing will be saved

    def _merge_files(self, rows: Table, now_ns: int) -> None:
        merged = self.files().merged(rows)
        self._rows = len(merged)
        self._save(merged, self._files_path(), now_ns)

    def _save(self, table: Table, path: str, now_ns: int) -> None:
        try:
            table.save(path, now_ns)
        except OSError:
            # Read-only repository or full disk: the answer is right all the same, only slower next time.
            return

    @staticmethod
    def _load(path: str) -> Table:
        try:
            return Table.load(path)
        except (OSError, ValueError):
            return Table.from_rows([])


def _fields(path: str) -> str | None:
    try:
        return stat_fields(path)
    except OSError:
        return None


def _older(rows: Table, now_ns: int) -> Table:
    """The rows that are not racy by a clock from before they were looked at; no later clock can tell."""
    return rows.select([row for row in range(len(rows)) if max(rows.mtime_ns(row), rows.ctime_ns(row)) < now_ns])


def _merged(tables: list[Table]) -> Table:
    """Of two rows for one path the later one's.  In pairs: one after the other would be quadratic."""
    while len(tables) > 1:
        pairs = [older.merged(newer) for older, newer in zip(tables[::2], tables[1::2], strict=False)]
        tables = [*pairs, *tables[2 * len(pairs) :]]
    return tables[0]

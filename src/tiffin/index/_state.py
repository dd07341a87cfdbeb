"""The index on disk: one table for single files, one for each tracked directory.

    <state>/index/files          the single files looked at, paths relative to the workspace
    <state>/index/dirs/<md5>     the files of one directory; <md5> is of the directory's path

Losing any of them costs time only: files are then hashed again.
"""

import os
from collections.abc import Iterable

from tiffin import _native
from tiffin._native import Table

__all__ = ["IndexState"]


class IndexState:
    """Reads and writes the tables below `directory`, which is made when first needed."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = f"{os.fspath(directory)}/index"
        self._clock_ns: int | None = None

    def now_ns(self) -> int:
        """The file system's clock as it was when this state was first asked; sampled before any stat.

        A file whose times are not older than this may still change without its stat fields
        showing it, so it is saved as racy and hashed again next time.
        """
        if self._clock_ns is None:
            try:
                os.makedirs(f"{self._directory}/dirs", exist_ok=True)
                self._clock_ns = _native.clock_ns(self._directory)
            except OSError:
                # Read-only repository or full disk: no time counts as old enough, and nothing will be saved.
                self._clock_ns = 0
        return self._clock_ns

    def restart_clock(self) -> None:
        """Sample the clock anew: everything from here on is about files written before now."""
        self._clock_ns = None
        self.now_ns()

    def files(self) -> Table:
        return self._load(self._files_path())

    def directory(self, path: str) -> Table:
        return self._load(self._directory_path(path))

    def save_files(self, looked_at: Table, forgotten: Iterable[str] = ()) -> None:
        """Merge rows into the table of single files."""
        known = self.files().without(list(forgotten)) if forgotten else self.files()
        self._save(known.merged(looked_at), self._files_path())

    def save_directory(self, path: str, table: Table) -> None:
        self._save(table, self._directory_path(path))

    def _files_path(self) -> str:
        return f"{self._directory}/files"

    def _directory_path(self, path: str) -> str:
        return f"{self._directory}/dirs/{_native.md5(os.fsencode(path))}"

    def _save(self, table: Table, path: str) -> None:
        now_ns = self.now_ns()
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

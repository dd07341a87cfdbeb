"""The workspace: the user's files as the project sees them."""

import stat
from collections.abc import Sequence

from tiffin import _native
from tiffin._native import Table
from tiffin.errors import MissingObjects, TargetError
from tiffin.formats.values import Content
from tiffin.index._placing import Difference, Placing
from tiffin.index._seeing import NOTHING, Seen, is_lost

__all__ = ["Difference", "Seen", "Workspace"]


class Workspace(Placing):
    """Files below `root`; paths are POSIX and relative to it.  Thread-compatible."""

    def store_all(self, paths: Sequence[str], *, wait: bool = True) -> dict[str, Content]:
        """Put what is at the paths into the store, durably; return what was stored.

        wait: for the disk; if not, `sync` does that later, but a directory is waited for: its listing names its files.
        Raises TargetError for a path that is not there.
        """
        if not paths:
            return {}  # nothing to wait for: a sync takes longer than many a stage
        self._state.now_ns()
        contents = self._store_files([path for path in paths if not self.is_directory(path)])
        tables = {path: self._store_directory(path) for path in paths if self.is_directory(path)}
        self._unsynced = True
        if wait or tables:
            self.sync()
        for path, table in tables.items():
            oid = self.store.put_manifest(table)
            contents[path] = Content(oid, table.total_size(), len(table), legacy=self._legacy)
            self._remember(path, Seen(contents[path], table))
        return contents

    def put_off_saving(self) -> None:
        """From now on, leave to `flush` what the index learns of single files."""
        self._state.patient = True

    def sync(self) -> None:
        """Wait until what was stored is on the disk."""
        if self._unsynced:
            self.store.sync()
            self._sound.settle()
            self._unsynced = False

    def store_part(self, directory: str, path: str, recorded: Content | None) -> Content:
        """Put one file or subdirectory of a tracked directory into the store; return the directory's new content.

        The rest of the directory stays as recorded, whatever the workspace holds.  A part that is gone
        from the workspace is gone from the new content.  Raises MissingObjects if the store lacks the
        recorded listing.
        """
        self._state.now_ns()
        whole = self.store.manifest(recorded.oid) if recorded and recorded.oid else NOTHING
        inner = path.removeprefix(f"{directory}/")
        if self.is_directory(path):
            table = whole.replace_under(inner, self._store_directory(path))
        else:
            table = whole.replace_under(inner, NOTHING)
            if self.exists(path):
                content = self._store_files([path])[path]
                table = table.merged(Table.from_rows([(inner, content.oid or "")]))
        self.store.sync()
        self._sound.settle()
        oid = self.store.put_manifest(table)
        self._seen.forget(directory)
        return Content(oid, self._size(table, directory), len(table), legacy=self._legacy)

    def recorded_inside(self, directory: str, path: str, recorded: Content | None) -> bool:
        """Whether a recorded directory has something at a path inside it, or is that path."""
        if path == directory or recorded is None or not recorded.is_dir or not self.store.has(recorded.oid or ""):
            return False
        listing = self.store.manifest(recorded.oid or "")
        inner = path.removeprefix(f"{directory}/")
        return listing.find(inner) >= 0 or len(listing.under(inner)) > 0

    def _store_files(self, paths: Sequence[str]) -> dict[str, Content]:
        if not paths:
            return {}
        table = _native.stat_files(self.root, paths)
        found = set(table.paths())
        absent = [path for path in paths if path not in found]
        if absent:
            raise TargetError(f"'{absent[0]}' does not exist")
        table.adopt(self._state.files())
        executable = _executable(table)
        self._store(table, self.root)
        self._state.save_files(table)
        stored = {path: self._seen_file(table, row) for row, path in enumerate(table.paths())}
        for path in executable:
            # As in DVC: a link becomes executable, and the object with it.
            self._make_executable(path)
            stored[path] = Seen(stored[path].content._replace(isexec=True))
        for path, seen in stored.items():
            self._remember(path, seen)
        return {path: seen.content for path, seen in stored.items()}

    def _store_directory(self, path: str) -> Table:
        table, leftovers = self._scan(path)
        lost = next(filter(is_lost, leftovers), None)
        if lost is not None:
            raise MissingObjects(
                f"'{path}/{lost}' is a link to an object that is not in the cache", hint="get it with `tiffin pull`"
            )
        _native.remove_files(self._at(path), leftovers)
        table.adopt(self._state.directory(path))
        if not {"hardlink", "symlink"}.isdisjoint(self.links):
            self.executable_before[path] = _executable(table)
        self._store(table, self._at(path))
        self._state.save_directory(path, table)
        return table

    def _store(self, table: Table, root: str) -> None:
        self._sound.add(self.store.store(table, root, self.links, self.progress).sound)
        if self.links[0] == "symlink":
            # Hard links and reflinks are made while storing; a symlink needs the object to be there.
            # What was written to since it was stored is not replaced.
            now = _native.stat_files(root, table.paths())
            now.adopt(table)
            found = [now.find(path) for path in table.paths()]
            unchanged = [row for row, at in enumerate(found) if at >= 0 and now.oid(at) is not None]
            self._place(table, unchanged, root)

    def _size(self, table: Table, directory: str) -> int | None:
        """Bytes of all rows, by the store or else by the workspace; None if neither knows."""
        sizes = _native.object_sizes(table, self.store.root)
        absent = [table.path(row) for row, size in enumerate(sizes) if size < 0]
        if not absent:
            return sum(sizes)
        here = _native.stat_files(self._at(directory), absent) if self.is_directory(directory) else NOTHING
        return sum(size for size in sizes if size > 0) + here.total_size() if len(here) == len(absent) else None


def _executable(table: Table) -> list[str]:
    return [path for row, path in enumerate(table.paths()) if table.mode(row) & stat.S_IXUSR]

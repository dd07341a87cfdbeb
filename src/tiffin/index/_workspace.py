"""The workspace: the user's files as the project sees them."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Ignore, Table
from tiffin.errors import MissingDependency, MissingObjects, RulesInside, TargetError, TransferError, UnsavedChanges
from tiffin.footprint import Footprint, Scans, scan_directory
from tiffin.formats import Content
from tiffin.index._complete import CompleteListings
from tiffin.index._files import (
    files_below,
    remove,
    remove_empty_directories,
)
from tiffin.index._known import Known, parents
from tiffin.index._sound import SoundObjects
from tiffin.index._state import IndexState
from tiffin.objects import ObjectStore, Progress, listing_id, outcome_text

__all__ = ["Difference", "Seen", "Workspace"]

NOTHING = Table.from_rows([])


class Seen(NamedTuple):
    """What is at a path now.  table: a directory's files, paths relative to it; None for a file.

    leftovers: what is in the directory and no data: temporary files of a command that was killed, and links to objects
    that are gone, which count as absent files.
    """

    content: Content
    table: Table | None = None
    leftovers: tuple[str, ...] = ()

    @property
    def lost(self) -> tuple[str, ...]:
        """The links to objects that are gone."""
        return tuple(filter(_is_lost, self.leftovers))


class Difference(NamedTuple):
    """Paths below one output that a checkout has to touch, relative to the output ("" is the file itself)."""

    added: list[str]
    modified: list[str]
    deleted: list[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.modified or self.deleted)


class Workspace:
    """Files below `root`; paths are POSIX and relative to it.  Thread-compatible."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        store: ObjectStore,
        state: str | os.PathLike[str],
        links: Sequence[str] = ("reflink", "copy"),
        verify: bool = False,
        progress: Progress | None = None,
        scans: Scans | None = None,
    ) -> None:
        """verify: read an object again before each link to it, however sure it is.

        scans: directories that were scanned a moment ago.
        """
        self.root = os.fspath(root)
        self.store = store
        self.links = tuple(links)
        self.ignore = Ignore(self.root)
        self.progress = progress
        self.elsewhere: Callable[[str], Seen | None] = lambda _url: None  # what is at a URL
        self._scans = scans or Scans()
        self._state = IndexState(state, self._scans.clock_ns)
        self._sound = SoundObjects(state, forced=verify)
        self._complete = CompleteListings(state, store.root)
        self._seen: Known[Seen | None] = Known()
        self._kept = (os.fspath(state), verify)
        self._other: Workspace | None = None  # the same files by ids of the other kind, once somebody asked
        self._legacy = False
        self._unsynced = False  # whether objects were stored that need not be on the disk yet
        self.executables = False  # whether executable files in directories are to be recorded
        # Directory -> its files that were executable before storing made them links, which are not.
        self.executable_before: dict[str, list[str]] = {}

    def like(self, content: Content | None) -> "Workspace":
        """The same files by ids of the kind the content has: MD5, or that of DVC 2."""
        legacy = content is not None and content.oid is not None and content.legacy
        return self if legacy == self._legacy else self.other

    @property
    def other(self) -> "Workspace":
        """The same files by ids of the other kind."""
        if self._other is None:
            from tiffin.objects.legacy import legacy_store  # noqa: PLC0415 - for what DVC 2 wrote

            state, verify = self._kept
            other = Workspace(
                self.root,
                store=legacy_store(self.store),
                state=f"{state}/legacy",
                links=self.links,
                verify=verify,
                progress=self.progress,
            )
            other._legacy, other._other, self._other = True, self, other
            other.executables = self.executables
        return self._other

    def forget(self, paths: Iterable[str] | None = None) -> None:
        """Look again next time at these paths and at all above and below them (None: at everything).

        Whoever lets other code write into the workspace calls this afterwards.
        """
        names = None if paths is None else list(paths)
        self.forget_here(names)
        if self._other is not None:
            self._other.forget_here(names)

    def forget_here(self, paths: Sequence[str] | None) -> None:
        """Forget, but for the ids of the other kind."""
        self._state.stop_clock()
        self._scans.drop()
        if paths is None:
            self._seen.clear()
            return
        for path in paths:
            self._seen.forget(path)

    def footprint(self, footprint: Footprint) -> None:
        """Add everything that was looked at."""
        for path, seen in self._seen.items():
            if seen is None or seen.table is None:
                footprint.add([self._at(path)])
            else:
                index, saved = self._state.directory_file(path), self._state.saved(path, seen.table)
                footprint.add_tree(index, self.root, path, seen.table, saved)
        if self._other is not None and not self._legacy:
            self._other.footprint(footprint)

    def flush(self) -> None:
        """Save what the index put off: whoever checked out many files calls this at the end."""
        self._state.flush()
        self._sound.flush()
        if self._other is not None and not self._legacy:
            self._other.flush()

    def exists(self, path: str) -> bool:
        return os.path.exists(self._at(path))

    def look(self, path: str) -> Seen | None:
        """What is at the path, hashed; None if nothing is."""
        return self.look_many([path])[path]

    def look_many(self, paths: Sequence[str]) -> dict[str, Seen | None]:
        """What is at each path.  A file whose stat fields are those of the index is not read."""
        new = [path for path in dict.fromkeys(paths) if path not in self._seen]
        if new:
            self._state.now_ns()
            self._look_at_files([path for path in new if "://" not in path])
            for path in new:
                if path not in self._seen:
                    self._seen[path] = self._look_at_directory(path)
        return {path: self._seen[path] for path in paths}

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

    def checkout_part(self, directory: str, path: str, target: Content, *, force: bool = False) -> Difference:
        """Make a file or subdirectory of a tracked directory hold what `target`, the directory's content, has there."""
        inner = path.removeprefix(f"{directory}/")
        whole = self.store.manifest(target.oid or "")
        row = whole.find(inner)
        if row >= 0:
            return self.checkout(path, Content(whole.oid(row), legacy=self._legacy), force=force)
        rows = whole.under(inner)
        if not len(rows):
            raise TargetError(f"'{path}' is not part of the tracked directory '{directory}'")
        return self._checkout_rows(path, rows, force=force)

    def set_executable(self, directory: str, files: Mapping[str, bool]) -> None:
        """Let files of a directory be executable or not, for whoever may read them; links become copies."""
        for right, wanted in (("execute", True), ("no-execute", False)):
            names = [name for name, executable in files.items() if executable == wanted]
            self._own(directory, names, right)
        if files:
            self.forget([directory])

    def unprotect(self, path: str) -> None:
        """Replace links into the store by copies, so that writing to the files cannot harm the store."""
        if self.is_directory(path):
            self._own(path, self._scan(path)[0], "write")
        elif self.exists(path):
            self._own("", [path], "write")
        self.forget([path])

    def _own(self, directory: str, files: Sequence[str] | Table, right: str) -> None:
        if self.progress is not None and len(files):
            self.progress.expect(len(files), 0)
        failed = _native.own_files(files, self._at(directory), right, progress=self.progress)
        _raise_failed([(f"{directory}/{name}" if directory else name, outcome) for name, outcome in failed], "copy")

    def difference(self, path: str, target: Content) -> Difference:
        """What `checkout` would change at the path."""
        seen = self.look(path)
        if seen is not None and seen.content.oid == target.oid:
            return Difference([], [], [])
        if not target.is_dir:
            lost = seen.table.paths() if seen and seen.table is not None else []
            return Difference([], [""], lost) if seen else Difference([""], [], [])
        current = seen.table if seen and seen.table is not None else NOTHING
        changes = _native.diff(current, self.store.manifest(target.oid or ""))
        if seen is None and not changes.added:
            return Difference([""], [], [])  # an empty directory
        replaced = [""] if seen and seen.table is None else []
        return Difference(changes.added, [*replaced, *changes.modified], changes.deleted)

    def checkout(self, path: str, target: Content, *, force: bool = False, relink: bool = False) -> Difference:
        """Make the path hold `target`.

        New bytes are in place before anything old goes.  Raises UnsavedChanges rather than
        replace or remove bytes the store does not have (unless force), and MissingObjects when the store lacks objects;
        what could be written is then written.
        """
        difference = self.difference(path, target)
        if not difference and not relink:
            self._remove_leftovers(path, target)
            self._restore_executable(path, target)
            return difference
        self._refuse_to_follow([path, *parents(path)] if target.is_dir else parents(path))
        if not force:
            self._refuse_to_lose(path, difference)
            if not target.is_dir:
                self._refuse_to_lose_ignored(path)
        if target.is_dir:
            self._place_directory(path, self.store.manifest(target.oid or ""), difference, relink=relink)
        else:
            self._place_file(path, target)
        return difference

    def _checkout_rows(self, path: str, rows: Table, *, force: bool) -> Difference:
        seen = self.look(path)
        current = seen.table if seen and seen.table is not None else NOTHING
        changes = _native.diff(current, rows)
        difference = Difference(changes.added, changes.modified, changes.deleted)
        self._refuse_to_follow([path, *parents(path)])
        if not force:
            self._refuse_to_lose(path, difference)
        self._place_directory(path, rows, difference, relink=False)
        return difference

    def remove(self, path: str) -> None:
        """Remove a file or the files of a directory; nothing there is fine.

        What is not part of the directory's content (files that .dvcignore excludes, links to directories) stays,
        and the directories that hold it.
        """
        at = self._at(path)
        if os.path.isdir(at) and not os.path.islink(at):
            table, leftovers = self._scan(path)
            _native.remove_files(at, [*table.paths(), *leftovers])
            remove_empty_directories(at)
            self.forget([path])
            return
        remove(at)
        self._remember(path, None)

    def stores(self, path: str, recorded: Content) -> bool:
        """Whether the store has all objects of what is recorded at a path."""
        oid = recorded.oid or ""
        if not self.store.has(oid):
            return False
        if not recorded.is_dir or self._complete.has(oid):
            return True
        seen = self.look(path)
        table = seen.table if seen and seen.content.oid == oid else None
        clock_ns = self._state.now_ns()
        if self.store.lacks_any(table if table is not None else self.store.manifest(oid)):
            return False
        self._complete.add(oid, clock_ns)
        return True

    def saved(self, path: str) -> bool:
        """Whether everything at the path is in the store, so that it can be removed without loss."""
        return not self._unsaved(path)

    def _unsaved(self, path: str, names: Sequence[str] | None = None) -> list[str]:
        """The files at a path (only these names in it) that neither the store nor that of the other kind has."""
        here = self.unsaved_here(path, names)
        elsewhere = self.other.unsaved_here(path, names) if here else []
        return [file for file in here if file in elsewhere]

    def unsaved_here(self, path: str, names: Sequence[str] | None = None) -> list[str]:
        """The files at a path (only these names in it) that the store does not have."""
        seen = self.look(path)
        if seen is None:
            return []
        if seen.table is None:
            return [] if self.store.keeps(seen.content.oid, seen.content.size) else [path]
        chosen = None if names is None else [row for name in names if (row := seen.table.find(name)) >= 0]
        rows = seen.table if chosen is None else seen.table.select(chosen)
        kept = self.store.present(rows, whole=True)
        return (
            [] if all(kept) else [f"{path}/{name}" for name, safe in zip(rows.paths(), kept, strict=True) if not safe]
        )

    def _at(self, path: str) -> str:
        return os.path.join(self.root, path) if path else self.root  # a dependency may be anywhere

    def is_directory(self, path: str) -> bool:
        return os.path.isdir(self._at(path))

    def _look_at_files(self, paths: Sequence[str]) -> None:
        table = _native.stat_files(self.root, paths)
        known = self._state.files()
        if table.adopt(known):
            self._expect(table)
            _raise_failed(self._hash_rows(table, self.root, progress=self.progress), "read")
            self._state.save_files(table)
        for row, path in enumerate(table.paths()):
            self._seen[path] = self._seen_file(table, row)

    def _hash_rows(self, table: Table, root: str, *, progress: Progress | None) -> list[tuple[str, int]]:
        kernel = _native.legacy_hash_rows if self._legacy else _native.hash_rows
        return kernel(table, root, progress=progress)

    def _expect(self, table: Table) -> None:
        if self.progress is not None:
            self.progress.expect(table.missing(), 0)

    def _look_at_directory(self, path: str) -> Seen | None:
        if "://" in path:
            return self.elsewhere(path)
        if not self.is_directory(path):
            return None
        table, leftovers = self._scanned(path)
        known = self._scans.known(self._state.directory_file(path)) or self._state.directory(path)
        if table.adopt(known) or len(table) != len(known):
            at = self._at(path)
            self._expect(table)
            failed = self._hash_rows(table, at, progress=self.progress)
            _raise_failed([(f"{path}/{name}", outcome) for name, outcome in failed], "read")
            oid = self._state.save_listed(path, table)
        else:
            oid = listing_id(table)
        return Seen(Content(oid, table.total_size(), len(table), legacy=self._legacy), table, tuple(leftovers))

    def _scanned(self, path: str) -> tuple[Table, list[str]]:
        """The files of a directory, as they were found a moment ago or else as they are found now; see _scan."""
        found = self._scans.take(self._state.directory_file(path))
        return self._scan(path) if found is None else (_without_rules(found[0], path), found[1])

    def _scan(self, path: str) -> tuple[Table, list[str]]:
        """The files of a directory, and what is in it besides that is no data."""
        try:
            table, leftovers = scan_directory(self.root, path, self.ignore)
        except OSError as error:
            name = os.path.relpath(error.filename, self.root) if error.filename else path
            raise TargetError(f"cannot read '{name}' in '{path}': {error.strerror}") from error
        return _without_rules(table, path), leftovers

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

    def _seen_file(self, table: Table, row: int) -> Seen:
        executable = bool(table.mode(row) & stat.S_IXUSR)
        return Seen(Content(table.oid(row), table.size(row), isexec=executable, legacy=self._legacy))

    def _store_directory(self, path: str) -> Table:
        table, leftovers = self._scan(path)
        lost = next(filter(_is_lost, leftovers), None)
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

    def _place(
        self,
        table: Table,
        rows: Sequence[int] | None,
        root: str,
        executable: Sequence[int] = (),
        *,
        fresh: bool = False,
    ) -> None:
        sound = None if self.links[0] == "copy" else self._sound.known()
        placed = self.store.place(
            table, rows, root, self.links, executable=executable, sound=sound, fresh=fresh, progress=self.progress
        )
        self._sound.add(placed)

    def _place_all(self, table: Table, at: str) -> None:
        """All files of a directory.  Where there is none yet, it gets its name once it is whole.

        Then no file needs a name before its own, which saves a rename for each.  After an error what was placed stays.
        """
        fresh = self._new_directory(at)
        if fresh is None:
            os.makedirs(at, exist_ok=True)
            self._place(table, None, at)
            return
        try:
            self._place(table, None, fresh, fresh=True)
        finally:
            os.rename(fresh, at)

    def _new_directory(self, at: str) -> str | None:
        """An empty directory that can be renamed to `at`; None where there can be none."""
        state = self._kept[0]
        base = f"{state}/placing"
        above = os.path.dirname(at)
        while not os.path.lexists(above):
            above = os.path.dirname(above)
        try:
            if os.path.lexists(at) or os.path.islink(base) or os.stat(above).st_dev != os.stat(state).st_dev:
                return None
            remove(base)  # what a process that was killed has left
            os.makedirs(f"{base}/new")
            os.makedirs(os.path.dirname(at), exist_ok=True)
            # One device may be mounted twice, and a quota may end here: whether it can be renamed is seen by doing it.
            os.rename(f"{base}/new", at)
            os.rename(at, f"{base}/new")
        except OSError:
            return None
        return f"{base}/new"

    def _refuse_to_lose(self, path: str, difference: Difference) -> None:
        endangered = [*difference.modified, *difference.deleted]
        lost = self._unsaved(path, endangered) if endangered and self._seen.get(path) else []
        # An empty file that is to hold something: a power failure cut it off, and there is nothing to lose in it.
        written_over = {f"{path}/{name}" if name else path for name in difference.modified}
        lost = [file for file in lost if file not in written_over or os.path.getsize(self._at(file))]
        if lost:
            raise UnsavedChanges(
                f"'{lost[0]}' has changes that are stored nowhere else and would be lost",
                hint="keep them with `tiffin commit`, or give them up with --force",
            )

    def _refuse_to_follow(self, directories: Iterable[str]) -> None:
        """A repository may bring a link along that leads out of it, and an output to be written below."""
        for directory in directories:
            at = self._at(directory)
            if os.path.islink(at) and not os.path.exists(at):
                raise TransferError(
                    f"'{directory}' is a symlink that leads nowhere, where a directory is wanted",
                    hint="remove it, then run the command again",
                )
            if os.path.islink(at) and os.path.isdir(at):
                raise TransferError(
                    f"'{directory}' is a symlink to a directory: nothing is written through it",
                    hint="put a directory in its place",
                )

    def _refuse_to_lose_ignored(self, path: str) -> None:
        """Files that .dvcignore excludes are in no listing; a directory that gives way to a file must hold none."""
        seen, at = self._seen.get(path), self._at(path)
        if seen is None or seen.table is None or os.path.islink(at):
            return
        known = {*seen.table.paths(), *seen.leftovers}
        found = (os.path.relpath(file, at) for file in files_below(at))
        unknown = next((name for name in found if name not in known), None)
        if unknown is not None:
            raise UnsavedChanges(
                f"'{path}/{unknown}' is not tracked and would be lost",
                hint="move it out of the directory, or give it up with --force",
            )

    def _remove_leftovers(self, path: str, target: Content) -> None:
        """Take away what is no data, but links to which the target's objects may come back."""
        seen = self._seen.get(path)
        if seen is None or not seen.leftovers:
            return
        wanted = self.store.manifest(target.oid or "") if target.is_dir else NOTHING
        _native.remove_files(self._at(path), [name for name in seen.leftovers if wanted.find(name) < 0])
        self._seen[path] = seen._replace(leftovers=())

    def _place_file(self, path: str, target: Content) -> None:
        table = Table.from_rows([(path, target.oid or "")])
        executable = [0] if target.isexec else []
        with self._out_of_the_way(path, in_the_way=os.path.isdir):
            self._place(table, None, self.root, executable)
        if target.isexec:
            self._make_executable(path)
        self._state.files_written(table)
        self._remember(path, Seen(target))

    def _place_directory(self, path: str, table: Table, difference: Difference, *, relink: bool) -> None:
        at = self._at(path)
        seen = self.look(path)
        before = seen.table if seen and seen.table is not None else NOTHING
        changed = [name for name in (*difference.added, *difference.modified) if name]
        wanted = None if relink or len(changed) == len(table) else [table.find(name) for name in changed]
        self.forget([path])
        # What is in the way of new files and directories goes first, the rest only once the new ones are there.
        blocking = _in_the_way(difference, table)
        with self._out_of_the_way(path, in_the_way=os.path.isfile):
            leftovers = [name for name in (seen.leftovers if seen else ()) if table.find(name) < 0]
            _native.remove_files(at, sorted([*blocking, *leftovers]))
            if wanted is None:
                self._place_all(table, at)
            else:
                self._place(table, wanted, at)
        _native.remove_files(at, [name for name in difference.deleted if name not in blocking])
        self._state.restart_clock()
        if wanted is not None:
            placed = table.select(wanted)
            # What was looked at a moment before may be racy, which only the saved rows know.
            self._state.save_directory(path, self._state.directory(path).without(difference.deleted).merged(placed))
            table = before.without(difference.deleted).merged(placed)
            oid = listing_id(table)
        else:
            oid = self._state.save_listed(path, table)
        self._remember(path, Seen(Content(oid, table.total_size(), len(table), legacy=self._legacy), table))

    def _remember(self, path: str, seen: Seen | None) -> None:
        """Note what was just put at a path; what was known of paths above and below it is known no more."""
        self._scans.drop()
        self._seen.forget(path)
        self._seen[path] = seen
        if self._other is not None:
            self._other.forget_here([path])

    def _size(self, table: Table, directory: str) -> int | None:
        """Bytes of all rows, by the store or else by the workspace; None if neither knows."""
        sizes = _native.object_sizes(table, self.store.root)
        absent = [table.path(row) for row, size in enumerate(sizes) if size < 0]
        if not absent:
            return sum(sizes)
        here = _native.stat_files(self._at(directory), absent) if self.is_directory(directory) else NOTHING
        return sum(size for size in sizes if size > 0) + here.total_size() if len(here) == len(absent) else None

    def _restore_executable(self, path: str, target: Content) -> None:
        seen = self._seen[path]
        if target.isexec and seen is not None and not seen.content.isexec:
            self._make_executable(path)
            self._seen[path] = Seen(seen.content._replace(isexec=True))

    def _make_executable(self, path: str) -> None:
        at = self._at(path)
        mode = os.stat(at).st_mode
        if not mode & stat.S_IXUSR:
            os.chmod(at, mode | stat.S_IXUSR)

    @contextmanager
    def _out_of_the_way(self, path: str, *, in_the_way: Callable[[str], bool]) -> Iterator[None]:
        """Move what cannot be replaced by a rename aside: gone once the new is there, back if that fails."""
        at = self._at(path)
        if not in_the_way(at) or os.path.islink(at):
            yield
            return
        aside = f"{at}.tiffin-{os.getpid()}.old"
        os.rename(at, aside)
        try:
            yield
        except BaseException:
            remove(at)
            os.rename(aside, at)
            raise
        remove(aside)


def _is_lost(leftover: str) -> bool:
    return not _native.is_temporary(leftover.rpartition("/")[2])


def _in_the_way(difference: Difference, target: Table) -> set[str]:
    """The deleted files that are where a directory must be, or below where a file must be."""
    if not difference.deleted:
        return set()
    added = set(difference.added)
    return {
        name
        for name in difference.deleted
        if len(target.under(name)) or any(parent in added for parent in parents(name))
    }


def _without_rules(table: Table, path: str) -> Table:
    if table.named(".dvcignore"):
        raise RulesInside(
            f"there is a .dvcignore file inside the tracked directory '{path}'",
            hint="move its patterns to a .dvcignore above the directory",
        )
    return table


def _raise_failed(failed: Sequence[tuple[str, int]], verb: str) -> None:
    if not failed:
        return
    path, outcome = failed[0]
    if outcome == 2:  # ENOENT: gone since it was listed
        raise MissingDependency(f"'{path}' disappeared while it was read")
    raise TransferError(f"cannot {verb} '{path}': {outcome_text(outcome)}")


def _executable(table: Table) -> list[str]:
    return [path for row, path in enumerate(table.paths()) if table.mode(row) & stat.S_IXUSR]

"""What is in the workspace, as the store and the index know it."""

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Self

from tiffin import _native
from tiffin._native import Ignore, Table
from tiffin.errors import MissingDependency, RulesInside, TargetError, TransferError
from tiffin.footprint import Footprint, Scans, scan_directory
from tiffin.formats.values import Content
from tiffin.index._complete import CompleteListings
from tiffin.index._known import Known
from tiffin.index._sound import SoundObjects
from tiffin.index._state import IndexState
from tiffin.objects import ObjectStore, Progress, listing_id, outcome_text

__all__ = ["NOTHING", "Seeing", "Seen", "is_lost", "raise_failed"]

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
        return tuple(filter(is_lost, self.leftovers))


class Seeing:
    """Files below `root`; paths are POSIX and relative to it."""

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
        self._other: Self | None = None  # the same files by ids of the other kind, once somebody asked
        self._legacy = False
        self._unsynced = False  # whether objects were stored that need not be on the disk yet
        self.executables = False  # whether executable files in directories are to be recorded
        # Directory -> its files that were executable before storing made them links, which are not.
        self.executable_before: dict[str, list[str]] = {}

    def like(self, content: Content | None) -> Self:
        """The same files by ids of the kind the content has: MD5, or that of DVC 2."""
        legacy = content is not None and content.oid is not None and content.legacy
        return self if legacy == self._legacy else self.other

    @property
    def other(self) -> Self:
        """The same files by ids of the other kind."""
        if self._other is None:
            from tiffin.objects.legacy import legacy_store  # noqa: PLC0415 - for what DVC 2 wrote

            state, verify = self._kept
            other = type(self)(
                self.root,
                store=legacy_store(self.store),
                state=f"{state}/legacy",
                links=self.links,
                verify=verify,
                progress=self.progress,
            )
            other.stand_beside(self)
            self._other = other
        return self._other

    def stand_beside(self, first: Self) -> None:
        """Be the one with the ids of DVC 2."""
        self._legacy, self._other, self.executables = True, first, first.executables

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
            raise_failed(self._hash_rows(table, self.root, progress=self.progress), "read")
            self._state.save_files(table)
        for row, path in enumerate(table.paths()):
            self._seen[path] = self._seen_file(table, row)

    def _hash_rows(self, table: Table, root: str, *, progress: Progress | None) -> list[tuple[str, int]]:
        kernel = _native.legacy_hash_rows if self._legacy else _native.hash_rows
        return kernel(table, root, threads=self.store.threads, progress=progress)

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
            raise_failed([(f"{path}/{name}", outcome) for name, outcome in failed], "read")
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

    def _seen_file(self, table: Table, row: int) -> Seen:
        executable = bool(table.mode(row) & stat.S_IXUSR)
        return Seen(Content(table.oid(row), table.size(row), isexec=executable, legacy=self._legacy))

    def _remember(self, path: str, seen: Seen | None) -> None:
        """Note what was just put at a path; what was known of paths above and below it is known no more."""
        self._scans.drop()
        self._seen.forget(path)
        self._seen[path] = seen
        if self._other is not None:
            self._other.forget_here([path])


def is_lost(leftover: str) -> bool:
    """Whether a leftover is a link to an object that is gone, rather than a temporary file."""
    return not _native.is_temporary(leftover.rpartition("/")[2])


def _without_rules(table: Table, path: str) -> Table:
    if table.named(".dvcignore"):
        raise RulesInside(
            f"there is a .dvcignore file inside the tracked directory '{path}'",
            hint="move its patterns to a .dvcignore above the directory",
        )
    return table


def raise_failed(failed: Sequence[tuple[str, int]], verb: str) -> None:
    """Raise what the first of some outcomes means: MissingDependency for a file that is gone, else TransferError."""
    if not failed:
        return
    path, outcome = failed[0]
    if outcome == 2:  # ENOENT: gone since it was listed
        raise MissingDependency(f"'{path}' disappeared while it was read")
    raise TransferError(f"cannot {verb} '{path}': {outcome_text(outcome)}")

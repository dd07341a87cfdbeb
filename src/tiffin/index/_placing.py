"""Files of the workspace put in place, and nothing lost that the store does not have."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Table
from tiffin.errors import TargetError, TransferError, UnsavedChanges
from tiffin.formats.values import Content
from tiffin.index._files import files_below, remove, remove_empty_directories
from tiffin.index._known import parents
from tiffin.index._seeing import NOTHING, Seeing, Seen, raise_failed
from tiffin.objects import listing_id

__all__ = ["Difference", "Placing"]


class Difference(NamedTuple):
    """Paths below one output that a checkout has to touch, relative to the output ("" is the file itself)."""

    added: list[str]
    modified: list[str]
    deleted: list[str]

    def __bool__(self) -> bool:
        return bool(self.added or self.modified or self.deleted)


class Placing(Seeing):
    """What is recorded, brought into the workspace."""

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
        raise_failed([(f"{directory}/{name}" if directory else name, outcome) for name, outcome in failed], "copy")

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

    def would_change(self, path: str, target: Content, *, force: bool = False) -> bool:
        """Whether `checkout` would change anything.  Raises what it would raise before it does, but for links."""
        difference = self.difference(path, target)
        if difference and not force:
            self._refuse_to_lose(path, difference)
            if not target.is_dir:
                self._refuse_to_lose_ignored(path)
        return bool(difference)

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
            os.makedirs(base)
            _native.spread_below(base)  # often the same files were removed a moment ago
            fresh = f"{base}/{os.urandom(4).hex()}"  # where it goes depends on the name
            os.mkdir(fresh)
            os.makedirs(os.path.dirname(at), exist_ok=True)
            # One device may be mounted twice, and a quota may end here: whether it can be renamed is seen by doing it.
            os.rename(fresh, at)
            os.rename(at, fresh)
        except OSError:
            return None
        return fresh

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

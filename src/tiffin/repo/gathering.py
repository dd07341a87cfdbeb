"""Taking files out of another repository: into a store, or onto disk.

What is on disk or in Git there is read from there, as it is; the rest are objects of its outputs.  Whatever goes into
a store is named by the hash of the bytes that went in, never by what the other repository says about them.
"""

import os
import posixpath
from collections.abc import Collection
from typing import NamedTuple

from tiffin._native import Table, make_store, scan, stat_files
from tiffin.errors import MissingDependency, MissingObjects, TargetError, TransferError
from tiffin.formats.values import Content
from tiffin.fs.replacing import beside, clear_beside, discard, put_in_place
from tiffin.objects import ObjectStore, Progress
from tiffin.pipeline import Output, Stage
from tiffin.repo._member import Member, is_legacy, is_rules, passage
from tiffin.repo._sides import DiskSide, Side
from tiffin.repo.external import Entry, External

__all__ = ["Gathered", "copy_plain", "gather", "get", "storage_path", "target_path"]

_NOTHING = Table.from_rows([])


class _Files(NamedTuple):
    """Files at names below a directory of a side."""

    side: Side
    path: str
    names: list[str]

    def store(self, store: ObjectStore, progress: Progress | None) -> Table:
        return self.side.store(self.path, self.names, store, progress)

    def copy(self, directory: str) -> None:
        self.side.copy(self.path, self.names, directory)


class _Objects(NamedTuple):
    """Objects of one output, and the names they get."""

    member: Member
    stage: Stage
    out: Output
    rows: Table

    def store(self, store: ObjectStore, progress: Progress | None) -> Table:  # noqa: ARG002 - the member has it
        if is_legacy(self.out):
            return self._store_anew(store)
        self.member.fetch(self.stage, self.out, [oid for oid in self.rows.oids() if oid], store)
        return self.rows

    def _store_anew(self, store: ObjectStore) -> Table:
        """What DVC 2 wrote gets ids of 3.x, by way of files."""
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - 5 ms that few commands need

        make_store(store.root)
        with TemporaryDirectory(dir=store.root, prefix=".tiffin-") as directory:
            self.copy(f"{directory}/files")
            table = stat_files(f"{directory}/files", self.rows.paths())
            store.store(table, f"{directory}/files", ("hardlink", "copy"))
        return table

    def copy(self, directory: str) -> None:
        # A fresh table: placing fills in what the files are like.
        table = self.rows.select(range(len(self.rows)))
        left = list(range(len(table)))
        for source in self.member.stores(self.out):
            if not left:
                return
            if source.is_local:  # a store elsewhere has no files here
                here = source.present(table)
                rows = [row for row in left if here[row]]
                if rows:
                    source.place(table, rows, directory, ("reflink", "copy"))
                    left = [row for row in left if not here[row]]
        if left:
            self._copy_fetched(table.select(left), directory)

    def _copy_fetched(self, table: Table, directory: str) -> None:
        objects = f"{directory}.objects"
        store = passage(objects, self.out)
        try:
            self.member.fetch(self.stage, self.out, [oid for oid in table.oids() if oid], store)
            store.place(table, None, directory, ("reflink", "copy"))
        finally:
            discard(objects)


class Gathered(NamedTuple):
    """A file or directory of another repository, not read yet.  name: of a file; None for a directory."""

    parts: tuple[_Files | _Objects, ...]
    name: str | None

    def store(self, store: ObjectStore, progress: Progress | None = None) -> Content:
        """Put it into a store, durably, listing included; give what it is.  Raises MissingObjects."""
        table = _NOTHING
        for part in self.parts:
            table = table.merged(part.store(store, progress))
        store.sync()
        if self.name is not None:
            oid = table.oid(table.find(self.name)) or ""
            return Content(oid, os.stat(store.path(oid)).st_size)
        return Content(store.put_manifest(table))

    def copy(self, target: str) -> int:
        """Write it to a path, which shows it only once it is whole; give the number of files.

        What is there gives way.  Raises MissingObjects, TransferError.
        """
        new = beside(target)
        try:
            os.makedirs(new)
            for part in self.parts:
                part.copy(new)
            put_in_place(new if self.name is None else f"{new}/{self.name}", target)
        except OSError as error:
            raise TransferError(f"cannot write '{target}': {error.strerror}") from error
        finally:
            discard(new)
        return sum(len(part.names) if isinstance(part, _Files) else len(part.rows) for part in self.parts)


def gather(source: External, path: str) -> Gathered:
    """What is at a path of another repository, without its metadata files.

    Raises MissingDependency if nothing is, MissingObjects for a listing that cannot be had.
    """
    inside = source.inside(path)
    entry = source.info(inside)
    if entry is None:
        raise _absent(source, path)
    member, local = source.member(inside)
    if not entry.is_dir:
        return _file(member, local, entry)
    names = [name for name in member.side.paths(local) if not is_rules(name)] if entry.present else []
    parts: list[_Files | _Objects] = [_Files(member.side, local, names)] if names else []
    known = set(names)
    above = member.tracked.output(local) if local else None
    for stage, out in [above] if above else member.tracked.below(local):
        parts += _missing_rows(member, stage, out, local, known)
    return Gathered(tuple(parts), None)


def _absent(source: External, path: str) -> MissingDependency:
    return MissingDependency(
        f"'{path}' is not in '{source.url}'"
        + (f" at {source.rev[:7]}" if source.rev and not source.is_work_tree else ""),
        hint=f"`tiffin list {source.url} -R` shows what is",
    )


def get(source: External, path: str, target: str) -> int:
    """Copy a file or directory of another repository to a path; give the number of files."""
    return gather(source, path).copy(target)


def copy_plain(path: str, target: str) -> int:
    """Copy a file, or the files of a directory, as `get` does; what they are for does not come along, as in DVC."""
    folder, name = (path, None) if os.path.isdir(path) else os.path.split(path)
    try:
        names = scan(folder).paths() if name is None else [name]
    except OSError as error:
        raise TransferError(f"cannot read '{error.filename}': {error.strerror}") from error
    return Gathered((_Files(DiskSide(folder, {}), "", names),), name).copy(target)


def target_path(path: str, out: str | None, directory: str, *, force: bool, half: Collection[str] = ()) -> str:
    """Where a download goes: `out`, or into it if it is a directory, else the path's own name; all from `directory`.

    What killed downloads left beside it is taken away.  half: where they left something, absolute; it may be replaced.
    Raises TargetError if something is there and force is not.
    """
    name = os.path.basename(os.path.normpath(path))
    target = os.path.normpath(os.path.join(directory, out or name))
    if out and os.path.isdir(target) and target not in half:
        target = os.path.join(target, name)
    clear_beside(target)
    shown = os.path.relpath(target, directory)
    if shown.endswith(".dvc") or os.path.basename(shown) == "dvc.yaml":
        raise TargetError(f"'{shown}' is the name of a metadata file", hint="choose another one with --out")
    if os.path.lexists(target) and not force and target not in half:
        raise TargetError(f"'{shown}' exists already", hint="use -f to replace it")
    return target


def storage_path(source: External, path: str) -> str:
    """Where the object of a tracked file or directory would be: at the remote, else in the cache of the repository.

    Raises MissingDependency if nothing tracks the path, NoRemote.
    """
    member, inside = source.member(source.inside(path))
    found, leaf = member.tracked.output(inside), member.leaf(inside)
    if found is None or leaf is None or leaf.oid is None:
        raise MissingDependency(
            f"'{path}' is no output of '{source.url}'", hint=f"`tiffin list {source.url} -R --dvc-only` shows those"
        )
    return member.storage(found[1]).path(leaf.oid)


def _file(member: Member, path: str, entry: Entry) -> Gathered:
    folder, name = posixpath.split(path)
    if entry.present:
        return Gathered((_Files(member.side, folder, [name]),), name)
    found = member.tracked.output(path)
    if found is None:
        raise MissingDependency(f"'{path}' is not there")
    if entry.oid is None:  # an import that was never downloaded
        return _chained(member, found[0])
    return Gathered((_Objects(member, *found, Table.from_rows([(name, entry.oid)])),), name)


def _missing_rows(member: Member, stage: Stage, out: Output, path: str, known: set[str]) -> list[_Files | _Objects]:
    """What an output holds at or below a directory, without what is known already; names relative to the directory."""
    prefix = f"{path}/" if path else ""
    if out.recorded is None or out.recorded.oid is None:
        return []
    if not out.recorded.is_dir:
        name = out.path.removeprefix(prefix)
        return [] if name in known else [_Objects(member, stage, out, Table.from_rows([(name, out.recorded.oid)]))]
    if path == out.path or path.startswith(f"{out.path}/"):
        rows = member.tracked.rows(stage, out, path)
    else:
        inner = out.path.removeprefix(prefix)
        rows = _NOTHING.replace_under(inner, member.tracked.rows(stage, out, out.path))
    left = rows.without([name for name in known if rows.find(name) >= 0]) if known else rows
    return [_Objects(member, stage, out, left)] if len(left) else []


def _chained(member: Member, stage: Stage) -> Gathered:
    if stage.origin is None:
        raise MissingObjects(f"{stage.label} records no content", hint="add or commit it in its repository")
    with member.following(stage) as source:
        return gather(source, stage.origin.path)

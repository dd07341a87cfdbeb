"""What a state of the repository tracks, file by file, and how two states differ.

Directories are compared by their listings, natively; Python sees what differs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Table
from tiffin.errors import ConfigError, MissingObjects
from tiffin.formats import Content
from tiffin.index import parents
from tiffin.objects import ObjectStore, is_dir
from tiffin.pipeline import Output, Project, Stage
from tiffin.repo._repo import Repo
from tiffin.repo.sync import remote_store

__all__ = ["Differences", "Entry", "Listings", "Tracked", "absent", "compare", "covers", "recorded", "seen", "touching"]

NOTHING = Table.from_rows([])


class Tracked(NamedTuple):
    """One output in one state.

    oid: None where nothing is recorded.  table: the files of a directory that was looked at; one that is only recorded
    has its listing in the cache or at the remote.  push: whether it goes to remotes.
    """

    path: str
    oid: str | None
    table: Table | None = None
    remote: str | None = None
    push: bool = True
    legacy: bool = False  # recorded by DVC 2

    @property
    def is_dir(self) -> bool:
        return self.oid is not None and is_dir(self.oid)


class Entry(NamedTuple):
    """A file, or a tracked directory as a whole: then its path ends with a slash."""

    path: str
    oid: str | None


class Differences(NamedTuple):
    """How a state became another.  unknown: files of the new one whose directory's old listing is nowhere."""

    added: list[Entry]
    deleted: list[Entry]
    modified: list[tuple[Entry, Entry]]
    renamed: list[tuple[Entry, Entry]]
    unknown: list[str]
    unchanged: list[str]


class Listings:
    """Directory listings by id: as the workspace has them, from the cache, or else from where they would be fetched."""

    def __init__(self, repo: Repo, looked_at: Iterable[Tracked] = ()) -> None:
        self._repo = repo
        self._known: dict[str | None, Table | None] = {
            tracked.oid: tracked.table for tracked in looked_at if tracked.table is not None
        }

    def of(self, tracked: Tracked) -> Table | None:
        """The files of a directory; None if its listing is nowhere.  A file has none."""
        oid = tracked.oid
        if oid is None or not tracked.is_dir:
            return NOTHING
        if oid not in self._known:
            here = _read(_kind(self._repo.store, tracked), oid)
            self._known[oid] = here if here is not None else self._fetched(oid, tracked)
        return self._known[oid]

    def _fetched(self, oid: str, tracked: Tracked) -> Table | None:
        try:
            return _read(_kind(remote_store(self._repo, tracked.remote), tracked), oid)
        except ConfigError:  # no remote, or none that can be asked
            return None


def _kind(store: ObjectStore, tracked: Tracked) -> ObjectStore:
    if not tracked.legacy:
        return store
    from tiffin.objects.legacy import legacy_store  # noqa: PLC0415 - for what DVC 2 wrote

    return legacy_store(store)


def _is_legacy(content: Content | None) -> bool:
    return content is not None and content.legacy and content.oid is not None


def _read(store: ObjectStore, oid: str) -> Table | None:
    try:
        return store.manifest(oid)
    except MissingObjects:
        return None


def recorded(project: Project) -> dict[str, Tracked]:
    """What the metadata of a project tracks, by path; outputs without a recorded content too."""
    return {
        out.path: Tracked(
            out.path, _recorded_id(stage, out), None, out.entry.remote, _pushed(stage, out), _is_legacy(out.recorded)
        )
        for stage in project.stages
        for out in stage.outs
        if out.entry.cache
    }


def _recorded_id(stage: Stage, out: Output) -> str | None:
    if _has_id(out) or not stage.is_import or _from_repository(stage):
        return out.recorded.oid if out.recorded else None
    # Imported without its data: what is known is what the source was.
    source = stage.deps[0].recorded
    return source.oid if source else None


def _pushed(stage: Stage, out: Output) -> bool:
    """What comes from elsewhere and is there still is not pushed."""
    return out.entry.push and not (stage.is_import and (_from_repository(stage) or not _has_id(out)))


def _has_id(out: Output) -> bool:
    return out.recorded is not None and out.recorded.oid is not None


def _from_repository(stage: Stage) -> bool:
    return "repo" in stage.deps[0].entry.extra


def seen(repo: Repo, state: Mapping[str, Tracked]) -> dict[str, Tracked]:
    """What the workspace holds where a state has outputs, by path; hashed as it was for the state."""
    old = [path for path, tracked in state.items() if tracked.legacy]
    looked = repo.workspace.look_many([path for path, tracked in state.items() if not tracked.legacy])
    looked |= repo.workspace.other.look_many(old) if old else {}
    return {
        path: Tracked(path, found.content.oid, found.table, legacy=found.content.legacy)
        for path, found in looked.items()
        if found is not None and found.content.oid is not None
    }


def covers(wanted: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path is one of those wanted or below one; nothing wanted is everything."""
    if not wanted:
        return lambda _path: True
    exact, above = set(wanted), tuple(f"{path}/" for path in wanted)
    return lambda path: path.startswith(above) or path.rstrip("/") in exact


def touching(state: Mapping[str, Tracked], wanted: Sequence[str]) -> dict[str, Tracked]:
    """The outputs at, below or above a wanted path; nothing wanted is everything."""
    inside = covers(wanted)
    above = {parent for path in wanted for parent in parents(path)}
    return {path: tracked for path, tracked in state.items() if inside(path) or path in above}


def absent(
    state: Mapping[str, Tracked], listings: Listings, store: ObjectStore | None, *, granular: bool
) -> list[Entry]:
    """What of a state is not in a store (None: there is none), in order.  granular: the files of directories too."""
    found = _missing([tracked for tracked in state.values() if not tracked.legacy], store)
    found += _missing([tracked for tracked in state.values() if tracked.legacy], store)
    for tracked in state.values() if granular else ():
        table = listings.of(tracked)
        if table is not None and len(table):
            present = _kind(store, tracked).present(table) if store is not None else [False] * len(table)
            if not all(present):
                found += _below(tracked.path, table.select([row for row, here in enumerate(present) if not here]))
    return sorted(found, key=_order)


def _missing(tracked: Sequence[Tracked], store: ObjectStore | None) -> list[Entry]:
    """All are in the same part of the store."""
    ids = [one.oid for one in tracked if one.oid]
    missing = set(ids) if store is None or not ids else set(_kind(store, tracked[0]).missing(ids))
    return [_entry(one) for one in tracked if one.oid in missing]


def compare(
    old: Mapping[str, Tracked],
    new: Mapping[str, Tracked],
    listings: Listings,
    *,
    wanted: Sequence[str] = (),
    granular: bool = True,
    unchanged: bool = False,
) -> Differences:
    """The differences at and below the wanted paths (none: everywhere), each list in order.

    granular: the files of directories too.  unchanged: list what is the same as well.
    """
    comparison = _Comparison(listings, granular=granular, unchanged=unchanged)
    for paths in _groups({*old, *new}):
        if len(paths) == 1:
            comparison.one(old.get(paths[0]), new.get(paths[0]))
        else:
            comparison.nested(paths, old, new)
    return _with_renames(_limited(comparison.found, covers(wanted)) if wanted else comparison.found)


class _Comparison:
    """Collects what differs; renames are found afterwards."""

    def __init__(self, listings: Listings, *, granular: bool, unchanged: bool) -> None:
        self.found = Differences([], [], [], [], [], [])
        self._listings = listings
        self._granular = granular
        self._unchanged = unchanged

    def one(self, before: Tracked | None, after: Tracked | None) -> None:
        """One output; None where the state does not have it."""
        self._whole(before, after)
        path = (before or after or Tracked("", None)).path
        if self._granular and not (before and after and before.oid == after.oid):
            self._files(path, self._table(before), self._table(after))
        elif self._granular and self._unchanged and before is not None:
            same = self._listings.of(before) or NOTHING
            self.found.unchanged.extend([f"{path}/{name}" for name in same.paths()])

    def nested(self, paths: Sequence[str], old: Mapping[str, Tracked], new: Mapping[str, Tracked]) -> None:
        """Outputs of one state that lie in an output of the other; the first path is above all others."""
        top = paths[0]
        for path in paths:
            sides = (old.get(path), new.get(path))
            if not self._granular or path == top or not _is_file(sides[0] or sides[1]):
                self._whole(*sides)
        if self._granular:
            parts = ([state[path] for path in paths if path in state] for state in (old, new))
            self._files(top, *(self._merged(top, side) for side in parts))

    def _whole(self, before: Tracked | None, after: Tracked | None) -> None:
        if before is None and after is not None:
            self.found.added.append(_entry(after))
        elif before is not None and after is None:
            self.found.deleted.append(_entry(before))
        elif before is not None and after is not None and before.oid != after.oid:
            self.found.modified.append((_entry(before), _entry(after)))
        elif before is not None and before.oid and self._unchanged:
            self.found.unchanged.append(_entry(before).path)

    def _files(self, path: str, old: Table | None, new: Table | None) -> None:
        if old is None or new is None:
            self.found.unknown.extend(entry.path for entry in _below(path, new or NOTHING))
            return
        changes = _native.diff(old, new)
        self.found.added.extend(_named(path, new, changes.added))
        self.found.deleted.extend(_named(path, old, changes.deleted))
        before, after = (_named(path, table, changes.modified) for table in (old, new))
        self.found.modified.extend(zip(before, after, strict=True))
        if self._unchanged and changes.same:
            same = new.without([*changes.added, *changes.modified])
            self.found.unchanged.extend(f"{path}/{name}" for name in same.paths())

    def _table(self, tracked: Tracked | None) -> Table | None:
        return NOTHING if tracked is None else self._listings.of(tracked)

    def _merged(self, top: str, parts: Sequence[Tracked]) -> Table | None:
        """The files of all parts, paths from `top`, without `top` itself; None if a listing is nowhere."""
        table = NOTHING
        for part in parts:
            inner = part.path.removeprefix(top).removeprefix("/")
            if _is_file(part):
                rows = NOTHING if part.path == top else Table.from_rows([(inner, part.oid or "")])
                table = table.merged(rows)
                continue
            listing = self._listings.of(part)
            if listing is None:
                return None
            table = table.replace_under(inner, listing)
        return table


def _is_file(tracked: Tracked | None) -> bool:
    return tracked is not None and tracked.oid is not None and not tracked.is_dir


def _groups(paths: Iterable[str]) -> Iterator[list[str]]:
    """The paths in order, each together with those below it."""
    group: list[str] = []
    for path in sorted(paths, key=_parts):
        if group and not path.startswith(f"{group[0]}/"):
            yield group
            group = []
        group.append(path)
    if group:
        yield group


def _parts(path: str) -> str:
    """Sorts as the parts of the path would, so that what is in a directory comes right after it."""
    return path.rstrip("/").replace("/", "\0")


def _order(entry: Entry) -> str:
    return _parts(entry.path)


def _entry(tracked: Tracked) -> Entry:
    return Entry(f"{tracked.path}/" if tracked.is_dir else tracked.path, tracked.oid)


def _below(directory: str, table: Table) -> list[Entry]:
    return [Entry(f"{directory}/{name}", oid) for name, oid in zip(table.paths(), table.oids(), strict=True)]


def _named(directory: str, table: Table, names: Sequence[str]) -> list[Entry]:
    return _below(directory, table.select([table.find(name) for name in names])) if names else []


def _limited(found: Differences, wanted: Callable[[str], bool]) -> Differences:
    return Differences(
        [entry for entry in found.added if wanted(entry.path)],
        [entry for entry in found.deleted if wanted(entry.path)],
        [pair for pair in found.modified if wanted(pair[0].path)],
        [],
        [path for path in found.unknown if wanted(path)],
        [path for path in found.unchanged if wanted(path)],
    )


def _with_renames(found: Differences) -> Differences:
    """What was deleted and added with the same bytes was renamed: the first of one to the first of the other."""
    deleted: dict[str | None, list[Entry]] = {}
    for entry in sorted(found.deleted, key=_order, reverse=True):
        deleted.setdefault(entry.oid, []).append(entry)
    added, renamed = [], []
    for entry in sorted(found.added, key=_order):
        same = deleted.get(entry.oid) if entry.oid else None
        if same:
            renamed.append((same.pop(), entry))
        else:
            added.append(entry)
    left = [entry for entries in deleted.values() for entry in entries]
    return Differences(
        added,
        sorted(left, key=_order),
        sorted(found.modified, key=lambda pair: _parts(pair[0].path)),
        renamed,
        found.unknown,
        found.unchanged,
    )

"""How two states of the repository differ.

Directories are compared by their listings, natively; Python sees what differs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Table
from tiffin.repo._states import NOTHING, Entry, Listings, Tracked, below, covers, sort_key

__all__ = ["Differences", "compare"]


class Differences(NamedTuple):
    """How a state became another.  unknown: files of the new one whose directory's old listing is nowhere."""

    added: list[Entry]
    deleted: list[Entry]
    modified: list[tuple[Entry, Entry]]
    renamed: list[tuple[Entry, Entry]]
    unknown: list[str]
    unchanged: list[str]


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
            self._files(path, *self._listings.both(before, after))
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
            self.found.added.append(after.entry)
        elif before is not None and after is None:
            self.found.deleted.append(before.entry)
        elif before is not None and after is not None and before.oid != after.oid:
            self.found.modified.append((before.entry, after.entry))
        elif before is not None and before.oid and self._unchanged:
            self.found.unchanged.append(before.entry.path)

    def _files(self, path: str, old: Table | None, new: Table | None) -> None:
        if old is None or new is None:
            self.found.unknown.extend(entry.path for entry in below(path, new or NOTHING))
            return
        changes = _native.diff(old, new)
        self.found.added.extend(_named(path, new, changes.added))
        self.found.deleted.extend(_named(path, old, changes.deleted))
        before, after = (_named(path, table, changes.modified) for table in (old, new))
        self.found.modified.extend(zip(before, after, strict=True))
        if self._unchanged and changes.same:
            same = new.without([*changes.added, *changes.modified])
            self.found.unchanged.extend(f"{path}/{name}" for name in same.paths())

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
    for path in sorted(paths, key=sort_key):
        if group and not path.startswith(f"{group[0]}/"):
            yield group
            group = []
        group.append(path)
    if group:
        yield group


def _named(directory: str, table: Table, names: Sequence[str]) -> list[Entry]:
    return below(directory, table.select([table.find(name) for name in names])) if names else []


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
    for entry in sorted(found.deleted, key=_by_path, reverse=True):
        deleted.setdefault(entry.oid, []).append(entry)
    added, renamed = [], []
    for entry in sorted(found.added, key=_by_path):
        same = deleted.get(entry.oid) if entry.oid else None
        if same:
            renamed.append((same.pop(), entry))
        else:
            added.append(entry)
    left = [entry for entries in deleted.values() for entry in entries]
    return Differences(
        added,
        sorted(left, key=_by_path),
        sorted(found.modified, key=lambda pair: sort_key(pair[0].path)),
        renamed,
        found.unknown,
        found.unchanged,
    )


def _by_path(entry: Entry) -> str:
    return sort_key(entry.path)

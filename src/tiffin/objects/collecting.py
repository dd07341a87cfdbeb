"""Taking out of a store what nothing names."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Ids, Table
from tiffin.errors import TransferError
from tiffin.fs.replacing import lives
from tiffin.objects._store import DIR_SUFFIX, ObjectStore, Progress, outcome_text

__all__ = ["Garbage", "Inventory", "Keep", "Swept", "find_garbage", "inventory", "remove_garbage", "stale_leftovers"]

_DONE, _GONE = 0, 2
_YOUNG = -4
_DAY_NS = 86_400 * 10**9
_NOTHING = Table.from_rows([])

# leftover := [name] ".tiffin-" pid ["-" counter ["-" sum]] ".tmp"   of this program; DVC's are 22 letters and ".tmp"
_LEFTOVER = re.compile(r"\.tiffin-([0-9]+)(?:-[0-9]+(?:-[0-9a-f]{8})?)?\.tmp\Z")
_FOREIGN_LEFTOVER = re.compile(r"\.?[0-9A-Za-z_-]{20,24}\.tmp\Z")


class Inventory(NamedTuple):
    """All that is in a store: objects by id without suffix, with their stats; others are paths of no objects."""

    files: Table
    listings: Table
    others: list[str]


class Keep(NamedTuple):
    """Ids of objects that stay.

    named: those that are in use.  spare: of these, those that are in another place too and need not stay here.
    always: those that stay even so.
    """

    named: Sequence[Ids]
    spare: Ids
    always: Sequence[Ids] = ()


class Garbage(NamedTuple):
    """Objects that nothing names and that are old enough to go; young: how many are not."""

    listings: Table
    files: Table
    young: int

    def __len__(self) -> int:
        return len(self.listings) + len(self.files)

    def size(self) -> int:
        """Bytes of all of them."""
        return self.listings.total_size() + self.files.total_size()

    def ids(self) -> Iterator[str]:
        """Their ids, those of listings first."""
        yield from (f"{oid}{DIR_SUFFIX}" for oid in self.listings.paths())
        yield from self.files.paths()


class Swept(NamedTuple):
    """Objects that were removed."""

    objects: int = 0
    bytes: int = 0


def inventory(store: ObjectStore, progress: Progress | None = None) -> Inventory:
    """Look at everything in a store, which need not be there.  Raises TransferError where it cannot be read."""
    if not os.path.isdir(store.root):
        return Inventory(_NOTHING, _NOTHING, [])
    if progress is not None:
        progress.expect(0, 0)
    try:
        found = _native.list_store(store.root, progress=progress)
    except OSError as error:
        raise TransferError(f"cannot read '{store.root}': {error.filename}: {error.strerror}") from error
    return Inventory(found.files, found.listings, found.others)


def find_garbage(found: Inventory, files: Keep, listings: Keep, *, before_ns: int) -> Garbage:
    """What is in the store and need not stay, and did not come, or change, at or after a time of the file system."""
    tables = (_unneeded(found.listings, listings), _unneeded(found.files, files))
    old = [_older(table, before_ns) for table in tables]
    return Garbage(old[0], old[1], sum(map(len, tables)) - sum(map(len, old)))


def remove_garbage(store: ObjectStore, garbage: Garbage, *, before_ns: int, progress: Progress | None = None) -> Swept:
    """Remove it, listings first: what is left after a kill is files that nothing names.

    An object that was stored again meanwhile stays.  Raises TransferError if some cannot be removed; the others are.
    """
    if progress is not None:
        progress.expect(len(garbage), 0)
    swept = Swept()
    for table, suffix in ((garbage.listings, DIR_SUFFIX), (garbage.files, "")):
        outcomes = _native.remove_objects(table, store.root, suffix=suffix, before_ns=before_ns, progress=progress)
        gone = [row for row, outcome in enumerate(outcomes) if outcome in (_DONE, _GONE)]
        swept = Swept(swept.objects + len(gone), swept.bytes + table.select(gone).total_size())
        failed = [row for row, outcome in enumerate(outcomes) if outcome not in (_DONE, _GONE, _YOUNG)]
        if failed:
            path = store.path(f"{table.path(failed[0])}{suffix}")
            more = f" (and {len(failed) - 1} more objects)" if len(failed) > 1 else ""
            raise TransferError(f"cannot remove '{path}': {outcome_text(outcomes[failed[0]])}{more}")
    return swept


def stale_leftovers(
    directory: str, names: Iterable[str], *, now_ns: int, before_ns: int, ours_only: bool = False
) -> list[str]:
    """Those of the names below a directory that are temporary files of processes that have ended.

    A process that cannot be seen may be on another machine: what it wrote must be older than `before_ns`, and where its
    number is in use again, or is not known, older than a day.
    """
    stale = []
    for name in names:
        if not name.endswith(".tmp"):
            continue
        ours = _LEFTOVER.search(name)
        if ours is None and (ours_only or not _FOREIGN_LEFTOVER.match(name.rpartition("/")[2])):
            continue
        try:
            changed_ns = os.lstat(f"{directory}/{name}").st_ctime_ns
        except OSError:
            continue
        ended = ours is not None and not lives(int(ours[1]))
        if changed_ns < (before_ns if ended else now_ns - _DAY_NS):
            stale.append(name)
    return stale


def _unneeded(table: Table, keep: Keep) -> Table:
    return _besides(table, [*keep.named, *keep.always]).merged(_besides(keep.spare.among(table), keep.always))


def _besides(table: Table, sets: Iterable[Ids]) -> Table:
    for ids in sets:
        table = ids.besides(table)
    return table


def _older(table: Table, before_ns: int) -> Table:
    if all(table.ctime_ns(row) < before_ns for row in range(len(table))):
        return table
    return table.select([row for row in range(len(table)) if table.ctime_ns(row) < before_ns])

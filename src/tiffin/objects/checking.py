"""Reading a store again: whether every object is what its name says."""

import os
from collections.abc import Iterable, Mapping, Sequence

from tiffin import _native
from tiffin._native import Ids, Table
from tiffin.errors import CorruptObject, MissingObjects, TiffinError
from tiffin.objects._store import DIR_SUFFIX, ObjectStore, Progress, is_dir, outcome_text
from tiffin.objects.collecting import Inventory
from tiffin.objects.legacy import LegacyStore

__all__ = ["OBJECT_MODE", "damaged", "incomplete", "quarantine", "repair", "sound", "writable"]

_DONE, _GONE, _CORRUPT = 0, 2, -2
_WRITE_BITS, _KIND_BITS, _LINK, OBJECT_MODE = 0o222, 0o170000, 0o120000, 0o444


def damaged(store: ObjectStore, found: Inventory, progress: Progress | None = None) -> dict[str, str]:
    """The objects that are not what their names say, or cannot be read: id -> why.  What has gone meanwhile is not."""
    if progress is not None:
        progress.expect(len(found.files) + len(found.listings), found.files.total_size() + found.listings.total_size())
    faults: dict[str, str] = {}
    for table, suffix in ((found.listings, DIR_SUFFIX), (found.files, "")):
        for oid, outcome in zip(table.paths(), _outcomes(store, table, suffix, progress), strict=True):
            if outcome not in (_DONE, _GONE):
                faults[f"{oid}{suffix}"] = outcome_text(outcome)
    return faults


def sound(store: ObjectStore, oids: Sequence[str]) -> set[str]:
    """Those of the ids, files or listings, whose objects are there and match."""
    found: set[str] = set()
    for suffix in ("", DIR_SUFFIX):
        bare = [oid.removesuffix(DIR_SUFFIX) for oid in oids if is_dir(oid) == bool(suffix)]
        table = Table.from_rows([(oid, oid) for oid in dict.fromkeys(bare)])
        outcomes = zip(table.paths(), _outcomes(store, table, suffix, None), strict=True)
        found.update(f"{oid}{suffix}" for oid, outcome in outcomes if outcome == _DONE)
    return found


def writable(found: Inventory) -> list[str]:
    """The ids of objects that somebody may write to, which stand for what they are only as long as nobody does."""
    loose = []
    for table, suffix in ((found.listings, DIR_SUFFIX), (found.files, "")):
        for row in range(len(table)):
            mode = table.mode(row)
            if mode & _WRITE_BITS and mode & _KIND_BITS != _LINK:
                loose.append(f"{table.path(row)}{suffix}")
    return loose


def incomplete(store: ObjectStore, found: Inventory, faults: Mapping[str, str]) -> dict[str, list[str]]:
    """Listings that name files whose objects are not in the store: id of the listing -> ids of these."""
    present = Ids()
    present.add(found.files)
    lacking: dict[str, list[str]] = {}
    for bare in found.listings.paths():
        oid = f"{bare}{DIR_SUFFIX}"
        if oid in faults:
            continue
        try:
            absent = present.besides(store.manifest(oid))
        except (CorruptObject, MissingObjects):
            continue  # it has changed or gone since it was read
        if len(absent):
            lacking[oid] = sorted({name for name in absent.oids() if name})
    return lacking


def quarantine(store: ObjectStore, oid: str, directory: str) -> str:
    """Move an object to a directory of the same file system, under a name of its own; give its new path."""
    os.makedirs(directory, exist_ok=True)
    path = f"{directory}/{oid}"
    number = 0
    while os.path.lexists(path):
        number += 1
        path = f"{directory}/{oid}.{number}"
    os.rename(store.path(oid), path)
    return path


def repair(
    oids: Iterable[str], store: ObjectStore, sources: Iterable[tuple[str, ObjectStore]]
) -> tuple[dict[str, str], list[tuple[str, TiffinError]]]:
    """Bring objects that a store lacks from the first source that has them unharmed; files before listings.

    Returns id -> the source's name, and the sources that could not be asked, each with its error.
    """
    repaired: dict[str, str] = {}
    failed: list[tuple[str, TiffinError]] = []
    wanted = list(oids)
    for name, source in sources:
        try:
            if not wanted or not source.reachable():
                continue
            for suffix in ("", DIR_SUFFIX):
                bare = [oid.removesuffix(DIR_SUFFIX) for oid in wanted if is_dir(oid) == bool(suffix)]
                if bare:
                    source.hand(bare, store, suffix)
        except TiffinError as error:
            failed.append((name, error))
        store.sync()
        here = sound(store, wanted)
        repaired.update((oid, name) for oid in wanted if oid in here)
        wanted = [oid for oid in wanted if oid not in here]
    return repaired, failed


def _outcomes(store: ObjectStore, table: Table, suffix: str, progress: Progress | None) -> Sequence[int]:
    """For each row of a table of ids what reading its object gave."""
    if not len(table) or not os.path.isdir(store.root):
        return [_GONE] * len(table)
    if suffix or not isinstance(store, LegacyStore):
        return _native.verify(table, store.root, suffix=suffix, progress=progress)
    files = _native.stat_files(store.root, [f"{oid[:2]}/{oid[2:]}" for oid in table.paths()])
    outcomes = {path.replace("/", ""): outcome for path, outcome in _native.legacy_hash_rows(files, store.root)}
    for path, oid in zip(files.paths(), files.oids(), strict=True):
        named = path.replace("/", "")
        outcomes.setdefault(named, _DONE if oid == named else _CORRUPT)
    return [outcomes.get(oid, _GONE) for oid in table.paths()]

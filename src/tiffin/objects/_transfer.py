"""Copying objects between stores, files before the listings that name them."""

from collections.abc import Sequence
from typing import NamedTuple

from tiffin._native import Ids, Table
from tiffin.errors import CorruptObject, TransferError
from tiffin.objects._store import DIR_SUFFIX, ObjectStore, Progress, file_ids, is_dir, outcome_text

__all__ = ["Closure", "Transferred", "closure", "transfer"]

ENOENT = 2


class Closure(NamedTuple):
    """All objects a set of ids stands for: the listings, then every file once."""

    directories: list[str]
    files: Ids
    unknown: list[str]  # listings that are in none of the stores asked


class Transferred(NamedTuple):
    """Files and listings that were copied, with the bytes of the files; `missing` were not at the source."""

    objects: int
    bytes: int
    missing: list[str]


def closure(oids: Sequence[str], *stores: ObjectStore) -> Closure:
    """Open the listings among `oids`, each from the first store that has it."""
    directories: list[str] = []
    unknown: list[str] = []
    files = Ids()
    files.add(file_ids(oids))
    stores[0].prefetch(oids)
    for oid in dict.fromkeys(filter(is_dir, oids)):
        listing = _find_manifest(oid, stores)
        if listing is None:
            unknown.append(oid)
            continue
        directories.append(oid)
        files.add(listing)
    return Closure(directories, files, unknown)


def transfer(
    oids: Sequence[str], source: ObjectStore, destination: ObjectStore, progress: Progress | None = None
) -> Transferred:
    """Copy what `destination` lacks of `oids` and of the files their listings name.

    Every object is checked against its id on the way.  A listing is published only once all its
    files are there and durable, so a listing at the destination means that the whole directory is.
    """
    whole = closure(oids, source, destination)
    files = _copy(whole.files, source, destination, "", progress)
    missing = set(files.missing)
    # Even if nothing was copied: an earlier transfer may have been killed before its sync.
    if files.objects or destination.missing(whole.directories):
        destination.sync()
    complete = [oid for oid in whole.directories if not _lacks(oid, missing, source, destination)]
    listings = _copy([oid.removesuffix(DIR_SUFFIX) for oid in complete], source, destination, DIR_SUFFIX, None)
    if listings.objects:
        destination.sync()
    return Transferred(files.objects + listings.objects, files.bytes, [*whole.unknown, *files.missing])


def _lacks(oid: str, missing: set[str], *stores: ObjectStore) -> bool:
    if not missing:
        return False
    listing = _find_manifest(oid, stores)
    return listing is None or any(name in missing for name in listing.oids())


def _find_manifest(oid: str, stores: Sequence[ObjectStore]) -> Table | None:
    for store in stores:
        if store.has(oid):
            return store.manifest(oid)
    return None


def _copy(
    oids: Sequence[str] | Ids, source: ObjectStore, destination: ObjectStore, suffix: str, progress: Progress | None
) -> Transferred:
    if not oids or not source.reachable():
        return Transferred(0, 0, list(oids))
    if progress is not None:
        progress.expect(len(oids), 0)
    try:
        done = source.hand(oids, destination, suffix, progress)
    except OSError as error:
        raise TransferError(f"cannot copy objects to {destination.root}: {error.strerror}") from error
    corrupt = [oid for oid, outcome in done.failed if outcome == -2]
    if corrupt:
        raise CorruptObject(
            f"object {corrupt[0]}{suffix} in {source.root} does not match its id; it was not copied",
            hint="remove it and add or fetch the data again",
        )
    failed = [(oid, outcome) for oid, outcome in done.failed if outcome != ENOENT]
    if failed:
        oid, outcome = failed[0]
        raise TransferError(f"cannot copy object {oid}{suffix} to {destination.root}: {outcome_text(outcome)}")
    return Transferred(done.objects, done.bytes, [oid for oid, _ in done.failed])

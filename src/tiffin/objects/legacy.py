"""The store of DVC 2, which 3.x repositories still read: objects at <2>/<30> of the cache itself.

An id is the MD5 of a file whose text has its CRLFs as LFs (native/hash/legacy.h), so an object must be hashed that way
to be checked.  Listings are as in 3.x.  See docs/formats/object-store.md.
"""

import os
from collections.abc import Sequence

from tiffin import _native
from tiffin._native import Ids, Table
from tiffin.errors import ConfigError, CorruptObject, MissingObjects, TransferError
from tiffin.objects._store import DIR_SUFFIX, ObjectStore, Progress, Received, Stored, outcome_text

__all__ = ["LegacyStore", "legacy_store"]

_CORRUPT = -2
_ENOENT = 2
_NOTHING = Table.from_rows([])

_Failed = Sequence[tuple[str, int]]


class LegacyStore(ObjectStore):
    """An ObjectStore whose ids are those of DVC 2; `root` is the cache directory, or the remote, itself."""

    def store(self, table: Table, root: str, links: Sequence[str], progress: Progress | None = None) -> Stored:  # noqa: ARG002 - the workspace keeps its files
        """Store the files of a table that are not here yet; fill in the table's missing ids."""
        if progress is not None:
            progress.expect(len(table), table.total_size())
        _raise_first("read", root, _native.legacy_hash_rows(table, root, threads=self.threads, progress=progress))
        absent = [row for row, here in enumerate(self.present(table)) if not here]
        _raise_first("store", root, _native.legacy_store_rows(table, absent, root, self.root))
        return Stored(len(absent), table.select(absent).total_size(), _NOTHING)

    def place(
        self,
        table: Table,
        rows: Sequence[int] | None,
        root: str,
        links: Sequence[str],
        *,
        executable: Sequence[int] = (),
        sound: Table | None = None,  # noqa: ARG002 - no object is believed unread
        fresh: bool = False,  # noqa: ARG002 - every file gets its name at the end
        progress: Progress | None = None,
    ) -> Table:
        """Put the objects of the rows (None: all) at root/path; every object is hashed on the way."""
        if not os.path.isdir(self.root):
            raise MissingObjects(f"there is no cache at {self.root}", hint="get the data with `tiffin fetch`")
        if progress is not None:
            progress.expect(len(table) if rows is None else len(rows), 0)
        failed = _native.legacy_place_rows(
            table, rows, root, self.root, links, executable=executable, progress=progress
        )
        _raise_first("write", root, [(path, outcome) for path, outcome in failed if outcome != _ENOENT])
        if failed:
            more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
            raise MissingObjects(f"'{failed[0][0]}'{more} not in the cache", hint="get the data with `tiffin fetch`")
        return _NOTHING

    def receive(
        self, oids: Sequence[str] | Ids, source: ObjectStore, suffix: str, progress: Progress | None = None
    ) -> Received:
        """Copy objects from another store of this kind, each checked on the way."""
        if suffix == DIR_SUFFIX:
            return super().receive(oids, source, suffix, progress)
        absent = self.missing(list(dict.fromkeys(oids)))
        failed = _native.legacy_transfer(absent, source.root, self.root, progress=progress)
        lost = {oid for oid, _ in failed}
        names = [f"{oid[:2]}/{oid[2:]}" for oid in absent if oid not in lost]
        return Received(len(names), _native.stat_files(self.root, names).total_size() if names else 0, failed)


def legacy_store(store: ObjectStore) -> LegacyStore:
    """The store of DVC 2 in the cache, or remote, that a store is in.  Raises ConfigError beyond the local disk."""
    if "://" in store.root:
        raise ConfigError(
            f"what DVC 2 pushed to {store.root} cannot be used: only local directories can be such remotes so far",
            hint="let `dvc` pull in this repository, then `tiffin cache migrate --dvc-files`",
        )
    found = LegacyStore(os.path.dirname(os.path.dirname(store.root)))
    found.threads = store.threads
    return found


def _raise_first(verb: str, root: str, failed: _Failed) -> None:
    if not failed:
        return
    path, outcome = failed[0]
    if outcome == _CORRUPT:
        raise CorruptObject(
            f"'{path}' was not written: its object does not match its id",
            hint="remove the object and get it again with `tiffin fetch`",
        )
    more = f" (and {len(failed) - 1} more files)" if len(failed) > 1 else ""
    raise TransferError(f"cannot {verb} '{root}/{path}': {outcome_text(outcome)}{more}")

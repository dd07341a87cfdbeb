"""The compiled half: tables of files, directory walks, hashing, the object store.

Paths are POSIX, as str (bytes that are not UTF-8 as surrogates); object ids are 32 hexadecimal
digits without suffix; times are in ns.  What loops releases the interpreter lock; long jobs take
`progress`, called about every 50 ms with files and bytes done, and `threads` (0: one per CPU the
process may use), and stop cleanly on Ctrl-C.

Outcomes of single files: 0 done, above 0 an errno, -1 changed while it was read, -2 bytes do not
match the id, -3 stopped before its turn, -4 too young to be removed.
"""

from tiffin._native._core import (
    Changes,
    Ids,
    Ignore,
    PlaceResult,
    StoreListing,
    StoreResult,
    Table,
    TransferResult,
    clock_ns,
    copy_files,
    diff,
    engine,
    find_metadirs,
    find_metafiles,
    hash_rows,
    legacy_hash_rows,
    legacy_place_rows,
    legacy_store_rows,
    legacy_transfer,
    link_works,
    list_store,
    md5,
    own_files,
    place_rows,
    present,
    put_object,
    remove_files,
    remove_objects,
    scan,
    stat_files,
    store_rows,
    sync_filesystem,
    transfer,
    verify,
)

__all__ = [
    "Changes",
    "Ids",
    "Ignore",
    "PlaceResult",
    "StoreListing",
    "StoreResult",
    "Table",
    "TransferResult",
    "clock_ns",
    "copy_files",
    "diff",
    "engine",
    "find_metadirs",
    "find_metafiles",
    "hash_rows",
    "legacy_hash_rows",
    "legacy_place_rows",
    "legacy_store_rows",
    "legacy_transfer",
    "link_works",
    "list_store",
    "md5",
    "own_files",
    "place_rows",
    "present",
    "put_object",
    "remove_files",
    "remove_objects",
    "scan",
    "stat_files",
    "store_rows",
    "sync_filesystem",
    "transfer",
    "verify",
]

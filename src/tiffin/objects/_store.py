"""One store of objects in a local directory: the cache, or a remote that is a directory."""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from tiffin import _native
from tiffin._native import Ids, Table
from tiffin.errors import CorruptObject, MissingObjects, TargetError, TransferError

__all__ = [
    "ObjectStore",
    "Progress",
    "Received",
    "Stored",
    "file_ids",
    "is_dir",
    "listing",
    "listing_id",
    "outcome_text",
]

DIR_SUFFIX = ".dir"
FOLDER = "files/md5"  # where a cache or a remote has its objects
# Below this many new objects each one is synced by itself; above, one syncfs is cheaper.
SYNC_ONE_BY_ONE = 16

CORRUPT = -2
OUTCOMES = {
    -1: "it kept changing while it was read",
    CORRUPT: "its bytes do not match its id",
    -3: "stopped",
}


class Progress(Protocol):
    """Is told how far a piece of work is, about twenty times a second."""

    def expect(self, files: int, size: int) -> None:
        """A piece of work of so many files and bytes begins; size 0: not known."""
        ...

    def __call__(self, files: int, size: int, /) -> None:
        """So many files and bytes of it are done."""
        ...


class Stored(NamedTuple):
    """What a batch added to a store: new objects and their bytes.

    sound: rows (id, id, stat) of new objects that the workspace is linked to.
    """

    objects: int
    bytes: int
    sound: Table


class Received(NamedTuple):
    """What a store took from another: new objects, their bytes, (id without suffix, outcome) of those that failed."""

    objects: int
    bytes: int
    failed: Sequence[tuple[str, int]]


def is_dir(oid: str) -> bool:
    """Whether the id is of a directory manifest."""
    return oid.endswith(DIR_SUFFIX)


def file_ids(oids: Iterable[str]) -> list[str]:
    """The ids that are not of manifests, in order."""
    return [oid for oid in oids if not is_dir(oid)]


def outcome_text(outcome: int) -> str:
    """One native outcome code in words."""
    return OUTCOMES.get(outcome) or os.strerror(outcome)


def listing(table: Table) -> bytes:
    """The body of the object that lists a directory.  Raises TargetError for a name that is not UTF-8."""
    with _names_must_be_text(table):
        return table.manifest()


def listing_id(table: Table) -> str:
    """The id of that object, without its body.  Raises TargetError for a name that is not UTF-8."""
    with _names_must_be_text(table):
        return table.manifest_id() + DIR_SUFFIX


@contextmanager
def _names_must_be_text(table: Table) -> Iterator[None]:
    try:
        yield
    except ValueError:
        names = [ascii(path) for path in table.paths() if not path.isascii() and not _is_text(path)]
        if not names:
            raise
        raise TargetError(f"the name of {names[0]} is not UTF-8, so it cannot be listed", hint="rename it") from None


def _is_text(name: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in name)


class ObjectStore:
    """Objects below `root` (such as .dvc/cache/files/md5), which need not exist yet."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)
        self.threads = 0  # that hash files; 0: one for each processor

    @classmethod
    def inside(cls, directory: str) -> "ObjectStore":
        """The store of a cache, or of a remote that is a directory."""
        return ObjectStore(f"{directory}/{FOLDER}")

    @property
    def is_local(self) -> bool:
        """Whether objects are files on this machine."""
        return "://" not in self.root

    def of_kind(self, *, legacy: bool) -> "ObjectStore":
        """This store, or the one of DVC 2 in the same cache or remote.  Raises ConfigError if that is far away."""
        if not legacy:
            return self
        from tiffin.objects.legacy import legacy_store  # noqa: PLC0415 - for what DVC 2 wrote

        return legacy_store(self)

    def path(self, oid: str) -> str:
        """Where the object lies, whether it is there or not."""
        return f"{self.root}/{oid[:2]}/{oid[2:]}"

    def has(self, oid: str) -> bool:
        return os.path.exists(self.path(oid))

    def missing(self, oids: Sequence[str], *, whole: bool = False) -> list[str]:
        """The ids, files or manifests, of which no object is here; in order.

        whole: one that is empty, as a power failure leaves it, counts as missing, too.
        """
        if not os.path.isdir(self.root):
            return list(oids)
        found: dict[str, bool] = {}
        for suffix in ("", DIR_SUFFIX):
            names = [oid for oid in oids if is_dir(oid) == bool(suffix)]
            if names:
                bare = [oid.removesuffix(DIR_SUFFIX) for oid in names]
                found.update(zip(names, _native.present(bare, self.root, suffix=suffix, whole=whole), strict=True))
        return [oid for oid in oids if not found[oid]]

    def lacks_any(self, table: Table, *, whole: bool = False) -> bool:
        """Whether the object of at least one row is not here; whole: as in `present`."""
        return not all(self.present(table, whole=whole))

    def present(self, table: Table, *, whole: bool = False) -> list[bool]:
        """For each row whether its object is here; whole: in the size the table knows, or else as in `missing`."""
        return _native.present(table, self.root, whole=whole) if os.path.isdir(self.root) else [False] * len(table)

    def keeps(self, oid: str | None, size: int | None) -> bool:
        """Whether the object is here, in that size (None or below 0: not known), so that a file of it may go.

        A power failure leaves empty objects where nobody waited for the disk.
        """
        try:
            found = os.stat(self.path(oid)).st_size if oid else -1
        except FileNotFoundError:
            return False
        return found >= 0 and (size is None or size < 0 or found == size)

    def manifest(self, oid: str) -> Table:
        """The rows (path, oid) of a directory.

        Raises MissingObjects, or CorruptObject when the bytes are not what the id says.
        """
        try:
            body = self._read(oid)
        except FileNotFoundError:
            raise MissingObjects(
                f"directory listing {oid} is not in {self.root}", hint="get it with `tiffin fetch`"
            ) from None
        if _native.md5(body) + DIR_SUFFIX != oid:
            raise CorruptObject(
                f"directory listing {oid} in {self.root} does not match its id",
                hint=f"remove {self.path(oid)} and get it again with `tiffin fetch`",
            )
        try:
            return Table.from_manifest(body)
        except ValueError as error:
            raise CorruptObject(f"directory listing {oid} in {self.root} cannot be read: {error}") from error

    def read(self, oid: str) -> bytes:
        """The bytes of an object, as they are.  Raises FileNotFoundError, and of a server TransferError."""
        return self._read(oid)

    def prefetch(self, oids: Sequence[str]) -> None:
        """Be told which listings will be asked for: here they are near."""

    def _read(self, oid: str) -> bytes:
        with open(self.path(oid), "rb") as file:
            return file.read()

    def put_manifest(self, table: Table) -> str:
        """Store the listing of a directory, durably; return its id."""
        _native.make_store(self.root)
        return _native.put_object(self.root, listing(table), suffix=DIR_SUFFIX) + DIR_SUFFIX

    def store(self, table: Table, root: str, links: Sequence[str], progress: Progress | None = None) -> Stored:
        """Store the files of a table that are not here yet; fill in the table's missing ids.

        The bytes are hashed while they are copied.  They are durable once `sync` returns.
        """
        _native.make_store(self.root)
        if progress is not None:
            progress.expect(len(table), table.total_size())
        result = _native.store_rows(table, root, self.root, links, threads=self.threads, progress=progress)
        if result.failed:
            raise _failure("store", [(f"{root}/{path}", outcome) for path, outcome in result.failed])
        return Stored(result.stored, result.bytes, result.sound)

    def receive(
        self, oids: Sequence[str] | Ids, source: "ObjectStore", suffix: str, progress: Progress | None = None
    ) -> Received:
        """Copy objects from another store, each checked against its id on the way; ids are without `suffix`."""
        done = _native.transfer(oids, source.root, self.root, suffix=suffix, progress=progress)
        return Received(done.copied, done.bytes, done.failed)

    def hand(
        self, oids: Sequence[str] | Ids, destination: "ObjectStore", suffix: str, progress: Progress | None = None
    ) -> Received:
        """Copy objects to another store, as its `receive` does."""
        return destination.receive(oids, self, suffix, progress)

    def reachable(self) -> bool:
        """Whether there is anything at all."""
        return os.path.isdir(self.root)

    def sync(self) -> None:
        """Make all objects stored so far durable."""
        if os.path.isdir(self.root):
            _native.sync_filesystem(self.root)

    def place(
        self,
        table: Table,
        rows: Sequence[int] | None,
        root: str,
        links: Sequence[str],
        *,
        executable: Sequence[int] = (),
        sound: Table | None = None,
        fresh: bool = False,
        progress: Progress | None = None,
    ) -> Table:
        """Put the objects of the rows (None: all) at root/path, replacing by rename what is there.

        fresh: root is empty, and nobody else's business yet.

        Every object is hashed on the way, but for links to those that `sound`, rows (id, id, stat), knows.
        Fills in the stat columns of the rows; returns rows as in `sound` of the objects that were linked.
        Raises CorruptObject when an object does not match its id and MissingObjects when objects are not
        here (the others are placed), TransferError for anything else.
        """
        if not os.path.isdir(self.root):
            raise MissingObjects(f"there is no cache at {self.root}", hint="get the data with `tiffin fetch`")
        if progress is not None:
            progress.expect(len(table) if rows is None else len(rows), 0)
        done = _native.place_rows(
            table, rows, root, self.root, links, executable=executable, sound=sound, fresh=fresh, progress=progress
        )
        failed = done.failed
        if not failed:
            return done.sound
        corrupt = [path for path, outcome in failed if outcome in (CORRUPT, errno.ELOOP)]
        if corrupt:
            raise self._corrupt(table.oid(table.find(corrupt[0])) or "", corrupt)
        absent = [path for path, outcome in failed if outcome == errno.ENOENT]
        if len(absent) == len(failed):
            raise MissingObjects(f"{_names(absent)} not in the cache", hint="get the data with `tiffin fetch`")
        raise _failure("write", [(f"{root}/{path}", outcome) for path, outcome in failed if outcome != errno.ENOENT])

    def _corrupt(self, oid: str, paths: Sequence[str]) -> CorruptObject:
        return CorruptObject(
            f"object {oid} in {self.root} does not match its id: {_names(paths)} not written",
            hint=f"repair it with `tiffin fsck`, or remove {self.path(oid)} and run `tiffin fetch`",
        )


def _names(paths: Sequence[str]) -> str:
    shown = ", ".join(f"'{path}'" for path in paths[:3])
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3} more"


def _failure(verb: str, failed: Sequence[tuple[str, int]]) -> TransferError:
    path, outcome = failed[0]
    more = f" (and {len(failed) - 1} more files)" if len(failed) > 1 else ""
    hint = "free some space, then run the command again" if outcome == 28 else None  # ENOSPC
    return TransferError(f"cannot {verb} '{path}': {outcome_text(outcome)}{more}", hint=hint)

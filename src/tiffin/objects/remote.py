"""A store of objects beyond the local disk, on any file system.  Apart: most commands never leave the machine."""

import errno
from collections.abc import Sequence
from io import BytesIO

from tiffin import _native
from tiffin._native import Ids, Table
from tiffin.fs.remote import FileSystem, Info, Wanted, download, infos, read, read_all, upload
from tiffin.objects._store import CORRUPT, DIR_SUFFIX, FOLDER, ObjectStore, Progress, Received, is_dir, listing

__all__ = ["RemoteStore"]

_STORED_MODE = 0o444

_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"  # the id of no bytes


class RemoteStore(ObjectStore):
    """An ObjectStore of a file system; requests go out many at a time, and no object is taken unhashed.

    `root` is a URL.  Listings are read once.  What is sent is there once its request is answered: nothing to sync.
    """

    def __init__(self, fs: FileSystem) -> None:
        super().__init__(fs.url(FOLDER))
        self.fs = fs
        self._listings: dict[str, bytes] = {}

    def has(self, oid: str) -> bool:
        """Whether the object is here."""
        return oid in self._listings or not self.missing([oid])

    def missing(self, oids: Sequence[str], *, whole: bool = False) -> list[str]:
        """The ids of which no object is here; in order.  whole: one that is empty, but not by its id, counts, too."""
        names = list(dict.fromkeys(oids))
        found = dict(zip(names, self._infos(names), strict=True))
        absent = {oid for oid, info in found.items() if info is None or (whole and info.size == 0 and oid != _EMPTY)}
        return [oid for oid in oids if oid in absent]

    def present(self, table: Table, *, whole: bool = False) -> list[bool]:
        """For each row whether its object is here."""
        absent = set(self.missing([oid for oid in table.oids() if oid], whole=whole))
        return [oid is not None and oid not in absent for oid in table.oids()]

    def keeps(self, oid: str | None, size: int | None) -> bool:
        """Whether the object is here, in that size."""
        (found,) = self._infos([oid]) if oid else (None,)
        return found is not None and (size is None or size < 0 or found.size in (None, size))

    def prefetch(self, oids: Sequence[str]) -> None:
        """Read listings that will be asked for."""
        wanted = [oid for oid in dict.fromkeys(oids) if is_dir(oid) and oid not in self._listings]
        bodies = read_all(self.fs, [_path(oid) for oid in wanted])
        self._listings.update({oid: body for oid, body in zip(wanted, bodies, strict=True) if body is not None})

    def put_manifest(self, table: Table) -> str:
        """Send the listing of a directory; return its id."""
        body = listing(table)
        oid = _native.md5(body) + DIR_SUFFIX
        self.fs.put(_path(oid), BytesIO(body), len(body))
        return oid

    def receive(
        self, oids: Sequence[str] | Ids, source: ObjectStore, suffix: str, progress: Progress | None = None
    ) -> Received:
        """Send objects of a local store; each is hashed before, because what is sent shows at once."""
        absent = self.missing([f"{oid}{suffix}" for oid in dict.fromkeys(oids)])
        bare = [oid.removesuffix(suffix) for oid in absent]
        outcomes = _native.verify(bare, source.root, suffix=suffix)
        failed = [(oid, outcome) for oid, outcome in zip(bare, outcomes, strict=True) if outcome]
        if any(outcome == CORRUPT for _, outcome in failed):
            return Received(0, 0, failed)
        lost = {oid for oid, _ in failed}
        sent = [oid for oid in bare if oid not in lost]
        names = [(source.path(oid + suffix), _path(oid + suffix)) for oid in sent]
        size = upload(self.fs, names, progress=progress)
        return Received(len(sent), size, failed)

    def hand(
        self, oids: Sequence[str] | Ids, destination: ObjectStore, suffix: str, progress: Progress | None = None
    ) -> Received:
        """Download objects into a local store, each hashed on the way and visible once it is right."""
        absent = destination.missing([f"{oid}{suffix}" for oid in dict.fromkeys(oids)])
        wanted = [Wanted(_path(oid), destination.path(oid), oid.removesuffix(suffix)) for oid in absent]
        got = download(self.fs, wanted, mode=_STORED_MODE, progress=progress)
        failed = [(oid.removesuffix(suffix), errno.ENOENT) for oid, file in zip(absent, got, strict=True) if not file]
        return Received(len(absent) - len(failed), sum(file.size for file in got if file), failed)

    def reachable(self) -> bool:
        """True: whoever asks finds out."""
        return True

    def sync(self) -> None:
        """Nothing to do."""

    def _read(self, oid: str) -> bytes:
        if oid not in self._listings:
            self._listings[oid] = read(self.fs, _path(oid))
        return self._listings[oid]

    def _infos(self, oids: Sequence[str]) -> list[Info | None]:
        return infos(self.fs, [_path(oid) for oid in oids])


def _path(oid: str) -> str:
    return f"{FOLDER}/{oid[:2]}/{oid[2:]}"

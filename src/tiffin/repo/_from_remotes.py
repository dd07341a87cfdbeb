"""Objects that the cache lacks, read where they would be fetched from: for who only looks."""

from tiffin import _native
from tiffin._native import Table
from tiffin.errors import ConfigError, CorruptObject, MissingObjects, TransferError
from tiffin.objects import ObjectStore
from tiffin.pipeline import Output
from tiffin.repo._repo import Repo
from tiffin.repo.sync import remote_store

__all__ = ["FromRemotes"]


class FromRemotes:
    """Nothing is put into the cache.  A remote that cannot be asked is not asked again."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._stores: dict[str | None, ObjectStore | None] = {}

    def read(self, out: Output, oid: str) -> bytes | None:
        """The bytes of an object; None where the output's remote lacks it, or has others under its name."""
        name, legacy = out.entry.remote, out.recorded is not None and out.recorded.legacy
        store = self._store(name)
        try:
            body = None if store is None else store.of_kind(legacy=legacy).read(oid)
        except FileNotFoundError:
            return None
        except TransferError:
            self._stores[name] = None
            return None
        # What DVC 2 stored is named by its text with other line ends.
        return body if body is not None and (legacy or _native.md5(body) == oid) else None

    def listing(self, out: Output, oid: str) -> Table | None:
        """The files of a directory; None where the output's remote has no good listing."""
        name, legacy = out.entry.remote, out.recorded is not None and out.recorded.legacy
        store = self._store(name)
        try:
            return None if store is None else store.of_kind(legacy=legacy).manifest(oid)
        except (MissingObjects, CorruptObject):
            return None
        except TransferError:
            self._stores[name] = None
            return None

    def _store(self, name: str | None) -> ObjectStore | None:
        if name not in self._stores:
            try:
                self._stores[name] = remote_store(self._repo, name)
            except (ConfigError, TransferError):  # no remote, or one that only DVC can use
                self._stores[name] = None
        return self._stores[name]

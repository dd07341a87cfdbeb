"""One DVC repository among the files of another one: what it tracks, and where its objects are."""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from tiffin._native import Table, md5
from tiffin.errors import CorruptObject, MissingObjects, NoRemote
from tiffin.objects import ObjectStore, transfer
from tiffin.objects import listing as manifest_body
from tiffin.pipeline import Output, Project, Stage, is_metafile
from tiffin.repo._repo import Repo
from tiffin.repo._sides import Side
from tiffin.repo._tracked import Leaf, TrackedPaths
from tiffin.repo.sync import remote_store

if TYPE_CHECKING:
    from tiffin.repo.external import External, Externals

__all__ = ["Member", "is_legacy", "is_rules", "passage"]


class Member:
    """Paths are from its root.  has_cache: whether its cache is on this machine."""

    def __init__(self, repo: Repo, side: Side, pool: "Externals", *, has_cache: bool) -> None:
        self.repo = repo
        self.side = side
        self._pool = pool
        self._has_cache = has_cache

    @cached_property
    def project(self) -> Project:
        return Project(self.side, self.repo.flags)

    @cached_property
    def tracked(self) -> TrackedPaths:
        return TrackedPaths(self.project.stages if self.side.is_repository() else (), self.listing)

    def leaf(self, path: str) -> Leaf | None:
        """What is tracked at a path, or below it; None also for what lies in a listing that cannot be had."""
        try:
            return self.tracked.info(path)
        except MissingObjects:
            return None

    def leaves(self, path: str) -> dict[str, Leaf]:
        """What is tracked in a directory, by name; {} also where the listing cannot be had."""
        try:
            return dict(self.tracked.ls(path))
        except MissingObjects:
            return {}

    def is_below_file(self, path: str) -> bool:
        """Whether a directory that should hold the path is a file."""
        folder = path
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            info = self.side.info(folder)
            if info is not None:
                return not info.is_dir
        return False

    def listing(self, stage: Stage, out: Output) -> Table:
        """The files of an output that is a directory.  Raises MissingObjects."""
        oid = (out.recorded.oid if out.recorded else None) or ""
        for store in self.stores(out) if oid else ():
            if store.has(oid):
                return store.manifest(oid)
        rows = self._chained_rows(stage)
        if rows is not None and f"{md5(manifest_body(rows))}.dir" == oid:
            return rows
        raise MissingObjects(
            f"the listing of '{out.path}' ({oid or 'not recorded'}) is neither in the cache nor at the remote of "
            f"{stage.label}",
            hint="push it from the repository that has it",
        )

    def stores(self, out: Output) -> Iterator[ObjectStore]:
        """Where the objects of an output may be, the nearest first."""
        legacy = is_legacy(out)
        if self._has_cache:
            yield self.repo.store.of_kind(legacy=legacy)
        try:
            yield remote_store(self.repo, out.entry.remote).of_kind(legacy=legacy)
        except NoRemote:
            return

    def fetch(self, stage: Stage, out: Output, oids: Sequence[str], store: ObjectStore) -> None:
        """Copy objects of files of an output into a store.  Raises MissingObjects if they are nowhere."""
        wanted = store.missing(list(dict.fromkeys(oids)))
        for near in self.stores(out):
            if not wanted:
                return
            try:
                wanted = transfer(wanted, near, store, self._pool.progress).missing
            except CorruptObject:
                # Another place may have it as it should be; what was copied until then is sound.
                wanted = store.missing(wanted)
        if wanted and stage.origin is not None:
            from tiffin.repo.gathering import gather  # noqa: PLC0415 - it needs what is here

            with self.following(stage) as source:
                gather(source, stage.origin.path).store(store, self._pool.progress)
            wanted = store.missing(wanted)
        if wanted:
            raise MissingObjects(
                f"{len(wanted)} object(s) of '{out.path}' are neither in the cache nor at the remote of its "
                f"repository: {', '.join(wanted[:3])}",
                hint="push them from the repository that has them",
            )

    def _chained_rows(self, stage: Stage) -> Table | None:
        """What an import lists in the repository it comes from."""
        if stage.origin is None:
            return None
        with self.following(stage) as source:
            member, inside = source.member(source.inside(stage.origin.path))
            found = member.tracked.output(inside)
            return None if found is None else member.tracked.rows(*found, inside)

    def storage(self, out: Output) -> ObjectStore:
        """Where the objects of an output would be downloaded from: the remote, else the cache.  Raises NoRemote."""
        stores = list(self.stores(out))
        if not stores:
            remote_store(self.repo, out.entry.remote)
        return stores[-1]

    def following(self, stage: Stage) -> AbstractContextManager["External"]:
        """The repository an import of this one comes from, at the commit it was imported from."""
        source: Mapping[str, Any] = stage.origin.extra["repo"] if stage.origin is not None else {}
        return self._pool.following(source, f"{self.repo.root}/{stage.wdir}", self.repo.root)

    # What `params` and `metrics` read

    def read(self, path: str) -> bytes:
        """The bytes of a file, be it in Git, on disk or an object.  Raises FileNotFoundError."""
        with self.open(path) as file:
            return file.read()

    def open(self, path: str) -> BinaryIO:
        """A file's bytes, as a stream.  Raises FileNotFoundError, IsADirectoryError."""
        info = self.side.info(path)
        if info is None:
            return self._open_object(path)
        if info.is_dir:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        return self.side.open(path)

    def files(self, directory: str) -> list[str] | None:
        """The files below a directory, sorted; None if it is no directory.  Metadata files do not count."""
        info, leaf = self.side.info(directory), self.leaf(directory)
        if not (info.is_dir if info else leaf is not None and leaf.is_dir):
            return None
        prefix = f"{directory}/" if directory else ""
        present = [f"{prefix}{name}" for name in self.side.paths(directory)] if info else []
        return sorted({path for path in present if not is_rules(path)} | set(self.tracked_paths(directory)))

    def tracked_paths(self, directory: str) -> list[str]:
        """The tracked files at or below a path, as far as their listings can be had."""
        found = []
        above = self.tracked.output(directory) if directory else None
        for stage, out in [above] if above else self.tracked.below(directory):
            if out.recorded is None or not out.recorded.is_dir:
                found.append(out.path)
                continue
            base = directory if above else out.path
            try:
                rows = self.tracked.rows(stage, out, base)
            except MissingObjects:
                continue
            found += [f"{base}/{name}" for name in rows.paths()]
        return found

    def _open_object(self, path: str) -> BinaryIO:
        found = self.tracked.output(path)
        leaf = self.leaf(path)
        if found is None or leaf is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if leaf.is_dir:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        for store in self.stores(found[1]):
            # A store elsewhere has no files here.
            if store.is_local and store.has(leaf.oid or ""):
                return open(store.path(leaf.oid or ""), "rb")
        return self._open_fetched(*found, leaf.oid or "")

    def _open_fetched(self, stage: Stage, out: Output, oid: str) -> BinaryIO:
        from tempfile import TemporaryDirectory  # noqa: PLC0415 - 5 ms that few commands need

        with TemporaryDirectory(prefix="tiffin-") as directory:
            store = passage(directory, out)
            self.fetch(stage, out, [oid], store)
            return open(store.path(oid), "rb")  # the bytes stay until it is closed


def is_legacy(out: Output) -> bool:
    """Whether DVC 2 recorded an output."""
    return out.recorded is not None and out.recorded.oid is not None and out.recorded.legacy


def passage(directory: str, out: Output) -> ObjectStore:
    """A store below a directory for objects of an output that only pass through."""
    return ObjectStore.inside(directory).of_kind(legacy=is_legacy(out))


def is_rules(path: str) -> bool:
    """Whether a file belongs to the repository and not to its data: .dvc files, dvc.yaml, .dvcignore."""
    return is_metafile(path) or path.rpartition("/")[2] == ".dvcignore"

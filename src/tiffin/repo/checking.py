"""Checking every object, and repairing what is harmed: `fsck`."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Ids
from tiffin.errors import ConfigError, CorruptObject, MissingObjects, TiffinError, TransferError
from tiffin.objects import ObjectStore, is_dir
from tiffin.objects.checking import OBJECT_MODE, damaged, incomplete, quarantine, repair, sound, writable
from tiffin.objects.collecting import Inventory, inventory, stale_leftovers
from tiffin.repo._leftovers import remove_project_leftovers
from tiffin.repo._repo import Repo
from tiffin.repo.sync import remote_store

__all__ = ["Checked", "Harmed", "fsck"]

_NS = 10**9
_LEFTOVER_S = 3600


class Harmed(NamedTuple):
    """An object whose bytes are not what its name says, or cannot be read.

    path: where it lay; why; repaired_from: "cache" or the remote its bytes came from; quarantine: where its old bytes
    are now, None while nothing was done; tracked: the paths of the workspace that need it.
    """

    oid: str
    path: str
    why: str
    repaired_from: str | None = None
    quarantine: str | None = None
    tracked: Sequence[str] = ()


class Checked(NamedTuple):
    """What was found in one store.

    root: its directory.  writable: ids of objects that were not read-only.  incomplete: id of a listing -> ids that it
    names and that are not there; completed: those of them that were brought.  strangers: paths of what is no object.
    leftovers: of temporary files of processes that have ended.  essential: whether an incomplete listing is a fault
    here, and not just data that nobody has fetched.
    """

    root: str
    objects: int
    bytes: int
    harmed: Sequence[Harmed]
    writable: Sequence[str]
    incomplete: Mapping[str, Sequence[str]]
    completed: Sequence[str]
    strangers: Sequence[str]
    leftovers: Sequence[str]
    essential: bool

    @property
    def sound(self) -> bool:
        """Whether nothing was wrong, repaired or not."""
        return not (self.harmed or self.writable or (self.essential and self.incomplete))


def fsck(
    repo: Repo,
    *,
    cloud: bool = False,
    remote: str | None = None,
    dry: bool = False,
    warn: Callable[[str], None] = lambda _text: None,
) -> list[Checked]:
    """Read all objects of the cache, or with `cloud` of a remote that is a directory, and compare them with their ids.

    What does not match is moved aside, and brought again from `remote` (None: from all remotes); a remote is repaired
    from the cache first.  dry: nothing is changed.  Objects are read without a lock; what is to be changed is looked at
    again under it.
    """
    base = _remote_directory(repo, remote) if cloud else repo.cache_directory
    if remote is not None:
        repo.config.remote(remote)  # a misspelled one is an error even where nothing has to be repaired
    checked = []
    for legacy in (False, True):
        store = ObjectStore.inside(base).of_kind(legacy=legacy)
        found = inventory(store, repo.progress)
        checker = _Checker(repo, store, base, found, cloud=cloud)
        checked.append(checker.report() if dry else checker.mend(remote, warn))
    if not (dry or cloud):
        with repo.lock, suppress(TiffinError):
            removed = remove_project_leftovers(repo)
            checked[0] = checked[0]._replace(leftovers=[*checked[0].leftovers, *removed])
    return checked


class _Checker:
    """One store."""

    def __init__(self, repo: Repo, store: ObjectStore, base: str, found: Inventory, *, cloud: bool) -> None:
        self._repo = repo
        self._store = store
        self._base = base
        self._found = found
        self._cloud = cloud
        self._faults = damaged(store, found, repo.progress)
        self._writable = [oid for oid in writable(found) if oid not in self._faults]
        self._incomplete = incomplete(store, found, self._faults)
        self._leftovers = _leftovers(store.root, found.others)

    def report(self) -> Checked:
        """What was found, nothing changed."""
        tracked = self._tracked()
        harmed = [
            Harmed(oid, self._store.path(oid), why, tracked=tracked.get(oid, ())) for oid, why in self._faults.items()
        ]
        return self._checked(harmed, completed=())

    def mend(self, remote: str | None, warn: Callable[[str], None]) -> Checked:
        """What was found, repaired as far as it can be."""
        with self._repo.lock:
            aside = self._set_aside()
            wanted = [*aside, *self._missing()] if self._cloud else list(aside)
            repaired, failed = repair(wanted, self._store, self._sources(remote)) if wanted else ({}, [])
            for oid in self._writable:
                self._protect(oid)
            for name in self._leftovers:
                with suppress(OSError):
                    os.unlink(f"{self._store.root}/{name}")
        for name, error in failed:
            warn(f"'{name}' could not be asked: {error.message}")
        tracked = self._tracked()
        harmed = [
            Harmed(oid, self._store.path(oid), self._faults[oid], repaired.get(oid), path, tracked.get(oid, ()))
            for oid, path in aside.items()
        ]
        return self._checked(harmed, completed=[oid for oid in repaired if oid not in aside])

    def _checked(self, harmed: Sequence[Harmed], *, completed: Sequence[str]) -> Checked:
        tables = (self._found.files, self._found.listings)
        leftovers = set(self._leftovers)
        legacy = self._store.root == self._base
        return Checked(
            root=self._store.root,
            objects=sum(map(len, tables)),
            bytes=sum(table.total_size() for table in tables),
            harmed=harmed,
            writable=self._writable,
            incomplete=self._incomplete,
            completed=completed,
            # Beside the objects of DVC 2 lie those of DVC 3, runs and more.
            strangers=[name for name in self._found.others if name not in leftovers and not legacy],
            leftovers=self._leftovers,
            essential=self._cloud,
        )

    def _set_aside(self) -> dict[str, str]:
        """Move what is harmed, still, to quarantine: id -> its new path."""
        mended = sound(self._store, list(self._faults))
        aside = {}
        for oid in [oid for oid in self._faults if oid not in mended]:
            try:
                aside[oid] = quarantine(self._store, oid, f"{self._base}/tiffin/quarantine")
            except FileNotFoundError:
                continue  # somebody removed it: what is not there harms nobody
            except OSError as error:
                raise TransferError(f"cannot move '{self._store.path(oid)}' aside: {error.strerror}") from error
        return aside

    def _missing(self) -> list[str]:
        return list(dict.fromkeys(name for names in self._incomplete.values() for name in names))

    def _protect(self, oid: str) -> None:
        try:
            os.chmod(self._store.path(oid), OBJECT_MODE)
        except FileNotFoundError:
            return
        except OSError as error:
            raise TransferError(f"cannot make '{self._store.path(oid)}' read-only: {error.strerror}") from error

    def _sources(self, remote: str | None) -> Iterator[tuple[str, ObjectStore]]:
        """Where objects may be had, unless it is the store itself."""
        repo = self._repo
        legacy = self._store.root == self._base
        if self._cloud:
            yield "cache", repo.store.of_kind(legacy=legacy)
        names = [remote] if remote is not None and not self._cloud else list(repo.config.remotes)
        for name in names:
            try:
                store = remote_store(repo, name).of_kind(legacy=legacy)
            except ConfigError:
                continue
            if store.root != self._store.root:
                yield name, store

    def _tracked(self) -> dict[str, list[str]]:
        """The workspace's tracked paths by the id of the harmed object that they need."""
        harmed = set(self._faults)
        ids = Ids()
        ids.add([oid for oid in harmed if not is_dir(oid)])
        found: dict[str, list[str]] = {}
        for out in [out for stage in self._repo.project.stages for out in stage.outs] if harmed else ():
            oid = (out.recorded and out.recorded.oid) or ""
            if oid in harmed:
                found.setdefault(oid, []).append(out.path)
            if is_dir(oid):
                with suppress(CorruptObject, MissingObjects):
                    rows = ids.among(self._store.manifest(oid))
                    for name, inner in zip(rows.oids(), rows.paths(), strict=True):
                        found.setdefault(name or "", []).append(f"{out.path}/{inner}")
        return found


def _remote_directory(repo: Repo, name: str | None) -> str:
    settings = repo.config.remote(name)
    if settings.scheme:
        raise ConfigError(
            f"remote '{settings.name}' is at {settings.url}: only directories can be checked",
            hint="`tiffin fetch` checks all that it downloads",
        )
    return settings.url.rstrip("/") or "/"


def _leftovers(root: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    try:
        now_ns = _native.clock_ns(root)
    except OSError:
        return []
    return stale_leftovers(root, names, now_ns=now_ns, before_ns=now_ns - _LEFTOVER_S * _NS)

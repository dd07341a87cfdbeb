"""What `gc` must leave, place by place."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tiffin import _native
from tiffin._native import Table
from tiffin.errors import ConfigError, ScopeUnreadable, TiffinError, TransferError
from tiffin.objects import ObjectStore
from tiffin.objects.collecting import Keep, inventory
from tiffin.repo._neighbours import Neighbour
from tiffin.repo._repo import Repo
from tiffin.repo._sharing import Sharing
from tiffin.repo._used import FILES, LISTINGS, Named, Scope, Unreadable, collect
from tiffin.scm import find_git_root

__all__ = ["GRACE_S", "Kept", "Place", "Request"]

# Where writers cannot be kept out, because they may be programs on other machines: objects this young stay.
GRACE_S = 3600.0
LATEST_NS = (1 << 63) - 1
NS = 10**9


class Request(NamedTuple):
    """What `gc` was asked for.

    projects: directories of others whose objects stay, beside those that are known to share the cache.  cloud: collect
    at the remote as well.  not_in_remote: of what is named, keep only what the remote lacks.  skip_failed: go on where
    it cannot be told what is in use.  grace: objects younger than so many seconds stay; None: none in a cache that only
    this project uses, GRACE_S in a shared one and at a remote.
    """

    scope: Scope
    projects: Sequence[str] = ()
    cloud: bool = False
    not_in_remote: bool = False
    remote: str | None = None
    skip_failed: bool = False
    grace: float | None = None
    dry: bool = False


class Place(NamedTuple):
    """A store, what has to stay in it, and the times by its file system's clock: of objects that may go, and now."""

    kind: str  # repo, legacy (objects of DVC 2), remote
    store: ObjectStore
    files: Keep
    listings: Keep
    before_ns: int
    now_ns: int


class Kept:
    """What a project and its neighbours need.  Raises ScopeUnreadable if that cannot be told, unless skip_failed."""

    def __init__(
        self, repo: Repo, request: Request, neighbours: Sequence[Neighbour], warn: Callable[[str], None]
    ) -> None:
        self._repo = repo
        self._request = request
        self._warn = warn
        self._named = [self._by_remote(repo, request.scope, request.remote)]
        self._always: list[Named] = []  # whether a remote has it or not
        for other, asked_for in neighbours:
            if asked_for:
                self._named.append(self._by_remote(other, request.scope, request.remote))
                continue
            self._always += self._collected(other, _elsewhere(other, request.scope), None).values()
            warn(f"what '{other.root}' needs stays: it shares the cache")

    def places(self) -> Iterator[Place]:
        """The stores to collect in."""
        directory = self._repo.cache_directory
        shared = self._repo.shares_cache or Sharing(directory).in_use()
        before_ns, now_ns = self._times(directory, shared=shared)
        named = [one for by_remote in self._named for one in by_remote.values()]
        spare = self._at_remotes() if self._request.not_in_remote else Named()
        yield Place("repo", self._repo.store, *self._keep(named, spare), before_ns, now_ns)
        old = self._repo.store.of_kind(legacy=True)
        yield Place("legacy", old, *self._keep(named, spare, legacy=True), before_ns, now_ns)
        for remote in self._remotes() if self._request.cloud else ():
            before_ns, now_ns = self._times(remote, shared=True)
            here = self._belonging_to(remote)
            for legacy in (False, True):
                store = ObjectStore.inside(remote).of_kind(legacy=legacy)
                yield Place("remote", store, *self._keep(here, Named(), legacy=legacy), before_ns, now_ns)

    def _by_remote(self, repo: Repo, scope: Scope, remote: str | None) -> dict[str, Named]:
        """What is named, by the directory of the remote; "" for the default one."""
        collected = self._collected(repo, scope, remote)
        if not (self._request.cloud or self._request.not_in_remote):
            return {str(number): named for number, named in enumerate(collected.values())}
        return {"" if name is None else _directory(repo, name): named for name, named in collected.items()}

    def _collected(self, repo: Repo, scope: Scope, remote: str | None) -> Mapping[str | None, Named]:
        try:
            found, unreadable = collect(repo, scope, remote=remote, warn=self._warn)
        except TiffinError as failure:
            if repo is self._repo:
                raise
            found, unreadable = {}, [Unreadable("workspace", failure)]
        where = "" if repo is self._repo else f" of '{repo.root}'"
        for state, error in unreadable:
            if not self._request.skip_failed:
                raise ScopeUnreadable(
                    f"nothing was removed: what {_shown(state)}{where} needs cannot be told: {error.message}",
                    hint="repair it, or go on without it by --skip-failed",
                ) from error
            self._warn(f"Failed to collect '{state}'{where}, skipping: {error.message}")
        return found

    def _remotes(self) -> list[str]:
        """The directories of the remotes: the one of the command, then those that outputs name."""
        others = (remote for by_remote in self._named for remote in by_remote if remote)
        return list(dict.fromkeys([_directory(self._repo, self._request.remote), *others]))

    def _belonging_to(self, remote: str) -> list[Named]:
        names = {remote, ""} if remote == self._remotes()[0] else {remote}
        return [named for by_remote in self._named for name, named in by_remote.items() if name in names]

    def _at_remotes(self) -> Named:
        """What is named and is at its remote, as large there as here: a torn copy is none."""
        found = Named()
        here = inventory(self._repo.store)
        for remote in self._remotes():
            for legacy in (False, True):
                there = inventory(ObjectStore.inside(remote).of_kind(legacy=legacy))
                for kind, table, known in ((FILES, there.files, here.files), (LISTINGS, there.listings, here.listings)):
                    sound = _as_large(table, known)
                    for named in self._belonging_to(remote):
                        found.add_common(named, kind, sound)
        return found

    def _keep(self, named: Sequence[Named], spare: Named, *, legacy: bool = False) -> tuple[Keep, Keep]:
        files, listings = (
            Keep(
                [one.of(kind, legacy=legacy) for one in named],
                spare.of(kind, legacy=legacy),
                [one.of(kind, legacy=legacy) for one in self._always],
            )
            for kind in (FILES, LISTINGS)
        )
        return files, listings

    def _times(self, directory: str, *, shared: bool) -> tuple[int, int]:
        if not os.path.isdir(directory):
            return LATEST_NS, LATEST_NS
        try:
            now_ns = _native.clock_ns(directory)
        except OSError as error:
            raise TransferError(f"cannot write to '{directory}': {error.strerror}") from error
        grace = self._request.grace
        grace_s = grace if grace is not None else GRACE_S if shared else 0.0
        return now_ns + 1 - int(grace_s * NS), now_ns


def _elsewhere(repo: Repo, scope: Scope) -> Scope:
    """The scope in a project that was not asked for: names of commits are not meant for it."""
    if repo.config.flag("core.no_scm") or find_git_root(repo.root) is None:
        return Scope()
    return scope._replace(revisions=scope.revisions._replace(names=()))


def _directory(repo: Repo, name: str | None) -> str:
    settings = repo.config.remote(name)
    if settings.scheme:
        raise ConfigError(
            f"remote '{settings.name}' is at {settings.url}: `gc` works in directories only so far",
            hint="nothing was removed; without --cloud and --not-in-remote it collects the cache alone",
        )
    if settings.options.get("version_aware") or settings.options.get("worktree"):
        raise ConfigError(f"remote '{settings.name}' keeps versions by itself, so there is nothing to collect")
    return settings.url.rstrip("/") or "/"


def _as_large(table: Table, known: Table) -> Table:
    """The rows whose size is that of the same object in `known`, or that it lacks."""
    sizes = dict(zip(known.paths(), known.sizes(), strict=True))
    rows = enumerate(zip(table.paths(), table.sizes(), strict=True))
    return table.select([row for row, (oid, size) in rows if sizes.get(oid, size) == size])


def _shown(state: str) -> str:
    return "the workspace" if state == "workspace" else f"commit '{state}'"

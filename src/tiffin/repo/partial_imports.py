"""Imports from a URL whose data was left there (`--no-download`): what `fetch` and `pull` do about them.

    <cache>/tiffin/imports/<2 hex>/<30 hex> := id " " size; the name is the MD5 of the JSON [url, checksum]

As in DVC the .dvc file does not change.  So that the next `pull` need not download again, the cache remembers what was
at a URL with a checksum; a line that is lost costs a download.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

from tiffin import _native
from tiffin.errors import MissingDependency
from tiffin.formats.values import Content
from tiffin.fs import write_atomically
from tiffin.objects import closure
from tiffin.pipeline import Dependency, Stage, same
from tiffin.repo._repo import Repo
from tiffin.repo.importing_url import obtain, place_of
from tiffin.repo.places import Place, content_at

__all__ = ["FetchedUrls", "fetch_partial"]


class FetchedUrls(NamedTuple):
    """How many objects came, the URLs that have something else by now, and what the outputs hold."""

    objects: int = 0
    lost: tuple[str, ...] = ()
    partial: Mapping[str, Content] = {}


def fetch_partial(repo: Repo, stages: Iterable[Stage]) -> FetchedUrls:
    """Get the data of partial imports into the cache, as long as it is what was noted.  Raises TransferError."""
    objects, lost, partial = 0, [], {}
    for stage in stages:
        dependency, output = stage.deps[0], stage.outs[0]
        content = _known(repo, dependency)
        if content is None:
            content = _obtained(repo, place_of(repo, stage), dependency)
            if content is None:
                lost.append(dependency.path)
                continue
            objects += len(closure([content.oid or ""], repo.store).files) + int(content.is_dir)
        partial[output.path] = content
    return FetchedUrls(objects, tuple(lost), partial)


def _obtained(repo: Repo, place: Place, dependency: Dependency) -> Content | None:
    """None if something else, or nothing, is there by now: then nothing is downloaded."""
    if place.local is not None:
        seen = repo.workspace.look(place.local)
        now = None if seen is None else seen.content
    else:
        now = content_at(place)
    if now is None or not same(now, dependency.recorded):
        return None
    try:
        found, stored = obtain(repo, place, repo.store)
    except MissingDependency:
        return None
    if not same(found, dependency.recorded):
        return None
    if place.local is None:
        write_atomically(_path(repo, dependency), f"{stored.oid} {stored.size}\n", durable=False)
    return stored


def _known(repo: Repo, dependency: Dependency) -> Content | None:
    """What the dependency holds, if the cache has it."""
    recorded = dependency.recorded
    if recorded is None:
        return None
    content = recorded._replace(isexec=False) if recorded.oid else _remembered(repo, dependency)
    if content is None or not content.oid:
        return None
    here = closure([content.oid], repo.store)
    return None if here.unknown or repo.store.missing([*here.directories, *here.files]) else content


def _remembered(repo: Repo, dependency: Dependency) -> Content | None:
    with suppress(OSError, ValueError), open(_path(repo, dependency), encoding="ascii") as file:
        oid, size = file.read().split()
        if len(oid) == 32 and oid.isalnum():
            return Content(oid, int(size))
    return None


def _path(repo: Repo, dependency: Dependency) -> str:
    checksum = dependency.recorded.extra.get("checksum") if dependency.recorded else None
    name = _native.md5(json.dumps([dependency.path, checksum]).encode())
    return f"{repo.cache_directory}/tiffin/imports/{name[:2]}/{name[2:]}"

"""Bringing what DVC 2 wrote to the form of 3.x: `cache migrate`."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from tiffin import _native
from tiffin.formats.values import Content
from tiffin.objects.legacy import LegacyStore, legacy_store
from tiffin.pipeline import Stage
from tiffin.pipeline.recording import LockWriter
from tiffin.repo._repo import Repo
from tiffin.repo.gitside import GitSide
from tiffin.repo.tracking import commit_stage

__all__ = ["Migrated", "count_legacy_objects", "legacy_stages", "migrate_objects", "migrate_stages"]


class Migrated(NamedTuple):
    """Stages that are in the form of 3.x now, and those that stay as they are because of data that is not here."""

    stages: list[Stage]
    kept: list[Stage]


def count_legacy_objects(repo: Repo) -> int:
    """Objects, listings among them, in the part of the cache that DVC 2 used."""
    files, listings = _objects(legacy_store(repo.store))
    return len(files) + len(listings)


def migrate_objects(repo: Repo) -> int:
    """Give every object of DVC 2 a second name, by MD5, where 3.x looks; return how many were not there yet.

    The bytes are shared by a hard link where the file system can.  Listings keep what they name.
    """
    with repo.lock:
        old = legacy_store(repo.store)
        files, listings = _objects(old)
        if not (files or listings):
            return 0
        bodies = _native.stat_files(old.root, files)
        # Links are tried without the workspace's setting: old and new are in one cache.
        stored = repo.store.store(bodies, old.root, ("hardlink", "copy"), repo.progress)
        new = repo.store.missing([name.replace("/", "") for name in listings])
        repo.store.sync()
        for oid in new:
            repo.store.put_manifest(old.manifest(oid))
        return stored.objects + len(new)


def legacy_stages(repo: Repo) -> list[Stage]:
    """The stages with an output, or a dependency that is no import, recorded by DVC 2."""
    return [stage for stage in repo.project.stages if _is_legacy(stage)]


def migrate_stages(repo: Repo, git: GitSide) -> Migrated:
    """Record all those stages anew, as the workspace is now, under ids of 3.x."""
    done = Migrated([], [])
    with repo.lock:
        with LockWriter(repo.root) as locks:
            for stage in legacy_stages(repo):
                if all(map(repo.workspace.exists, _needed(stage))):
                    commit_stage(repo, stage, locks, git, anew=True)
                    done.stages.append(stage)
                else:
                    done.kept.append(stage)
        git.changed(locks.written)
        repo.reload()
    return done


def _objects(store: LegacyStore) -> tuple[list[str], list[str]]:
    """Paths of files and of listings below the store."""
    if not os.path.isdir(store.root):
        return [], []
    found = _native.list_store(store.root)
    files, listings = ([oid for oid in table.oids() if oid] for table in (found.files, found.listings))
    return [f"{oid[:2]}/{oid[2:]}" for oid in files], [f"{oid[:2]}/{oid[2:]}.dir" for oid in listings]


def _is_legacy(stage: Stage) -> bool:
    recorded: Sequence[Content | None] = [out.recorded for out in stage.outs]
    if not stage.is_import:
        recorded = [*recorded, *(dep.recorded for dep in stage.deps)]
    return any(content is not None and content.legacy and content.oid for content in recorded)


def _needed(stage: Stage) -> list[str]:
    outs = [out.path for out in stage.outs]
    return outs if stage.is_import else [*outs, *(dep.path for dep in stage.deps)]

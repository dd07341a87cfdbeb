"""Tracking data that is elsewhere: `add --to-remote`, and `add --out` of a URL."""

import os
import posixpath
from urllib.parse import urlsplit

from tiffin.formats.values import DvcFile, OutputEntry
from tiffin.repo._arriving import arriving, half_there
from tiffin.repo._newcomer import check_free, check_place, newcomer, write_newcomer
from tiffin.repo._repo import Repo
from tiffin.repo.gathering import target_path
from tiffin.repo.gitside import GitSide
from tiffin.repo.importing_url import obtain
from tiffin.repo.places import open_place
from tiffin.repo.sync import remote_store

__all__ = ["add_from_elsewhere"]


def add_from_elsewhere(
    repo: Repo,
    target: str,
    out: str | None,
    *,
    to_remote: bool = False,
    remote: str | None = None,
    jobs: int | None = None,
    force: bool = False,
    git: GitSide | None = None,
) -> str:
    """Track what is at a path or URL under the name `out` (its own without); return the .dvc file.

    to_remote: the bytes go straight to a remote, and are neither in the cache nor in the workspace; what the workspace
    has under the name stays.  Else they come here.  Raises TargetError, OverlappingOutputs, MissingDependency.
    """
    git = git or GitSide(repo)
    with repo.lock:
        directory = os.path.join(repo.root, repo.directory)
        place = open_place(
            repo.config, target, directory, environment=repo.environment, options={"jobs": jobs} if jobs else None
        )
        # A name that was not asked for is that of data which may well be here: it is not written to.
        name, half = urlsplit(target).path, half_there(repo)
        path = repo.inside(target_path(name, out, directory, force=force or out is None, half=half))
        check_place(repo, path)
        stage = newcomer(path)
        check_free(repo, stage)
        git.refuse_tracked([path])
        got = obtain(repo, place, remote_store(repo, remote) if to_remote else repo.store)
        with arriving(repo, path):
            if not to_remote:
                repo.workspace.checkout(path, got.stored, force=force)
                repo.workspace.flush()
            git.ignore([path])
            write_newcomer(repo, stage.file, DvcFile(outs=(OutputEntry(posixpath.basename(path), got.stored),)))
        git.changed([stage.file])
        repo.reload()
    return stage.file

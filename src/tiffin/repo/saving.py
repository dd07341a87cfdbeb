"""Keeping the workspace as it is as an experiment, without running anything: `exp save`."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tiffin.experiments import checksum, files_of, ref_name
from tiffin.pipeline import Stage
from tiffin.repo._repo import METADATA, Repo
from tiffin.repo.experimenting import head_of, name_for
from tiffin.repo.gitside import GitSide
from tiffin.repo.revisions import States
from tiffin.repo.tracking import commit
from tiffin.scm import Git

__all__ = ["Request", "Saved", "save"]


class Request(NamedTuple):
    """What to save.

    targets: only their data is recorded, not that of all stages.  name: None for a random one; force: it may be there.
    include: files and directories that Git does not know, from where the user stands.  message: None for DVC's.
    """

    targets: Sequence[str] = ()
    recursive: bool = False
    name: str | None = None
    force: bool = False
    include: Sequence[str] = ()
    message: str | None = None


class Saved(NamedTuple):
    """absent: what was to be included and is not there.  left_out: files Git does not know, from its root."""

    name: str
    commit: str
    absent: list[str]
    left_out: list[str]


def save(repo: Repo, request: Request) -> Saved:
    """Record the data as `commit` does, and keep everything as an experiment of the commit checked out.

    Branch and index stay as they are.  Raises GitError, ExperimentError, and what `commit` raises.
    """
    with States(repo) as states, repo.lock:
        git = states.git
        head = head_of(git)
        name, old = name_for(git, head, request.name, force=request.force)
        side = GitSide(repo)
        stages = commit(repo, request.targets, force=True, recursive=request.recursive, git=side)
        absent = [path for path in request.include if not os.path.lexists(_absolute(repo, path))]
        files = dict.fromkeys(_files(repo, git, states.prefix, stages, side, request))
        message = request.message or f"dvc: commit experiment {_checksum(repo, request, stages)}"
        saved = git.commit_tree_from_workspace(files, head, message)
        git.update_ref(ref_name(head, name), saved, old=old)
        return Saved(name, saved, absent, [path for path in git.untracked(["."]) if path not in files])


def _files(
    repo: Repo, git: Git, prefix: str, stages: Iterable[Stage], side: GitSide, request: Request
) -> Iterator[str]:
    """What the commit holds beside what HEAD has unchanged, from the root of the work tree."""
    yield from (change.path for change in git.status(untracked="no"))
    yield from git.untracked(_there(repo, [*side.files, *files_of(repo.project, stages)]))
    # What is asked for is kept even where .gitignore has it; but data is in the cache.
    listed = _there(repo, files_of(repo.project, ()))
    asked = [_absolute(repo, path) for path in request.include]
    own = f"{prefix}{METADATA}/tmp"  # noqa: S108 - below the repository, not shared
    cached = {f"{prefix}{out.path}" for stage in repo.project.stages for out in stage.outs if out.entry.cache}
    for path in git.untracked([*listed, *filter(os.path.lexists, asked)], ignored=True):
        if not _at_or_below(path, {own, *cached}):
            yield path


def _there(repo: Repo, paths: Iterable[str]) -> list[str]:
    """Those paths of the repository at which something is, as absolute ones."""
    return list(filter(os.path.lexists, (os.path.join(repo.root, path) for path in paths)))


def _checksum(repo: Repo, request: Request, stages: Iterable[Stage]) -> str:
    """DVC's, which counts no stage where only some are recorded."""
    named = [] if request.targets else [stage for stage in stages if stage.name is not None]
    return checksum({str(stage.name): repo.project.lock_entries(stage.file)[str(stage.name)] for stage in named})


def _absolute(repo: Repo, path: str) -> str:
    """A path as the user gave it."""
    return os.path.normpath(os.path.join(repo.root, repo.directory, path))


def _at_or_below(path: str, places: set[str]) -> bool:
    return path in places or any("/".join(path.split("/")[:depth]) in places for depth in range(1, path.count("/") + 1))

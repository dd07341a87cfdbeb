"""Bringing an experiment into the workspace: `exp apply`.

Unlike DVC's, it never resets or detaches anything: what differs is put aside first, then files are replaced one by one,
and the index stays as it is.
"""

import os
from collections.abc import Iterable
from typing import NamedTuple

from tiffin.errors import GitError, MissingObjects
from tiffin.experiments import experiments_by_baseline, experiments_named
from tiffin.pipeline import Project
from tiffin.repo._aside_for_apply import STASH, put_aside
from tiffin.repo._commit_files import Replacement, prepared
from tiffin.repo._repo import Repo
from tiffin.repo.checkout import CheckedOut, checkout
from tiffin.repo.experiment_refs import EXEC_APPLY
from tiffin.repo.experimenting import head_of
from tiffin.repo.queueing import tasks
from tiffin.repo.revisions import States

__all__ = ["STASH", "Applied", "apply"]


class Applied(NamedTuple):
    """What was done.

    data: by `checkout`.  stash: the commit that keeps what differed before, None if nothing did.  replaced: files in it
    that Git did not know.
    """

    data: CheckedOut
    stash: str | None
    replaced: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all data is here, too."""
        return not (self.data.failed or self.data.unknown)


def apply(repo: Repo, name: str, *, force: bool = False) -> Applied:
    """Make the workspace hold what an experiment, or any commit, holds.

    What differs from HEAD is in a stash before anything is touched, and what only the workspace has stays.  force: give
    up data that is stored nowhere else.  Raises ExperimentError, GitError, UnsavedChanges and LockHeld before, and
    CorruptObject after Git's files have been replaced.
    """
    with States(repo) as states, repo.lock:
        git = states.git
        head = head_of(git)
        commit = _commit(repo, states, name)
        with prepared(repo, states, head, commit) as replacement:
            _refuse_to_lose(repo, states.at(commit).project, replacement, force=force)
            stash = put_aside(
                git,
                states.commit(head),
                changed=replacement.changed,
                unknown=replacement.unknown,
                what=f"{commit}:{name}",
            )
            replacement.carry_out()
        done = Applied(checkout(repo.reopened(), force=force), stash, tuple(replacement.unknown))
        if done.complete:
            git.update_ref(EXEC_APPLY, commit)
        return done


def _commit(repo: Repo, states: States, name: str) -> str:
    """The commit of a name: Git's, an experiment's, or of the queue's one without a result, what it started from."""
    try:
        return states.resolve(name)
    except GitError:
        queued = [task.commit for task in tasks(repo, ["Queued", "Failed"]) if task.name == name]
        if queued:
            return queued[-1]
        known = experiments_by_baseline(states.git)
        return experiments_named(known, [name], states.head(), where="and no commit")[0].commit


def _refuse_to_lose(repo: Repo, project: Project, replacement: Replacement, *, force: bool) -> None:
    """Raise UnsavedChanges for data that is stored nowhere else, LockHeld for what a running stage is at work on."""
    touched = list(_inside(repo, replacement.root, replacement.touched))
    gone = set(_inside(repo, replacement.root, replacement.gone))
    for stage in project.stages:
        for out in stage.outs:
            recorded = out.recorded
            if not out.entry.cache or recorded is None or recorded.oid is None or _any_below(out.path, gone):
                continue
            try:
                if repo.workspace.like(recorded).would_change(out.path, recorded, force=force):
                    touched.append(out.path)
            except MissingObjects:
                continue  # `checkout` will tell, and leaves what is there
    repo.refuse_in_use(touched)


def _inside(repo: Repo, root: str, paths: Iterable[str]) -> Iterable[str]:
    """Paths of Git as those of the repository, without those elsewhere."""
    prefix = os.path.relpath(repo.root, root).replace(os.sep, "/")
    if prefix == ".":
        return paths
    return (path.removeprefix(f"{prefix}/") for path in paths if path.startswith(f"{prefix}/"))


def _any_below(path: str, files: Iterable[str]) -> bool:
    return any(file == path or file.startswith(f"{path}/") for file in files)

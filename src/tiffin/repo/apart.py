"""Running an experiment in a working tree of its own: `exp run --temp`, and what waits in the queue.

The working tree is one of Git's (`git worktree`), at no branch, below .dvc/tmp/exps.  It shares objects, refs and
the cache with the repository; what the experiment starts from is a commit (see `queueing`).
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import mkdtemp
from typing import Any, NamedTuple

from tiffin.config import path_options
from tiffin.errors import ExperimentError
from tiffin.experiments import ref_name
from tiffin.experiments.queue import OPTIONS_FILE, unpack_options
from tiffin.fs import FileLock, remove_quietly
from tiffin.repo._repo import EXPERIMENTS, METADATA, Repo
from tiffin.repo.experimenting import Plan, perform
from tiffin.repo.queueing import Stash
from tiffin.repo.revisions import States
from tiffin.repo.running import Watcher
from tiffin.scm import Git, add_worktree, remove_worktree

__all__ = [
    "Kept",
    "Place",
    "check_copy_paths",
    "clear_working_trees",
    "copy_into",
    "run_in",
    "take_options",
    "working_tree",
]

_LOCK = ".lock"  # beside the working tree, held for as long as it is in use


class Kept(NamedTuple):
    """The ref that keeps a result, its commit, and the checksum of the stages that ran."""

    ref: str
    commit: str
    checksum: str


class Place(NamedTuple):
    """A working tree of its own.  lock: a descriptor; the tree is in use for as long as any process has it open."""

    repo: Repo
    lock: int


@contextmanager
def working_tree(repo: Repo, stash: Stash) -> Iterator[Place]:
    """The repository in a new working tree that is as the experiment starts; it goes when the context ends."""
    states = States(repo)
    directory = f"{repo.metadata}/{EXPERIMENTS}"
    os.makedirs(directory, exist_ok=True)
    place = mkdtemp(dir=directory)
    lock = FileLock(f"{place}{_LOCK}")
    with lock:
        try:
            with repo.lock:  # `gc` finds it before or after, and whole
                add_worktree(states.git, place, stash.head, stash.commit)
                _share_settings(repo, f"{place}/{states.prefix}{METADATA}")
            here = os.path.join(place, states.prefix, repo.directory)
            os.makedirs(here, exist_ok=True)  # Git has no empty directories
            yield Place(Repo.open(here, repo.environment, wait_for_lock=True), lock.descriptor)
        finally:
            _clear(repo, place)


def clear_working_trees(repo: Repo) -> int:
    """Remove working trees that no process has any more; give their number.  Those of DVC are left alone."""
    directory, gone = f"{repo.metadata}/{EXPERIMENTS}", 0
    names = os.listdir(directory) if os.path.isdir(directory) else []
    for name in names:
        if name.startswith("tmp") and name.endswith(_LOCK):
            with FileLock(f"{directory}/{name}").if_free() as free:
                gone += free and _clear(repo, f"{directory}/{name.removesuffix(_LOCK)}")
    return gone


def _clear(repo: Repo, place: str) -> bool:
    """Remove a working tree; whether all of it went.  Its lock stays if not, so that it is found again."""
    remove_worktree(States(repo).git, place)
    if os.path.lexists(place):
        return False
    remove_quietly(f"{place}{_LOCK}")
    return True


def check_copy_paths(repo: Repo, paths: Sequence[str]) -> list[str]:
    """The paths, seen from where the user stands, as those of the repository.  Raises ExperimentError for bad ones."""
    found = []
    for given in paths:
        path = repo.inside(given)
        if path.startswith("../") or path == "..":
            raise ExperimentError(
                f"cannot copy '{given}' for the experiment: it lies outside of the repository",
                hint="put it into the repository, and name it there",
            )
        if not path or {METADATA, ".git"} & set(path.split("/")):
            raise ExperimentError(
                f"cannot copy '{given}' for the experiment: {METADATA} and .git are the experiment's own",
                hint="name the files and directories it needs",
            )
        if not os.path.exists(os.path.join(repo.root, path)):
            raise ExperimentError(f"cannot copy '{given}' for the experiment: there is no such file or directory")
        found.append(path)
    return found


def take_options(apart: Repo) -> Mapping[str, Any]:
    """What the experiment was asked to run, which leaves the working tree with this.  Raises ExperimentError."""
    git, path = States(apart).git, os.path.join(apart.metadata, OPTIONS_FILE)
    try:
        with open(path, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return {}
    options = unpack_options(content)
    os.unlink(path)
    git.restore_index({os.path.relpath(path, git.root): None})
    return options


def copy_into(apart: Repo, root: str, paths: Sequence[str]) -> None:
    """Copy files and directories that Git does not have to the same places.  root: of the repository.

    Raises ExperimentError.
    """
    for path in check_copy_paths(Repo(root, root, apart.environment), paths):
        source, target = os.path.join(root, path), os.path.join(apart.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def run_in(apart: Repo, plan: Plan, listener: Watcher, stash: Stash, root: str) -> Kept:
    """Run an experiment in its working tree, and keep the result as a ref of the repository, whose root is given.

    Raises ExperimentError if another result got that name meanwhile, unless the plan says to replace it, and what
    `experimenting.run` does.
    """
    git = States(apart).git
    with apart.lock:
        outcome = perform(apart, plan, listener, git, stash.head, stash.name, root=root)
    ref = ref_name(stash.head, stash.name or f"exp-{outcome.checksum[:5]}")
    return Kept(ref, _keep(git, ref, outcome.commit, force=plan.settings.force), outcome.checksum)


def _keep(git: Git, ref: str, commit: str, *, force: bool) -> str:
    old = git.get_ref(ref)
    if old is not None and not force:
        if git.commit(old).tree != git.commit(commit).tree:
            raise ExperimentError(
                f"experiment '{ref.rpartition('/')[2]}' exists by now, with another result",
                hint=f"this one is commit {commit}: keep it with `git branch NAME {commit[:12]}`",
            )
        return old
    git.update_ref(ref, commit, old=old or "")
    return commit


def _share_settings(repo: Repo, metadata: str) -> None:
    """Give a working tree the settings of this clone; what they say of places here is true there, too."""
    local = f"{repo.metadata}/config.local"
    if os.path.exists(local):
        shutil.copyfile(local, f"{metadata}/config.local")
    config = Repo(os.path.dirname(metadata), os.path.dirname(metadata), repo.environment).config
    paths = path_options("remote") - {"url"}
    with config.edit("local", cwd=repo.root) as editor:
        editor.set(("cache", ""), "dir", repo.cache_directory)
        for name, remote in repo.config.remotes.items():
            if not remote.scheme:
                editor.set(("remote", name), "url", remote.url)
            for option, value in remote.options.items():
                if option in paths and isinstance(value, str):
                    editor.set(("remote", name), option, value)

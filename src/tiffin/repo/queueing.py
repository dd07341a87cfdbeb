"""The queue of experiments: putting them in, seeing how they stand, taking them out."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import uuid4

from tiffin.errors import ExperimentError
from tiffin.experiments.queue import (
    FAILED,
    OPTIONS_FILE,
    QUEUED,
    Entry,
    Message,
    Queue,
    Stashed,
    Task,
    TaskState,
    drop,
    pack_options,
    push,
    stashed,
)
from tiffin.formats.sweeps import combinations
from tiffin.fs import FileLock
from tiffin.pipeline import Project
from tiffin.pipeline.rwlock import undisturbed
from tiffin.repo._edits import Edit, Edited, edits_of
from tiffin.repo._repo import EXPERIMENTS, METADATA, Repo
from tiffin.repo.asked import selected
from tiffin.repo.experimenting import Plan, head_of, name_for
from tiffin.repo.revisions import States
from tiffin.repo.running import Scope, Settings, from_root, order
from tiffin.repo.tracking import stored_as_it_is
from tiffin.scm import Git

__all__ = ["Queued", "Stash", "enqueue", "prepare", "queue_of", "refs_held", "remove", "tasks", "tasks_named"]


class Queued(NamedTuple):
    """An experiment that was put into the queue, and the changes of parameters it runs with."""

    name: str
    commit: str
    overrides: Sequence[str]


class Stash(NamedTuple):
    """An experiment that can be run: the commit that holds what it starts from, and what that started from."""

    commit: str
    head: str
    name: str


def queue_of(repo: Repo) -> Queue:
    """The repository's queue."""
    return Queue(f"{repo.metadata}/{EXPERIMENTS}")


@contextmanager
def refs_held(repo: Repo, ref: str) -> Iterator[None]:
    """While nobody else changes the reflog of a ref, DVC included.

    Other working trees and projects of the same Git repository have it, too.
    """
    directory = f"{repo.metadata}/{EXPERIMENTS}"
    os.makedirs(directory, exist_ok=True)
    here = repo.lock.beside(f"{os.path.basename(directory)}/rwlock.lock")
    with undisturbed(directory, ref, here), FileLock(os.path.join(_git(repo).common_dir(), "tiffin-queue.lock")):
        yield


def enqueue(repo: Repo, plan: Plan, milliseconds: int, copy_paths: Sequence[str] = ()) -> list[Queued]:
    """Put experiments into the queue, one for each combination of the values that the plan's changes ask for.

    What they start from is the workspace as it is now, data included; nothing in it changes, now or when they run.
    All is checked before the first is queued.  copy_paths: files that Git does not have and the runs need, relative to
    the repository.  Raises what `experimenting.run` does.
    """
    queue, several = queue_of(repo), combinations(plan.overrides)
    with repo.lock:
        names: list[str] = []
        taken = [task.name for task in queue.tasks() if task.state in ("Running", "Queued")]
        found = []
        for number, overrides in enumerate(several, 1):
            name = f"{plan.name}-{number}" if plan.name and len(several) > 1 else plan.name
            found.append(prepare(repo, plan._replace(name=name, overrides=overrides), taken=[*taken, *names]))
            names.append(found[-1].name)
        for number, stash in enumerate(found):
            with refs_held(repo, QUEUED):
                push(_git(repo), QUEUED, stash.commit, Stashed(stash.head, stash.head, stash.name))
            entry = Entry(repo.root, _git(repo).root, QUEUED, stash.commit, stash.head, None, stash.name, stash.head)
            queue.put(Message(str(uuid4()), entry, tuple(copy_paths), plan.message), milliseconds + number)
        return [Queued(stash.name, stash.commit, changes) for stash, changes in zip(found, several, strict=True)]


def prepare(repo: Repo, plan: Plan, *, taken: Sequence[str] = ()) -> Stash:
    """Make the commit that an experiment starts from, of the workspace and the plan's changes; nothing else changes.

    taken: names that the experiment must not have.
    """
    git = _git(repo)
    head = head_of(git)
    with repo.lock:
        name, _ = name_for(git, head, plan.name, force=plan.settings.force, taken=taken)
        edits = edits_of(repo, plan.overrides, hydra=plan.hydra)
        edited = Project(Edited(repo.project.source, edits), repo.flags)
        _ = order(edited, repo.directory, plan.scope)
        contents = _contents(repo, git, plan, name, edits, from_root(edited, repo.directory, plan.scope))
        changed = [change.path for change in git.status(untracked="no")]
        tree = git.write_tree_from_workspace(changed, head, contents=contents)
    # Git wants a stash to have a commit of the index beside HEAD.
    index = git.commit_tree(tree, [head], f"index of experiment {name}")
    return Stash(git.commit_tree(tree, [head, index], f"experiment {name} as it starts"), head, name)


def _contents(repo: Repo, git: Git, plan: Plan, name: str, edits: Sequence[Edit], scope: Scope) -> Mapping[str, bytes]:
    """What files say in the commit and not in the workspace, by path from Git's root.

    scope: as workers have it, who stand in the repository's root.
    """
    targets = plan.scope.targets
    stages = [s.stage for s in selected(repo, repo.project, targets, with_deps=True, recursive=plan.scope.recursive)]
    data = stored_as_it_is(repo, {stage.file: stage for stage in stages}.values())
    head = head_of(git)
    run_env = {"DVC_EXP_BASELINE_REV": head, "DVC_EXP_NAME": name, "DVC_ROOT": repo.root}
    texts = {
        **{file: text.encode() for file, text in data.items()},
        **{edit.path: edit.new.encode() for edit in edits},
        f"{METADATA}/{OPTIONS_FILE}": pack_options({"run_env": run_env, **_options(scope, plan.settings)}),
    }
    return {os.path.relpath(os.path.join(repo.root, path), git.root): text for path, text in texts.items()}


def _options(scope: Scope, settings: Settings) -> dict[str, object]:
    """As DVC calls them."""
    return {
        "targets": list(scope.targets),
        "single_item": scope.single,
        "force": settings.force,
        "dry": False,
        "interactive": False,
        "pipeline": scope.pipeline,
        "all_pipelines": scope.all_pipelines,
        "downstream": scope.downstream,
        "recursive": scope.recursive,
        "force_downstream": settings.force_downstream,
        "pull": settings.fetch is not None,
        "allow_missing": settings.allow_missing,
        "on_error": settings.on_error,
    }


def tasks(repo: Repo, states: Sequence[TaskState] = ()) -> list[Task]:
    """The queue's experiments, those in the given states, or all."""
    return [task for task in queue_of(repo).tasks() if not states or task.state in states]


def tasks_named(repo: Repo, names: Sequence[str], states: Sequence[TaskState] = ()) -> list[Task]:
    """The tasks of these names, or of these beginnings of their commits.  Raises ExperimentError for unknown ones."""
    known = tasks(repo, states)
    found = {name: _find(known, name) for name in names}
    unknown = [name for name, task in found.items() if task is None]
    if unknown:
        which = f" {' or '.join(state.lower() for state in states)}" if states else ""
        raise ExperimentError(
            f"no{which} experiment in the queue is called {', '.join(map(repr, unknown))}",
            hint=f"there are: {', '.join(task.name for task in known) or 'none'} (see `tiffin queue status`)",
        )
    return [task for task in found.values() if task is not None]


def remove(repo: Repo, wanted: Sequence[Task]) -> list[Task]:
    """Take tasks out of the queue: those that wait, and what is kept of those that ended; give those that went.

    Results stay: experiments are removed by `exp remove`.
    """
    queue, git = queue_of(repo), _git(repo)
    gone = [task for task in wanted if task.state != "Running" and queue.remove(task)]
    for ref in (QUEUED, FAILED):
        with refs_held(repo, ref):
            known = stashed(git, ref)
            commits = [task.commit for task in gone if task.commit in known]
            if commits:
                drop(git, ref, commits)
    return gone


def _find(known: Sequence[Task], name: str) -> Task | None:
    called = [task for task in known if task.message.entry.name == name]
    if called:
        return called[-1]
    begins = [task for task in known if len(name) > 4 and task.commit.startswith(name.lower())]
    return begins[0] if begins else None


def _git(repo: Repo) -> Git:
    return States(repo).git

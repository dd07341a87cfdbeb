"""Running experiments: `exp run`.

Unlike DVC's, a run never stashes, resets or detaches anything: it works in the workspace as it is, and the
commit that keeps the result is made beside it, with an index of its own.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from random import SystemRandom
from typing import NamedTuple, Protocol

from tiffin.errors import ExperimentError, FormatError, GitError, MissingObjects
from tiffin.experiments import (
    check_name,
    checksum,
    experiments_by_baseline,
    files_of,
    folders_of,
    random_name,
    ref_name,
)
from tiffin.formats.values import LockEntry
from tiffin.fs import write_inside
from tiffin.pipeline import Project, Stage, checkout_output
from tiffin.repo._edits import Edited, edits_of
from tiffin.repo._repo import Repo
from tiffin.repo.asked import recorded_outputs
from tiffin.repo.gitside import GitSide
from tiffin.repo.revisions import States
from tiffin.repo.running import Scope, Settings, Surroundings, Watcher, order, repro
from tiffin.scm import Git

__all__ = ["Listener", "Outcome", "Plan", "Ran", "head_of", "name_for", "perform", "run"]


class Plan(NamedTuple):
    """What to run as an experiment.

    overrides: changes of parameters ("train.lr=0.1"), files from where the user stands.  name: None for a random one.
    message: of the commit, None for DVC's.
    """

    scope: Scope
    settings: Settings
    surroundings: Surroundings
    overrides: Sequence[str] = ()
    name: str | None = None
    message: str | None = None
    hydra: bool = True  # whether Hydra composes params.yaml, where the settings ask for it


class Ran(NamedTuple):
    """The experiment's name, and its commit; None for a dry run."""

    name: str
    commit: str | None


class Listener(Watcher, Protocol):
    """What `run` tells beside what `repro` does."""

    def starting(self, name: str) -> None:
        """The experiment's name is settled."""
        ...

    def changing(self, path: str, name: str, old: object, new: object) -> None:
        """A parameter is about to be set; None: it is not there."""
        ...


class Outcome(NamedTuple):
    """The commit that keeps a result, and the checksum of the stages that ran."""

    commit: str
    checksum: str


def run(repo: Repo, plan: Plan, listener: Listener) -> Ran:
    """Set parameters, reproduce, and keep the result as an experiment of the commit checked out.

    All is checked before a file is touched; a dry run touches none.  If a stage fails, the parameters stay as set
    and there is no experiment.  Branch, index and what else is in the work tree stay as they are.
    Raises GitError, ExperimentError, OverrideError, FormatError, GraphError, StageFailed.
    """
    git = States(repo).git
    head = head_of(git)
    with repo.lock:
        name, old = name_for(git, head, plan.name, force=plan.settings.force)
        edits = edits_of(repo, plan.overrides, hydra=plan.hydra)
        edited = Project(Edited(repo.project.source, edits), repo.flags)
        _ = order(edited, repo.directory, plan.scope)
        listener.starting(name)
        for edit in edits:
            edit.tell(listener.changing)
        if plan.settings.dry:
            repo.project = edited
            repro(repo, plan.scope, plan.settings, listener, plan.surroundings)
            return Ran(name, None)
        for edit in edits:
            write_inside(repo.root, edit.path, edit.new)
        repo.reload()
        commit = perform(repo, plan, listener, git, head, name).commit
        git.update_ref(ref_name(head, name), commit, old=old)
        return Ran(name, commit)


def head_of(git: Git) -> str:
    """The commit an experiment starts from: the one checked out.  Raises GitError."""
    head = git.head()
    if head is None:
        raise GitError(
            "an experiment starts from a commit, and there is none yet",
            hint="commit what you have: git add --all && git commit",
        )
    return head


def name_for(git: Git, head: str, name: str | None, *, force: bool, taken: Iterable[str] = ()) -> tuple[str, str]:
    """The experiment's name, and the commit its ref has now, "" for none.

    name: None for a random one.  force: it may be there already.  taken: names that are no refs yet.
    """
    there = experiments_by_baseline(git).get(head, {})
    if name is None:
        return random_name(SystemRandom().randrange, {*there, *taken}), ""
    check_name(name)
    if (name in there or name in taken) and not force:
        raise ExperimentError(
            f"experiment '{name}' of this commit exists already", hint="choose another name, or replace it with -f"
        )
    return name, there.get(name, "")


def perform(
    repo: Repo, plan: Plan, listener: Watcher, git: Git, head: str, name: str, *, root: str | None = None
) -> Outcome:
    """Reproduce in a repository as it is, and make the commit of the result, which no ref names yet.

    root: of the repository that the run is for, if it is not this one; the commands are told.
    """
    side = GitSide(repo)
    index = git.index()
    _check_out_absent(repo, plan.scope)
    variables = {"DVC_EXP_NAME": name, "DVC_EXP_BASELINE_REV": head, **({"DVC_ROOT": root} if root else {})}
    try:
        done = repro(repo, plan.scope, plan.settings, listener, plan.surroundings, variables=variables, git=side)
        result = checksum(_recorded(repo, done.reproduced))
        message = plan.message or f"dvc: commit experiment {result}"
        return Outcome(_commit(git, head, _paths(repo, plan.scope, side), message), result)
    finally:
        _restore_index(repo, git, index)


def _commit(git: Git, head: str, files: Sequence[str], message: str) -> str:
    """Commit all that changed in files Git knows, and those of `files` that it does not know yet."""
    changed = [change.path for change in git.status(untracked="no")]
    return git.commit_tree_from_workspace(dict.fromkeys([*changed, *git.untracked(files)]), head, message)


def _paths(repo: Repo, scope: Scope, side: GitSide) -> list[str]:
    """What the commit holds beside what Git knows, as absolute paths."""
    visited = [repo.project.graph.stages[number] for number in order(repo.project, repo.directory, scope)]
    return [os.path.join(repo.root, path) for path in (*side.files, *files_of(repo.project, visited))]


def _restore_index(repo: Repo, git: Git, before: Mapping[str, str]) -> None:
    """Undo what `Live` put into the index for DVC's sake.  What the user staged meanwhile, elsewhere, stays."""
    repo.reload()
    try:
        own = [*files_of(repo.project, repo.project.stages), *folders_of(repo.project)]
    except FormatError:
        return  # the run left a dvc.yaml that says nothing: what is whose is not known
    after = git.index()
    absolute = [os.path.relpath(os.path.join(repo.root, path), git.root).replace(os.sep, "/") for path in own]
    changed = [path for path in {**before, **after} if before.get(path) != after.get(path)]
    git.restore_index({path: before.get(path) for path in changed if _at_or_below(path, absolute)})


def _at_or_below(path: str, places: Iterable[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _recorded(repo: Repo, stages: Iterable[Stage]) -> dict[str, LockEntry]:
    found = {}
    for stage in stages:
        if stage.name is not None:
            found[stage.name] = repo.project.lock_entries(stage.file)[stage.name]
    return found


def _check_out_absent(repo: Repo, scope: Scope) -> None:
    """Bring back outputs that are not there: after a fresh clone a run needs its data, and nothing can be lost."""
    for output, _ in recorded_outputs(repo, repo.project, scope.targets, with_deps=True, recursive=scope.recursive):
        if output.recorded is None or repo.workspace.exists(output.path):
            continue
        try:
            checkout_output(repo.workspace, output, output.recorded)
        except MissingObjects:
            continue  # the run makes it, or says what it lacks

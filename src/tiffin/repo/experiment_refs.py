"""Experiments as refs: listing, renaming and removing them, and making branches of them.

No file of the workspace is touched.
"""

from collections.abc import Sequence
from typing import NamedTuple

from tiffin.errors import ExperimentError, GitError
from tiffin.experiments import (
    Baselines,
    Experiment,
    all_experiments,
    check_name,
    experiments_by_baseline,
    experiments_named,
    ref_name,
)
from tiffin.repo._repo import Repo
from tiffin.repo.choosing import Wanted, chosen
from tiffin.repo.revisions import States
from tiffin.scm import Git

__all__ = ["Baseline", "Wanted", "branch", "by_baseline", "experiments_here", "remove", "rename"]

# What DVC notes down: the experiment that was applied last, and the one that is being written to.
EXEC_APPLY, EXEC_BRANCH = "refs/exps/exec/EXEC_APPLY", "refs/exps/exec/EXEC_BRANCH"


class Baseline(NamedTuple):
    """A commit and the experiments that started from it.  name: that of its branch or tag, None without one."""

    commit: str
    name: str | None
    experiments: tuple[Experiment, ...]


def experiments_here(repo: Repo, wanted: Wanted) -> list[Experiment]:
    """The experiments of this repository that were asked for."""
    with States(repo) as states:
        return chosen(states, experiments_by_baseline(states.git), wanted)


def by_baseline(repo: Repo, experiments: Sequence[Experiment]) -> list[Baseline]:
    """Experiments, of this repository or of another one, under the commits they started from."""
    found: dict[str, list[Experiment]] = {}
    for experiment in experiments:
        found.setdefault(experiment.baseline, []).append(experiment)
    names = States(repo).git.names(found) if found else {}
    return [Baseline(commit, names.get(commit), tuple(below)) for commit, below in found.items()]


def remove(repo: Repo, wanted: Wanted, *, keep: bool = False) -> list[Experiment]:
    """Remove experiments, all or none, and give them; keep: all but these.  Raises ExperimentError, GitError."""
    with States(repo) as states, repo.lock:
        git = states.git
        known = experiments_by_baseline(git)
        found = chosen(states, known, wanted)
        going = [one for one in all_experiments(known) if one not in set(found)] if keep else found
        git.update_refs({one.ref: None for one in going}, old={one.ref: one.commit for one in going})
        _forget(git, going)
        return going


def rename(repo: Repo, old: str, new: str, *, force: bool = False) -> bool:
    """Give an experiment another name; False if it has it.  force: even if that experiment of the commit is there."""
    if old == new:
        return False
    check_name(new)
    with States(repo) as states, repo.lock:
        git = states.git
        known = experiments_by_baseline(git)
        found = experiments_named(known, [old], states.head(), where="here")[0]
        taken = known[found.baseline].get(new)
        if taken is not None and not force:
            raise ExperimentError(
                f"experiment '{new}' of this commit exists already",
                hint="choose another name, or replace it with -f",
            )
        target = ref_name(found.baseline, new)
        git.update_refs(
            {found.ref: None, target: found.commit}, old={found.ref: found.commit, **({target: taken} if taken else {})}
        )
        return True


def branch(repo: Repo, name: str, to: str | None = None) -> tuple[Experiment, str]:
    """Make a branch of an experiment; give both.  to: what to call it, None for the experiment's name and "-branch".

    name: of the experiment, or of its commit.  Raises ExperimentError, GitError.
    """
    with States(repo) as states, repo.lock:
        git = states.git
        experiment = _experiment(states, experiments_by_baseline(git), name)
        to = to or f"{experiment.name}-branch"
        if not git.is_branch_name(to):
            raise GitError(f"'{to}' cannot name a branch", hint="see `git check-ref-format --help`")
        if git.get_ref(f"refs/heads/{to}") is not None:
            raise GitError(
                f"branch '{to}' exists already", hint=f"choose another name: `tiffin exp branch {name} BRANCH`"
            )
        note = f"branch: Created from experiment {experiment.name}"
        git.update_ref(f"refs/heads/{to}", experiment.commit, old="", message=note)
        return experiment, to


def _experiment(states: States, known: Baselines, name: str) -> Experiment:
    """The experiment of a name, or whose commit it names."""
    there = all_experiments(known)
    commit = None if any(name in (found.name, found.ref) for found in there) else _commit(states, name)
    tips = [found for found in there if found.commit == commit]
    if len(tips) > 1:
        tips = [found for found in tips if found.baseline == states.head()] or tips
    return tips[0] if len(tips) == 1 else experiments_named(known, [name], states.head(), where="here")[0]


def _commit(states: States, name: str) -> str | None:
    try:
        return states.resolve(name)
    except GitError:
        return None


def _forget(git: Git, gone: Sequence[Experiment]) -> None:
    """Take back what DVC would go on with: it commits to the experiment that EXEC_BRANCH names."""
    if gone and git.get_ref(EXEC_APPLY) in {found.commit for found in gone}:
        git.delete_ref(EXEC_APPLY)
    if gone and git.symbolic_target(EXEC_BRANCH) in {found.ref for found in gone}:
        git.delete_ref(EXEC_BRANCH)

"""Which experiments a command is about."""

from collections.abc import Sequence
from typing import NamedTuple

from tiffin.experiments import Baselines, Experiment, all_experiments, experiments_from, experiments_named
from tiffin.repo.asked import Revisions
from tiffin.repo.revisions import States

__all__ = ["Wanted", "chosen"]


class Wanted(NamedTuple):
    """Experiments by name, or by the commits they started from, or all.

    names: may be whole names of refs.  revisions: commits, HEAD unless something else is asked for; last: and so many
    commits before each, along first parents; -1 for all.
    """

    names: Sequence[str] = ()
    revisions: Sequence[str] = ()
    last: int = 1
    all_commits: bool = False


def chosen(states: States, known: Baselines, wanted: Wanted, *, where: str = "here") -> list[Experiment]:
    """The experiments wanted of those that are known.  where: they are.  Raises ExperimentError, GitError."""
    if wanted.all_commits:
        return all_experiments(known)
    if wanted.names:
        return experiments_named(known, wanted.names, states.head(), where=where)
    return experiments_from(known, states.select(Revisions(wanted.revisions or ["HEAD"], last=wanted.last)))

"""All that differs between two revisions: `report`."""

from typing import NamedTuple

from tiffin.repo._repo import Repo
from tiffin.repo.comparing import Comparison, metrics_diff, params_diff
from tiffin.repo.datadiff import DataDiff, data_diff
from tiffin.repo.revisions import WORKSPACE, States

__all__ = ["Report", "Side", "report"]


class Side(NamedTuple):
    """One of the two revisions, as it was asked for.  commit: its id, None for the workspace."""

    name: str
    commit: str | None


class Report(NamedTuple):
    """metrics: all of them, changed or not; params and data: what changed."""

    old: Side
    new: Side
    metrics: Comparison
    params: Comparison
    data: DataDiff


def report(repo: Repo, old: str, new: str) -> Report:
    """Compare two revisions ("workspace" is one).  Raises GitError for an unknown one."""
    before, after = _sides(repo, old, new)
    return Report(
        before,
        after,
        metrics_diff(repo, old, new, everything=True),
        params_diff(repo, old, new),
        data_diff(repo, old, None if new == WORKSPACE else new),
    )


def _sides(repo: Repo, old: str, new: str) -> tuple[Side, Side]:
    with States(repo) as states:
        return _side(states, old), _side(states, new)


def _side(states: States, name: str) -> Side:
    return Side(name, None if name == WORKSPACE else states.resolve(name))

"""Experiments beside the commits they started from: `exp show`."""

from collections.abc import Mapping

from tiffin.experiments import State, experiments_by_baseline, state_of
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.revisions import WORKSPACE, States

__all__ = ["Revisions", "show"]


def show(
    repo: Repo,
    revisions: Revisions = Revisions(),  # noqa: B008
    *,
    workspace: bool = True,
    param_deps: bool = False,
    names: bool = True,
) -> list[State]:
    """The workspace, then commits with the experiments that started from them; nothing before the first commit.

    Without revisions: HEAD.  names False: commits are not given the names of branches and tags.
    """
    with States(repo) as states:
        if states.git.head() is None:
            return []
        wanted = revisions or revisions._replace(names=["HEAD"])
        commits = list(states.select(wanted))
        named: Mapping[str, str | None] = states.git.names(commits) if names else {}
        experiments = experiments_by_baseline(states.git)
        read = _Reader(states, param_deps=param_deps)
        found = [read.workspace()] if workspace else []
        for commit in commits:
            ranges = [read.experiment(name, tip, commit) for name, tip in experiments.get(commit, {}).items()]
            state = read.commit(commit, named.get(commit))
            found.append(state._replace(experiments=tuple(sorted(ranges, key=_age, reverse=True))))
        return found


class _Reader:
    """Reads states, each commit once."""

    def __init__(self, states: States, *, param_deps: bool) -> None:
        self._states = states
        self._param_deps = param_deps

    def workspace(self) -> State:
        return state_of(self._states.workspace(), WORKSPACE, param_deps=self._param_deps)

    def commit(self, commit: str, name: str | None = None) -> State:
        time = self._states.commit(commit).time
        return state_of(self._states.at(commit), commit, name=name, time=time, param_deps=self._param_deps)

    def experiment(self, name: str, tip: str, baseline: str) -> tuple[State, ...]:
        """An experiment's commits, the newest first."""
        chain = [self.commit(tip, name)]
        parents = self._states.commit(tip).parents
        while parents and parents[0] != baseline:
            chain.append(self.commit(parents[0]))
            parents = self._states.commit(parents[0]).parents
        return tuple(chain)


def _age(experiment: tuple[State, ...]) -> tuple[int, str]:
    newest = experiment[0]
    return (newest.data.time or 0) if newest.data is not None else 0, newest.rev

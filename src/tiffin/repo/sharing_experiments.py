"""Sharing experiments through a Git remote: `exp push`, `exp pull`, and what `exp list` and `exp remove` do there.

Data goes before refs: a ref at a Git remote never names data that its remote lacks.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tiffin.errors import MissingObjects, NoRemote
from tiffin.experiments import (
    Experiment,
    all_experiments,
    experiments_by_baseline,
    experiments_of_remote,
)
from tiffin.repo._repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.choosing import Wanted, chosen
from tiffin.repo.revisions import States
from tiffin.repo.sync import Moved, Selected, fetch
from tiffin.repo.sync import push as push_data
from tiffin.scm import GitRemote, RefUpdate

__all__ = [
    "FOR_HOOKS",
    "Data",
    "Exchanged",
    "experiments_there",
    "fetch_data",
    "pull",
    "push",
    "remove_there",
]

# In the environment of hooks: there is no data to push along, as `install` has them do.
FOR_HOOKS: Mapping[str, str] = {"TIFFIN_DATA_PUSHED": "1"}


class Data(NamedTuple):
    """How data goes along.  remote: None for the one that outputs or settings name."""

    remote: str | None = None
    run_cache: bool = False


class Exchanged(NamedTuple):
    """What became of experiments.

    same: they were there already.  differing: others of that name are there, and were left alone.  refused: by the
    other side, with the reason.
    """

    done: Sequence[Experiment] = ()
    same: Sequence[Experiment] = ()
    differing: Sequence[Experiment] = ()
    refused: Mapping[Experiment, str] = {}
    moved: Moved = Moved()


def push(repo: Repo, git_remote: str, wanted: Wanted, *, force: bool = False, data: Data | None = Data()) -> Exchanged:  # noqa: B008 - a NamedTuple is immutable
    """Copy the data of experiments to the remote, then their refs to the Git remote.

    force: replace experiments that are there and differ.  data None: refs only.
    Raises ExperimentError, GitError, and MissingObjects, NoRemote or TransferError before a ref is pushed.
    """
    with States(repo) as states:
        ours = chosen(states, experiments_by_baseline(states.git), wanted)
        remote = _remote(repo, states, git_remote)
        there = {found.ref: found.commit for found in all_experiments(experiments_of_remote(remote))}
        sorted_out = _sorted_out(ours, there, lambda old, new: force or states.git.is_ancestor(old, new))
        moved = Moved() if data is None else _push_data(repo, states, [*sorted_out.done, *sorted_out.same], data)
        updates = [RefUpdate(found.ref, found.commit, there.get(found.ref)) for found in sorted_out.done]
        refused = remote.push(updates, environ=FOR_HOOKS)
    return _without_refused(sorted_out._replace(moved=moved), refused)


def pull(repo: Repo, git_remote: str, wanted: Wanted, *, force: bool = False) -> Exchanged:
    """Get experiments from the Git remote, without their data.

    force: replace experiments that are here and differ.  Raises ExperimentError, GitError.
    """
    with States(repo) as states:
        remote = _remote(repo, states, git_remote)
        theirs = chosen(states, experiments_of_remote(remote), wanted, where=_at(git_remote))
        here = {found.ref: found.commit for found in all_experiments(experiments_by_baseline(states.git))}
        if absent := [found.ref for found in theirs if here.get(found.ref) != found.commit]:
            remote.fetch(absent)
        sorted_out = _sorted_out(theirs, here, lambda old, new: force or states.git.is_ancestor(old, new))
        states.git.update_refs({found.ref: found.commit for found in sorted_out.done}, old=here)
    return sorted_out


def fetch_data(repo: Repo, experiments: Iterable[Experiment], data: Data) -> Moved:
    """Copy the data of experiments that are here into the cache."""
    with States(repo) as states:
        selected = _commits(states, experiments)
    if not selected.revisions:
        return Moved()
    with _without_data_instead():
        return fetch(repo, selected, remote=data.remote, run_cache=data.run_cache)


def experiments_there(repo: Repo, git_remote: str, wanted: Wanted) -> list[Experiment]:
    """The experiments of a Git remote that were asked for."""
    with States(repo) as states:
        known = experiments_of_remote(_remote(repo, states, git_remote))
        return chosen(states, known, wanted, where=_at(git_remote))


def remove_there(repo: Repo, git_remote: str, wanted: Wanted, *, keep: bool = False) -> Exchanged:
    """Remove experiments from a Git remote; keep: all but these.  Their data stay where they are."""
    with States(repo) as states:
        remote = _remote(repo, states, git_remote)
        known = experiments_of_remote(remote)
        named = dict.fromkeys(chosen(states, known, wanted, where=_at(git_remote)))
        doomed = [found for found in all_experiments(known) if (found in named) != keep]
        refused = remote.push([RefUpdate(found.ref, None, found.commit) for found in doomed], environ=FOR_HOOKS)
    return _without_refused(Exchanged(done=doomed), refused)


def _at(git_remote: str) -> str:
    return f"at Git remote '{git_remote}'"


def _remote(repo: Repo, states: States, name: str) -> GitRemote:
    return GitRemote(states.git, name, os.path.join(repo.root, repo.directory))


def _sorted_out(
    wanted: Sequence[Experiment], present: Mapping[str, str], may_replace: Callable[[str, str], bool]
) -> Exchanged:
    same = [found for found in wanted if present.get(found.ref) == found.commit]
    done = [
        found
        for found in wanted
        if (old := present.get(found.ref)) != found.commit and (old is None or may_replace(old, found.commit))
    ]
    settled = {*same, *done}
    return Exchanged(done, same, [found for found in wanted if found not in settled])


def _without_refused(exchanged: Exchanged, refused: Mapping[str, str]) -> Exchanged:
    done = [found for found in exchanged.done if found.ref not in refused]
    return exchanged._replace(
        done=done, refused={found: refused[found.ref] for found in exchanged.done if found.ref in refused}
    )


def _push_data(repo: Repo, states: States, experiments: Iterable[Experiment], data: Data) -> Moved:
    selected = _commits(states, experiments)
    if not selected.revisions:
        return Moved()
    with _without_data_instead():
        moved = push_data(repo, selected, remote=data.remote, run_cache=data.run_cache)
        if moved.lost:
            more = f" and {len(moved.lost) - 3} more" if len(moved.lost) > 3 else ""
            raise MissingObjects(
                f"neither the cache nor the remote has {len(moved.lost)} object(s) of these experiments: "
                f"{', '.join(moved.lost[:3])}{more}; no experiment was pushed",
                hint="push them from the repository that has them",
            )
    return moved


@contextmanager
def _without_data_instead() -> Iterator[None]:
    try:
        yield
    except (MissingObjects, NoRemote) as error:
        instead = "--no-cache does without the data"
        error.hint = f"{error.hint}; {instead}" if error.hint else instead
        raise


def _commits(states: States, experiments: Iterable[Experiment]) -> Selected:
    """The outputs of all commits of experiments."""
    commits = [commit for found in experiments for commit in states.back_to(found.baseline, found.commit)]
    return Selected(revisions=Revisions(list(dict.fromkeys(commits))), workspace=False)

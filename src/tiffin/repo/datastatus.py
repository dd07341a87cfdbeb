"""How tracked data changed since the last commit: `data status`.  A reader: it takes no lock."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tiffin.errors import GitError, NoRemote, StageNotFound
from tiffin.objects import ObjectStore
from tiffin.repo._repo import Repo
from tiffin.repo._states import Listings, Tracked, absent, covers, recorded, seen, touching
from tiffin.repo.differences import Differences, compare
from tiffin.repo.revisions import States
from tiffin.repo.sync import remote_store

__all__ = ["DataStatus", "GitState", "Wanted", "data_status"]


class GitState(NamedTuple):
    """What Git says.  empty: there is no commit yet.  dirty: something differs from the last one.

    untracked: files that neither Git nor its ignore rules know, from the repository's root.
    """

    empty: bool = False
    dirty: bool = False
    untracked: Sequence[str] = ()


class DataStatus(NamedTuple):
    """Paths are from the repository's root, sorted; a directory's ends with a slash.

    not_in_cache, not_in_remote: what the metadata names and the store lacks.  committed: from the last commit to the
    metadata (None: no Git).  uncommitted: from the metadata to the workspace.
    """

    not_in_cache: list[str]
    not_in_remote: list[str]
    committed: Differences | None
    uncommitted: Differences
    unchanged: list[str]
    git: GitState


class Wanted(NamedTuple):
    """What a data status shall say.

    granular: the files of directories one by one.  unchanged: what is the same, too.  in_remote: what the remote lacks
    (None: the default one).  git: what Git says; untracked: with its untracked files.
    """

    granular: bool = False
    unchanged: bool = False
    in_remote: bool = False
    remote: str | None = None
    git: bool = True
    untracked: bool = False


def data_status(repo: Repo, targets: Sequence[str] = (), wanted: Wanted = Wanted()) -> DataStatus:  # noqa: B008 - immutable
    """Compare last commit, metadata and workspace, at and below the targets (none: everywhere)."""
    paths = _paths(repo, targets)
    inside = covers(paths)
    outputs = touching(recorded(repo.project), paths)
    now, here = _known(outputs), seen(repo, outputs)
    listings = Listings(repo, here.values())

    def compared(old: Mapping[str, Tracked], new: Mapping[str, Tracked]) -> Differences:
        return compare(old, new, listings, wanted=paths, granular=wanted.granular, unchanged=wanted.unchanged)

    def lacking(state: Mapping[str, Tracked], store: ObjectStore | None) -> list[str]:
        entries = absent(state, listings, store, granular=wanted.granular)
        return [entry.path for entry in entries if inside(entry.path)]

    uncommitted = compared(now, here)
    with States(repo) as states:
        head = _last_commit(states)
        committed = None if head is None else compared(_known(touching(head, paths)), now)
        git = GitState() if head is None or not wanted.git else _git_state(states, untracked=wanted.untracked)
    return DataStatus(
        lacking(now, repo.store),
        _not_in_remote(repo, now, wanted.remote, lacking) if wanted.in_remote else [],
        committed,
        uncommitted,
        _unchanged(committed, uncommitted),
        git._replace(untracked=[path for path in git.untracked if inside(path)]),
    )


def _paths(repo: Repo, targets: Sequence[str]) -> list[str]:
    """What targets stand for: themselves, or the outputs of a stage or .dvc file.  Everything is no path at all."""
    paths: list[str] = []
    for target in targets:
        try:
            selections = repo.project.select(target, repo.directory)
        except StageNotFound:
            selections = []
        outputs = [out.path for stage, part in selections if part is None for out in stage.outs]
        paths += outputs or [repo.inside(target)]
    return [] if "" in paths else paths


def _known(state: Mapping[str, Tracked]) -> dict[str, Tracked]:
    return {path: tracked for path, tracked in state.items() if tracked.oid}


def _last_commit(states: States) -> dict[str, Tracked] | None:
    """What the last commit tracks, nothing if there is none yet; None without Git."""
    try:
        head = states.git.head()
    except GitError:
        return None
    return recorded(states.at(head).project) if head is not None and states.holds_repository(head) else {}


def _git_state(states: States, *, untracked: bool) -> GitState:
    changes = states.git.status(untracked="all" if untracked else "no")
    unknown = sorted(change.path for change in changes if change.staged == "?")
    inside = [path.removeprefix(states.prefix) for path in unknown if path.startswith(states.prefix)]
    return GitState(states.git.head() is None, bool(changes), inside)


def _not_in_remote(
    repo: Repo,
    state: Mapping[str, Tracked],
    remote: str | None,
    lacking: Callable[[Mapping[str, Tracked], ObjectStore | None], list[str]],
) -> list[str]:
    """Without a remote, all that is to be pushed.  An output may name its own."""
    pushed: dict[str | None, dict[str, Tracked]] = {}
    for path, tracked in state.items():
        if tracked.push:
            pushed.setdefault(tracked.remote or remote, {})[path] = tracked
    return sorted(path for name, part in pushed.items() for path in lacking(part, _store(repo, name)))


def _store(repo: Repo, remote: str | None) -> ObjectStore | None:
    try:
        return remote_store(repo, remote)
    except NoRemote:
        return None


def _unchanged(committed: Differences | None, uncommitted: Differences) -> list[str]:
    if committed is None or committed.unchanged == uncommitted.unchanged:
        return uncommitted.unchanged
    return sorted({*committed.unchanged}.intersection(uncommitted.unchanged))

"""What differs in tracked data between two revisions: `diff`.  A reader: it takes no lock."""

from collections.abc import Sequence
from typing import NamedTuple

from tiffin.errors import StageNotFound
from tiffin.pipeline import Project
from tiffin.repo._repo import Repo
from tiffin.repo._states import Entry, Listings, Tracked, absent, covers, recorded, seen, touching
from tiffin.repo.differences import Differences, compare
from tiffin.repo.revisions import WORKSPACE, States

__all__ = ["DataDiff", "data_diff"]


class DataDiff(NamedTuple):
    """Paths are from the repository's root, sorted; a directory's ends with a slash.

    missing: what the old revision names and the cache lacks.
    """

    differences: Differences
    missing: list[Entry]


_NOTHING = DataDiff(Differences([], [], [], [], [], []), [])


def data_diff(repo: Repo, old: str = "HEAD", new: str | None = None, targets: Sequence[str] = ()) -> DataDiff:
    """Compare two revisions; new None: the old one with the workspace, and with the cache.

    targets: only these stages, .dvc files, outputs or paths in directories.  Nothing differs before the first commit,
    nor where one of the revisions does not have the repository yet.  Raises GitError for an unknown revision,
    StageNotFound for a target that is in neither.
    """
    names = (old, new or WORKSPACE)
    with States(repo) as states:
        if states.head() is None:
            return _NOTHING
        commits = [None if name == WORKSPACE else states.resolve(name) for name in names]
        if not all(commit is None or states.holds_repository(commit) for commit in commits):
            return _NOTHING
        projects = [(states.workspace() if commit is None else states.at(commit)).project for commit in commits]
        paths = _paths(repo, projects, targets)
        before, after = (
            _state(repo, project, paths, now=commit is None) for commit, project in zip(commits, projects, strict=True)
        )
    listings = Listings(repo, after.values())
    found = compare(before, after, listings, wanted=paths)
    if new is not None:
        return DataDiff(found, [])
    inside = covers(paths)
    missing = absent(before, listings, repo.store, granular=True)
    return DataDiff(found, [entry for entry in missing if inside(entry.path)])


def _state(repo: Repo, project: Project, paths: Sequence[str], *, now: bool) -> dict[str, Tracked]:
    state = touching(recorded(project), paths)
    return seen(repo, state) if now else state


def _paths(repo: Repo, projects: Sequence[Project], targets: Sequence[str]) -> list[str]:
    """The paths that targets name in one of the projects or in both."""
    found: dict[str, None] = {}
    for target in targets:
        failures = []
        for project in projects:
            try:
                selections = project.select(target, repo.directory)
            except StageNotFound as error:
                failures.append(error)
                continue
            for stage, part in selections:
                found.update(dict.fromkeys([part] if part is not None else [out.path for out in stage.outs]))
        if len(failures) == len(projects):
            raise failures[-1]
    return list(found)

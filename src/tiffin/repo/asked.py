"""What a command was asked about: commits beside the workspace, and outputs."""

from collections.abc import Sequence
from typing import NamedTuple

from tiffin.pipeline import Output, Project, Selection
from tiffin.repo._repo import Repo

__all__ = ["Revisions", "names", "recorded_outputs", "selected"]


class Revisions(NamedTuple):
    """Which commits a command was asked for; names may be those of branches, tags, commits and experiments.

    last: so many commits of each name and branch, along first parents; -1 for all.
    """

    names: Sequence[str] = ()
    all_branches: bool = False
    all_tags: bool = False
    all_commits: bool = False
    last: int = 1

    def __bool__(self) -> bool:
        return bool(self.names or self.all_branches or self.all_tags or self.all_commits)


def recorded_outputs(
    repo: Repo, project: Project, targets: Sequence[str] = (), *, with_deps: bool = False, recursive: bool = False
) -> list[tuple[Output, str | None]]:
    """The cached outputs of a project that have a recorded content and that targets name, each with the part named."""
    selections = selected(repo, project, targets, with_deps=with_deps, recursive=recursive)
    return [
        (output, path if path and path != output.path and path.startswith(f"{output.path}/") else None)
        for stage, path in selections
        for output in stage.outs
        if output.entry.cache and output.recorded and output.recorded.oid and names(output.path, path)
    ]


def selected(
    repo: Repo, project: Project, targets: Sequence[str], *, with_deps: bool, recursive: bool
) -> list[Selection]:
    """The stages and paths that targets name; all stages without any."""
    if not targets:
        return [Selection(stage) for stage in project.stages]
    return [
        selection
        for target in targets
        for selection in project.select(target, repo.directory, with_deps=with_deps, recursive=recursive)
    ]


def names(output: str, path: str | None) -> bool:
    """Whether a path that was named is about an output: is it, in it or above it."""
    return path is None or output == path or path.startswith(f"{output}/") or output.startswith(f"{path}/")

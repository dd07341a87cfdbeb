"""The options that `push`, `fetch` and `pull` share."""

from typing import Annotated, Protocol

from tiffin.cli._options import Argument, Flag
from tiffin.repo.revisions import Revisions
from tiffin.repo.sync import Selected

__all__ = [
    "AllBranches",
    "AllCommits",
    "AllTags",
    "Jobs",
    "NoRunCache",
    "Recursive",
    "Remote",
    "RunCache",
    "SyncOptions",
    "Targets",
    "WithDeps",
    "selected_by",
    "with_run_cache",
]

Targets = Annotated[list[str], Argument("stages, .dvc files, outputs or paths inside them", optional=True)]
Remote = Annotated[
    str | None, Flag("the remote (default: the one outputs or settings name)", ("-r", "--remote"), metavar="NAME")
]
WithDeps = Annotated[bool, Flag("also what the targets depend on", ("-d", "--with-deps"))]
Recursive = Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))]
AllBranches = Annotated[bool, Flag("also of every branch", ("-a", "--all-branches"))]
AllTags = Annotated[bool, Flag("also of every tag", ("-T", "--all-tags"))]
AllCommits = Annotated[bool, Flag("also of every commit", ("-A", "--all-commits"))]
RunCache = Annotated[bool, Flag("also the results of past runs")]
NoRunCache = Annotated[bool, Flag("not the results of past runs (default)")]
Jobs = Annotated[
    int | None, Flag("requests at a time to a remote that is no directory (default: 16)", ("-j", "--jobs"), metavar="N")
]


class SyncOptions(Protocol):
    """What the options of the three commands have in common."""

    @property
    def targets(self) -> list[str]: ...
    @property
    def with_deps(self) -> bool: ...
    @property
    def recursive(self) -> bool: ...
    @property
    def all_branches(self) -> bool: ...
    @property
    def all_tags(self) -> bool: ...
    @property
    def all_commits(self) -> bool: ...
    @property
    def run_cache(self) -> bool: ...
    @property
    def no_run_cache(self) -> bool: ...


def selected_by(options: SyncOptions) -> Selected:
    """The outputs and revisions that were asked for."""
    revisions = Revisions((), options.all_branches, options.all_tags, options.all_commits)
    return Selected(options.targets, options.with_deps, options.recursive, revisions)


def with_run_cache(options: SyncOptions) -> bool:
    """Whether the results of past runs come along."""
    return options.run_cache and not options.no_run_cache

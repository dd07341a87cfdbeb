"""What `push`, `fetch` and `pull` share: options, and what they say at the end."""

from typing import Annotated, Protocol

from tiffin.cli._common import tell_lost
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo import Repo
from tiffin.repo.asked import Revisions
from tiffin.repo.sync import Moved, Selected

__all__ = [
    "AllBranches",
    "AllCommits",
    "AllTags",
    "Jobs",
    "NoRunCache",
    "Recursive",
    "Remote",
    "RunCache",
    "RunCacheOptions",
    "SyncOptions",
    "Targets",
    "WithDeps",
    "selected_by",
    "tell_moved",
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


class RunCacheOptions(Protocol):
    """What tells whether the results of past runs come along."""

    @property
    def run_cache(self) -> bool: ...
    @property
    def no_run_cache(self) -> bool: ...


class SyncOptions(RunCacheOptions, Protocol):
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


def selected_by(options: SyncOptions) -> Selected:
    """The outputs and revisions that were asked for."""
    revisions = Revisions((), options.all_branches, options.all_tags, options.all_commits)
    return Selected(options.targets, options.with_deps, options.recursive, revisions)


def with_run_cache(options: RunCacheOptions) -> bool:
    """Whether the results of past runs come along."""
    return options.run_cache and not options.no_run_cache


def tell_moved(ui: Ui, repo: Repo, moved: Moved, remote: str | None, verb: str) -> None:
    """How many files were pushed or fetched, and which nobody has."""
    tell_lost(ui, repo, moved.lost, remote)
    if moved.objects or moved.lost:
        ui.write(f"{moved.objects} file{'s' if moved.objects != 1 else ''} {verb}")
    else:
        ui.write("Everything is up to date.")

"""The command `tiffin fetch`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Flag
from tiffin.cli._sync_options import (
    AllBranches,
    AllCommits,
    AllTags,
    Jobs,
    NoRunCache,
    Recursive,
    Remote,
    RunCache,
    Targets,
    WithDeps,
    selected_by,
    tell_moved,
    with_run_cache,
)
from tiffin.cli._ui import Ui
from tiffin.repo.narrowing import Narrowing
from tiffin.repo.sync import fetch

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Download what the cache lacks, and leave the workspace alone."""

    targets: Targets
    remote: Remote = None
    with_deps: WithDeps = False
    recursive: Recursive = False
    all_branches: AllBranches = False
    all_tags: AllTags = False
    all_commits: AllCommits = False
    run_cache: RunCache = False
    no_run_cache: NoRunCache = False
    max_size: Annotated[
        int | None, Flag("only outputs of fewer bytes, a directory's files taken together", metavar="BYTES")
    ] = None
    types: Annotated[
        list[str], Flag("only metrics, or plots; may be given twice", ("--type",), choices=("metrics", "plots"))
    ] = []  # noqa: RUF012 - a NamedTuple's default, never changed
    jobs: Jobs = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    selected = selected_by(options)
    if options.max_size or options.types:
        selected = selected._replace(narrowing=Narrowing(options.max_size, options.types))
    with errors_exit_with(1), ui.progress("Fetching") as progress:
        repo.progress, repo.jobs = progress, options.jobs
        moved = fetch(repo, selected, remote=options.remote, run_cache=with_run_cache(options))
    tell_moved(ui, repo, moved, options.remote, "fetched")
    return 0

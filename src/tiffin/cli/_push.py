"""The command `tiffin push`."""

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
from tiffin.repo.sync import push

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Upload what the remote lacks.

    A directory's listing is uploaded only once all its files are there and durable.
    """

    targets: Targets
    remote: Remote = None
    with_deps: WithDeps = False
    recursive: Recursive = False
    all_branches: AllBranches = False
    all_tags: AllTags = False
    all_commits: AllCommits = False
    run_cache: RunCache = False
    no_run_cache: NoRunCache = False
    glob: Annotated[bool, Flag("targets are patterns: *, ?, [...] and ** for any depth")] = False
    jobs: Jobs = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    selected = selected_by(options)
    if options.glob:
        from tiffin.repo.patterns import matching  # noqa: PLC0415 - few calls need it

        with errors_exit_with(1):
            selected = selected._replace(targets=matching(repo, options.targets))
    with errors_exit_with(1), ui.progress("Pushing") as progress:
        repo.progress, repo.jobs = progress, options.jobs
        moved = push(repo, selected, remote=options.remote, run_cache=with_run_cache(options))
    tell_moved(ui, repo, moved, options.remote, "pushed")
    return 0

"""The command `tiffin pull`."""

from typing import Annotated, NamedTuple

from tiffin.cli._checkout import counts, report, tell_rescued
from tiffin.cli._common import errors_exit_with, open_repo, tell_lost
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
    with_run_cache,
)
from tiffin.cli._ui import Ui
from tiffin.repo.sync import pull

__all__ = ["Options", "run"]

PUSH_HINT = "run `tiffin push` where the data is, then pull again; --allow-missing does without it"


class Options(NamedTuple):
    """Download what the cache lacks and check it out.

    Data that is stored nowhere else is never replaced or removed unless -f is given.
    """

    targets: Targets
    remote: Remote = None
    with_deps: WithDeps = False
    recursive: Recursive = False
    force: Annotated[bool, Flag("replace data even if it is stored nowhere else", ("-f", "--force"))] = False
    all_branches: AllBranches = False
    all_tags: AllTags = False
    all_commits: AllCommits = False
    run_cache: RunCache = False
    no_run_cache: NoRunCache = False
    allow_missing: Annotated[bool, Flag("leave out what the remote lacks, without an error")] = False
    jobs: Jobs = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    tell_rescued(ui, repo)
    selected = selected_by(options)
    with errors_exit_with(1), ui.progress("Pulling") as progress:
        repo.progress, repo.jobs = progress, options.jobs
        moved, done = pull(
            repo,
            selected,
            remote=options.remote,
            force=options.force,
            run_cache=with_run_cache(options),
            allow_missing=options.allow_missing,
        )
    tell_lost(ui, repo, moved.lost, options.remote)
    with errors_exit_with(1):
        report(ui, repo, done, hint=PUSH_HINT)
    ui.write(counts({"fetched": moved.objects, **done.files}) or "Everything is up to date.")
    return 0

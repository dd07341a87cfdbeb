"""The command `tiffin pull`."""

from typing import Annotated, NamedTuple

from tiffin.cli._checkout import counts, report
from tiffin.cli._common import errors_exit_with, open_repo, tell_lost
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo._revisions import Revisions
from tiffin.repo.sync import Selected, pull

__all__ = ["Options", "run"]

PUSH_HINT = "run `tiffin push` where the data is, then pull again; --allow-missing does without it"


class Options(NamedTuple):
    """Download what the cache lacks and check it out.

    Data that is stored nowhere else is never replaced or removed unless -f is given.
    """

    targets: Annotated[list[str], Argument("stages, .dvc files, outputs or paths inside them", optional=True)]
    remote: Annotated[
        str | None, Flag("the remote (default: the one outputs or settings name)", ("-r", "--remote"))
    ] = None
    with_deps: Annotated[bool, Flag("also what the targets depend on", ("-d", "--with-deps"))] = False
    recursive: Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))] = False
    force: Annotated[bool, Flag("replace data even if it is stored nowhere else", ("-f", "--force"))] = False
    all_branches: Annotated[bool, Flag("also of every branch", ("-a", "--all-branches"))] = False
    all_tags: Annotated[bool, Flag("also of every tag", ("-T", "--all-tags"))] = False
    all_commits: Annotated[bool, Flag("also of every commit", ("-A", "--all-commits"))] = False
    run_cache: Annotated[bool, Flag("also the results of past runs")] = False
    no_run_cache: Annotated[bool, Flag("not the results of past runs (default)")] = False
    allow_missing: Annotated[bool, Flag("leave out what the remote lacks, without an error")] = False
    jobs: Annotated[int | None, Flag("accepted for DVC's sake; all cores are used", ("-j", "--jobs"), metavar="N")] = (
        None
    )


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    revisions = Revisions((), options.all_branches, options.all_tags, options.all_commits)
    selected = Selected(options.targets, options.with_deps, options.recursive, revisions)
    with errors_exit_with(1), ui.progress("Pulling") as progress:
        repo.progress = progress
        moved, done = pull(
            repo,
            selected,
            remote=options.remote,
            force=options.force,
            run_cache=options.run_cache and not options.no_run_cache,
            allow_missing=options.allow_missing,
        )
    tell_lost(ui, moved.lost)
    with errors_exit_with(1):
        report(
            ui, repo, done, hint="run `tiffin push` where the data is, then pull again; --allow-missing does without it"
        )
    ui.write(counts({"fetched": moved.objects, **done.files}) or "Everything is up to date.")
    return 0

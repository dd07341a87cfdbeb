"""The command `tiffin push`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_lost
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo._revisions import Revisions
from tiffin.repo.sync import Selected, push

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Upload what the remote lacks.

    A directory's listing is uploaded only once all its files are there and durable.
    """

    targets: Annotated[list[str], Argument("stages, .dvc files, outputs or paths inside them", optional=True)]
    remote: Annotated[
        str | None, Flag("the remote (default: the one outputs or settings name)", ("-r", "--remote"))
    ] = None
    with_deps: Annotated[bool, Flag("also what the targets depend on", ("-d", "--with-deps"))] = False
    recursive: Annotated[bool, Flag("targets are directories: all stages below them", ("-R", "--recursive"))] = False
    all_branches: Annotated[bool, Flag("also of every branch", ("-a", "--all-branches"))] = False
    all_tags: Annotated[bool, Flag("also of every tag", ("-T", "--all-tags"))] = False
    all_commits: Annotated[bool, Flag("also of every commit", ("-A", "--all-commits"))] = False
    run_cache: Annotated[bool, Flag("also the results of past runs")] = False
    no_run_cache: Annotated[bool, Flag("not the results of past runs (default)")] = False
    jobs: Annotated[int | None, Flag("accepted for DVC's sake; all cores are used", ("-j", "--jobs"), metavar="N")] = (
        None
    )


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    revisions = Revisions((), options.all_branches, options.all_tags, options.all_commits)
    selected = Selected(options.targets, options.with_deps, options.recursive, revisions)
    with errors_exit_with(1), ui.progress("Pushing") as progress:
        repo.progress = progress
        moved = push(repo, selected, remote=options.remote, run_cache=options.run_cache and not options.no_run_cache)
    tell_lost(ui, moved.lost)
    ui.write(
        f"{moved.objects} file{'s' if moved.objects != 1 else ''} pushed"
        if moved.objects
        else "Everything is up to date."
    )
    return 0

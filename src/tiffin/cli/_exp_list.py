"""The command `tiffin exp list`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.repo.choosing import Wanted
from tiffin.repo.experiment_refs import by_baseline, experiments_here

__all__ = ["Options", "run"]

SHORT = 7


class Options(NamedTuple):
    """List experiments below the commits they started from, here or at a Git remote."""

    git_remote: Annotated[
        str | None, Argument("list those of this Git repository: its name, URL or path", optional=True)
    ]
    all_commits: Annotated[bool, Flag("all experiments, whatever they started from", ("-A", "--all-commits"))] = False
    rev: Annotated[
        list[str], Flag("those that started from this commit (default: HEAD)", ("--rev",), metavar="COMMIT")
    ] = []  # noqa: RUF012 - a named tuple's default is never changed
    num: Annotated[
        int, Flag("and from so many commits in all, along first parents; -1 for all", ("-n", "--num"), metavar="N")
    ] = 1
    name_only: Annotated[bool, Flag("names only", ("--name-only", "--names-only"))] = False
    sha_only: Annotated[bool, Flag("commit ids only", ("--sha-only", "--shas-only"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.name_only and options.sha_only:
        raise UsageError("--name-only and --sha-only exclude each other", hint="without either, both are shown")
    repo = open_repo(ui)
    wanted = Wanted((), options.rev, options.num, options.all_commits)
    if options.git_remote is None:
        found = experiments_here(repo, wanted)
    else:
        from tiffin.repo.sharing_experiments import experiments_there  # noqa: PLC0415 - only for what is elsewhere

        found = experiments_there(repo, options.git_remote, wanted)
    if options.name_only or options.sha_only:
        for experiment in found:
            ui.write(experiment.name if options.name_only else experiment.commit)
        return 0
    for commit, name, experiments in by_baseline(repo, found):
        ui.write(f"{name or commit[:SHORT]}:")
        for experiment in experiments:
            ui.write(f"\t{experiment.commit[:SHORT]} [{experiment.name}]")
    return 0

"""The command `tiffin exp pull`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo, tell_lost
from tiffin.cli._options import Flag
from tiffin.cli._sharing_options import (
    AllCommits,
    GitRemote,
    Names,
    NoCache,
    Number,
    Revs,
    names_of,
    tell_shared,
    wanted_by,
)
from tiffin.cli._sync_options import Jobs, NoRunCache, Remote, RunCache, with_run_cache
from tiffin.cli._ui import Ui
from tiffin.repo.sharing_experiments import Data, fetch_data, pull

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Get experiments from a Git remote, and their data into the cache.

    Without names and flags these are the experiments that started from HEAD.  The workspace stays as it is.  What is
    here under the same name and differs stays, unless -f is given.
    """

    git_remote: GitRemote
    experiment: Names
    all_commits: AllCommits = False
    rev: Revs = []  # noqa: RUF012 - a named tuple's default is never changed
    num: Number = 1
    force: Annotated[bool, Flag("replace experiments that are here and differ", ("-f", "--force"))] = False
    no_cache: NoCache = False
    remote: Remote = None
    jobs: Jobs = None
    run_cache: RunCache = False
    no_run_cache: NoRunCache = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    pulled = pull(repo, options.git_remote, wanted_by(options), force=options.force)
    if pulled.differing:
        ui.warning(
            f"Git remote '{options.git_remote}' has another {names_of(pulled.differing)}; the one here stays",
            "replace what is here with -f, or rename it first",
        )
    tell_shared(ui, pulled, "pull", options.git_remote)
    if options.no_cache:
        if pulled.done:
            ui.write("Their data was left out; without --no-cache it comes along.")
        return 0
    with ui.progress("Fetching") as progress:
        repo.progress, repo.jobs = progress, options.jobs
        moved = fetch_data(repo, [*pulled.done, *pulled.same], Data(options.remote, with_run_cache(options)))
    tell_lost(ui, repo, moved.lost, options.remote)
    if moved.objects:
        ui.write(f"{moved.objects} file{'s' if moved.objects != 1 else ''} fetched")
    return 0

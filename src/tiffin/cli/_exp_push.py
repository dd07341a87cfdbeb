"""The command `tiffin exp push`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Flag
from tiffin.cli._sharing_options import (
    AllCommits,
    GitRemote,
    Names,
    NoCache,
    Number,
    Revs,
    names_of,
    tell_refused,
    tell_shared,
    wanted_by,
)
from tiffin.cli._sync_options import Jobs, NoRunCache, Remote, RunCache, with_run_cache
from tiffin.cli._ui import Ui
from tiffin.repo.sharing_experiments import Data, push

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Share experiments: their data goes to the remote, then they themselves to a Git remote.

    Without names and flags these are the experiments that started from HEAD.  None goes to the Git remote before the
    data of all of them is at the remote.  What is there under the same name and differs stays, unless -f is given.
    """

    git_remote: GitRemote
    experiment: Names
    all_commits: AllCommits = False
    rev: Revs = []  # noqa: RUF012 - a named tuple's default is never changed
    num: Number = 1
    force: Annotated[bool, Flag("replace experiments that are there and differ", ("-f", "--force"))] = False
    no_cache: NoCache = False
    remote: Remote = None
    jobs: Jobs = None
    run_cache: RunCache = False
    no_run_cache: NoRunCache = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    data = None if options.no_cache else Data(options.remote, with_run_cache(options))
    with errors_exit_with(255), ui.progress("Pushing") as progress:
        repo.progress, repo.jobs = progress, options.jobs
        pushed = push(repo, options.git_remote, wanted_by(options), force=options.force, data=data)
    if pushed.differing:
        ui.warning(
            f"Git remote '{options.git_remote}' has another {names_of(pushed.differing)}, which stays",
            "replace what is there with -f, or run yours under another name",
        )
    tell_shared(ui, pushed, "push", options.git_remote)
    if pushed.moved.objects:
        ui.write(f"{pushed.moved.objects} file{'s' if pushed.moved.objects != 1 else ''} pushed")
    if options.no_cache and pushed.done:
        ui.write("Their data stays here; without --no-cache it goes along.")
    tell_refused(pushed, options.git_remote)
    return 0

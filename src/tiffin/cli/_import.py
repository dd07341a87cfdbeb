"""The command `tiffin import`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._external_options import (
    Config,
    Jobs,
    Out,
    Path,
    Remote,
    RemoteConfig,
    Rev,
    Url,
    externals,
    overrides_by,
)
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.errors import MissingDependency, UsageError
from tiffin.repo.gitside import GitSide
from tiffin.repo.importing import Mode, import_data

__all__ = ["UNCOMMITTED", "Options", "run"]

UNCOMMITTED = "'{}' was imported with changes that are in no commit there, so it cannot be fetched a second time"


class Options(NamedTuple):
    """Download a file or directory of another repository, and track it with where it came from.

    `update` brings it to what that repository has later.
    """

    url: Url
    path: Path
    out: Out = None
    force: Annotated[bool, Flag("replace what is there", ("-f", "--force"))] = False
    rev: Rev = None
    no_exec: Annotated[bool, Flag("only write the .dvc file, without looking at the other repository")] = False
    no_download: Annotated[bool, Flag("record which commit it is, but leave the data there (see `pull`)")] = False
    jobs: Jobs = None
    config: Config = None
    remote: Remote = None
    remote_config: RemoteConfig = []  # noqa: RUF012 - a named tuple's default is never changed


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.no_exec and options.no_download:
        raise UsageError("--no-exec and --no-download do not go together", hint="leave one of them out")
    overrides = overrides_by(options)
    repo = open_repo(ui)
    git = GitSide(repo)
    try:
        with errors_exit_with(1), externals(ui) as pool, ui.progress("Importing") as progress:
            repo.progress = pool.progress = progress
            done = import_data(
                repo,
                pool,
                options.url,
                options.path,
                out=options.out,
                rev=options.rev,
                overrides=overrides,
                force=options.force,
                mode=Mode(execute=not options.no_exec, download=not options.no_download),
                git=git,
            )
    except MissingDependency as error:
        error.exit_code = MissingDependency.exit_code  # as in DVC, which is surprised by a path that is not there
        raise
    if done.uncommitted:
        ui.warning(UNCOMMITTED.format(options.path), "commit it there, then `tiffin update` here")
    tell_git(ui, repo, git.files)
    return 0

"""The command `tiffin get`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with
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
from tiffin.errors import MissingDependency
from tiffin.repo.gathering import get, storage_path, target_path

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Download a file or directory from another repository, be it tracked or in Git.

    It need not be run in a repository.  `import` downloads and keeps track of where the data came from.
    """

    url: Url
    path: Path
    out: Out = None
    rev: Rev = None
    show_url: Annotated[bool, Flag("print where the data would be downloaded from")] = False
    jobs: Jobs = None
    force: Annotated[bool, Flag("replace what is there", ("-f", "--force"))] = False
    config: Config = None
    remote: Remote = None
    remote_config: RemoteConfig = []  # noqa: RUF012 - a named tuple's default is never changed


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    overrides = overrides_by(options)
    with externals(ui) as pool:
        if options.show_url:
            ui.answer(storage_path(pool.open(options.url, options.rev, overrides), options.path))
            return 0
        try:
            with errors_exit_with(1), ui.progress("Downloading") as progress:
                pool.progress = progress
                target = target_path(options.path, options.out, ui.context.directory, force=options.force)
                get(pool.open(options.url, options.rev, overrides), options.path, target)
        except MissingDependency as error:
            error.exit_code = MissingDependency.exit_code  # as in DVC, which is surprised by a path that is not there
            raise
    return 0

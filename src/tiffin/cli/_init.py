"""The command `tiffin init`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.init import init

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Make this directory a repository for data, beside Git.

    Creates .dvc/ (settings, cache) and .dvcignore, and adds them to Git's index.
    """

    directory: Annotated[str | None, Argument("where (default: here)", optional=True)]
    no_scm: Annotated[bool, Flag("do without Git")] = False
    subdir: Annotated[bool, Flag("allow a directory below the root of the Git repository")] = False
    force: Annotated[bool, Flag("replace an existing .dvc directory, its cache included", ("-f", "--force"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    directory = f"{ui.context.directory}/{options.directory or '.'}"
    with errors_exit_with(1):
        made = init(directory, no_scm=options.no_scm, subdir=options.subdir, force=options.force)
    ui.status(
        "Initialized a repository for data." if options.no_scm else "Initialized a repository for data beside Git."
    )
    if not options.no_scm:
        ui.status('You can now commit the changes to git: git commit -m "Initialize tiffin"')
    ui.debug("\n".join(made))
    return 0

"""The command `tiffin remove`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.gitside import GitSide
from tiffin.repo.removing import remove

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Stop tracking data, or take stages out of dvc.yaml and dvc.lock.

    The data itself stays where it is, unless --outs is given.
    """

    targets: Annotated[list[str], Argument(".dvc files, stages, or a dvc.yaml for all stages in it")]
    outs: Annotated[bool, Flag("remove the data from the workspace as well")] = False
    force: Annotated[bool, Flag("with --outs: even data that is stored nowhere else", ("-f", "--force"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    git = GitSide(repo)
    with errors_exit_with(1), ui.progress("Removing") as progress:
        repo.progress = progress
        remove(repo, options.targets, outs=options.outs, force=options.force, git=git)
    tell_git(ui, repo, git.files)
    return 0

"""The command `tiffin install`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.repo.installing import install

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Have Git call tiffin: hooks, and merge drivers for .dvc files and dvc.lock.

    Before a commit `tiffin status` runs, after a checkout `tiffin checkout`, before a push `tiffin push`.
    """

    use_pre_commit_tool: Annotated[bool, Flag("instead of hooks, write entries for the tool pre-commit")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    with errors_exit_with(1):
        done = install(repo, use_pre_commit_tool=options.use_pre_commit_tool)
    tell_git(ui, repo, done.files)
    return 0

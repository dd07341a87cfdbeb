"""The command `tiffin freeze`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo, tell_git
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.repo.freezing import freeze
from tiffin.repo.gitside import GitSide

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Leave stages as they are: `repro` does not run them, and what they depend on may change.

    For an import: `repro` does not download it again.  `unfreeze` takes it back.
    """

    targets: Annotated[list[str], Argument("stages, or .dvc files")]


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    git = GitSide(repo)
    with errors_exit_with(1):
        freeze(repo, options.targets, git=git)
    tell_git(ui, repo, git.files)
    return 0

"""The command `tiffin unprotect`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.repo.protecting import unprotect

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Replace links into the cache by copies that may be written to.

    For data that is linked because cache.type says so: hardlinks and symlinks are read-only, as writing through one
    would change the cache.
    """

    targets: Annotated[list[str], Argument("files or directories")]


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    with errors_exit_with(1), ui.progress("Unprotecting") as progress:
        repo.progress = progress
        unprotect(repo, options.targets)
    return 0

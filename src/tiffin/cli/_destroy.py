"""The command `tiffin destroy`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import errors_exit_with, open_repo
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.errors import TiffinError
from tiffin.repo.protecting import destroy

__all__ = ["Options", "run"]

QUESTION = (
    "This removes every .dvc file, dvc.yaml and dvc.lock, the settings in .dvc, and the cache below it with all\n"
    "versions of the data that are not pushed. What is in the workspace now stays.\n"
    "Are you sure you want to go on?"
)


class Options(NamedTuple):
    """Remove everything of DVC and tiffin from this repository: metadata, settings and cache.

    The data in the workspace stays, as plain files.
    """

    force: Annotated[bool, Flag("do not ask", ("-f", "--force"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command; every failure is exit code 1, as in DVC."""
    repo = open_repo(ui)
    with errors_exit_with(1):
        if not options.force and not ui.confirm(QUESTION):
            raise TiffinError("nothing was removed", hint="confirm it, or use -f")
        destroy(repo)
    return 0

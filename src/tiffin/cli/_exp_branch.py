"""The command `tiffin exp branch`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.repo.experiment_refs import branch

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Make a Git branch of an experiment.  The workspace stays as it is."""

    experiment: Annotated[str, Argument("an experiment, or its commit")]
    branch: Annotated[str | None, Argument("the name of the branch (default: EXPERIMENT-branch)", optional=True)]


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    experiment, made = branch(open_repo(ui), options.experiment, options.branch)
    ui.write(f"Git branch '{made}' has been made of experiment '{experiment.name}'. To switch to it:")
    ui.write(f"\n\tgit checkout {made}\n")
    return 0

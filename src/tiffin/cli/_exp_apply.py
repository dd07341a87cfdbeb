"""The command `tiffin exp apply`."""

from typing import Annotated, NamedTuple

from tiffin.cli._checkout import refuse_missing
from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.applying import STASH, Applied, apply

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Bring an experiment into the workspace: its files, and its data.

    What differed from the last commit is kept in a stash, and how to go back is told.  What only the workspace has
    stays.  Data that is stored nowhere else is never replaced unless -f is given.
    """

    experiment: Annotated[str, Argument("an experiment, or any commit, branch or tag")]
    force: Annotated[bool, Flag("replace data even if it is stored nowhere else", ("-f", "--force"))] = False
    no_force: Annotated[bool, Flag("accepted for DVC's sake", hidden=True)] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    with ui.progress("Applying") as progress:
        repo.progress = progress
        applied = apply(repo, options.experiment, force=options.force and not options.no_force)
    if applied.complete:
        ui.write(f"Changes for experiment '{options.experiment}' have been applied to your current workspace.")
    _tell_way_back(ui, applied)
    refuse_missing(repo, applied.data, hint="Git's files are in place; get the data with `tiffin pull`")
    return 0


def _tell_way_back(ui: Ui, applied: Applied) -> None:
    if applied.stash is None:
        return
    from shlex import quote  # noqa: PLC0415 - most workspaces are as they were committed

    # A stash does not bring files back over others that Git does not know.
    new = " ".join(quote(f":/{path}") for path in applied.replaced)
    steps = ["git reset --hard", *([f"git clean -fqx -- {new}"] if new else []), f"git stash apply {STASH}"]
    ui.status(f"What had changed before is kept. To go back: {' && '.join(steps)} && tiffin checkout")

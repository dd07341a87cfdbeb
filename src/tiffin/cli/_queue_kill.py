"""The command `tiffin queue kill`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.repo.queueing import tasks_named
from tiffin.repo.working import kill

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Interrupt experiments that run from the queue, as Ctrl+C would.  They count as failed."""

    task: Annotated[list[str], Argument("names of experiments, or beginnings of their tasks", optional=True)]
    force: Annotated[bool, Flag("end them at once", ("-f", "--force"))] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    kill(repo, tasks_named(repo, options.task, ["Running"]), force=options.force)
    return 0

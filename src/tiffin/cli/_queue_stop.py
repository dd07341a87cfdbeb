"""The command `tiffin queue stop`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.repo.queueing import tasks
from tiffin.repo.working import kill, stop_workers

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Let the workers of the queue end once what they run has; what waits goes on waiting."""

    kill: Annotated[bool, Flag("end what they run at once, as failed")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    stopped = stop_workers(repo)
    if options.kill:
        kill(repo, tasks(repo, ["Running"]), force=True)
        ui.write("All running tasks in the queue have been killed. Queue workers are stopping.")
    elif stopped:
        ui.write("Queue workers will stop after running tasks finish.")
    else:
        ui.write("No queue worker is running.")
    return 0

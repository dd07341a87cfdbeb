"""The command `tiffin queue remove`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import ExperimentError
from tiffin.experiments.queue import TaskState
from tiffin.repo.queueing import remove, tasks, tasks_named

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Take experiments out of the queue: those that wait, and the record of those that ended.

    The results of those that succeeded stay; `exp remove` removes them.
    """

    task: Annotated[list[str], Argument("names of experiments, or beginnings of their tasks", optional=True)]
    all: Annotated[bool, Flag("all that do not run")] = False
    queued: Annotated[bool, Flag("those that wait")] = False
    success: Annotated[bool, Flag("those that succeeded")] = False
    failed: Annotated[bool, Flag("those that failed")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    switches: dict[TaskState, bool] = {
        "Queued": options.all or options.queued,
        "Failed": options.all or options.failed,
        "Success": options.all or options.success,
    }
    states = [state for state, on in switches.items() if on]
    if bool(states) == bool(options.task):
        raise ExperimentError(
            "which experiments shall go was not said, or said twice",
            hint="name them, or write one of --all, --queued, --failed, --success",
        )
    repo = open_repo(ui)
    wanted = tasks(repo, states) if states else tasks_named(repo, options.task, ["Queued", "Failed", "Success"])
    gone = remove(repo, wanted)
    ui.write(
        f"Removed tasks in queue: {', '.join(task.name for task in gone)}" if gone else "There was none to remove."
    )
    return 0

"""The command `tiffin queue status`."""

import time
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Flag
from tiffin.cli._table_text import plain
from tiffin.cli._text import shown_time
from tiffin.cli._ui import Ui
from tiffin.errors import GitError
from tiffin.experiments.queue import Task
from tiffin.repo.queueing import tasks
from tiffin.repo.revisions import States
from tiffin.repo.working import workers

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Show the queued experiments, how they stand, and how many workers run them."""

    json: Annotated[bool, Flag("print JSON")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    with States(repo) as states:
        found = [(task, _queued_at(states, task)) for task in tasks(repo)]
    # Of ours: what DVC's workers do, only they themselves say.
    pids = workers(repo, stopping=True).values()
    active = min(len(pids), sum(task.state == "Running" for task, _ in found))
    if options.json:
        ui.json(
            {
                "tasks": [_as_json(task, queued_at) for task, queued_at in found],
                "workers": {"active": active, "idle": len(pids) - active},
            }
        )
        return 0
    if found:
        rows = [
            (task.commit[:7], task.name, "" if queued_at is None else shown_time(queued_at), task.state)
            for task, queued_at in found
        ]
        ui.table(plain(("Task", "Name", "Created", "Status"), rows))
    else:
        ui.write("No experiment tasks in the queue.")
    ui.write()
    ui.write(f"Worker status: {active} active, {len(pids) - active} idle")
    return 0


def _queued_at(states: States, task: Task) -> int | None:
    """When it was queued, in seconds since 1970; None if Git has lost the commit."""
    try:
        return states.commit(task.commit).time
    except GitError:
        return None


def _as_json(task: Task, queued_at: int | None) -> dict[str, object]:
    when = None if queued_at is None else time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(queued_at))
    return {
        "rev": task.commit,
        "name": task.message.entry.name,
        "baseline": task.message.entry.baseline_rev,
        "timestamp": when,
        "status": task.state,
    }

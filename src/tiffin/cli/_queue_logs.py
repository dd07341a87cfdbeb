"""The command `tiffin queue logs`."""

import time
from codecs import getincrementaldecoder
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import ExperimentError, UsageError
from tiffin.experiments.queue import Task, TaskState
from tiffin.repo import Repo
from tiffin.repo.queueing import queue_of, tasks, tasks_named
from tiffin.repo.working import workers

__all__ = ["Options", "follow", "run"]

_PAUSE_S, _PATIENCE_S = 0.1, 10.0


class Options(NamedTuple):
    """Show what a queued experiment wrote, while it runs and afterwards."""

    task: Annotated[str, Argument("the experiment's name, or the beginning of its task")]
    follow: Annotated[bool, Flag("go on until it has ended", ("-f", "--follow"))] = False
    encoding: Annotated[str | None, Flag("of its text (default: UTF-8)", ("-e", "--encoding"), metavar="NAME")] = None


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    task = tasks_named(repo, [options.task])[0]
    encoding = options.encoding or "utf-8"
    try:
        "".encode(encoding)
    except LookupError:
        raise UsageError(f"-e {encoding}: there is no such encoding", hint="write it like utf-8 or latin-1") from None
    if task.state == "Queued":
        raise ExperimentError(
            f"experiment '{task.name}' waits and has written nothing yet", hint="start it: tiffin queue start"
        )
    if options.follow:
        ui.status(f"Following '{task.name}'; Ctrl+C stops that, and the experiment goes on.\n")
        try:
            follow(repo, ui, task, encoding)
        except KeyboardInterrupt:
            return 0
        return 0
    shown = _Shown(repo, ui, task, encoding)
    if not shown.more(last=True):
        raise ExperimentError(
            f"there is no output of experiment '{task.name}'", hint="its worker may have ended before it began"
        )
    return 0


def follow(repo: Repo, ui: Ui, task: Task, encoding: str = "utf-8", *, expected: bool = False) -> None:
    """Print what a task writes until it has ended; one that was taken out of the queue has.

    expected: a task that waits will be run.  Raises ExperimentError if no worker is left to do it.
    """
    shown = _Shown(repo, ui, task, encoding)
    alone = 0
    while (state := _state(repo, task)) is not None:
        shown.more()
        # DVC's worker may be about to take it: that is seen only once it did.
        alone = alone + 1 if expected and state == "Queued" and not workers(repo) else 0
        if alone * _PAUSE_S > _PATIENCE_S:
            raise ExperimentError(
                f"experiment '{task.name}' waits, and no worker is left", hint="start one: tiffin queue start"
            )
        time.sleep(_PAUSE_S)
    shown.more(last=True)


def _state(repo: Repo, task: Task) -> TaskState | None:
    """That of a task that has not ended."""
    states = (other.state for other in tasks(repo, ["Queued", "Running"]) if other.commit == task.commit)
    return next(states, None)


class _Shown:
    """How much of a task's output has been printed."""

    def __init__(self, repo: Repo, ui: Ui, task: Task, encoding: str) -> None:
        self._ui = ui
        self._decode = getincrementaldecoder(encoding)("replace").decode  # a poll may cut a character
        self._path = queue_of(repo).run(task.commit).log
        self._at = 0

    def more(self, *, last: bool = False) -> bool:
        """Print what is new; whether there is any output.  last: nothing follows."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._at)
                text = file.read()
        except FileNotFoundError:
            return False
        self._at += len(text)
        if shown := self._decode(text, last):
            self._ui.table(shown)
            self._ui.flush()
        return True

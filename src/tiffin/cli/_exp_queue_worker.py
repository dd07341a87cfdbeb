"""The command `tiffin exp queue-worker`, which `queue start` calls."""

import time
from typing import Annotated, NamedTuple

from tiffin.cli._options import Argument
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.repo import Repo
from tiffin.repo.working import work

__all__ = ["Options", "run"]


class Options(NamedTuple):
    """Run what waits in the queue, one experiment after the other, until nothing does.  `queue start` calls this."""

    number: Annotated[str, Argument("which worker this is: 1, 2, ...")]


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if not options.number.isdecimal():
        raise UsageError(f"'{options.number}' is no number of a worker", hint="start workers by `tiffin queue start`")
    repo = Repo.open(ui.context.directory, ui.context.environment, wait_for_lock=True)
    work(repo, int(options.number), time.time)
    return 0

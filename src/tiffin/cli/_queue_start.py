"""The command `tiffin queue start`."""

from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Flag
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.repo.working import start_workers

__all__ = ["Options", "run", "workers_asked_for"]


class Options(NamedTuple):
    """Run the queued experiments in the background.

    Each worker runs one experiment at a time, in a working tree of its own, and ends once nothing waits.
    """

    jobs: Annotated[
        int, Flag("so many workers, those at work already included (default: 1)", ("-j", "--jobs"), metavar="N")
    ] = 1


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    started = start_workers(open_repo(ui), workers_asked_for(options.jobs))
    ui.write(f"Started '{started}' new experiments task queue worker{'s' if started > 1 else ''}.")
    return 0


def workers_asked_for(jobs: int) -> int:
    """The number after -j.  Raises UsageError."""
    if not 0 < jobs <= 1000:
        raise UsageError(f"-j {jobs}: there can be 1 to 1000 workers", hint="write it like `-j 2`")
    return jobs

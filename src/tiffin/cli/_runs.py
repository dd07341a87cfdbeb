"""The command `tiffin runs`."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._side_by_side import duration
from tiffin.cli._table_text import plain
from tiffin.cli._text import human_size
from tiffin.cli._ui import Ui
from tiffin.errors import UsageError
from tiffin.repo.records import runs

__all__ = ["Options", "run"]

MOST = 20


class Options(NamedTuple):
    """Show what `repro` and `exp run` ran here: when, for how long, how it ended, and what it took.

    Each line is one attempt to run a stage, the last one at the end.  Memory is that of the largest program.
    """

    targets: Annotated[list[str], Argument("stages (default: all)", optional=True)]
    num: Annotated[int | None, Flag(f"so many of the last ones; 0 for all (default: {MOST})", ("-n", "--num"))] = None
    failed: Annotated[bool, Flag("only those that failed, took too long or were interrupted")] = False
    run: Annotated[str | None, Flag("only those of one run", metavar="RUN")] = None
    json: Annotated[bool, Flag("print all that is known, as JSON")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    if options.num is not None and options.num < 0:
        raise UsageError(f"-n {options.num}: a number of lines was expected", hint="write 0 for all")
    repo = open_repo(ui)
    found = list(runs(repo, options.targets, failed=options.failed, run=options.run))
    most = MOST if options.num is None else options.num
    found = found[-most:] if most else found
    if options.json:
        ui.json(found)
    elif found:
        ui.page(plain(HEADERS, [_row(record) for record in found]))
    else:
        ui.write("Nothing has run here yet." if not (options.targets or options.failed or options.run) else "Nothing.")
    return 0


HEADERS = ("Run", "Stage", "Outcome", "Started", "Took", "CPU", "Memory", "Host")


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    outcome = str(record.get("outcome", ""))
    if outcome == "failed" and record.get("code"):
        outcome = f"failed ({record['code']})"
    if record.get("attempt", 1) > 1:
        outcome = f"{outcome}, attempt {record['attempt']}"
    return (
        str(record["run"]),
        str(record["stage"]),
        outcome,
        _local(str(record.get("started", ""))),
        duration(float(record.get("seconds", 0))),
        duration(float(record.get("cpu_s", 0))),
        human_size(int(record.get("peak_memory", 0))),
        str(record.get("host", "")),
    )


def _local(text: str) -> str:
    """A moment in the time zone of whoever looks."""
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return text

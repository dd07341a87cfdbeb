"""The command `tiffin logs`."""

import sys
import time
from contextlib import suppress
from typing import Annotated, NamedTuple

from tiffin.cli._common import open_repo
from tiffin.cli._options import Argument, Flag
from tiffin.cli._ui import Ui
from tiffin.errors import StageNotFound
from tiffin.repo import Repo
from tiffin.repo.records import Log, is_over, living_run, logs

__all__ = ["Options", "run"]

PAUSE_S = 0.2
CHUNK = 1 << 20


class Options(NamedTuple):
    """Show what the commands of a stage wrote when it last ran.

    A line that starts with "> " names the command that wrote what follows.  Without a stage, all of the last run are
    shown one after the other.
    """

    stage: Annotated[str | None, Argument("a stage, or a group of stages (default: all)", optional=True)] = None
    follow: Annotated[bool, Flag("go on while it runs", ("-f", "--follow"))] = False
    run: Annotated[str | None, Flag("of this run, see `tiffin runs`", metavar="RUN")] = None
    path: Annotated[bool, Flag("print where the log files are instead")] = False


def run(options: Options, ui: Ui) -> int:
    """Run the command."""
    repo = open_repo(ui)
    if options.follow and options.run is None:
        options = options._replace(run=_under_way(repo, options.stage))
    found = logs(repo, options.stage, options.run)
    if options.path:
        for log in found:
            ui.answer(log.path)
        return 0
    if options.follow:
        _follow(repo, ui, options)
        return 0
    for number, log in enumerate(found):
        if len(found) > 1:
            ui.answer(f"{chr(10) if number else ''}==> {log.stage} <==")
        _copy(ui, log, 0)
    return 0


def _under_way(repo: Repo, stage: str | None) -> str | None:
    """The run that is under way, once it has come to the stage; None if there is none, or it ended without."""
    run = living_run(repo)
    while run is not None and living_run(repo) == run:
        with suppress(StageNotFound):
            return logs(repo, stage, run)[0].run
        time.sleep(PAUSE_S)
    return None


def _follow(repo: Repo, ui: Ui, options: Options) -> None:
    """Show what is added to the logs, those of stages that start meanwhile included, until all is over."""
    shown: dict[Log, int] = {}
    current: Log | None = None
    run = options.run
    while True:
        found = logs(repo, options.stage, run)
        run = found[0].run
        over = all(is_over(repo, log) for log in found)  # asked first: what is written before that is still shown
        for log in found:
            size = shown.get(log, 0)
            if log != current and (len(found) > 1 or current is not None) and _size(log) > size:
                ui.answer(f"{chr(10) if current else ''}==> {log.stage} <==")
                current = log
            shown[log] = _copy(ui, log, size)
            current = current or log
        ui.flush()
        if over:
            return
        time.sleep(PAUSE_S)


def _size(log: Log) -> int:
    with open(log.path, "rb") as file:
        return file.seek(0, 2)


def _copy(ui: Ui, log: Log, start: int) -> int:
    """Show a log from a byte on; how long it is now."""
    ui.flush()
    with open(log.path, "rb") as file:
        file.seek(start)
        while chunk := file.read(CHUNK):
            sys.stdout.buffer.write(chunk)
        return file.tell()

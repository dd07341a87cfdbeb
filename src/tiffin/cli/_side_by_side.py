"""What `repro -j N` tells: a line when a stage starts and when it ends, and on a terminal what goes on in between."""

import os
import shutil
import sys
import time

from tiffin.cli._repro import Printer
from tiffin.cli._ui import Ui
from tiffin.pipeline import Stage
from tiffin.repo import Repo

__all__ = ["SideBySide", "duration"]

TICK_S = 0.5
MOST_LINES = 8  # of stages that run
TAIL = 20  # lines of a log that are shown when a stage fails


class SideBySide(Printer):
    """Stages run at once: what their commands write is in the log files, not here."""

    def __init__(self, repo: Repo, ui: Ui) -> None:
        super().__init__(repo, ui)
        self._live = not ui.quiet and sys.stderr.isatty()
        self._since: dict[str, float] = {}  # the stages that run -> start
        self._logs: dict[str, str] = {}
        self._drawn = 0
        self._ended = 0

    def running(self, stage: Stage, log: str | None = None) -> None:
        address = stage.seen_from(self._repo.directory)
        self._since[address] = time.monotonic()
        self._logs[address] = os.path.join(self._repo.root, log or "")
        self._say("\n".join([f"Running stage '{address}':", *(f"> {line}" for line in stage.commands)]))

    def command(self, line: str) -> None:
        """They were told together."""

    def waiting(self) -> float | None:
        if not self._live:
            return None
        self._erase()
        self._draw()
        return TICK_S

    def finished(self, stage: Stage) -> None:
        super().finished(stage)
        seconds = self._took(stage)
        if seconds is not None:
            self._say(f"Stage '{stage.seen_from(self._repo.directory)}' is done after {duration(seconds)}")

    def failed(self, stage: Stage, reason: str, log: str | None, *, again: bool) -> None:
        self._took(stage)
        self._erase()
        address = stage.seen_from(self._repo.directory)
        lines = _last_lines(os.path.join(self._repo.root, log or ""), TAIL)
        if lines:
            self._ui.status("\n".join([f"the end of what stage '{address}' wrote:", *(f"  {line}" for line in lines)]))
        super().failed(stage, reason, log, again=again)

    def warning(self, text: str, hint: str | None = None) -> None:
        self._erase()
        super().warning(text, hint)

    def _took(self, stage: Stage) -> float | None:
        address = stage.seen_from(self._repo.directory)
        self._logs.pop(address, None)
        since = self._since.pop(address, None)
        if since is None:
            return None
        self._ended += 1
        return time.monotonic() - since

    def _say(self, text: str) -> None:
        self._erase()
        super()._say(text)

    def _draw(self) -> None:
        columns, rows = shutil.get_terminal_size()
        most = max(1, min(MOST_LINES, rows - 2))
        now = time.monotonic()
        lines = [f"{len(self._since)} running, {self._ended} done"]
        for address, since in list(self._since.items())[:most]:
            last = _last_lines(self._logs[address], 1)
            lines.append(f"  {address}  {duration(now - since)}  {last[0] if last else ''}".rstrip())
        if len(self._since) > most:
            lines.append(f"  and {len(self._since) - most} more")
        sys.stderr.write("".join(f"{line[: columns - 1]}\n" for line in lines))
        sys.stderr.flush()
        self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            sys.stderr.write(f"\033[{self._drawn}F\033[J")
            sys.stderr.flush()
            self._drawn = 0


def duration(seconds: float) -> str:
    """So many seconds for people: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _last_lines(path: str, number: int) -> list[str]:
    """The last lines of a log, without what would move the cursor."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").splitlines()]
    plain = ["".join(c for c in line if c.isprintable() or c == "\t") for line in lines]
    return [line for line in plain if line.strip()][-number:]

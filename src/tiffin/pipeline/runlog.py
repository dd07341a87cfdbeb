"""What ran: a log file for each stage of each run, and a record of each attempt.

    <state>/runs/<run>/<stage>.log   all that the stage's commands wrote; before each command a line "> command"
    <state>/runs/records.jsonl       one JSON object a line, see docs/formats/runs.md
    run                              UTC date and time, and the process: 20260131-235959-1234
    stage                            the stage's address, "/" and "%" written as %2F and %25

Neither is ever read to decide what runs: losing them loses history only.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tiffin import _native
from tiffin.pipeline._stage import Stage

__all__ = ["Record", "RunLog", "lives", "logs_of", "records", "runs_with_logs"]

_MOST_RUNS = 100  # so many keep their logs
_MOST_BYTES = 8 << 20  # of records; then a new file begins, and the one before is kept
_LONGEST_NAME = 200
_SUFFIX = ".log"


class Record(NamedTuple):
    """One attempt to run a stage.  Times are seconds since 1970; log: relative to the repository."""

    run: str
    stage: str
    attempt: int
    outcome: str  # done, failed, timed out, interrupted
    code: int | None
    started: float
    ended: float
    cpu_s: float
    peak_memory: int
    host: str
    commands: tuple[str, ...]
    log: str
    gpus: tuple[str, ...] = ()
    reason: str | None = None  # why it failed
    final: bool = True  # whether no other attempt follows

    def as_json(self) -> dict[str, Any]:
        """As docs/formats/runs.md has it."""
        value = self._asdict()
        value["started"], value["ended"] = _iso(self.started), _iso(self.ended)
        value["seconds"] = round(self.ended - self.started, 3)
        value["cpu_s"] = round(self.cpu_s, 3)
        return {key: value[key] for key in _ORDER}


_ORDER = (
    *(
        "run",
        "stage",
        "attempt",
        "final",
        "outcome",
        "code",
        "reason",
        "started",
        "ended",
        "seconds",
        "cpu_s",
        "peak_memory",
    ),
    *("host", "gpus", "commands", "log"),
)


class RunLog:
    """Log files and records of one run; nothing is written before the first stage runs."""

    def __init__(self, root: str, state: str, *, now: Callable[[], float], host: str) -> None:
        self._base = f"{state}/runs"
        self._shown = os.path.relpath(self._base, root)
        self.now = now
        self.host = host
        self._run: str | None = None

    @property
    def run(self) -> str:
        """The run's name; its directory is there."""
        if self._run is None:
            os.makedirs(self._base, exist_ok=True)
            _make_room(self._base)
            self._run = self._new_directory()
        return self._run

    def _new_directory(self) -> str:
        moment = datetime.fromtimestamp(self.now(), UTC)
        while True:
            name = f"{moment:%Y%m%d-%H%M%S}-{os.getpid()}"
            try:
                os.mkdir(f"{self._base}/{name}")
            except FileExistsError:  # the same process, in the same second
                moment += timedelta(seconds=1)
            else:
                return name

    def open(self, stage: Stage) -> int:
        """A descriptor that appends to the stage's log."""
        path = f"{self._base}/{self.run}/{_file_name(stage.address)}"
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)

    def path(self, stage: Stage) -> str:
        """Where the stage's log is, relative to the repository."""
        return f"{self._shown}/{self.run}/{_file_name(stage.address)}"

    def add(self, records: Iterable[Record]) -> None:
        """Write records down."""
        lines = [json.dumps(record.as_json(), separators=(",", ":"), ensure_ascii=False) for record in records]
        # One write: what several processes append does not mix.
        with suppress(OSError), open(f"{self._base}/records.jsonl", "ab", buffering=0) as file:
            file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def records(state: str) -> Iterator[dict[str, Any]]:
    """All records, oldest first; what a full disk or a kill has cut off is left out."""
    for name in ("records.1.jsonl", "records.jsonl"):
        with suppress(FileNotFoundError), open(f"{state}/runs/{name}", encoding="utf-8", errors="replace") as file:
            for line in file:
                with suppress(ValueError):
                    value = json.loads(line)
                    if isinstance(value, dict) and "run" in value and "stage" in value:
                        yield value


def runs_with_logs(state: str) -> list[str]:
    """The runs that have log files, oldest first."""
    return _runs(f"{state}/runs")


def logs_of(state: str, run: str) -> dict[str, str]:
    """The log files of a run by stage address, sorted."""
    base = f"{state}/runs/{run}"
    with suppress(FileNotFoundError, NotADirectoryError):
        names = sorted(name for name in os.listdir(base) if name.endswith(_SUFFIX))
        return {_address(name): f"{base}/{name}" for name in names}
    return {}


def lives(run: str) -> bool:
    """Whether the process of a run of this machine is there."""
    process = run.rpartition("-")[2]
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _file_name(address: str) -> str:
    name = address.replace("%", "%25").replace("/", "%2F")
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f"{name[: _LONGEST_NAME // 4]}-{_native.md5(os.fsencode(address))}"
    return f"{name}{_SUFFIX}"


def _address(name: str) -> str:
    return name.removesuffix(_SUFFIX).replace("%2F", "/").replace("%25", "%")


def _make_room(base: str) -> None:
    for run in _runs(base)[:-_MOST_RUNS]:
        shutil.rmtree(f"{base}/{run}", ignore_errors=True)
    with suppress(OSError):
        if os.stat(f"{base}/records.jsonl").st_size > _MOST_BYTES:
            os.replace(f"{base}/records.jsonl", f"{base}/records.1.jsonl")


def _runs(base: str) -> list[str]:
    with suppress(FileNotFoundError):
        return sorted(entry.name for entry in os.scandir(base) if entry.is_dir())
    return []


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"

"""How the run of a queued experiment stands: files in a directory of its own, which DVC reads and writes, too.

run/COMMIT/COMMIT.run    Execution, as JSON
run/COMMIT/COMMIT.json   Process, as JSON; COMMIT.pid has the bare number
run/COMMIT/COMMIT.out    what it wrote
run/COMMIT/COMMIT.lock   held by the worker for as long as it is at it; DVC's has none
"""

import json
import os
from typing import Any, NamedTuple

from tiffin.fs import write_atomically
from tiffin.fs.replacing import lives

__all__ = ["DONE", "FAILED_RUN", "PREPARING", "RUNNING", "Execution", "Process", "RunFiles"]

# DVC's numbers for how far an execution is; it has others, which nobody else writes.
PREPARING, RUNNING, FAILED_RUN, DONE = 1, 2, 4, 6


class Execution(NamedTuple):
    """Where an experiment runs, and what came out.

    root_dir: the working tree, absolute.  dvc_dir: ".dvc" from there.  wdir: where the user stood, from root_dir.
    result_ref: the experiment's ref; None until it is there.
    """

    git_url: str
    baseline_rev: str
    location: str
    root_dir: str
    dvc_dir: str
    name: str | None = None
    wdir: str | None = None
    result_hash: str | None = None
    result_ref: str | None = None
    result_force: bool = False
    status: int = PREPARING


class Process(NamedTuple):
    """The process that runs it.  stdout: the file it writes to.  returncode: None while it runs."""

    pid: int
    stdin: str | None
    stdout: str | None
    stderr: str | None
    returncode: int | None

    @property
    def lives(self) -> bool:
        """Whether it still runs."""
        return self.returncode is None and lives(self.pid)


class RunFiles:
    """The files of one run.  directory: run/COMMIT."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._stem = os.path.join(directory, os.path.basename(directory))
        self.log = f"{self._stem}.out"
        self.lock = f"{self._stem}.lock"
        self.info = f"{self._stem}.run"

    def execution(self) -> Execution | None:
        """None if it has not begun."""
        found = _load(self.info)
        if found.pop("collected", None):  # of older DVC
            found["status"] = DONE
        try:
            execution = Execution(**found)
        except TypeError:
            return None
        texts = (execution.root_dir, execution.dvc_dir, execution.baseline_rev)
        return execution if all(isinstance(text, str) for text in texts) else None

    def write_execution(self, execution: Execution) -> None:
        """Say how it stands now."""
        self._write(self.info, execution._asdict())

    def process(self) -> Process | None:
        """None if it has not been started."""
        found = _load(f"{self._stem}.json")
        pid = found.get("pid")
        if not isinstance(pid, int) or not 0 < pid < 1 << 31:
            return None
        try:
            return Process(**found)
        except TypeError:
            return None

    def write_process(self, process: Process) -> None:
        """Say which process it is, or how it ended."""
        self._write(f"{self._stem}.json", process._asdict())
        write_atomically(f"{self._stem}.pid", str(process.pid), durable=False)

    def _write(self, path: str, value: dict[str, Any]) -> None:
        os.makedirs(self.directory, exist_ok=True)
        write_atomically(path, json.dumps(value), durable=False)


def _load(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

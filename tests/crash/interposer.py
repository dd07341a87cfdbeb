"""Runs a command with `interpose.cpp` preloaded: counted, logged, or killed before one of its changes to the disk."""

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

__all__ = ["Interposer", "Run", "wait_for_session"]

SOURCE = Path(__file__).with_name("interpose.cpp")


class Run(NamedTuple):
    """steps: changes to the disk it made, or was about to; log: what each one did."""

    code: int
    steps: int
    log: list[list[str]]
    text: str


class Interposer:
    """The compiled library, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._library = directory / "interpose.so"
        compiler = os.environ.get("CXX", "c++")
        words = [compiler, "-std=c++20", "-O1", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(words, check=True)

    def run(self, root: Path, *arguments: str, cd: str = "repo", at: int = 0, log: bool = False) -> Run:
        """Run tiffin in a directory below root; at: kill it, and all it started, before that change below root."""
        with tempfile.TemporaryDirectory(dir=self._directory) as scratch:
            count, lines = Path(scratch, "count"), Path(scratch, "log")
            count.write_bytes(bytes(8))
            lines.touch()
            environment = {
                **os.environ,
                "LD_PRELOAD": str(self._library),
                "CRASH_ROOT": str(root),
                "CRASH_COUNT": str(count),
                "CRASH_AT": str(at),
                "PYTHONDONTWRITEBYTECODE": "1",
                **({"CRASH_LOG": str(lines)} if log else {}),
            }
            # A session of its own: what is killed is the program and all it started, but for commands of several
            # stages at once, which have groups of their own and go on to their ends, as when the program is killed.
            process = subprocess.Popen(
                [sys.executable, "-m", "tiffin", *arguments],
                cwd=root / cd,
                env=environment,
                start_new_session=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            text, _ = process.communicate()
            wait_for_session(process.pid)
            steps = int.from_bytes(count.read_bytes(), sys.byteorder)
            return Run(
                process.returncode,
                steps,
                [line.split("\t") for line in lines.read_text().splitlines()],
                text,
            )


def wait_for_session(leader: int) -> None:
    """Wait until nothing runs any longer that a process, which led a session, has started."""
    deadline = time.monotonic() + 20
    while any(_session(path) == leader for path in Path("/proc").glob("[0-9]*/stat")):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _session(path: Path) -> int:
    """The session of a process that runs; 0 for one that has ended."""
    with suppress(OSError):
        state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
        return int(session) if state != "Z" else 0
    return 0


def supported() -> bool:
    """Whether libraries can be preloaded here."""
    return sys.platform == "linux" and sysconfig.get_config_var("LDLIBRARY") is not None

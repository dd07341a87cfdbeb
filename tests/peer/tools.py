"""The two command lines under comparison, each in a process that stays."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["Result", "Tool"]

_PATIENCE_S = 120


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Tool:
    """A command line, loaded once.  module has main(argv); prelude is Python to run in its process before that."""

    def __init__(self, module: str, prelude: str = "") -> None:
        self.module = module
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), module, prelude],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, argv: list[str], cwd: Path, environ: Mapping[str, str]) -> Result:
        """Run a command to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"argv": argv, "cwd": os.fspath(cwd), "environ": dict(environ)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], _PATIENCE_S)
        if not ready:
            self.close()
            raise AssertionError(f"{self.module} {' '.join(argv)} took more than {_PATIENCE_S} s")
        line = self._process.stdout.readline()
        assert line, f"{self.module} could not be loaded, or died at {' '.join(argv)}"
        return Result(**json.loads(line))

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

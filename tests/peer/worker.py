"""A process that has a command line loaded and runs it over and over, each time in a fork of its own.

    python worker.py MODULE [PRELUDE]

MODULE offers main(argv) -> exit code.  PRELUDE is Python that runs first: a test's way of breaking something.
One JSON object a line on standard input, {"argv", "cwd", "environ"}; one on standard output,
{"code", "out", "err"}.  A fork keeps nothing of the last command: working directory, environment,
loggers and caches are as after the import, and a command costs no start-up.
"""

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Callable

__all__ = []

# Not json.dumps: a prelude may have broken that.
_ENCODER = json.JSONEncoder()


def _child(main: Callable[[list[str]], int | None], request: dict, out: int, err: int) -> int:
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    try:
        code = main(request["argv"])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001 (whatever it is, the test wants to see it)
        import traceback

        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    return code or 0


def _serve(main: Callable[[list[str]], int | None]) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            pid = os.fork()
            if pid == 0:
                os._exit(_child(main, json.loads(line), out.fileno(), err.fileno()))
            _, status = os.waitpid(pid, 0)
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode(errors="surrogateescape"))
        answer = {"code": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}
        answers.write(_ENCODER.encode(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        exec(sys.argv[2], {})
    _serve(importlib.import_module(sys.argv[1]).main)

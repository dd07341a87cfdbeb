"""The first thing that runs: what can be answered before anything is loaded is answered here."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from tiffin import __version__
from tiffin.cli._again import answer_again
from tiffin.footprint import Scans

# As in `tiffin.footprint`: not even the imports of annotations are free.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["INTERRUPTED", "main", "program"]

INTERRUPTED = 252


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code, which is DVC's for the same outcome."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_closed_streams()
    if given in (["--version"], ["-V"]):
        sys.stdout.write(f"{__version__}\n")
        return 0
    scans = Scans()
    try:
        code = _answered(given, scans)
    except KeyboardInterrupt:
        sys.stderr.write("ERROR: interrupted by the user\n")
        return INTERRUPTED
    if code is not None:
        return code
    # Loading modules makes many objects that all stay: looking for garbage among them takes 3 ms.
    gc.set_threshold(100_000)
    from tiffin.cli._main import run  # noqa: PLC0415 - 20 ms

    return run(given, scans)


def program() -> NoReturn:
    """What the installed command runs: `main`, and then the end, without taking everything apart, which takes 7 ms."""
    code = main()
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        sys.exit(code)  # who works beside us has to be waited for
    atexit._run_exitfuncs()  # noqa: SLF001 - as multiprocessing ends its children
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # Python says what is wrong
    os._exit(code)


def _answered(arguments: Sequence[str], scans: Scans) -> int | None:
    try:
        answer = answer_again(arguments, os.getcwd(), os.environ, scans)
        if answer is None:
            return None
        sys.stdout.write(answer[1])
        sys.stdout.flush()
    except OSError:
        return None  # the long way will meet the same, and say it
    return answer[0]


def _open_closed_streams() -> None:
    """Python has no stdout or stderr when they were closed (`>&-`); then nobody listens."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

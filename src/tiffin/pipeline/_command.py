"""Running a stage's commands, as DVC does: in the user's shell, without its start-up files."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tiffin.errors import StageFailed
from tiffin.pipeline._stage import Stage

__all__ = ["run_command"]

QUIET_SHELLS = {"zsh": ["--no-rcs"], "bash": ["--noprofile", "--norc"], "fish": ["--no-config"]}


def run_command(stage: Stage, command: str, root: str, environment: Mapping[str, str]) -> None:
    """Run one command in the stage's directory.  Raises StageFailed for a non-zero exit code."""
    directory = os.path.join(root, stage.wdir)
    shell = environment.get("SHELL") or "/bin/sh"
    arguments = [shell, *QUIET_SHELLS.get(os.path.basename(shell).lower(), []), "-c", command]
    variables = {"DVC_ROOT": root, **environment, "DVC_STAGE": stage.address}
    try:
        process = subprocess.Popen(arguments, cwd=directory, env=variables)
    except FileNotFoundError as error:
        what = f"its directory '{stage.wdir}' does not exist" if not os.path.isdir(directory) else f"no shell '{shell}'"
        raise StageFailed(f"cannot run {stage.label}: {what}") from error
    with _interrupts_left_to(process):
        code = process.wait()
    if code != 0:
        raise StageFailed(f"failed to run: {command}, exited with {code}", hint=_ended_by_signal(code))


def _ended_by_signal(code: int) -> str | None:
    """What ended the command, or the last program of it, if a signal did."""
    # A shell answers 128 + n for a program that signal n ended.
    number = -code if code < 0 else code - 128
    if number not in signal.valid_signals():
        return None
    often = ", as happens when memory runs out" if number == signal.SIGKILL else ""
    return f"signal {number} ({signal.strsignal(number)}) ended it{often}"


@contextmanager
def _interrupts_left_to(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    # Ctrl-C reaches the whole process group: the command decides what it means and how it exits.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        process.poll()

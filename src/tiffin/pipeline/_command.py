"""A stage's command as a program to start, as DVC does: in the user's shell, without its start-up files."""

import os
import signal
from collections.abc import Mapping
from typing import NamedTuple

from tiffin.pipeline._stage import Stage

__all__ = ["Command", "command_of", "ended_by_signal"]

QUIET_SHELLS = {"zsh": ["--no-rcs"], "bash": ["--noprofile", "--norc"], "fish": ["--no-config"]}


class Command(NamedTuple):
    """text: as the stage has it.  arguments: of the shell that runs it."""

    text: str
    arguments: list[str]
    directory: str
    environment: Mapping[str, str]


def command_of(stage: Stage, text: str, root: str, environment: Mapping[str, str]) -> Command:
    """One command of a stage, to be run in the stage's directory."""
    shell = environment.get("SHELL") or "/bin/sh"
    arguments = [shell, *QUIET_SHELLS.get(os.path.basename(shell).lower(), []), "-c", text]
    variables = {"DVC_ROOT": root, **environment, "DVC_STAGE": stage.address}
    return Command(text, arguments, os.path.join(root, stage.wdir), variables)


def ended_by_signal(code: int) -> str | None:
    """What ended the command, or the last program of it, if a signal did."""
    # A shell answers 128 + n for a program that signal n ended.
    number = -code if code < 0 else code - 128
    if number not in signal.valid_signals():
        return None
    often = ", as happens when memory runs out" if number == signal.SIGKILL else ""
    return f"signal {number} ({signal.strsignal(number)}) ended it{often}"

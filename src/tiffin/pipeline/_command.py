"""A stage's command as a program to start, as DVC does: in the user's shell, without its start-up files.

A command of plain words, such as `python train.py --rounds 10`, means the same to every shell: find the program, and
become it.  Such a one is started without a shell (as `make` does), which saves the time that a shell needs to start.
"""

import os
import re
import signal
from collections.abc import Mapping
from typing import NamedTuple

from tiffin.pipeline._stage import Stage

__all__ = ["Command", "command_of", "ended_by_signal"]

# Shells for which the rules below are known, and what changes how they see a command.
_PLAIN_SHELLS = ("sh", "bash", "dash")
_UNUSUAL = re.compile("BASH_ENV|BASH_FUNC_.*|SHELLOPTS|BASHOPTS|POSIXLY_CORRECT")
# Words without anything that a shell would replace, cut or redirect; the first one assigns nothing.
_PLAIN = re.compile(r"[A-Za-z0-9_./@+-]+( +[A-Za-z0-9_./@+:,=%-]+)*")
# What these shells do themselves, or may; a program of that name, if there is one, is not what runs.
_BUILT_IN = re.compile(
    r"\.|alias|bg|bind|break|builtin|caller|case|cd|chdir|command|compgen|complete|compopt|continue|coproc|declare|dirs"
    "|disown|do|done|echo|elif|else|enable|esac|eval|exec|exit|export|false|fc|fg|fi|for|function|getopts|hash|help"
    "|history|if|in|jobs|kill|let|local|logout|mapfile|newgrp|popd|printf|pushd|pwd|read|readarray|readonly|return"
    "|select|set|shift|shopt|source|suspend|test|then|time|times|trap|true|type|typeset|ulimit|umask|unalias|unset"
    "|until|wait|while"
)
QUIET_SHELLS = {"zsh": ["--no-rcs"], "bash": ["--noprofile", "--norc"], "fish": ["--no-config"]}


class Command(NamedTuple):
    """text: as the stage has it.  arguments: of the shell that runs it.

    words: of the program, where it needs no shell; if that cannot be started, the shell says why.
    """

    text: str
    arguments: list[str]
    words: list[str] | None
    directory: str
    environment: Mapping[str, str]


def command_of(stage: Stage, text: str, root: str, environment: Mapping[str, str]) -> Command:
    """One command of a stage, to be run in the stage's directory."""
    shell = environment.get("SHELL") or "/bin/sh"
    name = os.path.basename(shell).lower()
    arguments = [shell, *QUIET_SHELLS.get(name, []), "-c", text]
    directory = os.path.join(root, stage.wdir)
    variables = {"DVC_ROOT": root, **environment, "DVC_STAGE": stage.address}
    words = _words(text, environment) if name in _PLAIN_SHELLS else None
    if words is not None and "PWD" in variables:
        variables["PWD"] = os.path.normpath(directory)  # as the shell has it
    return Command(text, arguments, words, directory, variables)


def _words(text: str, environment: Mapping[str, str]) -> list[str] | None:
    if _PLAIN.fullmatch(text) is None:
        return None
    words = text.split()
    return None if _BUILT_IN.fullmatch(words[0]) or any(map(_UNUSUAL.fullmatch, environment)) else words


def ended_by_signal(code: int) -> str | None:
    """What ended the command, or the last program of it, if a signal did."""
    # A shell answers 128 + n for a program that signal n ended.
    number = -code if code < 0 else code - 128
    if number not in signal.valid_signals():
        return None
    often = ", as happens when memory runs out" if number == signal.SIGKILL else ""
    return f"signal {number} ({signal.strsignal(number)}) ended it{often}"

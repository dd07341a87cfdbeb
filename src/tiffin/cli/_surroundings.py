"""What a run learns of the process: the clock, the machine, the terminal."""

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tiffin.errors import ConfigError, TiffinError, UsageError
from tiffin.pipeline.surroundings import Surroundings, Terminal
from tiffin.repo import Repo

if TYPE_CHECKING:
    from tiffin.pipeline.resources import Budget

__all__ = ["jobs_of", "surroundings"]


def surroundings(
    repo: Repo, *, cpus: str | None = None, memory: str | None = None, gpus: str | None = None
) -> Surroundings:
    """What there is; cpus, memory, gpus: of options, over settings, over what the machine has."""

    def budget() -> "Budget":
        from tiffin.pipeline.machine import machine  # noqa: PLC0415 - few pipelines ask for anything
        from tiffin.pipeline.resources import Budget  # noqa: PLC0415 - as above

        found = machine(repo.environment)
        return Budget(
            _processors(*_given(repo, "cpus", cpus)) or found.cpus,
            _bytes(*_given(repo, "memory", memory)) or found.memory,
            _devices(*_given(repo, "gpus", gpus))
            if gpus is not None or repo.config.text("feature.gpus")
            else found.gpus,
        )

    return Surroundings(time.time, os.uname().nodename, _terminal(), budget)


def jobs_of(repo: Repo, jobs: int | None = None) -> int:
    """How many stages run at once: by an option, else by the settings.  Raises UsageError."""
    if jobs is not None and jobs < 1:
        raise UsageError(f"-j {jobs}: at least one stage has to run at a time", hint="write it like `-j 4`")
    return jobs or repo.config.number("feature.jobs") or 1


def _terminal() -> Terminal | None:
    with suppress(OSError, ValueError):  # a stream that is none of the system's
        return Terminal(sys.stdout.fileno(), sys.stderr.fileno())
    return None


def _given(repo: Repo, name: str, option: str | None) -> tuple[str, str | None, type[TiffinError]]:
    """How a value is called where it was given, the value, and the error for a bad one."""
    if option is not None:
        return f"--{name}", option, UsageError
    return f"feature.{name}", repo.config.text(f"feature.{name}"), ConfigError


def _processors(where: str, text: str | None, error: type[TiffinError]) -> float | None:
    if text is None:
        return None
    with suppress(ValueError):
        if (number := float(text)) > 0:
            return number
    raise error(f"{where}: '{text}' is no number of processors", hint="write it like 4")


def _bytes(where: str, text: str | None, error: type[TiffinError]) -> int | None:
    if text is None:
        return None
    from tiffin.formats.sizes import bytes_of  # noqa: PLC0415 - few pipelines ask for anything

    size = bytes_of(text)
    if not size:
        raise error(f"{where}: '{text}' is no size", hint="write it like 512MB or 8GB")
    return size


def _devices(_where: str, text: str | None, _error: type[TiffinError]) -> tuple[str, ...]:
    return tuple(name for part in (text or "").split(",") if (name := part.strip()))

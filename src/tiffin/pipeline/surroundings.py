"""What a run has to know of the process it happens in."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tiffin.pipeline.resources import Budget

__all__ = ["Surroundings", "Terminal"]


class Terminal(NamedTuple):
    """The descriptors that commands write to: often the same terminal, or files."""

    out: int
    err: int


class Surroundings(NamedTuple):
    """now: the clock, seconds since 1970.  host: the machine's name, for records.

    terminal: where the output of commands goes beside their logs, while one runs at a time.
    budget: what the machine has for stages that ask for it; asked only if one does.
    """

    now: Callable[[], float]
    host: str
    terminal: Terminal | None
    budget: Callable[[], "Budget"]

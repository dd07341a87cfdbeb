"""What processor and kernel count while a model is trained, where they do."""

from resource import RUSAGE_SELF, getrusage
from typing import Any, NamedTuple

from tiffin._native.learning import PerfCounters

__all__ = ["Counting", "Counts"]


class Counts(NamedTuple):
    """So many of each, over all threads; None: not counted on this machine.

    All but page faults are of what is done in user space.  cache_misses: of the last level.  rows: that were learned
    from or predicted meanwhile.
    """

    rows: int
    cycles: int | None = None
    instructions: int | None = None
    cache_misses: int | None = None
    page_faults: int | None = None

    @property
    def instructions_per_cycle(self) -> float | None:
        """How busy processors were while they were not idle: below 1 they mostly wait, as a rule for memory."""
        if self.instructions is None or not self.cycles:
            return None
        return self.instructions / self.cycles

    @property
    def cache_misses_per_row(self) -> float | None:
        """How often memory was waited for, or would have been, had it not been asked for ahead."""
        return None if self.cache_misses is None or not self.rows else self.cache_misses / self.rows

    def text(self) -> str:
        """What is known, in a line; "" where nothing is."""
        found = []
        if (busy := self.instructions_per_cycle) is not None:
            found.append(f"{busy:.2f} instructions a cycle")
        if (misses := self.cache_misses_per_row) is not None:
            found.append(f"{misses:,.1f} cache misses a row")
        if self.page_faults is not None:
            found.append(f"{self.page_faults:,} page faults")
        return ", ".join(found)

    def fields(self) -> dict[str, Any]:
        """What is known, as JSON can hold it; nothing where nothing is counted."""
        known: dict[str, Any] = {name: value for name, value in self._asdict().items() if value is not None}
        for name in ("instructions_per_cycle", "cache_misses_per_row"):
            if (value := getattr(self, name)) is not None:
                known[name] = value
        return known if len(known) > 1 else {}


class Counting:
    """Counts from now on: of this thread, and the threads that begin later; page faults of the whole process.

    The kernel counts these for every process anyway; to be asked to count anything takes it 10 ms, the first time.
    """

    def __init__(self) -> None:
        self._counters = PerfCounters()
        self._faults = _page_faults()

    def after(self, rows: int) -> Counts:
        """What it has come to, with so many rows."""
        return Counts(rows, page_faults=_page_faults() - self._faults, **self._counters.read())


def _page_faults() -> int:
    used = getrusage(RUSAGE_SELF)
    return used.ru_minflt + used.ru_majflt

"""What stages of one run gave, on its way to dvc.lock; before the first of them nothing of that is loaded."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from tiffin.formats.values import LockEntry
from tiffin.index import Workspace
from tiffin.pipeline._graph import Graph
from tiffin.pipeline._plan import Plan
from tiffin.pipeline._stage import Stage
from tiffin.pipeline.runcache import RunCache

if TYPE_CHECKING:
    from tiffin.pipeline.ledger import Ledger

__all__ = ["Results"]


class Results:
    """The ledger of a run, once there is something to record."""

    def __init__(
        self,
        graph: Graph,
        plan: Plan,
        workspace: Workspace,
        *,
        state: str,
        run_cache: RunCache,
        ignore: Callable[[Sequence[str]], None],
    ) -> None:
        self._graph = graph
        self._plan = plan
        self._workspace = workspace
        self._state = state
        self._run_cache = run_cache
        self._ignore = ignore
        self._ledger: Ledger | None = None

    @property
    def due(self) -> float | None:
        """When `settle_if_due` should be called, by the monotonic clock."""
        return None if self._ledger is None else self._ledger.due

    @property
    def written(self) -> dict[str, bool]:
        """The dvc.lock files that were written, and whether each was new."""
        return {} if self._ledger is None else self._ledger.written

    def add(
        self, stage: Stage, entry: LockEntry, *, remember: bool = False, afterwards: Callable[[], None] | None = None
    ) -> None:
        """Take what a stage gave: from here on a kill loses none of it.

        remember: whether the run cache is to have it.  afterwards: called once it is settled.
        """
        if self._ledger is None:
            from tiffin.pipeline.ahead import Turns  # noqa: PLC0415 - a run that finds nothing changed needs none
            from tiffin.pipeline.ledger import Ledger  # noqa: PLC0415 - as above

            turns = Turns(self._graph, self._plan)
            self._ledger = Ledger(
                self._workspace, turns, state=self._state, run_cache=self._run_cache, ignore=self._ignore
            )
        self._ledger.add(stage, entry, remember=remember, afterwards=afterwards)

    def settle(self) -> None:
        """Bring all of it to where it belongs."""
        if self._ledger is not None:
            self._ledger.settle()

    def settle_if_due(self) -> None:
        """The same, if enough time has gone by.  While commands run it keeps nobody waiting."""
        if self.due is not None and monotonic() >= self.due:
            self.settle()

    def close(self) -> None:
        """Settle; what cannot be settled stays in the journal."""
        if self._ledger is not None:
            self._ledger.close()

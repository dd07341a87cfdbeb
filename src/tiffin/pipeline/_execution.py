"""One stage whose commands run, with its old outputs out of the way."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tiffin.errors import StageFailed
from tiffin.index import Seen, Workspace
from tiffin.pipeline._stage import Stage
from tiffin.pipeline._watch import Watcher
from tiffin.pipeline.aside import Aside
from tiffin.pipeline.resources import Demand
from tiffin.pipeline.rwlock import Claim

__all__ = ["Execution", "Inputs", "Outcome"]

Outcome = Literal["done", "failed", "timed out", "interrupted"]


class Inputs(NamedTuple):
    """What a stage depends on, as it was before the commands ran.  times: when its files were last written to."""

    deps: dict[str, Seen]
    params: Mapping[str, Mapping[str, Any]]
    times: Mapping[str, int]


class Execution:
    """A stage on its way from its inputs to its outputs, through one attempt or several.

    number: the stage's place in the graph.  gpus: those it may use.  state: the directory of our own below .dvc/tmp.
    """

    def __init__(
        self,
        number: int,
        stage: Stage,
        inputs: Inputs,
        *,
        demand: Demand | None,
        gpus: Sequence[str],
        root: str,
        state: str,
    ) -> None:
        self.number = number
        self.stage = stage
        self.inputs = inputs
        self.demand = demand or Demand()
        self.gpus = tuple(gpus)
        self.attempt = 0
        self.outcome: Outcome = "done"
        self.failure: StageFailed | None = None
        self.claim = Claim(
            f"repro {stage.address}",
            [os.path.join(root, dep.path) for dep in stage.deps if "://" not in dep.path],
            [os.path.join(root, out.path) for out in stage.outs],
        )
        self._aside = Aside(root, state)
        self._root = root

    @property
    def may_try_again(self) -> bool:
        return self.failure is not None and self.outcome != "interrupted" and self.attempt <= self.demand.retries

    def fail(self, failure: StageFailed, outcome: Outcome = "failed") -> None:
        """Note why the attempt came to nothing."""
        self.failure, self.outcome = failure, outcome

    def begin(self, workspace: Workspace, committed: Callable[[str], bool]) -> None:
        """Begin an attempt: remove outputs that are stored or committed, set aside those that are nowhere else.

        What a failed attempt left goes, too.
        """
        self.attempt += 1
        self.failure, self.outcome = None, "done"
        for out in self.stage.outs:
            at = os.path.join(self._root, out.path)
            if not os.path.lexists(at):
                continue
            if out.entry.persist:
                # A linked output shares its bytes with the store: writing through the link would corrupt them.
                workspace.unprotect(out.path)
            elif self.attempt > 1 or workspace.saved(out.path) or committed(out.path):
                workspace.remove(out.path)
            else:
                self._aside.take(out.path)
            os.makedirs(os.path.dirname(at), exist_ok=True)
        workspace.forget([out.path for out in self.stage.outs])

    def name_what_is_aside(self, watcher: Watcher) -> None:
        """The stage failed: tell where the old outputs are."""
        for path in self._aside.paths:
            where = self._aside.where(path)
            watcher.warning(
                f"the earlier '{path}' is stored nowhere else; it was set aside as '{where}'",
                f"bring it back with `mv {where} {path}`",
            )
        self._aside.release()

    def discard_what_is_aside(self) -> None:
        """The stage succeeded: it wrote anew what it was run to replace."""
        self._aside.discard()

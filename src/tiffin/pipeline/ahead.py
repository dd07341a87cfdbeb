"""Stages that were recorded before their turn by a run that did not come to its end.

    <state>/ahead    JSON: {dvc.lock: [stage, ...]}

Run one after the other they would not have been recorded yet.  The next run may move them, so that dvc.lock gets the
order it has with one job.  Losing the file costs that order only.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tiffin.fs import remove_quietly, write_atomically
from tiffin.pipeline._graph import Graph
from tiffin.pipeline._plan import Plan
from tiffin.pipeline._project import lock_path

__all__ = ["Turns", "load", "save"]


class Turns:
    """The order in which stages are recorded with one job."""

    def __init__(self, graph: Graph, plan: Plan) -> None:
        self._plan = plan
        turns = {number: turn for turn, number in enumerate(graph.order())}
        # Those of the plan have the turns they have among all, in the order of the plan.
        turns.update(zip(plan.rank, sorted(turns[number] for number in plan.rank), strict=True))
        named = ((graph.stages[number], number) for number in turns)
        self._numbers = {(lock_path(stage.file), stage.name or ""): number for stage, number in named}
        self._turns = turns

    def rank(self, path: str, name: str) -> int:
        """The turn of a stage, by its dvc.lock and its name."""
        return self._turns.get(self._numbers.get((path, name), -1), 0)

    def is_ahead(self, path: str, name: str) -> bool | None:
        """Whether a stage that was recorded would not have been yet; None if it is not in the plan."""
        number = self._numbers.get((path, name), -1)
        return self._plan.is_ahead(number) if number in self._plan.rank else None


def load(state: str) -> dict[str, list[str]]:
    """What was recorded ahead of its turn."""
    with suppress(OSError, ValueError), open(f"{state}/ahead", encoding="utf-8") as file:
        value = json.load(file)
        if isinstance(value, dict) and all(isinstance(names, list) for names in value.values()):
            return value
    return {}


def save(state: str, ahead: Mapping[str, Sequence[str]]) -> None:
    """Keep it for the next run."""
    if any(ahead.values()):
        write_atomically(f"{state}/ahead", json.dumps(ahead), durable=False)
    else:
        remove_quietly(f"{state}/ahead")

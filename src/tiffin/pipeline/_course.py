"""How far one run is: what waits, what is done, what failed, and who has which share of the machine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from tiffin.errors import StageFailed
from tiffin.pipeline._plan import Plan
from tiffin.pipeline._stage import Stage

if TYPE_CHECKING:
    from tiffin.pipeline.resources import Budget, Demand, Shares

__all__ = ["Course", "OnError", "Settings"]

OnError = Literal["fail", "keep-going", "ignore"]


class Settings(NamedTuple):
    """How `repro` was asked to run."""

    force: bool = False
    force_downstream: bool = False
    dry: bool = False
    commit: bool = True
    run_cache: bool = True
    allow_missing: bool = False
    on_error: OnError = "fail"
    jobs: int = 1  # stages at once
    confirm: Callable[[Stage], bool] | None = None  # interactive: asked before each stage
    fetch: Callable[[Stage], None] | None = None  # --pull: get a stage's missing data first
    import_again: Callable[[Stage], None] | None = None  # bring an import from a URL to what is there now


class Course:
    """How far one run is."""

    def __init__(
        self,
        order: Sequence[int],
        needs: Sequence[Sequence[int]] | None,
        settings: Settings,
        demands: "Mapping[int, Demand]",
    ) -> None:
        self.plan = Plan(order, needs)
        self.settings = settings
        self.demands = demands
        self.shares: Shares | None = None  # once a stage asks for something
        self.forced: set[int] = set(order) if settings.force else set()
        self.done: list[int] = []
        self.failed: list[int] = []
        self.failure: StageFailed | None = None  # that ends the run
        self._asked: set[int] = set()

    def in_order(self, numbers: Iterable[int]) -> list[int]:
        return sorted(numbers, key=self.plan.rank.__getitem__)

    def confirmed(self, number: int, stage: Stage) -> bool:
        """Whether the user wants the stage to be reproduced, if they want to be asked."""
        if self.settings.confirm is None or number in self._asked:
            return True
        self._asked.add(number)
        return self.settings.confirm(stage)

    def share(self, number: int, stage: Stage, budget: "Callable[[], Budget]") -> tuple[str, ...] | None:
        """The GPUs for a stage, and what else it asks for is its own, too; None if it has to wait for that.

        Raises StageFailed if there are not so many.
        """
        demand = self.demands.get(number)
        if demand is None:
            return ()
        if self.shares is None:
            from tiffin.pipeline.resources import Shares  # noqa: PLC0415 - few pipelines ask for anything

            self.shares = Shares(budget())
        if demand.gpus > len(self.shares.budget.gpus):
            raise StageFailed(
                f"{stage.label} asks for {demand.gpus} GPU(s), and there are {len(self.shares.budget.gpus)}",
                hint="name those there are with `--gpus 0,1` or the setting feature.gpus",
            )
        return self.shares.take(number, demand)

    def give_back(self, number: int) -> None:
        """The stage needs its share no longer."""
        if self.shares is not None:
            self.shares.give_back(number)

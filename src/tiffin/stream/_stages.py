"""What can be done with batches between reader and model."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from tiffin.errors import TrainingError
from tiffin.stream._polars import polars_module

__all__ = ["Filter", "Join", "Map", "Stage"]


class Stage(ABC):
    """One step: from a frame of Polars to a frame."""

    what: str

    @abstractmethod
    def run(self, frame: Any) -> Any:
        """What it makes of a batch."""

    @abstractmethod
    def reads(self, needed: frozenset[str] | None) -> frozenset[str] | None:
        """The columns it needs, so that there are those that are needed after it; None for all."""

    @abstractmethod
    def describe(self) -> str:
        """What it does, for people."""

    @property
    def runs_in(self) -> str:
        """Polars or Python."""
        return "Polars"

    @property
    def is_condition(self) -> bool:
        """Whether it is a filter that a reader may look at itself."""
        return False


class Map(Stage):
    """A function of the user."""

    what = "map"

    def __init__(self, function: Callable[[Any], Any], columns: frozenset[str] | None = None) -> None:
        self.function = function
        self.columns = columns

    def run(self, frame: Any) -> Any:
        return self.function(frame)

    def reads(self, needed: frozenset[str] | None) -> frozenset[str] | None:
        return None if needed is None or self.columns is None else needed | self.columns

    def describe(self) -> str:
        return _name(self.function)

    @property
    def runs_in(self) -> str:
        return "Python"


class Filter(Stage):
    """A condition: an expression of Polars, or a function from frame to one or to true and false."""

    what = "filter"

    def __init__(self, condition: Any) -> None:
        self.condition = condition

    def run(self, frame: Any) -> Any:
        return frame.filter(self.condition if self.is_condition else self.condition(frame))

    def reads(self, needed: frozenset[str] | None) -> frozenset[str] | None:
        if needed is None or not self.is_condition:
            return None
        return needed | set(self.condition.meta.root_names())

    def describe(self) -> str:
        return str(self.condition) if self.is_condition else _name(self.condition)

    @property
    def runs_in(self) -> str:
        return "Polars" if self.is_condition else "Python"

    @property
    def is_condition(self) -> bool:
        return isinstance(self.condition, polars_module().Expr)


class Join(Stage):
    """A table in memory, found by columns in which both agree."""

    what = "join"

    def __init__(self, table: Any, on: tuple[str, ...], how: str, name: str) -> None:
        missing = [column for column in on if column not in table.columns]
        if missing:
            raise TrainingError(
                f"the table to join has no column '{missing[0]}'", hint=f"it has {', '.join(table.columns)}"
            )
        self.table = table
        self.on = on
        self.how = how
        self.name = name

    def run(self, frame: Any) -> Any:
        # A column that both have is the table's, whatever was read.
        both = [name for name in frame.columns if name in self.table.columns and name not in self.on]
        return frame.drop(both).join(self.table, on=list(self.on), how=self.how, maintain_order="left")

    def reads(self, needed: frozenset[str] | None) -> frozenset[str] | None:
        return None if needed is None else (needed - set(self.table.columns)) | set(self.on)

    def describe(self) -> str:
        return f"{self.name} on {', '.join(self.on)} ({self.how}), {self.table.height:,} rows in memory"


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", function))

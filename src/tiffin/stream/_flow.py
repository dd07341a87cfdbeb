"""Data on its way to a model: what is read, and what is done with each batch before features are made of it.

flow("clicks.parquet").filter(pl.col("bot") == 0).join(sites, on="site").map(add_hour)
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tiffin.errors import TrainingError, UsageError
from tiffin.stream._formats import is_columnar, table_format_of
from tiffin.stream._pieces import Piece, Types
from tiffin.stream._polars import is_frame, kinds_of, polars_module, to_frame
from tiffin.stream._reading import SCANNED, Reading, kinds_in, pieces_of
from tiffin.stream._stages import Filter, Join, Map, Stage

__all__ = ["Flow", "flow"]

_SHOWN = 3


class Flow:
    """Sources (files, or frames) and stages, in order.  Immutable; each pass over it reads the sources anew.

    data_format: of files whose names do not say it.
    """

    __slots__ = ("data_format", "sources", "stages")

    def __init__(
        self, sources: tuple[Any, ...], stages: tuple[Stage, ...] = (), data_format: str | None = None
    ) -> None:
        self.sources = sources
        self.stages = stages
        self.data_format = data_format

    def map(self, function: Callable[[Any], Any], *, reads: Sequence[str] | None = None) -> "Flow":
        """Each batch becomes what the function makes of it: frame of Polars to frame, or to whatever lends columns.

        reads: the columns it needs; of the others only those are read that features need, too.  Without, all are read.
        """
        return self._with(Map(function, None if reads is None else frozenset(reads)))

    def filter(self, condition: Any) -> "Flow":
        """Only rows that satisfy it: an expression of Polars, the same as SQL text, or a function from frame to one."""
        if isinstance(condition, str):
            try:
                condition = polars_module().sql_expr(condition)
            except polars_module().exceptions.PolarsError as error:
                raise UsageError(f"this is no condition: {error}") from error
        return self._with(Filter(condition))

    def join(self, table: Any, on: str | Sequence[str], how: str = "left") -> "Flow":
        """The columns of a table beside those of each row.

        table: a frame, or the path of a file; it is held in memory.  on: the columns in which both agree.  how: left
        keeps rows that have no partner, inner drops them; a row with many becomes as many.  Another column that both
        have is the table's.
        """
        if how not in {"left", "inner"}:
            raise UsageError(f"tables are joined by 'left' or 'inner', found '{how}'")
        names = (on,) if isinstance(on, str) else tuple(on)
        return self._with(Join(_in_memory(table), names, how, str(table) if isinstance(table, str) else "a frame"))

    def explain(self, columns: frozenset[str] | None = None) -> str:
        """What runs where, one line a stage.  columns: those that are needed in the end; None for all."""
        return "\n".join(f"{what:<9}{detail:<58}{where}".rstrip() for what, detail, where in self.plan(columns))

    def plan(self, columns: frozenset[str] | None = None) -> list[tuple[str, str, str]]:
        """The same as (stage, what it does, where it runs)."""
        needed = self._needed(columns)
        where, stages = self._pushed_down(self.sources[0])
        names = self.names[:_SHOWN]
        more = f" and {len(self.sources) - _SHOWN} more" if len(self.sources) > _SHOWN else ""
        there = self.kinds_read()
        count = len(there) if needed is None else len(needed & there.keys())
        conditions = "".join(f", where {condition}" for condition in where)
        lines = [
            ("read", f"{', '.join(names)}{more}: {count} of {len(there)} columns{conditions}", "thread 'read', Polars")
        ]
        return lines + [(stage.what, stage.describe(), f"thread 'read', {stage.runs_in}") for stage in stages]

    @property
    def names(self) -> list[str]:
        """What the sources are called in messages."""
        return [
            str(source) if not is_frame(source) else f"frame {at}" for at, source in enumerate(self.sources, start=1)
        ]

    def kinds_read(self) -> dict[str, str]:
        """The kind of each column of the first source that has any, before the stages."""
        for source in self.sources:
            found = kinds_in(source, self._format_of(source))
            if found:
                return found
        return {}

    def kinds(self) -> dict[str, str]:
        """The same after them: of the first batch that has rows."""
        if not self.stages:
            return self.kinds_read()
        for _, piece in self.pieces():
            frame = to_frame(piece.frame)
            if frame.height and not piece.faults:
                return kinds_of(frame.schema)
        return {}

    def pieces(self, columns: frozenset[str] | None = None, types: Types = Types()) -> Iterator[tuple[int, Piece]]:  # noqa: B008 - immutable
        """Batches of all sources, each with the number of its source.

        columns: those that are needed; None for all.  With stages, rows are counted as they leave them.
        """
        needed = self._needed(columns)
        types = self._left_to_features(types)
        all_there = not any(isinstance(stage, Map) for stage in self.stages)
        for number, source in enumerate(self.sources):
            where, stages = self._pushed_down(source)
            first_row = 0
            for piece in pieces_of(source, self._format_of(source), Reading(needed, all_there, types, where)):
                if not self.stages:
                    yield number, piece
                    continue
                for passed in _passed(piece, stages, columns):
                    yield number, passed._replace(first_row=first_row)
                    first_row += _height(passed.frame)

    def _with(self, stage: Stage) -> "Flow":
        return Flow(self.sources, (*self.stages, stage), self.data_format)

    def _format_of(self, source: Any) -> str:
        return "frame" if is_frame(source) else self.data_format or table_format_of(str(source))

    def _needed(self, columns: frozenset[str] | None) -> frozenset[str] | None:
        """What is read, so that there are these after all stages; None for all."""
        for stage in reversed(self.stages):
            columns = stage.reads(columns)
        return columns

    def _left_to_features(self, types: Types) -> Types:
        """Without the columns that stages look at: they want them as they are, not as text."""
        for stage in self.stages:
            read = stage.reads(frozenset())
            if read is None:
                return Types(types.numbers)
            types = types._replace(texts=types.texts - read, lists=types.lists - read)
        return types

    def _pushed_down(self, source: Any) -> tuple[tuple[Any, ...], tuple[Stage, ...]]:
        """The conditions that the reader of a source looks at itself, and the stages that are left."""
        first = 0
        if self._format_of(source) in SCANNED:
            first = next((at for at, stage in enumerate(self.stages) if not stage.is_condition), len(self.stages))
        return tuple(stage.condition for stage in self.stages[:first] if isinstance(stage, Filter)), self.stages[first:]


def flow(data: Any, *, data_format: str | None = None) -> Flow:
    """Data to be read batch by batch: a file or frame, or many of them in order.

    data_format: parquet, arrow, csv, tsv or jsonl, where names do not say it.  Raises UsageError for anything else.
    """
    sources = tuple(data) if isinstance(data, list | tuple) else (data,)
    if data_format is not None and not is_columnar(data_format):
        raise UsageError(f"'{data_format}' has no columns, so no stages can be put after it")
    for source in sources:
        if not is_frame(source):
            _ = data_format or table_format_of(str(source))
    return Flow(sources, (), data_format)


def _passed(piece: Piece, stages: tuple[Stage, ...], columns: frozenset[str] | None) -> Iterator[Piece]:
    """What stages make of a batch; rows that are none go past them."""
    pl = polars_module()
    frame = piece.frame
    if piece.faults:
        for _, what in piece.faults:
            nulls = pl.DataFrame({name: [None] for name in sorted(columns or frame.columns)})
            yield Piece(nulls, 0, [(0, what)])
        bad = pl.Series([row for row, _ in piece.faults])
        frame = frame.filter(~pl.int_range(pl.len()).is_in(bad.implode()))
    for stage in stages:
        try:
            frame = stage.run(to_frame(frame))
            frame = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
        except pl.exceptions.PolarsError as error:
            raise TrainingError(f"{stage.what} {stage.describe()}: {str(error).splitlines()[0]}") from error
        if not is_frame(frame):
            raise TrainingError(f"{stage.what} {stage.describe()} should give a frame, found {type(frame).__name__}")
    yield Piece(frame, 0, [])


def _height(frame: Any) -> int:
    return int(to_frame(frame).height)


def _in_memory(table: Any) -> Any:
    frame = to_frame(table) if is_frame(table) else None
    if frame is not None:
        return frame.collect() if hasattr(frame, "collect") else frame
    parts = [piece.frame for _, piece in flow(table).pieces()]
    return polars_module().concat(parts)

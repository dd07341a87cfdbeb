"""Batches that a thread reads ahead, as examples."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tiffin._native.learning import BadColumns, BatchRows, Encoder
from tiffin.errors import TrainingError
from tiffin.stream._beside import beside
from tiffin.stream._column_error import column_error, missing_column
from tiffin.stream._flow import Flow
from tiffin.stream._pieces import Types
from tiffin.stream._polars import polars_module, to_frame

__all__ = ["BY", "Order", "fed"]

# The column that predictions are compared by, as text; no file has one of this name.
BY = "\x01by"

MOST_BATCHES = 4  # that wait to be encoded


class Order:
    """Whether rows come in the order of a column, as far as they went by."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.broken: tuple[int, int] | None = None  # file, from 0, and row, from 1, of the first that is too late
        self._last: Any = None

    def begin(self) -> None:
        """Rows go by from the first one on, maybe of other data."""
        self.broken = self._last = None

    def see(self, frame: Any, file: int, first_row: int) -> None:
        """The next rows; a frame of Polars.  Raises TrainingError if it lacks the column or has another type."""
        if self.column not in frame.columns:
            raise missing_column(self.column, frame.columns)
        if self.broken is not None:
            return
        times = frame[self.column]
        known = times.drop_nulls()
        if not len(known):
            return
        earlier = times.shift(1, fill_value=self._last) if self._last is not None else times.shift(1)
        late = (times < earlier.forward_fill()).arg_true()
        if len(late):
            self.broken = (file, first_row + int(late[0]) + 1)
        self._last = known[-1]


@contextmanager
def fed(
    flow: Flow, encoder: Encoder, types: Types, order: Order | None = None, by: str | None = None
) -> Iterator[BatchRows]:
    """The examples of a flow, for one pass.

    by: the column that the encoder knows as BY.  Raises at its end what reading raised: FormatError, MissingDependency,
    TrainingError, and whatever a stage raised.
    """
    source = BatchRows(encoder, MOST_BATCHES, -1 if by is None else encoder.columns.index(BY))
    pl = polars_module()
    if order is not None:
        order.begin()
    others = [] if order is None else [order.column]
    columns = frozenset([*encoder.columns, *others]) - {BY} | (frozenset() if by is None else {by})

    def feed() -> None:
        try:
            for number, piece in flow.pieces(columns, types):
                # Blocks are cut at the ends of chunks, which shall depend on rows alone.
                frame = to_frame(piece.frame).rechunk()
                if order is not None:
                    order.see(frame, number, piece.first_row)
                frame = frame if by is None else _with_by(frame, by)
                try:
                    fed_rows = source.feed(frame, number, piece.first_row, piece.faults)
                except BadColumns as error:
                    raise column_error(error, flow.names[number]) from None
                if fed_rows is None:
                    return
        except pl.exceptions.PolarsError as error:
            raise TrainingError(f"a column cannot be read: {str(error).splitlines()[0]}") from error

    with beside("read", feed, source):
        yield source


def _with_by(frame: Any, column: str) -> Any:
    """Raises TrainingError if it lacks the column."""
    if column not in frame.columns:
        raise missing_column(column, frame.columns)
    return frame.with_columns(frame[column].cast(polars_module().String, strict=False).alias(BY))

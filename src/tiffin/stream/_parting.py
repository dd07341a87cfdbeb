"""Data in two parts by time: what comes before a moment, and what comes after."""

from typing import Any

from tiffin.errors import TrainingError, UsageError
from tiffin.stream._column_error import missing_column
from tiffin.stream._flow import Flow
from tiffin.stream._polars import polars_module, to_frame

__all__ = ["parted_at", "parted_by_share"]


def parted_at(flow: Flow, column: str, moment: str) -> tuple[Flow, Flow]:
    """The rows before the moment, and the others.  Rows without a time are in neither.

    moment: a number, text as in the column, or a date such as 2024-05-01 or 2024-05-01T12:00; of columns with a time
    zone it is UTC.  Raises UsageError, TrainingError.
    """
    pl = polars_module()
    kind = _kind(flow, column)
    time, bound = pl.col(column), pl.lit(moment)
    if kind in {"whole", "number"}:
        try:
            bound = pl.lit(float(moment))
        except ValueError:
            raise UsageError(f"'{column}' has numbers, and '{moment}' is none") from None
    elif kind == "time":
        time = time.cast(pl.Datetime("us"))
        try:
            bound = pl.lit(pl.Series([moment]).str.to_datetime(time_unit="us")[0])
        except pl.exceptions.PolarsError:
            raise UsageError(f"'{moment}' is no date", hint="write it as 2024-05-01 or 2024-05-01T12:00") from None
    elif kind != "text":
        raise TrainingError(f"'{column}' is no time: numbers, dates and text are")
    return flow.filter(time < bound), flow.filter(time >= bound)


def parted_by_share(flow: Flow, column: str, share: float) -> tuple[Flow, Flow]:
    """The same where about this share of the rows, the last ones by time, come after the moment."""
    pl = polars_module()
    if not 0 < share < 1:
        raise UsageError(f"a part that is held out is between 0 and 1, found {share:g}")
    _kind(flow, column)
    parts = [to_frame(piece.frame).select(column).drop_nulls() for _, piece in flow.pieces(frozenset({column}))]
    parts = [part for part in parts if part.height]  # of a bad row alone not even the type is known
    try:
        times = (pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame({column: []})).to_series().sort()
    except pl.exceptions.PolarsError as error:
        raise TrainingError(f"'{column}' is not of one type: {str(error).splitlines()[0]}") from error
    at = int(len(times) * (1 - share))
    if not len(times) or times[at] == times[0]:
        raise TrainingError(
            f"no row comes before the last {share:.0%} by '{column}'",
            hint=f"{len(times):,} rows have {times.n_unique():,} times",
        )
    bound = pl.lit(times[at], dtype=times.dtype)
    return flow.filter(pl.col(column) < bound), flow.filter(pl.col(column) >= bound)


def _kind(flow: Flow, column: str) -> Any:
    kinds = flow.kinds()
    if column not in kinds:
        raise missing_column(column, list(kinds))
    return kinds[column]

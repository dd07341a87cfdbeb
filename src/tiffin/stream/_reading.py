"""Files and frames as batches of columns, each a Polars frame; never more than a few of them in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tiffin.errors import FormatError, TrainingError
from tiffin.stream._column_error import check_columns
from tiffin.stream._pieces import Piece, Types
from tiffin.stream._places import check_there, on_disk
from tiffin.stream._polars import kinds_of, polars_module, to_frame

if TYPE_CHECKING:
    from tiffin.stream._rows_of_text import TextTable

__all__ = ["SCANNED", "Reading", "kinds_in", "pieces_of"]

SCANNED = ("parquet", "arrow", "frame")  # types and rows are known before they are read
CELLS = 1 << 21  # of a batch
MOST_ROWS, LEAST_ROWS = 1 << 16, 1 << 10


class Reading(NamedTuple):
    """What is read of a source.

    columns: None for all.  all_there: whether they all have to be in the source; a stage may make some.  types: of
    text.  where: of SCANNED formats, expressions of Polars that rows satisfy.
    """

    columns: frozenset[str] | None = None
    all_there: bool = False
    types: Types = Types()
    where: tuple[Any, ...] = ()


def pieces_of(source: Any, data_format: str, reading: Reading) -> Iterator[Piece]:
    """The batches of a file or frame, in order.

    Raises FormatError for a file that does not follow its format, MissingDependency if it is not there.
    """
    if data_format == "frame":
        with _damage_named("", data_format):
            yield from _scanned(to_frame(source).lazy(), reading, "")
        return
    path = str(source)
    check_there(path)
    if data_format not in SCANNED:
        from tiffin.stream._rows_of_text import read_text  # noqa: PLC0415 - as in `_text`

        yield from read_text(path, _text(data_format), reading.columns, reading.types, all_there=reading.all_there)
        return
    with _damage_named(path, data_format):
        yield from _scanned(_scan(path, data_format), reading, path)


def kinds_in(source: Any, data_format: str) -> dict[str, str]:
    """The kind of each column (see `_polars.kind_of`); {} for a file without any.  Raises as `pieces_of`."""
    if data_format == "frame":
        return kinds_of(to_frame(source).lazy().collect_schema())
    path = str(source)
    check_there(path)
    if data_format not in SCANNED:
        return kinds_of(_text(data_format).schema_of_file(path))
    with _damage_named(path, data_format):
        return kinds_of(_scan(path, data_format).collect_schema())


def _text(data_format: str) -> "TextTable":
    # Only who reads such a file has to pay for it: 2 ms.
    if data_format == "jsonl":
        from tiffin.stream._jsonl import JsonText  # noqa: PLC0415

        return JsonText()
    from tiffin.stream._csv import CsvText  # noqa: PLC0415

    return CsvText({"csv": ",", "tsv": "\t"}[data_format])


def _scan(path: str, data_format: str) -> Any:
    pl = polars_module()
    # A path is no pattern, and its folders are no columns.
    plain = {"glob": False, "hive_partitioning": False}
    file = on_disk(path)
    return pl.scan_parquet(file, **plain) if data_format == "parquet" else pl.scan_ipc(file, **plain)


def _scanned(lazy: Any, reading: Reading, path: str) -> Iterator[Piece]:
    pl = polars_module()
    schema = lazy.collect_schema()
    if reading.all_there:
        check_columns(reading.columns, schema, path)
    for expression in reading.where:
        lazy = lazy.filter(expression)
    names = [name for name in schema if reading.columns is None or name in reading.columns]
    decimals = [pl.col(name).cast(pl.Float64) for name in names if schema[name].is_decimal()]
    rows = max(LEAST_ROWS, min(MOST_ROWS, CELLS // max(len(names), 1)))
    first_row = 0
    batches = lazy.select(names).with_columns(decimals).collect_batches(chunk_size=rows, maintain_order=True, lazy=True)
    for batch in batches:
        # Small files come whole, whatever was asked for.
        for frame in batch.iter_slices(MOST_ROWS):
            # Where batches are cut depends on the rows alone, so that a run that goes on finds the same blocks.
            yield Piece(frame.rechunk(), first_row, [])
            first_row += frame.height


@contextmanager
def _damage_named(path: str, data_format: str) -> Iterator[None]:
    pl = polars_module()
    try:
        yield
    except pl.exceptions.ColumnNotFoundError as error:  # of a condition
        raise TrainingError(str(error).splitlines()[0]) from error
    except (pl.exceptions.PolarsError, OSError) as error:
        what = str(error).splitlines()[0]
        if not path:
            raise TrainingError(f"the frame cannot be read: {what}") from error
        raise FormatError(f"this cannot be read as {data_format}: {what}", path=path) from error

"""Predictions as files, written as they come, so that no more of them are in memory than a few parts.

.csv       a line that says `score`, then a number a line
.parquet   one column, score, of 32-bit floats; Polars writes it

Where a prediction has several numbers, each has a column.
"""

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from tiffin.errors import TransferError, UsageError
from tiffin.fs import replacing_whole
from tiffin.stream import polars_module

__all__ = ["Take", "csv_lines", "predictions_to"]

Take = Callable[["array[float]"], object]


@contextmanager
def predictions_to(path: str, names: Sequence[str] = ("score",)) -> Iterator[Take]:
    """What takes predictions for a new file, which is there as a whole in the end, or not at all.

    Raises UsageError for a name with another ending, MissingDependency without Polars, TransferError.
    """
    ending = os.path.splitext(path)[1]
    if ending not in _WRITERS:
        raise UsageError(
            f"predictions are written to files that end with {' or '.join(_WRITERS)}, found '{path}'",
            hint="leave --out out to see them here",
        )
    if ending == ".parquet":
        polars_module()
    with replacing_whole(path) as temporary, _WRITERS[ending](temporary, names) as write:

        def take(part: "array[float]") -> None:
            try:
                write(part)
            except OSError as error:  # here, or it would seem to be of the data that are read meanwhile
                raise TransferError(f"cannot write '{path}': {error.strerror}") from error

        yield take


def csv_lines(part: "array[float]", outputs: int = 1) -> str:
    """A line for each prediction, with as many digits as tell floats apart well enough.  outputs: numbers a line."""
    numbers = [f"{value:.7g}" for value in part]
    if outputs > 1:
        numbers = [",".join(line) for line in zip(*[iter(numbers)] * outputs, strict=True)]
    return "".join([f"{line}\n" for line in numbers])


@contextmanager
def _csv(path: str, names: Sequence[str]) -> Iterator[Take]:
    from csv import writer  # noqa: PLC0415 - only who writes such a file has to pay for it

    with open(path, "w", encoding="utf-8", newline="") as file:
        writer(file, lineterminator="\n").writerow(names)
        yield lambda part: file.write(csv_lines(part, len(names)))


@contextmanager
def _parquet(path: str, names: Sequence[str]) -> Iterator[Take]:
    from tiffin.train._parquet_file import ParquetFile  # noqa: PLC0415 - as above

    file = ParquetFile(path, names)
    try:
        yield file.take
    finally:
        file.close()


_WRITERS: dict[str, Callable[[str, Sequence[str]], AbstractContextManager[Take]]] = {".csv": _csv, ".parquet": _parquet}

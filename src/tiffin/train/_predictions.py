"""Predictions as files, written as they come, so that no more of them are in memory than a few parts.

.csv       a line that says `score`, then a number a line
.parquet   one column, score, of 32-bit floats; Polars writes it

Where a prediction has several numbers, each has a column.
"""

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from csv import writer
from errno import EIO
from queue import Full, Queue
from threading import Thread
from typing import Any

from tiffin.errors import TransferError, UsageError
from tiffin.fs import replacing_whole
from tiffin.stream import polars_module

__all__ = ["Take", "csv_lines", "predictions_to"]

Take = Callable[["array[float]"], object]

MOST_PARTS = 8  # that wait to be written
LOOK_S = 0.1  # how often a full queue looks whether anybody still writes


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
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer(file, lineterminator="\n").writerow(names)
        yield lambda part: file.write(csv_lines(part, len(names)))


@contextmanager
def _parquet(path: str, names: Sequence[str]) -> Iterator[Take]:
    file = _ParquetFile(path, names)
    try:
        yield file.take
    finally:
        file.close()


class _ParquetFile:
    """Polars pulls the frames that it writes, and predictions are pushed: a thread stands between."""

    def __init__(self, path: str, names: Sequence[str]) -> None:
        self._path = path
        self._names = names
        self._parts: Queue[array[float] | None] = Queue(MOST_PARTS)
        self._failure: OSError | None = None
        self._thread = Thread(target=self._write, name="parquet", daemon=True)
        self._thread.start()

    def take(self, part: "array[float] | None") -> None:
        """One part more; None: there are no more.  Raises OSError if the file cannot be written."""
        while self._failure is None:
            try:
                return self._parts.put(part, timeout=LOOK_S)
            except Full:
                continue
        raise self._failure

    def close(self) -> None:
        """Raises as `take`."""
        self.take(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _write(self) -> None:
        polars = polars_module()
        schema = dict.fromkeys(self._names, polars.Float32)

        def frames(*_: object) -> Iterator[Any]:
            while (part := self._parts.get()) is not None:
                columns = [
                    polars.Series(values=part[at :: len(schema)], dtype=polars.Float32) for at in range(len(schema))
                ]
                yield polars.DataFrame(dict(zip(schema, columns, strict=True)))

        try:
            source = polars.io.plugins.register_io_source(frames, schema=schema)
            source.sink_parquet(self._path, engine="streaming")
        except Exception as error:  # noqa: BLE001 - it is raised where the next part is taken
            self._failure = error if isinstance(error, OSError) else OSError(EIO, str(error))


_WRITERS: dict[str, Callable[[str, Sequence[str]], AbstractContextManager[Take]]] = {".csv": _csv, ".parquet": _parquet}

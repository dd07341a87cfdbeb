"""Files in batches of equally many examples, as arrays of NumPy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tiffin._native.learning import BadRows, BatchReader
from tiffin.errors import MissingDependency
from tiffin.stream._findings import bad_row_error
from tiffin.stream._formats import format_of
from tiffin.stream._source import parsed

__all__ = ["batches"]


@contextmanager
def batches(
    paths: Sequence[str],
    data_format: str | None = None,
    *,
    rows: int = 4096,
    labels: str | None = None,
    fields: int = 0,
    threads: int = 0,
    max_bad: int = 0,
) -> Iterator[BatchReader]:
    """The examples of all files, in order, `rows` at a time; the last batch may have fewer.

        with batches(["day1.svm.gz"], rows=1024) as found:
            for batch in found:
                batch.labels, batch.offsets, batch.keys, batch.values, batch.unique, batch.index

    Threads read, parse and number the keys ahead; batches are the same for any number of them.

    labels: a loss (logistic, squared, poisson) whose labels all rows must have.  fields: features must be of so many.
    max_bad: lines that are no examples and may be skipped.  Raises as `parsed`, and FormatError for one too many.
    """
    from importlib.util import find_spec  # noqa: PLC0415 - few read batches

    if find_spec("numpy") is None:
        raise MissingDependency(
            "batches are arrays of NumPy, which is not installed", hint="pip install 'tiffin[train]'"
        )
    known = data_format or format_of(paths)
    with parsed(paths, known) as source:
        reader = BatchReader(source, rows=rows, labels=labels, fields=fields, threads=threads, max_bad=max_bad)
        try:
            yield reader
        except BadRows as error:
            raise bad_row_error(paths, error) from None
        finally:
            reader.close()
